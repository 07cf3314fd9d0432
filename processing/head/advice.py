"""The message of a rejected file: what the file seems to be, and the lines that would read it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from processing.model.channels import CHANNELS
from processing.model.profile import MAX_NAME
from processing.model.rejection import ADVICE, Choice, RejectedFileError
from processing.model.safe_text import counted, text_of
from processing.values.toml_text import toml_lines

MAX_CHOICES = 8
NEEDED = "power, or voltage and current, or energy"
MAX_TRIED = 4 * MAX_CHOICES
"""The most columns of numbers that are offered, before those that cannot be read are left out."""
CERTAIN_WATTS = 100.0
"""Power without a unit may be in kW if it never reaches this value."""
SINCE = "UNIT since START, SUCH AS seconds since 2025-06-10 06:00"
"""What a profile has for the times that count from a start."""
_MAX_CELLS = 50
_MAX_CELL_CHARACTERS = 40
A_PROFILE = 'a profile ([profiles.NAME] with match = ["FILES*"] in the file of --config)'
_TO_WRITE = f"{ADVICE}{A_PROFILE}"


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


def powers_of(channel: str, name: str | dict[str, int]) -> list[Choice]:
    """Return the choices of a column of this channel that may have the power of the moment."""
    return [
        Choice(
            f"power: {label_of_way(name)}, {unit}",
            {"channels": {channel: {"column": False}, "power": {"column": name, "unit": unit}}},
        )
        for unit in ("W", "kW")
    ]


def products_of(names: Sequence[Any], factors: int) -> list[list[Any]]:
    """Return the names of each product of a power that is a sum of them."""
    return [[*names[at : at + factors]] for at in range(0, len(names), factors)]


def label_of_way(column: Any) -> str:
    """Return the columns of a channel, as a profile names them, in words: sums, and products of pairs."""
    if isinstance(column, dict):
        return f"column {column['index']}"
    if isinstance(column, str):
        return column
    return " + ".join(
        " · ".join(map(label_of_way, one)) if isinstance(one, list) else label_of_way(one) for one in column
    )


def likeliest_first(ways: Sequence[Sequence[Choice | None]]) -> list[Choice]:
    """Return the first way to take each column, then the second of each, and so on."""
    return [one for rank in zip_longest(*ways) for one in rank if one is not None]


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


def asked(
    code: str, message: str, line: int | None, channel: str, ways: Mapping[str, Mapping[str, Any]]
) -> RejectedFileError:
    """Return the rejection that asks about a channel; `ways` has, by label, the keys of it that answer."""
    choices = [Choice(label, {"channels": {channel: {**keys}}}) for label, keys in ways.items()]
    return rejected(code, message, line, channel, choices=choices)


def full_stop(message: str) -> str:
    """Return what separates a message from the next sentence."""
    return " " if message.endswith("?") else ". "


def lines_to_write(ways: Sequence[Sequence[str]]) -> str:
    """Return the sentence that says where to write the lines of one of these ways."""
    texts = ["; ".join(lines) for lines in ways]
    if len(texts) == 1:
        return f"{_TO_WRITE}: {texts[0]}"
    return f"{_TO_WRITE} one of {'; or '.join(f'{number}: {text}' for number, text in enumerate(texts, 1))}"


def without_year(found: str, line: int) -> RejectedFileError:
    """Return the rejection of a file whose dates have no year; `found` says what its name has for them."""
    message = f"the dates have no year, {found}; name it with the year, such as panel_2025.csv (any year, if "
    message += f"it is a typical one). {lines_to_write([['csv.year = YEAR OF THE FIRST ROW']])}"
    return RejectedFileError("ambiguous_time", message, line, "timestamp")


def unit_of_energy(name: str, line: int) -> RejectedFileError:
    """Return the rejection of a file whose energy has no unit."""
    ways = {unit: {"unit": unit} for unit in ("kWh", "Wh", "MWh")}
    return asked("unknown_unit", f"the energy in {shown([name])!r} has no unit", line, "energy", ways)


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
