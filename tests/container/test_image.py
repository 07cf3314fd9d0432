"""The image in a real engine: any user, a locked-down root, every exit code, a clean stop.

`make test-container` builds the image and names it in TEST_IMAGE. Without that, or where containers do not
see the files that a test writes, all of this is skipped.
"""

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.program import long_file

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
IMAGE = os.environ.get("TEST_IMAGE", "")
ENGINE = os.environ.get("TEST_ENGINE", "docker")
LOCKED_DOWN = [
    "--network=none",
    "--read-only",
    "--tmpfs=/tmp",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
]

STOP_THE_WORKER = """\
import glob, os, signal
workers = "".join(open(path).read() for path in glob.glob("/proc/1/task/*/children"))
busy = [w for w in workers.split() if any(".csv" in os.readlink(f) for f in glob.glob(f"/proc/{w}/fd/*"))]
os.kill(int(busy[0]), signal.SIGSTOP)
"""

pytestmark = pytest.mark.timeout(120)
"""A busy engine takes its time; what has to be quick is timed by its test."""

if not IMAGE:
    pytest.skip("no image is named in TEST_IMAGE: make test-container", allow_module_level=True)


def engine(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ENGINE, *words], capture_output=True, text=True, check=False, cwd=cwd)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that any user may write in, and that a container sees."""
    folder = tmp_path / "data"
    for area in ("incoming", "processed", "archive", "quarantine"):
        (folder / area).mkdir(parents=True)
        (folder / area).chmod(0o777)
    folder.chmod(0o777)
    (folder / "seen").touch()
    seen = engine("run", "--rm", "--entrypoint=ls", f"-v={folder}:/look", IMAGE, "/look/seen")
    if seen.returncode != 0:
        pytest.skip(f"containers do not see this machine's files: {seen.stderr.strip()}")
    (folder / "seen").unlink()
    return folder


def drop(data: Path, name: str) -> None:
    (data / "incoming" / "dropping").write_bytes((SAMPLES / name).read_bytes())
    (data / "incoming" / "dropping").chmod(0o644)
    (data / "incoming" / "dropping").rename(data / "incoming" / name)


def once(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return engine("run", "--rm", *words, f"-v={data}:/app/data", IMAGE, "--settle=0", "--once")


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"waited 20 s for {what}"
        time.sleep(0.05)


@pytest.mark.parametrize("user", [[], ["--user=12345:12345"]], ids=["image's user", "12345"])
def test_once_files_a_day_under_any_user(data: Path, user: list[str]) -> None:
    drop(data, "clean_day.csv")
    done = once(data, *user, *LOCKED_DOWN)
    assert done.returncode == 0, done.stderr
    assert (data / "archive/clean_day.csv").read_bytes() == (SAMPLES / "clean_day.csv").read_bytes()
    result = data / "processed/clean_day.json"
    assert json.loads(result.read_bytes())["status"] == "success"
    assert result.stat().st_uid == (12345 if user else 1000)


def test_once_says_1_for_a_broken_day_and_files_it_with_its_reason(data: Path) -> None:
    drop(data, "broken_day.csv")
    assert once(data).returncode == 1
    reason = json.loads((data / "quarantine/broken_day.csv.reason.json").read_bytes())
    assert reason["error"]["code"] == "missing_columns"


def test_every_line_on_stdout_is_json(data: Path) -> None:
    drop(data, "clean_day.csv")
    lines = [json.loads(line) for line in once(data).stdout.splitlines()]
    assert "file.processed" in [line["event"] for line in lines]


def test_a_folder_that_is_another_users_gives_2_and_the_command_that_fixes_it(data: Path) -> None:
    for folder in (data, *data.iterdir()):
        folder.chmod(0o755)
    done = once(data, "--user=12345:12345")
    assert done.returncode == 2
    owner = data.stat()
    if owner.st_uid:
        assert f"docker run with --user {owner.st_uid}:{owner.st_gid}" in done.stderr
    else:
        fix = "on the host, in the folder that is mounted at /app/data: sudo chown -R 12345:12345 ."
        assert fix in done.stderr


def test_without_a_mount_it_works_on_a_folder_of_its_own_and_warns_that_it_is_not_kept() -> None:
    done = engine("run", "--rm", "--user=12345:12345", IMAGE, "--once")
    assert done.returncode == 0
    assert "folders.not_kept" in done.stdout
    checked = engine("run", "--rm", "--user=12345:12345", IMAGE, "check")
    assert "fix: docker run -v FOLDER:/app/data …, where FOLDER is a folder of the host" in checked.stdout


def test_with_a_mount_nothing_is_said_to_be_lost(data: Path) -> None:
    assert "folders.not_kept" not in once(data).stdout


def test_the_image_has_at_most_260_megabytes() -> None:
    size = int(engine("image", "inspect", "--format={{.Size}}", IMAGE).stdout)
    assert size <= 260_000_000


@pytest.fixture
def daemon(data: Path) -> Iterator[str]:
    """The name of a locked-down container that watches `data`."""
    name = f"watcher-test-{uuid.uuid4().hex[:8]}"
    began = engine("run", "-d", "--name", name, *LOCKED_DOWN, f"-v={data}:/app/data", IMAGE)
    assert began.returncode == 0, began.stderr
    yield name
    engine("rm", "-f", name)


def test_the_daemon_files_what_lands_while_it_runs(data: Path, daemon: str) -> None:
    until(lambda: "watcher.started" in engine("logs", daemon).stdout, "the start")
    drop(data, "clean_day.csv")
    until((data / "archive/clean_day.csv").exists, "the archived file")
    assert (data / "processed/clean_day.json").exists()


def test_status_says_that_a_running_daemon_is_healthy(daemon: str) -> None:
    until(lambda: engine("exec", daemon, "python", "-m", "watcher", "status").returncode == 0, "health")


def test_stop_is_clean_and_takes_less_than_8_seconds(daemon: str) -> None:
    until(lambda: "watcher.started" in engine("logs", daemon).stdout, "the start")
    began = time.monotonic()
    engine("stop", "--time=20", daemon)
    assert time.monotonic() - began < 8
    assert engine("inspect", "--format={{.State.ExitCode}}", daemon).stdout.strip() == "0"


def test_stop_is_clean_with_a_worker_that_hangs(data: Path, daemon: str) -> None:
    until(lambda: "watcher.started" in engine("logs", daemon).stdout, "the start")
    (data / "incoming" / "long.csv").write_bytes(long_file(400_000))
    until(lambda: engine("exec", daemon, "python", "-c", STOP_THE_WORKER).returncode == 0, "a worker")
    began = time.monotonic()
    engine("stop", "--time=20", daemon)
    assert time.monotonic() - began < 8
    assert engine("inspect", "--format={{.State.ExitCode}}", daemon).stdout.strip() == "0"
    assert (data / "incoming" / "long.csv").exists()


def test_with_256_megabytes_and_32_processes_files_are_filed(data: Path) -> None:
    for name in ("clean_day.csv", "faulty_day.csv"):
        drop(data, name)
    limits = ["--memory=256m", "--memory-swap=256m", "--pids-limit=32"]
    assert once(data, *limits, *LOCKED_DOWN).returncode == 0
    assert {path.name for path in (data / "archive").iterdir()} == {"clean_day.csv", "faulty_day.csv"}


def test_the_engine_sees_health_turn_red_and_green_again(data: Path) -> None:
    name = f"watcher-test-{uuid.uuid4().hex[:8]}"
    often = ["--health-interval=1s", "--health-retries=1", "--health-start-period=0s", "--health-timeout=5s"]
    began = engine("run", "-d", "--name", name, *often, *LOCKED_DOWN, f"-v={data}:/app/data", IMAGE)
    assert began.returncode == 0, began.stderr
    health = ("inspect", "--format={{.State.Health.Status}}", name)
    try:
        until(lambda: engine(*health).stdout.strip() == "healthy", "health")
        (data / "archive").chmod(0o555)
        drop(data, "clean_day.csv")
        until(lambda: engine(*health).stdout.strip() == "unhealthy", "the fault")
        (data / "archive").chmod(0o777)
        until(lambda: engine(*health).stdout.strip() == "healthy", "health again")
        assert (data / "archive/clean_day.csv").exists()
    finally:
        engine("rm", "-f", name)


def test_compose_brings_up_a_daemon_that_files(data: Path) -> None:
    if engine("compose", "version").returncode != 0:
        pytest.skip(f"{ENGINE} has no compose")
    project = f"watcher-test-{uuid.uuid4().hex[:8]}"
    shutil.copy(ROOT / "docker-compose.yml", data.parent)
    override = {"services": {"watcher": {"image": IMAGE, "network_mode": "none"}}}
    (data.parent / "docker-compose.override.yml").write_text(json.dumps(override), encoding="utf-8")
    compose = ["compose", "-p", project, f"--project-directory={data.parent}"]
    try:
        up = engine(*compose, "up", "-d", "--no-build", cwd=data.parent)
        assert up.returncode == 0, up.stderr
        drop(data, "clean_day.csv")
        until((data / "archive/clean_day.csv").exists, "the archived file")
    finally:
        engine(*compose, "down", "--timeout=10", cwd=data.parent)
