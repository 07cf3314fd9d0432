"""No crash, two deep, at any moment of any story breaks the promise: on a disk in memory."""

import errno
import itertools

import pytest

from tests.faults.disk import Persistence, Quirk
from tests.faults.explore import (
    Drop,
    Killed,
    Reprocess,
    Retry,
    Setup,
    Story,
    Work,
    explore,
    with_faults,
    with_writers,
)
from tests.faults.form import LONG

GOOD, BETTER, BAD = b"good\n", b"good, corrected\n", b"bad\n"

STORIES: dict[str, Story] = {
    "accepted": [Drop(b"x.csv", GOOD), Work()],
    "rejected": [Drop(b"x.csv", BAD), Work()],
    "unsynced": [Drop(b"x.csv", GOOD, synced=False), Work()],
    "unsynced and rejected": [Drop(b"x.csv", BAD, synced=False), Work()],
    "duplicate": [Drop(b"x.csv", GOOD), Work(), Drop(b"x.csv", GOOD), Work()],
    "corrected": [Drop(b"x.csv", BAD), Work(), Drop(b"x.csv", GOOD), Work()],
    "superseded": [Drop(b"x.csv", BAD), Work(), Drop(b"x.csv", BAD), Work()],
    "retried": [Drop(b"x.csv", BAD), Work(), Retry(b"x.csv"), Work()],
    "corrected after a retry": [
        Drop(b"x.csv", BAD, synced=False),  # its owner replaces it: it is not promised to survive
        Work(),
        Retry(b"x.csv"),
        Drop(b"x.csv", GOOD),
        Work(),
    ],
    "name taken": [Drop(b"x.csv", GOOD), Work(), Drop(b"x.csv", BETTER), Work()],
    "group": [Drop(b"x.csv", GOOD), Drop(b"y.csv", BAD), Drop(b"x.csv.gz", BETTER), Work()],
    "sub-folder": [Drop(b"device/x.csv", GOOD), Work()],
    "deep sub-folder": [Drop(b"a/b/x.csv", BAD), Work()],
    "reprocessed": [Drop(b"x.csv", GOOD), Work(), Reprocess(b"x.csv")],
    "reprocessed twice": [
        Drop(b"roof/x.csv", GOOD),
        Work(),
        Reprocess(b"roof/x.csv"),
        Reprocess(b"roof/x.csv"),
    ],
    "replaced before the start": [Drop(b"x.csv", GOOD, synced=False), Drop(b"x.csv", BETTER), Work()],
}
QUIRKS: dict[str, tuple[Quirk, ...]] = {
    "plain": (),
    "by link": (Quirk.NO_NOREPLACE,),
    "by checked rename": (Quirk.NO_NOREPLACE, Quirk.NO_LINK),
    "two devices": (Quirk.TWO_DEVICES,),
    "bind mounts": (Quirk.BIND_MOUNTS, Quirk.NO_NOREPLACE),
}
MOMENTS_LEAST, STATES_LEAST = 15, 7
WRITTEN_CALLS_LEAST = 4
STATES_MOST = 10**9 if LONG else 40
"""Of the second cut, and after a fault: beyond, samples."""
PAIRS = list(itertools.product(STORIES, QUIRKS))
SOME = PAIRS if LONG else PAIRS[::4]  # 4 and the number of quirks have no common factor: all are met


@pytest.mark.parametrize("persistence", Persistence)
@pytest.mark.parametrize("quirks", QUIRKS)
@pytest.mark.parametrize("story", STORIES)
def test_the_promise_holds_after_a_crash_at_any_moment(
    story: str, quirks: str, persistence: Persistence
) -> None:
    explored = explore(STORIES[story], Setup(persistence, QUIRKS[quirks]))
    assert explored.moments >= MOMENTS_LEAST
    assert explored.states >= STATES_LEAST


@pytest.mark.timeout(600)
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("persistence", Persistence)
@pytest.mark.parametrize("quirks", QUIRKS)
def test_the_promise_holds_while_the_commits_of_two_groups_overlap(
    quirks: str, persistence: Persistence, depth: int
) -> None:
    setup = Setup(persistence, QUIRKS[quirks], overlapping=True)
    explored = explore(STORIES["group"], setup, depth=depth, states_most=STATES_MOST)
    assert explored.states >= 2 * STATES_LEAST


