"""Tables of rows: chosen, joined, and converted to the units of their channels."""

from __future__ import annotations

import numpy as np

from processing.layout.detection import detected
from processing.model.profile import DEFAULT
from processing.model.stamp import PLAIN
from processing.reading.table import Table, in_units, joined

DIALECT = detected(b"timestamp,voltage (mV),current\n", (), DEFAULT)


def table_of(*lines: int) -> Table:
    """Rows of these lines: at as many seconds, volts and amperes, and the even ones broken."""
    line = np.array(lines, np.int32)
    readings = np.array([lines, lines], np.float64)
    form, broken = np.zeros(len(line), np.int32), line % 2 == 0
    return Table(line, line * 1_000_000, form, broken, readings, DIALECT, {PLAIN: 0}, [])


def test_chosen_rows_keep_all_of_their_columns() -> None:
    found = table_of(2, 3, 4).chosen(np.array([2, 1]))
    assert found.line.tolist() == [4, 3]
    assert found.time.tolist() == [4_000_000, 3_000_000]
    assert found.broken.tolist() == [True, False]
    assert found.readings.tolist() == [[4.0, 3.0], [4.0, 3.0]]


def test_joined_tables_follow_each_other() -> None:
    found = joined([table_of(2, 3), table_of(4)])
    assert found.line.tolist() == [2, 3, 4]
    assert found.broken.tolist() == [True, False, True]
    assert found.readings.tolist() == [[2.0, 3.0, 4.0], [2.0, 3.0, 4.0]]


def test_a_single_table_is_not_copied() -> None:
    table = table_of(2, 3)
    assert joined([table]) is table


def test_cells_become_readings_in_the_unit_of_their_channel() -> None:
    assert in_units(np.array([[24_500.0], [5.0]]), DIALECT).tolist() == [[24.5], [5.0]]
