"""The table of channels."""

from __future__ import annotations

import pytest

from processing.model.channels import CHANNELS, REQUIRED, is_enough


def test_each_channel_has_its_own_unit_among_its_units() -> None:
    for channel in CHANNELS.values():
        assert channel.units[channel.unit] == (1.0, 0.0)
        assert channel.low < channel.high


def test_a_file_must_have_times_voltage_and_current() -> None:
    assert REQUIRED == ("timestamp", "voltage", "current")


@pytest.mark.parametrize(
    ("unit", "cell", "degrees"), [("°F", 212.0, 100.0), ("K", 273.15, 0.0), ("C", 20, 20)]
)
def test_a_temperature_is_converted_to_degrees_celsius(unit: str, cell: float, degrees: float) -> None:
    factor, offset = CHANNELS["temperature"].units[unit]
    assert cell * factor + offset == pytest.approx(degrees)


def test_power_needs_its_column_or_voltage_and_current_or_energy() -> None:
    enough = [{"power"}, {"voltage", "current"}, {"energy"}]
    assert all(map(is_enough, enough))
    assert not is_enough({"voltage", "temperature"})
