"""The digest of a record: what it keeps, and records that it does not accept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from processing.model.digest import digest_of
from tests.support.small_records import REASON, RESULT

INPUT = {"name": "x.csv", "bytes": 0, "sha256": "0" * 64}


def record(**changes: Any) -> bytes:
    return json.dumps({**RESULT, "input": {**INPUT, "name": "roof/x.csv"}, **changes}).encode()


def anomaly(flag: int, line: int, message: str, check: str = "spike") -> dict[str, Any]:
    found = {"check": check, "flag": flag, "line": line, "message": message, "severity": "note", "rows": 1}
    return found | dict.fromkeys(("channel", "start", "end", "value", "limit"))


def test_the_worst_anomaly_gives_line_and_message() -> None:
    found = digest_of(
        record(
            anomalies=[
                anomaly(1, 2, "a note"),
                anomaly(3, 5, "suspect"),
                anomaly(4, 9, "x" * 600),
                anomaly(4, 11, "y"),
            ]
        ),
        quarantined=False,
    )
    assert (found.line, found.message) == (9, "x" * 500)
    assert (found.name, found.device) == ("roof/x.csv", "roof")


def test_notes_alone_give_no_message() -> None:
    found = digest_of(record(anomalies=[anomaly(1, 2, "a note"), anomaly(9, 3, "a gap")]), quarantined=False)
    assert (found.line, found.message, found.checks) == (None, "", {"spike": 2})


def test_energy_is_kept_by_date_and_hour() -> None:
    hours = [
        {"start": "2025-01-15T23:00:00", "energy_kwh": 0.25, "mean_power_w": 250},
        {"start": "2025-01-16T00:00:00", "energy_kwh": 0.0, "mean_power_w": 0},
        {"start": "2025-01-16T09:00:00+01:00", "energy_kwh": 0.5, "mean_power_w": 500},
    ]
    found = digest_of(record(metrics={**RESULT["metrics"], "hours": hours}), quarantined=False)
    assert found.hours == {"2025-01-15": {23: 0.25}, "2025-01-16": {9: 0.5}}


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({}, "good"),
        ({"records_suspect": 1}, "suspect"),
        ({"records_suspect": 1, "records_invalid": 1}, "invalid"),
    ],
)
def test_the_status_is_that_of_the_worst_row(counts: dict[str, int], status: str) -> None:
    assert digest_of(record(**counts), quarantined=False).status == status


def test_a_quarantined_file_has_its_error() -> None:
    content = json.dumps({**REASON, "input": INPUT}).encode()
    found = digest_of(content, quarantined=True)
    assert (found.status, found.error and found.error.code) == ("quarantined", "empty_file")


@pytest.mark.parametrize("length", [1_500, 1_501, 20_000])
@pytest.mark.parametrize("command", ["; or: do y", "To read it: accept x.csv N"])
def test_a_long_reason_keeps_its_beginning_and_the_command(length: int, command: str) -> None:
    message = "line 1 has ".ljust(length - len(command), "x") + command
    content = json.dumps(
        {**REASON, "input": INPUT, "error": {**REASON["error"], "message": message}}
    ).encode()
    found = digest_of(content, quarantined=True).error
    assert (found.message.startswith("line 1 has xx"), command[:20] in found.message) == (True, True)
    assert (found.message == message, len(found.message)) == (length == 1_500, 1_500)
    assert found.message.count("To read it") == message.count("To read it")


def test_of_a_long_reason_the_lines_of_a_profile_are_left_out_first() -> None:
    message = "W or kW?".ljust(1_200) + " To read it: accept x.csv N"
    error = {**REASON["error"], "message": f"{message}; or write in a profile: {'y' * 500}"}
    found = digest_of(json.dumps({**REASON, "input": INPUT, "error": error}).encode(), quarantined=True).error
    assert found.message == f"{message}; or write in a profile the lines from the file of the reason"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        record(processed_at="yesterday"),
        record(records_total=-1),
        record(metrics={**RESULT["metrics"], "total_energy_kwh": 1e300}),
        b"[" * 100_000,
    ],
    ids=["empty", "no keys", "no time", "negative", "too large", "deep"],
)
def test_what_is_not_a_record_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        digest_of(content, quarantined=False)
