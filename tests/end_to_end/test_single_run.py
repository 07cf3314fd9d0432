"""`--once`: what each kind of file becomes, what the log says of it, and every exit code."""

import base64
import errno
import fcntl
import gzip
import hashlib
import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.filing import file_all, findings
from tests.support.in_process import run_once
from tests.support.program import BROKEN, GOOD, HEADER, ROWS, Ended, Folder, Line, Runs, long_file
from watcher.filing import aside, moves
from watcher.system.lock import Lock

NO_FILE = (
    "link.csv",
    "pipe.csv",
    "socket.csv",
    "folder.csv/notes.txt",
    "notes.txt",
    ".hidden.csv",
    "upload.csv.part",
)
REFUSED = {
    "empty.csv": (b"", "empty_file", "expected a header and rows"),
    "header.csv": (HEADER, "no_valid_rows", "row"),
    "column.csv": (BROKEN, "missing_columns", "voltage"),
    "binary.csv": (b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 8, "not_text", "text"),
    "cold.csv": (HEADER + b"2026-01-15T12:00:00,2.0,4.0,30.0,8.0\n", "no_valid_rows", "voltage"),
    "not_gzip.csv.gz": (GOOD, None, "gzip"),
}
HOSTILE = {
    b"new\nline.csv": "new\\x0aline.csv",
    b"esc\x1b[31m.csv": "esc\\x1b[31m.csv",
    b"latin\xff.csv": "latin\\xff.csv",
    b"back\\slash.csv": "back\\slash.csv",
    b"a" * 251 + b".csv": "a" * 251 + ".csv",
    b"quote\"'$(id) <b>.csv": "quote\"'$(id) <b>.csv",
    "grün ☀.csv".encode(): "grün ☀.csv",
    b"-rf.csv": "-rf.csv",
}


@pytest.fixture(scope="module")
def mixed_folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("mixed") / "data")
    folder.drop("good.csv")
    folder.drop("upper.CSV")
    folder.drop("device/deep/packed.csv.gz", gzip.compress(GOOD))
    for name, (content, _, _) in REFUSED.items():
        folder.drop(name, content)
    for hostile in HOSTILE:
        folder.drop(hostile)
    (folder.incoming / "link.csv").symlink_to(folder.incoming / "good.csv")
    os.mkfifo(folder.incoming / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder.incoming / "socket.csv"))
    folder.drop("folder.csv/notes.txt", b"not for us")
    folder.drop("notes.txt", b"not for us")
    folder.drop(".hidden.csv")
    folder.drop("upload.csv.part")
    return folder


@pytest.fixture(scope="module")
def mixed(mixed_folder: Folder, module_runs: Runs) -> Ended:
    return module_runs.once(mixed_folder)


def line_of(ended: Ended, name: str) -> Line:
    (line,) = (line for line in ended.lines if line.get("file") == name)
    return line


def test_exit_code_is_1_when_a_file_was_quarantined(mixed: Ended) -> None:
    assert mixed.code == 1
    assert mixed.event("run.finished")["exit_code"] == 1


def test_the_last_line_counts_what_was_done(mixed: Ended) -> None:
    finished = mixed.event("run.finished")
    assert finished["processed"] == 3 + len(HOSTILE)
    assert finished["quarantined"] == len(REFUSED)
    assert finished["left_behind"] == 0


def test_a_broken_file_that_is_sent_again_is_quarantined_again(folder: Folder) -> None:
    folder.drop("x.csv", BROKEN)
    file_all(folder)
    folder.drop("x.csv", BROKEN)
    ended = run_once(folder)
    assert ended.code == 1
    assert ended.event("file.quarantined")["reason"] == "missing_columns"
    finished = ended.event("run.finished")
    assert (finished["quarantined"], finished["duplicate"]) == (1, 0)
    assert folder.document("quarantine/x.csv.reason.json")["attempts"] == 2


