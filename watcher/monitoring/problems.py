"""Problems of the daemon: logged once as each begins and once as it ends, shown by `status` between."""

from __future__ import annotations

from typing import Any

from watcher.job import ENGINE_FAULT, Logger
from watcher.monitoring.health import Health


class Problems:
    """Passes problems on to the log and to the health; any thread may report."""

    def __init__(self, health: Health, log: Logger) -> None:
        self._health = health
        self._log = log

    def begin(self, key: str, message: str, **fields: Any) -> None:
        """Note that something is wrong; log it if it is news."""
        if self._health.fault(key, message):
            event = "engine.fault" if key == ENGINE_FAULT else "folders.fault"
            self._log.error(event, error=message, **fields)

    def end(self, key: str) -> None:
        """Note that it is no longer wrong; log it if it was."""
        if self._health.cleared(key):
            self._log.info("engine.recovered" if key == ENGINE_FAULT else "folders.recovered")
