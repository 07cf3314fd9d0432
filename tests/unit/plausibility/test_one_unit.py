"""Files in which the unit of a channel changes without a word."""

import math
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.small_files import profile, rejection, result

SINE = [round(4000 * math.sin(math.pi * (at + 1) / 62), 2) for at in range(60)]


def minutes(values: Sequence[float | str], header: str) -> str:
    """Return rows five minutes apart."""
    rows = [f"2025-06-10T{9 + at // 12:02}:{at % 12 * 5:02}:00,{value}" for at, value in enumerate(values)]
    return "\n".join([f"time,{header}", *rows, ""])


@pytest.mark.crossed
@pytest.mark.parametrize("header", ["PV power (W)", "Leistung [W]", "Energy produced (Wh)", "Pac"])
@pytest.mark.parametrize("at", [10, 30, 50])
@pytest.mark.parametrize("factor", [0.001, 1000])
def test_a_unit_that_changes_without_a_word_is_asked_for(header: str, at: int, factor: float) -> None:
    text = minutes([value * (factor if place >= at else 1) for place, value in enumerate(SINE)], header)
    found = rejection(text)
    assert (found.code, found.line) == ("unknown_unit", at + 2)
    assert "does its unit change there? If so, give one unit to all rows, or split the file" in found.message
    used = profile(channels={"energy": {"unit": "Wh"}} if "Energy" in header else {"power": {"unit": "W"}})
    assert result(text, used).records_processed == 60


@pytest.mark.parametrize(
    "values",
    [
        SINE,
        [value if at != 30 else 2.5 for at, value in enumerate(SINE)],
        [value if at < 30 else 0.0 for at, value in enumerate(SINE)],
        [value if at < 30 else round(value / 100, 2) for at, value in enumerate(SINE)],
        [float(f"{value:.3g}") for value in SINE],
        [value if at < 30 else 0.5 + at % 3 for at, value in enumerate(SINE)],
        [value if at < 30 else 3 + at % 3 for at, value in enumerate(SINE)],
        [*SINE[:30], *(round(value) * 2.0 for value in SINE[30:-1]), 1e-9],
        [value if at < 30 else (3 + at * at % 7 / 10) * (at % 4 > 0) for at, value in enumerate(SINE)],
    ],
)
def test_clouds_outages_and_single_rows_change_no_unit(values: list[float]) -> None:
    assert result(minutes(values, "PV power (W)")).records_processed == 60


@pytest.mark.parametrize("header", ["PV power (kW)", "Energy (kWh)"])
def test_large_readings_of_before_change_no_unit(header: str) -> None:
    """A heater of nights, one that is switched on again, and what a meter writes after a gap."""
    switched = [*(3 + at % 5 / 7 for at in range(10)), *(0.003 + at % 5 / 7e3 for at in range(10))]
    assert result(minutes([f"{value:.4f}" for value in switched * 3], header)).records_processed == 60
    heated = [*(3 + at % 5 / 7 for at in range(8)), 0.9, 0.1, *(0.003 + at % 5 / 7e3 for at in range(10))]
    text = minutes([f"{value:.4f}" for value in heated * 3], header)
    assert result(text).records_processed == 60
    day = [f"2025-06-10 {9 + at // 12:02}:{at % 12 * 5:02},{40 + at % 7 / 9:.3f}" for at in range(60)]
    later = [day[0].replace("10 09", "20 09").replace(",40", ",39870"), *day]
    rows = [row.replace("-10 ", "-21 ") if at else row for at, row in enumerate(later)]
    text = "\n".join([f"time,{header}", *day, *rows, ""])
    limits = {"power" if "power" in header else "energy": {"max": 1e9}}
    assert result(text, profile(channels=limits)).records_processed == 121


@pytest.mark.crossed
@pytest.mark.parametrize(
    ("factor", "digits"), [(0.001, 5), (0.01, 4), (0.1, 3), (10, 1), (100, 0), (1000, 0)]
)
@pytest.mark.parametrize("header", ["PV power (W)", "Solar (Wh)"])
def test_ten_and_a_hundred_times_with_other_decimals_are_another_unit(
    factor: float, digits: int, header: str
) -> None:
    values = [*SINE[:30], *(round(value * factor, digits) for value in SINE[30:])]
    found = rejection(minutes(values, header))
    assert (found.code, found.line) == ("unknown_unit", 32)


