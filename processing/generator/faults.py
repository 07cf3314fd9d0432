"""Faults that sensors, loggers and clocks really have, each planted on purpose and labelled.

A fault in values changes the columns of a simulated day; a fault in lines changes the text. At least
MARGIN_ROWS untouched rows lie between two faults, so that one does not hide another.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

CHANNELS: Final = ("voltage", "current", "temperature", "power")
SENTINELS: Final = ("-999", "-99", "9999", "65535", "6553.5", "-32768", "32767", "-327.67")
SYNTAX_ERRORS: Final = ("ERR", "?", "nan", "1_0", "2.4.5", "0x18", '"24.5', "24.5,1")
MARGIN_ROWS: Final = 4  # half a Hampel window and one
NIGHT: Final = (23.0, 4.0)  # hours of the clock in which no panel generates
FILL_STEPS: Final = 30  # of the sensor, at least, from row to row of a fill: 1.5 times what is evaluated
COARSE: Final = {"voltage": 0.05, "current": 0.02, "temperature": 0.05}
COARSE_TIMES: Final = 4.5  # as long a coarse sensor is stuck: 1.5 times what is evaluated
NIGHT_SECONDS: Final = 14_400  # a longer fault does not fit into the night alone
DAY_WATTS: Final = 40.0  # well above the night floor of 8 W, so that a fault in the sun is one for certain


@dataclass(frozen=True)
class Label:
    """One planted fault: the check that should find it, and the 1-based lines that this check should name.

    The line of a gap is the one after it.
    """

    fault: str
    check: str
    channel: str | None
    lines: list[int]


@dataclass
class Sheet:
    """A day on its way to a file: columns while values are planted, then lines by their position.

    Row k has position k, the header -1; a line that is inserted has a fraction.
    """

    columns: dict[str, NDArray[np.float64]]
    step: int
    aware: bool
    rng: np.random.Generator
    resolution: dict[str, float]
    volts: float = 1.0
    """The voltage and the power of this plant as a multiple of a panel's."""
    lines: dict[float, str] = field(default_factory=dict)


# Plants a fault in the rows of the slice; returns the positions to label, or None for all of these rows.
Plant = Callable[[Sheet, slice], Sequence[float] | None]


@dataclass(frozen=True)
class PlantedFault:
    """Which check finds a fault on which channel; how, when and over how many rows it is planted."""

    check: str
    channel: str | None
    plant: Plant
    zone: Literal["day", "night", "any", "file"] = "any"
    rows: int = 1
    seconds: int = 0


def plant(sheet: Sheet, names: Sequence[str], lines: Callable[[], dict[float, str]]) -> list[Label]:
    """Plant the named faults in `sheet` and return their labels; `lines` turns its columns into text.

    Raises ValueError if a fault does not fit into the day.
    """
    slots = _windows(sheet, names)
    marks = [_marked(sheet, *slot) for slot in slots if slot[0] in VALUE_FAULTS]
    sheet.lines = lines()
    marks += [_marked(sheet, *slot) for slot in slots if slot[0] in LINE_FAULTS]
    number = {position: line for line, position in enumerate(sorted(sheet.lines), start=1)}
    return [
        Label(
            name,
            FAULTS[name].check,
            FAULTS[name].channel,
            [number[position] for position in positions if position in number],
        )
        for name, positions in marks
    ]


def _marked(sheet: Sheet, name: str, rows: slice) -> tuple[str, Sequence[float]]:
    marked = FAULTS[name].plant(sheet, rows)
    return name, range(rows.start, rows.stop) if marked is None else marked


def _windows(sheet: Sheet, names: Sequence[str]) -> list[tuple[str, slice]]:
    """Return a random window for each fault, the longest first, not near another or the ends of the file."""
    hour = sheet.columns["clock"] / 3600 % 24
    free = np.ones(len(hour), dtype=bool)
    free[:MARGIN_ROWS] = free[-MARGIN_ROWS:] = False
    power = sheet.columns["power"]
    zones = {"day": power > DAY_WATTS, "night": (power <= 0) & ((hour >= NIGHT[0]) | (hour < NIGHT[1]))}
    slots = []
    for name in sorted(names, key=lambda name: -_length(name, sheet)):
        length = 0 if FAULTS[name].zone == "file" else _length(name, sheet)
        zone = FAULTS[name].zone
        usable = free & zones.get(
            "any" if zone == "night" and length * sheet.step > NIGHT_SECONDS else zone, True
        )
        count = np.concatenate(([0], np.cumsum(usable)))
        starts = np.flatnonzero(count[length + 1 :] - count[: -length - 1] == length + 1)
        if not len(starts):
            raise ValueError(f"the fault {name} does not fit into this day: plant fewer, or try another seed")
        at = int(sheet.rng.choice(starts))
        free[max(0, at - MARGIN_ROWS) : at + length + MARGIN_ROWS] &= length == 0
        slots.append((name, slice(at, at + length)))
    return slots


