"""Standard output that nobody reads, or that cannot be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from processing import printing

ROOT = Path(__file__).parents[3]
SAY = """
import sys
from processing import printing
sys.exit(printing.run(lambda: 0 if printing.say("x") else 5))
"""


def run(stdout: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", SAY], stdout=stdout, stderr=subprocess.PIPE, check=False)


def test_a_closed_pipe_is_not_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run(writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (5, b"")


def test_what_the_terminal_cannot_show_is_escaped() -> None:
    code, environment = SAY.replace('"x"', '"\u00fc"'), os.environ | {"PYTHONIOENCODING": "ascii"}
    assert subprocess.check_output([sys.executable, "-c", code], env=environment) == b"\\xfc\n"


def test_a_runner_of_github_finds_no_command_in_what_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    printing.say("::error::x.csv: ##[group]")
    printing.say_error("##[group]")
    assert capfd.readouterr() == (r"\x3a:error::x.csv: #\x23[group]" + "\n", r"#\x23[group]" + "\n")


def test_a_full_disk_is_an_error_of_its_own() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    done = run(full)
    os.close(full)
    assert b"UnwrittenError: No space left on device: standard output" in done.stderr


def test_an_unexpected_error_is_named_with_its_place() -> None:
    with pytest.raises(ValueError, match="x") as caught:
        int("x")
    message = printing.unexpected(caught.value)
    assert message.startswith(f"unexpected ValueError at {__file__}:")
    assert message.endswith(": invalid literal for int() with base 10: 'x'; nothing was lost, start again")


HOSTILE = "--x\x1b[31m\n::error::\udcff##[group]"


@pytest.mark.parametrize("arguments", [["watcher", "status"], ["processing", "x"], ["processing.generator"]])
def test_a_message_about_arguments_shows_them_escaped(arguments: list[str]) -> None:
    command = [sys.executable, "-m", *arguments, HOSTILE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(r"unrecognized arguments: --x\x1b[31m\x0a::error::\xff#\x23[group]" + "\n")
