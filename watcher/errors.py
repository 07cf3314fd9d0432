"""Exit codes, and the errors that end the program."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """Exit codes of the program."""

    CLEAN = 0
    QUARANTINED = 1
    USAGE = 2
    LEFT_BEHIND = 3


class FatalError(Exception):
    """Ends the program. The message is one sentence for the operator that says what to do next."""

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class SettingsError(FatalError):
    """A setting, a flag or the configuration file is wrong. The message names the key and its source."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.USAGE)


class LockedError(FatalError):
    """Another process holds the lock on the data folder. The message names it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.LEFT_BEHIND)
