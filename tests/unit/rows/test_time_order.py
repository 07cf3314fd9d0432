"""Rows in order of time: repeats, conflicts, disorder."""

from __future__ import annotations

import math
from itertools import accumulate

import pytest

from tests.support.small_files import HEADER, PLAIN, PLAIN_METRICS, ROWS, profile, rejection, result


def test_an_identical_repeat_is_dropped_and_counted() -> None:
    found = result(PLAIN + ROWS[1] + "\n")
    assert (found.records_total, found.records_duplicate, found.records_invalid) == (4, 1, 0)
    assert found.metrics == PLAIN_METRICS


def test_a_valid_row_wins_over_an_invalid_one_of_its_time() -> None:
    found = result(PLAIN.replace(ROWS[1], "2025-01-15T12:05:00,50,5,35,250\n" + ROWS[1]))
    assert found.metrics == PLAIN_METRICS
    assert (found.records_processed, found.records_invalid) == (3, 1)


def test_rows_out_of_order_are_sorted_and_noted() -> None:
    found = result("\n".join([HEADER, ROWS[2], ROWS[0], ROWS[1]]))
    assert found.metrics == PLAIN_METRICS
    assert [(one.check, one.line) for one in found.anomalies] == [("disorder", 3)]


@pytest.mark.parametrize(
    ("stamp", "rows", "seconds", "energy"),
    [
        ("2025-06-10T12:{m:02}", 2, 30.0, 0.075),  # 60 rows of 30 s with 100 to 200 W
        ("2025-06-10T12:{m:02}", 7, 8.571, 0.075),
        ("2025-06-10T12:00:{m:02}", 4, 0.25, 0.00125),
        ("2025-06-{d:02}", 24, 3600.0, 108),
    ],
)
def test_rows_whose_times_are_cut_are_read_as_those_of_one_device(
    stamp: str, rows: int, seconds: float, energy: float
) -> None:
    times = [stamp.format(m=at, d=1 + at) for at in range(30) for _ in range(rows)]
    lines = [f"{time},{100 + 100 * (at % rows) / (rows - 1)}" for at, time in enumerate(times)]
    text = "\n".join(["time,power", *lines, ""])
    assert [(way.label, way.toml) for way in rejection(text).candidates or ()] == [
        (f"one device, a row each {seconds:g} s", [f"period.interval_seconds = {seconds}"])
    ]
    found = result(text, profile(period={"interval_seconds": seconds}))
    assert (found.records_processed, found.metrics.interval_seconds) == (len(lines), pytest.approx(seconds))
    assert found.metrics.total_energy_kwh == pytest.approx(energy, rel=2e-3)


