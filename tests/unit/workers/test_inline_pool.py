"""The pool that computes in the thread that submits."""

import pytest

from processing.workers.inline_pool import InlinePool


def test_a_task_is_done_when_submit_returns() -> None:
    assert InlinePool().submit(len, b"four").result(timeout=0) == 4


def test_an_error_costs_only_its_own_task() -> None:
    pool = InlinePool()
    with pytest.raises(ValueError, match="invalid literal"):
        pool.submit(int, "x").result(timeout=0)
    assert pool.submit(int, "7").result(timeout=0) == 7
    pool.shutdown()
