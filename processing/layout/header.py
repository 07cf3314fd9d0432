"""The header among the first lines of a file, and what it says: columns, delimiter, decimal sign."""

import csv
import functools
import io
import itertools
import re
from collections.abc import Iterable

from processing.layout.dialect import Column, Dialect, decoded, split
from processing.model.channels import CHANNELS, EXPECTED, REQUIRED
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.model.safe_text import text_of

MAX_PREAMBLE_LINES = 100
"""The header is one of these first lines."""

_SAMPLE_LINES = 50
"""Lines below the header that decide the decimal sign."""

_OTHER_FORMATS = (
    (b"\x1f\x8b", "it is gzip data; name it .csv.gz"),
    (b"PK\x03\x04", "it is a ZIP archive or a workbook; unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "it is an old workbook; save the sheet as CSV"),
)
"""First bytes of files that are no text, and what to do about them."""
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x7f]")

_DELIMITERS = (",", ";", "\t")
_LABEL = re.compile(r"(?P<name>[^(\[]*?)\s*(?:[(\[]\s*(?P<unit>[^)\]]*?)\s*[)\]])?")
_SUFFIX = re.compile(r"(?P<name>.+?)[\s_]+(?P<unit>[^\s_]+)")


def dialect_of(block: bytes, profile: Profile) -> Dialect:
    """Return how a file is written, as its first block of lines shows.

    Raises RejectedFileError if no header with the required columns is among the first lines.
    """
    lines = io.BytesIO(block)
    best: Dialect | None = None
    for number, line in enumerate(itertools.islice(lines, MAX_PREAMBLE_LINES), 1):
        found = _header(line[:-1], number, profile)
        if found is not None and not _missing(found):
            return found._replace(decimal=_decimal(found, lines, profile))
        if found is not None and (best is None or _recognised(found) > _recognised(best)):
            best = found
    raise _no_header(best, block)


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _header(line: bytes, number: int, profile: Profile) -> Dialect | None:
    """Return a line as a header, split by the delimiter that gives most known columns; None for no text."""
    text = decoded(line)
    if text is None or not text.strip() or (profile.csv.comment and text.startswith(profile.csv.comment)):
        return None
    wanted = profile.csv.delimiter
    readings = []
    for delimiter in _DELIMITERS if wanted == "auto" else (wanted,):
        try:
            cells = tuple(cell.strip() for cell in split(text, delimiter))
        except csv.Error:
            continue
        readings.append(_named(cells, delimiter, number, profile))
    return max(readings, key=_recognised, default=None)


def _named(cells: tuple[str, ...], delimiter: str, number: int, profile: Profile) -> Dialect:
    stamp, columns = -1, {}
    for index, cell in enumerate(cells):
        name, unit = _channel(cell, profile)
        if name is not None and (name in columns or (name == "timestamp" and stamp >= 0)):
            message = f"line {number} has two columns for {name}; set its column in a profile"
            raise RejectedFileError("ambiguous_columns", message, number, name)
        if name == "timestamp":
            stamp = index
        elif name is not None:
            channel = profile.channels[name]
            factor, offset = CHANNELS[name].units[channel.unit or unit or CHANNELS[name].unit]
            columns[name] = Column(index, factor * channel.scale, offset * channel.scale + channel.offset)
    return Dialect(delimiter, ".", profile.csv.comment, cells, number, stamp, columns)


def _channel(cell: str, profile: Profile) -> tuple[str | None, str | None]:
    """Return the channel (or `timestamp`) that a header cell names, and the unit it states."""
    headers = {"timestamp": profile.csv.timestamp}
    headers |= {name: profile.channels[name].column for name in CHANNELS}
    for name, header in headers.items():
        if header is not None and cell.casefold() == header.strip().casefold():
            label = _LABEL.fullmatch(cell)
            return name, _unit(name, label["unit"] if label else None)
    for pattern in (_LABEL, _SUFFIX):
        match = pattern.fullmatch(cell)
        name = re.sub(r"[\s_-]+", "", match["name"]).lower() if match else ""
        if match and name in headers and headers[name] is None:
            unit = _unit(name, match["unit"])
            if name == "timestamp" or unit is not None or not match["unit"]:
                return name, unit
    return None, None


def _unit(name: str, text: str | None) -> str | None:
    units = CHANNELS[name].units if name in CHANNELS else {}
    if not text or text in units:
        return text or None
    return next((unit for unit in units if unit.lower() == text.lower()), None)


def _missing(dialect: Dialect) -> list[str]:
    found = ["timestamp", *dialect.columns] if dialect.stamp >= 0 else dialect.columns
    return [name for name in REQUIRED if name not in found]


def _recognised(dialect: Dialect) -> int:
    return len(dialect.columns) + (dialect.stamp >= 0)


def _decimal(dialect: Dialect, lines: Iterable[bytes], profile: Profile) -> str:
    """Return the decimal sign: as the profile sets it, else the one in most cells of the first rows."""
    if profile.csv.decimal != "auto" or dialect.delimiter == ",":
        return "." if profile.csv.decimal == "auto" else profile.csv.decimal
    commas = points = 0
    for line in itertools.islice(lines, _SAMPLE_LINES):
        try:
            cells = split(line[:-1].decode("utf-8"), dialect.delimiter)
        except (UnicodeDecodeError, csv.Error):
            continue
        readings = [cells[column.place] for column in dialect.columns.values() if column.place < len(cells)]
        commas += sum("," in cell for cell in readings)
        points += sum("." in cell for cell in readings)
    return "," if commas > points else "."


def _advice_for(block: bytes) -> str:
    """Return what a file seems to be that is no UTF-8 text, and what to do about it."""
    for beginning, advice in _OTHER_FORMATS:
        if block.startswith(beginning):
            return advice
    fewer, more = sorted((block[:400:2].count(0), block[1:400:2].count(0)))
    if fewer == 0 and more > 0.4 * len(block[:400]):  # ASCII: half of them
        return 'it seems to be UTF-16; set csv.encoding = "utf-16" in a profile'
    if _BINARY.search(block[:4096]):
        return "it is binary data, not a table"
    return 'if it is Latin-1, set csv.encoding = "latin-1" in a profile'


def _no_header(best: Dialect | None, block: bytes) -> RejectedFileError:
    lines = block.split(b"\n", MAX_PREAMBLE_LINES)[:MAX_PREAMBLE_LINES]
    texts = enumerate(map(decoded, lines), 1)
    strange = next((number for number, text in texts if text is None or "\0" in text), None)
    if strange is not None:
        message = f"line {strange} is not UTF-8 text: {_advice_for(block)}"
        return RejectedFileError("not_text", message, strange)
    if best is None and b'"' in block:
        message = "no line can be a header: the quotes of each are left open or stand inside a cell"
        return RejectedFileError("missing_columns", message, 1)
    if best is None:
        message = "the file has only blank lines and comments; expected a header and rows"
        return RejectedFileError("empty_file", message)
    found = ", ".join(text_of(cell.encode())[:40] for cell in best.header[:20])
    return RejectedFileError(
        "missing_columns",
        f"columns missing: {', '.join(_missing(best))}; expected {', '.join(REQUIRED)} and as a rule "
        f"{', '.join(EXPECTED)}; line {best.header_line} has {found}",
        best.header_line,
        _missing(best)[0],
    )
