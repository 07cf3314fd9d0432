"""Files of loggers with lines cut, doubled, shuffled or mixed, read by any profile: a result or a rejection.

The seconds are those that any test has.
"""

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing import process
from processing.formats.toml_files import shipped
from processing.model.rejection import Rejection
from processing.model.result import encode
from processing.model.safe_text import text_of
from tests.support.base_day import BASE_DAY
from tests.support.drawn_profiles import drawn_profile
from tests.support.small_files import processed

FOLDER = Path(__file__).parents[1] / "samples/loggers"
CONTENTS = [path.read_bytes()[:3000] for path in sorted(FOLDER.iterdir()) if path.suffix != ".toml"]
HOSTILE = (b"", b"9" * 5000, b'"', b"=1+1", b"\0", b"\xff", b"1e999", b"\xe2\x80\xae", b"#")
Lines = list[bytes]


def _with_a_hostile_cell(lines: Lines, _others: Lines, rng: random.Random) -> Lines:
    at = rng.randrange(len(lines))
    line = lines[at].replace(rng.choice([b",", b";", b"2", b"."]), rng.choice(HOSTILE))
    return [*lines[:at], line, *lines[at + 1 :]]


CHANGES: dict[str, Callable[[Lines, Lines, random.Random], Lines]] = {
    "cut": lambda lines, _, rng: b"\n".join(lines)[: rng.randrange(3000)].split(b"\n"),
    "double": lambda lines, _, rng: [*lines, *lines[rng.randrange(len(lines)) :]],
    "shuffle": lambda lines, _, rng: rng.sample(lines, len(lines)),
    "interleave": lambda lines, others, _: [
        line for pair in zip(lines, others, strict=False) for line in pair
    ],
    "preamble": lambda lines, others, rng: [*others[:1] * rng.randrange(60), *lines],
    "cell": _with_a_hostile_cell,
    "column": lambda lines, _, __: [line.partition(b",")[2] or line for line in lines],
    "end first": lambda lines, _, rng: lines[(at := rng.randrange(len(lines))) :] + lines[:at],
}


@given(
    st.sampled_from(CONTENTS),
    st.sampled_from(CONTENTS),
    st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3),
    st.binary(max_size=8),
    st.randoms(use_true_random=False),
)
def test_a_changed_file_ends_in_an_outcome_by_any_profile(
    content: bytes, other: bytes, changes: list[str], choices: bytes, rng: random.Random
) -> None:
    lines = content.split(b"\n")
    for change in changes:
        lines = CHANGES[change](lines, other.split(b"\n"), rng) or [b""]
    data, now = b"\n".join(lines), "2026-01-01T00:00:00Z"
    found = process(
        io.BytesIO(data), drawn_profile(choices), name=b"x.csv", processed_at=now, formats=shipped()
    )
    assert found.input.bytes == len(data)
    if isinstance(found, Rejection):
        assert found.message == text_of(found.message.encode())
    else:
        known = found.records_processed + found.records_invalid + found.records_missing
        assert found.records_total == known + found.records_duplicate
        encode(found)


LONG_CELL = "9" * 1_000_000


@pytest.mark.parametrize("cell", ["24.05", "2025-06-10T12:05:00", "119.769"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_of_a_megabyte_costs_its_row(cell: str, quote: str) -> None:
    found = processed(BASE_DAY.replace(cell, quote + LONG_CELL + quote, 1))
    assert not isinstance(found, Rejection)
    assert (found.records_total, found.records_invalid) == (12, 1)


@pytest.mark.parametrize("line", ["Plant;Roof", "a,b,c,d,e", "# x", "sep=;", ","])
def test_a_deep_preamble_ends_in_an_outcome(line: str) -> None:
    found = processed(f"{line}\n" * 2_000 + BASE_DAY)
    assert isinstance(found, Rejection) or found.records_processed == 12
