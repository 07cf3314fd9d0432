"""The profile of a device: columns, units, limits, site, and the thresholds that it changes."""

import functools
import hashlib
import itertools
import re
import zoneinfo
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from processing.model.channels import CHANNELS, MISSING_CELLS, SENTINELS, Encoding, LimitsOfChannel
from processing.model.rejection import Caps
from processing.model.thresholds import Positive, ThresholdValues

WIDEST = 1e12
"""The largest limit that a profile can set, so that no figure of valid readings overflows."""
Limit = Annotated[float, Meta(ge=-WIDEST, le=WIDEST)]
MAX_NAME = 200  # characters of a column's name
Cell = Annotated[str, Meta(max_length=MAX_NAME)]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the configuration file; an unknown key is an error."""


class Place(_Section, frozen=True):
    """The place of a column, counted from 1."""

    index: Annotated[int, Meta(ge=1, le=10_000)]


ColumnName: TypeAlias = Text | Place
"""How a profile names a column: by its header cell or its place."""


class Channel(_Section, frozen=True):
    """One channel's column and limits: reading = cell · unit · scale + offset, in the channel's own unit."""

    min: Limit | None = None
    """A reading below this has failed. None: the channel's own limit, or unknown."""
    max: Limit | None = None
    """A reading above this has failed. None: the channel's own limit, or unknown."""
    limits: Literal["unknown"] | None = None
    """`unknown`: only what is physically possible is checked, even if the name is the channel's own."""
    column: ColumnName | tuple[ColumnName | tuple[ColumnName, ...], ...] | Literal[False] | None = None
    """Its column, or those whose values are added. None: found by the channel's name; false: not read.

    Power may have pairs of a voltage and a current, or groups with a power factor: products are added.
    """
    unit: Text | None = None
    """The unit of the cells. None: as the header or the cell says, else the channel's own."""
    scale: float | None = None
    offset: float = 0.0
    empty: Literal["zero", "missing"] | None = None
    """Of columns that are added, in a row in which some have no value: these add nothing, or there is no sum.

    None: asked if there are many such rows. A meter's total has no sum then.
    """
    kind: Literal["counter", "interval", "net", "restarting"] | None = None
    """Only of energy: a meter's total, the energy of each interval, a total that also counts backwards, or
    one that begins again each hour or session. None: detected.
    """

    def __post_init__(self) -> None:
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError(f"min: {self.min:g} must be below max {self.max:g}")
        if self.limits is not None and (self.min, self.max) != (None, None):
            raise ValueError("limits: not together with min or max")
        if self.scale == 0:
            raise ValueError("scale: must not be 0")
        if self.column == ():
            raise ValueError("column: must not be empty")
        sizes = {len(one) if isinstance(one, tuple) else None for one in self._listed}
        if len(sizes) > 1 or not sizes <= {None, 2, 3}:  # in the type, msgspec 0.22 would read wrong memory
            raise ValueError("column: must be single columns, or only pairs, or only groups of three")

    @property
    def names(self) -> tuple[ColumnName, ...]:
        """The columns that the profile names, also those of pairs; empty if it names none."""
        if not self.column:  # as a rule: it is asked for often
            return ()
        each = (one if isinstance(one, tuple) else (one,) for one in self._listed)
        return tuple(itertools.chain.from_iterable(each))

    @property
    def factors(self) -> int:
        """How many columns each product has; 0 if it has none."""
        return max((len(one) for one in self._listed if isinstance(one, tuple)), default=0)

    @property
    def _listed(self) -> tuple[ColumnName | tuple[ColumnName, ...], ...]:
        if not self.column:
            return ()
        return self.column if isinstance(self.column, tuple) else (self.column,)


if TYPE_CHECKING:

    class _ChannelTable(_Section, frozen=True):
        def __init__(self, **channels: Channel) -> None: ...
        def __getattr__(self, name: str) -> Channel: ...
else:
    _ChannelTable = msgspec.defstruct(
        "_ChannelTable",
        [(name, Channel, Channel()) for name in CHANNELS],
        bases=(_Section,),
        frozen=True,
    )


