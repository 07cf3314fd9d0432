"""Energies that stand in several rows each."""

import math
from collections.abc import Sequence

import pytest

from processing.formats.known_format import Fingerprint, KnownFormat
from processing.model.rejection import Rejection
from processing.model.result import Result
from tests.support.small_files import chosen, processed, profile, rejection, result

HOURS = [
    round(2.5 * max(0.0, math.sin(math.pi * (at - 6) / 12)) * (0.7 + at % 3 / 10), 3) for at in range(24)
]


def file_of(energies: Sequence[float], minutes: int, header: str = "PV energy (kWh)") -> str:
    """Rows of a day with these energies."""
    times = (divmod(at * minutes, 60) for at in range(len(energies)))
    rows = [
        f"2025-06-10 {hour:02}:{minute:02},{one}" for (hour, minute), one in zip(times, energies, strict=True)
    ]
    return "\n".join([f"time,{header}", *rows, ""])


@pytest.mark.crossed
@pytest.mark.parametrize("minutes", [5, 15, 30])
@pytest.mark.parametrize("first", [0, 1])
def test_the_energy_of_an_hour_in_each_of_its_rows_is_asked_for(minutes: int, first: int) -> None:
    count = 60 // minutes
    content = file_of([one for one in HOURS for _ in range(count)][first:], minutes)
    found = rejection(content)
    assert (found.code, found.column) == ("ambiguous_columns", "energy")
    assert f"each energy stands in {count} rows" in found.message
    whole, each = found.candidates or ()
    for way, energy in ((whole, sum(HOURS)), (each, count * sum(HOURS))):
        used = chosen(way)
        assert result(content, used).metrics.total_energy_kwh == pytest.approx(energy, abs=1e-4)


@pytest.mark.parametrize(
    ("energies", "minutes"),
    [
        ([round(one / 4, 2) for one in HOURS for _ in range(1)], 60),
        ([round(math.sin(math.pi * at / 288) / 10, 2) for at in range(288)], 5),
        ([round(math.sin(math.pi * at / 288) / 10, 3) for at in range(288)], 5),
        ([0.1 * (at % 3 < 2) for at in range(96)], 15),
    ],
)
def test_energies_that_repeat_by_chance_are_of_each_row(energies: list[float], minutes: int) -> None:
    assert result(file_of(energies, minutes)).metrics.total_energy_kwh == pytest.approx(sum(energies))


def test_energies_of_changing_weather_fall_in_any_row() -> None:
    energies = [round(0.05 + 0.04 * math.sin(at * at), 4) for at in range(200)]
    assert result(file_of(energies, 5)).records_processed == 200


@pytest.mark.parametrize("minutes", [5, 15])
def test_what_a_battery_holds_is_not_the_energy_of_rows(minutes: int) -> None:
    day = 1440 // minutes
    held = [round(5 - 4 * math.cos(2 * math.pi * at / day), 2) for at in range(day)]
    (way,) = rejection(file_of(held, minutes, "Energy (kWh)")).candidates or ()
    assert way.label == "the energy of each row"
    assert result(file_of(held, minutes, "Verbrauch (kWh)")).records_processed == day
    load = [round(one * (1 + math.sin(at * at) / 2), 3) for at, one in enumerate(held)]
    assert result(file_of(load, minutes, "Energy (kWh)")).records_processed == day


