"""What a worker does with a stable file, and if something else has replaced it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from processing.formats.toml_files import FormatFile
from processing.model.profile import Profile
from tests.support.base_day import written
from tests.support.program import GOOD
from watcher.dispatch.worker_task import WorkerTask, hashing_seconds, process
from watcher.job import Answer, Deferral, DeferralReason, Identity, Job, PresetRejection
from watcher.system.filesystem import FileSystem, errno_text

NAME = b"dev/x.csv"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "incoming/dev/x.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(GOOD)
    return path


def task_of(path: Path) -> WorkerTask:
    job = Job(NAME, Identity.of(path.stat()), seen_at=0.0)
    return WorkerTask(os.fsencode(path.parents[1]), job, Profile(), file_memory=1 << 28)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    (path.parent / "target").write_bytes(GOOD)
    path.symlink_to("target")


def folder(path: Path) -> None:
    path.mkdir()


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def other_file(path: Path) -> None:
    path.write_bytes(GOOD)


def linked_folder(path: Path) -> None:
    path.parent.rename(path.parents[1] / "elsewhere")
    path.parent.symlink_to("elsewhere")
    path.write_bytes(GOOD)


REPLACEMENTS: list[Callable[[Path], None]] = [fifo, link, folder, unix_socket, other_file, linked_folder]


def test_a_stable_file_is_processed(path: Path) -> None:
    answer = process(task_of(path))
    assert isinstance(answer, Answer)
    assert answer.accepted


@pytest.mark.parametrize("replace", REPLACEMENTS)
def test_a_replacement_is_not_read(
    path: Path, replace: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(path)
    path.unlink()
    replace(path)
    monkeypatch.setattr("processing.pipeline.process", unreachable)
    deferral = process(task)
    assert isinstance(deferral, Deferral)
    assert deferral.reason == DeferralReason.CHANGED


@pytest.mark.parametrize("replace", REPLACEMENTS[:-1])
def test_a_replacement_just_before_the_opening_is_not_read(
    path: Path, replace: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace_then_open(self: FileSystem, name: bytes, folder: int) -> int:
        path.unlink()
        replace(path)
        return open_file(self, name, folder)

    open_file = FileSystem.open_file
    monkeypatch.setattr(FileSystem, "open_file", replace_then_open)
    monkeypatch.setattr("processing.pipeline.process", unreachable)
    deferral = process(task_of(path))
    assert isinstance(deferral, Deferral)
    assert deferral.reason == DeferralReason.CHANGED


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EIO, DeferralReason.BLOCKED),
        (errno.EACCES, DeferralReason.BLOCKED),
        (errno.EMFILE, DeferralReason.FAULT),
        (errno.ESTALE, DeferralReason.FAULT),
    ],
)
def test_a_bad_sector_concerns_one_file_and_a_lack_of_descriptors_concerns_all(
    path: Path, code: int, reason: DeferralReason, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(FileSystem, "open_file", fail)
    deferral = process(task_of(path))
    assert isinstance(deferral, Deferral)
    assert (deferral.reason, deferral.error) == (reason, f"{errno_text(code)} incoming")


@pytest.mark.parametrize(("size", "seconds"), [(1 << 20, 120), (4_000_000_000, 200), (1 << 40, 600)])
def test_a_file_that_is_only_hashed_has_a_time_limit_by_its_size(size: int, seconds: float) -> None:
    assert hashing_seconds(size, 120) == seconds


def test_a_longer_time_limit_of_all_files_applies_to_hashing() -> None:
    assert hashing_seconds(1 << 40, 3600) == 3600


def test_a_preset_rejection_is_answered_without_processing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processing.pipeline.process", unreachable)
    task = task_of(path)
    rejection = PresetRejection("worker_crashed", "it crashed 3 workers")
    job = msgspec.structs.replace(task.job, attempt=4, rejection=rejection)
    answer = process(msgspec.structs.replace(task, job=job))
    assert isinstance(answer, Answer)
    assert not answer.accepted
    assert answer.sha256 == hashlib.sha256(GOOD).hexdigest()
    assert answer.summary == {"reason": "worker_crashed", "message": "it crashed 3 workers", "line": None}
    assert msgspec.json.decode(answer.record)["attempts"] == 4


def test_a_file_that_needs_too_much_memory_is_rejected(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("processing.pipeline.process", exhaust)
    answer = process(task_of(path))
    assert isinstance(answer, Answer)
    assert answer.summary["reason"] == "too_large"
    assert answer.sha256 == hashlib.sha256(GOOD).hexdigest()


def test_a_file_that_somebody_writes_to_is_deferred(path: Path) -> None:
    task = task_of(path)
    with path.open("ab"):
        deferral = process(task)
    assert isinstance(deferral, Deferral)
    assert deferral.reason is DeferralReason.CHANGED


def test_a_file_that_is_gone_is_not_a_fault_unless_incoming_is_gone_too(path: Path) -> None:
    task = task_of(path)
    path.unlink()
    deferrals = [process(task)]
    path.parents[1].rename(path.parents[2] / "elsewhere")
    deferrals.append(process(task))
    assert [each.reason for each in deferrals if isinstance(each, Deferral)] == [
        DeferralReason.GONE,
        DeferralReason.FAULT,
    ]


def unreachable(*_: object, **__: object) -> None:
    raise AssertionError("it was read")


@pytest.mark.parametrize(
    ("content", "ways"),
    [
        (b"time,power\n06/10/2025 12:00,1\n", 4),
        (b"time;U;V;I\n2025-06-10T12:00;?;24;5\n2025-06-10T12:05;?;24;5\n", 1),
        (b"2025-06-10T12:00,24,5,20,120\n2025-06-10T12:05,24,5,20,120\n", 1),
        (b"", 0),
    ],
)
def test_an_answer_counts_the_ways_to_read_a_rejected_file(path: Path, content: bytes, ways: int) -> None:
    path.write_bytes(content)
    answer = process(task_of(path))
    assert isinstance(answer, Answer)
    assert answer.ways == len(msgspec.json.decode(answer.record).get("candidates", ())) == ways


def test_a_task_takes_the_formats_of_the_site_to_a_worker(tmp_path: Path) -> None:
    path = tmp_path / "incoming/dev/x.csv"
    path.parent.mkdir(parents=True)
    path.write_text(written("when,alpha,beta,gamma", "{t},{u},{i},7"), "utf-8")
    columns = {"voltage": "alpha", "current": "beta"}
    lines = [f'{name}.column = "{column}"' for name, column in columns.items()]
    text = "\n".join(['[fingerprint]\ncolumns = ["when", "alpha"]\n[channels]', *lines]).encode()
    task = msgspec.structs.replace(task_of(path), formats=(FormatFile("own", text),))
    payload = pickle.dumps(task)
    answer = process(pickle.loads(payload))  # noqa: S301 - as a worker gets it, here or on another machine
    assert isinstance(answer, Answer)
    assert json.loads(answer.record)["profile"]["format_name"] == "own"
    assert len(payload) < len(pickle.dumps(task_of(path))) + 2 * len(text)
