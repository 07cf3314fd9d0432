"""Tables as lines of TOML with comments. Names and cells may be hostile: everything is escaped."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from processing.head.advice import toml_key, toml_value
from processing.model.safe_text import text_of

INLINE: Final = frozenset({"where", "long", "column"})
"""Keys whose tables are written on one line."""
MAX_COMMENT = 160
"""The most characters of a comment, or of a name in one."""


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