def test_readings_that_repeat_are_of_no_logger_that_writes_only_changes() -> None:
    """Steps of 10 s, and 20 % of 30 s: 2 W more and less, but three times nothing."""
    seconds = [0, *(10 * at + 20 * (at // 5) for at in range(1, 120))]
    powers = [500 + (at % 2 if at not in (40, 60, 80) else (at - 1) % 2) for at in range(120)]
    rows = [
        f"2025-06-10T12:{at // 60:02}:{at % 60:02},{power}" for at, power in zip(seconds, powers, strict=True)
    ]
    result("\n".join(["time,PV power (W)", *rows, "2025-06-10T15:00:00,499"]))
    found = rejection("\n".join(["time,PV power (W)", *rows[:40], "2025-06-10T15:00:00,499"]))
    assert "differs by 1 W or more: are rows written only when it changes?" in found.message


@pytest.mark.parametrize(("watts", "share", "least"), [(200, 0, "201 W"), (0, 0.1, "10.1 %")])
def test_rows_that_follow_each_other_and_always_differ_are_of_a_logger_that_writes_changes(
    watts: float, share: float, least: str
) -> None:
    """A day of 5 kW, each minute compared with the last row; a tenth or more is in long steps."""
    rows, last = ["2025-06-10T00:00,0", "2025-06-10T05:00,0"], 0.0
    for minute in range(300, 1200):
        power = round(5000 * math.sin(math.pi * (minute - 300) / 900) ** 2, 1)
        if abs(power - last) >= max(watts, share * max(power, last), 1):
            rows.append(f"2025-06-10T{minute // 60:02}:{minute % 60:02},{power}")
            last = power
    found = rejection("\n".join(["time,PV power (W)", *rows, "2025-06-10T20:00,0", ""]))
    assert f"differs by {least} or more" in found.message
    held, gaps = (float(one.consequence.split(" kWh")[0].split()[-1]) for one in found.candidates or ())
    assert held == pytest.approx(37.5, rel=0.03)
    assert gaps < 0.9 * held


@pytest.mark.parametrize(
    ("header", "minutes", "count"),
    [
        ("Energy last hour (kWh)", 5, 12),
        ("PV energy 1h (kWh)", 15, 4),
        ("Hourly energy [kWh]", 30, 2),
        ("PV energy (kWh) per hour", 15, 4),
        ("Ertrag letzte 30 min (kWh)", 10, 3),
    ],
)
def test_a_name_with_a_longer_time_than_the_step_is_asked_for(header: str, minutes: int, count: int) -> None:
    day = 1440 // minutes
    energies = [round(max(0.0, -math.cos(2 * math.pi * at / day)), 4) for at in range(day)]
    content = file_of(energies, minutes, header)
    ways = rejection(content).candidates or ()
    found = [result(content, chosen(way)).metrics.total_energy_kwh for way in ways]
    assert found == pytest.approx([sum(energies) / count, sum(energies)], abs=1e-4)


@pytest.mark.parametrize(
    ("header", "minutes"), [("PV energy 1h (kWh)", 60), ("PV 2 (kWh)", 5), (f"PV {'9' * 400}h (kWh)", 5)]
)
def test_a_name_with_the_time_of_a_step_is_no_question(header: str, minutes: int) -> None:
    day = 1440 // minutes
    energies = [round(max(0.0, -math.cos(2 * math.pi * at / day)), 4) for at in range(day)]
    assert result(file_of(energies, minutes, header)).records_processed == day


METER = [8000 + sum(HOURS[:at]) for at in range(24)]


@pytest.mark.parametrize("header", ["Ertrag (kWh)", "PV energy (kWh)", "E (kWh)"])
def test_a_stated_total_whose_values_fall_as_those_of_intervals_is_asked_for(header: str) -> None:
    content = file_of(HOURS, 60, header)
    counter = profile(channels={"energy": {"kind": "counter"}})
    found = rejection(content, counter)
    assert (found.code, found.column) == ("ambiguous_columns", "energy")
    interval, as_it_is = found.candidates or ()
    assert result(content, chosen(interval)).metrics.total_energy_kwh == pytest.approx(sum(HOURS), abs=1e-4)
    assert result(content, chosen(as_it_is)).records_invalid > 0


@pytest.mark.crossed
@pytest.mark.parametrize("header", ["Ertrag (kWh)", "PV energy (kWh)"])
@pytest.mark.parametrize(
    ("kind", "energies", "energy"),
    [
        ("counter", HOURS, None),
        ("counter", METER, METER[-1] - METER[0]),
        ("counter", [8000.0] * 24, 0),
        ("counter", [0.0] * 24, 0),
        ("interval", HOURS, sum(HOURS)),
        ("interval", METER, None),
        ("interval", sorted(HOURS), sum(HOURS)),
        ("interval", [0.0] * 24, 0),
    ],
)
def test_a_format_of_the_site_reads_no_energies_that_are_surely_of_another_kind(
    header: str, kind: str, energies: Sequence[float], energy: float | None
) -> None:
    known = KnownFormat("roof", "roof", Fingerprint(("time", header)), {}, {"energy": {"kind": kind}})
    found = processed(file_of(energies, 60, header), formats=[known])
    if energy is not None:
        assert isinstance(found, Result), found
        assert found.metrics.total_energy_kwh == pytest.approx(energy, abs=1e-4)
        return
    assert isinstance(found, Rejection)
    other, as_it_is = found.candidates or ()
    assert (f"{kind} as it is" in as_it_is.label, kind in other.label) == (True, False)
    assert "data/profiles/roof.toml" in found.message


@pytest.mark.parametrize(
    ("kind", "unit", "found"),
    [
        ("counter", "kWh", "but its values are those of the energy of each row, or of a power"),
        ("counter", "Wh", "but its values are those of the energy of each row, or of a power"),
        ("interval", "kWh", "rows with energy are above 10 MW"),
    ],
)
def test_a_power_in_the_folder_of_a_meter_is_asked_for(kind: str, unit: str, found: str) -> None:
    channels = {"energy": {"column": "Wert", "kind": kind, "unit": unit}}
    known = KnownFormat("roof", "roof", Fingerprint(("time", "Wert")), {}, channels)
    power = [round(20_000 * one) for one in HOURS]
    asked = processed(file_of(power, 60, "Wert"), formats=[known])
    assert isinstance(asked, Rejection)
    assert found in asked.message


def numbered(name: str, first: int, power: Sequence[float], days: int = 3) -> str:
    """Return days of numbered rows with the same power in watts."""
    rows = [
        f"{10 + day}.06.2025;{first + at};{1000 * one:.0f}"
        for day in range(days)
        for at, one in enumerate(power)
    ]
    return "\n".join([f"Date;{name};PV power (W)", *rows, ""])


MORNING = [max(0.0, math.sin(math.pi * (at / 2 - 5) / 16)) for at in range(24)]
"""The power of the half hours up to noon, in kW."""


@pytest.mark.parametrize("days", [2, 3])
@pytest.mark.parametrize(("name", "first"), [("Period", 1), ("Slot", 1), ("Slot", 0), ("HH", 1), ("HH", 0)])
def test_half_hours_up_to_noon_may_be_taken_for_hours(name: str, first: int, days: int) -> None:
    found = rejection(text := numbered(name, first, MORNING, days))
    assert found.code == "ambiguous_time"
    halves, hours = (result(text, chosen(way)) for way in found.candidates or ())
    assert halves.metrics.total_energy_kwh == pytest.approx(sum(MORNING) / 2 * days, rel=0.001)
    assert hours.metrics.total_energy_kwh == pytest.approx(sum(MORNING) * days, rel=0.001)
    assert str(halves.metrics.peak_power_hour)[11:13] == "11"


@pytest.mark.parametrize("shift", [0, 5, 9, 16])
@pytest.mark.parametrize(("name", "first"), [("Period", 1), ("Slot", 0), ("HH", 1), ("HH", 0)])
def test_hours_of_a_day_in_any_zone_are_hours(name: str, first: int, shift: int) -> None:
    whole = [max(0.0, math.sin(math.pi * ((at + shift) % 24 - 5) / 16)) for at in range(24)]
    assert result(numbered(name, first, whole)).metrics.total_energy_kwh == pytest.approx(
        3 * sum(whole), rel=0.001
    )
