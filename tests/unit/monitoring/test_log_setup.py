"""The log set-up: one line of strict JSON for each event, of reader and of libraries."""

import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from tests.support.log_lines import lines
from watcher.monitoring import log_setup

log = structlog.get_logger()


def test_an_event_is_one_line_with_time_level_and_name_in_front(written: Callable[..., str]) -> None:
    written("json")
    log.info("file.processed", file="a.csv", rows=288)
    (line,) = lines(written())
    assert list(line) == ["timestamp", "level", "event", "file", "rows"]
    assert (line["level"], line["event"], line["rows"]) == ("info", "file.processed", 288)
    assert line["timestamp"].endswith("Z")
    assert len(line["timestamp"]) == len("2026-01-15T14:07:45.123Z")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (Path("a\nb"), "a\\x0ab"),
        (b"\xff\x1b[31m", "\\xff\\x1b[31m"),
        ("line\nline\x1b[0m\u202e", "line\\x0aline\\x1b[0m\\xe2\\x80\\xae"),
        ("\ud800", "\\xed\\xa0\\x80"),
        ("Zürich", "Zürich"),
        ({"k\n": [1.5, float("inf"), None, True]}, {"k\\x0a": [1.5, "inf", None, True]}),
        ((1, 2), [1, 2]),
        (2**80, 2**80),
    ],
)
def test_any_value_becomes_strict_json_without_a_control_character(
    written: Callable[..., str], value: object, shown: object
) -> None:
    written("json")
    log.info("file.processed", value=value)
    (line,) = lines(written())
    assert line["value"] == shown


def test_a_value_that_cannot_be_shown_does_not_lose_its_line(written: Callable[..., str]) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("odd")

    written("json")
    log.info("file.processed", value=Odd())
    assert lines(written())[0]["value"] == "<Odd>"


def test_an_exception_is_logged_without_the_values_of_variables(written: Callable[..., str]) -> None:
    written("json")
    try:
        local = "hunter2"
        len(int(local))  # type: ignore[arg-type]
    except ValueError:
        log.exception("thread.died")
    (line,) = lines(written())
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "local" not in json.dumps(line)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_control_character_is_written(written: Callable[..., str], log_format: str) -> None:
    written(log_format)
    log.info("file.processed", value="\x1b]0;title\x07\r\n\u2028")
    try:
        {}["\x1b[2J\x07"]
    except KeyError:
        log.exception("thread.died")
    logging.getLogger("other").warning("\x1b[2J\x07\r")
    text = written()
    assert not set(text) & {"\x1b", "\x07", "\r", "\u2028"}
    assert "Traceback" in text or "exc_type" in text


@pytest.mark.parametrize(("log_format", "shown"), [("json", r"#\u0023["), ("console", r"#\x23[")])
def test_no_line_has_a_command_to_a_runner(written: Callable[..., str], log_format: str, shown: str) -> None:
    written(log_format)
    log.warning("file.quarantined", file="##[stop-commands]x.csv", message="no column ###[error]forged")
    text = written()
    assert "##[" not in text
    assert text.count(shown) == 2
    if log_format == "json":
        assert lines(text)[0]["file"] == "##[stop-commands]x.csv"


def test_no_line_of_a_traceback_begins_with_a_command_to_a_runner(written: Callable[..., str]) -> None:
    written("console")
    log.error("thread.died", exc_info=ValueError("\n::stop-commands::x"))
    assert "\n  | ::stop-commands::x\n" in written()


def test_a_message_of_a_library_is_a_line_of_the_same_form(written: Callable[..., str]) -> None:
    written("json")
    logging.getLogger("watchdog.observers").warning("mask %s", "odd", extra={"fd": 7})
    (line,) = lines(written())
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert line["event"] == "library.message"
    assert (line["message"], line["logger"], line["fd"]) == ("mask odd", "watchdog.observers", 7)


def test_a_warning_is_a_line_of_the_same_form(written: Callable[..., str]) -> None:
    written("json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("beware", RuntimeWarning, stacklevel=1)
    (line,) = lines(written())
    assert (line["level"], line["logger"]) == ("warning", "py.warnings")
    assert "RuntimeWarning: beware" in line["message"]


def test_a_thread_that_dies_is_a_line(written: Callable[..., str]) -> None:
    written("json")
    thread = threading.Thread(target=lambda: 1 / 0, name="intake")
    thread.start()
    thread.join()
    (line,) = lines(written())
    assert (line["event"], line["thread"]) == ("thread.died", "intake")


def test_lines_below_the_level_are_left_out(written: Callable[..., str]) -> None:
    written("json", "warning")
    log.info("file.processed")
    logging.getLogger("other").info("no")
    log.warning("watch.degraded")
    assert [line["event"] for line in lines(written())] == ["watch.degraded"]


def test_auto_is_json_without_a_terminal(written: Callable[..., str]) -> None:
    written("auto")
    log.info("file.processed")
    assert lines(written())


def test_auto_is_readable_on_a_terminal() -> None:
    reader, terminal = os.openpty()
    log_setup.configure("auto", "info", terminal)
    log.info("file.processed", rows=288)
    log_setup.flush()
    shown = os.read(reader, 1000)
    os.close(reader)
    os.close(terminal)
    assert b"file.processed" in shown
    assert b"{" not in shown


PROGRAM = """
import structlog
from tests.support.log_lines import lines
from watcher.monitoring import log_setup as logs
logs.configure("json", "info")
for number in range(2000):
    structlog.get_logger().info("file.processed", number=number)
"""


def test_the_log_never_goes_into_a_file_that_got_the_number_of_a_closed_stdout(tmp_path: Path) -> None:
    program = (
        PROGRAM
        + f"""
with open({str(tmp_path / "lock")!r}, "w") as lock:
    assert lock.fileno() > 2
    structlog.get_logger().info("file.processed")
    logs.flush()
"""
    )
    subprocess.run(["sh", "-c", 'exec "$0" -c "$1" >&-', sys.executable, program], check=True)
    assert (tmp_path / "lock").read_text() == ""


def test_the_log_does_not_import_rich() -> None:
    program = "import sys, watcher.monitoring.log_setup; assert 'rich' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
