"""`reprocess`: which files it takes, what it prints, its exit codes, and the hand-over to a daemon."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.filing import file_all, findings
from tests.support.in_process import Command
from tests.support.program import BROKEN, GOOD, ROOT, SECONDS, Folder, clean_environ
from watcher import cli
from watcher.commands import reprocess
from watcher.commands.reprocess import _parts
from watcher.errors import LockedError
from watcher.monitoring import control_client
from watcher.monitoring.control_client import Document
from watcher.monitoring.reprocess_requests import MAX_NAMES
from watcher.monitoring.socket_server import MAX_QUESTION_BYTES
from watcher.system.filesystem import FileSystem
from watcher.system.lock import Lock

LOWER = "[channels.voltage]\nmax = 25.3\n"
"""Of the three rows of GOOD, the last one (25.4 V) is invalid."""
ELSEWHERE = '[channels.voltage]\ncolumn = "panel volts"\n'


@pytest.fixture(autouse=True)
def same_signals() -> Iterator[None]:
    """Give the process its handlers back, which a command that is a process of its own keeps."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


def config(folder: Folder, text: str) -> str:
    path = folder.root.parent / "watcher.toml"
    path.write_text(text)
    return f"--config={path}"


def filed(folder: Folder, *names: str) -> None:
    for name in names:
        folder.drop(name)
    file_all(folder)


def test_a_named_file_gets_a_new_result_and_the_old_one_is_history(folder: Folder, command: Command) -> None:
    filed(folder, "roof/x.csv", "y.csv")
    old = (folder.root / "processed/roof/x.json").read_bytes()
    other = (folder.root / "processed/y.json").read_bytes()
    code, said = command("reprocess", "roof/x.csv", config(folder, LOWER))
    assert (code, said) == (0, "roof/x.csv: processed\n1 processed, 0 unchanged, 0 rejected, 0 not done\n")
    new = folder.document("processed/roof/x.json")
    assert (new["records_processed"], new["records_invalid"]) == (2, 1)
    assert new["first_processed_at"] == json.loads(old)["processed_at"]
    assert (folder.root / "processed/.history/roof/x.1.json").read_bytes() == old
    assert (folder.root / "processed/y.json").read_bytes() == other
    assert (folder.root / "archive/roof/x.csv").read_bytes() == GOOD
    assert "25.3" in (folder.root / "processed/roof/x.html").read_text("utf-8")
    assert findings(folder.root) == []


def test_all_takes_every_archived_file_and_says_what_stays_the_same(folder: Folder, command: Command) -> None:
    filed(folder, "x.csv", "roof/y.csv")
    assert command("reprocess", "--all") == (0, "0 processed, 2 unchanged, 0 rejected, 0 not done\n")
    assert not (folder.root / "processed/.history").exists()
    code, said = command("reprocess", "--all", config(folder, LOWER))
    assert (code, sorted(said.splitlines())) == (
        0,
        ["2 processed, 0 unchanged, 0 rejected, 0 not done", "roof/y.csv: processed", "x.csv: processed"],
    )


def test_older_profile_takes_the_files_whose_profile_has_changed(folder: Folder, command: Command) -> None:
    filed(folder, "x.csv", "roof/y.csv")
    for_roof = config(folder, "[profiles.roof.channels.voltage]\nmax = 25.3\n")
    code, said = command("reprocess", "--older-profile", for_roof)
    assert (code, said) == (0, "roof/y.csv: processed\n1 processed, 1 unchanged, 0 rejected, 0 not done\n")
    assert command("reprocess", "--older-profile", for_roof)[1].startswith("0 processed, 2 unchanged")
    # a result without a hash was made by an earlier version
    path = folder.root / "processed/x.json"
    document = json.loads(path.read_bytes())
    del document["profile"]["sha256"]
    path.write_text(json.dumps(document))
    assert command("reprocess", "--older-profile", for_roof)[1].startswith("x.csv: processed\n1 processed, 1")