def test_a_hundred_times_with_one_decimal_less_is_another_unit() -> None:
    """The step of the numbers becomes ten times larger, and the power a hundred times."""
    values = [*(round(value, 1) for value in SINE[:30]), *(round(value * 100) for value in SINE[30:])]
    found = rejection(minutes(values, "PV power (W)"))
    assert (found.code, found.line) == ("unknown_unit", 32)


@pytest.mark.parametrize("factor", [10, 100])
def test_ten_and_a_hundred_times_show_in_zeros_at_the_end(factor: int) -> None:
    whole = [round(value) for value in SINE]
    values = [*whole[:30], *(value * factor for value in whole[30:])]
    assert rejection(minutes(values, "PV power (W)")).line == 32
    values = [*(value * factor for value in whole[:30]), *whole[30:]]
    assert rejection(minutes(values, "PV power (W)")).line == 32


@pytest.mark.parametrize("factor", [1, 1000])
def test_amperes_beside_volts_have_one_unit_too(factor: int) -> None:
    amps = [f"{value / 5000:.3f}" for value in SINE[:40]] + [
        f"{value * factor / 5000:.3f}" for value in SINE[40:]
    ]
    rows = [
        f"2025-06-10T{9 + at // 12:02}:{at % 12 * 5:02}:00,40{at % 7}.5,{one}" for at, one in enumerate(amps)
    ]
    text = "\n".join(["time,Vpv,Ipv", *rows, ""])
    if factor == 1:
        assert result(text).records_processed == 60
    else:
        assert rejection(text).column == "current"


@pytest.mark.crossed
@pytest.mark.parametrize("factor", [2, 0.5, 1.5, 4, 0.2])
@pytest.mark.parametrize("header", ["PV power (W)", "Solar (Wh)"])
def test_another_factor_shows_in_the_step_of_the_numbers(factor: float, header: str) -> None:
    values = [round(value, 1) for value in SINE]
    changed = [*values[:25], *(round(value * factor, 3) for value in values[25:])]
    found = rejection(minutes(changed, header))
    assert (found.code, found.line) == ("unknown_unit", 27)
    said = "1/2 of" if factor == 0.5 else "1/5 of" if factor == 0.2 else f"{factor:g} times"
    assert f"from line 27 on is {said} that before: does its unit change there?" in found.message


def test_a_step_of_numbers_that_changes_alone_is_another_resolution() -> None:
    values = [round(value, 1) for value in SINE[:25]] + [round(value / 4) * 4.0 for value in SINE[25:]]
    assert result(minutes(values, "PV power (W)")).records_processed == 60


def days(header: str, cell: Callable[[int, float], str]) -> str:
    """Six days of quarters of an hour, of unlike weather: the cell of each day and power."""
    rows = [
        f"2025-06-{day:02} {at // 4:02}:{at % 4 * 15:02},"
        + cell(
            day, 4000 * (1, 0.6, 0.8, 0.5, 0.9, 0.7)[day - 1] * max(0.0, math.sin(math.pi * (at - 24) / 48))
        )
        for day in range(1, 7)
        for at in range(96)
    ]
    return "\n".join([f"time,{header}", *rows, ""])


@pytest.mark.crossed
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (".1f", lambda power: f"{power / 1000:.4f}"),
        (".0f", lambda power: f"{power / 1000:.2f}"),
        (".2f", lambda power: f"{power / 1000:.2f}"),
        (".1f", lambda power: f"{power * 10:.0f}"),
        (".0f", lambda power: f"{power / 10:.1f}"),
        (".3f", lambda power: f"{power * 100:.1f}"),
    ],
)
@pytest.mark.parametrize("first", [2, 4, 6])
def test_a_unit_that_changes_at_night_is_asked_for(
    before: str, after: Callable[[float], str], first: int
) -> None:
    found = rejection(
        days("PV power (W)", lambda day, power: after(power) if day >= first else f"{power:{before}}")
    )
    assert found.code == "unknown_unit"
    assert f"line {(first - 1) * 96 + 27} on is" in found.message, "the first row with power of that day"


