"""Files in which columns change their order from a row on."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

NAMES = {
    "P": "PV power (W)",
    "load": "Load (W)",
    "sun": "Irradiance (W/m²)",
    "grid": "Grid power (W)",
    "cells": "Cell temperature (°C)",
    "soc": "SOC (%)",
    "E": "Total energy (kWh)",
    "new": "new",
    "V": "Upv (V)",
    "I": "Ipv (A)",
}


def readings(at: int) -> dict[str, float]:
    """Return the readings of the five minutes of this number: the sun rises at six and sets at six."""
    hour = at % 288 / 12
    sun = max(0.0, math.sin(math.pi * (hour - 6) / 12)) * (1 - 0.02 * (at * at % 7))
    power, load = 4000 * sun, 300 + 9 * (at * at % 13) + 200 * (hour > 17)
    soc, cells = 60 - 30 * math.cos(math.pi * hour / 12), 15 + 25 * sun + at % 3 / 10
    total = 52000 + at / 10
    volts = 270 + 20 * sun + at % 3 if sun else 0
    return {
        "P": power, "load": load, "sun": 800 * sun, "grid": power - load, "cells": cells, "soc": soc,
        "E": total, "new": 7, "V": volts, "I": power / (volts or 1),
    }  # fmt: skip


def rows_of(order: str, numbers: range, delimiter: str = ",") -> list[str]:
    start = datetime.fromisoformat("2025-06-10")
    return [
        delimiter.join(
            [f"{start + timedelta(minutes=5 * at)}", *(f"{readings(at)[name]:.1f}" for name in order.split())]
        )
        for at in numbers
    ]


def file_of(order: str, other: str, at: int, count: int, delimiter: str = ",") -> str:
    """Return a file of so many rows, of which those from one on have their columns in another order."""
    header = delimiter.join(["time", *(NAMES[name] for name in order.split())])
    rows = rows_of(order, range(at), delimiter) + rows_of(other, range(at, count), delimiter)
    return "\n".join([header, *rows, ""])
