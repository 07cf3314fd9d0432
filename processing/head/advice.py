"""The message of a rejected file: what the file seems to be, and the lines that would read it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from processing.model.channels import CHANNELS
from processing.model.profile import MAX_NAME
from processing.model.rejection import ADVICE, Choice, RejectedFileError
from processing.model.safe_text import counted, json_without_commands, text_of

MAX_CHOICES = 8
CERTAIN_WATTS = 100.0
"""Power without a unit may be in kW if it never reaches this value."""
SINCE = "UNIT since START, SUCH AS seconds since 2025-06-10 06:00"
"""What a profile has for the times that count from a start."""
_MAX_CELLS = 50
_MAX_CELL_CHARACTERS = 40
_LONG = 1e6
"""From this number on, round numbers are written with an exponent."""
_BEYOND = 0x1_0000
"""From this character on, TOML escapes have eight digits."""

_BARE_KEY = r"[A-Za-z0-9_-]+"
A_PROFILE = 'a profile ([profiles.NAME] with match = ["FILES*"] in the file of --config)'
_TO_WRITE = f"{ADVICE}{A_PROFILE}"


def toml_lines(changes: dict[str, Any], path: str = "") -> list[str]:
    """Return the changes of a profile as lines of TOML, each with its full key."""
    lines = []
    for key, value in changes.items():
        if isinstance(value, dict) and key not in ("where", "long", "column", "time"):
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


def column_names(texts: Sequence[str], places: Iterable[int]) -> list[str | dict[str, int]]:
    """Return how a profile names columns: by a short name that no other column has, else by the place."""
    counts = Counter(text.strip().casefold() for text in texts)
    names = ((at, texts[at].strip() if at < len(texts) else "") for at in places)
    is_own = {text for text, count in counts.items() if text and count == 1}
    return [
        one if len(one) <= MAX_NAME and one.casefold() in is_own else {"index": at + 1} for at, one in names
    ]


def choices_of(ways: Sequence[dict[str, Any]], unit: str = "") -> list[Choice]:
    """Return the choices for these ways to read a file: columns by channel, all in this unit.

    A sum of more columns than a message shows is left out.
    """
    units = {"unit": unit} if unit else {}
    return [
        Choice(
            ", ".join(f"{channel}: {label_of_way(column)}" for channel, column in way.items()),
            {"channels": {channel: {"column": column, **units} for channel, column in way.items()}},
        )
        for way in ways
        if not any(isinstance(column, list) and len(column) > _MAX_CELLS for column in way.values())
    ]


def powers_of_current(name: str | dict[str, int]) -> list[Choice]:
    """Return the choices of a column called current that may have the power of the moment."""
    return [
        Choice(
            f"power: {label_of_way(name)}, {unit}",
            {"channels": {"current": {"column": False}, "power": {"column": name, "unit": unit}}},
        )
        for unit in ("W", "kW")
    ]


def paired(names: Sequence[Any]) -> list[list[Any]]:
    """Return the pairs of names of a power that is a sum of products."""
    return [*map(list, zip(names[::2], names[1::2], strict=True))]


def label_of_way(column: Any) -> str:
    """Return the columns of a channel, as a profile names them, in words: sums, and products of pairs."""
    if isinstance(column, dict):
        return f"column {column['index']}"
    if isinstance(column, str):
        return column
    return " + ".join(
        " · ".join(map(label_of_way, one)) if isinstance(one, list) else label_of_way(one) for one in column
    )


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

    Lines that are only a template, which a person must complete, are not a choice.
    """
    choices = choices[:MAX_CHOICES]
    advice = (
        full_stop(message) + lines_to_write([toml_lines(one.changes) for one in choices]) if choices else ""
    )
    return RejectedFileError(code, message, line, column, () if is_template else choices, advice=advice)


def full_stop(message: str) -> str:
    """Return what separates a message from the next sentence."""
    return " " if message.endswith("?") else ". "


def lines_to_write(ways: Sequence[Sequence[str]]) -> str:
    """Return the sentence that says where to write the lines of one of these ways."""
    texts = ["; ".join(lines) for lines in ways]
    if len(texts) == 1:
        return f"{_TO_WRITE}: {texts[0]}"
    return f"{_TO_WRITE} one of {'; or '.join(f'{number}: {text}' for number, text in enumerate(texts, 1))}"


def unit_of_energy(name: str, line: int) -> RejectedFileError:
    """Return the rejection of a file whose energy has no unit."""
    choices = [Choice(unit, {"channels": {"energy": {"unit": unit}}}) for unit in ("kWh", "Wh", "MWh")]
    message = f"the energy in {shown([name])!r} has no unit"
    return rejected("unknown_unit", message, line, "energy", choices=choices)


def unknown_unit(
    channel: str, text: str, scales: Sequence[tuple[str, float]], line: int
) -> RejectedFileError:
    """Return the rejection of a file that states a unit which the channel does not have.

    `scales` has the units, each with a factor, that it may mean.
    """
    units = CHANNELS[channel].units
    choices = [
        Choice(f"in {scale:g} {unit}", {"channels": {channel: {"unit": unit, "scale": scale}}})
        for unit, scale in scales
    ]
    alike = [unit for unit in units if unit.casefold() == text.casefold()]  # mW and MW for mw
    choices = choices or [Choice(unit, {"channels": {channel: {"unit": unit}}}) for unit in alike or units]
    message = f"the unit {shown([text])!r} of {channel} is not known; expected one of {', '.join(units)}"
    return rejected("unknown_unit", message, line, channel, choices=choices)