class Channels(_ChannelTable, frozen=True):
    """Column and limits of each channel, by its name."""

    def __post_init__(self) -> None:
        for name, definition in CHANNELS.items():
            channel = self[name]
            if channel.unit is not None and channel.unit not in definition.units:
                raise ValueError(f"{name}.unit: {channel.unit!r} is not one of {', '.join(definition.units)}")
            if channel.kind is not None and name != "energy":
                raise ValueError(f"{name}.kind: only energy has a kind")
            if channel.factors and name != "power":
                raise ValueError(f"{name}.column: only power is a product of columns")
            if (limits := self.limits(name)).min >= limits.max:
                raise ValueError(f"{name}.min: {limits.min:g} must be below max {limits.max:g}")

    def __getitem__(self, name: str) -> Channel:
        """Return the column and limits of a channel."""
        channel: Channel = getattr(self, name)
        return channel

    def limits(self, name: str, *, own_name: bool = True) -> LimitsOfChannel:
        """Return a channel's limits: those set here, else its own, else only what is physically possible.

        Its own limits are those of the default panel. They hold for a column with the channel's own name, and
        beside a limit that is set here.
        """
        channel, own = self[name], CHANNELS[name]
        if own.possible and channel.min is channel.max is None and (channel.limits or not own_name):
            return LimitsOfChannel(*own.possible, is_known=False)
        low = own.low if channel.min is None else channel.min
        return LimitsOfChannel(low, own.high if channel.max is None else channel.max)


class Where(_Section, frozen=True, rename={"value": "is"}, omit_defaults=True):
    """The rows of one of several devices: those with this cell, or one of these cells, in the column."""

    column: ColumnName
    value: Cell | Annotated[tuple[Cell, ...], Meta(min_length=1)]
    add: bool = False
    """Whether the power and the energy of several devices at one time are added."""
    others: tuple[Cell, ...] = ()
    """Cells whose rows are left out, `*` for any; a file with no other rows than those of a list has 0."""

    def __post_init__(self) -> None:
        if self.add and isinstance(self.value, str):
            raise ValueError("where: add needs a list of devices")


class Long(_Section, frozen=True):
    """One reading a row: the column with the name of what was read, and the column with its value."""

    name: ColumnName
    value: ColumnName


class Csv(_Section, frozen=True):
    """The format of the file; `auto` is detected."""

    encoding: Encoding = "auto"
    delimiter: Literal["auto", ",", ";", "\t", "|", " "] = "auto"  # a blank stands for any number of them
    decimal: Literal["auto", ".", ","] = "auto"
    thousands: Literal["auto", "", ".", ",", "'", " "] = "auto"
    comment: Annotated[str, Meta(max_length=4)] | tuple[Annotated[str, Meta(max_length=16)], ...] = "#"
    """Lines that begin with this, or with one of these, are skipped; empty: there are no comments."""
    header: str | bool | int = "auto"
    """The number of the header's line, from 1; false: there is none, and `columns` has the names."""
    columns: tuple[Text, ...] = ()
    """The names of the columns of a file without a header."""
    time: ColumnName | tuple[ColumnName, ...] | None = None
    """The column with the timestamps, or the columns that make them. None: found by its name."""
    timestamp: Text | None = None
    """An older name of `time`."""
    time_format: Text = "auto"
    """`iso`, `epoch`, `epoch_ms`, or a format as strptime takes it."""
    name_date: Literal["auto", "ymd", "dmy", "mdy"] = "auto"
    """The order of the date in the name of a file with times of day, if it may be read in several."""
    year: Annotated[int, Meta(ge=1970, le=2100)] | None = None
    """The year of the first row, if dates have none. None: that in the name of the file."""
    timezone: Text | None = None
    """The IANA time zone of timestamps without an offset. None: the site's, else unknown local time."""
    label: Literal["auto", "start", "end"] = "auto"
    """Whether timestamps mark starts or ends of intervals. `auto`: ends if each midnight is 24:00."""
    missing: tuple[Annotated[str, Meta(max_length=64)], ...] = MISSING_CELLS
    """Cells that mean "no value"."""
    unreadable: Literal["invalid"] | None = None
    """`invalid`: rows that cannot be read are left out. None: the file is rejected if many have one form."""
    rows: Literal["auto", "samples", "changes"] = "auto"
    """`changes`: a reading holds until the next row. `auto`: `samples`, or a question if it may not be."""
    where: Where | None = None
    long: Long | None = None
    section: Annotated[int, Meta(ge=1)] | None = None
    """The only section to read, from 1: a header inside the file begins the next one. None: all of them."""

    def __post_init__(self) -> None:
        is_line = isinstance(self.header, int) and self.header >= 1 and self.header is not True
        if not is_line and self.header != "auto" and self.header is not False:
            raise ValueError('header: expected "auto", a line number from 1, or false')
        if (self.header is False) != bool(self.columns):
            raise ValueError("columns: given together with header = false or not at all")
        if self.time is not None and self.timestamp is not None:
            raise ValueError("timestamp: an older name of time; set one of them")
        if self.decimal == self.thousands != "auto":
            raise ValueError("thousands: another sign than decimal")
        if self.where is not None and self.long is not None and not isinstance(self.where.value, str):
            raise ValueError("where: one label alone together with long")
        _check_zone("timezone", self.timezone)

    @property
    def times(self) -> tuple[ColumnName, ...]:
        """The columns that the profile names for the timestamps; empty if it names none."""
        named = self.timestamp if self.time is None else self.time
        return named if isinstance(named, tuple) else () if named is None else (named,)

    @property
    def comments(self) -> tuple[str, ...]:
        """The beginnings of comment lines."""
        return tuple(filter(None, (self.comment,) if isinstance(self.comment, str) else self.comment))