def test_a_file_that_the_new_profile_refuses_keeps_its_result(folder: Folder, command: Command) -> None:
    filed(folder, "x.csv")
    before = {path: (folder.root / path).read_bytes() for path in folder.files()}
    code, said = command("reprocess", "x.csv", config(folder, ELSEWHERE))
    line, counts = said.splitlines()
    assert (code, counts) == (1, "0 processed, 0 unchanged, 1 rejected, 0 not done")
    assert line.startswith("x.csv: rejected, missing_columns: ")
    assert {path: (folder.root / path).read_bytes() for path in folder.files()} == before


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.csv", "there is no such file in the archive"),
        ("../incoming/x.csv", "there is no such file in the archive"),
        ("x.json", "there is no such file in the archive"),
        ("lost.csv", "its result is missing or does not fit it; see `audit`"),
        ("torn.csv", "its result is missing or does not fit it; see `audit`"),
        ("other.csv", "its bytes are not those of its result; see `audit`"),
    ],
)
def test_what_cannot_be_done_is_named_and_the_others_are_done(
    folder: Folder, command: Command, name: str, why: str
) -> None:
    filed(folder, "x.csv", "lost.csv", "torn.csv", "other.csv")
    (folder.root / "processed/lost.json").unlink()
    (folder.root / "processed/torn.json").write_bytes(b"{")
    (folder.root / "archive/other.csv").write_bytes(GOOD + b"\n")
    code, said = command("reprocess", name, "x.csv", config(folder, LOWER))
    assert (code, sorted(said.splitlines())) == (
        3,
        sorted(
            [
                "1 processed, 0 unchanged, 0 rejected, 1 not done",
                f"{name}: not done, {why}",
                "x.csv: processed",
            ]
        ),
    )


def test_a_hostile_name_is_printed_safely(folder: Folder, command: Command) -> None:
    filed(folder, "a\x1b[2J\n.csv")
    assert command("reprocess", "--all", config(folder, LOWER))[1].startswith(r"a\x1b[2J\x0a.csv: processed")


@pytest.mark.parametrize("arguments", [[], ["--all", "x.csv"], ["--all", "--older-profile"]])
def test_the_files_must_be_chosen_in_one_way(
    folder: Folder, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["reprocess", "--data-dir", str(folder.root), *arguments]) == 2
    assert capsys.readouterr().err == "watcher: name the files, or give --all or --older-profile\n"


def test_a_rejected_file_is_not_one_of_all(folder: Folder, command: Command) -> None:
    folder.drop("bad.csv", BROKEN)
    filed(folder, "x.csv")
    assert command("reprocess", "--all")[1] == "0 processed, 1 unchanged, 0 rejected, 0 not done\n"


