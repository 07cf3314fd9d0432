"""The table of channels: a new channel is one entry here, and the formula or chart that uses it."""

from __future__ import annotations

from collections.abc import Container
from typing import Final, Literal, NamedTuple, TypeAlias

DARK_WATTS = 24.0
"""A tenth of the default panel's rated power, which it reaches on a dark day too."""


class ChannelDefinition(NamedTuple):
    """A channel: its units, and the limits (inclusive) outside of which a reading has failed.

    A profile changes the limits: `min` and `max` of its table `[channels.NAME]`.
    """

    title: str
    unit: str
    low: float
    high: float
    source: str
    """Where the limits come from."""
    units: dict[str, tuple[float, float]]
    """Units that a column may have, each with the factor and the offset to the channel's own unit."""
    presence: Literal["required", "expected", "optional"] = "optional"
    """A file must have a required column; `validate_data` wants all required and expected channels."""
    label: str = ""
    """A shorter title, for narrow places."""
    possible: tuple[float, float] | None = None
    """Limits for a column whose own limits are unknown: what is physically possible. None: those above hold.

    None: those above hold for every column.
    """
    sentinels: tuple[float, ...] = ()
    """Values for "no reading" of this channel alone, besides SENTINELS."""

    @property
    def widest(self) -> tuple[float, float]:
        """The limits outside of which no reading can be."""
        return self.possible or (self.low, self.high)

    @property
    def widest_keys(self) -> dict[str, float]:
        """The same as the keys of a profile."""
        return dict(zip(("min", "max"), self.widest, strict=True))


class LimitsOfChannel(NamedTuple):
    """The limits (inclusive) that the readings of a channel are compared with."""

    min: float
    max: float
    is_known: bool = True
    """False if nobody set them: they are then what is physically possible."""


_VOLTS = {"V": (1.0, 0.0), "mV": (1e-3, 0.0), "kV": (1e3, 0.0)}
_AMPERES = {"A": (1.0, 0.0), "mA": (1e-3, 0.0)}
_WATTS = {"W": (1.0, 0.0), "mW": (1e-3, 0.0), "kW": (1e3, 0.0), "MW": (1e6, 0.0), "GW": (1e9, 0.0)}
_JOULE = 1 / 3600
_WATT_HOURS = {"Wh": (1.0, 0.0), "kWh": (1e3, 0.0), "MWh": (1e6, 0.0), "Ws": (_JOULE, 0.0)}
_WATT_HOURS |= {"GWh": (1e9, 0.0), "J": (_JOULE, 0.0), "kJ": (1e3 * _JOULE, 0.0), "MJ": (1e6 * _JOULE, 0.0)}
_CELSIUS, _FAHRENHEIT = (1.0, 0.0), (5 / 9, -160 / 9)
_DEGREES = {"°C": _CELSIUS, "C": _CELSIUS, "°F": _FAHRENHEIT, "F": _FAHRENHEIT, "K": (1.0, -273.15)}
_CORRUPT_ROW = "never negative; the ceiling is 32 V · 12 A: one corrupt 65535 W row would add 5.5 kWh"

CHANNELS: dict[str, ChannelDefinition] = {
    "voltage": ChannelDefinition(
        "Voltage",
        "V",
        18.0,
        32.0,
        "24 V nominal with tolerance",
        _VOLTS,
        "required",
        possible=(-2e3, 2e3),
    ),
    "current": ChannelDefinition(
        "Current",
        "A",
        0.0,
        12.0,
        "10 A maximum with headroom",
        _AMPERES,
        "required",
        possible=(-2e3, 2e3),
    ),
    "temperature": ChannelDefinition(
        "Temperature",
        "°C",
        -10.0,
        80.0,
        "operating range",
        _DEGREES,
        "expected",
        "Temp.",
        possible=(-60.0, 120.0),
        sentinels=(-127.0,),
    ),
    "power": ChannelDefinition(
        "Power", "W", 0.0, 384.0, _CORRUPT_ROW, _WATTS, "expected", possible=(-1e7, 1e7)
    ),
    "energy": ChannelDefinition(
        "Energy", "Wh", 0.0, 1e12, "a total or an interval's energy is never negative", _WATT_HOURS
    ),
}
"""All channels by name, in the order in which they are reported."""

DEFAULT_HEADER = ("timestamp", *(name for name in CHANNELS if name != "energy"))
"""The names of the columns of the default format, in their order."""
REQUIRED = ("timestamp", *(name for name, one in CHANNELS.items() if one.presence == "required"))
"""Columns that a file must have. Without `power`, it is V · I; figures of other channels are null."""

SENTINELS = (-999.0, -99.0, 9999.0, 65535.0, 6553.5, 655.35, 32768.0, -32768.0, 32767.0, 3276.7, -327.67)
"""Values that loggers write for "no reading": all bits set, and the ends of 16-bit integers."""

MAX_CHARACTERS = 64
"""A longer cell is neither a number nor a timestamp."""

BLANKS = " \t"
"""Blanks that may surround a number or a timestamp."""

MISSING_CELLS = ("", "-", "--", "NaN", "NAN", "null", "NULL", "None", "N/A", "n/a", "NA", "#N/A")
"""Cells that mean "no value"."""

Encoding: TypeAlias = Literal[
    "auto", "utf-8", "utf-16", "utf-32", "latin-1", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254",
    "cp437", "cp850", "cp866", "koi8-r", "mac_roman", "shift_jis", "gb18030", "big5", "euc_kr",
]  # fmt: skip
"""The encodings that a file may have."""
CODECS: Final = {"shift_jis": "cp932", "big5": "cp950", "euc_kr": "cp949"}
"""Python's names for what Windows writes under these names."""


def has_product(channels: Container[str]) -> bool:
    """Return whether these channels have a voltage and a current, whose product is a power."""
    return "voltage" in channels and "current" in channels


def is_enough(channels: Container[str]) -> bool:
    """Return whether power can be known from these channels."""
    return "power" in channels or "energy" in channels or has_product(channels)
