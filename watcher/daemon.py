"""Runs the threads of the daemon, and stops them in order.

The main thread only waits for signals. It never touches the data folders, so a hung mount cannot block the
exit.
"""

import contextlib
import itertools
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from processing.version import VERSION
from watcher.dispatch import reprocessing
from watcher.errors import ExitCode, SettingsError
from watcher.filing import recovery
from watcher.job import START_PROBLEM
from watcher.parts import Parts
from watcher.preflight import inspections
from watcher.system.backoff import delay_seconds

STOP_SECONDS = 7.0
"""Time from the signal to the end of all threads; the process must exit within 8 seconds."""
POOL_STOP_SECONDS = 4.0
"""Part of STOP_SECONDS for files in flight; the next start processes the others again."""
COLLECT_SECONDS = 3.0
"""Part of STOP_SECONDS in which `reprocess` may still collect outcomes."""
WAKE_SECONDS = 1.0
"""Longest time until the main thread handles a signal that the kernel delivered to another thread."""
LOW_SPACE_SECONDS = 2.0
"""Pause of the intake while the disk is nearly full."""
LOGGED_SETTINGS = ("data_dir", "workers", "settle", "durability")
"""Settings in the log line of the start."""
FINISHED = "finished"
FAILED = "failed"


class Daemon:
    """Watches one data folder until a signal comes, or until a single run is finished."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._log = parts, parts.log
        self._stopping = threading.Event()
        self._end_causes: queue.SimpleQueue[str] = queue.SimpleQueue()
        """Why the daemon must end: FINISHED, FAILED, or a signal's name."""
        self._signalled = False
        self._failure: BaseException | None = None
        self.hung = False
        """Whether a thread did not end in time, so that only `os._exit` can end the process."""
        self._threads: dict[str, threading.Thread] = {}

    def run(self) -> ExitCode:
        """Run until a signal comes or a single run is finished; return the exit code."""
        parts = self._parts
        signal.signal(signal.SIGIO, signal.SIG_IGN)  # the kernel sends it when a process breaks our lease
        _handle_stops(self._on_signal)
        try:
            self._start("loop", self._run_loop)
            self._start("control", parts.status.control.run)
            if parts.status.metrics is not None:
                self._start("metrics", parts.status.metrics.server.run)
            if parts.single_run is None:
                self._start("pages", lambda: parts.pages.run(self._stopping, self._is_publishing))
            cause = self._await_end()
        except Exception as error:  # noqa: BLE001 - raised again after the stop
            self._failure, cause = error, FAILED
        parts.status.systemd.send(b"STOPPING=1")
        self._log.info("watcher.stopping", cause=cause, in_flight=len(parts.in_flight))
        self._stop_beside_signals()
        if parts.single_run is not None:
            parts.single_run.close(parts.ignored.counts)
        if self._failure is not None:
            raise self._failure
        code = ExitCode.CLEAN
        if parts.single_run is not None:
            code = parts.single_run.finish(stopped_early=cause != FINISHED)
        _handle_stops(signal.SIG_IGN)  # nothing is left to stop, and the line names the exit code
        self._log.info("watcher.stopped", cause=cause, hung=self.hung, exit_code=int(code))
        return code

    def _await_end(self) -> str:
        """Wait for the end and return its cause.

        The kernel may deliver a signal to any thread. Its handler runs in this one, once it is awake.
        """
        while True:
            with contextlib.suppress(queue.Empty):
                return self._end_causes.get(timeout=WAKE_SECONDS)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._signalled:
            os._exit(ExitCode.LEFT_BEHIND)  # on the second signal: a crash at any step loses nothing
        self._signalled = True
        self._end_causes.put(signal.Signals(number).name)  # SimpleQueue.put is safe in a signal handler

    def _start(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again by the main thread
                self._failure = self._failure or error  # later failures are consequences
                self._end_causes.put(FAILED)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads[name] = thread

    def _join(self, name: str, deadline: float) -> bool:
        """Wait for a thread until `deadline`; return whether it has ended or was never started."""
        if (thread := self._threads.get(name)) is None:
            return True
        thread.join(max(0.0, deadline - time.monotonic()))
        return not thread.is_alive()

    def _run_loop(self) -> None:
        parts = self._parts
        self._prepare_folders()
        if self._stopping.is_set():
            return
        if parts.single_run is None:
            self._start("reprocess", self._reprocess)
        parts.source.start()
        self._heartbeat()
        shown = {name: getattr(parts.settings, name) for name in LOGGED_SETTINGS}
        self._log.info("watcher.started", watcher_version=VERSION, pid=os.getpid(), once=parts.once, **shown)
        parts.pages.record_published()  # the last run may have ended before it drew its pages
        parts.status.systemd.send(b"READY=1")
        parts.loop.run(self._is_finished)
        if parts.single_run is not None and not self._stopping.is_set():
            parts.pages.try_refresh()
            known = parts.pages.digests
            parts.single_run.conclude(parts.fs, parts.settings, parts.ignored.counts, known)
        self._end_causes.put(FINISHED)

    def _reprocess(self) -> None:
        """Process archived files again as clients request it, a few at a time, beside new files."""
        parts, settings = self._parts, self._parts.settings
        work = reprocessing.Reprocessing(settings, parts.pool, settings.workers, self._obstacle)
        reprocessing.serve(parts.requests, work, self._log, parts.pages.record_published)

    def _obstacle(self) -> str:
        """Return why no archived file can be processed again at the moment; empty if none is in the way."""
        if self._stopping.is_set():
            return "the daemon is stopping"
        return "the disk is nearly full" if self._parts.health.short_of_space else ""

    def _prepare_folders(self) -> None:
        """Take the lock and recover. After an error of the environment, a daemon retries, `--once` fails."""
        parts = self._parts
        for obstacle in inspections.obstacles(parts.settings.data_dir.absolute()):
            raise SettingsError(obstacle.sentence)
        recovery.make_folders(parts.fs, parts.data_dir)
        parts.lock.take()
        parts.status.control.check()
        for attempt in itertools.count(1):
            try:
                recovery.recover(parts.fs, parts.data_dir, parts.warn_of)
                break
            except OSError as error:
                if parts.single_run is not None or isinstance(error, PermissionError):
                    raise
                parts.health.begin(START_PROBLEM, str(error))
            self._heartbeat()
            if self._stopping.wait(delay_seconds(attempt)):
                return
        parts.health.end(START_PROBLEM)

    def _stop_beside_signals(self) -> None:
        """Stop in a thread, since a wait of this one may be longer than WAKE_SECONDS."""
        try:
            self._start("stop", self._stop)
        except RuntimeError:  # at the limit of threads
            self._stop()
        while not self._join("stop", time.monotonic() + WAKE_SECONDS):
            pass

    def _stop(self) -> None:
        """Stop the threads in order. A thread that hangs is left alone: a crash at any step loses nothing."""
        parts = self._parts
        self._stopping.set()
        ends_at = time.monotonic() + STOP_SECONDS
        parts.loop.stop()
        self._join("loop", time.monotonic() + (POOL_STOP_SECONDS if self._failure is None else 0.0))
        parts.pool.shutdown()  # the files of unfinished jobs stay in incoming
        parts.page_pool.shutdown()  # the next start draws the missing pages
        parts.requests.close()
        ended = self._join("loop", ends_at)  # it completes a commit that has begun
        ended &= self._join("reprocess", ends_at)
        parts.requests.wait_until_collected(min(COLLECT_SECONDS, max(0.0, ends_at - time.monotonic())))
        parts.pages.record_published()  # wakes the thread, which then sees that it must stop
        self._join("pages", ends_at)
        parts.source.stop()
        parts.status.stop()
        self._join("metrics", ends_at)
        self.hung = not self._join("control", ends_at) or not ended

    def _is_publishing(self) -> bool:
        parts = self._parts
        return bool(parts.pending.due or parts.in_flight or parts.requests.are_left)

    def _heartbeat(self) -> None:
        """Report that the loop is alive; pause while the disk is nearly full."""
        parts = self._parts
        if not (parts.single_run or parts.in_flight or parts.pending):
            parts.committer.no_file_left()
        parts.status.heartbeat()
        if parts.health.short_of_space:
            parts.committer.pause(LOW_SPACE_SECONDS)

    def _is_finished(self) -> bool:
        self._heartbeat()
        parts = self._parts
        return parts.single_run is not None and parts.single_run.is_finished(
            parts.source, parts.pending, parts.in_flight, parts.transaction.asides
        )


def _handle_stops(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)
