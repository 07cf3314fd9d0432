"""The kinds of settings: how a text becomes a number, a size, a path or a word, and what is allowed."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

_UNITS = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


class SettingKind(NamedTuple):
    """Parses the text of a setting. `parse` raises ValueError if the text is not what `allowed` says."""

    metavar: str
    parse: Callable[[str], Any]
    allowed: str
    takes_list: bool = False
    """Whether a list of texts in the configuration file means the same as a text with commas."""


def number(metavar: str, low: float, high: float, cast: Callable[[str], float] = float) -> SettingKind:
    """Return the kind of a number from `low` to `high`."""

    def parse(text: str) -> float:
        value = cast(text)
        if not low <= value <= high:  # also true for NaN
            raise ValueError(text)
        return value

    what = "a whole number" if cast is int else "a number"
    return SettingKind(metavar, parse, f"{what} from {low:.12g} to {high:.12g}")


def seconds(low: float, high: float) -> SettingKind:
    """Return the kind of a number of seconds."""
    return number("SECONDS", low, high)


def size(low: str, high: str) -> SettingKind:
    """Return the kind of a number of bytes, with or without a unit."""
    allowed = f"a number of bytes, or a size such as 512MiB or 1GiB, from {low} to {high}"
    return number("SIZE", _bytes_of(low), _bytes_of(high), _bytes_of)._replace(allowed=allowed)


def choice(*words: str) -> SettingKind:
    """Return the kind of one of these words; case does not matter."""

    def parse(text: str) -> str:
        return words[words.index(text.strip().lower())]

    return SettingKind("|".join(words), parse, " or ".join(words))


def matching(metavar: str, pattern: str, allowed: str, cast: Callable[[str], Any] = str) -> SettingKind:
    """Return the kind of a text that matches the whole pattern."""

    def parse(text: str) -> Any:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(text)
        return cast(text)

    return SettingKind(metavar, parse, allowed)


def either(word: str, value: Callable[[], Any], kind: SettingKind) -> SettingKind:
    """Return the kind that maps `word` to the result of `value`, and parses any other text as `kind`."""

    def parse(text: str) -> Any:
        return value() if text == word else kind.parse(text)

    return SettingKind(kind.metavar, parse, f"{word}, or {kind.allowed}")


def _bytes_of(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,18})\s*([a-z]*)", text.strip().lower())
    if match is None or match[2] not in _UNITS:
        raise ValueError(text)
    return int(match[1]) * _UNITS[match[2]]
