"""The program of a worker process: it answers batch by batch, and ends with its parent or its pipe."""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import pytest

from processing.workers.worker import answers
from tests.support.program import SECONDS

PROGRAM = "import sys; from processing.workers.worker import main; main([*sys.argv[1:], 'json'])"


@pytest.fixture
def worker() -> Iterator[tuple[Connection, subprocess.Popen[bytes]]]:
    """A worker that is ready, and the other end of its pipe."""
    ours, theirs = Pipe()
    words = [sys.executable, "-c", PROGRAM, str(theirs.fileno()), str(os.getpid()), str(1 << 29)]
    with theirs:
        process = subprocess.Popen(words, pass_fds=[theirs.fileno()])
    assert ours.recv_bytes() == b"ready"
    yield ours, process
    ours.close()
    process.wait(SECONDS)


def asked(pipe: Connection, *tasks: tuple[object, object]) -> Any:
    pipe.send_bytes(pickle.dumps(tasks))
    return pickle.loads(pipe.recv_bytes())  # noqa: S301 - our own


def answered(payload: bytes) -> Any:
    return pickle.loads(answers(payload))  # noqa: S301 - our own


def test_it_answers_the_tasks_of_a_batch_together_and_ends_when_its_pipe_is_closed(
    worker: tuple[Connection, subprocess.Popen[bytes]],
) -> None:
    pipe, process = worker
    four, (value, error), three = asked(pipe, (len, "four"), (int, "no number"), (abs, -3))
    assert (four, three) == ((4, None), (3, None))
    assert (value, type(error)) == (None, ValueError)
    assert asked(pipe, (abs, -4)) == [(4, None)]
    pipe.close()
    assert process.wait(SECONDS) == 0


def test_it_ends_at_once_if_its_parent_is_another_process() -> None:
    ours, theirs = Pipe()
    words = [sys.executable, "-c", PROGRAM, str(theirs.fileno()), "1", str(1 << 29)]
    with ours, theirs, subprocess.Popen(words, pass_fds=[theirs.fileno()]) as process:
        assert process.wait(SECONDS) == 0
        assert not ours.poll()


class Unpicklable(Exception):  # noqa: N818 - what a library may raise
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} {two}")


def raise_unpicklable(_task: object) -> None:
    raise Unpicklable(1, 2)


def raise_exit(_task: object) -> None:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("function", "message"), [(raise_unpicklable, "Unpicklable: 1 2"), (raise_exit, "SystemExit: 3")]
)
def test_an_error_that_cannot_be_sent_is_sent_as_its_text(function: object, message: str) -> None:
    ((value, error),) = answered(pickle.dumps([(function, None)]))
    assert (value, type(error), str(error)) == (None, RuntimeError, message)


def give_a_lock(_task: object) -> object:
    return threading.Lock()


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"no pickle", pickle.UnpicklingError),
        (pickle.dumps([(give_a_lock, None)]), TypeError),
        (pickle.dumps([(abs, -1), (give_a_lock, None), (abs, -2)]), TypeError),
    ],
)
def test_tasks_that_cannot_be_read_or_answered_get_one_error(payload: bytes, kind: type[Exception]) -> None:
    ((value, error),) = answered(payload)
    assert value is None
    assert isinstance(error, kind)