def test_a_folder_that_cannot_be_listed_is_named_and_the_others_are_done(
    folder: Folder, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(folder, "roof/x.csv", "barn/y.csv")
    scan, roof = FileSystem.scan, (folder.root / "archive/roof").stat().st_ino

    def failing(fs: FileSystem, descriptor: int) -> Iterator[tuple[bytes, bool]]:
        if os.fstat(descriptor).st_ino == roof:
            raise OSError(5, "Input/output error")
        return scan(fs, descriptor)

    monkeypatch.setattr(FileSystem, "scan", failing)
    code, said = command("reprocess", "--all", config(folder, LOWER))
    assert (code, said.splitlines()) == (
        3,
        [
            "barn/y.csv: processed",
            "archive/roof: not done, it cannot be listed: Input/output error",
            "1 processed, 0 unchanged, 0 rejected, 1 not done",
        ],
    )


def test_a_stop_names_what_was_not_done_and_loses_nothing(folder: Folder) -> None:
    filed(folder, *(f"{number:0100}.csv" for number in range(100)))
    running = subprocess.Popen(
        [sys.executable, "-m", "watcher", "reprocess", "--all", config(folder, LOWER), "--workers=1"],
        cwd=ROOT,
        env=clean_environ() | {"WATCHER_DATA_DIR": str(folder.root)},
        stdout=subprocess.PIPE,
        pipesize=4096,  # it waits until its lines are read, and so has not done all at the signal
        text=True,
    )
    lines = [running.stdout.readline()]
    running.send_signal(signal.SIGTERM)
    lines += running.stdout.readlines()
    assert running.wait(SECONDS) == 3
    running.stdout.close()
    *files, counts = (line.rstrip("\n") for line in lines)
    done = [line for line in files if line.endswith(": processed")]
    assert len({line.partition(":")[0] for line in files}) == 100
    assert counts == f"{len(done)} processed, 0 unchanged, 0 rejected, {100 - len(done)} not done"
    assert len(list((folder.root / "processed/.history").iterdir())) == len(done) < 100
    assert findings(folder.root) == []


def test_names_are_handed_over_in_parts_that_fit_into_a_question() -> None:
    names = [b"%d.csv" % number for number in range(100)] + [b"y" * 255 + b"/%d.csv" % n for n in range(40)]
    names += [b"z" * 5_000, b"x.csv"]
    parts = list(_parts(names))
    assert [name for part in parts for name in part] == names
    assert max(map(len, parts)) == MAX_NAMES
    assert [part for part in parts if b"z" * 5_000 in part] == [[b"z" * 5_000]]
    for part in parts:
        encoded = [base64.b64encode(name).decode() for name in part]
        question = json.dumps({"question": "reprocess", "names": encoded, "only_older": False})
        assert len(question) + 1 < MAX_QUESTION_BYTES or part == [b"z" * 5_000]


class OtherDaemon:
    """A daemon that answers as it is told to; the lock is held by another process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: Document) -> None:
        self.answers = list(answers)
        self.questions: list[Document] = []
        monkeypatch.setattr(control_client, "answer_to", self.answer_to)
        monkeypatch.setattr(Lock, "take", self.take)
        monkeypatch.setattr(reprocess, "_POLL_SECONDS", 0.0)

    def take(self, *_: object) -> None:
        raise LockedError("it is held")

    def answer_to(self, question: Document, _data_dir: object) -> Document:
        self.questions.append(question)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


NOT_RUNNING = {"healthy": False, "reasons": [{"code": "not_running", "message": "no daemon answers"}]}
LATE = {"healthy": False, "reasons": [{"code": "no_answer", "message": "it is late"}]}


def test_what_the_daemon_says_of_each_file_is_printed_and_counted(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = [["processed", ""], ["unchanged", ""], ["rejected", "empty_file: no row"], ["not done", "EIO"]]
    daemon = OtherDaemon(
        monkeypatch, {"busy": True}, LATE, {"ticket": "7"}, {"outcomes": None}, {"outcomes": outcomes}
    )
    code, said = command("reprocess", "a.csv", "b.csv", "c.csv", "d.csv")
    assert code == 3
    assert said.splitlines() == [
        "a.csv: processed",
        "c.csv: rejected, empty_file: no row",
        "d.csv: not done, EIO",
        "1 processed, 1 unchanged, 1 rejected, 1 not done",
    ]
    assert [question.get("ticket") for question in daemon.questions] == [None, None, None, "7", "7"]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(NOT_RUNNING, "it is held"), (LATE, "it is held"), ({"error": "only root"}, "only root")],
)
def test_if_the_first_request_is_not_taken_the_sentence_says_why(
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: Document,
    sentence: str,
) -> None:
    OtherDaemon(monkeypatch, answer)
    assert cli.main(["reprocess", "--data-dir", str(folder.root), "x.csv"]) == 3
    assert capsys.readouterr() == ("", f"watcher: {sentence}\n")


def test_after_the_end_of_the_daemon_no_file_is_taken_for_done(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = OtherDaemon(monkeypatch, {"ticket": "7"}, {"ticket": "8"}, NOT_RUNNING)
    names = [f"{number:03}.csv" for number in range(3 * MAX_NAMES)]
    code, said = command("reprocess", *names)
    *files, counts = said.splitlines()
    assert (code, counts) == (3, f"0 processed, 0 unchanged, 0 rejected, {3 * MAX_NAMES} not done")
    unknown = "not done, it is not known what came of it (no daemon answers); ask again"
    assert files[: 2 * MAX_NAMES].count(f"000.csv: {unknown}") == 1
    assert len([line for line in files if unknown in line]) == 2 * MAX_NAMES
    assert f"{names[-1]}: not done, no daemon answers" in files
    assert len(daemon.questions) <= 5, "it is not asked again for each part"


def test_a_name_that_is_too_long_to_hand_over_is_named_and_the_others_are_done(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    OtherDaemon(monkeypatch, {"ticket": "7"}, {"outcomes": [["processed", ""]]})
    code, said = command("reprocess", "y" * 4_000, "x.csv")
    assert code == 3
    assert "its name is too long to be handed to the daemon: stop that first\n" in said
    assert "x.csv: processed\n" in said
    assert said.endswith("\n1 processed, 0 unchanged, 0 rejected, 1 not done\n")
