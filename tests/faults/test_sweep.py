"""Each call of the daemon that changes the folders meets each fault; the next run leaves no trace of it."""

from __future__ import annotations

import errno
import mmap
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.faults.data import (
    OTHER,
    SECOND_DROPS,
    but_for_attempts,
    end_state,
    first_drops,
    second_drops,
)
from tests.faults.form import LONG
from tests.support.filing import findings
from tests.support.program import ROOT, Folder, Runs, clean_environ

KINDS = {
    "kill": "kill",
    "crash": "crash",
    "EIO": str(errno.EIO),
    "ENOSPC": str(errno.ENOSPC),
    "short": "short",
}
APPENDED = b"2026-01-15T12:15:00,25.6,4.3,30.6,110.1\n"
SAMPLES = 10**9 if LONG else 3
"""How many calls of a kind are tried; every so-many-th."""
WRITER_SAMPLES = 10**9 if LONG else 10
CALLS_LEAST = dict.fromkeys(KINDS, 40) | {"short": 4}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preloaded library, compiled."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (Debian: gcc and libc6-dev): no call can be made to fail")
    built = tmp_path_factory.mktemp("library") / "nth_call.so"
    source = Path(__file__).parent / "nth_call.c"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", built, source, "-ldl"], check=True)
    return built


class Met(NamedTuple):
    """How many calls there were, and which one met the fault, if any."""

    calls: int
    name: str
    count: int
    """How often it did, or how many files a writer opened."""


class Fault:
    """A fault at one call of a program that changes a data folder."""

    def __init__(self, library: Path, data: Path, state: Path, kind: str, at: int) -> None:
        self._state = state
        state.write_bytes(bytes(mmap.PAGESIZE))
        self.environ = {
            "LD_PRELOAD": str(library),
            "FAULT_DIR": str(data),
            "FAULT_STATE": str(state),
            "FAULT_KIND": kind,
            "FAULT_AT": str(at),
            "FAULT_WRITERS": ":".join(str(data / "incoming" / name) for name in SECOND_DROPS),
            "FAULT_ROW": APPENDED.decode(),
        }

    def met(self) -> Met:
        """Return what met it."""
        calls, fired = struct.unpack_from("LL", self._state.read_bytes())
        name = self._state.read_bytes()[16:64].split(b"\0")[0].decode()
        return Met(calls, name if fired else "", fired)


class Sweep:
    """One folder to begin with, again and again."""

    def __init__(self, root: Path, library: Path, runs: Runs) -> None:
        self._root = root
        self._library = library
        self._runs = runs
        self._begin = Folder(root / "begin")
        first_drops(self._begin)
        runs.once(self._begin)
        second_drops(self._begin)

    def run(self, kind: str, at: int) -> tuple[Met, Path]:
        """Run once with the fault; return what met it, and the folder."""
        data = self._root / "data"  # always the same: printed commands name it
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self._begin.root, data)
        fault = Fault(self._library, data, self._root / "state", kind, at)
        self._runs.start(Existing(data), "--once", **fault.environ).wait()
        return fault.met(), data

    def restart(self, data: Path) -> dict[str, Any]:
        """Run once without a fault; return what that leaves."""
        self._runs.once(Existing(data))
        left = end_state(data)
        assert findings(data) == []
        self.appended = sum(path.read_bytes().count(APPENDED) for path in moved_inputs(data))
        shutil.rmtree(data)
        return left


def moved_inputs(data: Path) -> list[Path]:
    """Return the inputs that were moved."""
    return [*(data / "archive").rglob("*.csv"), *(data / "quarantine").rglob("*.csv")]