@pytest.mark.parametrize(
    "cell",
    [
        lambda day, power: f"{power:.1f}",
        lambda day, power: f"{power:.4g}",
        lambda day, power: f"{power:.1f}" if day > 3 else f"{power:.0f}",  # a new firmware
        lambda day, power: f"{power * (0.02 if day > 4 else 1):.0f}",  # snow
        lambda day, power: f"{power * (0 if day > 4 else 1):.0f}",
        lambda day, power: f"{power / 1000 if day > 5 else power:.0f}",
    ],
)
def test_weather_snow_and_other_decimals_alone_are_no_other_unit(cell: Callable[[int, float], str]) -> None:
    assert result(days("PV power (W)", cell)).records_processed == 576


@pytest.mark.parametrize(("first", "factor"), [(5, 2), (5, 0.5), (5, 4), (5, 1.5), (2, 4)])
def test_another_factor_after_a_night_shows_in_the_step_of_the_numbers(first: int, factor: float) -> None:
    text = days("PV power (W)", lambda day, power: f"{round(power) * (factor if day >= first else 1):.10g}")
    found = rejection(text)
    assert f"line {(first - 1) * 96 + 27} on is" in found.message


def test_a_current_of_the_default_panel_that_changes_to_milliamperes_is_asked_for() -> None:
    amperes = [value / 400 for value in SINE]
    cells = [f"24.{at % 7},{one if at < 30 else one / 1000:.6f}" for at, one in enumerate(amperes)]
    found = rejection(minutes(cells, "voltage,current"))
    assert (found.code, found.line, found.column) == ("unknown_unit", 32, "current")


@pytest.mark.parametrize(("first", "then"), [(10, 1), (1, 10), (60, 6)])
def test_energies_of_shorter_or_longer_intervals_are_in_one_unit(first: int, then: int) -> None:
    """They have more or fewer decimals too."""
    starts = [*range(0, 40 * first, first), *range(40 * first, 40 * (first + then), then)]
    cells = [f"{(30 + at % 7) * first:.1f}" if at < 40 else f"{(30 + at % 7) * then:.2f}" for at in range(80)]
    rows = [f"{1_749_513_600 + 60 * start},{cell}" for start, cell in zip(starts, cells, strict=True)]
    found = result("\n".join(["time,Energy produced (Wh)", *rows, ""]))
    assert found.records_processed == 80


def quarters(days: Sequence[float], factors: Sequence[float], digits: Sequence[int]) -> str:
    """Return days whose highest power is this many W, times these factors, with so many decimals."""
    rows = []
    for day, (peak, factor, decimal) in enumerate(zip(days, factors, digits, strict=True), 10):
        for at in range(96):
            watts = round(max(0.0, peak * math.sin(math.pi * (at - 24) / 48) + (at * at + day) % 7 / 10), 1)
            rows.append(
                f"2025-06-{day}T{at // 4:02}:{at % 4 * 15:02}:00,{watts * factor * (at > 24):.{decimal}f}"
            )
    return "\n".join(["time,PV power (W)", *rows, ""])


@pytest.mark.parametrize(
    ("factors", "digits", "line"),
    [
        ([1, 10, 1, 1], [1, 1, 1, 1], 123),
        ([1, 0.1, 1, 1], [1, 2, 1, 1], 123),
        ([1, 1, 100, 1], [1, 1, 1, 1], 219),
        ([1, 10, 1, 10, 1], [1, 1, 1, 1, 1], 123),
        ([10, 1, 10], [1, 1, 1], 123),
    ],
)
def test_days_of_another_scale_among_others_are_asked_for(
    factors: list[float], digits: list[int], line: int
) -> None:
    peaks = [2000, 1800, 1300, 1500, 1900][: len(factors)]
    found = rejection(quarters(peaks, factors, digits))
    assert found.message.startswith(f"the power of some days, from line {line} on, is ")
    assert (found.code, len(found.candidates or [])) == ("unknown_unit", 1)


