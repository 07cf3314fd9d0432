"""Two severities of error: one stops the program, one concerns a single job."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What the process says as it ends; the contract's table, nothing else."""

    CLEAN = 0
    QUARANTINED = 1
    USAGE = 2
    LEFT_BEHIND = 3


class FatalError(Exception):
    """Stops the program: one sentence for the operator, saying what to do next, and the exit code."""

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class SettingsError(FatalError):
    """A setting, a flag or a configuration file is wrong; the message names the key's full path."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.USAGE)


class LockedError(FatalError):
    """Another process holds the data folder; the message names it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.LEFT_BEHIND)
