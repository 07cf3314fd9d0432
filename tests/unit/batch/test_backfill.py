"""Backfills: many files in one run that can be resumed, into a folder."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from processing.__main__ import main
from processing.batch import backfill, files
from processing.batch.backfill import Backfill
from processing.generator.days import SimulatedDay, render
from processing.profiles import Profiles
from processing.workers.attempts import PoolUnavailableError, WorkerDiedError, WorkerTimedOutError
from processing.workers.inline_pool import InlinePool
from tests.support.archives import DAY, FIRST, archive, results
from tests.support.program import SECONDS, wait_until

ROOT = Path(__file__).parents[3]


class ImmediatePool:
    """A pool that computes in `submit`; `failures` holds the errors of the next attempts, by name."""

    def __init__(self, failures: dict[bytes, list[BaseException]] | None = None) -> None:
        self.failures = failures or {}

    def submit(self, function: Callable[[Any], Any], task: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        waiting = self.failures.get(getattr(task, "name", b""))
        if waiting:
            future.set_exception(waiting.pop(0))
        else:
            future.set_result(function(task))
        return future

    def shutdown(self) -> None: ...


@pytest.fixture
def inline_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `main` compute in this process, for tests of what a run reads and writes."""
    monkeypatch.setattr("processing.__main__.LocalPool", lambda *_, **__: InlinePool())


def run(source: Path, out: Path, pool: ImmediatePool) -> backfill.BatchSummary:
    output = files.open_output(str(out))
    one = Backfill(pool, output, Profiles(), in_flight=4, report=lambda *_: None)
    try:
        return one.run(files.find(str(source)), ImmediatePool())
    finally:
        output.close()


