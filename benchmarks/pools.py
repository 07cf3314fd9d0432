"""Where a function can run: milliseconds a hop, and what a crash costs, for three pools of two processes.

    python -m benchmarks.pools

`local` is the product's own pool; pebble and concurrent.futures are the peers, both with spawned processes.
Rounds alternate; pebble runs where it is installed.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import get_context

from processing.workers.local_pool import LocalPool

Submit = Callable[[Callable[[int], int], int], "Future[int]"]
ROUNDS, ALONE, TOGETHER = 5, 200, 2_000


def same(number: int) -> int:
    return number


def die_at_five(number: int) -> int:
    if number == 5:
        os._exit(1)
    time.sleep(0.02)
    return number


@contextmanager
def local() -> Iterator[Submit]:
    pool = LocalPool(2, 60.0, 1 << 30)
    yield pool.submit
    pool.shutdown()


@contextmanager
def pebble() -> Iterator[Submit]:
    from pebble import ProcessPool  # noqa: PLC0415 - a peer that may be absent

    with ProcessPool(max_workers=2, context=get_context("spawn")) as pool:
        yield lambda function, task: pool.submit(function, 60, task)


@contextmanager
def futures() -> Iterator[Submit]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool.submit


POOLS = {"local": local, "pebble": pebble, "concurrent.futures": futures}


def hop(submit: Submit) -> tuple[float, float, float]:
    """Milliseconds of a hop alone, a task of many together, and CPU of this process for each of those."""
    [submit(same, k).result() for k in range(20)]
    alone = []
    for number in range(ALONE):
        began = time.perf_counter()
        submit(same, number).result()
        alone.append(time.perf_counter() - began)
    began, busy = time.perf_counter(), time.process_time()
    for future in [submit(same, number) for number in range(TOGETHER)]:
        future.result()
    wall, cpu = time.perf_counter() - began, time.process_time() - busy
    return statistics.median(alone) * 1e3, wall / TOGETHER * 1e3, cpu / TOGETHER * 1e3


def lost_by_a_crash(submit: Submit) -> int:
    """How many of twenty tasks fail when one of them kills its process."""
    return sum(future.exception() is not None for future in [submit(die_at_five, k) for k in range(20)])


def main() -> None:
    pools = {name: pool for name, pool in POOLS.items() if name != "pebble" or find_spec("pebble")}
    if "pebble" not in pools:
        print("pebble is not installed here: pip install pebble")
    figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name in pools}
    for _ in range(ROUNDS):
        for name, pool in pools.items():
            with pool() as submit:
                figures[name].append(hop(submit))
    print("pool                 alone ms   together ms   CPU here ms   failed of 20 when one crashes")
    for name, pool in pools.items():
        medians = [statistics.median(column) for column in zip(*figures[name], strict=True)]
        with pool() as submit:
            lost = lost_by_a_crash(submit)
        print(f"{name:20}" + "".join(f"{value:10.3f}   " for value in medians) + f"{lost:10}")


if __name__ == "__main__":
    from benchmarks import pools  # noqa: PLW0406 - by its name, so that a worker can import what it is sent

    pools.main()