def _check_zone(key: str, zone: str | None) -> None:
    try:
        zoneinfo.ZoneInfo(zone or "UTC")
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        fixed = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?00)?", zone or "")
        name = f"Etc/GMT{'-' if fixed[1] == '+' else '+'}{int(fixed[2])}" if fixed else "Europe/Amsterdam"
        raise ValueError(f"{key}: {zone!r} is not an IANA time zone such as {name}") from None


class Site(_Section, frozen=True):
    """The location of the panel and its rated power."""

    timezone: Text | None = None
    """An IANA time zone, which converts timestamps with an offset to local time."""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    rated_power_w: Positive = 240.0

    def __post_init__(self) -> None:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude: given together with longitude or not at all")
        _check_zone("timezone", self.timezone)


class ExpectedPeriod(_Section, frozen=True):
    """The period of a complete file. Without it, missing rows at the end are not noticed."""

    hours: Positive | None = None
    interval_seconds: Positive | None = None


class Profile(_Section, frozen=True, cache_hash=True):
    """Everything that the result of a file depends on besides its bytes."""

    name: str = "default"
    channels: Channels = Channels()
    sentinels: tuple[float, ...] = SENTINELS
    csv: Csv = Csv()
    site: Site = Site()
    period: ExpectedPeriod = ExpectedPeriod()
    thresholds: ThresholdValues = ThresholdValues()
    caps: Caps = Caps()
    settle: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    """How many seconds a file must be unchanged before it is processed. None: the setting for all files."""


DEFAULT = Profile()


@functools.lru_cache(maxsize=256)
def profile_hash(profile: Profile) -> str:
    """Return a hash of what a profile changes, hexadecimal: the same on every machine and in every process.

    A key that a later version adds changes no hash. Nor do `caps` and `settle`: they change no result.
    """
    own, default = ({**msgspec.to_builtins(each), "caps": {}, "settle": None} for each in (profile, DEFAULT))
    own["thresholds"], default["thresholds"] = dict(profile.thresholds.changed), {}
    changes = msgspec.json.encode(_changes(own, default), order="deterministic")
    return hashlib.sha256(changes).hexdigest()


def _changes(value: Any, default: Any) -> Any:
    """Return the part of a decoded table that differs from the default; numbers as floats."""
    if isinstance(value, dict):
        below = default if isinstance(default, dict) else {}
        changed = {key for key, each in value.items() if key not in below or each != below[key]}
        return {key: _changes(value[key], below.get(key)) for key in changed}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
