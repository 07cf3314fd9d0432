from __future__ import annotations

from pathlib import Path

import pytest

from watcher.job import DeferralReason, Identity, file_fields


def test_a_name_is_logged_in_base64_too_only_if_its_text_is_ambiguous() -> None:
    assert file_fields(b"roof/a.csv") == {"file": "roof/a.csv"}
    assert file_fields(b"\xff.csv") == {"file": "\\xff.csv", "file_b64": "/y5jc3Y="}


def test_an_identity_matches_one_state_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("a")
    identity = Identity.of(path.stat())
    assert identity.matches(path.stat())
    path.write_text("ab")
    assert not identity.matches(path.stat())


def test_after_a_move_the_ctime_is_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("a")
    identity = Identity.of(path.stat())._replace(ctime_ns=1)
    assert not identity.matches(path.stat())
    assert identity.matches(path.stat(), moved=True)


def test_an_inode_or_ctime_of_0_is_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("a")
    assert Identity.of(path.stat())._replace(inode=0, ctime_ns=0).matches(path.stat())


@pytest.mark.parametrize(
    ("reason", "detail", "text"),
    [
        (DeferralReason.NOT_STABLE, "", "settling"),
        (DeferralReason.UNREADABLE, "EACCES", "unreadable: EACCES"),
        (DeferralReason.BLOCKED, "EIO: Input/output error", "blocked: EIO: Input/output error"),
        (DeferralReason.FAULT, "ENOSPC: No space left on device", "ENOSPC: No space left on device"),
        (DeferralReason.WORKER_CRASHED, "", "worker_crashed"),
    ],
)
def test_a_reason_is_shown_with_its_detail_and_a_fault_by_its_detail_alone(
    reason: DeferralReason, detail: str, text: str
) -> None:
    assert reason.text(detail) == text
