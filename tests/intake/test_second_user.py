"""A logger under another account than the daemon's, which may not ask the kernel who writes its files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.intake.story import Story, day, running, skip_unless_works

LINES = day(rows=4).splitlines(keepends=True)
HOLDS_OPEN = 'exec >> "$0"; for line; do printf %s "$line"; sleep 0.5; done'
OPENS_ANEW = 'for line; do printf %s "$line" >> "$0"; sleep 0.3; done'


def writing_as(
    second_user: tuple[str, ...], story: Story, program: str, name: str = "x.csv"
) -> subprocess.Popen[bytes]:
    """Start to write LINES; the name is relative, for the second user may not pass the folders above."""
    return subprocess.Popen([*second_user, "sh", "-c", program, name, *LINES], cwd=story.incoming)


def test_files_that_another_account_writes_are_filed_whole(
    tmp_path: Path, as_ordinary_user: tuple[str, ...], second_user: tuple[str, ...]
) -> None:
    with running(tmp_path, "--settle=0.2", "--workers=1", prefix=[*as_ordinary_user]) as story:
        story.incoming.chmod(0o777)
        opens_anew = writing_as(second_user, story, OPENS_ANEW, "anew.csv")
        holds_open = writing_as(second_user, story, HOLDS_OPEN, "held.csv")
        assert opens_anew.wait() == holds_open.wait() == 0
        story.wait_filed("anew.csv", "held.csv")
        for name in ("anew.csv", "held.csv"):
            assert (story.data / "archive" / name).read_text() == "".join(LINES)
        assert [line["seconds"] for line in story.said("file.lease_unknown")] == [2]
        story.wait_for(lambda: "they wait ten times `settle`" in story.status())


@pytest.mark.long
def test_with_settle_0_a_file_of_another_account_is_taken_at_once(
    tmp_path: Path, as_ordinary_user: tuple[str, ...], second_user: tuple[str, ...]
) -> None:
    with running(tmp_path, "--settle=0", "--scan-interval=3600", prefix=[*as_ordinary_user]) as story:
        story.incoming.chmod(0o777)
        subprocess.run(
            [*second_user, "sh", "-c", 'printf %s "$1" > .x; mv .x x.csv', "", day()],
            cwd=story.incoming,
            check=True,
        )
        story.wait_filed("x.csv")  # no scan finds it


def test_with_cap_lease_a_file_of_another_account_waits_for_its_writer_and_no_longer(
    tmp_path: Path, second_user: tuple[str, ...]
) -> None:
    cap_lease = ["setpriv", "--bounding-set=-all,+lease", "--inh-caps=-all,+lease"]
    skip_unless_works(*cap_lease, "sh", "-c", "grep -q '^CapEff:\t0*10000000$' /proc/self/status")
    with running(tmp_path, "--settle=0.3", "--workers=1", prefix=cap_lease) as story:
        story.incoming.chmod(0o777)
        assert writing_as(second_user, story, HOLDS_OPEN).wait() == 0
        story.wait_filed("x.csv")
        assert (story.data / "archive/x.csv").read_text() == "".join(LINES)
        assert not story.said("file.lease_unknown")
