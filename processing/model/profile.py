"""What is particular to a device: columns, units, limits, thresholds, site."""

from __future__ import annotations

import zoneinfo
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from processing.model.channels import CHANNELS, SENTINELS, UNITS

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


class ExpectedPeriod(_Section, frozen=True):
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
    period: ExpectedPeriod = ExpectedPeriod()
    thresholds: Thresholds = Thresholds()
    caps: Caps = Caps()
    settle: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    """For so many seconds the daemon wants a file unchanged; None: as set for all."""


DEFAULT = Profile()
