"""`make test` on the commonest fresh machine: python:3.11-slim with make and git; by root and by a user."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = os.environ.get("TEST_ENGINE", "docker")
IMAGE = "tarucca-processor-fresh-machine"
MACHINE = """\
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends make git && rm -rf /var/lib/apt/lists/*
"""
MAKE_TEST = "mkdir /tmp/clone && cd /tmp/clone && tar -x && git init -q && make test"

pytestmark = pytest.mark.timeout(1800)
"""The packages are installed and the whole quick suite is run."""

if not os.environ.get("TEST_IMAGE"):
    pytest.skip("make test-container runs this", allow_module_level=True)


@pytest.fixture(scope="module")
def machine() -> str:
    command = [ENGINE, "build", "--network=host", "-t", IMAGE, "-"]
    built = subprocess.run(command, input=MACHINE, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return IMAGE


@pytest.mark.parametrize("user", ["0:0", "1000:1000"])
def test_the_suite_is_green(machine: str, user: str) -> None:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    tree = subprocess.run(
        ["tar", "-c", "--null", "-T-"], cwd=ROOT, input=names, capture_output=True, check=True
    )
    command = [ENGINE, "run", "--rm", "-i", "--network=host", f"--user={user}", "--env=HOME=/tmp", machine]
    done = subprocess.run(
        [*command, "sh", "-c", MAKE_TEST],
        input=tree.stdout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()[-20_000:]
