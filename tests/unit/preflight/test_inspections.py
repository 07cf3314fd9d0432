"""What is found before a start, and the command that fixes it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import call
from tests.support.program import ROOT, modes_bind, without_privileges
from watcher import cli, settings
from watcher.discovery.events import WatchLostError
from watcher.preflight import fixes, inspections
from watcher.preflight.inspections import Inspection


@pytest.fixture(autouse=True)
def outside_of_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever these tests themselves run in."""
    monkeypatch.setattr(fixes, "IN_CONTAINER", ())


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for area in ("incoming", "processed", "archive", "quarantine"):
        (folder / area).mkdir(parents=True)
    return folder


def found(data_dir: Path, **flags: str) -> list[Inspection]:
    return [*inspections.preflight(settings.load({"data_dir": str(data_dir), **flags}, environ={}))]


def problems(data_dir: Path) -> list[Inspection]:
    return [finding for finding in found(data_dir) if finding.fix]


def test_complete_folders_are_ready_and_nothing_is_written(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(data_dir.rglob("*"))
    assert cli.main(["check", "--data-dir", str(data_dir)]) == 0
    assert capsys.readouterr().out.endswith("check: ready\n")
    assert sorted(data_dir.rglob("*")) == before


def nothing_there(data_dir: Path) -> str:
    shutil.rmtree(data_dir)
    return f"{data_dir} (--data-dir) is not there"


def a_file(data_dir: Path) -> str:
    shutil.rmtree(data_dir)
    data_dir.write_text("mine")
    return f"{data_dir} is not a folder"


def a_file_above(data_dir: Path) -> str:
    shutil.rmtree(data_dir.parent)
    data_dir.parent.write_text("mine")
    return f"{data_dir.parent} is not a folder"


def a_file_as_archive(data_dir: Path) -> str:
    (data_dir / "archive").rmdir()
    (data_dir / "archive").write_text("mine")
    return f"{data_dir / 'archive'} is not a folder"


def no_permission_to_write(data_dir: Path) -> str:
    (data_dir / "archive").chmod(0o555)
    return f"cannot read and write {data_dir / 'archive'}"


def no_permission_to_make_folders(data_dir: Path) -> str:
    (data_dir / "archive").rmdir()
    data_dir.chmod(0o555)
    return f"cannot read and write {data_dir}"


def no_permission_to_enter(data_dir: Path) -> str:
    data_dir.parent.chmod(0o600)
    return f"cannot enter {data_dir.parent}"


def no_permission_to_the_lock(data_dir: Path) -> str:
    lock = data_dir / ".watcher" / "lock"
    lock.parent.mkdir()
    lock.touch(0o400)
    return f"cannot read and write {lock}"


def no_permission_to_list_a_sub_folder(data_dir: Path) -> str:
    (data_dir / "processed" / "roof").mkdir(mode=0)
    return f"cannot read and write {data_dir / 'processed' / 'roof'}"


def a_link_as_its_own_folder(data_dir: Path) -> str:
    (data_dir.parent / "elsewhere").mkdir()
    (data_dir / ".watcher").symlink_to("../elsewhere")
    return f"{data_dir / '.watcher'} is a link"


def a_link_as_the_lock(data_dir: Path) -> str:
    (data_dir / ".watcher").mkdir()
    (data_dir / ".watcher/lock").symlink_to("/etc/hostname")
    return f"{data_dir / '.watcher/lock'} is not a regular file"


def a_folder_as_the_lock(data_dir: Path) -> str:
    (data_dir / ".watcher/lock").mkdir(parents=True)
    return f"{data_dir / '.watcher/lock'} is not a regular file"


State = Callable[[Path], str]
STATES: list[State] = [nothing_there, a_file, a_file_above, a_file_as_archive]
STATES += [a_link_as_its_own_folder, a_link_as_the_lock, a_folder_as_the_lock]
NOT_PERMITTED: list[State] = [
    no_permission_to_write,
    no_permission_to_make_folders,
    no_permission_to_enter,
    no_permission_to_the_lock,
]
NOT_PERMITTED += [no_permission_to_list_a_sub_folder]


CHECK_AND_START = """
import contextlib, io, json, sys
from watcher import cli
for data_dir in sys.argv[1:]:
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        codes = [int(cli.main([*words, "--data-dir", data_dir])) for words in (["check"], [])]
    print(json.dumps([codes, out.getvalue(), errors.getvalue()]), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[State, tuple[str, Any]]]:
    """For each state what is wrong, and the exit codes, output and errors of `check` and of a start.

    One process checks and starts them all.
    """
    root, prefix = tmp_path_factory.mktemp("states"), without_privileges()
    if not modes_bind(prefix, root):
        pytest.skip("cannot run a command that file modes bind")
    wrong, places = {}, []
    for state in STATES + NOT_PERMITTED:
        data = root / state.__name__ / "above" / "data"
        for area in ("incoming", "processed", "archive", "quarantine"):
            (data / area).mkdir(parents=True)
        wrong[state] = state(data)
        places.append(str(data))
    program = [*prefix, sys.executable, "-c", CHECK_AND_START, *places]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    yield {state: (wrong[state], json.loads(line)) for state, line in zip(wrong, lines, strict=True)}
    for folder in root.glob("*/above"):
        _open_again(folder)


def _open_again(folder: Path) -> None:
    """Give the folders their permissions back, so that they can be removed."""
    if folder.is_dir():
        for each in (folder, *folder.glob("data"), *folder.glob("data/**/")):
            each.chmod(0o755)


@pytest.mark.parametrize("state", STATES + NOT_PERMITTED)
def test_a_problem_that_check_finds_ends_the_start(said: dict[State, tuple[str, Any]], state: State) -> None:
    what, (codes, out, errors) = said[state]
    found = re.search("WRONG (.*)\n      fix: (.*)\n", out)
    assert found
    assert what in found[1]
    assert out.endswith("check: 1 problem to fix\n")
    assert codes == [1, 2]
    assert errors == f"watcher: {found[1]}; to fix it: {found[2]}\n"


def test_existing_folders_in_a_read_only_folder_are_ready(
    data_dir: Path, as_ordinary_user: tuple[str, ...]
) -> None:
    (data_dir / ".watcher").mkdir()
    data_dir.chmod(0o555)
    for command, code in (["check"], 0), (["--once"], 0):
        program = [
            *as_ordinary_user,
            sys.executable,
            "-m",
            "watcher",
            *command,
            "--data-dir",
            str(data_dir),
        ]
        assert subprocess.run(program, cwd=ROOT, capture_output=True, check=False).returncode == code


def test_a_file_in_the_place_of_a_folder_must_be_moved_aside(data_dir: Path) -> None:
    a_file_as_archive(data_dir)
    place = data_dir / "archive"
    (finding,) = problems(data_dir)
    assert finding.fix == f"mv {place} {place}.aside && mkdir {place}"


def test_a_device_in_the_place_of_the_data_folder_is_left_where_it_is() -> None:
    (finding,) = problems(Path("/dev/null"))
    assert finding == Inspection("/dev/null is not a folder", "name another folder with --data-dir")


def test_a_link_to_itself_in_the_place_of_the_data_folder_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert cli.main(["audit", "--data-dir", f"{tmp_path}/loop"]) == 2
    assert f"{tmp_path}/loop is not a folder; to fix it: " in capsys.readouterr().err


def test_an_empty_folder_is_ready(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    checked = call("check", "--data-dir", tmp_path / "data")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_missing_folder_must_be_made(data_dir: Path) -> None:
    nothing_there(data_dir)
    (finding,) = problems(data_dir)
    assert finding.fix == f"mkdir -p {data_dir}"


ON_THE_HOST = "on the host, in the folder that is mounted at {data}: "
AS_THE_OWNER = (
    "run as the owner: compose with UID=1001 and GID=1002 in .env, docker run with --user 1001:1002"
)


@pytest.mark.parametrize(
    ("owner", "in_container", "fix"),
    [
        ((1000, 1000), False, "chmod u+rwx {data}/archive"),
        ((1001, 1002), False, "sudo chown -R 1000:{gid} {data}/archive"),
        ((1000, 1000), True, ON_THE_HOST + "chmod u+rwx archive"),
        ((0, 0), True, ON_THE_HOST + "sudo chown -R 1000:{gid} archive"),
        ((1001, 1002), True, AS_THE_OWNER),
    ],
)
def test_a_folder_without_permissions_names_the_user_and_the_command(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, *, owner: tuple[int, int], in_container: bool, fix: str
) -> None:
    place = data_dir / "archive"
    monkeypatch.setattr(inspections.os, "access", lambda path, _mode, **_how: Path(path) != place)
    monkeypatch.setattr(inspections.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(fixes, "owner", lambda _path: owner)
    monkeypatch.setattr(fixes, "IN_CONTAINER", (data_dir,) if in_container else ())
    monkeypatch.setattr(Path, "is_mount", lambda self: self == data_dir)
    (finding,) = (each for each in found(data_dir) if each.stops and each.fix)
    assert finding.what == f"user 1000:{os.getegid()} cannot read and write {place}"
    assert finding.fix == fix.format(data=data_dir, gid=os.getegid())


@pytest.fixture
def in_container(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the data folder be mounted in a container; return what a command for the host begins with."""
    monkeypatch.setattr(fixes, "IN_CONTAINER", (data_dir,))
    monkeypatch.setattr(Path, "is_mount", lambda self: self in (data_dir, Path("/")))
    return ON_THE_HOST.format(data=data_dir)


def test_the_whole_folder_of_a_container_is_named_on_the_host(
    data_dir: Path, in_container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspections.os, "access", lambda path, _mode, **_how: Path(path) != data_dir)
    monkeypatch.setattr(inspections.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(fixes, "owner", lambda _path: (0, 0))
    (finding,) = problems(data_dir)
    assert finding.fix == f"{in_container}sudo chown -R 1000:{os.getegid()} ."


def test_a_senders_folder_is_named_on_the_host(
    data_dir: Path, in_container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = data_dir / "incoming/roof"
    monkeypatch.setattr(inspections.senders, "unwritable", lambda _incoming: [folder])
    (finding,) = (each for each in found(data_dir) if each.stops and each.fix)
    group, shown = os.getegid(), "incoming/roof"
    assert finding.fix == f"{in_container}sudo chgrp {group} {shown} && sudo chmod g+rwxs,-t {shown}"


def test_a_file_in_the_place_of_a_folder_is_named_on_the_host(data_dir: Path, in_container: str) -> None:
    a_file_as_archive(data_dir)
    (finding,) = problems(data_dir)
    assert finding.fix == f"{in_container}mv archive archive.aside && mkdir archive"


def test_a_read_only_mount_must_be_remounted(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ReadOnly:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(inspections.os, "statvfs", lambda _path: ReadOnly)
    assert {finding.fix.partition(" /")[0] for finding in problems(data_dir)} == {"sudo mount -o remount,rw"}


def test_the_folders_of_the_kernel_keep_no_files() -> None:
    (finding,) = problems(Path("/proc"))
    assert finding == Inspection(
        "/proc is the kernel's own and keeps no files", "name another folder with --data-dir"
    )


def test_a_folder_on_a_mount_of_its_own_works_but_copies(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = data_dir / "archive"
    monkeypatch.setattr(Path, "is_mount", lambda self: self == own or self == Path("/"))
    (finding,) = problems(data_dir)
    assert not finding.stops
    assert finding.what == "archive: a mount of its own, so each move there copies the whole file"


def test_a_full_disk_is_wrong(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspections, "free_space", lambda _folder: (0, "ENOSPC: only 0 KiB free"))
    (finding,) = problems(data_dir)
    assert finding.stops
    assert finding.fix == f"python -m watcher prune --older-than 90 --data-dir {data_dir}"


def test_without_events_scans_find_the_files_and_the_fix_raises_the_limits(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_instance(_wake: object) -> None:
        raise WatchLostError("no inotify instance: Too many open files")

    monkeypatch.setattr(inspections, "InotifyEvents", no_instance)
    (finding,) = problems(data_dir)
    assert not finding.stops
    assert finding.what == "no inotify instance: Too many open files; scans alone find the files"
    assert finding.fix.startswith("sudo sysctl fs.inotify.max_user_instances=")


def test_scans_alone_are_not_a_problem_if_they_are_set(data_dir: Path) -> None:
    assert found(data_dir, watch="scan")[-1].what.endswith("scans alone, as set")


def check_as(prefix: tuple[str, ...], data_dir: Path) -> str:
    command = [*prefix, sys.executable, "-m", "watcher", "check", "--data-dir", str(data_dir)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_a_folder_that_files_cannot_be_moved_out_of_is_a_problem(
    data_dir: Path, as_ordinary_user: tuple[str, ...]
) -> None:
    device = data_dir / "incoming/roof/2025"
    device.mkdir(parents=True)
    device.chmod(0o555)
    output = check_as(as_ordinary_user, data_dir)
    assert f"cannot move files out of {device}: they stay there" in output
    assert f"sudo chmod g+rwxs,-t {device}" in output
    assert "check: 1 problem to fix" in output


def test_without_cap_lease_it_says_how_long_files_of_other_accounts_wait(
    data_dir: Path, as_ordinary_user: tuple[str, ...]
) -> None:
    assert "CAP_LEASE" not in check_as(as_ordinary_user, data_dir)
    (data_dir / "incoming").chmod(0o2775)
    output = check_as(as_ordinary_user, data_dir)
    assert "it lacks CAP_LEASE, so each must stay unchanged for 10 s" in output
    assert "fix: AmbientCapabilities=CAP_LEASE in the systemd unit" in output


def test_a_folder_of_a_sender_that_cannot_be_listed_is_wrong(
    data_dir: Path, as_ordinary_user: tuple[str, ...]
) -> None:
    secret = data_dir / "incoming/roof"
    secret.mkdir(mode=0)
    assert f"cannot move files out of {secret}: they stay there" in check_as(as_ordinary_user, data_dir)


def test_files_of_a_sender_that_cannot_be_read_are_wrong(
    data_dir: Path, as_ordinary_user: tuple[str, ...]
) -> None:
    device = data_dir / "incoming/roof"
    device.mkdir()
    device.chmod(0o777)
    for name in ("a.csv", "b.csv", "notes.txt"):
        (device / name).touch(mode=0)
    output = check_as(as_ordinary_user, data_dir)
    assert f"cannot read 2 files in {device}" in output
    assert f"fix: sudo chmod -R a+rX {device}" in output


def test_files_that_are_left_for_their_suffix_are_counted_with_the_setting(data_dir: Path) -> None:
    for name in ("a.csv", "b.txt", "c.TXT", "d.dat.gz"):
        (data_dir / "incoming" / name).touch()
    (left,) = [each for each in found(data_dir) if "suffix" in each.what]
    assert left.what == (
        "3 files left in incoming for the suffix (2 .txt, 1 .dat.gz): inputs have .csv .csv.gz"
    )
    assert (left.fix, left.stops) == ("--suffixes .csv,.dat,.txt", False)
    assert not [each for each in found(data_dir, suffixes="csv,txt,dat") if "suffix" in each.what]


def test_files_of_other_kinds_must_be_renamed(data_dir: Path) -> None:
    (data_dir / "incoming/x.pdf").touch()
    (left,) = [each for each in found(data_dir) if "suffix" in each.what]
    assert left.fix == "give inputs a name that ends in .csv or .csv.gz"


def test_a_known_format_that_cannot_be_used_is_named_with_its_key(data_dir: Path) -> None:
    (data_dir / "profiles").mkdir()
    (data_dir / "profiles/good.toml").write_text('[fingerprint]\ncolumns = ["a"]\n')
    (data_dir / "profiles/wrong.toml").write_text('[fingerprint]\ncolumns = ["a"]\n[csv]\nline = 1\n')
    (problem,) = problems(data_dir)
    assert problem.what.startswith(f"{data_dir}/profiles/wrong.toml: csv.line: unknown key")
    assert not problem.stops
    assert any("1 known format of this site" in one.what for one in found(data_dir))
