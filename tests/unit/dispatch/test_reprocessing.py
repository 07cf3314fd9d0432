"""Reprocessing beside everything else that may happen to a file meanwhile."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processing.workers.attempts import WorkerDiedError
from tests.support.filing import file_all, findings
from tests.support.program import GOOD, Folder
from watcher import settings
from watcher.commands.prune import prune
from watcher.commands.retry import Outcome
from watcher.dispatch.reprocessing import Reprocessed, Reprocessing, ReprocessKind
from watcher.system.filesystem import FileSystem

DONE, UNCHANGED, NOT_DONE = ReprocessKind.PROCESSED, ReprocessKind.UNCHANGED, ReprocessKind.NOT_DONE
LOWER = "[channels.voltage]\nmax = 25.3\n"


class PoolHere:
    """A pool whose tasks run at once in this process; `before` and `after` happen around each of them."""

    def __init__(self) -> None:
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[], object] = lambda: None
        self.running = self.most = 0
        self.error: BaseException | None = None

    def submit(self, function: Callable[[Any], Any], task: Any, seconds: float | None = None) -> Future[Any]:
        assert seconds == 120, "the time limit of a file: it is sent alone"
        self.before()
        self.running += 1
        self.most = max(self.most, self.running)
        future: Future[Any] = _Counted(self)
        if self.error is None:
            future.set_result(function(task))
        else:
            future.set_exception(self.error)
        self.after()
        return future

    def shutdown(self) -> None: ...


class _Counted(Future[Any]):
    def __init__(self, pool: PoolHere) -> None:
        super().__init__()
        self._pool = pool

    def result(self, timeout: float | None = None) -> Any:
        self._pool.running -= 1
        return super().result(timeout)


class Place:
    """A data folder with filed files, and what processes them again."""

    def __init__(self, folder: Folder, *names: str) -> None:
        for name in names:
            folder.drop(name)
        file_all(folder)
        self.folder = folder
        self.root = folder.root
        config = folder.root.parent / "watcher.toml"
        config.write_text(LOWER)
        chosen = settings.load({"data_dir": str(folder.root), "config": str(config)}, {})
        self.pool = PoolHere()
        self.obstacle = ""
        self.work = Reprocessing(chosen, self.pool, 2, obstacle=lambda: self.obstacle)

    def run(self, *names: str) -> list[tuple[str, ReprocessKind, str]]:
        outcomes = self.work.run(map(os.fsencode, names))
        return [(os.fsdecode(each.name), each.kind, each.why) for each in outcomes]

    def prune(self) -> list[Outcome]:
        return list(prune(FileSystem(), os.fsencode(self.root), datetime.now(UTC) + timedelta(days=1)))


@pytest.fixture
def place(folder: Folder) -> Place:
    return Place(folder, "x.csv", "roof/y.csv")


def test_a_result_is_replaced_again_and_again_and_each_is_kept_once(place: Place) -> None:
    first = place.folder.document("processed/x.json")
    assert place.run("x.csv", "x.csv")[0][1] is DONE
    config = place.root.parent / "watcher.toml"
    for limit in (25.1, 25.3):
        config.write_text(f"[channels.voltage]\nmax = {limit}\n")
        chosen = settings.load({"data_dir": str(place.root), "config": str(config)}, {})
        (outcome,) = Reprocessing(chosen, place.pool, 2, obstacle=str).run([b"x.csv"])
        assert outcome.kind is DONE
        assert outcome.answer is not None
    kept = [place.folder.document(f"processed/.history/x.{number}.json") for number in (1, 2, 3)]
    assert [each["records_processed"] for each in kept] == [3, 2, 1]
    assert kept[0] == first
    now = place.folder.document("processed/x.json")
    assert now["first_processed_at"] == kept[2]["first_processed_at"] == first["processed_at"]
    assert findings(place.root) == []


def test_the_reason_of_an_earlier_rejection_stays_in_the_result(place: Place) -> None:
    path = place.root / "processed/x.json"
    document = json.loads(path.read_bytes()) | {"previous": {"attempts": 2}}
    path.write_text(json.dumps(document))
    place.run("x.csv")
    assert place.folder.document("processed/x.json")["previous"] == {"attempts": 2}


def test_a_file_that_is_pruned_while_it_is_processed_keeps_its_result(place: Place) -> None:
    place.pool.after = place.prune
    assert place.run("x.csv") == [("x.csv", NOT_DONE, "there is no such file in the archive")]
    assert place.folder.document("processed/x.json")["archived"] == "pruned"
    assert findings(place.root) == []


def test_a_file_that_was_pruned_and_sent_again_meanwhile_keeps_what_was_published(place: Place) -> None:
    def send_again() -> None:
        place.prune()
        place.folder.drop("x.csv")
        file_all(place.folder)

    place.pool.after = send_again
    assert place.run("x.csv")[0][1] in {DONE, NOT_DONE}
    assert findings(place.root) == []


def test_a_file_that_another_program_has_is_left_alone_by_both(place: Place) -> None:
    before = (place.root / "processed/x.json").read_bytes()
    with (place.root / "archive/x.csv").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert place.run("x.csv") == [("x.csv", NOT_DONE, "another program has the file at the moment")]
        problem = {outcome.name: outcome.problem for outcome in place.prune()}
        assert problem == {b"x.csv": "another program has the file at the moment", b"roof/y.csv": ""}
    assert (place.root / "processed/x.json").read_bytes() == before
    assert place.run("x.csv") == [("x.csv", DONE, "")]


def test_a_result_that_changes_meanwhile_is_not_replaced(place: Place) -> None:
    path = place.root / "processed/x.json"
    place.pool.after = lambda: path.write_bytes(path.read_bytes() + b"\n")
    assert place.run("x.csv") == [("x.csv", NOT_DONE, "its result was changed meanwhile")]
    assert not (place.root / "processed/.history").exists()


def test_age_counts_from_the_first_result(place: Place) -> None:
    path = place.root / "processed/x.json"
    document = json.loads(path.read_bytes()) | {"processed_at": "2025-02-01T00:00:00Z"}
    path.write_text(json.dumps(document))
    place.run("x.csv", "roof/y.csv")
    before = datetime.now(UTC) - timedelta(days=30)

    class Old(FileSystem):
        def stat(self, name: bytes, folder: int) -> os.stat_result:
            found = super().stat(name, folder)
            return os.stat_result((*found[:9], 0), {"st_ctime": 0.0, "st_ctime_ns": 0})

    assert list(prune(Old(), os.fsencode(place.root), before)) == [Outcome(b"x.csv")]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (WorkerDiedError("the worker process died (SIGKILL)"), "the worker process died (SIGKILL)"),
        (CancelledError(), "stopped before it was processed"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_a_failure_costs_one_file(place: Place, error: BaseException, why: str) -> None:
    place.pool.error = error
    assert place.run("x.csv") == [("x.csv", NOT_DONE, why)]
    place.pool.error = None
    assert place.run("x.csv", "roof/y.csv") == [("x.csv", DONE, ""), ("roof/y.csv", DONE, "")]


def test_nothing_is_begun_while_something_is_in_the_way(place: Place) -> None:
    place.obstacle = "the daemon is stopping"
    assert place.run("x.csv") == [("x.csv", NOT_DONE, "the daemon is stopping")]
    assert place.pool.most == 0


def test_a_pool_that_has_been_shut_down_does_nothing(place: Place) -> None:
    def refuse() -> None:
        raise RuntimeError("the pool is shut down")

    place.pool.before = refuse
    assert place.run("x.csv") == [("x.csv", NOT_DONE, "stopped before it was processed")]


def test_few_files_are_in_flight_at_a_time(folder: Folder) -> None:
    names = [f"{number}.csv" for number in range(9)]
    place = Place(folder, *names)
    assert [kind for _, kind, _ in place.run(*names)] == [DONE] * 9
    assert place.pool.most == 2


def test_outcomes_come_in_the_order_of_the_names(place: Place) -> None:
    none = ("none.csv", NOT_DONE, "there is no such file in the archive")
    assert place.run("x.csv", "none.csv", "roof/y.csv") == [
        ("x.csv", DONE, ""),
        none,
        ("roof/y.csv", DONE, ""),
    ]


def test_names_are_taken_as_they_are_needed(place: Place) -> None:
    taken = 0

    def names() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(100_000):
            taken += 1
            yield b"none.csv"

    outcomes = place.work.run(names())
    assert next(outcomes) == Reprocessed(b"none.csv", NOT_DONE, "there is no such file in the archive")
    assert taken == 1


ROOF = """
[fingerprint]
columns = ["timestamp", "voltage", "current", "temperature", "power"]
folder = "roof"

