"""One frozen `Settings`: defaults < config file < `WATCHER_*` environment < flags, all read by one table."""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from processing.suffixes import TEXT_SUFFIXES, shown_suffixes, suffixes_of
from processing.workers.pool import usable_cores
from watcher.errors import SettingsError
from watcher.setting_kinds import SettingKind, choice, either, matching, number, seconds, size

if TYPE_CHECKING:
    from processing.profiles import Profiles

PREFIX = "WATCHER_"
_NEAR = 0.8
"""How much two names have in common, from 0 to 1, if one may be a slip of the other."""
_DAY_SECONDS = 86_400.0


class Setting(NamedTuple):
    """The definition of a setting: its default as text, how a text becomes its value, and its help."""

    default: str
    kind: SettingKind
    help: str


def _setting(default: str, kind: SettingKind, help_text: str) -> Any:
    return Setting(default, kind, help_text)


def _checked_address(text: str) -> str:
    from processing.workers import dask_pool  # noqa: PLC0415 - slow to import, and rarely needed

    return dask_pool.checked(text)


_PATH = matching("DIR", r"(?s)[^\0]+", "a path", Path)
_FILE = either("none", lambda: None, _PATH._replace(metavar="FILE.toml"))
_WORKERS = either("auto", lambda: min(usable_cores(), 4), number("N", 1, 256, int))
_DAY, _WEEK, _SECONDS = seconds(0, _DAY_SECONDS), seconds(0, 7 * _DAY_SECONDS), seconds(0.1, _DAY_SECONDS)
_INTERVAL = either("auto", lambda: None, seconds(0.05, _DAY_SECONDS))
_BYTES, _MEMORY = size("1B", "1024TiB"), size("64MiB", "1024TiB")
_PORT = either("off", lambda: None, number("PORT", 1, 65_535, int))
_HOST = matching("HOST", r"\S+", "a host name, or an address of this machine")
_SCHEDULER = "a Dask scheduler such as tcp://10.0.0.5:8786 or tls://…"
_ENGINE = either("local", lambda: "local", SettingKind("ADDRESS", _checked_address, _SCHEDULER))
_KNOWN_SUFFIXES = shown_suffixes(TEXT_SUFFIXES)
_SUFFIXES = SettingKind(
    "LIST", suffixes_of, f"all, or some of {_KNOWN_SUFFIXES}, with commas", takes_list=True
)
_SHARE = number("FRACTION", 0, 1)
_WATCH = choice("auto", "events", "scan")
_DURABILITY = choice("full", "none")
_FORMAT = choice("auto", "json", "console")
_LEVEL = choice("debug", "info", "warning", "error")


class Settings(NamedTuple):
    """The value of every setting; what each field is set to here is the definition of its setting."""

    document: Mapping[str, Any]
    """The content of the configuration file."""
    data_dir: Path = _setting("data", _PATH, "the folder that holds incoming and all the others")
    config: Path | None = _setting("none", _FILE, "profiles, limits, and any setting below")
    workers: int = _setting("auto", _WORKERS, "worker processes; auto: one a core, at most 4")
    settle: float = _setting("1", _DAY, "without a change before a file is taken; 0: at once")
    scan_interval: float | None = _setting(
        "auto", _INTERVAL, "between two scans; auto: 30 with events, 5 without"
    )
    watch: str = _setting("auto", _WATCH, "how files are found; auto: by the kind of mount")
    once_deadline: float = _setting("60", _WEEK, "that --once waits for files that are being written")
    suffixes: tuple[bytes, ...] = _setting(
        ".csv", _SUFFIXES, "of inputs, each also with .gz; others stay in incoming"
    )
    max_file_bytes: int = _setting("1GiB", _BYTES, "a larger file goes to quarantine")
    file_seconds: float = _setting(
        "120", _SECONDS, "a file that takes longer in three attempts goes to quarantine"
    )
    file_memory: int = _setting("512MiB", _MEMORY, "a file that needs more goes to quarantine")
    max_invalid: float = _setting(
        "0.5", _SHARE, "of rows with syntax errors; a file with more goes to quarantine"
    )
    durability: str = _setting("full", _DURABILITY, "full survives a power cut; none leaves out every fsync")
    engine: str = _setting("local", _ENGINE, "where files are processed: here, or by a Dask cluster")
    metrics_port: int | None = _setting("off", _PORT, "serve Prometheus metrics on this port")
    metrics_host: str = _setting("127.0.0.1", _HOST, "the address that the metrics listen on")
    log_format: str = _setting("auto", _FORMAT, "auto: console on a terminal, else json")
    log_level: str = _setting("info", _LEVEL, "the lowest level that is logged")

    @property
    def profiles(self) -> Profiles:
        """How files are read and checked. Raises SettingsError if the configuration is wrong."""
        from processing.model.rejection import Caps  # noqa: PLC0415
        from processing.profiles import PROFILE_KEYS, profiles_from  # noqa: PLC0415 - `status` needs none

        try:
            found = profiles_from({key: value for key, value in self.document.items() if key in PROFILE_KEYS})
        except ValueError as error:
            raise SettingsError(f"{self.config}: {error}") from None
        return found.with_caps(Caps(self.max_file_bytes, self.file_memory, self.max_invalid))


