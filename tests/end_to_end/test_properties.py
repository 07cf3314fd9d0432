"""What holds for any file: order and repeats change nothing, energies add, the parser is total."""

from __future__ import annotations

import csv
import gzip
import io
import random
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from processing import process, validate_data
from processing.generator.days import SimulatedDay, render
from processing.model.channels import MISSING_CELLS
from processing.model.profile import DEFAULT
from processing.model.rejection import Rejection
from processing.model.result import Result, encode
from processing.model.stamp import written
from processing.profiles import profiles_from
from processing.times.timestamps import timestamp
from processing.values.numbers import number, numbers

HEADER = "timestamp,voltage,current,temperature,power"
START = datetime.fromisoformat("2025-03-10T06:00:00")
LINES = render(SimulatedDay(START, rows=96, interval_seconds=900, seed=4))[0].decode().splitlines()[1:]
ROOMY = profiles_from({"channels": {"power": {"min": 0, "max": 1e6}}}).default


cells = st.one_of(
    st.floats(-50, 500).map(repr),
    st.floats().map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["", " ", "24", "18", "32", " 24.5\t", "1_0", "٢٤", "nan", "-inf", "1e999", "24,5", "-9",
                     "-999", "1e-3", "+5.", ".5", "0x1", "5e", "--5", "\xa05", "24.5.1", "9" * 70, "-0"]),
    st.text(st.characters(exclude_characters='\r\n,"\0', exclude_categories=["Cs"]), max_size=8),
)  # fmt: skip
DATE = "2025-01-15"
stamps = st.one_of(
    st.datetimes(datetime(1950, 1, 1), datetime(2110, 1, 1)).map(datetime.isoformat),  # noqa: DTZ001
    st.sampled_from(["2025-01-15T12:00:00", "2025-01-15 12:00", DATE, "", "2025-01-15T24:00:00", "x"]),
)
rows = st.lists(st.tuples(stamps, cells, cells, cells, cells), min_size=1, max_size=20)


def result_of(content: bytes | str, name: bytes = b"x.csv", profile: Any = DEFAULT) -> Result | Rejection:
    data = content.encode() if isinstance(content, str) else content
    return process(io.BytesIO(data), profile, name=name, processed_at="2025-06-01T00:00:00Z")


def result(lines: list[str], profile: Any = DEFAULT) -> Result:
    found = result_of("\n".join([HEADER, *lines]), profile=profile)
    assert isinstance(found, Result), found
    return found


PLAIN = result(LINES)


@given(st.randoms(use_true_random=False))
def test_shuffling_rows_changes_no_figure(rng: random.Random) -> None:
    lines = LINES.copy()
    rng.shuffle(lines)
    found = result(lines)
    assert (found.metrics, found.quality.energy_gap_filled_kwh) == (
        PLAIN.metrics,
        PLAIN.quality.energy_gap_filled_kwh,
    )


@given(st.lists(st.sampled_from(LINES)), st.randoms(use_true_random=False))
def test_repeating_rows_changes_no_figure(repeats: list[str], rng: random.Random) -> None:
    lines = [*LINES, *repeats]
    rng.shuffle(lines)
    found = result(lines)
    assert found.metrics == PLAIN.metrics
    assert found.quality.quality_index == PLAIN.quality.quality_index
    assert found.records_duplicate == len(repeats)


@given(st.integers(2, len(LINES) - 2))
def test_the_energies_of_two_parts_add_up(cut: int) -> None:
    parts = [result(LINES[:cut]), result(LINES[cut:])]
    total = sum(part.metrics.total_energy_kwh or 0 for part in parts)
    assert total == pytest.approx(PLAIN.metrics.total_energy_kwh, abs=2e-6)


@given(st.sampled_from([0.5, 2.0, 3.0, 10.0]), st.sets(st.integers(0, len(LINES) - 1), max_size=40))
def test_energy_scales_with_power(factor: float, lost: set[int]) -> None:
    lines = [line for index, line in enumerate(LINES) if index not in lost]
    scaled = [f"{line.rpartition(',')[0]},{float(line.rpartition(',')[2]) * factor!r}" for line in lines]
    before, after = result(lines).metrics.total_energy_kwh, result(scaled, ROOMY).metrics.total_energy_kwh
    assert after == pytest.approx(before * factor, abs=1e-5)


@given(rows)
def test_a_dict_and_a_column_are_checked_alike(table: list[tuple[str, str, str, str, str]]) -> None:
    """A row in quotes, among many plain ones and alone with its time, is valid exactly as its dict is.

    It has all four readings: in a file, some may be missing, in a dict not, and its time may be a date. It is
    within a year: rows that are further away from the others are invalid.
    """
    none = {*MISSING_CELLS, "-999"}
    table = [row for row in table if row[0] != DATE and not none & {cell.strip() for cell in row[1:]}]
    start = START.replace(tzinfo=UTC).timestamp() * 1e6
    times = [stamp.time for row in table if (stamp := timestamp(row[0]))]
    assume(all(86_400e6 < abs(time - start) < 300 * 86_400e6 for time in times))
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows(table)
    valid = [row for row in table if validate_data(dict(zip(HEADER.split(","), row, strict=True)))]
    moments = {stamp.time for row in valid if (stamp := timestamp(row[0]))}
    found = result_of("\n".join([HEADER, *LINES, text.getvalue()]))
    assert isinstance(found, Result)
    assert found.records_processed == len(LINES) + len(moments)


