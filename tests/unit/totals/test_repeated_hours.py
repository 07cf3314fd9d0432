"""Files that have the energies of another file at other times."""

from __future__ import annotations

import pytest

from processing.model.digest import Digest
from processing.totals.sums import Totals, counted_twice, totals

COURSE = [0.1234, 0.5678, 0.9012, 1.3456, 1.789, 1.2345, 0.6789]


def file(name: str, day: str, first: int, energies: list[float] = COURSE) -> Digest:
    """A file of hours with these energies, from the first hour of a day on, past midnight too."""
    hours: dict[str, dict[int, float]] = {}
    for hour, kwh in enumerate(energies, first):
        hours.setdefault(f"{day[:-1]}{int(day[-1]) + hour // 24}", {})[hour % 24] = kwh
    return Digest(
        name=name,
        at="2026-02-01T00:00:00Z",
        start=f"{day}T{first:02}:00:00",
        end=f"{list(hours)[-1]}T{(first + len(energies) - 1) % 24:02}:59:00",
        interval=60.0,
        energy_kwh=sum(energies),
        hours=hours,
    )


def of(*files: Digest) -> Totals:
    return totals(list(files))


def test_the_same_energies_at_another_date_are_said_and_count() -> None:
    found = of(file("roof/1.csv", "2026-01-15", 8), file("roof/2.csv", "2026-01-17", 8))
    assert found.repeated == [["roof/1.csv", "roof/2.csv"]]
    assert found.in_words.endswith(counted_twice(1))
    assert found.energy_kwh == pytest.approx(2 * sum(COURSE))


@pytest.mark.parametrize("first", [10, 20], ids=["on one date", "past midnight"])
@pytest.mark.parametrize("order", [1, -1])
def test_the_same_energies_in_another_zone_count_once(first: int, order: int) -> None:
    files = [file("roof/1.csv", "2026-01-15", 8), file("roof/2.csv", "2026-01-15", first)]
    found = of(*files[::order])
    assert found.energy_kwh == pytest.approx(sum(COURSE))
    assert found.in_words == "1 file has the energy of another one at the times of another zone: not counted."


def test_several_days_in_another_zone_count_once() -> None:
    course = [round(kwh * (1 + at / 7), 4) for at in range(12) for kwh in COURSE]
    found = of(file("roof/1.csv", "2026-01-15", 2, course), file("roof/2.csv", "2026-01-15", 4, course))
    assert (found.energy_kwh, found.shifted) == (pytest.approx(sum(course)), 1)


@pytest.mark.parametrize(
    ("name", "day", "energies"),
    [
        ("barn/2.csv", "2026-01-17", COURSE),
        ("roof/2.csv", "2026-01-15", COURSE),  # the same time
        ("roof/2.csv", "2026-01-17", [*COURSE[:-1], 0.679]),
    ],
)
def test_other_devices_times_and_energies_are_no_copies(name: str, day: str, energies: list[float]) -> None:
    assert of(file("roof/1.csv", "2026-01-15", 8), file(name, day, 8, energies)).repeated == []


@pytest.mark.parametrize("energies", [COURSE[:5], [round(kwh, 1) for kwh in COURSE]])
def test_few_or_coarse_energies_are_alike_by_chance(energies: list[float]) -> None:
    files = (file(f"{day}.csv", f"2026-01-{day}", 8, energies) for day in (15, 17))
    assert of(*files).repeated == []


def test_it_is_said_in_one_sentence() -> None:
    assert counted_twice(0) == ""
    assert counted_twice(2).startswith(
        "2 files repeat, hour by hour, the energy of another one at other times"
    )
