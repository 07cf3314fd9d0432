"""The table of channels: name, unit, limits and the source of each limit."""

from __future__ import annotations

from typing import NamedTuple


class ChannelFacts(NamedTuple):
    """What a channel is: its unit, and the limits (inclusive) outside of which a reading has failed."""

    unit: str
    low: float
    high: float
    source: str
    """Where the limits come from."""


CHANNELS: dict[str, ChannelFacts] = {
    "voltage": ChannelFacts("V", 18.0, 32.0, "24 V nominal with tolerance"),
    "current": ChannelFacts("A", 0.0, 12.0, "10 A maximum with headroom"),
    "temperature": ChannelFacts("°C", -10.0, 80.0, "operating range"),
    "power": ChannelFacts("W", 0.0, 384.0, "never negative; the ceiling is 32 V · 12 A"),
}
"""In the order in which they are reported."""

REQUIRED = ("timestamp", "voltage", "current")
"""Columns that a file must have; without `power` it is V·I, without `temperature` its figures are null."""

SENTINELS = (-999.0, -99.0, 9999.0, 65535.0, 6553.5, 655.35, 32768.0, -32768.0, 32767.0, 3276.7, -327.67)
"""Values that loggers write for "no reading": all bits set, and the ends of 16-bit integers."""

UNITS: dict[str, dict[str, tuple[float, float]]] = {
    "voltage": {"V": (1.0, 0.0), "mV": (1e-3, 0.0), "kV": (1e3, 0.0)},
    "current": {"A": (1.0, 0.0), "mA": (1e-3, 0.0)},
    "temperature": {
        "°C": (1.0, 0.0),
        "C": (1.0, 0.0),
        "°F": (5 / 9, -160 / 9),
        "F": (5 / 9, -160 / 9),
        "K": (1.0, -273.15),
    },
    "power": {"W": (1.0, 0.0), "mW": (1e-3, 0.0), "kW": (1e3, 0.0)},
}
"""Units a column may have, each with the factor and the offset that lead to the channel's own unit."""