def _length(name: str, sheet: Sheet) -> int:
    fault = FAULTS[name]
    is_coarse = (
        fault.check == "flat_line" and sheet.resolution[str(fault.channel)] > COARSE[str(fault.channel)]
    )
    return max(fault.rows, math.ceil(fault.seconds * (COARSE_TIMES if is_coarse else 1) / sheet.step))


# --- in values ---------------------------------------------------------------------------------------------


def _follow(sheet: Sheet, rows: slice) -> None:
    """Compute power as V·I again, as a logger that computes it would write."""
    sheet.columns["power"][rows] = sheet.columns["voltage"][rows] * sheet.columns["current"][rows]


def _set(**bounds: tuple[float, float]) -> Plant:
    """Return a fault that sets values between bounds; power follows a current that is set."""

    def change(sheet: Sheet, rows: slice) -> None:
        for channel, (low, high) in bounds.items():
            size = sheet.volts if channel in ("voltage", "power") else 1.0
            sheet.columns[channel][rows] = sheet.rng.uniform(low, high, rows.stop - rows.start) * size
        if "current" in bounds:
            _follow(sheet, rows)

    return change


def _shift(low: float, high: float) -> Plant:
    def change(sheet: Sheet, rows: slice) -> None:
        sheet.columns["voltage"][rows] += sheet.rng.uniform(low, high) * sheet.volts
        _follow(sheet, rows)

    return change


def _stuck(channel: str) -> Plant:
    def change(sheet: Sheet, rows: slice) -> None:
        sheet.columns[channel][rows] = sheet.columns[channel][rows.start]
        if channel != "temperature":
            _follow(sheet, rows)

    return change


def _power_mismatch(sheet: Sheet, rows: slice) -> None:
    sheet.columns["power"][rows] *= sheet.rng.uniform(0.5, 0.8)


def _rate_of_change(sheet: Sheet, rows: slice) -> Sequence[float]:
    """Plant a step up and one back; the row after each of the two changes too fast."""
    sheet.columns["temperature"][rows] += 15.0 * min(3.0, max(1.0, sheet.step / 300))
    return [rows.start, rows.stop]


def _linear_fill(sheet: Sheet, rows: slice) -> None:
    """Plant a straight line in whole steps of the sensor; the row after it is not on the line."""
    current, count, step = sheet.columns["current"], rows.stop - rows.start, sheet.resolution["current"]
    first, behind = round(current[rows.start] / step), round(current[rows.stop] / step)
    slope = round((behind - first) / count)
    if abs(slope) < FILL_STEPS:
        slope = FILL_STEPS if slope > 0 or first < FILL_STEPS * count else -FILL_STEPS
    if first + slope * count == behind:
        slope += 1 if slope > 0 else -1
    current[rows] = (first + slope * np.arange(count)) * step
    _follow(sheet, rows)


# --- in lines ----------------------------------------------------------------------------------------------


def _write(sheet: Sheet, position: float, column: int, text: str) -> None:
    cells = sheet.lines[position].split(",")
    sheet.lines[position] = ",".join([*cells[:column], text, *cells[column + 1 :]])


def _one_of(texts: Sequence[str]) -> Plant:
    def change(sheet: Sheet, rows: slice) -> None:
        _write(sheet, rows.start, int(sheet.rng.integers(1, 5)), texts[int(sheet.rng.integers(len(texts)))])

    return change


def _dated(date: str) -> Plant:
    def change(sheet: Sheet, rows: slice) -> None:
        _write(sheet, rows.start, 0, date + sheet.lines[rows.start].split(",")[0][10:])

    return change


def _mixed_offset(sheet: Sheet, rows: slice) -> None:
    for position in range(rows.start, rows.stop):
        stamp = sheet.lines[position].split(",")[0]
        _write(sheet, position, 0, stamp[:19] if sheet.aware else stamp + "Z")


