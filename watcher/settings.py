"""One frozen Settings: defaults < config file < `WATCHER_*` environment < flags, all read by one table."""

from __future__ import annotations

import argparse
import os
import typing
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from processing.workers.pool import usable_cores
from watcher import setting_kinds
from watcher.errors import SettingsError
from watcher.setting_kinds import SettingKind

if TYPE_CHECKING:
    from processing.profiles import Profiles

PREFIX = "WATCHER_"
_DAY = 86_400.0


class Setting(NamedTuple):
    """What stands once about a setting: its default as text, its kind, and its help."""

    default: str
    kind: SettingKind
    help: str


def _usable_cores() -> int:
    return min(usable_cores(), 4)


def _nothing() -> None:
    return None


def _checked_address(text: str) -> str:
    from processing.workers import dask_pool  # noqa: PLC0415 - takes a while to load, and few use one

    return dask_pool.checked(text)


_PATH = setting_kinds.matching("DIR", r"(?s)[^\0]+", "a path", Path)
_FILE = setting_kinds.either("none", _nothing, _PATH._replace(metavar="FILE.toml"))
_WORKERS = setting_kinds.either("auto", _usable_cores, setting_kinds.number("N", 1, 256, int))
_INTERVAL = setting_kinds.either("auto", _nothing, setting_kinds.seconds(0.05, _DAY))
_FRACTION = setting_kinds.number("FRACTION", 0, 1)
_PORT = setting_kinds.either("off", _nothing, setting_kinds.number("PORT", 1, 65_535, int))
_HOST = setting_kinds.matching("HOST", r"\S+", "a host name, or an address of this machine")
_SCHEDULER = SettingKind(
    "ADDRESS", _checked_address, "a Dask scheduler such as tcp://10.0.0.5:8786 or tls://…"
)
_ENGINE = setting_kinds.either("local", lambda: "local", _SCHEDULER)


class Settings(NamedTuple):
    """Everything that can be set; each field carries its default, its kind and its help."""

    data_dir: Annotated[Path, Setting("data", _PATH, "the folder that holds incoming and all the others")]
    config: Annotated[Path | None, Setting("none", _FILE, "profiles, limits, and any setting below")]
    workers: Annotated[int, Setting("auto", _WORKERS, "worker processes; auto: one a core, at most 4")]
    settle: Annotated[
        float, Setting("1", setting_kinds.seconds(0, _DAY), "of no change before a file is taken; 0: at once")
    ]
    scan_interval: Annotated[
        float | None, Setting("auto", _INTERVAL, "between two scans; auto: 30 with events, 5 without")
    ]
    watch: Annotated[
        str,
        Setting(
            "auto",
            setting_kinds.choice("auto", "events", "scan"),
            "how files are found; auto: as the mount allows",
        ),
    ]
    once_deadline: Annotated[
        float,
        Setting(
            "60",
            setting_kinds.seconds(0, 7 * _DAY),
            "that --once waits for files that are still being written",
        ),
    ]
    max_file_bytes: Annotated[
        int, Setting("1GiB", setting_kinds.size("1B", "1024TiB"), "a larger file goes to quarantine")
    ]
    file_seconds: Annotated[
        float, Setting("120", setting_kinds.seconds(0.1, _DAY), "a file that takes longer goes to quarantine")
    ]
    file_memory: Annotated[
        int,
        Setting(
            "512MiB",
            setting_kinds.size("64MiB", "1024TiB"),
            "a file that needs more memory goes to quarantine",
        ),
    ]
    max_invalid: Annotated[
        float, Setting("0.5", _FRACTION, "of rows with syntax errors; a file with more goes to quarantine")
    ]
    durability: Annotated[
        str,
        Setting(
            "full",
            setting_kinds.choice("full", "none"),
            "full survives a power cut; none leaves out every fsync",
        ),
    ]
    engine: Annotated[
        str,
        Setting("local", _ENGINE, "where files are processed: here, or by the workers of a Dask scheduler"),
    ]
    metrics_port: Annotated[int | None, Setting("off", _PORT, "serve Prometheus metrics here")]
    metrics_host: Annotated[str, Setting("127.0.0.1", _HOST, "the address that the metrics listen on")]
    log_format: Annotated[
        str,
        Setting(
            "auto", setting_kinds.choice("auto", "json", "console"), "auto: console on a terminal, else json"
        ),
    ]
    log_level: Annotated[
        str,
        Setting(
            "info",
            setting_kinds.choice("debug", "info", "warning", "error"),
            "the least level that is logged",
        ),
    ]
    document: Mapping[str, Any]
    """The configuration file as it is."""

    @property
    def profiles(self) -> Profiles:
        """What the file says about channels, limits and thresholds; SettingsError if it is wrong."""
        from processing.profiles import PROFILE_KEYS, profiles_from  # noqa: PLC0415 - `status` needs none

        try:
            return profiles_from({key: value for key, value in self.document.items() if key in PROFILE_KEYS})
        except ValueError as error:
            raise SettingsError(f"{self.config}: {error}") from None