@given(rows, st.sampled_from([",", ";"]))
def test_the_fast_way_and_the_careful_way_read_alike(
    table: list[tuple[str, str, str, str, str]], delimiter: str
) -> None:
    """Quotes send every line to the careful way; without them whole columns are read at once."""
    texts = []
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        text = io.StringIO()
        writer = csv.writer(text, quoting=quoting, lineterminator="\n", delimiter=delimiter)
        writer.writerow(HEADER.split(","))
        writer.writerows(row for row in table if any(cell.strip() for cell in row))
        writer.writerows(line.split(",") for line in LINES[:20])
        texts.append(text.getvalue())
    fast, careful = (result_of(text, profile=_patient()) for text in texts)
    assert isinstance(fast, Result)
    assert isinstance(careful, Result)
    same = msgspec.structs.replace
    assert same(fast, input=careful.input, rejected_rows=[]) == same(careful, rejected_rows=[])
    places = [[(row.line, row.column, row.reason) for row in one.rejected_rows] for one in (fast, careful)]
    assert places[0] == places[1]


def _patient() -> Any:
    return msgspec.structs.replace(DEFAULT, caps=DEFAULT.caps.__class__(max_invalid=1.0))


@given(st.lists(cells, max_size=30))
def test_a_column_of_cells_is_read_by_the_grammar(column: list[str]) -> None:
    expected = [number(cell) for cell in column]
    assert [None if value != value else value for value in numbers(column).tolist()] == expected  # noqa: PLR0124


@given(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["{!r}", "{:.3f}", "{:e}", "+{:.1f}"])
)
def test_a_number_is_pythons_own_to_the_last_bit(value: float, form: str) -> None:
    text = form.format(value).replace("+-", "-")
    if len(text) <= 64:
        assert number(text) == float(text) == numbers([text])[0]


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["T", " "]),
    st.sampled_from(["", "Z", "+02:00", "-0330", "+05"]),
    st.sampled_from(["minutes", "seconds", "milliseconds", "microseconds"]),
)
def test_a_timestamp_is_pythons_own_and_is_written_as_it_was_read(
    moment: datetime, separator: str, zone: str, precision: str
) -> None:
    text = moment.isoformat(separator, precision) + zone
    stamp = timestamp(text)
    assert written(*stamp) == text
    parsed = datetime.fromisoformat(text)
    naive = parsed.replace(tzinfo=None) - (parsed.utcoffset() or timedelta())
    assert stamp.time == (naive - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001


junk = st.one_of(
    st.binary(max_size=2000),
    st.lists(
        st.sampled_from([b",", b"\n", b'"', b"\0", b"\xff", b"\r", b"2025-01-15T12:00:00", b"24", b"5", b";",
                         b"\t", b"#", HEADER.encode(), b"\xef\xbb\xbf", b"1e5", b"-", b".",
                         LINES[0].encode(), b" "]),
        max_size=80,
    ).map(b"".join),
)  # fmt: skip


@given(junk)
@example(b"2025-01-15T12:00:00Z,24,5,20,120\n2100-12-31T23:59:59,24,5,20,120")
@example(b"2100-12-31T23:59:59-23:59,24,5,20,120")
@example(b"1970-01-01T00:00:00+23:59,24,5,20,120")
def test_any_bytes_give_a_result_or_a_rejection(content: bytes) -> None:
    for data, name in (
        (content, b"x.csv"),
        (HEADER.encode() + b"\n" + content, b"x.csv"),
        (content, b"x.csv.gz"),
        (gzip.compress(HEADER.encode() + b"\n" + content), b"x.csv.gz"),
    ):
        process_any(data, name)


def process_any(data: bytes, name: bytes) -> None:
    found = result_of(data, name)
    assert isinstance(found, Result | Rejection)
    assert found.input.bytes == len(data)
    if isinstance(found, Result):
        encode(found)
        assert (
            found.records_total
            == found.records_processed
            + found.records_invalid
            + found.records_missing
            + found.records_duplicate
        )


@pytest.mark.parametrize(
    "pattern",
    [b"\n", b"\r", b'"', b'"\n', b",", b",\n", b"\0\n", b"\xff\n", b"#\n", b"1e5,",
     b"2025-01-15T12:00:00,24,5,35,120\n", b"2025-01-15T12:00:00,24,5,35,\n",
     b"2100-12-31T23:59:59Z,1e308,-0,9e99,.\n", b"x" * 4_999 + b"\n"],
)  # fmt: skip
def test_much_of_anything_is_processed_in_seconds_and_in_little_memory(pattern: bytes) -> None:
    """The seconds are those that any test has."""
    content = HEADER.encode() + b"\n" + pattern * (5_000 // len(pattern))
    tracemalloc.start()
    try:
        process_any(content, b"x.csv")
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()