def test_an_archived_file_that_would_be_rejected_now_is_logged_as_what_it_becomes(folder: Folder) -> None:
    folder.drop("x.csv")
    folder.drop("twice.csv")
    first = line_of(run_once(folder), "x.csv")
    (folder.root / "archive/x.csv").rename(folder.incoming / "x.csv")
    folder.drop("twice.csv")
    ended = run_once(folder, flags=["--max-file-bytes", "10"])
    again, duplicate = ended.event("file.processed"), ended.event("file.duplicate")
    assert ended.code == 0
    assert again["destination"] == "archive/x.csv"
    changed = {"timestamp", "ms", "recovered"}
    assert {**again, **dict.fromkeys(changed)} == {**first, **dict.fromkeys(changed)}
    assert "reason" not in duplicate
    assert duplicate["energy_kwh"] == first["energy_kwh"]


def test_nothing_is_said_on_standard_error(mixed: Ended) -> None:
    assert mixed.errors == ""


def test_an_accepted_file_lies_in_archive_byte_for_byte(mixed: Ended, mixed_folder: Folder) -> None:
    assert (mixed_folder.root / "archive/good.csv").read_bytes() == GOOD
    assert not (mixed_folder.incoming / "good.csv").exists()


def test_its_result_has_the_name_and_the_hash_of_the_file(mixed: Ended, mixed_folder: Folder) -> None:
    result = mixed_folder.document("processed/good.json")
    assert result["status"] == "success"
    assert result["input"] == {
        "name": "good.csv",
        "bytes": len(GOOD),
        "sha256": hashlib.sha256(GOOD).hexdigest(),
    }
    assert result["records_total"] == result["records_processed"] == 3


def test_the_line_of_a_processed_file_carries_its_figures(mixed: Ended) -> None:
    line = line_of(mixed, "good.csv")
    assert line["event"] == "file.processed"
    assert line["level"] == "info"
    assert line["sha256"] == hashlib.sha256(GOOD).hexdigest()
    assert (line["rows_total"], line["rows_processed"]) == (3, 3)
    assert (line["rows_invalid"], line["rows_suspect"]) == (0, 0)
    assert line["energy_kwh"] == pytest.approx((100.0 + 103.3 + 106.7) * 300 / 3.6e6, abs=1e-6)
    assert line["destination"] == "archive/good.csv"


def test_the_line_of_a_processed_file_carries_the_milliseconds_of_each_stage(mixed: Ended) -> None:
    stages = line_of(mixed, "good.csv")["ms"]
    assert set(stages) == {"wait", "engine", "process", "file"}
    assert all(0 <= value < 15_000 for value in stages.values())
    assert stages["wait"] >= 50, "it settled first"
    assert stages["engine"] >= stages["process"]


