"""The log as a person reads it on a terminal."""

from collections.abc import Callable

import pytest
import structlog

from watcher.monitoring import console

log = structlog.get_logger()


def test_a_line_at_a_terminal_has_the_file_first_and_only_what_a_person_reads(
    written: Callable[..., str],
) -> None:
    written("console")
    result = {"rows_total": 1, "rows_processed": 0, "rows_invalid": 1, "rows_suspect": 0, "rows_duplicate": 0}
    log.info(
        "file.processed",
        sha256="0" * 64,
        ms={"wait": 1003.1},
        destination="archive/roof/x.csv",
        energy_kwh=1.04731,
        anomalies=1,
        file="roof/x.csv",
        **result,
    )
    log.info(
        "file.processed",
        file="y.csv",
        energy_kwh=2.0,
        rows_total=2,
        limits_unknown="the limits of …",
        unit_assumed="…",
        low_power="…",
    )
    log.info("file.processed", file="z.csv", energy_kwh=2.0, rows_total=2, energy_is_lower_bound=True)
    log.warning("file.quarantined", file="x.csv", reason="missing_columns", message="columns missing", line=3)
    log.info("run.finished", processed=2, quarantined=0, hung=False, once=True)
    log.info("format.read", formats=["roof", "barn"])
    log.info("format.read", formats=[])
    log.info("scan.finished", ignored={"a symbolic link": 1, "a folder of a mount": 2})
    text = [line.split("  ", 1)[1] for line in written().splitlines()]
    assert text == [
        "file.processed      roof/x.csv  1.047 kWh, 1 row, 1 invalid, 1 anomaly",
        "file.processed      y.csv  2.000 kWh, 2 rows, limits unknown, unit assumed, low power",
        "file.processed      z.csv  at least 2.000 kWh, 2 rows",
        "file.quarantined    x.csv  warning: missing_columns: columns missing (line 3)",
        "run.finished        processed 2, once",
        "format.read         formats roof, barn",
        "format.read         formats none",
        "scan.finished       ignored a symbolic link: 1, a folder of a mount: 2",
    ]


@pytest.mark.parametrize(("level", "colour"), [("warning", "\x1b[33m"), ("error", "\x1b[31m")])
def test_a_warning_and_an_error_have_a_colour(level: str, colour: str) -> None:
    event = {
        "timestamp": "2026-01-15T14:07:45.123Z",
        "level": level,
        "event": "file.blocked",
        "file": "a.csv",
    }
    line = console.renderer(colours=True)(None, level, {**event, "error": "EACCES"})
    assert line == f"14:07:45  {colour}file.blocked      \x1b[0m  a.csv  {level}: EACCES"


def test_a_result_without_a_valid_row_has_no_energy() -> None:
    event = {"timestamp": "2026-01-15T14:07:45.123Z", "level": "info", "event": "file.duplicate"}
    line = console.renderer(colours=False)(None, "info", {**event, "energy_kwh": None, "rows_total": 2})
    assert line == "14:07:45  file.duplicate      2 rows"