@pytest.mark.parametrize(
    ("stamp", "step"),
    [("2025-06-10T{h:02}:{m:02}:00", 30), ("2025-06-10T{h:02}:00:00", 5), ("2025-06-10", 20)],
)
def test_rows_that_their_times_do_not_tell_apart_are_refused(stamp: str, step: int) -> None:
    times = [stamp.format(h=minute // 60, m=minute % 60) for minute in range(600, 960, step)]
    times += times if step == 30 else []
    lines = [f"{time},{100 + number}" for number, time in enumerate(times)]
    found = rejection("\n".join(["time,PV power", *lines]))
    assert found.code == "several_devices"
    assert "have the time of another row" in found.message


def test_a_few_rows_of_one_time_are_invalid_and_refuse_no_file() -> None:
    lines = [f"2025-06-10T12:{minute:02}:00,{100 + minute}" for minute in range(30)]
    lines += [f"2025-06-10T12:{minute:02}:00,150" for minute in range(6)]
    found = result("\n".join(["time,PV power", *lines]))
    assert (found.records_processed, found.records_invalid) == (30, 6)


def test_sections_of_two_plants_that_are_equal_at_night_are_offered_one_by_one() -> None:
    """Of 48 half hours, 16 have light: 16 of 64 different rows contradict one, and 32 are repeats."""
    powers = [100 * (16 <= at < 32) for at in range(48)]
    times = [f"2025-06-10T{at // 2:02}:{at % 2 * 30:02}:00" for at in range(48)]
    lines = [
        line
        for share in (0.6, 0.4)
        for line in ("time,PV power (W)", *(f"{t},{share * p}" for t, p in zip(times, powers, strict=True)))
    ]
    text = "\n".join(lines)
    found = rejection(text)
    assert (found.code, [each.toml for each in found.candidates or ()]) == (
        "several_devices", [["csv.section = 1"], ["csv.section = 2"]],
    )  # fmt: skip
    second = result(text, profile(csv={"section": 2}))
    assert (second.records_total, second.metrics.total_energy_kwh) == (48, 0.32)
    assert "the file has 2 sections" in rejection(text, profile(csv={"section": 3})).message


def test_scattered_rows_of_one_time_are_of_several_devices_and_those_of_an_hour_are_not() -> None:
    """A hundred minutes, of which eight have two rows: in a row, or over all of them."""
    stamps = [f"2025-06-10T{10 + at // 60}:{at % 60:02}:00" for at in range(100)]
    lines = ["time,PV power", *(f"{stamp},{500 + at}" for at, stamp in enumerate(stamps))]
    assert result("\n".join([*lines, *(f"{stamp},700" for stamp in stamps[:8])])).records_invalid == 8
    assert (
        rejection("\n".join([*lines, *(f"{stamp},700" for stamp in stamps[::12])])).code == "several_devices"
    )


def alternating(header: str, behind: int, row: str, other: float = 0.4) -> str:
    """Return the rows of two devices: the second one writes so many seconds behind the first one."""
    lines = [header]
    for at in range(100):
        for share, later in ((1.0, 0), (other, behind)):
            second = 21_600 + at * 300 + later
            time = f"2025-06-10T{second // 3600:02}:{second % 3600 // 60:02}:{second % 60:02}"
            power = share * 9 * (at + 1) * (100 - at) / 100
            lines.append(row.format(t=time, p=power, e=900 * share * 9 + share * 10 * at, i=power / 24))
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("time,PV power (W)", "{t},{p:.3f}"),
        ("timestamp,voltage,current", "{t},24,{i:.4f}"),
        ("time,Total energy (Wh)", "{t},{e:.3f}"),
        ("time;Energy produced (Wh)", "{t};{p:.2f}"),
        ("timestamp,voltage,current,temperature,power", "{t},24.1,{i:.4f},25,{p:.3f}"),
    ],
)
def test_devices_that_take_turns_at_times_of_their_own_are_refused(header: str, row: str) -> None:
    for behind in (37, 150):
        found = rejection(alternating(header, behind, row))
        assert found.code == "several_devices"
        assert "take turns" in found.message
        (way,) = found.candidates or ()
        assert way.toml == ["period.interval_seconds = 150.0"]
    assert result(alternating(header, 37, row), profile(period={"interval_seconds": 150.0})).metrics


@pytest.mark.parametrize("share", [0.99, 0.97, 1.0])
def test_devices_of_one_level_take_turns_or_write_in_pairs(share: float) -> None:
    """At night all are equal, and a tenth of the rows is missing."""
    row = "{t},{p:.3f}"
    even, paired = (alternating("time,PV power (W)", behind, row, share) for behind in (150, 20))
    found = rejection(paired)
    assert found.code == "several_devices"
    assert "in pairs, 20 s apart, and 280 s from one pair to the next" in found.message or share < 1
    if share < 0.98:
        assert "take turns" in rejection(even).message
    assert rejection("\n".join(paired.splitlines()[:100])).code == "several_devices"


@pytest.mark.crossed
@pytest.mark.parametrize("behind", [1, 60, 150])
@pytest.mark.parametrize("first", [100, 150, 250])
def test_a_second_device_that_writes_in_a_part_of_the_file_alone_is_refused(behind: int, first: int) -> None:
    """It has 38 rows among 288."""

    def row(seconds: int, power: float) -> str:
        return f"2025-06-10T{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02},{power:.1f}"

    one = {at: 1000 + at * (288 - at) / 10 + at * at % 37 for at in range(288)}
    rows = [row(300 * at, power) for at, power in one.items()]
    others = [row(300 * at + behind, 0.6 * one[at]) for at in range(first, first + 38)]
    found = rejection("\n".join(["time,PV power (W)", *sorted(rows + others)]))
    assert found.code == "several_devices"
    assert "take turns between 2 levels" in found.message
    between = [row(300 * at + behind, one[at] + 5) for at in range(first, first + 38)]  # of the same device
    assert result("\n".join(["time,PV power (W)", *sorted(rows + between)])).records_processed == 326


