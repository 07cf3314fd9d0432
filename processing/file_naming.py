"""Which names an input and its record get: pure functions of the input's name and its hash.

`processed/S.json` belongs to `archive/S.csv`, `quarantine/N.reason.json` to `quarantine/N`. A name that
other content has taken gets the first 12 digits of the hash before its extension; nothing is overwritten.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

NAME_BYTES = 255
"""The longest name that Linux filesystems take (NAME_MAX)."""
RESERVED_STEMS = frozenset({b"index", b"summary"})
"""Stems of the pages and summaries that stand among the results."""
ASIDE = re.compile(rb"\.aside(?:\.(\d+))?-", re.DOTALL)
"""How the name begins that a source bears while it is filed; numbered if another file has the name."""
BACK_PREFIX = b".watcher-back-"
"""A copy in the making in incoming, where `.tmp-` could be a sender's own."""
RECORD_SUFFIX = b".json"
REASON_SUFFIX = b".reason.json"
CUT_MOST = 3
"""How many bytes short of the longest a name may be that was cut between two characters."""
_HISTORY_ROOM = len(b".reason.00000000.json")
_HASHED = re.compile(rb"(.+)\.(?:[0-9a-f]{12}|[0-9a-f]{64})", re.DOTALL)
_EXTENSION = re.compile(rb"\.csv(\.gz)?\Z", re.IGNORECASE)


class Parts(NamedTuple):
    """A name below incoming taken apart: its folder (may be empty), its stem, and `.csv` or `.csv.gz`."""

    folder: bytes
    stem: bytes
    extension: bytes

    @property
    def base(self) -> bytes:
        """The name without its folder."""
        return self.stem + self.extension


class Place(NamedTuple):
    """Where an input and its record go, as names inside the two mirrored folders."""

    record: bytes
    target: bytes


def parts_of(name: bytes) -> Parts:
    """Return the parts of a name; one that is no CSV has an empty extension."""
    folder, _, base = name.rpartition(b"/")
    match = _EXTENSION.search(base)
    extension = match.group() if match else b""
    return Parts(folder, base[: len(base) - len(extension)], extension)


def archive_places(name: bytes, sha256: str) -> Iterator[Place]:
    """Yield the places of an accepted input, the best first."""
    parts = parts_of(name)
    room = NAME_BYTES - max(len(parts.extension), len(RECORD_SUFFIX))
    taken = parts.stem.lower() in RESERVED_STEMS
    for stem in (*_stems(parts.stem, sha256, room, plain=not taken), _own_stem(name, sha256, room)):
        yield Place(stem + RECORD_SUFFIX, stem + parts.extension)


def quarantine_places(name: bytes, sha256: str) -> Iterator[Place]:
    """Yield the places of a rejected input, the best first."""
    parts = parts_of(name)
    room = NAME_BYTES - len(parts.extension) - _HISTORY_ROOM
    for stem in (*_stems(parts.stem, sha256, room, plain=True), _own_stem(name, sha256, room)):
        target = stem + parts.extension
        yield Place(target + REASON_SUFFIX, target)


def record_of(base: bytes, *, quarantined: bool) -> bytes:
    """Return the name of the record that belongs to a filed input."""
    return base + REASON_SUFFIX if quarantined else parts_of(base).stem + RECORD_SUFFIX


def stem_of_record(record: bytes, *, quarantined: bool) -> bytes:
    """Return the stem that a record shares with its input, empty where the name is no record's."""
    suffix = REASON_SUFFIX if quarantined else RECORD_SUFFIX
    if not record.endswith(suffix):
        return b""
    named = record.removesuffix(suffix)
    return parts_of(named).stem if quarantined else named


def unhashed(stem: bytes) -> bytes:
    """Return a stem without the hash at its end, empty where it has none."""
    match = _HASHED.fullmatch(stem)
    return match[1] if match else b""


def history_name(reason: bytes, number: int) -> bytes:
    """Return the name under which an earlier reason is kept."""
    return reason.removesuffix(RECORD_SUFFIX) + b".%d" % number + RECORD_SUFFIX


def withdrawn_name(record: bytes, number: int) -> bytes:
    """Return the name under which a record is kept whose input was replaced before it could be filed."""
    return fit(record.removesuffix(RECORD_SUFFIX), NAME_BYTES - 20) + b".withdrawn.%d" % number


def aside_name(base: bytes, number: int = 0) -> bytes:
    """Return the name that a source bears while it is filed; one that is too long gets its own hash."""
    prefix = b".aside.%d-" % number if number else b".aside-"
    if len(prefix + base) <= NAME_BYTES:
        return prefix + base
    _, stem, extension = parts_of(base)
    end = b"." + hashlib.sha256(base).hexdigest()[:12].encode() + extension
    return prefix + fit(stem, NAME_BYTES - len(prefix) - len(end)) + end


def wanted_name(aside: bytes) -> tuple[bytes, int]:
    """Return the name that a source had before it stepped aside, as far as it was not cut, and its number."""
    match = ASIDE.match(aside)
    return (aside[match.end() :], int(match[1] or 0)) if match else (aside, 0)


def hashed(base: bytes, sha256: str) -> bytes:
    """Return a name with the hash before its extension, cut to fit."""
    parts = parts_of(base)
    return next(_stems(parts.stem, sha256, NAME_BYTES - len(parts.extension), plain=False)) + parts.extension


def fit(stem: bytes, room: int) -> bytes:
    """Return a stem cut to `room` bytes, never inside a UTF-8 character."""
    if len(stem) <= room:
        return stem
    while room and stem[room] & 0xC0 == 0x80:  # noqa: PLR2004 - a continuation byte is 10xxxxxx
        room -= 1
    return stem[:room]


def _stems(stem: bytes, sha256: str, room: int, *, plain: bool) -> Iterator[bytes]:
    if plain and len(stem) <= room:
        yield stem
    for digits in (12, 64):
        yield fit(stem, room - digits - 1) + b"." + sha256[:digits].encode()


def _own_stem(name: bytes, sha256: str, room: int) -> bytes:
    """Return a stem that no other input has: `x.csv`, `x.CSV` and `x.csv.gz` may have the same bytes."""
    own = hashlib.sha256(name + b"\0" + sha256.encode()).hexdigest()
    return fit(parts_of(name).stem, room - len(own) - 1) + b"." + own.encode()
