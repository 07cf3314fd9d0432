"""The table of names."""

import pytest

from processing.model.channels import CHANNELS
from processing.naming.synonyms import CHANNEL_OF, normal


@pytest.mark.parametrize(
    ("name", "channel"),
    [("Volts", "voltage"), ("U_DC", "voltage"), ("PV Voltage", "voltage"), ("Stromst\u00e4rke", "current"),
     ("P-AC", "power"), ("daya", "power"), ("Tegangan", "voltage"), ("ARUS", "current"),
     ("Мощность", "power"), ("napětí", "voltage"), ("電力", "power"), ("güç", "power"),
     ("suhu", "temperature"), ("энергия", "energy"), ("Leistung", "power"),
     ("PV_V", "voltage"), ("Solar V", "voltage"), ("panel_i", "current"),
     ("PV_P", "power"), ("Solar_W", "power"), ("nowPower", "power"), ("real-time power", "power"),
     ("Total Yield", "energy"), ("Module Temp.", "temperature")],
)  # fmt: skip
def test_names_stand_for_channels_whatever_their_case_and_separators(name: str, channel: str) -> None:
    assert CHANNEL_OF[normal(name)] == channel


@pytest.mark.parametrize(
    "name", ["Battery voltage", "Load power", "Grid power", "Power factor", "Status", "BAT_V", "LOAD_I"]
)
def test_names_of_other_devices_stand_for_none(name: str) -> None:
    assert normal(name) not in CHANNEL_OF


def test_each_channel_has_its_own_name() -> None:
    assert {name: CHANNEL_OF[name] for name in CHANNELS} == {name: name for name in CHANNELS}