def in_groups(count: int, step: int, period: int) -> str:
    """Return rows in groups of so many, with steps and a period in seconds; each row of a group is lower."""
    seconds = [group * period + at * step for group in range(30) for at in range(count)]
    times = (
        f"2025-07-{1 + one // 86_400:02}T{one // 3600 % 24:02}:{one // 60 % 60:02}:{one % 60:02}"
        for one in seconds
    )
    return "\n".join(
        ["time,PV power (W)", *(f"{time},{900 / (1 + at % count):.1f}" for at, time in enumerate(times))]
    )


@pytest.mark.parametrize("count", [3, 5])
def test_devices_that_write_one_after_the_other_come_in_groups(count: int) -> None:
    found = rejection(in_groups(count, 7, 300))
    groups = f"the rows come in groups of {count}, 7 s apart, and {300 - 7 * (count - 1)} s from one group"
    assert groups in found.message or "take turns" in found.message
    assert result(in_groups(count, 10_000, 86_400)).records_processed == 30 * count


@pytest.mark.parametrize("seconds", [[60, 120], [1, 2], [299, 301], [300, 300]])
def test_times_that_are_cut_are_no_pairs(seconds: list[int]) -> None:
    times = accumulate([second for _ in range(60) for second in seconds])
    stamps = (f"2025-06-10T{8 + time // 3600:02}:{time % 3600 // 60:02}:{time % 60:02}" for time in times)
    found = result(
        "\n".join(["time,PV power (W)", *(f"{stamp},{100 + at}" for at, stamp in enumerate(stamps))])
    )
    assert found.records_processed == 60 * len(seconds)


def test_day_and_night_take_turns_in_a_file_of_one_device() -> None:
    rows = [
        f"2025-06-{1 + at // 2:02}T{6 + 12 * (at % 2):02}:00:00,{at % 2 * (900 + at)}" for at in range(60)
    ]
    found = result("time,Energy produced (Wh)\n" + "\n".join(rows))
    assert found.metrics.total_energy_kwh == sum(900 + at for at in range(1, 60, 2)) / 1000


WATTS = [round(3000 * math.sin(math.pi * at / 47), 1) for at in range(48)]
"""Of a quarter of an hour each."""


def without(header: str, others: list[list[str]], *, keep: int = 5) -> str:
    """Return a file whose power is missing in every fifth row, beside other columns."""
    lines = [header]
    for at, (watts, *cells) in enumerate(zip(WATTS, *others, strict=True)):
        power = "" if at % keep == 3 else str(watts)
        lines.append(f"2025-06-10T{6 + at // 4:02}:{at % 4 * 15:02}:00,{power},{','.join(cells)}")
    return "\n".join(lines) + "\n"


WH = [f"{watts / 4:.4f}" for watts in WATTS]
TOTAL = [f"{5000 + wh / 1000:.5f}" for wh in accumulate((watts / 4 for watts in WATTS[:-1]), initial=0.0)]
WHOLE = sum(WATTS) / 4000


@pytest.mark.parametrize(
    ("header", "others"),
    [
        ("time,PV power (W),Energy produced (Wh)", [WH]),
        ("time,PV power (W),Total energy (kWh)", [TOTAL]),
        ("time,PV power (W),Voltage (V),Current (A),Total yield (kWh)", [["25"] * 48, [""] * 48, TOTAL]),
    ],
)
def test_the_energy_column_says_the_power_of_a_row_that_lacks_it(
    header: str, others: list[list[str]]
) -> None:
    found = result(without(header, others))
    assert (found.records_processed, found.records_missing) == (48, 0)
    assert found.metrics.total_energy_kwh == pytest.approx(WHOLE, rel=1e-3)
    (note,) = [one for one in found.anomalies if one.check == "energy_column"]
    assert "total_energy_kwh is of the power, and of this column in 9 rows without power" in note.message


@pytest.mark.parametrize(
    ("header", "others"),
    [
        ("time,PV power (W),Total energy (kWh)", [[f"{float(one):.0f}" for one in TOTAL]]),
        ("time,PV power (W),Energy produced (Wh)", [[str(4 * float(one)) for one in WH]]),
        ("time,PV power (W),Total energy (kWh)", [[""] * 48]),
        ("time,PV power (W),Total energy (kWh)", [TOTAL[::-1]]),
    ],
)
def test_energy_that_does_not_agree_with_the_power_fills_no_row(header: str, others: list[list[str]]) -> None:
    found = result(without(header, others))
    assert (found.records_processed, found.records_missing) == (39, 9)
