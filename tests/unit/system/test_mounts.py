from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from watcher.system.mounts import EVENTS_SECONDS, NO_EVENTS_SECONDS, mount_type, scan_seconds


def test_the_type_of_proc_is_read() -> None:
    descriptor = os.open("/proc", os.O_RDONLY)
    try:
        assert mount_type(descriptor) == "proc"
    finally:
        os.close(descriptor)


def test_the_type_agrees_with_findmnt(tmp_path: Path) -> None:
    try:
        command = ["findmnt", "-n", "-o", "FSTYPE", "-T", str(tmp_path)]
        expected = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("findmnt is not here")
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        assert mount_type(descriptor) == expected
    finally:
        os.close(descriptor)


def test_a_closed_descriptor_has_no_type() -> None:
    assert mount_type(99_999) == ""


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        ("ext4", EVENTS_SECONDS),
        ("overlay", EVENTS_SECONDS),
        ("tmpfs", EVENTS_SECONDS),
        ("", EVENTS_SECONDS),
        ("nfs4", NO_EVENTS_SECONDS),
        ("cifs", NO_EVENTS_SECONDS),
        ("9p", NO_EVENTS_SECONDS),
        ("fuse.sshfs", NO_EVENTS_SECONDS),
        ("fuseblk", NO_EVENTS_SECONDS),
    ],
)
def test_mounts_that_others_change_are_scanned_more_often(
    kind: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.system.mounts.mount_type", lambda folder: kind)
    assert scan_seconds(0) == seconds
