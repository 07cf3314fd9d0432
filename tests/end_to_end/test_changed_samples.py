"""Samples of known formats with one thing changed: refused, noted or still right, never silently wrong.

Each sample has its turn with one of the changes; `make test-long` makes all of them to each.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest

from processing.model.rejection import Rejection
from processing.model.result import Result
from processing.proposals.candidates import Ways
from tests.end_to_end.test_logger_samples import SAMPLES, dropped, expected
from tests.support.logger_samples import Grid

READ = [stem for stem in SAMPLES if "refused" not in expected(stem)]
LONG = [stem for stem in READ if stem.startswith(("home_assistant", "influxdb"))]
WIDE = sorted({*READ} - {*LONG})
CHANGES = ("name", "unit", "order", "repeated column", "device")


def changed_by(change: str, stems: list[str] = READ) -> pytest.MarkDecorator:
    """Return what runs a test for these samples; those whose turn is another change are long."""
    turns = {stem: CHANGES[at % len(CHANGES)] for at, stem in enumerate(READ)}
    marks = {stem: () if turns[stem] == change else pytest.mark.long for stem in stems}
    return pytest.mark.parametrize("stem", [pytest.param(stem, marks=marks[stem]) for stem in stems])


@pytest.fixture(autouse=True)
def no_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what each way to read a rejected file would mean: here it counts that it is rejected."""
    monkeypatch.setattr("processing.proposals.candidates.ways_to_read", lambda *_: Ways())


def energy(result: Result) -> float:
    assert result.metrics.total_energy_kwh is not None
    return result.metrics.total_energy_kwh


@cache
def columns(stem: str) -> dict[str, str]:
    found = dropped(stem)
    assert isinstance(found, Result)
    return {name: one.column for name, one in found.profile.columns.items()}


def figure_of(used: dict[str, str]) -> set[str]:
    """Return the channels that the energy of a result comes from."""
    if "power" in used:
        return {"power"}
    return {"voltage", "current"} & used.keys() or {"energy"}


def test_a_sample_that_is_cut_and_joined_is_the_same() -> None:
    for stem in READ:
        content = SAMPLES[stem].read_bytes()
        grid = Grid.of(content)
        assert grid.written().decode(grid.encoding) == content.decode(grid.encoding).replace("\r\n", "\n"), (
            stem
        )
        assert len(grid.rows) >= 10, stem


@changed_by("name", WIDE)
def test_a_column_with_another_name(stem: str) -> None:
    grid, used = Grid.of(SAMPLES[stem].read_bytes()), columns(stem)
    for channel, name in used.items():
        for at in grid.places(name):
            found = dropped(stem, content=grid.renamed(at, name, "Qwertz").written())
            if isinstance(found, Rejection) or energy(found) == expected(stem)["energy_kwh"]:
                continue
            now = {each: one.column for each, one in found.profile.columns.items()}
            is_noted = any("qwertz" in each.casefold() for each in found.profile.unused_columns)
            assert is_noted or "Qwertz" in now.get(channel, ""), (channel, name, now)


@changed_by("unit", WIDE)
def test_a_column_in_another_unit(stem: str) -> None:
    grid, used = Grid.of(SAMPLES[stem].read_bytes()), columns(stem)
    right = expected(stem)["energy_kwh"]
    for channel, name in used.items():
        places = grid.places(name)
        for at in places:
            for changed, factor in grid.other_units(at):
                found = dropped(stem, content=changed.written())
                if isinstance(found, Rejection):
                    continue
                share = 1 / len(places)  # of the columns that are added, one is in another unit
                is_figure = channel in figure_of(used)
                wanted = right * (1 + (factor - 1) * share) if is_figure else right
                assert energy(found) == pytest.approx(wanted, rel=0.01), (channel, name, factor)


@changed_by("order")
def test_columns_in_another_order(stem: str) -> None:
    grid = Grid.of(SAMPLES[stem].read_bytes())
    order = list(range(grid.width))
    used = {at for name in columns(stem).values() for at in grid.places(name)}
    pairs = [pair for pair in pairwise(order) if used & {*pair}]
    swaps = [[*order[:a], b, *order[a + 1 : b], a, *order[b + 1 :]] for a, b in pairs]
    for moved in (order[::-1], order[1:] + order[:1], *swaps):
        found = dropped(stem, content=grid.reordered(moved).written())
        assert isinstance(found, Rejection) or energy(found) == expected(stem)["energy_kwh"], moved


@changed_by("repeated column", WIDE)
def test_a_second_column_of_the_same_name(stem: str) -> None:
    grid, used = Grid.of(SAMPLES[stem].read_bytes()), columns(stem)
    for name in used.values():
        for at in grid.places(name):
            order = [*range(grid.width)]
            twice = grid.reordered([*order, at])
            found = dropped(stem, content=twice.written())
            if isinstance(found, Rejection) or energy(found) == expected(stem)["energy_kwh"]:
                continue
            now = [one.column for one in found.profile.columns.values()]
            assert any(" + " in each for each in now), (name, now)  # a sum of devices, and the result says so


@changed_by("device")
def test_the_rows_of_a_second_device(stem: str) -> None:
    grid, used = Grid.of(SAMPLES[stem].read_bytes()), columns(stem)
    places = {at for name in used.values() for at in grid.places(name)}
    if stem in LONG:
        places = {max(at for at, cell in enumerate(grid.rows[0]) if cell.replace(".", "").isdigit())}
    others = [[_other(cell) if at in places else cell for at, cell in enumerate(row)] for row in grid.rows]
    mixed = [row for pair in zip(grid.rows, others, strict=True) for row in pair]
    for rows in (mixed, grid.rows + others):
        found = dropped(stem, content=replace(grid, rows=rows).written())
        if isinstance(found, Result):
            is_noted = found.records_invalid >= len(grid.rows) - 1 or found.records_duplicate > 0
            assert is_noted or energy(found) == expected(stem)["energy_kwh"], energy(found)


def _other(cell: str) -> str:
    """Return another reading, in the same form."""
    return cell.translate(str.maketrans("123456789", "234567891"))
