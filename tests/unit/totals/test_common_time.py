"""Energy that several files have counts once."""

from __future__ import annotations

import itertools
import random
import tracemalloc

import msgspec
import pytest

from processing.model.digest import Digest
from processing.totals.common_time import excess
from processing.totals.periods import Periods
from processing.totals.sums import totals

DAY = "2026-01-15"
KWH = {hour: float(hour) for hour in range(24)}
"""The plant's energy of each clock hour."""


def file(
    name: str, start: str, end: str, at: str = "2026-01-16T00:00:00Z", gap: tuple[int, ...] = ()
) -> Digest:
    """A file of rows each five minutes, the last at `end`, of a plant that has KWH in each hour."""
    first, last = minutes(start), minutes(end) + 5
    hours = {}
    for hour, kwh in KWH.items():
        covered = min(last, hour * 60 + 60) - max(first, hour * 60)
        if covered > 0 and hour not in gap:
            hours[hour] = kwh * covered / 60
    return Digest(
        name=name,
        at=at,
        start=f"{DAY}T{start}:00",
        end=f"{DAY}T{end}:00",
        interval=300.0,
        energy_kwh=sum(hours.values()),
        hours={DAY: hours},
    )


def minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def energy(*files: Digest) -> float:
    return totals(list(files)).energy_kwh


def energy_between(start: str, end: str) -> float:
    return round(file("x", start, end).energy_kwh or 0.0, 6)


def test_a_later_version_that_covers_the_older_ones_counts_alone() -> None:
    versions = [
        file("a.csv", "06:00", "12:25", at="2026-01-15T12:30:00Z"),
        file("a.csv", "06:00", "18:20", at="2026-01-15T18:30:00Z"),
        file("a.csv", "06:00", "21:55", at="2026-01-15T22:00:00Z"),
    ]
    for order in (versions, versions[::-1]):
        found = totals(order)
        assert found.energy_kwh == energy_between("06:00", "21:55")
        assert (found.superseded, found.overlaps, found.processed) == (2, [], 3)


def test_a_corrected_file_counts_in_place_of_the_older_one_although_it_has_less() -> None:
    old = file("a.csv", "06:00", "12:55", at="2026-01-15T13:00:00Z")
    new = file("a.csv", "06:00", "12:55", at="2026-01-15T14:00:00Z", gap=(7, 8))
    assert energy(new, old) == round(new.energy_kwh or 0.0, 6)


def test_the_time_of_the_first_processing_decides() -> None:
    old = file("a.csv", "06:00", "12:55", at="2026-02-01T00:00:00Z")
    again = msgspec.structs.replace(old, first_at="2026-01-15T13:00:00Z")
    new = file("a.csv", "06:00", "12:55", at="2026-01-15T14:00:00Z", gap=(7, 8))
    assert energy(new, again) == round(new.energy_kwh or 0.0, 6)


