"""Fixtures that run the program as a real process; one that outlives its test fails it."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import program
from tests.support.program import OTHER_UID, ROOT, Folder, Runs, modes_bind, no_root, without_privileges

with contextlib.suppress(
    ImportError
):  # the environments of the oracles and of the cluster have no hypothesis
    from hypothesis import settings

    # The same examples each time: a change answers for itself. `make test-long` asks for many new ones.
    examples = int(os.environ.get("PROPERTY_EXAMPLES", "0"))
    settings.register_profile(
        "tests",
        max_examples=examples or 15,
        derandomize=not examples,
        deadline=None,  # a busy machine may be slow at any example
    )
    settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Let no wait outlast its test, and keep foreign settings from the programs that tests start.

    Those are the settings of this shell and a CI runner's own files. The programs are hundreds of processes:
    without compiled modules each would compile the whole program again, and the threads that numpy's library
    starts take a third of the time that its import takes.
    """
    if limit := config.getoption("timeout", None):
        program.SECONDS = limit * 5 / 6  # a wait that fails says what it waited for
    foreign = ("WATCHER_", "GITHUB_", "PYTHONDONTWRITEBYTECODE")
    for name in [name for name in os.environ if name.startswith(foreign)]:
        del os.environ[name]
    sys.dont_write_bytecode = False
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import all test modules in each worker of a run of all tests, and begin with others in each.

    In a fresh clone each worker then compiles a part of them. They are collected in one order: all workers
    would compile all of them at the same time.
    """
    config = session.config
    if config.pluginmanager.has_plugin("dsession"):  # the workers collect
        return
    gc.disable()  # until the tests are collected: nothing of them is garbage, and it was a third of that time
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args != config.getini("testpaths"):
        return
    modules = sorted(ROOT.glob("tests/**/test_*.py"))
    first = len(modules) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for module in modules[first:] + modules[:first]:
        parts = module.relative_to(ROOT).with_suffix("").parts
        with contextlib.suppress(Exception, pytest.skip.Exception):  # collecting it raises them again
            importlib.import_module(".".join(parts))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Make all but some combinations of the parameters of a `crossed` test long.

    Each value of each parameter stays in the quick suite.
    """
    for item in items:
        if item.get_closest_marker("crossed") is not None and not has_turn(item):
            item.add_marker(pytest.mark.long)


def has_turn(item: pytest.Function) -> bool:
    """Return whether the values of all parameters have the same place, if shorter lists are repeated."""
    axes: list[tuple[int, int]] = []
    for names, values in (mark.args for mark in item.iter_markers("parametrize")):
        several = names.replace(" ", "").split(",") if isinstance(names, str) else names
        given = [id(item.callspec.params[name]) for name in several]
        rows = [[*map(id, each)] if len(several) > 1 else [id(each)] for each in values]
        axes.append((rows.index(given), len(rows)))
    turns = range(max(length for _, length in axes))
    return any(all(place == turn % length for place, length in axes) for turn in turns)


def pytest_collection_finish() -> None:
    """Keep what was collected from the garbage collections while tests run."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return three workers for two processors: some tests wait, and each worker collects all of them."""
    return -(-3 * (os.cpu_count() or 1) // 2)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A data folder with incoming alone."""
    return Folder(tmp_path / "data")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A data folder for all tests of a module."""
    return Folder(tmp_path_factory.mktemp("watched") / "data")


@pytest.fixture
def runs() -> Iterator[Runs]:
    """What starts the program."""
    runs = Runs()
    yield runs
    left = runs.end()
    assert not left, f"outlived the test: {left}"


@pytest.fixture(scope="module")
def module_runs() -> Iterator[Runs]:
    """What starts the program for all tests of a module."""
    runs = Runs()
    yield runs
    left = runs.end()
    assert not left, f"outlived the tests: {left}"


@pytest.fixture
def as_ordinary_user(tmp_path: Path) -> tuple[str, ...]:
    """What goes before a command so that file modes bind it."""
    prefix = without_privileges()
    if not modes_bind(prefix, tmp_path):
        pytest.skip(
            "cannot run a command that file modes bind: no setpriv here, or it may not drop privileges"
        )
    return prefix


@pytest.fixture
def folder_of_another_user() -> Iterator[Folder]:
    """A data folder that an ordinary user can reach and owns."""
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root) / "data")
        if no_root():
            for path in (Path(root), folder.root, folder.incoming):
                os.chown(path, OTHER_UID, OTHER_UID)
        yield folder


@pytest.fixture
def failing_list() -> Callable[[Path, str], tuple[str, ...]]:
    """Return what goes before a command so that its threads fail to list a folder: EIO.

    The second word says which calls of each thread fail: `1` the first alone, `1+` all.
    """
    strace = ("strace", "-D", "-f", "-qq", "-o", "/dev/null")
    try:
        works = subprocess.run([*strace, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        works = False
    if not works:
        pytest.skip("cannot inject a fault: no strace here, or it may not trace")
    trace = ("-e", "trace=getdents64", "-e")
    return lambda folder, when: (
        *strace,
        "-P",
        str(folder),
        *trace,
        f"inject=getdents64:error=EIO:when={when}",
    )


@pytest.fixture
def second_user() -> tuple[str, ...]:
    """What goes before a command so that it runs under another account than this process's."""
    prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    try:
        works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        works = False
    if not works or os.geteuid() == 65534:
        pytest.skip("cannot run a command under another account: no setpriv here, or it may not change users")
    return prefix
