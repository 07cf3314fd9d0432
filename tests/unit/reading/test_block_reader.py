"""The blocks of a file: the caps on memory, and lines that are read in another way than their neighbours."""

from __future__ import annotations

import io

import msgspec
import pytest

from processing import process
from processing.model.profile import DEFAULT
from processing.model.rejection import Caps, Rejection
from processing.model.result import Result
from processing.reading.block_reader import BYTES_PER_ROW
from tests.support.small_files import HEADER, PLAIN, ROWS, rejection, result


def test_the_cap_on_memory_rejects_too_many_rows_and_says_how_to_go_on() -> None:
    small = msgspec.structs.replace(DEFAULT, caps=Caps(max_memory=(16 << 20) + 2 * BYTES_PER_ROW))
    found = rejection(PLAIN, small)
    assert found.code == "too_large"
    assert "--file-memory" in found.message


def test_a_file_too_large_by_its_size_is_rejected_after_its_first_block() -> None:
    """Else 20,000,000 rows would be read up to the limit first."""
    small = msgspec.structs.replace(DEFAULT, caps=Caps(max_memory=(16 << 20) + 1_000 * BYTES_PER_ROW))
    content = (HEADER + "\n" + (ROWS[0] + "\n") * 500).encode()
    found = [
        process(io.BytesIO(content), small, name=name, processed_at="2025-02-01T00:00:00Z", size=size)
        for name, size in ((b"x.csv", 3 * len(content)), (b"x.csv", 2 * len(content)), (b"x.csv", 0))
    ]
    assert [type(one) for one in found] == [Rejection, Result, Result]
    assert isinstance(found[0], Rejection)
    assert (found[0].code, found[0].input.bytes) == ("too_large", len(content))


def test_a_comment_is_no_row_even_if_it_has_all_columns() -> None:
    rows = [f"roof,{row}" for row in ROWS]
    found = result("\n".join(["device," + HEADER, rows[0], "#" + rows[1], rows[2]]) + "\n")
    assert found.records_total == 2


@pytest.mark.parametrize("decimal", [".", ","])
def test_odd_lines_among_plain_ones_keep_their_place_and_the_others_theirs(decimal: str) -> None:
    lines = [HEADER] + [
        f"2025-01-15T{n // 60:02d}:{n % 60:02d}:00,24.5,{n % 7}.5,20.25,100.0" for n in range(1_000)
    ]
    for number in range(17, 1_000, 100):
        lines[number] = lines[number].replace("24.5", "24.5V")
    lines[500] = ""
    text = "\n".join(lines) + "\n"
    found = result(text if decimal == "." else text.replace(",", ";").replace(".", ","))
    assert [row.line for row in found.rejected_rows] == [number + 1 for number in range(17, 1_000, 100)]
    assert (found.records_total, found.records_processed) == (999, 989)
    assert found.metrics.period.end == "2025-01-15T16:39:00"
    assert "disorder" not in {anomaly.check for anomaly in found.anomalies}
