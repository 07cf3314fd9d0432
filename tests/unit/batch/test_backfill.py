"""Backfills: many files in one run that can be resumed, into a folder."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import processing
from processing.__main__ import main
from processing.batch import backfill, files
from processing.batch.backfill import Backfill
from processing.generator.days import Day, render
from processing.profiles import Profiles
from processing.workers.attempts import PoolUnavailableError, WorkerDiedError, WorkerTimedOutError

ROOT = Path(__file__).parents[3]
FIRST = datetime(2025, 4, 15, 6)  # noqa: DTZ001 - as loggers write it
DAY = render(Day(FIRST, seed=1))[0]


class Here:
    """An engine that computes at once, or fails as it is told for a name."""

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


def archive(folder: Path, names: list[str]) -> Path:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(render(Day(FIRST + timedelta(days=number), seed=number))[0])
    return folder


def results(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.json"))
        if path.name != "summary.json"
    }


def run(source: Path, out: Path, engine: Here) -> backfill.BatchSummary:
    output = files.open_output(str(out))
    one = Backfill(engine, output, Profiles(), in_flight=4, report=lambda *_: None)
    try:
        return one.run(files.find(str(source)), Here())
    finally:
        output.close()


def test_a_folder_is_mirrored_with_an_index_and_a_summary(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["roof/a.csv", "roof/b.csv", "barn/c.CSV"])
    (source / "roof" / "notes.txt").write_text("no input")
    (source / ".hidden.csv").write_bytes(DAY)
    assert main([str(source), "-o", str(tmp_path / "out")]) == 0
    assert list(results(tmp_path / "out")) == ["barn/c.json", "roof/a.json", "roof/b.json"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert summary["files"] == {"processed": 3, "skipped": 0, "refused": 0, "left_behind": 0}
    assert summary["totals"]["rows"] == 3 * 288
    index = (tmp_path / "out" / "index.html").read_text()
    assert all(f'href="{name}.json"' in index for name in ("roof/a", "roof/b", "barn/c"))


def test_a_pattern_and_a_file_are_named_below_their_fixed_part(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["roof/a.csv", "barn/a.csv", "barn/b.csv", "lone.csv"])
    assert main([f"{source}/*/a.csv", str(source / "lone.csv"), "-o", str(tmp_path / "out")]) == 0
    assert list(results(tmp_path / "out")) == ["barn/a.json", "lone.json", "roof/a.json"]


def test_what_has_a_result_is_skipped_and_not_written_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = archive(tmp_path / "in", ["a.csv", "b.csv"])
    assert main([str(source), "-o", str(tmp_path / "out")]) == 0
    before = {path: path.stat().st_ino for path in (tmp_path / "out").glob("?.json")}
    archive(source, ["a.csv", "b.csv", "c.csv"])
    assert main([str(source), "-o", str(tmp_path / "out")]) == 0
    assert "1 processed, 2 already there, 0 refused, 0 left" in capsys.readouterr().out
    assert {path: path.stat().st_ino for path in before} == before
    summary = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert summary["totals"]["processed"] == 3


def test_results_of_earlier_runs_stay_in_the_index(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["a.csv", "b.csv"])
    for name in ("a", "b"):
        assert main([str(source / f"{name}.csv"), "-o", str(tmp_path / "out")]) == 0
    index = (tmp_path / "out" / "index.html").read_text()
    assert 'href="a.json"' in index
    assert 'href="b.json"' in index


def test_other_bytes_under_the_same_name_get_a_result_of_their_own(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    assert run(source, tmp_path / "out", Here()).files["processed"] == 1
    first = results(tmp_path / "out")
    (source / "a.csv").write_bytes(render(Day(FIRST + timedelta(days=16), seed=9))[0])
    assert run(source, tmp_path / "out", Here()).files["processed"] == 1
    both = results(tmp_path / "out")
    assert len(both) == 2
    assert both["a.json"] == first["a.json"]
    assert run(source, tmp_path / "out", Here()).files["skipped"] == 1


@pytest.mark.parametrize("foreign", [b"", b"{}", b"not ours"])
def test_a_foreign_file_in_the_way_stays_as_it_is(tmp_path: Path, foreign: bytes) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.json").write_bytes(foreign)
    assert run(source, tmp_path / "out", Here()).files["processed"] == 1
    assert results(tmp_path / "out")["a.json"] == foreign
    assert len(results(tmp_path / "out")) == 2
    assert run(source, tmp_path / "out", Here()).files["skipped"] == 1


def test_a_refused_file_is_told_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    one = Backfill(Here(), output, Profiles(), in_flight=4, report=lambda *_: None)
    summary = one.run(iter(inputs), Here())
    output.close()
    assert (summary.exit_code, summary.files["processed"], summary.files["left_behind"]) == (3, 1, 1)
    assert summary.left_behind[0].message == "no such file or directory"


@pytest.mark.parametrize(
    ("failure", "code"), [(WorkerDiedError, "worker_crashed"), (WorkerTimedOutError, "timed_out")]
)
def test_a_file_that_fails_its_workers_three_times_is_refused_alone(
    tmp_path: Path, failure: type[Exception], code: str
) -> None:
    source = archive(tmp_path / "in", ["a.csv", "b.csv", "c.csv"])
    engine = Here({b"a.csv": [failure("x")] * 3, b"b.csv": [failure("x")] * 2})
    summary = run(source, tmp_path / "out", engine)
    assert [(one.file, one.code) for one in summary.refused] == [("a.csv", code)]
    assert summary.files["processed"] == 2


def test_a_lost_engine_is_awaited_and_costs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "MAX_WAIT_SECONDS", 0.01)
    source = archive(tmp_path / "in", ["a.csv", *[f"b{number}.csv" for number in range(6)]])
    lost = {b"b%d.csv" % number: [PoolUnavailableError("gone")] * 3 for number in range(6)}
    summary = run(source, tmp_path / "out", Here(lost))
    assert (summary.exit_code, summary.files["processed"]) == (0, 7)


def test_an_engine_that_never_answers_ends_the_run(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    with pytest.raises(PoolUnavailableError):
        run(source, tmp_path / "out", Here({b"a.csv": [PoolUnavailableError("no scheduler")]}))


@pytest.mark.parametrize("wrong", [["absent.csv"], ["no/*/such.csv"], ["/dev/null"]])
def test_what_names_nothing_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    assert main([*wrong, "-o", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("processing: ")
    assert not (tmp_path / "out").exists()


def test_a_second_run_in_the_same_folder_exits_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    output = files.open_output(str(tmp_path / "out"))
    assert main([str(source), "-o", str(tmp_path / "out")]) == 3
    assert "another run writes in" in capsys.readouterr().err
    output.close()


def test_a_profile_of_the_configuration_applies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = archive(tmp_path / "in", ["roof/a.csv"])
    config = tmp_path / "own.toml"
    config.write_text("settle = 3\nmax_ivalid = 0.1\n[channels.voltage]\nmax = 24.0\n")
    assert main([str(source), "-o", str(tmp_path / "out"), "--config", str(config)]) == 0
    assert capsys.readouterr().err == f"processing: {config}: not used here: max_ivalid, settle\n"
    assert json.loads(results(tmp_path / "out")["roof/a.json"])["records_invalid"] > 0
    config.write_text("[channels.voltage]\nmost = 24.0\n")
    assert main([str(source), "-o", str(tmp_path / "out"), "--config", str(config)]) == 2


@pytest.mark.parametrize(
    ("line", "key"),
    [("[chanels.voltage]\nmax = 24.0", "chanels"), ("sentinals = [-1.0]", "sentinals")],
)
def test_an_unknown_table_or_list_of_the_configuration_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, key: str
) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    config = tmp_path / "own.toml"
    config.write_text(f"settle = 3\n{line}\n")
    assert main([str(source), "-o", str(tmp_path / "out"), "--config", str(config)]) == 2
    assert f"{key}: unknown key; allowed: channels" in capsys.readouterr().err


def test_a_configuration_that_is_nested_too_deeply_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    config = tmp_path / "own.toml"
    config.write_text("csv = " + "[" * 5_000)
    assert main([str(source), "-o", str(tmp_path / "out"), "--config", str(config)]) == 2
    assert capsys.readouterr().err == f"processing: {config}: no TOML: nested too deeply\n"


def test_an_error_that_nobody_expected_exits_3_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> None:
        raise LookupError("nobody expected this")

    source = archive(tmp_path / "in", ["a.csv"])
    monkeypatch.setattr("processing.__main__._process_all", defect)
    assert main([str(source), "-o", str(tmp_path / "out")]) == 3
    assert re.fullmatch(
        r"processing: unexpected LookupError at \S+:\d+: nobody expected this; .*\n", capsys.readouterr().err
    )


@pytest.mark.parametrize("out", ["data", "data/processed", "data/processed/roof", "link"])
def test_a_daemons_data_folder_is_refused_and_another_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    (tmp_path / "data" / ".watcher").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert main([str(source), "-o", str(tmp_path / out)]) == 2
    assert "write elsewhere, for example -o results" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "data").iterdir()] == [".watcher"]


def test_results_go_to_results_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path / "in", ["a.csv"])
    monkeypatch.chdir(tmp_path)
    assert main(["in"]) == 0
    assert list(results(tmp_path / "results")) == ["a.json"]


@pytest.mark.parametrize("arguments", [[""], ["in", ""], ["in", "-o", ""]])
def test_an_empty_path_exits_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    archive(tmp_path / "in", ["a.csv"])
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert "an empty path names nothing" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("url", [["s3://bucket/in"], ["in", "-o", "s3://bucket/out"]])
def test_a_url_without_its_library_exits_2_and_says_what_to_install(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    url: list[str],
) -> None:
    archive(tmp_path / "in", ["a.csv"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.delitem(sys.modules, "processing.batch.object_store", raising=False)
    monkeypatch.delattr(processing, "objects", raising=False)
    assert main(url) == 2
    assert "pip install -r requirements/cluster.txt" in capsys.readouterr().err


def command(source: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "processing", str(source), "-o", str(out), "--workers", "1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def some_written(out: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 20
    while not any(out.glob("*.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_killed_run_is_resumed_and_leaves_no_draft(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", [f"{number:03}.csv" for number in range(60)])
    out = tmp_path / "out"
    with command(source, out) as killed:
        some_written(out, killed)
        killed.kill()
    (out / ".tmp-backfill-left").write_text("half")
    begun = results(out)
    assert 0 < len(begun) < 60
    assert main([str(source), "-o", str(out), "--workers", "1"]) == 0
    assert len(results(out)) == 60
    assert {name: results(out)[name] for name in begun} == begun
    assert not list(out.glob(".tmp-*"))


def test_an_interrupted_run_says_what_it_did_and_exits_3(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", [f"{number:03}.csv" for number in range(60)])
    out = tmp_path / "out"
    with command(source, out) as interrupted:
        some_written(out, interrupted)
        interrupted.send_signal(signal.SIGINT)
        told = interrupted.communicate(timeout=20)[0]
    assert interrupted.returncode == 3, told
    summary = json.loads((out / "summary.json").read_bytes())
    assert summary["exit_code"] == 3
    assert 0 < summary["totals"]["processed"] == len(results(out)) < 60


def test_the_process_that_writes_never_loads_numpy_nor_what_urls_need() -> None:
    code = "import sys, processing.__main__; sys.exit(bool({'numpy', 'fsspec', 'jinja2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_name_that_the_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["Süd.csv"])
    done = subprocess.run(
        [sys.executable, "-m", "processing", str(source), "-o", str(tmp_path / "out")],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"S\\xfcd.csv: 288 rows")


def test_names_of_any_bytes_have_their_results(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    raw = os.path.join(os.fsencode(tmp_path / "in"), b"n\xff\n.csv")
    with open(raw, "wb") as stream:
        stream.write(DAY)
    assert run(tmp_path / "in", tmp_path / "out", Here()).files["processed"] == 1
    assert os.path.exists(os.path.join(os.fsencode(tmp_path / "out"), b"n\xff\n.json"))
    assert run(tmp_path / "in", tmp_path / "out", Here()).files["skipped"] == 1


@pytest.mark.parametrize(
    ("flag", "told"),
    [
        (("--workers", "none"), "argument --workers: 'none' is no whole number from 1 to 256"),
        (("--workers", "0"), "argument --workers: '0' is no whole number from 1 to 256"),
        (("--engine", "nowhere"), "argument --engine: 'nowhere' is no address such as tcp://10.0.0.5:8786"),
    ],
)
def test_a_wrong_value_of_a_flag_is_told_in_words(
    capsys: pytest.CaptureFixture[str], flag: tuple[str, str], told: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["x.csv", *flag])
    assert capsys.readouterr().err.endswith(f"{told}\n")