def test_a_later_version_that_is_shorter_leaves_the_older_one_and_counts_once() -> None:
    long = file("a.csv", "06:00", "18:55", at="2026-01-15T19:00:00Z")
    short = file("a.csv", "12:00", "18:55", at="2026-01-15T20:00:00Z")
    found = totals([long, short])
    assert found.energy_kwh == energy_between("06:00", "18:55")
    assert (found.superseded, found.overlaps) == (0, [["a.csv", "a.csv"]])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("06:00", "12:25"), ("12:00", "18:55")),  # within one hour
        (("06:00", "12:25"), ("10:40", "18:55")),
        (("06:00", "11:55"), ("11:55", "18:55")),  # one row
        (("06:00", "18:55"), ("10:10", "12:25")),
        (("06:00", "18:55"), ("06:00", "18:55")),
        (("06:00", "18:55"), ("06:00", "07:10")),
        (("06:00", "06:55"), ("06:10", "18:55")),
    ],
)
def test_the_common_time_of_two_files_of_a_device_counts_once(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    one, other = file("roof/1.csv", *first), file("roof/2.csv", *second)
    for order in ((one, other), (other, one)):
        assert energy(*order) == pytest.approx(energy_between("06:00", "18:55"), abs=2e-6)
    apart = file("barn/2.csv", *second)
    assert energy(one, apart) == pytest.approx((one.energy_kwh or 0) + (apart.energy_kwh or 0), abs=2e-6)


@pytest.mark.parametrize("falls", [False, True])
def test_a_part_of_an_hour_within_that_of_another_file_is_common_as_a_whole(*, falls: bool) -> None:
    """Power is not the same all the hour: its first 30 minutes have 2 of 2.5 kWh, or 0.5 of them."""
    part, whole = file("roof/1.csv", "06:00", "06:25"), file("roof/2.csv", "06:00", "06:55")
    part = msgspec.structs.replace(
        part, energy_kwh=2.0 if falls else 0.5, hours={DAY: {6: 2.0 if falls else 0.5}}
    )
    whole = msgspec.structs.replace(whole, energy_kwh=2.5, hours={DAY: {6: 2.5}})
    assert [energy(part, whole), energy(whole, part)] == [2.5, 2.5]


@pytest.mark.parametrize(("share", "differing"), [(0.6, ["home"]), (0.95, []), (1.0, [])])
def test_files_of_one_folder_with_other_energies_may_be_of_two_devices(
    share: float, differing: list[str]
) -> None:
    one, other = (
        file("home/inv1/1.csv", "06:00", "18:55"),
        file("home/inv2/1.csv", "09:30", "21:55", gap=(12,)),
    )
    hours = {DAY: {hour: share * kwh for hour, kwh in other.hours[DAY].items()}}
    other = msgspec.structs.replace(other, energy_kwh=sum(hours[DAY].values()), hours=hours)
    found = totals([one, other])
    assert found.differing == differing
    assert ("Files of the folder home have different energies" in found.in_words) == bool(differing)
    assert totals([one, msgspec.structs.replace(other, name="barn/1.csv")]).differing == []


def test_totals_of_days_and_the_files_of_these_days_count_once() -> None:
    """Two of three days have a file of their own, of 5 and 6 kWh; the second one stops at noon with 2 kWh."""
    sums = {"2026-01-15": {0: 5.0}, "2026-01-16": {0: 6.0}, "2026-01-17": {0: 7.0}}
    month = Digest(
        name="m.csv",
        at="2026-02-01T00:00:00Z",
        start="2026-01-15T00:00:00",
        end="2026-01-17T00:00:00",
        interval=86400.0,
        energy_kwh=18.0,
        hours=sums,
    )
    first, second = (
        Digest(
            name=f"{day}.csv",
            at="2026-02-01T00:00:00Z",
            start=f"2026-01-{day}T00:00:00",
            end=f"2026-01-{day}T{last}:55:00",
            interval=300.0,
            energy_kwh=sum(hours.values()),
            hours={f"2026-01-{day}": hours},
        )
        for day, last, hours in ((15, 23, {9: 2.0, 14: 3.0}), (17, 12, {9: 1.5, 11: 0.5}))
    )
    assert energy(month, first, second) == 18.0
    assert energy(second, month, first) == 18.0
    assert energy(first, second) == 7.0


def test_of_any_number_of_files_the_largest_energy_of_each_hour_counts() -> None:
    hours = [{9: 3.0, 10: 1.0, 11: 1.0}, {9: 1.0, 10: 3.0, 11: 1.0}, {9: 1.0, 10: 1.0, 11: 3.0}, {9: 2.0}]
    files = [
        msgspec.structs.replace(
            file(f"roof/{number}.csv", "09:00", "11:55"), hours={DAY: each}, energy_kwh=sum(each.values())
        )
        for number, each in enumerate(hours)
    ]
    for order in itertools.permutations(files):
        assert energy(*order) == 9.0


def test_a_day_in_two_files_and_its_total_count_once() -> None:
    morning, evening = file("a.csv", "00:00", "11:55"), file("b.csv", "12:00", "23:55")
    whole = sum(KWH.values())
    day = Digest(
        name="c.csv",
        at="2026-01-16T00:00:00Z",
        start=f"{DAY}T00:00:00",
        end=f"{DAY}T00:00:00",
        interval=86400.0,
        energy_kwh=whole + 1,
        hours={DAY: {0: whole + 1}},
    )
    for order in itertools.permutations((morning, evening, day)):
        assert energy(*order) == whole + 1


def test_what_one_file_lacks_another_may_have() -> None:
    holes = file("roof/1.csv", "06:00", "18:55", gap=(10, 11, 12))
    rest = file("roof/2.csv", "10:00", "12:55")
    assert energy(holes, rest) == energy_between("06:00", "18:55")


def test_any_chain_of_files_counts_once() -> None:
    chance = random.Random(1)  # noqa: S311
    for _ in range(50):
        files, end = [], 0
        for number in range(chance.randrange(2, 12)):
            start = chance.randrange(max(0, end - 120), end + 1) // 5 * 5
            end = min(1435, start + chance.randrange(0, 400) // 5 * 5 + 5)
            clocks = (f"{each // 60:02}:{each % 60:02}" for each in (start, end))
            files.append(file(f"roof/{number}.csv", *clocks))
        chance.shuffle(files)
        first = min(str(each.start)[11:16] for each in files)
        last = max(str(each.end)[11:16] for each in files)
        whole = energy_between(first, last)
        assert energy(*files) <= whole + 1e-5
        assert energy(*files) == pytest.approx(whole, rel=0.02)


def test_ten_thousand_versions_of_one_file_are_fast() -> None:
    periods, files = Periods(), []
    for number in range(10_000):
        start = f"{DAY}T00:00:00"
        end = f"{DAY}T{number // 500:02}:{number // 10 % 50:02}:{number % 10:02}"
        files.append(Digest(name="a.csv", at=f"2026-01-16T0{number % 10}:00:00Z", start=start, end=end))
        periods.add(number, files[-1])
    assert len(periods.superseded()) > 9_900
    assert sum(each.kwh for each in excess(periods, periods.superseded(), files)) == 0


def test_many_files_of_the_same_time_need_little_memory() -> None:
    periods, files = Periods(), [file(f"{number}.csv", "00:00", "23:55") for number in range(60)]
    for number, one in enumerate(files):
        periods.add(number, one)
    tracemalloc.start()
    try:
        assert sum(each.kwh > 0 for each in excess(periods, set(), files)) == 59
        bytes_a_file = tracemalloc.get_traced_memory()[1] / 60
    finally:
        tracemalloc.stop()
    assert bytes_a_file < 800


def test_rejected_files_and_those_without_a_period_have_no_part() -> None:
    none = Digest(name="a.csv", at="2026-01-16T00:00:00Z", energy_kwh=1.0)
    assert energy(none, none, file("a.csv", "06:00", "06:55")) == 2.0 + 6.0