def test_a_folder_is_mirrored_with_an_index_and_a_summary(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["roof/a.csv", "roof/b.csv", "barn/c.CSV"])
    (source / "roof" / "notes.txt").write_text("no input")
    (source / ".hidden.csv").write_bytes(DAY)
    assert main([str(source), "-o", str(tmp_path / "out"), "--workers", "1"]) == 0
    assert list(results(tmp_path / "out")) == ["barn/c.json", "roof/a.json", "roof/b.json"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert summary["files"] == {"processed": 3, "skipped": 0, "refused": 0, "left_behind": 0}
    assert summary["totals"]["rows"] == 3 * 288
    index = (tmp_path / "out" / "index.html").read_text()
    assert all(f'href="{name}.json"' in index for name in ("roof/a", "roof/b", "barn/c"))


@pytest.mark.usefixtures("inline_pools")
def test_a_pattern_and_a_file_are_named_below_their_fixed_part(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["roof/a.csv", "barn/a.csv", "barn/b.csv", "lone.csv"])
    assert main([f"{source}/*/a.csv", str(source / "lone.csv"), "-o", str(tmp_path / "out")]) == 0
    assert list(results(tmp_path / "out")) == ["barn/a.json", "lone.json", "roof/a.json"]


@pytest.mark.usefixtures("inline_pools")
def test_an_input_with_a_result_is_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = archive(tmp_path / "in", ["a.csv", "b.csv"])
    assert main([str(source), "-o", str(tmp_path / "out")]) == 0
    before = {path: path.stat().st_ino for path in (tmp_path / "out").glob("?.json")}
    archive(source, ["a.csv", "b.csv", "c.csv"])
    assert main([str(source), "-o", str(tmp_path / "out")]) == 0
    assert "1 processed, 2 already there, 0 rejected, 0 left" in capsys.readouterr().out
    assert {path: path.stat().st_ino for path in before} == before
    summary = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert summary["totals"]["processed"] == 3


@pytest.mark.usefixtures("inline_pools")
def test_force_replaces_the_result_of_the_same_input_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out, config = archive(tmp_path / "in", ["a.csv"]), tmp_path / "out", tmp_path / "own.toml"
    assert main([str(source), "-o", str(out)]) == 0
    first = json.loads((out / "a.json").read_bytes())
    (source / "a.csv").write_bytes(DAY + b"\n")
    assert main([str(source), "-o", str(out)]) == 0
    other = next(path for path in out.glob("a.*.json"))
    config.write_text("[site]\nrated_power_w = 480\n")
    assert main([str(source), "-o", str(out), "--config", str(config), "--force"]) == 0
    assert "1 processed, 0 already there" in capsys.readouterr().out
    assert json.loads((out / "a.json").read_bytes()) == first
    assert json.loads(other.read_bytes())["profile"]["rated_power_w"] == 480.0
    assert list(results(out)) == sorted(["a.json", other.name])


@pytest.mark.usefixtures("inline_pools")
def test_force_keeps_the_result_of_an_input_that_is_now_refused(tmp_path: Path) -> None:
    source, out, config = archive(tmp_path / "in", ["a.csv"]), tmp_path / "out", tmp_path / "own.toml"
    assert main([str(source), "-o", str(out)]) == 0
    before = (out / "a.json").read_bytes()
    config.write_text('[csv]\ntimestamp = "time"\n')
    assert main([str(source), "-o", str(out), "--config", str(config), "--force"]) == 1
    assert (out / "a.json").read_bytes() == before


@pytest.mark.usefixtures("inline_pools")
def test_results_of_earlier_runs_stay_in_the_index(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["a.csv", "b.csv"])
    for name in ("a", "b"):
        assert main([str(source / f"{name}.csv"), "-o", str(tmp_path / "out")]) == 0
    index = (tmp_path / "out" / "index.html").read_text()
    assert 'href="a.json"' in index
    assert 'href="b.json"' in index


def test_other_bytes_under_the_same_name_get_a_result_of_their_own(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    assert run(source, tmp_path / "out", ImmediatePool()).files["processed"] == 1
    first = results(tmp_path / "out")
    (source / "a.csv").write_bytes(render(SimulatedDay(FIRST + timedelta(days=16), seed=9))[0])
    assert run(source, tmp_path / "out", ImmediatePool()).files["processed"] == 1
    both = results(tmp_path / "out")
    assert len(both) == 2
    assert both["a.json"] == first["a.json"]
    assert run(source, tmp_path / "out", ImmediatePool()).files["skipped"] == 1


@pytest.mark.parametrize("foreign", [b"", b"{}", b"not ours"])
def test_a_foreign_file_in_the_way_stays_as_it_is(tmp_path: Path, foreign: bytes) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.json").write_bytes(foreign)
    assert run(source, tmp_path / "out", ImmediatePool()).files["processed"] == 1
    assert results(tmp_path / "out")["a.json"] == foreign
    assert len(results(tmp_path / "out")) == 2
    assert run(source, tmp_path / "out", ImmediatePool()).files["skipped"] == 1


@pytest.mark.usefixtures("inline_pools")
def test_a_rejected_file_is_printed_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    (source / "bad.csv").write_text("timestamp,voltage\n")
    assert main([str(source), "-o", str(tmp_path / "out")]) == 1
    assert "bad.csv, line 1: missing_columns: columns missing: current" in capsys.readouterr().err
    summary = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert (summary["exit_code"], [one["file"] for one in summary["refused"]]) == (1, ["bad.csv"])
    assert "bad.csv" in (tmp_path / "out" / "index.html").read_text()


def test_an_unreadable_file_is_left_and_exits_3(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["a.csv", "b.csv"])
    inputs = list(files.find(str(source)))
    (source / "a.csv").unlink()
    output = files.open_output(str(tmp_path / "out"))
    one = Backfill(ImmediatePool(), output, Profiles(), in_flight=4, report=lambda *_: None)
    summary = one.run(iter(inputs), ImmediatePool())
    output.close()
    assert (summary.exit_code, summary.files["processed"], summary.files["left_behind"]) == (3, 1, 1)
    assert summary.left_behind[0].message == "no such file or directory"


@pytest.mark.parametrize(
    ("failure", "code"), [(WorkerDiedError, "worker_crashed"), (WorkerTimedOutError, "timed_out")]
)
def test_only_a_file_that_fails_its_workers_three_times_is_rejected(
    tmp_path: Path, failure: type[Exception], code: str
) -> None:
    source = archive(tmp_path / "in", ["a.csv", "b.csv", "c.csv"])
    pool = ImmediatePool({b"a.csv": [failure("x")] * 3, b"b.csv": [failure("x")] * 2})
    summary = run(source, tmp_path / "out", pool)
    assert [(one.file, one.code) for one in summary.refused] == [("a.csv", code)]
    assert summary.files["processed"] == 2


def test_a_pool_that_is_lost_and_comes_back_costs_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "MAX_WAIT_SECONDS", 0.01)
    source = archive(tmp_path / "in", ["a.csv", *[f"b{number}.csv" for number in range(6)]])
    lost = {b"b%d.csv" % number: [PoolUnavailableError("gone")] * 3 for number in range(6)}
    summary = run(source, tmp_path / "out", ImmediatePool(lost))
    assert (summary.exit_code, summary.files["processed"]) == (0, 7)


def test_a_pool_that_never_answers_ends_the_run(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    with pytest.raises(PoolUnavailableError):
        run(source, tmp_path / "out", ImmediatePool({b"a.csv": [PoolUnavailableError("no scheduler")]}))


def command(source: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "processing", str(source), "-o", str(out), "--workers", "1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pipesize=4096,  # it waits until its lines are read, and so has not done all when the first are done
        text=True,
    )


def some_are_written(out: Path) -> None:
    wait_until(lambda: any(out.glob("*.json")), "a result")


def many(folder: Path) -> Path:
    """Return a folder of 60 inputs whose names fill the pipe of a run."""
    return archive(folder, [f"{number:0200}.csv" for number in range(60)])


@pytest.mark.usefixtures("inline_pools")
def test_a_killed_run_is_resumed_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    source, out = many(tmp_path / "in"), tmp_path / "out"
    with command(source, out) as killed:
        some_are_written(out)
        killed.kill()
    (out / ".tmp-backfill-left").write_text("half")
    begun = results(out)
    assert 0 < len(begun) < 60
    assert main([str(source), "-o", str(out)]) == 0
    assert len(results(out)) == 60
    assert {name: results(out)[name] for name in begun} == begun
    assert not list(out.glob(".tmp-*"))


def test_an_interrupted_run_writes_its_summary_and_exits_3(tmp_path: Path) -> None:
    source, out = many(tmp_path / "in"), tmp_path / "out"
    with command(source, out) as interrupted:
        some_are_written(out)
        interrupted.send_signal(signal.SIGINT)
        printed = interrupted.communicate(timeout=SECONDS)[0]
    assert interrupted.returncode == 3, printed
    summary = json.loads((out / "summary.json").read_bytes())
    assert summary["exit_code"] == 3
    assert 0 < summary["totals"]["processed"] == len(results(out)) < 60


def test_names_of_any_bytes_have_their_results(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    raw = os.path.join(os.fsencode(tmp_path / "in"), b"n\xff\n.csv")
    with open(raw, "wb") as stream:
        stream.write(DAY)
    assert run(tmp_path / "in", tmp_path / "out", ImmediatePool()).files["processed"] == 1
    assert os.path.exists(os.path.join(os.fsencode(tmp_path / "out"), b"n\xff\n.json"))
    assert run(tmp_path / "in", tmp_path / "out", ImmediatePool()).files["skipped"] == 1
