"""The rejection of a file, and how it names its input."""

from __future__ import annotations

import msgspec

from processing.model.rejection import (
    ErrorDetails,
    Input,
    Rejection,
    RejectionRecord,
    paragraphs,
    with_command,
)


def test_the_details_of_a_rejection_leave_out_its_input() -> None:
    given = Input.of(b"x.csv", 0, "0" * 64)
    rejection = Rejection(input=given, code="empty_file", message="the file is empty", line=1)
    assert rejection.details == ErrorDetails(code="empty_file", message="the file is empty", line=1)


def test_a_name_that_text_cannot_hold_has_its_bytes_beside_it() -> None:
    assert msgspec.to_builtins(Input.of(b"a/x\n.csv", 0, "0" * 64)) == {
        "name": "a/x\\x0a.csv",
        "name_b64": "YS94Ci5jc3Y=",
        "bytes": 0,
        "sha256": "0" * 64,
    }
    assert "name_b64" not in msgspec.to_builtins(Input.of("Süd/x.csv".encode(), 0, ""))


def test_a_log_line_has_the_code_the_message_and_the_line() -> None:
    record = RejectionRecord(
        input=Input.of(b"x.csv", 0, "0" * 64),
        error=ErrorDetails(code="malformed_csv", message="bad", line=7),
        attempts=1,
        quarantined_at="2025-03-11T00:00:00Z",
    )
    assert record.summary == {"reason": "malformed_csv", "message": "bad", "line": 7}


def test_the_command_stands_before_the_lines_of_a_profile() -> None:
    lines = 'a profile: csv.time = "To read it"'
    assert with_command(f"which? To read it, write in {lines}", "accept x.csv") == (
        f"which? To read it: accept x.csv; or write in {lines}"
    )
    assert with_command("which?", "accept x.csv") == "which?; or: accept x.csv"


def test_a_message_has_a_line_for_the_finding_each_way_and_what_to_write() -> None:
    found, ways = "W or kW?", "It would mean 1: W: 2 kWh, 3 rows; 2: kW: 2000 kWh."
    lines = (
        'To read it, write in a profile one of 1: power.unit = "W"; csv.time = "t"; or 2: power.unit = "kW"'
    )
    means = ["It would mean", "1: W: 2 kWh, 3 rows;", "2: kW: 2000 kWh."]
    write = ['1: power.unit = "W"; csv.time = "t";', 'or 2: power.unit = "kW"']
    assert paragraphs(f"{found} {ways} {lines}") == [
        found,
        *means,
        "To read it, write in a profile one of",
        *write,
    ]
    command = "To read it: accept x.csv N; or write in a profile one of"
    assert paragraphs(with_command(f"{found} {ways} {lines}", "accept x.csv N")) == [
        found,
        *means,
        command,
        *write,
    ]


def test_a_message_without_ways_is_one_line() -> None:
    assert paragraphs("line 3: 2: is cut; 1 of 2: 3") == ["line 3: 2: is cut; 1 of 2: 3"]
    assert paragraphs("W? It would mean limits unknown: 2 rows.") == [
        "W?",
        "It would mean limits unknown: 2 rows.",
    ]
