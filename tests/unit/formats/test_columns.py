"""Which columns a known format reads, and which it leaves to people."""

import pytest

from tests.support.base_day import BASE_DAY, BY_POWER, written
from tests.support.known_formats import DAY, OWN, known, rejection, result
from tests.support.small_files import profile


def test_every_column_that_fits_is_added() -> None:
    content = written("Zeit;P a;P b;X", "{t};{p};{p};1")
    text = """
        [fingerprint]
        columns = ["Zeit", "P *"]
        [channels.power]
        column = {every = ["P *"]}
    """
    found = result(content, known(text))
    assert found.metrics.total_energy_kwh == pytest.approx(2 * BY_POWER, abs=2e-6)
    assert found.profile.columns["power"].column == "P a + P b"


def test_the_first_pattern_that_fits_a_column_is_taken() -> None:
    text = OWN.replace('"I [*]"', '{first = ["Amps", "I [*]", "T"]}')
    assert result(DAY, known(text)).profile.columns["current"].column == "I [1]"


def test_a_channel_without_a_column_in_the_file_is_left_out() -> None:
    text = OWN.replace('"T"', '"Temp"')
    assert sorted(result(DAY, known(text)).profile.columns) == ["current", "voltage"]


def test_several_columns_for_one_channel_are_refused_with_whole_profiles() -> None:
    content = written("Zeit;P [1];P [2];Ertrag", "{t};{p};{p};1")
    text = """
        title = "Twins"
        [fingerprint]
        columns = ["Zeit", "P [*]"]
        [csv]
        label = "end"
        [channels]
        power.column = "P [*]"
        energy.column = false
    """
    found = rejection(content, known(text))
    assert found.code == "ambiguous_columns"
    assert "(known format: Twins)" in found.message
    assert found.candidates[0].toml == [
        'csv.label = "end"',
        'channels.power.column = "P [1]"',
        "channels.energy.column = false",
    ]
    assert [one.label for one in found.candidates] == ["power: P [1]", "power: P [2]", "power: P [1] + P [2]"]


def test_the_zone_in_the_header_of_the_times() -> None:
    content = written("Europe/Tallinn (+03:00);U;I", "{y}-{m}-{d} {clock};{u};{i}")
    text = """
        zone_in_header = true
        [fingerprint]
        columns = ["*/*", "U", "I"]
        [csv]
        time = {index = 1}
    """
    found = result(content, known(text), profile=profile(site={"timezone": "UTC"}))
    assert found.metrics.period.start == "2025-06-10 12:00:00"
    assert found.metrics.peak_power_hour == "2025-06-10 12:00:00"


def test_labels_are_columns_in_a_file_with_one_reading_a_row() -> None:
    rows = [line.split(",") for line in BASE_DAY.splitlines()[1:]]
    content = "what,value,time\n"
    content += "".join(f"sensor.pv_power,{row[4]},{row[0]}\n" for row in rows)
    content += "".join(f"sensor.load,999,{row[0]}\n" for row in rows)
    text = """
        [fingerprint]
        columns = ["what", "value", "time"]
        [csv]
        long = {name = "what", value = "value"}
        [channels]
        power.column = "*power"
    """
    assert result(content, known(text)).metrics.total_energy_kwh == BY_POWER


def test_columns_that_are_never_read() -> None:
    content = written("Zeit;PV power;PV power limit", "{t};{p};999")
    text = """
        never = ["*limit*"]
        [fingerprint]
        columns = ["Zeit", "PV power"]
        [channels.power]
        column = {one_of = ["PV power*", "Sun*"]}
    """
    assert result(content, known(text)).profile.columns["power"].column == "PV power"


def test_the_voltage_and_the_current_of_several_devices_are_offered_in_pairs() -> None:
    content = written("Zeit;U 1;I 1;U 2;I 2", "{t};{u};{i};{u};{i}")
    text = """
        [fingerprint]
        columns = ["Zeit", "U *"]
        [channels]
        voltage.column = "U *"
        current.column = "I *"
    """
    found = rejection(content, known(text))
    assert [one.label for one in found.candidates] == [
        "voltage: U 1, current: I 1",
        "voltage: U 2, current: I 2",
    ]


def test_a_list_of_patterns_is_added_and_tables_may_be_nested() -> None:
    content = written("Zeit;P a;P b;X", "{t};{p};{p};1")
    text = """
        [fingerprint]
        columns = ["Zeit", "P *"]
        [channels.power]
        column = {first = [{every = ["Q *"]}, {every = ["P *"]}]}
    """
    assert result(content, known(text)).profile.columns["power"].column == "P a + P b"
    listed = text.replace('{first = [{every = ["Q *"]}, {every = ["P *"]}]}', '["P b", "P a"]')
    assert result(content, known(listed)).profile.columns["power"].column == "P b + P a"


def test_several_columns_of_energy_are_offered_with_their_sum_if_there_is_no_power() -> None:
    content = written("Zeit;E 1 (Wh);E 2 (Wh)", "{t};7;8")
    text = """
        [fingerprint]
        columns = ["Zeit", "E *"]
        [channels]
        energy.column = "E *"
        energy.kind = "interval"
    """
    found = rejection(content, known(text))
    labels = [one.label for one in found.candidates]
    assert labels == ["energy: E 1 (Wh)", "energy: E 2 (Wh)", "energy: E 1 (Wh) + E 2 (Wh)"]
    assert "0.18 kWh a day" in found.candidates[2].consequence


@pytest.mark.parametrize(("voltage", "current"), [("1", "2"), ("279", "280"), ("A1", "B2")])
def test_the_voltage_of_one_device_and_the_current_of_another_are_not_read(
    voltage: str, current: str
) -> None:
    text = OWN.replace('"U [1]"', '"U [*]"')
    content = DAY.replace("U [1]", f"U [{voltage}]").replace("I [1]", f"I [{current}]")
    assert rejection(content, known(text)).code == "missing_columns"
