"""What a rejected file's message says last: the lines of a profile that would read it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted, text_of

MAX_CHOICES = 8
_MAX_CELLS = 50
_MAX_CELL_CHARACTERS = 40


def toml_lines(changes: dict[str, Any], path: str = "") -> list[str]:
    """Return the changes of a profile as lines of TOML, each with its full key."""
    lines = []
    for key, value in changes.items():
        if isinstance(value, dict) and key not in ("where", "long", "column"):
            lines += toml_lines(value, f"{path}{key}.")
        else:
            lines.append(f"{path}{key} = {_toml(value)}")
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def shown(cells: Iterable[str]) -> str:
    """Return header cells as a message shows them: at most 50, printable, each shortened."""
    listed = list(cells)
    texts = [text_of(cell[:_MAX_CELL_CHARACTERS].encode("utf-8", "replace")) for cell in listed[:_MAX_CELLS]]
    more = f" and {counted(len(listed) - _MAX_CELLS, 'more cell')}" if len(listed) > _MAX_CELLS else ""
    return ", ".join(texts) + more


def rejected(
    code: str,
    message: str,
    line: int | None = None,
    column: str | None = None,
    *,
    choices: Sequence[Choice] = (),
    is_template: bool = False,
) -> RejectedFileError:
    """Return the rejection of a file whose message ends with the lines that would read it.

    Lines that are only a template, to be completed, are no choice.
    """
    choices = choices[:MAX_CHOICES]
    ways = ["; ".join(toml_lines(choice.changes)) for choice in choices]
    if len(ways) == 1:
        message += f". To read it, write in a profile: {ways[0]}"
    elif ways:
        numbered = "; or ".join(f"{number}: {way}" for number, way in enumerate(ways, 1))
        message += f". To read it, write in a profile one of {numbered}"
    return RejectedFileError(code, message, line, column, () if is_template else choices)
