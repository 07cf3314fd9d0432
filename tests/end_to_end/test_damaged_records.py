"""One damaged record costs its own file that record, and nothing else: no start, no other file, no page."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.filing import file_all
from tests.support.in_process import Answer, call, run_once
from tests.support.program import BROKEN, GOOD, HEADER, ROWS, Folder, Runs

OTHER = HEADER + b"".join(ROWS[:2])


def with_input(**fields: object) -> Callable[[bytes], bytes]:
    def damaged(record: bytes) -> bytes:
        document = json.loads(record)
        document["input"] |= fields
        return json.dumps(document).encode()

    return damaged


def with_fields(**fields: object) -> Callable[[bytes], bytes]:
    return lambda record: json.dumps(json.loads(record) | fields).encode()


def with_metrics(**fields: object) -> Callable[[bytes], bytes]:
    def damaged(record: bytes) -> bytes:
        document = json.loads(record)
        document["metrics"] |= fields
        return json.dumps(document).encode()

    return damaged


_HOUR = re.compile(rb'("(?:start|quarantined_at)": ".{10})T..')
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "torn": lambda record: record[: len(record) // 2],
    "zeros": lambda record: bytes(len(record)),
    "another's JSON": lambda _: b"[]",
    "name_b64 no ASCII": with_input(name_b64="é"),
    "name_b64 no base64": with_input(name_b64="!!!"),
    "NUL in the name": with_input(name="x\0.csv"),
    "a name that leads elsewhere": with_input(name="../../x.csv"),
    "a name half a character": lambda record: record.replace(b'"name": "', b'"name": "\\ud800'),
    "no name": with_input(name=None),
    "a hash of another length": with_input(sha256="0"),
    "huge numbers": with_fields(attempts=10**400, records_total=10**400),
    "an infinite number": lambda record: record.rstrip()[:-1] + b', "error": {"line": 1e999}}',
    "deep nesting": lambda record: record.rstrip()[:-1] + b', "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "an impossible moment": with_fields(
        processed_at="2026-01-15T25:61:00Z", quarantined_at="2026-01-15T25:61:00Z"
    ),
    "moments of another type": with_fields(processed_at=12, quarantined_at={}),
    "an impossible hour": lambda record: _HOUR.sub(rb"\1T99", record),
    "an error that is none": with_fields(error=[1, 2], metrics=7),
    "an unknown status": with_fields(status="weird"),
    "an earlier reason that is none": with_fields(previous=5),
    "a version of another kind": with_fields(schema_version=2),
}
ONLY_DRAWN: dict[str, Callable[[bytes], bytes]] = {
    "a peak at an impossible hour": with_metrics(peak_power_hour="2026-01-15T31:00:00"),
    "a peak at no time": with_metrics(peak_power_time="noon"),
    "an average that is text": with_metrics(voltage={"avg": "nan"}),
    "a series that is a list": with_fields(series=[1]),
    "a series without readings": with_fields(series={}),
}
PLANTS: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a link": lambda path: path.symlink_to("/etc/hostname"),
    "a FIFO": os.mkfifo,
}


def damage(record: Path, how: str) -> None:
    content = record.read_bytes()
    record.unlink()
    if how in PLANTS:
        PLANTS[how](record)
    else:
        record.write_bytes(DAMAGES[how](content))


Command = Callable[..., Answer]


@pytest.fixture
def command(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command on the folder; audit asks again at once what it doubts."""
    monkeypatch.setattr("watcher.commands.audit.RECHECK_SECONDS", 0)
    return lambda *arguments: call(*arguments, "--data-dir", folder.root)


@pytest.mark.timeout(120)
def test_a_damaged_record_costs_itself_alone(folder: Folder, runs: Runs, command: Command) -> None:
    """Every reader of records in turn: a start, filing, the index, audit, report, prune, retry."""
    names = {how: f"{number}.csv" for number, how in enumerate([*DAMAGES, *PLANTS])}
    good, bad = list(names.values()), [f"bad-{name}" for name in names.values()]
    for name in (*good, "healthy.csv"):
        folder.drop(name, GOOD)
    for name in bad:
        folder.drop(name, BROKEN)
    file_all(folder)
    for how, name in names.items():
        damage(folder.root / f"processed/{name.removesuffix('.csv')}.json", how)
        damage(folder.root / f"quarantine/bad-{name}.reason.json", how)

    for name in good:
        (folder.incoming / f".aside-{name}").write_bytes(OTHER)  # a start looks for its record
    for name in bad:
        folder.drop(name, BROKEN + b"\n")
    folder.drop("new.csv", GOOD)
    daemon = runs.daemon(folder)
    for name in (*good, "new.csv"):
        assert daemon.until("file.processed", file=name)["sha256"]
    for name in bad:
        assert daemon.until("file.quarantined", file=name)["destination"] != f"quarantine/{name}"
    assert daemon.stop().code == 0
    assert {(folder.root / "archive" / name).read_bytes() for name in good} == {GOOD}

    found = command("audit")
    damaged = {f"processed/{name.removesuffix('.csv')}.json" for name in good}
    damaged |= {f"quarantine/{name}.reason.json" for name in bad}
    assert {line.split(": ")[0] for line in found.stdout.splitlines()} == {*damaged, "audit"}, found.stdout
    assert (found.returncode, found.stderr) == (1, "")

    report = command("report")
    assert report.returncode == 0, report.stderr
    index = (folder.root / "processed/index.html").read_text()
    assert "healthy.csv" in index
    assert "new.csv" in index

    pruned = command("prune", "--older-than", "0")
    assert pruned.returncode == 3
    refused = {f"{name}: its record does not fit it; see `audit`" for name in good}
    assert {*refused, "healthy.csv: pruned", "new.csv: pruned"} <= set(pruned.stdout.splitlines())

    sent_back = command("retry", *bad)
    assert set(sent_back.stdout.splitlines()) == {
        *(f"{name}: sent back" for name in bad),
        f"{len(bad)} files sent back",
    }, sent_back.stderr
    assert sent_back.returncode == 0
    assert {(folder.incoming / name).read_bytes() for name in bad} == {BROKEN}
    assert run_once(folder).code == 1
    assert {(folder.root / "quarantine" / name).read_bytes() for name in bad} == {BROKEN}


def test_a_record_of_which_no_page_can_be_drawn_is_named_by_audit(folder: Folder, command: Command) -> None:
    records = {how: f"processed/{number}.json" for number, how in enumerate(ONLY_DRAWN)}
    for number in range(len(records)):
        folder.drop(f"{number}.csv", GOOD)
    file_all(folder)
    for how, record in records.items():
        path = folder.root / record
        path.write_bytes(ONLY_DRAWN[how](path.read_bytes()))

    report = command("report")
    assert {how for how, record in records.items() if record in report.stdout} == set(ONLY_DRAWN), report
    found = command("audit")
    assert {line.partition(" (")[0] for line in found.stdout.splitlines()[:-1]} == {
        f"{record}: is torn, or not a record" for record in records.values()
    }
    assert found.returncode == 1
