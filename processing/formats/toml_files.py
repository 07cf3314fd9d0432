"""The known formats: those shipped as TOML files with the package, and those of a site's folder."""

import contextlib
import functools
import os
import stat
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from processing.formats.known_format import Fingerprint, KnownFormat
from processing.model.safe_text import text_of
from processing.profiles import profiles_from
from processing.storage import OPEN_FLAGS

MAX_BYTES = 64_000
"""The largest file of a format."""
MAX_FILES = 200
SUFFIX = ".toml"
_KEYS = frozenset({"title", "zone_in_header", "fingerprint", "csv", "channels", "docs"})


class FormatFile(msgspec.Struct, frozen=True):
    """A TOML file of a format, as it travels to workers."""

    name: str
    """Of the format: the file's without its suffix."""
    text: bytes


class SiteFormats(NamedTuple):
    """The formats of a site's folder, and what is wrong with its other files."""

    files: tuple[FormatFile, ...] = ()
    problems: tuple[str, ...] = ()


@functools.lru_cache(maxsize=8)
def known_formats(site: tuple[FormatFile, ...] = ()) -> tuple[KnownFormat, ...]:
    """Return a site's formats, then those shipped; parsed once in each process.

    Files that describe no format are left out: who read the folder has reported them.
    """
    own = []
    for one in site:
        with contextlib.suppress(ValueError):
            own.append(format_from(one.name, one.text))
    return (*own, *shipped())


@functools.cache
def shipped() -> tuple[KnownFormat, ...]:
    """Return the formats that are part of the package, in the order of their names."""
    folder = resources.files("processing.reading") / "formats"
    files = sorted((one for one in folder.iterdir() if one.name.endswith(SUFFIX)), key=lambda one: one.name)
    return tuple(
        format_from(one.name.removesuffix(SUFFIX), one.read_bytes(), is_shipped=True) for one in files
    )


def format_from(name: str, text: bytes, *, is_shipped: bool = False) -> KnownFormat:
    """Return the format that a TOML file describes. Raises ValueError naming the key that is wrong."""
    try:
        table = tomllib.loads(text.decode())
    except RecursionError:
        raise ValueError("not TOML: nested too deeply") from None
    for key in table:
        if key not in _KEYS:
            raise ValueError(f"{key}: unknown key; allowed: {', '.join(sorted(_KEYS))}")
    for key in ("fingerprint", "csv", "channels"):
        if not isinstance(table.get(key, {}), dict):
            raise ValueError(f"{key}: expected a table")  # noqa: TRY004 (one error for every wrong key)
    title, in_header = table.get("title", name), table.get("zone_in_header", False)
    if not isinstance(title, str) or not isinstance(in_header, bool):
        raise ValueError("title: expected a text; zone_in_header: true or false")  # noqa: TRY004
    try:
        mark = msgspec.convert(table.get("fingerprint", {}), Fingerprint)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        key, _, rest = message.partition(": ")
        at = f"{place.rstrip('`')}: {message}" if not rest or " " in key else f".{message}"
        raise ValueError(f"fingerprint{at}") from None
    tables, channels = table.get("csv", {}), table.get("channels", {})
    profiles_from({"csv": _plain(tables, "csv"), "channels": _plain(channels, "channels")})
    return KnownFormat(name, title, mark, tables, channels, in_header, is_shipped)


def _plain(table: dict[str, Any], path: str) -> dict[str, Any]:
    """Return a table as a profile may have it: with any column in place of the patterns of a format."""
    found = {}
    for key, value in table.items():
        below = f"{path}.{key}"
        if not isinstance(value, dict) or key in ("where", "long"):
            found[key] = value
        elif set(value) in ({"first"}, {"every"}):
            names = next(iter(value.values()))
            if not isinstance(names, list) or not names or not all(isinstance(one, str) for one in names):
                raise ValueError(f"{below}: expected a list of names of columns")
            found[key] = names[0]
        else:
            found[key] = value if key == "column" else _plain(value, below)
    return found


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
            problems.append(f"{_shown(path)}: cannot be read: {error.strerror}")
        except ValueError as error:
            problems.append(f"{_shown(path)}: {error}")
    if len(names) > MAX_FILES:
        problems.append(f"{_shown(folder)}: only the first {MAX_FILES} files are read")
    return SiteFormats(tuple(files), tuple(problems))


def state_of(folder: Path) -> Sequence[tuple[str, int, int, int]]:
    """Return what changes if a file of a folder changes, by calls of stat alone."""
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
