"""The profiles of a TOML table, and which file gets which of them."""

import copyreg
import fnmatch
import functools
import math
import operator
import pickle
import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from processing.findings.registry import THRESHOLDS, Thresholds
from processing.formats.changes import merged
from processing.model.profile import DEFAULT, Long, Place, Profile, Where
from processing.model.rejection import Caps
from processing.model.safe_text import text_of
from processing.model.thresholds import ThresholdValues
from processing.times.time_formats import time_format

PROFILE_KEYS = frozenset({"channels", "sentinels", "csv", "site", "period", "thresholds", "profiles"})
"""The top-level keys of the configuration file that make profiles; all others are settings."""


@functools.lru_cache(maxsize=256)
def _pickled(profile: Profile) -> tuple[Callable[[bytes], Profile], tuple[bytes]]:
    return _unpickled, (pickle.dumps(msgspec.structs.astuple(profile)),)


@functools.lru_cache(maxsize=256)
def _unpickled(values: bytes) -> Profile:
    return Profile(*pickle.loads(values))  # noqa: S301 - `_pickled` wrote it


copyreg.pickle(Profile, _pickled)  # once a profile: each batch of tasks for a worker has it


class Rule(NamedTuple):
    """A profile, and the patterns of the names of its files: `*`, `?` and `[…]`; `*` matches `/` too."""

    patterns: tuple[str, ...]
    profile: Profile


class _ThresholdsOnly(msgspec.Struct):
    """A profile with the table `[thresholds]` alone, which the checks declare."""

    thresholds: Thresholds  # type: ignore[valid-type]


class Profiles(NamedTuple):
    """Profiles and their rules. A file gets the profile of the first rule that matches, else the default."""

    default: Profile = DEFAULT
    rules: tuple[Rule, ...] = ()

    def with_caps(self, caps: Caps) -> "Profiles":
        """Return the same profiles with these limits of what a file may take."""
        default = msgspec.structs.replace(self.default, caps=caps)
        rules = [one._replace(profile=msgspec.structs.replace(one.profile, caps=caps)) for one in self.rules]
        return Profiles(default, tuple(rules))

    def for_name(self, name: bytes) -> Profile:
        """Return the profile of the file with this name below the incoming folder."""
        text = text_of(name)
        for rule in self.rules:
            if any(fnmatch.fnmatchcase(text, pattern) for pattern in rule.patterns):
                return rule.profile
        return self.default


def profiles_from(table: dict[str, Any]) -> Profiles:
    """Return the profiles that a decoded TOML table describes.

    The table's own keys change the default profile; each `[profiles.NAME]` changes the result again for the
    files whose names match one of its `match` patterns (`NAME/*` if it has none). Raises ValueError with the
    full path of the wrong key and what is allowed.
    """
    own = {key: value for key, value in table.items() if key != "profiles"}
    _check_keys(own, PROFILE_KEYS, "")
    base = merged(msgspec.to_builtins(DEFAULT) | {"thresholds": {}}, own)
    default = _profile(base, "")
    sections = table.get("profiles", {})
    _require_table(sections, "profiles")
    return Profiles(default, tuple(_rule(base, name, section) for name, section in sections.items()))


def _rule(base: dict[str, Any], name: str, section: Any) -> Rule:
    path = f"profiles.{name}"
    _require_table(section, path)
    _check_keys(section, PROFILE_KEYS - {"profiles"} | {"match", "settle"}, path + ".")
    patterns = section.get("match", [f"{name}/*"])
    if not isinstance(patterns, list) or not patterns or not all(isinstance(p, str) and p for p in patterns):
        raise ValueError(f'{path}.match: expected a list of name patterns such as ["roof/*"]')
    if absolute := [pattern for pattern in patterns if pattern.startswith("/")]:
        raise ValueError(
            f"{path}.match: {absolute[0]!r} fits no file: a name begins below incoming, without /"
        )
    own = {key: value for key, value in section.items() if key != "match"}
    return Rule(tuple(patterns), _profile(merged(base, {**own, "name": name}), path + "."))


def _profile(table: dict[str, Any], prefix: str) -> Profile:
    _check_finite(table, prefix)
    try:
        thresholds = msgspec.convert(table, _ThresholdsOnly).thresholds
        profile = msgspec.convert(table | {"thresholds": {}}, Profile)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise ValueError(_explained(message, prefix, path.rstrip("`").lstrip("."))) from None
    try:
        if profile.csv.time_format != "auto":
            time_format(profile.csv.time_format)
    except ValueError as error:
        raise ValueError(f"{prefix}csv.time_format: {error}") from None
    changed = tuple((key, getattr(thresholds, key)) for key in THRESHOLDS if key in table["thresholds"])
    return msgspec.structs.replace(profile, thresholds=ThresholdValues(changed))


def _explained(message: str, prefix: str, path: str) -> str:
    """Return a message of msgspec as `full.path: what is wrong; what is allowed`."""
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", message)
    if unknown is not None:
        struct = _struct_at(path)
        allowed = ", ".join(sorted(field.encode_name for field in msgspec.structs.fields(struct)))
        return f"{prefix}{path}.{unknown[1]}: unknown key; allowed: {allowed}"
    if message.startswith("Invalid enum value"):
        *above, field = path.split(".")
        choices = _literals(get_type_hints(type(_struct_at(".".join(above))))[field])
        value = message.removeprefix("Invalid enum value ")
        return f"{prefix}{path}: {value} is not allowed; allowed: {', '.join(map(repr, choices))}"
    if re.match(r"[a-z_.]+: ", message):  # a message of __post_init__ begins with the field
        return f"{prefix}{path}.{message}"
    return f"{prefix}{path}: {message[:1].lower()}{message[1:]}".replace(" | null`", "`")


_TABLES = {"thresholds": Thresholds(), "csv.where": Where("", ""), "csv.long": Long("", "")}
"""Tables that the default profile does not have, with placeholders as their values."""


def _struct_at(path: str) -> Any:
    if path.endswith((".column", ".time", ".name", ".value")) or "[" in path:
        return Place(1)
    return _TABLES.get(path) or (operator.attrgetter(path)(DEFAULT) if path else DEFAULT)


def _literals(kind: Any) -> list[Any]:
    """Return the allowed values of a type that is a Literal, or a union with one."""
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [value for each in get_args(kind) for value in _literals(each)]


def _check_finite(value: Any, path: str) -> None:
    if isinstance(value, dict):
        for key, below in value.items():
            _check_finite(below, f"{path}{key}.")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            _check_finite(below, f"{path.removesuffix('.')}[{index}].")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{path.removesuffix('.')}: {value} is not a finite number")


def _require_table(value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{path}: expected a table")  # noqa: TRY004 (one error type for every bad setting)


def _check_keys(table: dict[str, Any], allowed: frozenset[str], prefix: str) -> None:
    for key in table:
        if key not in allowed:
            raise ValueError(f"{prefix}{key}: unknown key; allowed: {', '.join(sorted(allowed))}")
