"""The known formats: those shipped as TOML files with the package, and those of a site's folder."""

import contextlib
import errno
import functools
import os
import stat
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from processing.formats.known_format import KnownFormat
from processing.model.safe_text import text_of
from processing.profiles import profiles_from
from processing.storage import OPEN_FLAGS

MAX_BYTES = 64_000
"""The largest file of a format."""
MAX_FILES = 200
SUFFIX = ".toml"
_TABLES = ("fingerprint", "csv", "channels", "period")
_KEYS = frozenset({"title", "accepted", "never", "context", "zone_in_header", "docs", *_TABLES})
_KINDS = ("first", "every", "one_of")
"""Tables with patterns of columns."""


class FormatFile(msgspec.Struct, frozen=True):
    """A TOML file of a format, as it travels to workers."""

    name: str
    """The name of the format: that of the file without its suffix."""
    text: bytes


class SiteFormats(NamedTuple):
    """The formats of a site's folder, and what is wrong with its other files."""

    files: tuple[FormatFile, ...] = ()
    problems: tuple[str, ...] = ()


def known_formats(site: tuple[FormatFile, ...] = ()) -> tuple[KnownFormat, ...]:
    """Return a site's formats, then those shipped."""
    return (*formats_of(site), *shipped())


@functools.lru_cache(maxsize=8)
def formats_of(site: tuple[FormatFile, ...]) -> tuple[KnownFormat, ...]:
    """Return a site's formats; parsed once in each process.

    Files that describe no format are left out: whoever read the folder has reported them.
    """
    own = []
    for one in site:
        with contextlib.suppress(ValueError):
            own.append(format_from(one.name, one.text))
    return tuple(own)


@functools.cache
def shipped() -> tuple[KnownFormat, ...]:
    """Return the formats of the package, in the order of their names; parsed once in each process."""
    return tuple(format_from(name, text, is_shipped=True) for name, text in shipped_files())


def shipped_files() -> list[tuple[str, bytes]]:
    """Return the names and the texts of the formats that are part of the package."""
    from importlib import resources  # noqa: PLC0415 - a process that reads no file needs none

    folder = resources.files("processing.reading") / "formats"
    files = [one for one in folder.iterdir() if one.name.endswith(SUFFIX)]
    return sorted((one.name.removesuffix(SUFFIX), one.read_bytes()) for one in files)


def format_from(name: str, text: bytes, *, is_shipped: bool = False) -> KnownFormat:
    """Return the format that a TOML file describes. Raises ValueError naming the key that is wrong."""
    try:
        table = tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text: save it as UTF-8") from None
    except RecursionError:
        raise ValueError("not TOML: nested too deeply") from None
    for key, value in table.items():
        if key not in _KEYS:
            raise ValueError(f"{key}: unknown key; allowed: {', '.join(sorted(_KEYS))}")
        if key in _TABLES and not isinstance(value, dict):
            raise ValueError(f"{key}: expected a table")
    whole: dict[str, Any] = {"title": name, **{key: {} for key in _TABLES}, **table}
    profiles_from({key: _plain(whole[key], key) for key in ("csv", "channels", "period")})
    try:
        return msgspec.convert(whole | {"name": name, "is_shipped": is_shipped}, KnownFormat)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise ValueError(f"{path.rstrip('`')}: {message}") from None


def _plain(table: dict[str, Any], path: str) -> dict[str, Any]:
    """Return a table that is valid in a profile: with any column in place of the patterns of a format."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        below = f"{path}.{key}"
        if key in ("column", "time") and isinstance(value, dict) and "index" not in value:
            _check_patterns(value, below)
            found[key] = "column"
        elif isinstance(value, dict) and path == "channels":
            found[key] = _plain(value, below)
        else:
            found[key] = value
    return found


def _check_patterns(value: Any, path: str) -> None:
    """Raise ValueError if this is neither a pattern nor a table with a list of such."""
    if isinstance(value, str):
        return
    kinds = [*value] if isinstance(value, dict) else []
    lists = [*value.values()] if isinstance(value, dict) else []
    if len(kinds) != 1 or kinds[0] not in _KINDS or not isinstance(lists[0], list) or not lists[0]:
        raise ValueError(f"{path}: expected a name, or a table such as {{first = [NAMES]}}")
    for one in lists[0]:
        _check_patterns(one, path)


def site_formats(folder: Path) -> SiteFormats:
    """Return the formats in a folder: regular files, no links, in the order of their names."""
    files, problems = [], []
    try:
        names = sorted(name for name in os.listdir(folder) if _is_format(name))  # noqa: PTH208
    except FileNotFoundError:
        return SiteFormats()
    except OSError as error:
        return SiteFormats((), (f"{_shown(folder)}: cannot be read: {error.strerror}",))
    for name in names[:MAX_FILES]:
        path = folder / name
        try:
            one = FormatFile(text_of(os.fsencode(name)).removesuffix(SUFFIX), _content(path))
            format_from(one.name, one.text)
            files.append(one)
        except OSError as error:
            is_link = error.errno in (errno.ELOOP, errno.EMLINK)
            why = (
                "it is a link: put a copy of its file there"
                if is_link
                else f"cannot be read: {error.strerror}"
            )
            problems.append(f"{_shown(path)}: {why}")
        except ValueError as error:
            problems.append(f"{_shown(path)}: {error}")
    if len(names) > MAX_FILES:
        problems.append(f"{_shown(folder)}: only the first {MAX_FILES} files are read")
    return SiteFormats(tuple(files), tuple(problems))


def state_of(folder: Path) -> Sequence[tuple[str, int, int, int]]:
    """Return a value that changes if a file of a folder changes; it takes only calls of stat."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        found = []
        for entry in entries:
            if _is_format(entry.name):
                status = entry.stat(follow_symlinks=False)
                found.append((entry.name, status.st_mtime_ns, status.st_size, status.st_ino))
        return sorted(found)
    return ()


def _is_format(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith(".")


def _content(path: Path) -> bytes:
    descriptor = os.open(path, OPEN_FLAGS)  # no links, and no wait for a pipe
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("not a regular file")
        text = b""
        while len(text) <= MAX_BYTES and (more := os.read(descriptor, MAX_BYTES + 1 - len(text))):
            text += more
    finally:
        os.close(descriptor)
    if len(text) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    return text


def _shown(path: Path) -> str:
    return text_of(os.fsencode(path))
