"""Every way of writing a file that is in use: each file is taken once, and whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.intake.story import HEADER, REPOSITORY, Story, day, running, sha256, skip_unless_works

APPENDER = """
import sys, time
path, lines, pause, held = sys.argv[1], sys.argv[2].split(";"), float(sys.argv[3]), sys.argv[4] == "held"
file = open(path, "a")
for line in lines:
    file.write(line)
    file.flush()
    if not held:
        file.close()
    time.sleep(pause)
    if not held:
        file = open(path, "a")
"""
MAPPER = """
import mmap, sys, time
text = sys.argv[2].encode()
with open(sys.argv[1], "w+b") as file:
    file.truncate(len(text))
    mapped = mmap.mmap(file.fileno(), len(text))
for at in range(0, len(text), 100):
    mapped[at:at + 100] = text[at:at + 100]
    time.sleep(0.2)
mapped.close()
"""


def write_by(program: str, *words: str) -> None:
    subprocess.run([sys.executable, "-c", program, *words], check=True)


def check_taken_once_and_whole(story: Story, *names: str, text: str) -> None:
    story.wait_filed(*names)
    assert story.filed() == dict.fromkeys(names, 1)
    for name in names:
        assert (story.data / "archive" / name).read_text() == text
    assert {line["rows_total"] for line in story.said("file.processed")} == {text.count("\n") - 1}


@pytest.mark.long
def test_a_copy_beside_a_rename_and_a_link(tmp_path: Path) -> None:
    with running(tmp_path, "--settle=0.3") as story:
        (tmp_path / "source").write_text(day())
        subprocess.run(["cp", tmp_path / "source", story.incoming / "copied.csv"], check=True)
        os.link(tmp_path / "source", story.incoming / "linked.csv")
        subprocess.run(["mv", tmp_path / "source", story.incoming / "moved.csv"], check=True)
        check_taken_once_and_whole(story, "copied.csv", "linked.csv", "moved.csv", text=day())


@pytest.mark.long
def test_a_cut_file_that_is_renamed_in_waits_for_its_rest(tmp_path: Path) -> None:
    """`rsync --partial` leaves what an interrupted transfer got under the file's own name."""
    text = day()
    with running(tmp_path, "--settle=60") as story:
        story.move_in("x.csv", text[:-20])
        story.move_in("marker.csv", day(first=5))
        story.wait_filed("marker.csv")
        assert not story.filed()["x.csv"]
        story.move_in("x.csv", text)
        story.wait_filed("x.csv")
        assert (story.data / "archive/x.csv").read_text() == text
        assert story.filed() == {"marker.csv": 1, "x.csv": 1}


@pytest.mark.long
@pytest.mark.parametrize("held", ["held", "reopened"])
def test_a_writer_that_appends_for_five_seconds_with_pauses(tmp_path: Path, held: str) -> None:
    lines = day(rows=7).splitlines(keepends=True)
    with running(tmp_path) as story:
        write_by(APPENDER, str(story.incoming / "x.csv"), ";".join(lines), "0.7", held)
        assert not story.filed()
        check_taken_once_and_whole(story, "x.csv", text="".join(lines))


@pytest.mark.long
def test_a_writer_that_holds_its_file_open_through_a_long_pause(tmp_path: Path) -> None:
    with running(tmp_path, "--settle=0.3") as story:
        write_by(APPENDER, str(story.incoming / "x.csv"), f"{HEADER};{day()[len(HEADER) :]}", "3", "held")
        assert not story.filed()
        check_taken_once_and_whole(story, "x.csv", text=day())


@pytest.mark.long
def test_a_writer_that_stops_in_the_middle_of_a_line(tmp_path: Path) -> None:
    text = day()
    with running(tmp_path, "--settle=0.5") as story:
        write_by(APPENDER, str(story.incoming / "x.csv"), f"{text[:-20]};{text[-20:]}", "2.5", "reopened")
        check_taken_once_and_whole(story, "x.csv", text=text)


