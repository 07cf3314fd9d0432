"""python -m tests.soak --minutes 30: devices drop files while everything fails that may fail.

First lives that end early, killed or stopped; then one long life through rounds of faults. After each round
everything has healed, is filed and rests: memory, descriptors and threads are measured there, and must not
grow. At the end the audit is clean, and each content that arrived whole is filed exactly once.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.soak.machine import Machine, Sample, disk, kill, within
from tests.soak.senders import Device
from tests.support.program import GOOD, Runs
from watcher.parts import SYNC_THREADS

DAY = 86_400
DEVICES = 3
PAUSE_SECONDS = 1.5
RESTARTS_SHARE = 0.15
RED_SECONDS = 30.0
RECOVERY_SECONDS = 150.0
"""A fault is tried again after 60 s at most."""
STOP_SECONDS = 8.0
THREADS_MOST = 9 + SYNC_THREADS
"""Main, loop, control, reprocess, pages, log, watch and the two pools; what syncs comes as it is needed."""
GROWTH_MOST = 0.05
"""Of memory, from the first half of the long life to the second."""


class Soak:
    """The story; `counts` counts what was done to the daemon."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self.machine = machine
        self.counts: Counter[str] = Counter()
        self.samples: list[Sample] = []
        self._chance = random.Random(seed)  # noqa: S311 - no secret, a story that can be told again
        self._devices = [
            Device(machine.folder, f"dev{number}", seed + number, PAUSE_SECONDS) for number in range(DEVICES)
        ]

    def run(self, seconds: float) -> None:
        """Live through everything for so long."""
        began = time.monotonic()
        for device in self._devices:
            device.start()
        try:
            self._short_lives(began + RESTARTS_SHARE * seconds)
            self._long_life(began + seconds)
        finally:
            for device in self._devices:
                device.stopping.set()
                device.join()

    def _short_lives(self, until: float) -> None:
        while time.monotonic() < until or not self.counts["stopped"]:
            time.sleep(self._chance.uniform(0.5, 6.0))  # the moment is the experiment
            if self._chance.random() < 0.5 and self.counts["killed"]:
                self._stop()
            else:
                self.machine.daemon.send(signal.SIGKILL)
                self.machine.daemon.wait()
                self.counts["killed"] += 1
            self.machine.start()

    def _stop(self) -> None:
        asked = time.monotonic()
        assert self.machine.daemon.stop().code == 0
        assert time.monotonic() - asked < STOP_SECONDS
        self.counts["stopped"] += 1

    def _long_life(self, until: float) -> None:
        self._rest()
        self.samples.clear()  # of the start
        while time.monotonic() < until or not self.samples:
            faults = list(self._faults())
            self._chance.shuffle(faults)
            for name, fault, reason in faults:
                with fault():
                    self._turn_red(name, reason)
                self.counts[name] += 1
                within(RECOVERY_SECONDS, lambda: not self.machine.reasons(), self.machine.status)
            self._commands()
            self._rest()

    def _turn_red(self, fault: str, reason: str) -> None:
        """Wait until health shows the reason; where it need not, let the fault last for a while."""
        if reason:
            within(RED_SECONDS, lambda: reason in self.machine.reasons(), f"{fault} shows {reason}")
        else:
            time.sleep(3.0)

    def _rest(self) -> None:
        """Wait until everything is filed and no worker is left, and measure."""
        for device in self._devices:
            device.resting.set()
        within(RECOVERY_SECONDS, self.machine.is_drained, self.machine.status)
        within(RECOVERY_SECONDS, self.machine.is_at_rest, "the workers are let go")
        self.samples.append(self.machine.sample())
        print(f"{time.strftime('%H:%M:%S')} {self.samples[-1]} {dict(self.counts)}", flush=True)
        for device in self._devices:
            device.resting.clear()

    def _commands(self) -> None:
        for words in (["retry", "--all"], ["prune", "--older-than=0"], ["report"], ["status"]):
            done = self.machine.command(*words)
            fine = {0, 1} if words == ["status"] else {0, 3}  # red once the time of a stopped worker is up
            assert done.returncode in fine, f"{words}: {done.stdout}{done.stderr}"
            self.counts[words[0]] += 1

    def _faults(self) -> Iterator[tuple[str, Callable[[], object], str]]:
        yield "incoming away", self._incoming_away, "folder_unreadable"
        yield "worker killed", self._workers_hit(signal.SIGKILL), ""
        yield "worker stopped", self._workers_hit(signal.SIGSTOP), ""
        yield "daemon stopped", self._daemon_stopped, ""
        yield "no descriptors", self._no_descriptors, ""
        yield "clock ahead", self._clock_set(3 * DAY), ""
        yield "clock back", self._clock_set(-3 * DAY), ""
        if self.machine.has_disk:
            yield "disk full", self.machine.full, "no_space"
        if self.machine.modes_bind:
            yield "no right to write", self._no_right_to_write, "folders"
            yield "folder unreadable", self._folder_unreadable, "folder_unreadable"
            yield "file unreadable", self._file_unreadable, ""

    @contextmanager
    def _incoming_away(self) -> Iterator[None]:
        incoming = self.machine.folder.incoming
        away = incoming.with_name("away")
        incoming.rename(away)
        try:
            yield
        finally:
            away.rename(incoming)

    def _workers_hit(self, number: int) -> Callable[[], object]:
        @contextmanager
        def hit() -> Iterator[None]:
            within(RED_SECONDS, lambda: kill(self.machine.file_workers()[:1], number), "a worker")
            yield

        return hit

    @contextmanager
    def _daemon_stopped(self) -> Iterator[None]:
        self.machine.daemon.send(signal.SIGSTOP)
        for number in range(200):
            self.machine.folder.drop(f"flood/{self.counts['daemon stopped']}-{number}.csv", GOOD)
        try:
            yield
        finally:
            self.machine.daemon.send(signal.SIGCONT)

    @contextmanager
    def _no_descriptors(self) -> Iterator[None]:
        pid = self.machine.daemon.pid
        before = resource.prlimit(
            pid, resource.RLIMIT_NOFILE, (3, resource.prlimit(pid, resource.RLIMIT_NOFILE)[1])
        )
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)

    def _clock_set(self, seconds: int) -> Callable[[], object]:
        @contextmanager
        def off() -> Iterator[None]:
            self.machine.set_clock(seconds)
            try:
                yield
            finally:
                self.machine.set_clock(0)

        return off

    @contextmanager
    def _no_right_to_write(self) -> Iterator[None]:
        folders = [path for path in (self.machine.folder.root / "archive").rglob("*") if path.is_dir()]
        for path in folders:
            path.chmod(0o555)
        try:
            yield
        finally:
            for path in folders:
                path.chmod(0o755)

    @contextmanager
    def _folder_unreadable(self) -> Iterator[None]:
        locked = self.machine.folder.incoming / "locked"
        locked.mkdir(exist_ok=True)
        locked.chmod(0)
        try:
            yield
        finally:
            locked.chmod(0o755)

    @contextmanager
    def _file_unreadable(self) -> Iterator[None]:
        upload = self.machine.folder.drop(".secret.part", GOOD)
        upload.chmod(0)
        secret = upload.rename(upload.with_name(f"secret-{self.counts['file unreadable']}.csv"))
        try:
            yield
        finally:
            secret.chmod(0o644)

    def check(self) -> dict[str, object]:
        """End the daemon, and return the figures; AssertionError where something is wrong with them."""
        self._stop()
        done = self.machine.command("--once")
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        audit = self.machine.command("audit")
        assert audit.stdout == "audit: clean\n", audit.stdout
        filed = Counter(self.machine.filed())
        promised = set().union(*(device.promised for device in self._devices))
        assert promised <= set(filed), f"{len(promised - set(filed))} lost"
        assert {filed[each] for each in promised} == {1}
        self._check_flat()
        return {"files": len(promised), **self.counts}

    def _check_flat(self) -> None:
        print("at rest after each round:", *self.samples, sep="\n  ")
        if len(self.samples) < 4:
            print("too short a life to tell whether memory grows")
            return
        half = len(self.samples) // 2
        before, after = (
            Sample(*(statistics.median(column) for column in zip(*part, strict=True)))
            for part in (self.samples[:half], self.samples[half:])
        )
        assert after.kilobytes <= before.kilobytes * (1 + GROWTH_MOST), f"memory grows: {self.samples}"
        assert after.descriptors <= before.descriptors, f"descriptors grow: {self.samples}"
        assert max(sample.threads for sample in self.samples) <= THREADS_MOST, f"threads grow: {self.samples}"


def main() -> None:
    """Run for as many minutes as the arguments say, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=20260115)
    given = parser.parse_args()
    runs = Runs()
    try:
        with tempfile.TemporaryDirectory(prefix="soak-") as scratch, disk(Path(scratch)) as namespace:
            soak = Soak(Machine(Path(scratch), runs, namespace, []), given.seed)
            print("not possible here:", *soak.machine.lacks or ["nothing"], sep="\n  ")
            soak.run(given.minutes * 60)
            print("soak: clean;", soak.check())
    finally:
        runs.end()


if __name__ == "__main__":
    main()
