"""Simulated days of a 24 V, 10 A panel: seeded, realistic, with labelled faults if wanted.

Irradiance follows the sun's height (clear sky after Haurwitz, 1945) with passing clouds; the bus voltage and
the module temperature follow it with a lag; every channel has the noise of its sensor. A clean day passes
every check, with two exceptions that need a profile: a panel-side voltage is 0 V at night, and a cold site is
colder than the default limit.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import numpy as np

from processing.generator.faults import CHANNELS, Label, Sheet, plant
from processing.generator.loggers import THOROUGH, DataLogger, lines
from processing.model.flags import Floats

SECONDS_A_DAY: Final = 86_400
MAX_JITTER: Final = 0.2
DARK: Final = 0.002  # kW/m²: below, the controller takes no current
FINE_SECONDS: Final = 10  # below, jitter wants milliseconds


@dataclass(frozen=True)
class Climate:
    """A site's latitude in degrees, its mean air temperature, and half of its seasonal swing in °C."""

    latitude: float
    mean: float
    swing: float


CLIMATES: Final = {"temperate": Climate(38.0, 16.0, 8.0), "cold": Climate(47.0, -9.0, 13.0)}


@dataclass(frozen=True)
class Plant:
    """A plant: its voltage and current as multiples of a panel's, and a load in A at all hours."""

    volts: float = 1.0
    amperes: float = 1.0
    load: float = 0.0


PLANTS: Final = {
    "panel": Plant(),
    "roof": Plant(volts=25.0),
    "strings": Plant(amperes=10.0),
    "battery": Plant(load=1.5),
}


@dataclass(frozen=True)
class SimulatedDay:
    """A day to simulate: `rows` samples, `interval_seconds` apart, from `start`, with its offset.

    `jitter` moves each timestamp by up to that fraction of the interval (at most MAX_JITTER, so that no step
    becomes a gap). Solar noon is at 12:00.
    """

    start: datetime
    rows: int = 288
    interval_seconds: int = 300
    seed: int = 0
    jitter: float = 0.0
    site: str = "temperate"
    panel_side: bool = False
    plant: str = "panel"
    noise: float = 1.0
    logger: DataLogger = THOROUGH
    faults: tuple[str, ...] = ()

    @property
    def streams(self) -> list[np.random.Generator]:
        """Return separate random streams for day, faults and logger, so that a fault changes no other row."""
        moment = int(self.start.replace(tzinfo=UTC).timestamp())
        return np.random.default_rng([self.seed, moment]).spawn(3)


def simulate(day: SimulatedDay) -> dict[str, Floats]:
    """Return a clean day: `seconds` since its start, `clock` in seconds since midnight, and the channels."""
    rng, site, step = day.streams[0], CLIMATES[day.site], float(day.interval_seconds)
    seconds = np.arange(day.rows, dtype=np.float64) * step
    clock = seconds + (day.start.hour * 60 + day.start.minute) * 60 + day.start.second
    season = 2 * math.pi * (day.start.timetuple().tm_yday - 172) / 365.25
    clear = _clear_sky(clock, site.latitude, math.cos(season))
    sun = clear * _clouds(rng, seconds, clear, step) * rng.uniform(0.6, 1.0)
    current = 9.0 * sun
    spread = day.noise * (0.02 + 0.003 * current)
    current = np.where(sun > DARK, np.maximum(current + rng.normal(0, spread), 0), 0)
    voltage = 24.1 + 0.3 * _lagged(current, step / 1800) + rng.normal(0, 0.06 * day.noise, day.rows)
    if day.panel_side:
        voltage *= -np.expm1(-np.where(sun > DARK, sun, 0) / 0.01)
    air = site.mean + site.swing * math.cos(season - 0.5) + 6 * np.sin(2 * np.pi * (clock / 3600 - 9) / 24)
    moved = rng.uniform(-day.jitter, day.jitter, day.rows) * step
    temperature = air + 26 * _lagged(sun, step / 1500) + rng.normal(0, 0.15 * day.noise, day.rows)
    plant = PLANTS[day.plant]
    voltage, current = voltage * plant.volts, current * plant.amperes - plant.load
    power = voltage * current * rng.normal(1, 0.002 * day.noise, day.rows)
    return {
        "seconds": seconds + moved,
        "clock": clock,
        "voltage": voltage,
        "current": current,
        "temperature": temperature,
        "power": power if plant.load else np.maximum(power, 0),
    }


def _clear_sky(clock: Floats, latitude: float, season: float) -> Floats:
    """Return the clear-sky irradiance in kW/m² at seconds of solar time: 1.098·sin h·exp(-0.057/sin h)."""
    tilt, angle = math.radians(23.45 * season), math.radians(latitude)
    hour_angle = 2 * np.pi * (clock / SECONDS_A_DAY - 0.5)
    height = math.sin(angle) * math.sin(tilt) + math.cos(angle) * math.cos(tilt) * np.cos(hour_angle)
    sine = np.maximum(height, 1e-3)
    return np.asarray(1.098 * sine * np.exp(-0.057 / sine), dtype=np.float64)


def _clouds(rng: np.random.Generator, seconds: Floats, clear: Floats, step: float) -> Floats:
    """Return the transmission 0 … 1: up to ten passing clouds a day, each longer than one sample.

    A low sun is dimmed less: a cloud at dawn would pass for an outage between two generations.
    """
    shade = np.zeros(len(seconds))
    days = max(1.0, len(seconds) * step / SECONDS_A_DAY)
    for _ in range(int(rng.integers(0, 11) * days)):
        width = max(rng.uniform(480, 2400), 1.5 * step)
        middle, depth = rng.uniform(0, seconds[-1]), rng.uniform(0.2, 0.75)
        near = slice(*np.searchsorted(seconds, (middle - 5 * width, middle + 5 * width)))
        bump = depth * np.exp(-0.5 * ((seconds[near] - middle) / width) ** 2)
        shade[near] = np.maximum(shade[near], bump)
    return 1 - shade * np.minimum(1.0, clear / 0.4)


def _lagged(values: Floats, ratio: float) -> Floats:
    """Return the values after a first-order lag; `ratio` is the step over the time constant."""
    keep, level, out = math.exp(-ratio), float(values[0]), []
    for value in values.tolist():
        level = value + keep * (level - value)
        out.append(level)
    return np.array(out)


def render(day: SimulatedDay) -> tuple[bytes, list[Label]]:
    """Return the day's CSV and the labels of the faults planted in it.

    Raises ValueError if a fault does not fit into the day.
    """
    columns = simulate(day)
    sheet = Sheet(
        columns,
        day.interval_seconds,
        day.start.tzinfo is not None,
        day.streams[1],
        dict(zip(CHANNELS, day.logger.resolution, strict=True)),
        PLANTS[day.plant].volts,
    )
    unit: Literal["s", "ms"] = "ms" if day.jitter and day.interval_seconds < FINE_SECONDS else "s"
    kept = day.logger.rows(columns["power"], day.streams[2])
    labels = plant(sheet, day.faults, lambda: lines(columns, day.start, unit, day.logger, kept))
    return ("\n".join(sheet.lines[position] for position in sorted(sheet.lines)) + "\n").encode(), labels