@pytest.mark.long
def test_a_copy_of_fifty_megabytes(tmp_path: Path) -> None:
    text = HEADER + "2025-01-15T00:00:00,24.5,5.2,35.0,127.4\n" * 1_250_000
    source = tmp_path / "source"
    source.write_text(text)
    with running(tmp_path, "--settle=0.3") as story:
        subprocess.run(["cp", source, story.incoming / "x.csv"], check=True)
        story.wait_filed("x.csv", seconds=60)
        assert story.filed() == {"x.csv": 1}
        assert sha256(next(path for path in story.data.rglob("x.csv"))) == sha256(source)


@pytest.mark.long
@pytest.mark.parametrize(
    "flags", [[], ["--delay-updates"], ["--inplace", "--bwlimit=20"], ["--partial-dir=.part"]]
)
def test_rsync(tmp_path: Path, flags: list[str]) -> None:
    skip_unless_works("rsync", "--version")
    text = day(rows=2_000)
    (tmp_path / "source").mkdir()
    (tmp_path / "source/x.csv").write_text(text)
    with running(tmp_path) as story:
        subprocess.run(["rsync", "-a", *flags, f"{tmp_path}/source/", f"{story.incoming}/"], check=True)
        check_taken_once_and_whole(story, "x.csv", text=text)


@pytest.mark.long
@pytest.mark.parametrize("name", ["x.csv.filepart", ".x.csv.swp", "x.csv.part", "x.csv.tmp", "~$x.csv"])
def test_a_temporary_name_that_rests_before_its_rename(tmp_path: Path, name: str) -> None:
    with running(tmp_path, "--settle=0.2", "--scan-interval=0.5") as story:
        story.drop(name, HEADER)
        story.move_in("other.csv", day(first=7))
        story.wait_filed("other.csv")
        story.drop(name, day())
        (story.incoming / name).rename(story.incoming / "x.csv")
        story.wait_filed("x.csv")
        assert story.filed() == {"other.csv": 1, "x.csv": 1}
        assert (story.data / "archive/x.csv").read_text() == day()
        assert not story.said("file.ignored")


@pytest.mark.long
def test_a_writer_through_a_memory_map(tmp_path: Path) -> None:
    text = day(rows=40)
    with running(tmp_path, "--settle=0.5") as story:
        write_by(MAPPER, str(story.incoming / "x.csv"), text)
        assert not story.filed()
        check_taken_once_and_whole(story, "x.csv", text=text)


@pytest.mark.long
@pytest.mark.parametrize("date", ["2099-01-01", "1970-01-01", "1960-01-01"])
def test_a_file_from_another_age(tmp_path: Path, date: str) -> None:
    with running(tmp_path) as story:
        story.drop("x.csv")
        subprocess.run(["touch", "-d", date, story.incoming / "x.csv"], check=True)
        check_taken_once_and_whole(story, "x.csv", text=day())


@pytest.mark.long
@pytest.mark.parametrize("jump", ["+2d", "-2d"])
def test_the_wall_clock_jumps_while_a_file_settles(tmp_path: Path, jump: str) -> None:
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
    if library is None:
        pytest.skip("faketime is not installed")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    env = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
    }
    with running(tmp_path, env=env) as story:
        story.drop("x.csv")
        began = story.lines[0]["timestamp"][:10]
        clock.write_text(jump)
        check_taken_once_and_whole(story, "x.csv", text=day())
        story.drop("y.csv", day(first=5))
        story.wait_filed("y.csv")
        assert story.lines[-1]["timestamp"][:10] != began  # the jump has reached the daemon


@pytest.mark.long
def test_once_waits_for_a_file_that_is_still_written(tmp_path: Path) -> None:
    lines = day(rows=4).splitlines(keepends=True)
    incoming = tmp_path / "data/incoming"
    incoming.mkdir(parents=True)
    words = [str(incoming / "x.csv"), ";".join(lines), "0.7", "reopened"]
    with subprocess.Popen([sys.executable, "-c", APPENDER, *words]):
        command = [sys.executable, "-m", "watcher", "--once", f"--data-dir={tmp_path / 'data'}"]
        done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert (tmp_path / "data/archive/x.csv").read_text() == "".join(lines)
