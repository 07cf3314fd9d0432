"""Log set-up: one line of strict JSON for each event, also of libraries and of Python itself."""

import logging
import math
import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import msgspec

from processing.model.safe_text import json_without_commands, text_of
from watcher.monitoring import console
from watcher.monitoring.log_writer import LogWriter

# structlog would import rich for its own tracebacks (5 MB and 40 ms), and asyncio, which nothing here uses
_STAND_INS = [name for name in ("rich", "asyncio") if name not in sys.modules]
sys.modules.update({name: ModuleType(name) for name in _STAND_INS})
import structlog  # noqa: E402 - must follow the line above
from structlog.processors import ExceptionRenderer  # noqa: E402
from structlog.stdlib import ExtraAdder, ProcessorFormatter  # noqa: E402
from structlog.tracebacks import ExceptionDictTransformer  # noqa: E402
from structlog.typing import EventDict, FilteringBoundLogger, Processor  # noqa: E402

for _name in _STAND_INS:
    del sys.modules[_name]

_TRACEBACKS = ExceptionDictTransformer(show_locals=False)
"""Without the values of variables, which may hold secrets."""

logger: Callable[[], FilteringBoundLogger] = structlog.get_logger
"""Returns the logger that the whole process shares, as the last `configure` set it up."""


def configure(log_format: str, level: str, fd: int = 1) -> None:
    """Send every line of structlog, logging and warnings to `fd`.

    `log_format` is `json`, `console`, or `auto`: console on a terminal, else JSON. Lines below `level`
    (debug, info, warning, error) are dropped. A later call replaces an earlier one.
    """
    _open_standard_descriptors()
    terminal = os.isatty(fd)
    from watcher.settings import environment  # noqa: PLC0415 - a process that only logs needs no settings

    variables = environment()
    colours = terminal and not variables.get("NO_COLOR") and variables.get("TERM") != "dumb"
    render: list[Processor] = [ExceptionRenderer(_TRACEBACKS), _normalised, _as_json]
    if log_format == "console" or (log_format == "auto" and terminal):
        render = [_normalised, ExceptionRenderer(), console.renderer(colours=colours)]
    writer = LogWriter(fd, lambda lines: logger().warning("log.dropped", lines=lines))
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: writer,
    )
    before: list[Processor] = [structlog.stdlib.add_log_level, ExtraAdder(), _as_library_message]
    after = [ProcessorFormatter.remove_processors_meta, *render]
    writer.setFormatter(ProcessorFormatter(foreign_pre_chain=before, processors=after))
    logging.basicConfig(handlers=[writer], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_thread_death


def flush() -> None:
    """Wait a moment until all lines are written. Call this before `os._exit`."""
    for handler in logging.getLogger().handlers:
        handler.flush()


def _as_json(_logger: Any, _method: str, event: EventDict) -> str:
    return json_without_commands(msgspec.json.encode(event).decode())


def _as_library_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event.update(event="library.message", message=event["event"].strip(), logger=event["_record"].name)
    return event


def _normalised(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Put timestamp, level and event first and make every value safe for JSON and terminals."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    first = {"timestamp": now, "level": event.pop("level"), "event": event.pop("event")}
    return first | {key: value if key == "exc_info" else _safe(value) for key, value in event.items()}


def _safe(value: Any) -> Any:
    """Return a value that strict JSON can hold, without control characters in any text."""
    if type(value) is str and value.isascii() and value.isprintable():
        return value
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, dict):
        return {_safe(str(key)): _safe(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(each) for each in value]
    if isinstance(value, bytes):
        return text_of(value)
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - logging must never stop the work
        text = f"<{type(value).__name__}>"
    return text_of(text.encode("utf-8", "surrogatepass"))


def _log_thread_death(death: threading.ExceptHookArgs) -> None:
    if death.exc_type is SystemExit:
        return
    logger().error("thread.died", thread=death.thread and death.thread.name, exc_info=death.exc_value)


def _open_standard_descriptors() -> None:
    """Open /dev/null for each of 0, 1 and 2 that is closed, so that no data file gets such a number."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
