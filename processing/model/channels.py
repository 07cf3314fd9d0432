"""The table of channels: a new channel is one entry here, and the formula or chart that uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from processing.model.flags import Floats

Values = TypeVar("Values", float, "Floats")


class ChannelDefinition(NamedTuple):
    """What a channel is: its units, and the limits (inclusive) outside of which a reading has failed."""

    title: str
    """As pages write it."""
    unit: str
    low: float
    high: float
    source: str
    """Where the limits come from."""
    units: dict[str, tuple[float, float]]
    """Units that a column may have, each with the factor and the offset to the channel's own unit."""
    is_required: bool = False
    """A file must have this column. Without `power` it is V · I; figures of other such channels are null."""
    label: str = ""
    """A shorter title, where there is little space."""


CHANNELS: dict[str, ChannelDefinition] = {
    "voltage": ChannelDefinition(
        title="Voltage",
        unit="V",
        low=18.0,
        high=32.0,
        source="24 V nominal with tolerance",
        units={"V": (1.0, 0.0), "mV": (1e-3, 0.0), "kV": (1e3, 0.0)},
        is_required=True,
    ),
    "current": ChannelDefinition(
        title="Current",
        unit="A",
        low=0.0,
        high=12.0,
        source="10 A maximum with headroom",
        units={"A": (1.0, 0.0), "mA": (1e-3, 0.0)},
        is_required=True,
    ),
    "temperature": ChannelDefinition(
        title="Temperature",
        unit="°C",
        low=-10.0,
        high=80.0,
        source="operating range",
        units={
            "°C": (1.0, 0.0),
            "C": (1.0, 0.0),
            "°F": (5 / 9, -160 / 9),
            "F": (5 / 9, -160 / 9),
            "K": (1.0, -273.15),
        },
        label="Temp.",
    ),
    "power": ChannelDefinition(
        title="Power",
        unit="W",
        low=0.0,
        high=384.0,
        source="never negative; the ceiling is 32 V · 12 A: one corrupt 65535 W row would add 5.5 kWh",
        units={"W": (1.0, 0.0), "mW": (1e-3, 0.0), "kW": (1e3, 0.0)},
    ),
}
"""In the order in which they are reported."""

REQUIRED = ("timestamp", *(name for name, channel in CHANNELS.items() if channel.is_required))
"""Columns that a file must have."""

SENTINELS = (-999.0, -99.0, 9999.0, 65535.0, 6553.5, 655.35, 32768.0, -32768.0, 32767.0, 3276.7, -327.67)
"""Values that loggers write for "no reading": all bits set, and the ends of 16-bit integers."""


def electric_power(voltage: Values, current: Values) -> Values:
    """Return P = V · I, which holds for direct current."""
    return voltage * current
