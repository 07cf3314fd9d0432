"""The names of an input and its record in the data folder: pure functions of the input's name and its hash.

`processed/S.json` belongs to `archive/S.csv`, and `quarantine/N.reason.json` to `quarantine/N`. If other
content, or a file with another suffix, has a name already, the first 12 digits of the hash go before the
extension; nothing is overwritten.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from processing.suffixes import TEXT_SUFFIXES

NAME_BYTES = 255
"""The maximum length of a name on Linux filesystems (NAME_MAX)."""
RESERVED_STEMS = frozenset({b"index", b"summary"})
"""Stems of the pages and summaries among the results."""
ASIDE = re.compile(rb"\.aside(?:\.(\d+))?-", re.DOTALL)
"""The prefix of a source's name while it is moved; it has a number if the name is taken."""
BACK_PREFIX = b".watcher-back-"
"""The prefix of an unfinished copy in incoming. (`.tmp-` may be a file of a sender there.)"""
RECORD_SUFFIX = b".json"
REASON_SUFFIX = b".reason.json"
MAX_CUT_BYTES = 3
"""A name that was cut between two characters may be up to this many bytes below the maximum."""
_HISTORY_BYTES = len(b".reason.00000000.json")
_HASHED = re.compile(rb"(.+)\.(?:[0-9a-f]{12}|[0-9a-f]{64})", re.DOTALL)
_EXTENSION = re.compile(rb"(?:%b)(?:\.gz)?\Z" % b"|".join(map(re.escape, TEXT_SUFFIXES)), re.IGNORECASE)
"""All suffixes, whichever are set: an archived file keeps its name when the setting changes."""


class NameParts(NamedTuple):
    """The parts of a name below incoming: its folder (may be empty), its stem, and a suffix of inputs."""

    folder: bytes
    stem: bytes
    extension: bytes

    @property
    def base(self) -> bytes:
        """The name without its folder."""
        return self.stem + self.extension


class NamePair(NamedTuple):
    """The names of an input and its record in their two mirrored folders."""

    record: bytes
    target: bytes


@lru_cache(256)
def parts_of(name: bytes) -> NameParts:
    """Return the parts of a name; the extension is empty if it has no suffix of inputs."""
    folder, _, base = name.rpartition(b"/")
    match = _EXTENSION.search(base)
    extension = match.group() if match else b""
    return NameParts(folder, base[: len(base) - len(extension)], extension)


def is_record(name: bytes, *, quarantined: bool = False) -> bool:
    """Return whether a name, without its folder, is that of a record, or of a quarantined file's reason."""
    if quarantined:
        return name.endswith(REASON_SUFFIX)
    stem = name.removesuffix(RECORD_SUFFIX)
    return stem != name and stem not in RESERVED_STEMS and not name.startswith(b".")


def archive_names(name: bytes, sha256: str) -> Iterator[NamePair]:
    """Yield the names that an accepted input and its record may have, in their order of preference."""
    parts = parts_of(name)
    limit = NAME_BYTES - max(len(parts.extension), len(RECORD_SUFFIX))
    for stem in _stems(name, sha256, limit, plain=parts.stem.lower() not in RESERVED_STEMS):
        yield NamePair(stem + RECORD_SUFFIX, stem + parts.extension)


def quarantine_names(name: bytes, sha256: str) -> Iterator[NamePair]:
    """Yield the names that a rejected input and its reason may have, in their order of preference."""
    extension = parts_of(name).extension
    for stem in _stems(name, sha256, NAME_BYTES - len(extension) - _HISTORY_BYTES, plain=True):
        target = stem + extension
        yield NamePair(target + REASON_SUFFIX, target)


def record_of(base: bytes, *, quarantined: bool) -> bytes:
    """Return the name of the record of an archived or quarantined input."""
    return base + REASON_SUFFIX if quarantined else parts_of(base).stem + RECORD_SUFFIX


def stem_of_record(record: bytes, *, quarantined: bool) -> bytes:
    """Return the stem that a record shares with its input; empty if the name is not that of a record."""
    if not is_record(record, quarantined=quarantined):
        return b""
    return parts_of(record.removesuffix(REASON_SUFFIX)).stem if quarantined else record[: -len(RECORD_SUFFIX)]


def unhashed(stem: bytes) -> bytes:
    """Return a stem without the hash at its end; empty if it has none."""
    match = _HASHED.fullmatch(stem)
    return match[1] if match else b""


def history_name(reason: bytes, number: int) -> bytes:
    """Return the name of an earlier reason."""
    return reason.removesuffix(RECORD_SUFFIX) + b".%d" % number + RECORD_SUFFIX


def replaced_name(record: bytes, number: int) -> bytes:
    """Return the name of a result in the history, after it was replaced."""
    return fit(record.removesuffix(RECORD_SUFFIX), NAME_BYTES - 20) + b".%d" % number + RECORD_SUFFIX


def withdrawn_name(record: bytes, number: int) -> bytes:
    """Return the name of a withdrawn record, whose input was replaced before it could be moved."""
    return fit(record.removesuffix(RECORD_SUFFIX), NAME_BYTES - 20) + b".withdrawn.%d" % number


def aside_name(base: bytes, number: int = 0) -> bytes:
    """Return the name of a source while it is moved; a name that is too long is cut and gets its own hash."""
    prefix = b".aside.%d-" % number if number else b".aside-"
    if len(prefix + base) <= NAME_BYTES:
        return prefix + base
    _, stem, extension = parts_of(base)
    end = b"." + hashlib.sha256(base).hexdigest()[:12].encode() + extension
    return prefix + fit(stem, NAME_BYTES - len(prefix) - len(end)) + end


def wanted_name(aside: bytes) -> tuple[bytes, int]:
    """Return the name of a source before it was set aside, or its beginning if it was cut, and its number."""
    match = ASIDE.match(aside)
    return (aside[match.end() :], int(match[1] or 0)) if match else (aside, 0)


def hashed(base: bytes, sha256: str) -> bytes:
    """Return a name with the hash before its extension, cut to fit."""
    extension = parts_of(base).extension
    return next(_stems(base, sha256, NAME_BYTES - len(extension), plain=False)) + extension


def fit(stem: bytes, limit: int) -> bytes:
    """Return a stem cut to `limit` bytes, never inside a UTF-8 character."""
    if len(stem) <= limit:
        return stem
    while limit and stem[limit] & 0xC0 == 0x80:  # noqa: PLR2004 - a continuation byte is 10xxxxxx
        limit -= 1
    return stem[:limit]


def _stems(name: bytes, sha256: str, limit: int, *, plain: bool) -> Iterator[bytes]:
    """Yield stems. The last one is unique to this input: `x.csv` and `x.CSV` may have the same bytes."""
    stem = parts_of(name).stem
    if plain and len(stem) <= limit:
        yield stem
    for length in (12, 64, 0):
        digits = sha256[:length] or hashlib.sha256(name + b"\0" + sha256.encode()).hexdigest()
        yield fit(stem, limit - len(digits) - 1) + b"." + digits.encode()
