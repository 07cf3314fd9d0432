"""How the text of a setting becomes its value."""

import pytest

from watcher.setting_kinds import SettingKind, choice, either, matching, number, seconds, size

AUTO = either("auto", lambda: None, number("N", 1, 3, int))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (number("N", 1, 3, int), "3", 3),
        (number("FRACTION", 0, 1), "0.5", 0.5),
        (seconds(0, 10), "1e1", 10.0),
        (size("1B", "1GiB"), "512MiB", 536_870_912),
        (size("1B", "1GiB"), " 2 kib ", 2_048),
        (size("1B", "1GiB"), "7", 7),
        (choice("events", "scan"), "SCAN", "scan"),
        (matching("HOST", r"\S+", "a host"), "::1", "::1"),
        (matching("HOST", r"\d+", "digits", int), "12", 12),
        (AUTO, "auto", None),
        (AUTO, "2", 2),
    ],
)
def test_a_text_that_is_allowed_becomes_its_value(kind: SettingKind, text: str, value: object) -> None:
    assert kind.parse(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (number("N", 1, 3, int), "4"),
        (number("N", 1, 3, int), "2.0"),
        (number("FRACTION", 0, 1), "nan"),
        (seconds(0, 10), "ten"),
        (size("1KiB", "1GiB"), "1023"),
        (size("1KiB", "1GiB"), "1GB"),
        (choice("events", "scan"), "auto"),
        (matching("HOST", r"\S+", "a host"), "a b"),
        (AUTO, "none"),
    ],
)
def test_any_other_text_is_an_error(kind: SettingKind, text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        kind.parse(text)


def test_what_is_allowed_is_said_in_words() -> None:
    assert AUTO.allowed == "auto, or a whole number from 1 to 3"
    assert seconds(0.05, 86_400).allowed == "a number from 0.05 to 86400"
    assert choice("events", "scan").allowed == "events or scan"