[channels.voltage]
max = 25.1
"""


def older(place: Place, *names: str, config: str = "") -> list[ReprocessKind]:
    """Reprocess what has an older profile, by the settings of this file."""
    path = place.root.parent / "watcher.toml"
    path.write_text(config)
    chosen = settings.load({"data_dir": str(place.root), "config": str(path)}, {})
    work = Reprocessing(chosen, place.pool, 2, obstacle=str)
    return [each.kind for each in work.run(map(os.fsencode, names), only_older=True)]


def test_a_result_of_the_same_profile_is_not_made_again(place: Place) -> None:
    place.pool.before = lambda: pytest.fail("it was processed")
    assert older(place, "x.csv", "roof/y.csv") == [UNCHANGED] * 2


def test_a_result_of_another_version_stays_if_its_profile_is_the_same(place: Place) -> None:
    path = place.root / "processed/x.json"
    record = json.loads(path.read_bytes()) | {"watcher_version": "0.0.1"}
    path.write_text(json.dumps(record))
    assert older(place, "x.csv") == [UNCHANGED]
    assert place.folder.document("processed/x.json") == record


def test_a_format_of_the_site_that_came_or_went_counts_as_another_profile(place: Place) -> None:
    path = place.root / "profiles/roof.toml"
    path.parent.mkdir()
    path.write_text(ROOF)
    assert older(place, "x.csv", "roof/y.csv") == [UNCHANGED, DONE]
    assert place.folder.document("processed/roof/y.json")["profile"]["format_name"] == "roof"
    assert place.folder.document("processed/roof/y.json")["records_processed"] == 1
    assert older(place, "x.csv", "roof/y.csv") == [UNCHANGED] * 2
    path.write_text(ROOF.replace("25.1", "25.3"))
    assert older(place, "x.csv", "roof/y.csv") == [UNCHANGED, DONE]
    path.unlink()
    assert older(place, "x.csv", "roof/y.csv") == [UNCHANGED, DONE]
    assert place.folder.document("processed/roof/y.json")["records_processed"] == 3


@pytest.mark.parametrize("key", ["[csv]\nmissing = ['x']", "[channels.power]\ncolumn = 'power'"])
def test_a_profile_that_says_how_to_read_the_file_takes_no_format(place: Place, key: str) -> None:
    assert older(place, "roof/y.csv", config=key) == [DONE]
    (place.root / "profiles").mkdir()
    (place.root / "profiles/roof.toml").write_text(ROOF)
    place.pool.before = lambda: pytest.fail("it was processed")
    assert older(place, "roof/y.csv", config=key) == [UNCHANGED]


@pytest.mark.parametrize("kind", ["link", "folder", "FIFO"])
def test_what_is_no_file_is_not_read(place: Place, kind: str) -> None:
    path = place.root / "archive/x.csv"
    path.unlink()
    if kind == "link":
        path.symlink_to(place.root / "archive/roof/y.csv")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert place.run("x.csv") == [("x.csv", NOT_DONE, "changed while it was read")]


def test_a_name_with_the_bytes_of_no_text_works(folder: Folder) -> None:
    name = os.fsdecode(b"\xff'\n.csv")
    place = Place(folder, name)
    assert place.run(name) == [(name, DONE, "")]
    assert (place.root / "archive" / name).read_bytes() == GOOD