def _gap(sheet: Sheet, rows: slice) -> Sequence[float]:
    for position in range(rows.start, rows.stop):
        del sheet.lines[position]
    return [rows.stop]


def _several_intervals(sheet: Sheet, rows: slice) -> Sequence[float]:
    """Remove every second row: the interval doubles for a stretch."""
    for position in range(rows.start, rows.stop, 2):
        del sheet.lines[position]
    return range(rows.start + 1, rows.stop, 2)


def _duplicate(sheet: Sheet, rows: slice) -> Sequence[float]:
    sheet.lines[rows.start + 0.5] = sheet.lines[rows.start]
    return [rows.start + 0.5]


def _conflict(sheet: Sheet, rows: slice) -> Sequence[float]:
    """Repeat a row with the temperature of another panel: the later one in the file is invalid."""
    _duplicate(sheet, rows)
    _write(sheet, rows.start + 0.5, 3, "21.37")
    return [rows.start + 0.5]


def _disorder(sheet: Sheet, rows: slice) -> Sequence[float]:
    sheet.lines[rows.stop - 0.5] = sheet.lines.pop(rows.start)
    return [rows.stop - 0.5]


def _missing_column(sheet: Sheet, _rows: slice) -> Sequence[float]:
    """Remove voltage and power from the header and all lines: nothing can be computed."""
    for position, line in sheet.lines.items():
        stamp, _, current, temperature, _ = line.split(",")
        sheet.lines[position] = f"{stamp},{current},{temperature}"
    return [-1]


VALUE_FAULTS: Final[dict[str, PlantedFault]] = {
    "gross_range": PlantedFault("gross_range", "voltage", _set(voltage=(33, 60))),
    "impossible_temperature": PlantedFault("gross_range", "temperature", _set(temperature=(95, 140))),
    "power_ceiling": PlantedFault("gross_range", "power", _set(power=(400, 3000))),
    "disconnect": PlantedFault(
        "sensor_disconnect", "voltage", _set(voltage=(0, 0.4), current=(0, 0)), "day", rows=2
    ),
    "power_mismatch": PlantedFault("power_mismatch", "power", _power_mismatch, "day", rows=3),
    "spike": PlantedFault("spike", "voltage", _shift(-5.0, -3.8), "day"),
    "outlier": PlantedFault("outlier", "voltage", _shift(-3.4, -2.7), "day", rows=2),
    "rate_of_change": PlantedFault("rate_of_change", "temperature", _rate_of_change, rows=5),
    "stuck": PlantedFault("flat_line", "voltage", _stuck("voltage"), "day", 6, 2400),
    "stuck_current": PlantedFault("flat_line", "current", _stuck("current"), "day", 6, 2400),
    "stuck_temperature": PlantedFault("flat_line", "temperature", _stuck("temperature"), "night", 5, 4500),
    "linear_fill": PlantedFault("linear_fill", "current", _linear_fill, "day", rows=9),
    "night_generation": PlantedFault("night_generation", "power", _set(current=(1.0, 2.0)), "night", rows=4),
    "daytime_outage": PlantedFault("daytime_outage", "power", _set(current=(0.0, 0.0)), "day", 5, 2400),
    "clipping": PlantedFault("clipping", "current", _set(current=(9.98, 10.02)), "day", rows=6),
}
LINE_FAULTS: Final[dict[str, PlantedFault]] = {
    "sentinel": PlantedFault("sentinel", None, _one_of(SENTINELS)),
    "syntax": PlantedFault("syntax", None, _one_of(SYNTAX_ERRORS)),
    "bad_timestamp": PlantedFault("syntax", "timestamp", _dated("2025-02-30")),
    "implausible_date": PlantedFault("distant_date", "timestamp", _dated("1970-01-01")),
    "mixed_offset": PlantedFault("mixed_offset", "timestamp", _mixed_offset, rows=2),
    "gap": PlantedFault("gap", "timestamp", _gap, "any", 4, 3600),
    "several_intervals": PlantedFault("several_intervals", "timestamp", _several_intervals, rows=80),
    "duplicate": PlantedFault("duplicate", "timestamp", _duplicate),
    "conflict": PlantedFault("conflict", "timestamp", _conflict),
    "disorder": PlantedFault("disorder", "timestamp", _disorder, rows=4),
    "missing_column": PlantedFault("missing_columns", "voltage", _missing_column, "file"),
}
FAULTS: Final = VALUE_FAULTS | LINE_FAULTS
