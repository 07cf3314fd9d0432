"""The notes about columns: their limits, and what lacks readings, labels or a use."""

from __future__ import annotations

import pytest

from processing.formats.known_format import Fingerprint, KnownFormat
from processing.model.result import Result
from tests.support.checked_files import notes_of
from tests.support.small_files import processed, profile, result

ROWS = "".join(f"2025-06-10T12:{minute:02}:00,480,{minute},7,8,9\n" for minute in range(0, 15, 5))


def test_columns_that_look_like_a_channel_and_are_not_used_are_noted() -> None:
    content = f"# export\ntimestamp,power,battery voltage,Grid (W),note,x\n{ROWS}"
    sentence = "2 columns resemble a channel and are not used: battery voltage, Grid (W)"
    assert notes_of("unused_column", content) == [(2, 3, sentence)]
    assert notes_of("unused_column", f"timestamp,power,note,x,y,z\n{ROWS}") == []


def test_many_unused_columns_are_shortened_and_hostile_names_are_made_printable() -> None:
    names = ",".join(f"Grid \x1b[3{at} voltage" for at in range(4))
    (found,) = notes_of("unused_column", f"timestamp,power,{names}\n{ROWS}")
    assert found[2].endswith(
        "4 columns resemble a channel and are not used: "
        + ", ".join(f"Grid \\x1b[3{at} voltage" for at in range(4))
    )
    many = ",".join(f"Grid {at} voltage" for at in range(12))
    (found,) = notes_of("unused_column", f"timestamp,power,{many}\n2025-06-10T12:00:00,50{',7' * 12}\n")
    assert found[2].endswith("Grid 8 voltage, Grid 9 voltage and others")


SET_POWER = "channels.power.min = LEAST; channels.power.max = MOST; site.rated_power_w = RATED"

SET_TEMPERATURE = "channels.temperature.min = LEAST; channels.temperature.max = MOST"
SET_VOLTAGE_AND_CURRENT = (
    "channels.voltage.min = LEAST; channels.voltage.max = MOST; "
    "channels.current.min = LEAST; channels.current.max = MOST; site.rated_power_w = RATED"
)


def hour_of(row: str, delimiter: str = ",") -> str:
    """Return an hour of rows, five minutes apart, that have these cells."""
    return "".join(f"2025-06-10T12:{minute:02}:00{delimiter}{row}\n" for minute in range(0, 60, 5))


@pytest.mark.parametrize(
    ("header", "names", "lines"),
    [
        ("Pac (W),x1,x2,x3,x4", "power", SET_POWER),
        ("U,I,x1,x2,x3", "voltage, current", SET_VOLTAGE_AND_CURRENT),
        ("watts,x1,temperature,x2,x3", "power", SET_POWER),
        ("power,x1,Tmod,x2,x3", "temperature", SET_TEMPERATURE),
    ],
)  # fmt: skip
def test_unknown_limits_are_noted_with_the_lines_that_set_them(header: str, names: str, lines: str) -> None:
    sentence = (
        f"the limits of {names} are not known: only impossible values are invalid, and checks that need "
        f"a limit are not evaluated. To set them, write in the file of --config: {lines}"
    )
    assert notes_of("limits_unknown", f"timestamp,{header}\n{ROWS}") == [(2, 3, sentence)]


def test_power_from_energy_has_unknown_limits_until_they_or_the_rated_power_are_set() -> None:
    energy = {"energy": {"kind": "interval"}}
    content = f"timestamp,energy (Wh),x1,x2,x3,x4\n{ROWS}"
    assert len(notes_of("limits_unknown", content, channels=energy)) == 1
    limits = energy | {"power": {"max": 9000}}
    assert notes_of("limits_unknown", content, channels=limits) == []


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        ("Leistung", "1480", "'Leistung' states no unit, and is read in W"),
        ("power", "145", "'power' states no unit, and is read in W"),
        ("module temperature,AC Power", "31,1420", "'AC Power' states no unit, and is read in W"),
    ],
)
def test_a_unit_that_nothing_confirms_is_noted(header: str, row: str, said: str) -> None:
    ((line, rows, sentence),) = notes_of("unit_assumed", f"timestamp,{header}\n{hour_of(row)}")
    assert (line, rows) == (2, 12)
    assert sentence == (
        f"{said}. If that is wrong, write another one in the file of --config, such as "
        'channels.power.unit = "kW"'
    )


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("power (W)", "145"),
        ("Spannung;Strom;Leistung", "24.1;6;145"),
        ("U;I", "24.1;6"),
    ],
)
def test_a_unit_that_is_stated_or_confirmed_is_not_noted(header: str, row: str) -> None:
    assert notes_of("unit_assumed", f"timestamp;{header}\n{hour_of(row, ';')}") == []


