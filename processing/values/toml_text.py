"""Values and tables with comments as TOML. Names and cells may be hostile: everything is escaped."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from processing.model.safe_text import json_without_commands, text_of

INLINE: Final = frozenset({"where", "long", "column", "time"})
"""Keys whose tables are written on one line."""
MAX_COMMENT = 160
"""The most characters of a comment, or of a name in one."""
_LONG = 1e6
"""From this number on, round numbers are written with an exponent."""
_BEYOND = 0x1_0000
"""From this character on, TOML escapes have eight digits."""

_BARE_KEY = r"[A-Za-z0-9_-]+"


def printable(text: str, longest: int = MAX_COMMENT) -> str:
    """Return text that stays on its line and cannot hide what follows, cut if it is long."""
    shown = text_of(text.encode("utf-8", "replace"))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def comment(text: str) -> str:
    """Return a line with a comment."""
    return f"# {printable(text, 4 * MAX_COMMENT)}"


def lines_of(path: str, table: Mapping[str, Any], notes: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the lines of a table and of the tables in it; `notes` are comments at the end of each table.

    If a table has only notes, its heading is a comment too. None is no value.
    """
    given = {name: value for name, value in table.items() if value is not None}
    plain = {name: value for name, value in given.items() if not _is_table(name, value)}
    extra = notes.get(path, [])
    if path and (plain or extra):
        yield ""
        yield f"[{path}]" if plain else f"# [{path}]"
    for name, value in plain.items():
        yield f"{toml_key(name)} = {toml_value(value)}"
    yield from map(comment, extra)
    for name, value in given.items():
        if _is_table(name, value):
            yield from lines_of(f"{path}.{toml_key(name)}" if path else toml_key(name), value, notes)


def _is_table(name: str, value: object) -> bool:
    return isinstance(value, Mapping) and name not in INLINE


def toml_lines(changes: dict[str, Any], path: str = "") -> list[str]:
    """Return the changes of a profile as lines of TOML, each with its full key."""
    lines = []
    for key, value in changes.items():
        if isinstance(value, dict) and key not in INLINE:
            lines += toml_lines(value, f"{path}{key}.")
        elif value is not None:
            lines.append(f"{path}{key} = {toml_value(value)}")
    return lines


def toml_key(name: str) -> str:
    """Return a key of TOML, quoted if it must be."""
    return name if re.fullmatch(_BARE_KEY, name) else toml_value(name)


def toml_value(value: Any) -> str:
    """Return a value as TOML on one line; characters that cannot be printed are escaped."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_key(key)} = {toml_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, float) and abs(value) >= _LONG and float(f"{value:.0e}") == value:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    from json import dumps  # noqa: PLC0415 - only for a rejection or a profile

    text = dumps(value, ensure_ascii=False)
    return json_without_commands("".join(char if char.isprintable() else _escaped(char) for char in text))


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < _BEYOND else f"\\U{ord(char):08x}"
