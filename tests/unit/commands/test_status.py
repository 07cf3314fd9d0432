"""`status`: what it prints, its exit code, and how little it loads."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import ROOT, clean_environ
from watcher import cli
from watcher.commands import status
from watcher.commands.status import in_words

HEALTHY: dict[str, Any] = {
    "healthy": True,
    "reasons": [],
    "pid": 4711,
    "single_run": False,
    "uptime_seconds": 90.4,
    "scan_interval_seconds": 30.0,
    "degraded": "",
    "free_bytes": 3 << 20,
    "counts": {"quarantined": 1, "processed": 7},
    "waiting": 0,
    "queued": 1,
    "in_flight": 4,
    "backlog": 12,
    "backlog_growing_scans": 10,
    "cannot_keep_up": False,
    "leases_unknown": False,
    "files": [],
}


def test_a_healthy_daemon_in_words() -> None:
    assert list(in_words(HEALTHY)) == [
        "healthy",
        "process 4711, up 90 s; since then 7 processed, 1 quarantined",
        "waiting 0, queued 1, in flight 4; 3 MiB free",
    ]


def test_all_that_is_not_as_usual_in_words() -> None:
    file = {"file": "x.csv", "reason": "unreadable", "seconds": 70.0, "unchanged_seconds": 80.2}
    unusual = {
        "healthy": False,
        "reasons": [{"code": "watch", "message": "the watch is dead"}],
        "degraded": "no inotify instance",
        "cannot_keep_up": True,
        "leases_unknown": True,
        "waiting": 1,
        "files": [file],
    }
    assert list(in_words(HEALTHY | unusual)) == [
        "not healthy:",
        "  the watch is dead [watch]",
        "process 4711, up 90 s; since then 7 processed, 1 quarantined",
        "waiting 1, queued 1, in flight 4; 3 MiB free",
        "no events, scans every 30 s find the files: no inotify instance",
        "more files with each of the last 10 scans, 12 now: it cannot keep up",
        "the kernel does not say who writes to some files: they wait ten times `settle`",
        "  x.csv: unreadable, for 70 s, unchanged for 80 s",
    ]


def test_a_list_that_is_cut_says_how_many_files_it_leaves_out() -> None:
    file = {"file": "x.csv", "reason": "settling", "seconds": 1.0, "unchanged_seconds": 1.0}
    lines = list(in_words(HEALTHY | {"waiting": 1853, "files": [file] * 20}))
    assert len(lines) == 3 + 20 + 1
    assert lines[-1] == "  … and 1833 more"


def test_a_single_run_in_words() -> None:
    run = HEALTHY | {"single_run": True, "counts": {}}
    assert list(in_words(run)) == [
        "healthy: a single run (--once) is at work; it ends by itself",
        "process 4711, up 90 s; since then no file",
        "waiting 0, queued 1, in flight 4",
    ]


@pytest.mark.parametrize(("healthy", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_says_whether_it_is_healthy(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    healthy: bool,  # noqa: FBT001 - a case
    code: int,
) -> None:
    document = {"healthy": healthy, "reasons": []}
    monkeypatch.setattr(status, "status_of", lambda _data_dir: document)
    assert cli.main(["status", "--json"]) == code
    assert json.loads(capsys.readouterr().out) == document


def test_without_a_daemon_it_says_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["status", "--data-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().out == (
        f"not healthy:\n  no daemon answers on {tmp_path}; start it with "
        f"`python -m watcher --data-dir {tmp_path}` [not_running]\n"
    )


def test_the_name_of_the_folder_is_shown_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--data-dir", f"{tmp_path}/a\n\x1b[31m"]) == 1
    assert f"no daemon answers on {tmp_path}/a\\x0a\\x1b[31m; start it" in capsys.readouterr().out


# The container's health check runs it every half minute: it may take little more than Python itself.
_LOADED = """
import sys
from watcher.__main__ import main
sys.argv[1:] = ["status", "--data-dir", "nowhere"]
main()
sys.stderr.write(" ".join(sys.modules))
"""


@pytest.mark.unmeasured
def test_status_loads_nothing_that_takes_long() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _LOADED],
        cwd=ROOT,
        env=clean_environ(),
        capture_output=True,
        text=True,
        check=True,
    )
    slow = {
        "dataclasses",
        "inspect",
        "logging",
        "msgspec",
        "subprocess",
        "tempfile",
        "threading",
        "traceback",
    }
    assert not slow & set(ended.stderr.split())
    assert len([name for name in ended.stderr.split() if name.startswith(("watcher", "processing"))]) <= 19


def test_files_that_are_left_for_their_suffix_in_words() -> None:
    left = HEALTHY | {"unsupported": 3, "suffixes": [".csv", ".csv.gz"]}
    line = "files left in incoming for the suffix: 3; inputs have .csv .csv.gz (--suffixes)"
    assert list(in_words(left))[-1] == line
