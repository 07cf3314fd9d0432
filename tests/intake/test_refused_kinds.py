"""FIFOs and links beside a CSV: never opened, never followed, and in nobody's way."""

from __future__ import annotations

import os
from pathlib import Path

from tests.intake.story import day, running


def test_fifos_and_links_neither_delay_a_csv_nor_leak_their_target(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("root:$6$nobody-may-see-this:19000:0:99999:7:::\n")
    with running(tmp_path, "--settle=0.3") as story:
        for number in range(20):
            os.mkfifo(story.incoming / f"fifo{number}.csv")
        for number in range(200):
            (story.incoming / f"link{number}.csv").symlink_to(secret)
        (story.incoming / "folder.csv").mkdir()
        story.drop("x.csv")
        story.wait_filed("x.csv")
        story.wait_for(lambda: len(story.said("file.ignored")) == 220)
        assert story.stop() == 0
        assert (story.data / "archive/x.csv").read_text() == day()
        assert story.filed() == {"x.csv": 1}
        assert len(list(story.incoming.iterdir())) == 221
        assert b"nobody-may-see-this" not in written(story.data) + repr(story.lines).encode()


def written(data: Path) -> bytes:
    files = [path for path in data.rglob("*") if path.is_file() and not path.is_symlink()]
    return b"".join(path.read_bytes() for path in files)