def test_extensions_of_any_case_and_gzip_are_taken_from_sub_folders_too(
    mixed: Ended, mixed_folder: Folder
) -> None:
    assert {
        "archive/upper.CSV",
        "processed/upper.json",
        "archive/device/deep/packed.csv.gz",
        "processed/device/deep/packed.json",
    } <= mixed_folder.files()


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_file_lies_in_quarantine_beside_its_reason(
    mixed: Ended, mixed_folder: Folder, name: str
) -> None:
    content, code, expected = REFUSED[name]
    assert (mixed_folder.root / "quarantine" / name).read_bytes() == content
    reason = mixed_folder.document(f"quarantine/{name}.reason.json")
    assert reason["status"] == "error"
    assert reason["attempts"] == 1
    assert reason["input"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert code in {None, reason["error"]["code"]}
    assert expected in reason["error"]["message"]


@pytest.mark.parametrize("name", REFUSED)
def test_the_line_of_a_refused_file_says_why(mixed: Ended, mixed_folder: Folder, name: str) -> None:
    line = line_of(mixed, name)
    reason = mixed_folder.document(f"quarantine/{name}.reason.json")
    assert line["event"] == "file.quarantined"
    assert line["level"] == "warning"
    assert line["reason"] == reason["error"]["code"]
    assert line["message"] == reason["error"]["message"]
    assert line["destination"] == f"quarantine/{name}"


@pytest.mark.parametrize("name", NO_FILE)
def test_what_is_not_an_input_is_left_as_it_is(mixed: Ended, mixed_folder: Folder, name: str) -> None:
    assert (mixed_folder.incoming / name).is_symlink() or (mixed_folder.incoming / name).exists()


@pytest.mark.parametrize("name", ["link.csv", "pipe.csv", "socket.csv", "notes.txt", "folder.csv/notes.txt"])
def test_what_is_left_is_logged_once(mixed: Ended, name: str) -> None:
    assert line_of(mixed, name)["event"] == "file.ignored"


def test_uploads_in_progress_are_passed_over_in_silence(mixed: Ended) -> None:
    assert not [line for line in mixed.lines if line.get("file") in {".hidden.csv", "upload.csv.part"}]


def test_nothing_but_inputs_left_incoming(mixed: Ended, mixed_folder: Folder) -> None:
    left = {name for name in mixed_folder.files() if name.startswith("incoming/")}
    assert left == {f"incoming/{name}" for name in NO_FILE}


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_escaped_in_the_log_and_can_be_read_back(mixed: Ended, name: bytes) -> None:
    line = line_of(mixed, HOSTILE[name])
    assert line["event"] == "file.processed"
    if "file_b64" in line:
        assert base64.b64decode(line["file_b64"]) == name
    else:
        assert line["file"].encode() == name


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_archived_as_it_is(mixed: Ended, mixed_folder: Folder, name: bytes) -> None:
    archive = mixed_folder.root / "archive"
    filed = archive / os.fsdecode(name)
    if len(name) == 255:  # its record's name would be longer: `.json` is one byte more than `.csv`
        (filed,) = archive.glob("aaa*")
        assert re.fullmatch(r"a+\.[0-9a-f]{12}\.csv", filed.name)
    assert filed.read_bytes() == GOOD


def test_records_of_hostile_names_hold_the_text_and_the_bytes(mixed: Ended, mixed_folder: Folder) -> None:
    record = mixed_folder.root / os.fsdecode(b"processed/latin\xff.json")
    described = json.loads(record.read_bytes())["input"]
    assert described["name"] == "latin\\xff.csv"
    assert described["name_b64"] == "bGF0aW7/LmNzdg=="


def test_every_line_begins_with_its_time_in_utc_its_level_and_its_event(mixed: Ended) -> None:
    now = datetime.now(UTC)
    for line in mixed.lines:
        assert list(line)[:3] == ["timestamp", "level", "event"]
        assert line["timestamp"].endswith("Z")
        assert abs((datetime.fromisoformat(line["timestamp"]) - now).total_seconds()) < 300


def test_no_line_holds_a_control_character(mixed: Ended) -> None:
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", "".join(map(str, mixed.lines)))


def test_a_second_run_finds_nothing_to_do(mixed: Ended, mixed_folder: Folder) -> None:
    before = mixed_folder.files()
    again = run_once(mixed_folder)
    assert again.code == 0
    assert mixed_folder.files() == before
    assert again.event("run.finished")["processed"] == 0


def test_the_audit_finds_nothing_afterwards(mixed: Ended, mixed_folder: Folder) -> None:

    assert findings(mixed_folder.root) == []


def test_an_empty_folder_gives_0_and_the_folders_are_made(folder: Folder) -> None:
    ended = run_once(folder)
    assert ended.code == 0
    made = {path.name for path in folder.root.iterdir()}
    assert made == {"incoming", "processed", "archive", "quarantine", ".watcher"}


def test_a_good_file_gives_0(folder: Folder) -> None:
    folder.drop("x.csv")
    assert run_once(folder).code == 0
    assert folder.files() == {"archive/x.csv", "processed/x.json"}


def test_paths_limit_the_run_to_these_files(folder: Folder) -> None:
    named = [folder.drop("a.csv"), folder.drop("device/b.csv")]
    folder.drop("broken.csv", BROKEN)
    ended = run_once(folder, *named)
    assert ended.code == 0
    assert folder.files() == {
        "archive/a.csv",
        "archive/device/b.csv",
        "processed/a.json",
        "processed/device/b.json",
        "incoming/broken.csv",
    }


def test_a_named_file_that_is_not_a_csv_is_left_and_logged(folder: Folder) -> None:
    names = ["notes.txt", ".hidden.csv", "link.csv"]
    paths = [folder.drop(name) for name in names[:2]]
    (folder.incoming / "link.csv").symlink_to("notes.txt")
    ended = run_once(folder, *paths, folder.incoming / "link.csv")
    assert ended.code == 0
    assert folder.files() == {f"incoming/{name}" for name in names}
    assert [line["file"] for line in ended.events("file.ignored")] == names


@pytest.mark.parametrize(
    "path", ["incoming/absent.csv", "outside.csv", "incoming/../outside.csv", "incoming/no/x.csv"]
)
def test_a_path_that_is_absent_or_outside_gives_2(folder: Folder, path: str) -> None:
    (folder.root / "outside.csv").write_bytes(GOOD)
    ended = run_once(folder, folder.root / path)
    assert ended.code == 2
    assert "no such file in" in ended.errors
    assert "Traceback" not in ended.errors


def test_an_unreadable_file_or_folder_is_left_and_gives_3(
    folder: Folder, runs: Runs, as_ordinary_user: tuple[str, ...]
) -> None:
    folder.drop("secret.csv").chmod(0)
    folder.drop("device/x.csv").parent.chmod(0)
    folder.drop("x.csv")
    ended = runs.once(folder, prefix=as_ordinary_user)
    (folder.incoming / "device").chmod(0o755)
    assert ended.code == 3
    unread = {"incoming/secret.csv", "incoming/device/x.csv"}
    assert folder.files() == {*unread, "archive/x.csv", "processed/x.json"}
    left = {line["file"]: line["reason"] for line in ended.events("file.left_behind")}
    assert left.keys() == {"secret.csv", "device"}
    assert all("unreadable" in reason for reason in left.values())


@pytest.fixture
def open_file(folder: Folder) -> Iterator[Path]:
    path = folder.drop("open.csv")
    with path.open("ab"):
        yield path


def test_a_file_still_being_written_at_the_deadline_is_left_and_gives_3(
    folder: Folder, open_file: Path
) -> None:
    if not _leases_work(open_file):
        pytest.skip("this filesystem grants no leases, so nothing can be told of who writes")
    ended = run_once(folder, flags=["--once-deadline", "0.3"])
    assert ended.code == 3
    assert folder.files() == {"incoming/open.csv"}
    assert ended.event("file.left_behind")["reason"] == "open for writing"


def test_3_wins_over_1(folder: Folder) -> None:
    folder.drop("broken.csv", BROKEN)
    folder.drop("roof/blocked.csv")
    (folder.root / "archive").mkdir()
    (folder.root / "archive/roof").touch()  # in the place of the folder that it must be moved to
    ended = run_once(folder)
    assert ended.code == 3
    assert ended.event("run.finished")["quarantined"] == 1


def test_a_file_that_is_closed_before_the_deadline_is_taken_whole(folder: Folder, runs: Runs) -> None:
    path = folder.drop("x.csv", HEADER)
    with path.open("ab") as file:
        run = runs.start(folder, "--once", "--once-deadline", "30")
        run.until("watcher.started")
        file.write(b"".join(ROWS))
    ended = run.wait()
    assert ended.code == 0
    assert ended.event("file.processed")["rows_processed"] == 3


def test_a_folder_that_is_locked_gives_3_and_the_process_is_named(folder: Folder) -> None:
    lock = Lock(folder.root)
    lock.take()
    ended = run_once(folder)
    assert ended.code == 3
    assert f"process {os.getpid()}" in ended.errors
    failed = ended.event("watcher.failed")
    assert (failed["level"], failed["exit_code"]) == ("error", 3)
    assert f"process {os.getpid()}" in failed["error"]
    lock.release()


def test_the_same_bytes_under_the_same_name_are_a_duplicate_and_give_0(folder: Folder) -> None:
    folder.drop("x.csv")
    file_all(folder)
    first = (folder.root / "processed/x.json").read_bytes()
    folder.drop("x.csv")
    ended = run_once(folder)
    assert ended.code == 0
    assert ended.event("file.duplicate")["file"] == "x.csv"
    assert folder.files() == {"archive/x.csv", "processed/x.json"}
    assert (folder.root / "processed/x.json").read_bytes() == first


def test_a_file_beyond_the_size_limit_is_quarantined_with_the_limit_in_the_reason(folder: Folder) -> None:
    folder.drop("x.csv")
    ended = run_once(folder, flags=["--max-file-bytes", "100"])
    assert ended.code == 1
    error = folder.document("quarantine/x.csv.reason.json")["error"]
    assert error["code"] == "too_large"
    assert "more than 100" in error["message"]


@pytest.mark.long
def test_a_file_beyond_the_time_limit_is_quarantined_after_three_attempts(folder: Folder, runs: Runs) -> None:
    folder.drop("long.csv", long_file(200_000))  # judging it takes many times the limit
    ended = runs.once(folder, flags=["--file-seconds", "0.1"])
    assert ended.code == 1
    assert [line["attempt"] for line in ended.events("file.attempt_failed")] == [1, 2, 3]
    error = folder.document("quarantine/long.csv.reason.json")["error"]
    assert error["code"] == "timed_out"
    assert "0.1 s" in error["message"]


@pytest.fixture(scope="module")
def signalled(watched: Folder, module_runs: Runs) -> Ended:
    """A run that waits for a file that is written to while another one arrives, until a signal comes."""
    with watched.drop("open.csv").open("ab") as file:
        if not _leases_work(Path(file.name)):
            pytest.skip("this filesystem grants no leases, so nothing can be told of who writes")
        watched.drop("first.csv")
        run = module_runs.start(watched, "--once", "--scan-interval", "0.05")
        run.until("file.processed", file="first.csv")
        watched.drop("late.csv")
        time.sleep(0.3)  # it runs on, for the file that is written to
        return run.stop(signal.SIGTERM)


def test_a_run_that_a_signal_ends_gives_3(signalled: Ended) -> None:
    assert signalled.code == 3
    assert signalled.event("watcher.stopped")["cause"] == "SIGTERM"


def test_only_what_was_there_at_the_scan_is_taken(signalled: Ended, watched: Folder) -> None:
    assert watched.files() >= {"incoming/late.csv", "incoming/open.csv"}


def _leases_work(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            return isinstance(error, BlockingIOError)
    return False


def test_a_summary_that_cannot_be_written_is_not_a_fault_of_pages(folder: Folder) -> None:
    (folder.root / "processed/summary.json").mkdir(parents=True)
    folder.drop("x.csv")
    ended = run_once(folder)
    assert (ended.code, len(ended.events("summary.failed")), ended.events("pages.failed")) == (0, 1, [])


def test_a_file_that_does_not_get_its_name_back_is_left_and_gives_3(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes to a file while it is filed, and the disk then takes no more changes."""

    def written_to(*_: object) -> None:
        raise moves.ReplacedError

    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(aside, "GIVEN_UP_SECONDS", 1.0)
    monkeypatch.setattr(aside.Asides, "check", written_to)
    monkeypatch.setattr(moves, "give_name", refused)
    folder.drop("x.csv")
    ended = run_once(folder, flags=["--settle", "0"])
    assert [line["file"] for line in ended.events("file.left_behind")] == ["x.csv"]
    blocked = [(line["file"], line["error"]) for line in ended.events("file.blocked")]
    assert blocked == [("x.csv", "EROFS: Read-only file system")]
    assert ended.code == 3
    assert folder.files() == {"incoming/.aside-x.csv"}
