"""A known format: a fingerprint, and what it changes in a profile."""

import functools
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from processing.model.channels import CHANNELS
from processing.model.profile import MAX_NAME, Csv, Profile, profile_hash

Pattern: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
"""The name of a column; `*` matches any text. If it has a unit in brackets, the column must have it."""


class Fingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file of a format must have: all of this."""

    columns: tuple[Pattern | tuple[Pattern, ...], ...] = ()
    """Each must match a column; of a tuple, one must."""
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] | None = None
    lines: tuple[Pattern, ...] = ()
    """Each must match one of the first lines, in this order."""
    cells: dict[Pattern, str] = {}
    """The written form of the first row's cell in a column; `*` matches any text."""
    first_row: tuple[str, ...] = ()
    """The written form of each cell of the first row, as `written_form` gives it; `*` for any.

    Files without a header have no more than this in common, so that `devices` must be given."""
    devices: tuple[str, ...] = ()
    """The first folders below incoming whose files it reads, "" for files in none; if empty, those of all."""
    folder: str | None = None
    """For a format with the default header: the folder below incoming whose files it reads, printable."""

    def __post_init__(self) -> None:
        if not self.columns and not self.lines and not (self.first_row and self.devices):
            raise ValueError("columns: expected the names of columns, or lines, or first_row with devices")


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the numbers of a file are like for which a unit was accepted."""

    power_w: Annotated[float, Meta(gt=0)]
    """The power in W that 95 % of its rows do not exceed."""
    decimals: Annotated[int, Meta(ge=0)]


class KnownFormat(msgspec.Struct, frozen=True, eq=False):
    """A format of a logger's files: how it is recognised, and what it changes in a profile.

    It is equal to itself alone, so that a cache finds it without a comparison of all that it holds.
    """

    name: str
    title: str
    fingerprint: Fingerprint
    csv: dict[str, Any]
    channels: dict[str, dict[str, Any]]
    """As in a profile, but `column` may be a pattern or a table of patterns: `{first = […]}` is the first
    that fits a column, `{every = […]}` adds all columns that one fits, `{one_of = […]}` must fit only one."""
    period: dict[str, Any] = {}
    accepted: Accepted | None = None
    """What the numbers of the accepted file are like, if it states no unit."""
    never: tuple[Pattern, ...] = ()
    """Columns that are no channel."""
    context: Pattern | None = None
    """What a row is about: if a cell of this column fits one of `never`, the file is of another format."""
    zone_in_header: bool = False
    """Whether the header of the times names their time zone."""
    is_shipped: bool = False

    @property
    def sha256(self) -> str:
        """The hash of what it changes in a profile."""
        keys = self.csv, self.channels, self.never, self.zone_in_header, *filter(None, (self.period,))
        return hashlib.sha256(msgspec.json.encode(keys, order="deterministic")).hexdigest()


def format_hash(profile: Profile, known: KnownFormat | None) -> str:
    """Return the hash of what a profile changes, and of what a known format changes in it."""
    own = profile_hash(profile)
    return own if known is None else hashlib.sha256((own + known.sha256).encode()).hexdigest()


@functools.lru_cache(maxsize=256)
def takes_formats(profile: Profile) -> bool:
    """Return whether a known format may say how to read a file, because the profile does not."""
    return profile.csv == Csv() and all(profile.channels[name].column is None for name in CHANNELS)


def current_hash(profile: Profile, format_name: str, formats: Sequence[KnownFormat]) -> str:
    """Return the hash that a record with this profile and this format (or "" for none) would have now."""
    known = next((one for one in formats if one.name == format_name), None)
    return format_hash(profile, known if takes_formats(profile) else None)
