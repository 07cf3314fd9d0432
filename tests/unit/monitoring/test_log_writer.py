"""The log's writer: logging never waits for the reader, and no line is lost without a count."""

import os
import subprocess
import sys

import structlog

from tests.support.log_lines import lines
from tests.support.program import SECONDS
from watcher.monitoring import log_setup

log = structlog.get_logger()


def test_a_blocked_reader_delays_nothing_and_sees_how_many_lines_it_missed() -> None:
    reader, writer = os.pipe()
    log_setup.configure("json", "info", writer)
    for number in range(20_000):  # a pipe holds 64 KiB, the queue 4,096 lines
        log.info("file.processed", number=number)
    text = b""
    while b"log.dropped" not in text:
        text += os.read(reader, 1 << 16)
    seen = lines(text[: text.rindex(b"\n")].decode())
    missed = next(line for line in seen if line["event"] == "log.dropped")["lines"]
    assert [line["number"] for line in seen if "number" in line] == list(range(20_000 - missed))
    os.close(reader)
    log_setup.flush()
    os.close(writer)


def test_a_closed_reader_is_ignored() -> None:
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


def test_the_last_lines_are_written_at_the_end_of_the_program() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, check=True)
    assert [line["number"] for line in lines(done.stdout.decode())] == list(range(2000))


def test_the_end_of_the_program_does_not_wait_for_a_reader_that_never_reads() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE) as running:
        assert running.wait(SECONDS) == 0
