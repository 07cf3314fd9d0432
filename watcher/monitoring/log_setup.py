"""One strict JSON line an event on stdout, whoever logs it, and never a wait for who reads it."""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from processing.model.safe_text import text_of
from watcher.monitoring import console
from watcher.monitoring.log_writer import LogWriter

_HAS_RICH = "rich" in sys.modules
if not _HAS_RICH:  # structlog imports it where it can, for tracebacks that are not ours: 5 MB and 40 ms
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402 - after the line above
from structlog.processors import ExceptionRenderer  # noqa: E402
from structlog.stdlib import ExtraAdder, ProcessorFormatter  # noqa: E402
from structlog.tracebacks import ExceptionDictTransformer  # noqa: E402
from structlog.typing import EventDict, FilteringBoundLogger, Processor  # noqa: E402

if not _HAS_RICH:
    del sys.modules["rich"]

EVENTS: Final[Mapping[str, str]] = {
    "watcher.started": "the daemon or a single run has begun",
    "watcher.stopping": "a stop has begun: nothing new is taken, what is in work is finished",
    "watcher.stopped": "the daemon or the run has ended",
    "status.unreachable": "the control socket cannot be bound anywhere: `status` cannot ask this process",
    "settings.unknown": "a variable WATCHER_… is no setting; it changes nothing",
    "watcher.failed": "it could not begin or had to end; standard error says the same",
    "run.finished": "a run of --once has done what it could",
    "file.processed": "a file was judged and archived, and its result is published",
    "file.quarantined": "a file was refused and lies in quarantine beside its reason",
    "file.duplicate": "the same bytes under the same name are archived already; the copy was removed",
    "file.taken_back": "an interrupted move was found at a start, or somebody wrote to a copy before it was "
    "removed; the file is in incoming again",
    "file.attempt_failed": "the worker that judged a file died or took too long",
    "file.unreadable": "a file must not be read; it waits until it may be",
    "file.blocked": "this one file cannot be read or filed; it waits, and others go on",
    "file.lease_unknown": "the kernel does not say whether somebody still writes to this file; it and all "
    "like it must stay unchanged ten times as long; logged once",
    "file.still_written": "a file has been written to for an hour",
    "file.left_behind": "a single run ends and leaves this in incoming",
    "file.ignored": "this in incoming is no input, and is left alone; said once",
    "folder.unreadable": "a folder in incoming cannot be listed",
    "engine.open": "any client of the cluster can run code on its workers: no TLS, and another machine",
    "folders.not_kept": "no folder is mounted: what is filed lies in the container, and is removed with it",
    "folders.fault": "the disk or the system failed us; files stay in incoming and are tried again",
    "folders.recovered": "the fault is over, and each file that met it is filed, gone or known to be blocked",
    "engine.fault": "no worker can be had; files stay in incoming and are tried again",
    "engine.recovered": "workers can be had again",
    "pages.drawn": "pages and index have been brought up to date",
    "pages.failed": "a page could not be drawn: with `file`, not again before its record changes; "
    "without, it is tried again; results are complete without it",
    "summary.failed": "summary.json, or what GitHub shows, could not be written; all else is complete",
    "watch.degraded": "there are no events to rely on; scans find the files",
    "watch.restored": "events can be relied on again",
    "watch.rearmed": "the watch was lost or incoming was replaced; it is set anew, and everything is scanned",
    "watch.overflowed": "events came faster than the kernel keeps them; everything is scanned",
    "watch.unannounced": "scans found files that no event announced; the interval is shortened for good",
    "watch.backlog_growing": "each scan finds more files than the one before",
    "thread.died": "a thread ended by an error that nobody expected",
    "library.message": "a library or the interpreter had something to say",
    "log.dropped": "nobody read the log for a while; so many lines were thrown away",
}
"""Every event that can be logged, with its meaning; `docs/logs.md` lists the fields."""

_FLUSH_SECONDS = 1.0


def configure(log_format: str, level: str, fd: int = 1) -> None:
    """Send every line of structlog, logging and warnings to `fd`, as `json`, `console` or `auto` by terminal.

    Lines below `level` (debug, info, warning, error) are left out. May be called again; the last call holds.
    """
    _open_standard_descriptors()
    terminal = os.isatty(fd)
    from watcher.settings import environment  # noqa: PLC0415 - who only writes lines needs no settings

    variables = environment()
    colours = terminal and not variables.get("NO_COLOR") and variables.get("TERM") != "dumb"
    readable = log_format == "console" or (log_format == "auto" and terminal)
    render = _console(colours=colours) if readable else _json()
    writer = LogWriter(fd, lambda lines: logger().warning("log.dropped", lines=lines))
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=False,
    )
    _take_over_logging(_LibraryHandler(writer, render), level)
    threading.excepthook = _log_thread_death


def logger() -> FilteringBoundLogger:
    """Return the logger that all parts share; it obeys the last `configure`."""
    log: FilteringBoundLogger = structlog.get_logger()
    return log


def flush(seconds: float = _FLUSH_SECONDS) -> None:
    """Wait until every line is written, at most `seconds`; for an exit that skips the interpreter's own."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _LibraryHandler):
            handler.writer.flush(seconds)


def _json() -> list[Processor]:
    errors = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))  # locals may hold a secret
    return [errors, _stamp_first, lambda _logger, _method, event: msgspec.json.encode(event).decode()]


def _console(*, colours: bool) -> list[Processor]:
    return [_stamp_first, ExceptionRenderer(), console.renderer(colours=colours)]


def _take_over_logging(handler: _LibraryHandler, level: str) -> None:
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _LibraryHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)


def _as_library_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event.update(event="library.message", message=event["event"].strip(), logger=event["_record"].name)
    return event


def _stamp_first(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Put the time, the level and the event's name in front, and make every value plain."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line: EventDict = {"timestamp": now, "level": event.pop("level"), "event": event.pop("event")}
    for key, value in event.items():
        line[key] = value if key == "exc_info" else _plain(value)
    return line


def _plain(value: Any) -> Any:
    """Return the value as what strict JSON can hold, with no control character in any text."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {_printable(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return text_of(value) if isinstance(value, bytes) else _printable(_text(value))


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a value that cannot be shown must not stop the work
        return f"<{type(value).__name__}>"


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return text_of(text.encode("utf-8", "surrogatepass"))


def _log_thread_death(death: threading.ExceptHookArgs) -> None:
    if death.exc_type is SystemExit:
        return
    name = death.thread.name if death.thread else None
    logger().error("thread.died", thread=name, exc_info=death.exc_value)


def _open_standard_descriptors() -> None:
    """Put /dev/null where 0, 1 or 2 was closed, lest the next file opened there receives the log."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one


class _LibraryHandler(logging.Handler):
    """Turns what libraries hand to `logging` into lines of the same form."""

    def __init__(self, writer: LogWriter, render: Sequence[Processor]) -> None:
        super().__init__()
        self.writer = writer
        before: list[Processor] = [structlog.stdlib.add_log_level, ExtraAdder(), _as_library_message]
        after = [ProcessorFormatter.remove_processors_meta, *render]
        self.setFormatter(ProcessorFormatter(foreign_pre_chain=before, processors=after))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.writer.put(self.format(record))
        except Exception:  # noqa: BLE001 - logging's own rule: a bad record never stops who logs it
            self.handleError(record)

    def flush(self) -> None:
        """Let the last lines out as the interpreter ends."""
        self.writer.flush(_FLUSH_SECONDS)
