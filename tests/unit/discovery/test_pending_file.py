from __future__ import annotations

import pytest

from watcher.discovery.pending_file import PendingFile
from watcher.discovery.probe import Probe
from watcher.job import DeferralReason, Identity, Job, PresetRejection
from watcher.system.filesystem import Lease

FIRST = Identity(inode=1, size=10, mtime_ns=100, ctime_ns=100)
GROWN = Identity(inode=1, size=20, mtime_ns=200, ctime_ns=200)


def pending(settle: float = 1.0) -> PendingFile:
    return PendingFile(b"x.csv", seen_at=100.0, settle=settle)


@pytest.fixture
def file() -> PendingFile:
    return pending()


def probe(found: Identity = FIRST, *, lease: Lease = Lease.FREE, line_ended: bool = True) -> Probe:
    return Probe(found, lease=lease, line_ended=line_ended)


def test_the_first_probe_is_a_change_and_the_next_comes_after_the_settle_time(file: PendingFile) -> None:
    assert file.next_probe_at(FIRST, probe(), now=100.0) == 101.0
    assert (file.changed_at, file.why) == (100.0, "settling")


def test_a_file_is_stable_once_it_is_unchanged_for_the_settle_time(file: PendingFile) -> None:
    file.next_probe_at(FIRST, probe(), now=100.0)
    assert file.next_probe_at(FIRST, probe(), now=100.5) == 101.0
    assert file.next_probe_at(FIRST, probe(), now=101.0) is None


@pytest.mark.parametrize(
    ("doubtful", "reason"),
    [
        (probe(FIRST._replace(size=0)), DeferralReason.EMPTY),
        (probe(line_ended=False), DeferralReason.LINE_UNFINISHED),
        (probe(lease=Lease.UNKNOWN), DeferralReason.LEASE_UNKNOWN),
    ],
)
def test_a_file_that_may_be_incomplete_must_be_unchanged_ten_times_longer(
    file: PendingFile, doubtful: Probe, reason: DeferralReason
) -> None:
    file.next_probe_at(doubtful.identity, doubtful, now=100.0)
    assert file.next_probe_at(doubtful.identity, doubtful, now=109.5) == 110.0
    assert file.reason is reason
    assert file.next_probe_at(doubtful.identity, doubtful, now=110.0) is None


def test_a_file_that_is_written_to_is_not_stable(file: PendingFile) -> None:
    file.next_probe_at(FIRST, probe(), now=100.0)
    assert file.next_probe_at(FIRST, probe(lease=Lease.WRITTEN_TO), now=200.0) == 201.0
    assert file.reason is DeferralReason.OPEN_FOR_WRITING


def test_with_settle_0_or_after_a_rename_the_first_probe_is_enough() -> None:
    assert pending(settle=0.0).next_probe_at(FIRST, probe(lease=Lease.WRITTEN_TO), now=100.0) is None
    renamed = pending()
    renamed.renamed = True
    assert renamed.next_probe_at(FIRST, probe(), now=100.0) is None


def test_a_change_ends_the_attempts_and_the_rejection(file: PendingFile) -> None:
    rejection = PresetRejection("timed_out", "failed 3 times")
    file.requeue(Job(b"x.csv", FIRST, 50.0, 4, "", rejection), DeferralReason.TIMED_OUT, "")
    assert file.job() == Job(b"x.csv", FIRST, 50.0, 4, "", rejection)
    assert not file.update(GROWN, now=120.0)
    assert file.job() == Job(b"x.csv", GROWN, 50.0)


def test_the_attempts_of_a_job_are_dropped_if_its_file_has_changed_meanwhile(file: PendingFile) -> None:
    file.update(GROWN, now=110.0)
    file.requeue(Job(b"x.csv", FIRST, 50.0, attempt=2), DeferralReason.WORKER_CRASHED, "")
    assert file.job() == Job(b"x.csv", GROWN, 50.0)


@pytest.mark.parametrize(("field", "kept"), [("inode", (0, 100)), ("ctime_ns", (1, 0))])
def test_an_inode_or_ctime_that_changes_alone_twice_is_ignored(
    file: PendingFile, field: str, kept: tuple[int, int]
) -> None:
    unchanged = [file.update(FIRST._replace(**{field: value}), now=100.0) for value in (1_000, 2_000, 3_000)]
    assert unchanged == [False, False, True]
    assert (file.identity.inode, file.identity.ctime_ns) == kept


def test_a_file_is_blocked_after_three_failures_or_a_logged_error(file: PendingFile) -> None:
    assert not file.is_blocked
    file.failures = 3
    assert file.is_blocked
    file = pending()
    file.requeue(Job(b"x.csv", FIRST, 50.0, blocked="EIO"), DeferralReason.BLOCKED, "EIO")
    assert (file.is_blocked, file.why, file.unchanged_since) == (True, "blocked: EIO", 50.0)
