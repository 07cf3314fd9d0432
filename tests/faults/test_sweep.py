"""Each call of the daemon that changes the folders meets each fault; the next run leaves no trace of it."""

from __future__ import annotations

import errno
import mmap
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.faults.data import SECOND_DROPS, but_for_attempts, end_state, findings, first_drops, second_drops
from tests.faults.form import LONG
from tests.support.program import Folder, Runs

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
        data = self._root / f"{kind}-{at}"
        shutil.copytree(self._begin.root, data)
        state = self._root / "state"
        state.write_bytes(bytes(mmap.PAGESIZE))
        environ = {
            "LD_PRELOAD": str(self._library),
            "FAULT_DIR": str(data),
            "FAULT_STATE": str(state),
            "FAULT_KIND": kind,
            "FAULT_AT": str(at),
            "FAULT_WRITERS": ":".join(str(data / "incoming" / name) for name in SECOND_DROPS),
            "FAULT_ROW": APPENDED.decode(),
        }
        self._runs.start(Existing(data), "--once", **environ).wait()
        calls, fired = struct.unpack_from("LL", state.read_bytes())
        name = state.read_bytes()[16:64].split(b"\0")[0].decode()
        return Met(calls, name if fired else "", fired), data

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
