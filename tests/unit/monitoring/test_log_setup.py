"""The log: one strict line an event, from whoever, and never a wait for who reads."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from watcher.job import file_fields
from watcher.monitoring import log_setup


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    threading.excepthook = hook
    structlog.reset_defaults()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Configure a log into a file; the function given flushes it and returns the text."""
    path = tmp_path / "log"
    fd = os.open(path, os.O_CREAT | os.O_RDWR)

    def text(log_format: str | None = None, level: str = "info") -> str:
        if log_format is not None:
            log_setup.configure(log_format, level, fd)
        log_setup.flush()
        return path.read_text()

    yield text
    os.close(fd)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]


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


def test_a_value_that_cannot_be_shown_costs_only_itself(written: Callable[..., str]) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("odd")

    written("json")
    log.info("file.processed", value=Odd())
    assert lines(written())[0]["value"] == "<Odd>"


def test_an_exception_is_told_without_the_values_of_variables(written: Callable[..., str]) -> None:
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
def test_no_control_character_comes_through(written: Callable[..., str], log_format: str) -> None:
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


def test_what_a_library_logs_is_a_line_of_the_same_form(written: Callable[..., str]) -> None:
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


def test_auto_is_json_where_there_is_no_terminal(written: Callable[..., str]) -> None:
    written("auto")
    log.info("file.processed")
    assert lines(written())


def test_auto_is_readable_on_a_terminal() -> None:
    ours, theirs = os.openpty()
    log_setup.configure("auto", "info", theirs)
    log.info("file.processed", rows=288)
    log_setup.flush()
    shown = os.read(ours, 1000)
    os.close(ours)
    os.close(theirs)
    assert b"file.processed" in shown
    assert b"{" not in shown


def test_a_name_has_base64_beside_it_only_where_the_text_cannot_be_reversed() -> None:
    assert file_fields(b"roof/a.csv") == {"file": "roof/a.csv"}
    assert file_fields(b"\xff.csv") == {"file": "\\xff.csv", "file_b64": "/y5jc3Y="}


def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_blocked_reader_holds_nobody_up_and_is_told_how_many_lines_it_missed() -> None:
    reader, writer = os.pipe()
    log_setup.configure("json", "info", writer)
    started = time.monotonic()
    for number in range(20_000):  # a pipe holds 64 KiB, the queue 4,096 lines
        log.info("file.processed", number=number)
    assert time.monotonic() - started < 10
    text = b""
    while b"log.dropped" not in text:
        text += os.read(reader, 1 << 16)
    seen = lines(text[: text.rindex(b"\n")].decode())
    missed = next(line for line in seen if line["event"] == "log.dropped")["lines"]
    assert [line["number"] for line in seen if "number" in line] == list(range(20_000 - missed))
    os.close(reader)
    log_setup.flush()
    os.close(writer)


def test_a_closed_reader_is_passed_over_in_silence() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    log_setup.configure("json", "info", writer)
    for _ in range(10_000):
        log.info("file.processed")
    log_setup.flush()
    os.close(writer)


def test_a_reader_that_shares_a_nonblocking_pipe_gets_every_line() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    log_setup.configure("json", "info", writer)
    for number in range(3_000):
        log.info("file.processed", number=number)
    text = b""
    while text.count(b"\n") < 3_000:
        text += os.read(reader, 1 << 16)
    assert [line["number"] for line in lines(text.decode())] == list(range(3_000))
    os.close(reader)
    log_setup.flush()
    os.close(writer)


PROGRAM = """
import structlog
from watcher.monitoring import log_setup as logs
logs.configure("json", "info")
for number in range(2000):
    structlog.get_logger().info("file.processed", number=number)
"""


def test_the_end_of_the_program_lets_the_last_lines_out() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, check=True, timeout=20)
    assert [line["number"] for line in lines(done.stdout.decode())] == list(range(2000))


def test_the_end_of_the_program_does_not_wait_for_a_reader_that_never_reads() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE) as running:
        assert running.wait(timeout=10) == 0


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
    subprocess.run(["sh", "-c", 'exec "$0" -c "$1" >&-', sys.executable, program], check=True, timeout=20)
    assert (tmp_path / "lock").read_text() == ""


def test_the_log_loads_no_rich_and_leaves_it_to_who_wants_it() -> None:
    program = "import sys, watcher.monitoring.log_setup; assert 'rich' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)


def test_a_line_at_a_terminal_has_the_file_first_and_only_what_a_person_reads(
    written: Callable[..., str],
) -> None:
    written("console")
    result = {"rows_total": 1, "rows_processed": 0, "rows_invalid": 1, "rows_suspect": 0, "rows_duplicate": 0}
    log.info(
        "file.processed",
        sha256="0" * 64,
        ms={"wait": 1003.1},
        destination="archive/roof/x.csv",
        energy_kwh=1.04731,
        anomalies=1,
        file="roof/x.csv",
        **result,
    )
    log.warning("file.quarantined", file="x.csv", reason="missing_columns", message="columns missing", line=3)
    log.info("run.finished", processed=2, quarantined=0, hung=False, once=True)
    text = [line.split("  ", 1)[1] for line in written().splitlines()]
    assert text == [
        "file.processed      roof/x.csv  1.047 kWh, 1 row, 1 invalid, 1 anomaly",
        "file.quarantined    x.csv  warning: missing_columns: columns missing (line 3)",
        "run.finished        processed 2, once",
    ]
