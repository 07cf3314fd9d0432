"""The watched folder goes away under the daemon, in every way known, and nothing dropped is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake.story import PRIVATE_MOUNTS, Story, day, running, skip_unless_works

FLAGS = ("--settle=0.2", "--workers=1", "--scan-interval=2")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with running(tmp_path, *FLAGS) as story:
        yield story


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A daemon whose folder goes away in one test after another."""
    with running(tmp_path_factory.mktemp("lasting"), *FLAGS) as story:
        yield story


@pytest.fixture
def mounting(tmp_path: Path) -> Iterator[Story]:
    skip_unless_works(*PRIVATE_MOUNTS, "mount", "-t", "tmpfs", "none", str(tmp_path))
    with running(tmp_path, *FLAGS, prefix=PRIVATE_MOUNTS) as story:
        yield story


def check_recovered(story: Story, *names: str) -> None:
    """The files that were dropped meanwhile are filed, and events work again."""
    story.wait_filed(*names)
    after = f"after-{Path(names[-1]).name}" if names else "after.csv"
    story.move_in(after, day(first=99))
    story.wait_filed(after)
    assert set(story.filed().values()) == {1}


def test_deleted_and_made_again(lasting: Story) -> None:
    lasting.incoming.rmdir()
    lasting.incoming.mkdir()
    lasting.drop("deleted.csv")
    check_recovered(lasting, "deleted.csv")


def test_renamed_away_with_a_new_one_in_place(lasting: Story) -> None:
    lasting.incoming.rename(lasting.data / "away")
    lasting.incoming.mkdir()
    lasting.drop("dev/renamed.csv")
    check_recovered(lasting, "dev/renamed.csv")


def test_a_folder_of_folders_moved_in(lasting: Story) -> None:
    outside = lasting.data / "outside"
    for number in range(20):
        path = outside / f"device/{number}/deep/x.csv"
        path.parent.mkdir(parents=True)
        path.write_text(day(first=number))
    (outside / "device").rename(lasting.incoming / "device")
    check_recovered(lasting, *(f"device/{number}/deep/x.csv" for number in range(20)))


@pytest.mark.long
def test_gone_for_some_time(story: Story) -> None:
    story.incoming.rmdir()
    story.wait_for(lambda: story.said("watch.degraded"))
    story.incoming.mkdir()
    story.drop("x.csv")
    check_recovered(story, "x.csv")
    assert len(story.said("watch.degraded")) == 1


@pytest.mark.long
def test_swapped_again_and_again(story: Story) -> None:
    for number in range(8):
        story.incoming.rename(story.data / f"away{number}")
        story.incoming.mkdir()
        story.drop(f"{number}.csv", day(first=number))
        story.wait_filed(f"{number}.csv")
    assert set(story.filed().values()) == {1}


@pytest.mark.long
def test_unmounted(mounting: Story) -> None:
    incoming = str(mounting.incoming)
    mounting.in_namespace("mount", "-t", "tmpfs", "none", incoming)
    mounting.wait_for(lambda: mounting.said("watch.rearmed"))
    seen = len(mounting.said("watch.rearmed"))
    mounting.in_namespace("umount", incoming)
    mounting.drop("x.csv")
    check_recovered(mounting, "x.csv")
    mounting.wait_for(lambda: len(mounting.said("watch.rearmed")) > seen)


@pytest.mark.long
def test_mounted_over(mounting: Story, tmp_path: Path) -> None:
    below = mounting.data / "other"
    below.mkdir()
    mounting.in_namespace("mount", "--bind", str(below), str(mounting.incoming))
    (below / "x.csv").write_text(day())
    mounting.wait_filed("x.csv")
    (below / "y.csv").write_text(day(first=5))
    mounting.wait_filed("y.csv")


@pytest.mark.long
def test_a_device_folder_mounted_and_unmounted(mounting: Story) -> None:
    folder = mounting.incoming / "dev"
    folder.mkdir()
    below = mounting.data / "other"
    below.mkdir()
    mounting.in_namespace("mount", "--bind", str(below), str(folder))
    (below / "x.csv").write_text(day())
    mounting.wait_filed("dev/x.csv")
    mounting.in_namespace("umount", str(folder))
    (folder / "y.csv").write_text(day(first=5))
    mounting.wait_filed("dev/y.csv")


@pytest.mark.long
def test_a_link_retargeted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("one", "two"):
        (data / name).mkdir(parents=True)
    (data / "incoming").symlink_to("one")
    with running(tmp_path, *FLAGS) as story:
        story.move_in("x.csv")
        story.wait_filed("x.csv")
        (data / "new").symlink_to("two")
        (data / "new").rename(data / "incoming")
        story.drop("y.csv", day(first=5))
        check_recovered(story, "y.csv")


@pytest.mark.long
def test_made_unreadable_and_readable_again(tmp_path: Path) -> None:
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    skip_unless_works(*bound, "true")
    with running(tmp_path, *FLAGS, prefix=bound) as story:
        story.incoming.chmod(0)
        story.wait_for(lambda: story.said("watch.degraded"))
        if os.geteuid() == 0:  # an ordinary user cannot write there either
            story.drop("x.csv")
        story.incoming.chmod(0o755)
        check_recovered(story, *(["x.csv"] if os.geteuid() == 0 else []))


@pytest.mark.long
def test_no_inotify_watch_left(tmp_path: Path) -> None:
    none_left = 'echo 0 > /proc/sys/user/max_inotify_watches; exec "$@"'
    prefix = ["unshare", "-U", "-r", "sh", "-c", none_left, "sh"]
    skip_unless_works(*prefix, "true")
    with running(tmp_path, *FLAGS, prefix=prefix) as story:
        story.wait_for(lambda: story.said("watch.degraded"))
        story.drop("x.csv")
        story.drop("dev/y.csv", day(first=5))
        story.wait_filed("x.csv", "dev/y.csv")


@pytest.mark.long
def test_a_watch_thread_that_dies_at_every_third_event(tmp_path: Path) -> None:
    """A stand-in for the interpreter's start raises in watchdog's thread, as a bug there would."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(DYING)
    with running(tmp_path, *FLAGS, env={"PYTHONPATH": str(site)}) as story:
        for number in range(6):
            story.drop(f"{number}.csv", day(first=number))
            story.wait_filed(f"{number}.csv")
        story.wait_for(lambda: story.said("watch.rearmed"))
        assert any("thread has died" in line["reason"] for line in story.said("watch.rearmed"))
        assert set(story.filed().values()) == {1}


DYING = """
import itertools
from watchdog.observers.inotify_c import InotifyFD
events, handle = itertools.count(1), InotifyFD.handle_event
def dying(self, event):
    if next(events) % 3 == 0:
        raise RuntimeError("made to die")
    handle(self, event)
InotifyFD.handle_event = dying
"""
