"""How a failed attempt is coded, and after how many of them a file is rejected."""

import pytest

from processing.workers.attempts import WorkerDiedError, WorkerTimedOutError, code_of, last_attempt_message


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WorkerDiedError("SIGKILL"), "worker_crashed"),
        (WorkerTimedOutError("not finished after 120 s"), "timed_out"),
        (RuntimeError("anything else"), "worker_crashed"),
    ],
)
def test_the_code_says_how_the_attempt_ended(error: Exception, code: str) -> None:
    assert code_of(error) == code


def test_the_third_failed_attempt_is_the_last() -> None:
    error = WorkerDiedError("SIGKILL")
    assert [last_attempt_message(attempt, error) for attempt in (1, 2)] == [None, None]
    assert last_attempt_message(3, error) == "processing it failed 3 times: SIGKILL"


def test_an_error_without_a_message_is_named_by_its_class() -> None:
    assert last_attempt_message(3, RuntimeError()) == "processing it failed 3 times: RuntimeError"
