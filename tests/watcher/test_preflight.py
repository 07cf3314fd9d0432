"""`check`: what it finds before a start, the command that mends it, and the exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import ROOT
from watcher import cli, preflight, settings
from watcher.events import WatchLostError
from watcher.preflight import Finding


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for area in ("incoming", "processed", "archive", "quarantine"):
        (folder / area).mkdir(parents=True)
    return folder


def found(data_dir: Path, **flags: str) -> list[Finding]:
    return [*preflight.preflight(settings.load({"data_dir": str(data_dir), **flags}, environ={}))]


def to_mend(data_dir: Path) -> list[Finding]:
    return [finding for finding in found(data_dir) if finding.mend]


def test_sound_folders_are_ready_and_nothing_is_written(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(data_dir.rglob("*"))
    assert cli.main(["check", "--data-dir", str(data_dir)]) == 0
    assert capsys.readouterr().out.endswith("check: ready\n")
    assert sorted(data_dir.rglob("*")) == before


def test_a_data_folder_that_is_not_there_yet_is_no_fault_where_it_can_be_made(tmp_path: Path) -> None:
    assert to_mend(tmp_path / "new" / "data") == []


def test_a_file_in_the_place_of_a_folder_is_to_be_moved_aside(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data_dir / "archive").rmdir()
    (data_dir / "archive").write_text("mine")
    assert cli.main(["check", "--data-dir", str(data_dir)]) == 1
    place = data_dir / "archive"
    assert f"mv {place} {place}.aside && mkdir {place}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("in_container", "mend"),
    [
        (False, "sudo chown -R {user} {place}"),
        (True, "docker run --user {owner} … (who owns the folder on the host: ls -nd)"),
    ],
)
def test_a_folder_without_rights_names_the_user_and_the_command(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, *, in_container: bool, mend: str
) -> None:
    place = data_dir / "archive"
    monkeypatch.setattr(preflight.os, "access", lambda path, _mode, **_how: Path(path) != place)
    monkeypatch.setattr(preflight, "_IN_CONTAINER", (data_dir,) if in_container else ())
    owner = f"{place.stat().st_uid}:{place.stat().st_gid}"
    user = f"{os.geteuid()}:{os.getegid()}"
    (finding,) = to_mend(data_dir)
    assert finding.what == f"user {user} cannot read and write {place}"
    assert finding.mend == mend.format(user=user, owner=owner, place=place)


def test_a_mount_that_is_read_only_is_to_be_remounted(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ReadOnly:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(preflight.os, "statvfs", lambda _path: ReadOnly)
    assert {finding.mend.partition(" /")[0] for finding in to_mend(data_dir)} == {"sudo mount -o remount,rw"}


def test_the_folders_of_the_kernel_keep_no_files() -> None:
    (finding,) = to_mend(Path("/proc"))
    assert finding == Finding(
        "/proc is the kernel's own and keeps no files", "name another folder with --data-dir"
    )


def test_a_folder_on_a_mount_of_its_own_works_but_copies(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = data_dir / "archive"
    monkeypatch.setattr(Path, "is_mount", lambda self: self == own or self == Path("/"))
    (finding,) = to_mend(data_dir)
    assert not finding.stops
    assert finding.what == "archive: a mount of its own, so each move there copies the whole file"


def test_a_full_disk_is_wrong(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "space_of", lambda _folder: (0, "ENOSPC: only 0 KiB free"))
    (finding,) = to_mend(data_dir)
    assert finding.stops
    assert finding.mend == f"python -m watcher prune --older-than 90 --data-dir {data_dir}"


def test_without_events_it_works_by_scans_and_names_the_limits_to_raise(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_instance(_wake: object) -> None:
        raise WatchLostError("no inotify instance: Too many open files")

    monkeypatch.setattr(preflight, "Events", no_instance)
    (finding,) = to_mend(data_dir)
    assert not finding.stops
    assert finding.what == "no inotify instance: Too many open files; scans alone find the files"
    assert finding.mend.startswith("sudo sysctl fs.inotify.max_user_instances=")


def test_scans_alone_are_no_fault_where_they_are_asked_for(data_dir: Path) -> None:
    assert found(data_dir, watch="scan")[-1].what.endswith("scans alone, as set")


def test_it_tells_which_profile_a_file_would_get(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "watcher.toml"
    config.write_text("[profiles.roof]\n")
    names = ["roof/day.csv", f"{data_dir}/incoming/barn/day.csv", "roof/.day.csv.Xy12"]
    assert cli.main(["check", "--data-dir", str(data_dir), "--config", str(config), *names]) == 0
    told = capsys.readouterr().out
    assert "ok    roof/day.csv: profile roof\n" in told
    assert "ok    barn/day.csv: profile default\n" in told
    assert "worse roof/.day.csv.Xy12: such names are passed over" in told


def check_as(prefix: tuple[str, ...], data_dir: Path) -> str:
    command = [*prefix, sys.executable, "-m", "watcher", "check", "--data-dir", str(data_dir)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_a_folder_that_may_be_read_and_not_emptied_is_found(
    data_dir: Path, as_ordinary_user: tuple[str, ...]
) -> None:
    device = data_dir / "incoming/roof/2025"
    device.mkdir(parents=True)
    device.chmod(0o555)
    told = check_as(as_ordinary_user, data_dir)
    assert f"cannot move files out of {device}: they stay there" in told
    assert f"sudo chmod g+rwxs,-t {device}" in told
    assert "check: 1 to mend" in told


def test_without_cap_lease_it_tells_how_long_files_of_other_accounts_wait(
    data_dir: Path, as_ordinary_user: tuple[str, ...]
) -> None:
    assert "CAP_LEASE" not in check_as(as_ordinary_user, data_dir)
    (data_dir / "incoming").chmod(0o2775)
    told = check_as(as_ordinary_user, data_dir)
    assert "it lacks CAP_LEASE, so each must stay unchanged for 10 s" in told
    assert "mend: AmbientCapabilities=CAP_LEASE in the systemd unit" in told
