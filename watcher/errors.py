"""Exit codes, and the errors that end the program."""

import enum


class ExitCode(enum.IntEnum):
    """Exit codes of the program."""

    CLEAN = 0
    QUARANTINED = 1
    USAGE = 2
    LEFT_BEHIND = 3


class FatalError(Exception):
    """Ends the program. The message is one sentence for the operator that says what to do next."""

    exit_code = ExitCode.LEFT_BEHIND


class SettingsError(FatalError):
    """A setting, a flag or the configuration file is wrong. The message names the key and its source."""

    exit_code = ExitCode.USAGE


class LockedError(FatalError):
    """Another process holds the lock on the data folder. The message names it."""
