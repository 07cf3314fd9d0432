"""Which known formats fit a file, and the rejections that name formats."""

import contextlib
import functools
from collections.abc import Sequence
from typing import Any

from processing.formats.changes import merged
from processing.formats.columns import changes_by
from processing.formats.fingerprint import (
    EXAMINED_LINES,
    Recognised,
    fits,
    fitting_header,
    folded,
    may_fit,
    rows_of,
)
from processing.formats.known_format import KnownFormat
from processing.head.advice import rejected
from processing.head.column_kinds import channel_of
from processing.head.header_cells import HeaderCell
from processing.head.lines import first_lines
from processing.layout.header import FoundHeader
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import device_of, text_of
from processing.naming.units import unit_of

_EXAMINED_BYTES = 1 << 14


def recognised(
    head: bytes, formats: Sequence[KnownFormat], profile: Profile, name: bytes
) -> Recognised | None:
    """Return the format that fits a file, or None. Raises RejectedFileError if two fit."""
    found = matching(head, formats, profile, name)
    if len(found) > 1:
        raise _several_formats(found, head, profile)
    return found[0] if found else None


def matching(
    head: bytes, formats: Sequence[KnownFormat], profile: Profile, name: bytes = b""
) -> list[Recognised]:
    """Return the formats that fit a file with these first lines: the site's own, else those shipped.

    A format for this device comes before those for all.
    """
    text = folded(first_lines(head[:_EXAMINED_BYTES], EXAMINED_LINES))
    folder, device = text_of(name).rpartition("/")[0], device_of(text_of(name))
    found: list[Recognised] = []
    for known in _with_words_in(text, tuple(formats)):
        if found and known.is_shipped and not found[-1].known.is_shipped:
            break
        mark = known.fingerprint
        if mark.folder not in (None, folder) or (mark.devices and device not in mark.devices):
            continue
        header = fitting_header(mark, known.csv, head, profile)
        if header is None or _has_other_units(known, header):
            continue
        if not _is_of_others(known, header, head, profile):
            found.append(Recognised(known, header))
    return [one for one in found if one.known.fingerprint.devices] or found


@functools.lru_cache(maxsize=64)  # the files of a device have the same words
def _with_words_in(text: bytes, formats: tuple[KnownFormat, ...]) -> list[KnownFormat]:
    """Return the formats whose words are all in the first lines of a file."""
    return [known for known in formats if may_fit(known.fingerprint, text)]


def _has_other_units(known: KnownFormat, header: FoundHeader) -> bool:
    """Return whether a column states another unit than the format, whose fingerprint does not have it."""
    for channel, table in known.channels.items():
        column, unit = table.get("column"), table.get("unit")
        names = [one for one in (column if isinstance(column, list) else [column]) if isinstance(one, str)]
        for cell in header.cells if unit else ():
            is_read = any(fits(one, cell) for one in names) or (
                column is None and channel_of(cell) == channel
            )
            is_meant = cell.text in known.fingerprint.columns or not cell.stated_unit
            if is_read and not is_meant and unit_of(channel, cell.stated_unit) != unit:
                return True
    return False


def _is_of_others(known: KnownFormat, header: FoundHeader, head: bytes, profile: Profile) -> bool:
    """Return whether a row is about something that the format never reads."""
    places = [at for at, cell in enumerate(header.cells) if known.context and fits(known.context, cell)]
    if not places:
        return False
    cells = {row[places[0]] for row in rows_of(head, header, profile) if len(row) > places[0]}
    return any(fits(one, HeaderCell((cell,))) for cell in cells for one in known.never)


def with_format(error: RejectedFileError, known: KnownFormat, changes: dict[str, Any]) -> RejectedFileError:
    """Return the rejection of a file of a known format; each way to read it has the keys of the format."""
    finding = f"{error.finding} (known format: {known.title})"
    if not known.is_shipped:
        finding += f"; that is data/profiles/{known.name}.toml: if the file is of another logger, give it a "
        finding += "folder of its own, or remove that format"
    if not error.choices:
        return RejectedFileError(error.code, finding, error.line, error.column, advice=error.advice)
    choices = [Choice(one.label, merged(changes, one.changes)) for one in error.choices]
    return rejected(error.code, finding, error.line, error.column, choices=choices)


def _several_formats(found: Sequence[Recognised], head: bytes, profile: Profile) -> RejectedFileError:
    """Return the rejection of a file that several known formats fit."""
    choices = []
    for one in found:
        with contextlib.suppress(RejectedFileError):
            choices.append(Choice(one.known.title, changes_by(one, head, profile)))
    names = " and ".join(f"{one.known.title} ({one.known.name})" for one in found)
    message = f"{len(found)} known formats fit the file: {names}"
    return rejected("ambiguous_format", message, found[0].header.line, choices=choices)