@pytest.mark.parametrize("newer", [GOOD, BAD], ids=["good", "bad"])
@pytest.mark.parametrize("first", [BETTER, b"bad, first\n"], ids=["good", "bad"])
@pytest.mark.parametrize("quirks", QUIRKS)
def test_the_promise_holds_when_the_sender_replaces_the_file_between_a_crash_and_the_next_start(
    first: bytes, newer: bytes, quirks: str
) -> None:
    replaced = Drop(b"x.csv", first, synced=False)
    setup = Setup(Persistence.POSIX, QUIRKS[quirks], meanwhile=(Drop(b"x.csv", newer),))
    assert explore([replaced, Work()], setup).states >= STATES_LEAST


@pytest.mark.parametrize("newer", [b"good\n, the third", GOOD, BAD, b"bad, earlier\n"])
@pytest.mark.parametrize("first", [BETTER, b"bad, first\n"], ids=["good", "bad"])
@pytest.mark.parametrize("quirks", QUIRKS)
def test_the_promise_holds_when_a_file_under_a_taken_name_is_replaced_between_a_crash_and_the_next_start(
    first: bytes, newer: bytes, quirks: str
) -> None:
    story: Story = []
    for content in (GOOD, b"bad, earlier\n", first):  # each may be replaced: it was never promised
        story += [Drop(b"x.csv", content, synced=False), Work()]
    setup = Setup(Persistence.POSIX, QUIRKS[quirks], meanwhile=(Drop(b"x.csv", newer),))
    assert explore(story, setup).states >= STATES_LEAST


@pytest.mark.parametrize("persistence", Persistence)
@pytest.mark.parametrize("quirks", QUIRKS)
def test_a_result_can_be_replaced_again_after_a_crash_at_any_moment(
    quirks: str, persistence: Persistence
) -> None:
    again = (Reprocess(b"roof/x.csv"),)
    setup = Setup(persistence, QUIRKS[quirks], again=again)
    assert explore(STORIES["reprocessed twice"], setup).states >= STATES_LEAST


@pytest.mark.timeout(600)
@pytest.mark.parametrize("persistence", Persistence)
@pytest.mark.parametrize(("story", "quirks"), SOME)
def test_the_promise_holds_after_a_second_crash_at_any_moment(
    story: str, quirks: str, persistence: Persistence
) -> None:
    setup = Setup(persistence, QUIRKS[quirks])
    explored = explore(STORIES[story], setup, depth=2, states_most=STATES_MOST)
    assert explored.states >= 2 * STATES_LEAST


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("story", "quirks"), SOME)
def test_the_promise_holds_when_any_call_fails_and_the_power_goes_later(story: str, quirks: str) -> None:
    fault = OSError(errno.EIO, "an I/O error")
    for overlapping in {False, story == "group"}:
        setup = Setup(Persistence.POSIX, QUIRKS[quirks], overlapping=overlapping)
        assert with_faults(STORIES[story], setup, fault, states_most=STATES_MOST) >= MOMENTS_LEAST


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("story", "quirks"), SOME)
def test_the_promise_holds_when_the_daemon_is_killed_and_the_power_goes_later(
    story: str, quirks: str
) -> None:
    setup = Setup(Persistence.POSIX, QUIRKS[quirks])
    assert with_faults(STORIES[story], setup, Killed(), states_most=STATES_MOST) >= MOMENTS_LEAST


WRITTEN = [pair for pair in PAIRS if pair[0] not in {"retried", "reprocessed", "reprocessed twice"}]


@pytest.mark.parametrize(("story", "quirks"), WRITTEN)
def test_no_writer_that_opens_at_any_call_loses_a_byte(story: str, quirks: str) -> None:
    setup = Setup(Persistence.JOURNAL, QUIRKS[quirks])
    assert with_writers(STORIES[story], setup) >= WRITTEN_CALLS_LEAST


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("story", "quirks"), WRITTEN if LONG else WRITTEN[::7])
def test_no_writer_loses_a_byte_when_the_daemon_is_killed_beside_it(story: str, quirks: str) -> None:
    setup = Setup(Persistence.JOURNAL, QUIRKS[quirks], meanwhile=(Drop(b"x.csv", b"good\n, the third"),))
    assert with_writers(STORIES[story], setup, kill=True) >= WRITTEN_CALLS_LEAST


@pytest.mark.parametrize("story", ["duplicate", "superseded"])
def test_a_copy_with_an_unknown_lease_is_removed_after_a_time_without_changes(
    story: str,
) -> None:
    setup = Setup(Persistence.JOURNAL, (Quirk.NO_LEASE,))
    assert with_writers(STORIES[story], setup, late=False) >= WRITTEN_CALLS_LEAST
