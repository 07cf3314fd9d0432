"""A known format made from one file and one decision: what `accept` writes."""

import contextlib
import hashlib
import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec

from processing.formats.changes import merged, with_changes
from processing.formats.columns import changes_by
from processing.formats.fingerprint import fingerprint_of
from processing.formats.known_format import Fingerprint, KnownFormat
from processing.formats.known_formats import matching
from processing.formats.toml_files import MAX_BYTES, format_from
from processing.model.channels import DEFAULT_HEADER
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.model.safe_text import text_of
from processing.naming.synonyms import normal
from processing.values.toml_text import comment, lines_of, printable

_MAX_TITLE = 80
_DIGITS = 12
"""Digits of the hash in the name of a format's file."""
_ANSWERS = {
    "time_format",
    "name_date",
    "timezone",
    "label",
    "decimal",
    "thousands",
    "missing",
    "unreadable",
    "rows",
    "where",
    "section",
}
"""Keys of `[csv]` whose values another device may write differently below the same header, or need."""
_OF_HEADER = {"column", "limits"}
"""Keys of a channel that hold for all files with this header."""


class NewFormat(NamedTuple):
    """A format that is to be written."""

    name: str
    """The name of its file without the suffix."""
    text: str
    known: KnownFormat

    @property
    def files(self) -> str:
        """The files that it reads, in words."""
        mark = self.known.fingerprint
        devices = ", ".join(one or "no folder" for one in mark.devices)
        return f"files{devices and f' in {devices}'} {_common_to(mark)}"


def _common_to(mark: Fingerprint) -> str:
    return "with these columns" if mark.columns else "without a header whose first row has this form"


class NoFormatError(ValueError):
    """No format can be made that fits the file; the message is a sentence about it."""


def new_format(
    head: bytes,
    profile: Profile,
    name: bytes,
    changes: dict[str, Any],
    formats: Sequence[KnownFormat],
    *,
    devices: Collection[str] = (),
    shown: dict[str, Any] | None = None,
) -> NewFormat:
    """Return the format that reads the files of a logger with these changes of their profile.

    `head` has the first lines of a file with this name below incoming. A format of the site with the same
    fingerprint is replaced; what it changes is kept unless `changes` differ. If the changes are an answer
    that another device with the same header may not have, it is for these devices alone, if there are any,
    and has the keys that the file has `shown`; so is one of files without a header. Raises NoFormatError.
    """
    mark, is_answer = _fingerprint(head, profile, name, changes), _is_open(changes)
    fitting = matching(head, formats, profile, name)
    with contextlib.suppress(RejectedFileError):  # then the changes say all
        if len(fitting) == 1:
            changes = merged(changes_by(fitting[0], head, profile), changes)
    own = [one.known for one in fitting if not one.known.is_shipped]
    others = sorted(one.name for one in own if one.fingerprint.columns != mark.columns)
    if others:
        raise NoFormatError(f"{', '.join(others)} fits the file too: change or remove that format")
    of_devices = [one for one in own if one.fingerprint.devices]
    if devices and not mark.devices and (is_answer or of_devices):
        own = of_devices  # one for all devices stays beside it
        earlier = own[0].fingerprint.devices if own else ()
        mark = msgspec.structs.replace(mark, devices=tuple(sorted({*devices, *earlier})))
    called = own[0].name if own else _name_of(name, mark)
    text = _text(mark, merged((shown or {}) if mark.devices else {}, changes), name)
    try:
        known = format_from(called, text.encode())
    except ValueError as error:
        raise NoFormatError(f"no format can say this: {error}") from None
    if len(text.encode()) > MAX_BYTES or not matching(head, [known], profile, name):
        raise NoFormatError("its first lines are none by which other files of the logger are recognised")
    return NewFormat(called, text, known)


def _is_open(changes: dict[str, Any]) -> bool:
    """Return whether changes say more than the header does: more than which columns are read."""
    channels = changes.get("channels", {}).values()
    is_answer = "period" in changes or bool(changes.get("csv", {}).keys() & _ANSWERS)
    return is_answer or any(one.keys() - _OF_HEADER for one in channels)


def _fingerprint(head: bytes, profile: Profile, name: bytes, changes: dict[str, Any]) -> Fingerprint:
    has_header = changes.get("csv", {}).get("header") is not False
    own = profile if has_header else with_changes(profile, {"csv": changes["csv"]})
    found = fingerprint_of(head, own, name)
    if found is None:
        raise NoFormatError("it has no header by which other files of the logger are recognised")
    plain = (column.replace("*", "") for column in found.columns if isinstance(column, str))
    columns = tuple(column for column in plain if normal(column))  # a name with `*` is compared without it
    is_default = tuple(map(normal, columns)) == DEFAULT_HEADER and found.delimiter == ","
    folder = text_of(name).rpartition("/")[0] if is_default else None
    return msgspec.structs.replace(found, columns=columns, folder=folder)


def _name_of(name: bytes, mark: Fingerprint) -> str:
    folder, _, base = text_of(name).rpartition("/")
    words = re.sub(r"[^A-Za-z0-9]+", "-", folder or base.partition(".")[0]).strip("-")[:40] or "logger"
    return f"{words}-{hashlib.sha256(msgspec.json.encode(mark)).hexdigest()[:_DIGITS]}"


def _text(mark: Fingerprint, changes: dict[str, Any], name: bytes) -> str:
    """Return the file of a format."""
    tables: dict[str, Any] = {
        "title": printable(f"files such as {text_of(name)}", _MAX_TITLE),
        "fingerprint": {key: value for key, value in msgspec.to_builtins(mark).items() if value},
        "csv": changes.get("csv", {}),
        "channels": changes.get("channels", {}),
        **{key: changes[key] for key in ("period", "accepted") if key in changes},
    }
    if mark.folder is not None:
        tables["fingerprint"]["folder"] = mark.folder
    heading = [
        comment(f"Made by `python -m watcher accept` for {text_of(name)}"),
        comment(f"Files {_common_to(mark)} are read so. Other keys of [csv] and [channels] may be added."),
    ]
    return "\n".join([*heading, *lines_of("", tables, {})]) + "\n"