def test_a_unit_that_the_energy_beside_it_confirms_is_not_noted() -> None:
    rows = "".join(f"2025-06-10T1{at // 12}:{5 * at % 60:02}:00,1200,{5200 + 100 * at}\n" for at in range(13))
    assert notes_of("unit_assumed", f"timestamp,Leistung,total energy (Wh)\n{rows}") == []


def test_a_unit_that_a_profile_states_is_not_noted() -> None:
    content = f"timestamp,Leistung\n{hour_of('1480')}"
    assert notes_of("unit_assumed", content, channels={"power": {"unit": "W"}}) == []


def day_of(powers: tuple[float, ...], header: str) -> str:
    """Return a day of rows, each half an hour later, that have these powers in turn."""
    cells = (powers[at % len(powers)] for at in range(48))
    rows = (f"2025-06-10T{at // 2:02}:{30 * (at % 2):02}:00,{one}" for at, one in enumerate(cells))
    return "\n".join([f"timestamp,{header}", *rows, ""])


@pytest.mark.parametrize(
    ("header", "power", "said"),
    [
        ("Pac (W)", 4.258, "'Pac (W)' gives at most 4.26 W in 23.5 hours: is its unit W? If not, "),
        ("Leistung [W]", 12.0, "'Leistung [W]' gives at most 12 W in 23.5 hours: is its unit W? If not, "),
        ("Yield (Wh)", 0.8, "'Yield (Wh)' gives at most 1.6 W in 23.5 hours: is its unit Wh? If not, "),
    ],
)
def test_a_plant_without_a_tenth_of_a_panel_s_power_may_have_another_unit(
    header: str, power: float, said: str
) -> None:
    ((line, rows, sentence),) = notes_of("low_power", day_of((0.0, power, power / 2), header))
    assert (line, rows, sentence.startswith(said)) == (2, 48, True), sentence


def test_a_high_power_a_short_file_and_a_unit_of_a_profile_are_no_low_power() -> None:
    low = day_of((0.0, 4.2, 3.1), "Pac (W)")
    assert notes_of("low_power", day_of((0.0, 42.0, 31.0), "Pac (W)")) == []
    assert notes_of("low_power", "\n".join(low.splitlines()[:20]) + "\n") == []
    assert notes_of("low_power", low, channels={"power": {"unit": "W"}}) == []


@pytest.mark.parametrize(("power", "is_low"), [(4.0, True), (42.0, False)])
def test_whole_kilowatts_that_a_format_reads_as_watts_are_noted(power: float, *, is_low: bool) -> None:
    known = KnownFormat("roof", "", Fingerprint(("timestamp", "Pac")), {}, {"power": {"unit": "W"}})
    read = processed(day_of((0, power, power // 2), "Pac"), formats=[known])
    assert isinstance(read, Result)
    assert ("low_power" in read.anomalies_by_check) == is_low


def test_known_limits_are_not_noted() -> None:
    assert notes_of("limits_unknown", f"timestamp,Power (W),Voltage,x1,x2,x3\n{ROWS}") == []
    limits = {"voltage": {"max": 600}, "current": {"max": 20}}
    assert notes_of("limits_unknown", f"timestamp,U,I,x1,x2,x3\n{ROWS}", channels=limits) == []


@pytest.mark.parametrize(
    ("first", "power", "said"),
    [
        (30, 200, ["temperature has no reading in 10 of 40 rows with power: the figures are of the others"]),
        (35, 200, []),  # five rows
        (10, 5, []),  # at night
    ],
)
def test_a_channel_that_ends_before_the_file_is_noted(first: int, power: int, said: list[str]) -> None:
    rows = [f"2025-06-10T12:{at:02}:00,{'' if at >= first else 20},{power}" for at in range(40)]
    found = notes_of("lacking_readings", "\n".join(["timestamp,temperature,power (W)", *rows, ""]))
    assert [sentence for _, _, sentence in found] == said


@pytest.mark.parametrize("cell", ["{label},{watts}", '"{label}",{watts}'])
def test_rows_without_the_label_of_a_device_are_noted(cell: str) -> None:
    rows = [
        f"2025-06-10T12:{at:02}:00," + cell.format(label="AB"[at % 2] if at % 5 else "", watts=100 + at)
        for at in range(20)
    ]
    content = "\n".join(["time,device,Pac (W)", *rows, ""])
    found = result(content, profile(csv={"where": {"column": "device", "is": "A"}}))
    (one,) = (each for each in found.anomalies if each.check == "unlabelled")
    assert one.message == "4 rows without an entry in 'device', which names what rows are of, were left out"
    assert found.records_processed == 8
