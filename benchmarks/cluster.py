"""Files a second on a Dask cluster of two workers, against two local workers: alternating rounds.

    .venv-cluster-test/bin/python -m benchmarks.cluster [--files N] [--rounds N]

Both backfill the same days on this machine, so the ratio is what the hop costs, not what more machines gain.
The time is that from the first file to the last, workers warm, without the index.
"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.runs import TREE, day
from processing.batch import files
from processing.batch.backfill import Backfill
from processing.batch.stores import BatchInput
from processing.batch.tasks import BatchAnswer
from processing.profiles import Profiles
from processing.workers.dask_pool import FILES_PER_WORKER, DaskPool
from processing.workers.local_pool import LocalPool
from processing.workers.pool import WorkerPool

WORKERS = 2
LIMITS = (120.0, 512 << 20)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster")
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cluster-") as name, cluster(Path(name)) as address:
        folder = Path(name)
        (folder / "in").mkdir()
        (folder / "warm").mkdir()
        for number in range(options.files):
            (folder / "in" / f"{number:06}.csv").write_bytes(day(number))
        for number in range(200):
            (folder / "warm" / f"{number:06}.csv").write_bytes(day(number))
        both: dict[str, list[float]] = {"local": [], "cluster": []}
        for number in range(options.rounds + 1):
            here, there = LocalPool(WORKERS, *LIMITS), DaskPool(address, *LIMITS)
            for kind, pool, most in (
                ("local", here, 4 * WORKERS),
                ("cluster", there, FILES_PER_WORKER * WORKERS),
            ):
                seconds(folder / "warm", folder / f"{kind}-warm-{number}", pool, most)
                rate = options.files / seconds(folder / "in", folder / f"{kind}-{number}", pool, most)
                pool.shutdown()
                if number:  # the first warms up
                    both[kind].append(rate)
                    print(f"{kind:8}{rate:8.0f} files/s", flush=True)
        ratios = [there / here for here, there in zip(both["local"], both["cluster"], strict=True)]
        print(f"cluster / local: {statistics.median(ratios):.2f} ({min(ratios):.2f} … {max(ratios):.2f})")


def seconds(source: Path, out: Path, pool: WorkerPool, most: int) -> float:
    """The time of all files, from the first submitted to the last stored."""
    ended: list[float] = []

    def report(_: BatchInput, answer: BatchAnswer) -> None:
        assert answer.outcome == "processed", answer
        ended.append(time.perf_counter())

    output = files.open_output(str(out))
    began = time.perf_counter()
    backfill = Backfill(pool, output, Profiles(), in_flight=most, report=report)
    drawer = LocalPool(1, 600.0, 1 << 30)
    backfill.run(files.find(str(source)), drawer)
    drawer.shutdown()
    output.close()
    return ended[-1] - began


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A scheduler and two workers of two threads and one process each on the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    address, log = f"tcp://127.0.0.1:{port}", (folder / "log").open("wb")
    environ = os.environ | {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false"}
    each = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "2", "--no-nanny"]
    each += ["--no-dashboard", "--memory-limit", "0", "--local-directory", str(folder)]
    scheduler = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        port,
    ]
    started = [
        subprocess.Popen(command, cwd=TREE, env=environ, stdout=log, stderr=log)
        for command in ([*scheduler, "--no-dashboard"], each, each)
    ]
    try:
        yield address
    finally:
        for process in started:
            process.send_signal(signal.SIGKILL)
            process.wait()
        log.close()


if __name__ == "__main__":
    main()
