"""The suffixes of inputs, and the setting that names those that are used."""

from collections.abc import Sequence
from typing import Any

TEXT_SUFFIXES = (b".csv", b".txt", b".dat", b".tsv", b".log")
"""Suffixes that inputs may have, each also with `.gz`."""
DEFAULT_SUFFIXES = (b".csv", b".csv.gz")


def suffixes_of(text: str) -> tuple[bytes, ...]:
    """Return the suffixes that a setting such as `.csv,.txt` names; ValueError if inputs cannot have one.

    Each suffix includes the same with `.gz`. The leading dot may be left out, and `all` means all.
    """
    words = [word.lower().removeprefix(".").encode() for word in text.replace(",", " ").split()]
    if words == [b"all"]:
        words = [suffix[1:] for suffix in TEXT_SUFFIXES]
    found: dict[bytes, None] = {}
    for word in words:
        plain = b"." + word.removesuffix(b".gz")
        if plain not in TEXT_SUFFIXES:
            raise ValueError(text)
        found |= dict.fromkeys((b"." + word,) if word.endswith(b".gz") else (plain, plain + b".gz"))
    if not found:
        raise ValueError(text)
    return tuple(found)


def suffixes_from(value: object) -> tuple[bytes, ...]:
    """Return the suffixes that a value in a configuration file names, as a text or a list; empty for None."""
    if value is None:
        return ()
    words: list[Any] = value if isinstance(value, list) else [value]
    try:
        return suffixes_of(",".join(words))
    except (TypeError, ValueError):
        raise ValueError(f"suffixes is {value!r}; allowed: {shown_suffixes(TEXT_SUFFIXES)}") from None


def shown_suffixes(suffixes: Sequence[bytes]) -> str:
    """Return suffixes as a part of a sentence."""
    *first, last = (suffix.decode() for suffix in suffixes)
    return f"{', '.join(first)} or {last}" if first else last
