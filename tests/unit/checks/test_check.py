"""What checks share: their anomalies."""

from __future__ import annotations

from processing.checks.check import flags_of
from processing.findings.registry import CHECKS
from processing.model.flags import SUSPECT, np
from tests.support.checked_files import checked_rows


def test_an_anomaly_of_valid_rows_has_the_lines_of_all_rows() -> None:
    file = checked_rows(power=[120.0, 120, 500, 120], voltage=24.0)
    anomaly = CHECKS["power_mismatch"].anomaly(file, "power", slice(2, 3))
    assert (anomaly.line, anomaly.rows, anomaly.start) == (4, 1, "2025-01-15T06:10:00")


def test_no_row_that_is_found_has_no_flags() -> None:
    assert flags_of(np.array([False, False]), SUSPECT) is None
    found = flags_of(np.array([False, True]), SUSPECT)
    assert found is not None
    assert found.tolist() == [1, 3]