@pytest.mark.parametrize(
    ("peaks", "digits"),
    [
        ([2000, 150, 1300, 1500], [1, 1, 1, 1]),  # a dark day
        ([150, 2000, 200, 180], [1, 1, 1, 1]),  # a clear one
        ([2000, 1800, 1300, 1500], [1, 0, 1, 1]),  # whole watts on one day
        ([2000, 1800, 1300, 1500], [1, 2, 1, 1]),
    ],
)
def test_dark_and_clear_days_are_in_one_unit(peaks: list[float], digits: list[int]) -> None:
    assert result(quarters(peaks, [1] * 4, digits)).records_processed == 384


def cloudy(minutes: int, header: str, shares: Sequence[float], cell: Callable[[int, float], str]) -> str:
    """Return days with these shares of 5 kW: the cell of each day and of its W, or Wh of an interval."""
    unit = 60 / minutes if "h)" in header else 1
    rows = [
        f"2025-06-1{day} {at // 60:02}:{at % 60:02},{cell(day, 5000 * share * sine**1.4 * cloud / unit)}"
        for day, share in enumerate(shares)
        for at in range(0, 1440, minutes)
        for sine in [max(0.0, math.sin(math.pi * (at - 330) / 840))]
        for cloud in [0.8 + (at // minutes * 7 + day * 3) % 11 / 50]
    ]
    return "\n".join([f"time,{header}", *rows, ""])


@pytest.mark.crossed
@pytest.mark.parametrize("shares", [(0.9, 0.7, 1, 0.6, 0.8), (0.8, 0.7, 0.3, 0.9, 0.3)])
@pytest.mark.parametrize("day", [0, 2, 4])
@pytest.mark.parametrize("minutes", [5, 15, 60])
@pytest.mark.parametrize("decimals", [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)])
@pytest.mark.parametrize("header", ["Pac (W)", "Leistung (kW)", "Energy (Wh)", "Ertrag (kWh)"])
def test_a_day_in_the_other_unit_is_asked_for(
    header: str, decimals: tuple[int, int], minutes: int, day: int, shares: Sequence[float]
) -> None:
    """Whatever decimals there are in W, and more in kW."""
    (whole, digits), is_kilo = decimals, "(k" in header
    if minutes == 5 and header.startswith("E"):
        digits += 1  # a kWh is much for five minutes

    def cell(at: int, watts: float) -> str:
        return f"{watts / 1000:.{digits}f}" if is_kilo != (at == day) else f"{watts:.{whole}f}"

    found = rejection(cloudy(minutes, header, shares, cell))
    assert found.code == "unknown_unit"
    assert "does its unit change there?" in found.message


@pytest.mark.crossed
@pytest.mark.parametrize("dark", [0.1, 0.02, 0.004, 0.001])
@pytest.mark.parametrize("day", [1, 2, 3])
@pytest.mark.parametrize("minutes", [5, 15, 60])
@pytest.mark.parametrize(
    ("header", "digits"), [("Pac (W)", 0), ("Pac (W)", 1), ("Leistung (kW)", 2), ("Ertrag (kWh)", 3)]
)
def test_a_dark_day_is_in_no_other_unit(
    header: str, digits: int, minutes: int, day: int, dark: float
) -> None:
    factor, shares = 1e-3 if "(k" in header else 1, [0.9, 0.7, 1, 0.6, 0.8]
    shares[day] = dark
    text = cloudy(minutes, header, shares, lambda _, watts: f"{watts * factor:.{digits}f}")
    assert result(text).records_processed == 7200 // minutes


@pytest.mark.parametrize("minutes", [5, 15])
def test_small_numbers_may_have_more_decimals(minutes: int) -> None:
    """They have on all days, if some readings of each are small."""

    def cell(_: int, watts: float) -> str:
        return f"{watts:.{2 if watts < 10 else 1 if watts < 100 else 0}f}"

    text = cloudy(minutes, "Pac (W)", (0.9, 0.7, 0.001, 0.6, 0.8), cell)
    assert result(text).records_processed == 7200 // minutes


@pytest.mark.crossed
@pytest.mark.parametrize("digits", [1, 2])
@pytest.mark.parametrize(("at", "first"), [(30, 30), (48, 54), (64, 64), (126, 126), (136, 136)])
@pytest.mark.parametrize("factor", [0.001, 1000])
def test_a_unit_that_changes_on_one_of_several_days_is_asked_for(
    digits: int, at: int, first: int, factor: float
) -> None:
    """Hours in W and, from this one on, in kW, or the reverse; there are few different numbers in kW."""
    rows = []
    for hour in range(168):
        watts = (3000, 2000, 3500, 2600)[hour // 24 % 4] * max(
            0.0, math.sin(math.pi * (hour % 24 - 5.5) / 14)
        )
        is_kilo = (hour >= at) is (factor < 1)
        cell = f"{watts / 1000:.{digits}f}" if is_kilo else f"{watts:.1f}"
        rows.append(f"2025-06-{10 + hour // 24} {hour % 24:02}:00,{cell}")
    found = rejection("\n".join(["time,PV power", *rows, ""]))
    assert found.code == "unknown_unit"
    said = "1/1000 of" if factor < 1 else "1000 times"
    assert f"from line {first + 2} on is {said} that before" in found.message


@pytest.mark.parametrize("seed", range(3))
def test_a_plant_that_is_off_is_in_no_other_unit(seed: int) -> None:
    """It then has some watts, at any hour of the day."""
    some = random.Random(seed)  # noqa: S311 - no secret
    rows = [
        f"2025-06-{10 + at // 24} {at % 24:02}:00,{watts if at < 110 else some.uniform(5, 8):.1f}"
        for at in range(168)
        for watts in [3000 * math.sin(math.pi * (at % 24 - 5.5) / 14)]
        if watts > 0
    ]
    assert result("\n".join(["time,PV power (W)", *rows, ""])).records_processed == len(rows)


@pytest.mark.long
def test_many_nights_with_a_thousand_times_as_much_before_them_take_no_long_time() -> None:
    values = [(1 if at % 2 else 1000) * (1 + at * 7 % 10 / 50) for at in range(30000)]
    start = datetime(1975, 1, 1, tzinfo=UTC)
    rows = [f"{start + timedelta(hours=4 * at):%Y-%m-%d %H:%M},{value}" for at, value in enumerate(values)]
    begin = time.process_time()
    assert rejection("\n".join(["time,PV power (W)", *rows, ""])).line is not None
    assert time.process_time() - begin < 8  # a median of all days for each night takes several times as long


@pytest.mark.parametrize("late", [0, 1])
@pytest.mark.parametrize("header", ["PV power (W)", "PV energy (Wh)"])
def test_a_unit_that_changes_at_the_first_hour_of_a_day_or_after_it_is_asked_for(
    late: int, header: str
) -> None:
    hours = [607, 1941, 3427, 4881, 6187, 7184, 7802, 8100, 7922, 7271, 6293, 5072, 3614, 2123, 765]
    cells = [str(one) if at < late else f"{one / 1000:.2f}" for at, one in enumerate(hours)]
    rows = [
        f"2025-06-1{day} {at + 6:02}:00,{cell}"
        for day in (0, 1)
        for at, cell in enumerate([hours, cells][day])
    ]
    assert "does its unit change there?" in rejection("\n".join([f"time,{header}", *rows, ""])).message


@pytest.mark.parametrize(
    ("digits", "highest"), [(3, 85.6), (3, 513.6), (4, 74.9), (4, 663.4), (5, 128.4), (5, 1048.6)]
)
def test_numbers_with_as_many_digits_are_of_one_unit(digits: int, highest: float) -> None:
    """Large numbers have fewer decimals, and a coarser step, than small ones."""
    sun = [math.sin(math.pi * (at + 0.5) / 180) ** 2 * (1 - at % 7 / 40) for at in range(180)]
    rows = [
        f"2025-06-10T{6 + at // 15:02}:{at % 15 * 4:02}:00,{highest * each:.{digits}g}"
        for at, each in enumerate(sun)
    ]
    assert result("\n".join(["time,PV power (W)", *rows, ""])).records_processed == 180