TABLE: dict[str, Setting] = Settings._field_defaults
"""The definition of every setting by its name, in the order in which `--help` lists them."""


def add_flags(parser: argparse.ArgumentParser, names: Collection[str] = ()) -> None:
    """Add a flag for every setting, or for those named. The values stay text until `load` checks them."""
    for name in names or TABLE:
        setting = TABLE[name]
        shown = f"{setting.help} (default: {setting.default})"
        parser.add_argument(_flag(name), default=argparse.SUPPRESS, metavar=setting.kind.metavar, help=shown)


def load(
    flags: Mapping[str, Any], environ: Mapping[str, str] | None = None, *, check_profiles: bool = True
) -> Settings:
    """Return the settings from defaults, config file, environment and flags; a later source wins.

    `check_profiles=False` skips the check of the profiles, which takes a while.
    """
    found = environment() if environ is None else environ
    variables = {name: PREFIX + name.upper() for name in TABLE}
    # an empty variable counts as absent: compose files set such
    given = {name: (each, found[each]) for name, each in variables.items() if found.get(each)}
    given |= {name: (_flag(name), flags[name]) for name in TABLE if flags.get(name) is not None}
    path = _value("config", given)
    document = {} if path is None else _document(path)
    given = _from_file(path, document) | given
    loaded = Settings(**{name: _value(name, given) for name in TABLE}, document=document)
    if check_profiles:
        _ = loaded.profiles
    return loaded


def environment() -> Mapping[str, str]:
    """Return the process's own environment; only this module reads it."""
    return os.environ


def command_line(name: str, chosen: Settings) -> str:
    """Return the beginning of a command, for a person to copy, that finds the same folder and profiles.

    It has a flag for each of them that a bare command would not find: on a host if it is not the default, in
    a container, which gives each process the same variables, if no variable says it either.
    """
    from watcher.preflight.fixes import is_container  # noqa: PLC0415 - `status` does without

    variables, words = environment() if is_container() else {}, ["python -m watcher", name]
    for key in ("data_dir", "config"):
        found = variables.get(PREFIX + key.upper()) or TABLE[key].default
        if (value := getattr(chosen, key)) != TABLE[key].kind.parse(found):
            words.append(path_flag(key, value))
    return " ".join(words)


def path_flag(name: str, path: Path | None) -> str:
    """Return the flag that gives a setting this path, as a shell takes it."""
    from processing.model.safe_text import argument_of  # noqa: PLC0415 - `status` rarely needs it

    text = os.fsencode(path or "none")
    return f"{_flag(name)} {argument_of(b'./' + text if text.startswith(b'-') else text)}"


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return a warning for each variable `WATCHER_…` that is not a setting.

    Kubernetes sets such variables for a service that is named watcher.
    """
    known = [PREFIX + name.upper() for name in TABLE]
    found = environment() if environ is None else environ
    return [
        f"{_unknown(variable, known)}; it is ignored"
        for variable in found
        if variable.startswith(PREFIX) and variable not in known
    ]


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _value(name: str, given: Mapping[str, tuple[str, Any]]) -> Any:
    """Return the value of a setting from the given text, or its default; `given` holds source and text."""
    setting = TABLE[name]
    source, value = given.get(name, (_flag(name), setting.default))
    if setting.kind.takes_list and isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = ",".join(value)
    text = "" if isinstance(value, bool | list | dict) else str(value)  # TOML types that no setting has
    try:
        return setting.kind.parse(text)
    except (ValueError, OverflowError):
        raise SettingsError(f"{source} is {value!r}; allowed: {setting.kind.allowed}") from None


def _document(path: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - rarely needed

    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not UTF-8 text: save it as UTF-8") from None
    except (ValueError, RecursionError) as error:  # tomllib's message ends with the line and the column
        raise SettingsError(f"{path}: not TOML: {error}") from None


def _from_file(path: Path | None, document: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return what the file sets; `scan-interval` and `scan_interval` are the same key."""
    if not document:
        return {}
    from processing.profiles import PROFILE_KEYS  # noqa: PLC0415 - rarely needed

    given: dict[str, tuple[str, Any]] = {}
    allowed = [name for name in TABLE if name != "config"]
    for key, value in document.items():
        if key in PROFILE_KEYS:
            continue
        name = key.replace("-", "_")
        if name not in allowed:
            raise SettingsError(f"{path}: {_unknown(key, [*allowed, *PROFILE_KEYS])}")
        if name in given:
            raise SettingsError(f"{path}: {name} is set twice; keep one spelling")
        given[name] = (f"{path}: {key}", value)
    return given


def _unknown(key: str, known: list[str]) -> str:
    import difflib  # noqa: PLC0415 - rarely needed

    folded = {each.removeprefix(PREFIX).lower(): each for each in known}
    near = difflib.get_close_matches(key.removeprefix(PREFIX).lower(), folded, n=1, cutoff=_NEAR)
    return f"{key!r} is not a setting" + (f"; the nearest is {folded[near[0]]}" if near else "")