@cache
def table() -> dict[str, Setting]:
    """Return every setting by its name, in the order of the class."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}


def add_flags(parser: argparse.ArgumentParser, names: Collection[str] = ()) -> None:
    """Declare a flag for every setting, or for those named; the values stay text, which `load` judges."""
    for name, setting in table().items():
        if names and name not in names:
            continue
        parser.add_argument(
            _flag(name),
            default=argparse.SUPPRESS,
            metavar=setting.kind.metavar,
            help=f"{setting.help} (default: {setting.default})",
        )


def load(
    flags: Mapping[str, Any], environ: Mapping[str, str] | None = None, *, check_profiles: bool = True
) -> Settings:
    """Return the settings that defaults, config file, environment and flags add up to, the later winning.

    `flags` maps a setting's name to its text or value; None and other names are passed over. `environ` is the
    process's own where it is None. Raises SettingsError, which names the key, its value and what is allowed.
    To check the profiles takes a while, which a command that needs none can save.
    """
    known = table()
    given = _from_environment(environment() if environ is None else environ, known)
    given |= {
        name: (_flag(name), value) for name, value in flags.items() if name in known and value is not None
    }
    path = _value(known["config"], *given.get("config", ("", known["config"].default)))
    document = {} if path is None else _document(path)
    given = _from_file(path, document, known) | given
    values = {
        name: _value(setting, *given.get(name, (_flag(name), setting.default)))
        for name, setting in known.items()
    }
    loaded = Settings(**values, document=document)
    if check_profiles:
        _ = loaded.profiles
    return loaded


def environment() -> Mapping[str, str]:
    """Return the process's own environment, for what is started in it or is told through it."""
    return os.environ


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _value(setting: Setting, where: str, value: Any) -> Any:
    text = (
        "" if isinstance(value, bool | list | dict) else str(value)
    )  # TOML has more types than settings have
    try:
        return setting.kind.parse(text)
    except (ValueError, OverflowError):
        raise SettingsError(f"{where} is {value!r}; allowed: {setting.kind.allowed}") from None


def _from_environment(environ: Mapping[str, str], known: Collection[str]) -> dict[str, tuple[str, Any]]:
    """Return what the variables set; an empty one counts as absent, for compose files write them so."""
    given = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or not text:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if variable == PREFIX + name.upper() and name in known:
            given[name] = (variable, text)
    return given


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return a sentence about each variable that begins as ours do and is no setting: it changes nothing.

    Kubernetes sets such variables for a service that is named watcher.
    """
    known = [PREFIX + name.upper() for name in table()]
    found = environment() if environ is None else environ
    return [
        f"{_unknown(variable, known)}; it is ignored"
        for variable in found
        if variable.startswith(PREFIX) and variable not in known
    ]


def _document(path: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - many have no file

    try:
        return tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: byte {error.start} is no UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:  # its message ends with the line and the column
        raise SettingsError(f"{path}: no TOML: {error}") from None
    except RecursionError:
        raise SettingsError(f"{path}: no TOML: nested too deeply") from None


def _from_file(
    path: Path | None, document: Mapping[str, Any], known: Collection[str]
) -> dict[str, tuple[str, Any]]:
    """Return what the file sets; `scan-interval` and `scan_interval` are one key."""
    if not document:
        return {}
    from processing.profiles import PROFILE_KEYS  # noqa: PLC0415 - many have no file

    given: dict[str, tuple[str, Any]] = {}
    allowed = [name for name in known if name != "config"]
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
    import difflib  # noqa: PLC0415 - for what is wrong alone

    folded = {each.lower(): each for each in known}
    nearest = difflib.get_close_matches(key.lower(), folded, n=1, cutoff=0)[0]
    return f"{key!r} is no setting; the nearest is {folded[nearest]}"