class Existing(Folder):
    """A data folder that is there already."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory, library: Path, module_runs: Runs) -> Sweep:
    return Sweep(tmp_path_factory.mktemp("sweep"), library, module_runs)


@pytest.fixture(scope="module")
def undisturbed(sweep: Sweep) -> dict[str, Any]:
    return sweep.restart(sweep.run("none", 0)[1])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_at_any_call_leaves_a_trace(kind: str, sweep: Sweep, undisturbed: dict[str, Any]) -> None:
    calls = sweep.run(KINDS[kind], 0)[0].calls
    assert calls >= CALLS_LEAST[kind]
    fired = []
    for at in range(1, calls + 1, 1 + calls // SAMPLES):
        met, data = sweep.run(KINDS[kind], at)
        fired.append(met.name)
        left = sweep.restart(data)
        assert but_for_attempts(left) == but_for_attempts(undisturbed), f"{kind} at call {at}, {met.name}"
        assert left.keys() >= undisturbed.keys()
    assert len([name for name in fired if name]) >= 0.8 * len(fired)


@pytest.mark.timeout(1800)
def test_no_writer_that_opens_before_any_call_loses_a_row(sweep: Sweep) -> None:
    calls = sweep.run("none", 0)[0].calls
    opened = 0
    for at in range(1, calls + 1, 1 + calls // WRITER_SAMPLES):
        met, data = sweep.run("writer", at)
        sweep.restart(data)
        assert sweep.appended == met.count, f"a writer at call {at}, {met.name}"
        opened += met.count
    assert opened >= len(SECOND_DROPS)


class ReprocessSweep:
    """A folder with two results that are to be replaced, again and again."""

    def __init__(self, root: Path, library: Path, runs: Runs) -> None:
        self._root = root
        self._library = library
        self._begin = Folder(root / "begin")
        first_drops(self._begin)
        self._begin.drop("dev1/good.csv", OTHER)
        runs.once(self._begin)
        self.old = self.results(self._begin.root)
        self._config = root / "watcher.toml"
        self._config.write_text("[channels.voltage]\nmax = 25.1\n")
        _, data = self.run("none", 0)
        self.new = self.results(data)
        self.calls = self.run("none", 0)[0].calls

    def run(self, kind: str, at: int) -> tuple[Met, Path]:
        """Reprocess all files with the fault; return what met it, and the folder."""
        data = self._root / f"{kind}-{at}"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self._begin.root, data)
        fault = Fault(self._library, data, self._root / "state", kind, at)
        self.again(data, fault.environ)
        return fault.met(), data

    def again(self, data: Path, environ: dict[str, str]) -> int:
        """Reprocess all files; return the exit code."""
        flags = ["--data-dir", str(data), "--config", str(self._config), "--workers", "1", "--all"]
        command = [sys.executable, "-m", "watcher", "reprocess", *flags]
        environ = clean_environ() | environ
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False).returncode

    def results(self, data: Path) -> dict[str, Any]:
        """Return each result without its times, those of the history too."""
        state = end_state(data)
        return {name: each for name, each in state.items() if re.match(r"processed/.*[.]json$", name)}


@pytest.fixture(scope="module")
def reprocess_sweep(
    tmp_path_factory: pytest.TempPathFactory, library: Path, module_runs: Runs
) -> ReprocessSweep:
    return ReprocessSweep(tmp_path_factory.mktemp("reprocess"), library, module_runs)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_at_any_call_of_reprocess_loses_a_result(kind: str, reprocess_sweep: ReprocessSweep) -> None:
    sweep = reprocess_sweep
    assert len(sweep.new) == 2 * len(sweep.old) == 4
    calls = sweep.run(KINDS[kind], 0)[0].calls
    assert calls >= (2 if kind == "short" else 20)
    fired = []
    for at in range(1, calls + 1, 1 + calls // (2 * SAMPLES)):
        met, data = sweep.run(KINDS[kind], at)
        fired.append(met.name)
        when = f"{kind} at call {at}, {met.name}"
        assert findings(data) == [], when
        for name, result in sweep.results(data).items():
            assert result in (sweep.old.get(name), sweep.new[name]), f"{when}: {name}"
            if name in sweep.old and result != sweep.old[name]:
                kept = name.replace("processed/", "processed/.history/").replace(".json", ".1.json")
                assert sweep.results(data)[kept] == sweep.old[name], when
        assert sweep.again(data, {}) == 0, when
        assert sweep.results(data) == sweep.new, when
        shutil.rmtree(data)
    assert len([name for name in fired if name]) >= 0.8 * len(fired)
