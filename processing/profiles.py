"""What is particular to a device: columns, units, limits, thresholds, site; and which file gets which."""

from __future__ import annotations

import fnmatch
import math
import re
import zoneinfo
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_type_hints

import msgspec
from msgspec import Meta

from processing.model.channels import CHANNELS, SENTINELS, UNITS
from processing.model.safe_text import text_of

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=2, le=1_000_000)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
WIDEST = 1e12
"""No limit is wider, so that no figure of valid readings overflows."""
Limit = Annotated[float, Meta(ge=-WIDEST, le=WIDEST)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the configuration file: an unknown key is an error."""


class Channel(_Section, frozen=True):
    """One channel's column and limits: reading = cell · unit · scale + offset, in the channel's own unit."""

    min: Limit
    """A reading below this has failed."""
    max: Limit
    """A reading above this has failed."""
    column: Text | None = None
    """The header of its column; None: found by the channel's name."""
    unit: Text | None = None
    """The unit of the cells; None: as the header says, else the channel's own."""
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if self.min >= self.max:
            raise ValueError(f"min: {self.min:g} must be below max {self.max:g}")
        if self.scale == 0:
            raise ValueError("scale: must not be 0")


class Channels(_Section, frozen=True):
    """The four channels."""

    voltage: Channel
    current: Channel
    temperature: Channel
    power: Channel

    def __post_init__(self) -> None:
        for name, units in UNITS.items():
            unit = getattr(self, name).unit
            if unit is not None and unit not in units:
                raise ValueError(f"{name}.unit: {unit!r} is not one of {', '.join(units)}")


class Csv(_Section, frozen=True):
    """How the file is written; `auto` is found by looking."""

    encoding: Literal["auto", "utf-8", "utf-16", "latin-1"] = "auto"
    delimiter: Literal["auto", ",", ";", "\t"] = "auto"
    decimal: Literal["auto", ".", ","] = "auto"
    comment: Annotated[str, Meta(max_length=4)] = "#"
    """Lines that begin with this are no rows; empty: there are no comments."""
    timestamp: Text | None = None
    """The header of the column of times; None: `timestamp`."""


class Site(_Section, frozen=True):
    """Where the panel stands and what it is rated for."""

    timezone: Text | None = None
    """An IANA name; turns stamps with offsets into local hours."""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    rated_power_w: Positive = 240.0

    def __post_init__(self) -> None:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude: given together with longitude or not at all")
        try:
            zoneinfo.ZoneInfo(self.timezone or "UTC")
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            example = "is no IANA time zone such as Europe/Amsterdam"
            raise ValueError(f"timezone: {self.timezone!r} {example}") from None


class Period(_Section, frozen=True):
    """What a complete file covers; without it loss at the end of a file cannot be seen."""

    hours: Positive | None = None
    interval_seconds: Positive | None = None


class Thresholds(_Section, frozen=True):
    """The numbers of the statistical checks; `docs/checks.md` explains each check."""

    power_mismatch_w: NotNegative = 2.0
    power_mismatch_fraction: Fraction = 0.05
    spike_voltage: Positive = 3.0
    spike_current: Positive = 5.0
    spike_temperature: Positive = 8.0
    outlier_rows: Annotated[int, Meta(ge=3, le=99)] = 7
    outlier_sigmas: Positive = 3.0
    outlier_floor_v: NotNegative = 2.0
    rate_voltage: Positive = 6.0
    rate_temperature: Positive = 10.0
    slow_step_seconds: Positive = 900.0
    flat_tolerance: NotNegative = 1e-6
    flat_seconds: Positive = 1800.0
    flat_temperature_seconds: Positive = 3600.0
    flat_rows: Count = 4
    fill_tolerance: NotNegative = 1e-9
    fill_rows: Count = 6
    night_floor_w: NotNegative = 8.0
    night_starts_hour: Annotated[float, Meta(ge=0, lt=24)] = 23.0
    night_ends_hour: Annotated[float, Meta(ge=0, lt=24)] = 4.0
    night_rows: Count = 3
    outage_seconds: Positive = 1800.0
    outage_rows: Count = 4
    clipping_fraction: Fraction = 0.01
    clipping_current: Positive = 9.8
    clipping_rows: Count = 3
    gap_steps: Annotated[float, Meta(ge=1)] = 1.5
    gap_fill_seconds: NotNegative = 1800.0
    night_voltage_fraction: Fraction = 0.3


class Caps(_Section, frozen=True):
    """How much of a file is borne before it is refused; set from the daemon's flags."""

    max_bytes: Annotated[int, Meta(gt=0)] = 1 << 30
    """Of text after decompression."""
    max_memory: Annotated[int, Meta(gt=0)] = 512 << 20
    """Bytes the columns of a file may take."""
    max_invalid: Fraction = 0.5
    """The share of rows with syntax errors beyond which a file is malformed."""


def _defaults() -> Channels:
    return Channels(**{name: Channel(min=facts.low, max=facts.high) for name, facts in CHANNELS.items()})


class Profile(_Section, frozen=True, cache_hash=True):
    """Everything that judging a file depends on besides its bytes."""

    name: str = "default"
    channels: Channels = msgspec.field(default_factory=_defaults)
    sentinels: tuple[float, ...] = SENTINELS
    csv: Csv = Csv()
    site: Site = Site()
    period: Period = Period()
    thresholds: Thresholds = Thresholds()
    caps: Caps = Caps()
    settle: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    """For so many seconds the daemon wants a file unchanged; None: as set for all."""


PROFILE_KEYS = frozenset({"channels", "sentinels", "csv", "site", "period", "thresholds", "profiles"})
"""The top-level keys of the configuration file that `profiles_from` takes; all others are settings."""

DEFAULT = Profile()


class Rule(NamedTuple):
    """A profile and the name patterns (`*`, `?`, `[…]`; `*` crosses folders) of the files it is for."""

    patterns: tuple[str, ...]
    profile: Profile


class Profiles(NamedTuple):
    """Which file gets which profile: the first rule that matches, else the default."""

    default: Profile = DEFAULT
    rules: tuple[Rule, ...] = ()

    def for_name(self, name: bytes) -> Profile:
        """Return the profile of the file with this name below the incoming folder."""
        text = text_of(name)
        for rule in self.rules:
            if any(fnmatch.fnmatchcase(text, pattern) for pattern in rule.patterns):
                return rule.profile
        return self.default

    def capped(self, caps: Caps) -> Profiles:
        """Return the same profiles with these caps."""
        rules = tuple(
            Rule(rule.patterns, msgspec.structs.replace(rule.profile, caps=caps)) for rule in self.rules
        )
        return Profiles(msgspec.structs.replace(self.default, caps=caps), rules)


def profiles_from(table: dict[str, Any]) -> Profiles:
    """Return the profiles that a decoded TOML table describes.

    The table's own keys change the default profile; each `[profiles.NAME]` changes that again for the
    files whose names match one of its `match` patterns (`NAME/*` where it has none). Raises ValueError naming
    the key's full path and what is allowed.
    """
    own = {key: value for key, value in table.items() if key != "profiles"}
    _refuse_unknown(own, PROFILE_KEYS, "")
    base = _merged(msgspec.to_builtins(DEFAULT), own)
    default = _profile(base, "")
    sections = table.get("profiles", {})
    _require_table(sections, "profiles")
    return Profiles(default, tuple(_rule(base, name, section) for name, section in sections.items()))


def _rule(base: dict[str, Any], name: str, section: Any) -> Rule:
    path = f"profiles.{name}"
    _require_table(section, path)
    _refuse_unknown(section, PROFILE_KEYS - {"profiles"} | {"match", "settle"}, path + ".")
    patterns = section.get("match", [f"{name}/*"])
    if not isinstance(patterns, list) or not patterns or not all(isinstance(p, str) and p for p in patterns):
        raise ValueError(f'{path}.match: expected a list of name patterns such as ["roof/*"]')
    own = {key: value for key, value in section.items() if key != "match"}
    return Rule(tuple(patterns), _profile(_merged(base, {**own, "name": name}), path + "."))


def _profile(table: dict[str, Any], prefix: str) -> Profile:
    _refuse_infinite(table, prefix)
    try:
        return msgspec.convert(table, Profile)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise ValueError(_explained(message, prefix, place.rstrip("`").lstrip("."))) from None


def _explained(message: str, prefix: str, place: str) -> str:
    """Turn msgspec's sentence into `full.path: what is wrong; what is allowed`."""
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", message)
    if unknown is not None:
        allowed = ", ".join(sorted(_struct_at(place).__struct_fields__))
        return f"{prefix}{place}.{unknown[1]}: unknown key; allowed: {allowed}"
    if message.startswith("Invalid enum value"):
        *above, field = place.split(".")
        choices = get_args(get_type_hints(type(_struct_at(".".join(above))))[field])
        refused = message.removeprefix("Invalid enum value ")
        return f"{prefix}{place}: {refused} is not allowed; allowed: {', '.join(map(repr, choices))}"
    if re.match(r"[a-z_.]+: ", message):  # from __post_init__: it names the field itself
        return f"{prefix}{place}.{message}"
    return f"{prefix}{place}: {message[:1].lower()}{message[1:]}"


def _struct_at(path: str) -> Any:
    value: Any = DEFAULT
    for part in filter(None, path.split(".")):
        value = getattr(value, part)
    return value


def _refuse_infinite(value: Any, path: str) -> None:
    if isinstance(value, dict):
        for key, below in value.items():
            _refuse_infinite(below, f"{path}{key}.")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            _refuse_infinite(below, f"{path.removesuffix('.')}[{index}].")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{path.removesuffix('.')}: {value} is not a finite number")


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return base with changes laid over it, table by table."""
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        result[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def _require_table(value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{path}: expected a table")  # noqa: TRY004 (one error type for every bad setting)


def _refuse_unknown(table: dict[str, Any], allowed: frozenset[str], prefix: str) -> None:
    for key in table:
        if key not in allowed:
            raise ValueError(f"{prefix}{key}: unknown key; allowed: {', '.join(sorted(allowed))}")
