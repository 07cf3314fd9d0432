"""Exit codes of the errors that end the program."""

from watcher.errors import ExitCode, FatalError, LockedError, SettingsError


def test_the_exit_codes_are_those_of_the_contract() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "CLEAN": 0,
        "QUARANTINED": 1,
        "USAGE": 2,
        "LEFT_BEHIND": 3,
    }


def test_each_error_has_its_exit_code() -> None:
    errors = [SettingsError("a"), LockedError("b"), FatalError("c")]
    assert [(str(error), int(error.exit_code)) for error in errors] == [("a", 2), ("b", 3), ("c", 3)]
