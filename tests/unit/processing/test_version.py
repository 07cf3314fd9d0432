"""The version: one literal, from which the package's metadata and `--version` come."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from processing.version import VERSION

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("package", ["watcher", "processing"])
def test_a_checkout_that_is_not_installed_prints_its_version(package: str) -> None:
    command = [sys.executable, "-m", package, "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"solar-watcher {VERSION}\n", "")


def test_the_package_takes_its_version_from_the_module() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    attribute = project["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert attribute == "processing.version.VERSION"
