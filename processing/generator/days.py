"""Sample days of a 24 V, 10 A panel: seeded, realistic, with labelled faults on request.

Irradiance follows the sun's height (clear sky after Haurwitz, 1945) with passing clouds; the bus voltage and
the module temperature follow it with a lag; every channel has the noise of its sensor. A clean day passes
every check, with two exceptions that a profile answers: a panel-side voltage is 0 V at night, and a cold
site is colder than the default limit.
"""

import argparse
import ctypes
import errno
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from processing.generator.faults import CHANNELS, FAULTS, Label, Sheet, plant
from processing.model.safe_text import text_of
from processing.printing import UnwrittenError, say

Floats = NDArray[np.float64]

HEADER: Final = "timestamp,voltage,current,temperature,power"
SECONDS_A_DAY: Final = 86_400
MAX_JITTER: Final = 0.2
DARK: Final = 0.002  # kW/m²: below, the controller takes no current
FINE_SECONDS: Final = 10  # below, jitter wants milliseconds
YEARS: Final = range(1970, 2100)
LINES_A_CHUNK: Final = 10_000
AT_FDCWD: Final = -100
RENAME_NOREPLACE: Final = 1


@dataclass(frozen=True)
class Site:
    """Where a panel stands: latitude in degrees, mean air temperature and half its seasonal swing in °C."""

    latitude: float
    mean: float
    swing: float


SITES: Final = {"temperate": Site(38.0, 16.0, 8.0), "cold": Site(47.0, -9.0, 13.0)}


@dataclass(frozen=True)
class Day:
    """What to simulate: `rows` samples, `interval_seconds` apart, from `start` (its offset goes along).

    `jitter` moves each timestamp by up to that fraction of the interval (at most MAX_JITTER, so that no step
    looks like a gap). The clock is taken as the sun's own: noon is at 12:00.
    """

    start: datetime
    rows: int = 288
    interval_seconds: int = 300
    seed: int = 0
    jitter: float = 0.0
    site: str = "temperate"
    panel_side: bool = False
    faults: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """`solar_data_YYYYMMDD_HHMMSS.csv`, by the start."""
        return f"solar_data_{self.start:%Y%m%d_%H%M%S}.csv"

    @property
    def streams(self) -> list[np.random.Generator]:
        """Two independent streams: the day's, and its faults', which leave the other rows as they are."""
        moment = int(self.start.replace(tzinfo=UTC).timestamp())
        return np.random.default_rng([self.seed, moment]).spawn(2)


def simulate(day: Day) -> dict[str, Floats]:
    """Columns of a clean day: `seconds` since its start, `clock` in s since midnight, and the channels."""
    rng, site, step = day.streams[0], SITES[day.site], float(day.interval_seconds)
    seconds = np.arange(day.rows, dtype=np.float64) * step
    clock = seconds + (day.start.hour * 60 + day.start.minute) * 60 + day.start.second
    season = 2 * math.pi * (day.start.timetuple().tm_yday - 172) / 365.25
    clear = _clear_sky(clock, site.latitude, math.cos(season))
    sun = clear * _clouds(rng, seconds, clear, step) * rng.uniform(0.6, 1.0)
    current = 9.0 * sun
    current = np.where(sun > DARK, np.maximum(current + rng.normal(0, 0.02 + 0.003 * current), 0), 0)
    voltage = 24.1 + 0.3 * _lagged(current, step / 1800) + rng.normal(0, 0.06, day.rows)
    if day.panel_side:
        voltage *= -np.expm1(-np.where(sun > DARK, sun, 0) / 0.01)
    air = site.mean + site.swing * math.cos(season - 0.5) + 6 * np.sin(2 * np.pi * (clock / 3600 - 9) / 24)
    return {
        "seconds": seconds + rng.uniform(-day.jitter, day.jitter, day.rows) * step,
        "clock": clock,
        "voltage": voltage,
        "current": current,
        "temperature": air + 26 * _lagged(sun, step / 1500) + rng.normal(0, 0.15, day.rows),
        "power": np.maximum(voltage * current * rng.normal(1, 0.002, day.rows), 0),
    }


def _clear_sky(clock: Floats, latitude: float, season: float) -> Floats:
    """Clear-sky irradiance in kW/m² at seconds of solar time; Haurwitz: 1.098·sin h·exp(-0.057/sin h)."""
    tilt, place = math.radians(23.45 * season), math.radians(latitude)
    hour_angle = 2 * np.pi * (clock / SECONDS_A_DAY - 0.5)
    height = math.sin(place) * math.sin(tilt) + math.cos(place) * math.cos(tilt) * np.cos(hour_angle)
    sine = np.maximum(height, 1e-3)
    return np.asarray(1.098 * sine * np.exp(-0.057 / sine), dtype=np.float64)


def _clouds(rng: np.random.Generator, seconds: Floats, clear: Floats, step: float) -> Floats:
    """Transmission 0 … 1: up to ten passing clouds a day, none so short that one sample alone sees it.

    A low sun is dimmed less, so that a cloud at dawn is not taken for an outage between two generations.
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
    """The values through a first-order lag; `ratio` is the step over the time constant."""
    keep, level, out = math.exp(-ratio), float(values[0]), []
    for value in values.tolist():
        level = value + keep * (level - value)
        out.append(level)
    return np.array(out)


def render(day: Day) -> tuple[bytes, list[Label]]:
    """The day's CSV and the labels of the faults planted in it.

    Raises ValueError where a fault finds no room in the day.
    """
    columns = simulate(day)
    sheet = Sheet(columns, day.interval_seconds, day.start.tzinfo is not None, day.streams[1])
    labels = plant(sheet, day.faults, lambda: _lines(day, columns))
    return ("\n".join(sheet.lines[place] for place in sorted(sheet.lines)) + "\n").encode(), labels


def _lines(day: Day, columns: dict[str, Floats]) -> dict[float, str]:
    """Lines by their place: the header at -1, row k at k."""
    unit: Literal["s", "ms"] = "ms" if day.jitter and day.interval_seconds < FINE_SECONDS else "s"
    start = np.datetime64(day.start.replace(tzinfo=None), "ms")
    offset = day.start.isoformat()[19:]
    lines: dict[float, str] = {-1: HEADER}
    for first in range(0, day.rows, LINES_A_CHUNK):
        part = slice(first, first + LINES_A_CHUNK)
        moments = start + np.rint(columns["seconds"][part] * 1000).astype("timedelta64[ms]")
        stamps = np.datetime_as_string(moments, unit=unit).tolist()
        values = (columns[channel][part].tolist() for channel in CHANNELS)
        for place, (stamp, v, i, t, p) in enumerate(zip(stamps, *values, strict=True), first):
            lines[place] = f"{stamp}{offset},{v:.3f},{i:.3f},{t:.2f},{p:.3f}"
    return lines


def write(folder: Path, name: str, content: bytes) -> Path:
    """The path of the finished file, which appears whole or not at all and never replaces another.

    A crash leaves at most a hidden `.name.part` behind. Raises FileExistsError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hidden, final = folder / f".{name}.part", folder / name
    try:
        hidden.write_bytes(content)
        _rename_no_replace(hidden, final)
    finally:
        hidden.unlink(missing_ok=True)
    return final


def _rename_no_replace(old: Path, new: Path) -> None:
    """renameat2 where the system has it; elsewhere a look before a plain rename."""
    libc = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    rename = getattr(libc, "renameat2", None)
    if rename and rename(AT_FDCWD, os.fsencode(old), AT_FDCWD, os.fsencode(new), RENAME_NOREPLACE) == 0:
        return
    code = ctypes.get_errno() if rename else errno.ENOSYS
    if code not in {errno.EINVAL, errno.ENOSYS}:
        raise OSError(code, os.strerror(code), str(new))
    if new.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new))
    old.rename(new)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 when every file was written, 2 when the command or the target is at fault."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.name and options.days > 1:
        parser.error("--name is for one day: leave it out, or --days")
    try:
        for day in _days(options):
            content, labels = render(day)
            path = write(options.out, options.name or day.file_name, content)
            say(path)
            if options.labels:
                write(options.labels, f"{path.stem}.labels.json", _side_file(path.name, day, labels))
    except (OSError, ValueError, UnwrittenError) as error:
        print(f"generator: {_why(error, options.out)}", file=sys.stderr)  # noqa: T201 - to the user
        return 2
    return 0


def _why(error: Exception, out: Path) -> str:
    """What is wrong, and where; nothing is ever overwritten."""
    if not isinstance(error, OSError):
        return str(error)
    place = text_of(os.fsencode(error.filename2 or error.filename or out))
    if isinstance(error, FileExistsError):
        return f"{place} is there already, and was left alone: take another --out, --start or --name"
    return f"cannot write {place}: {(error.strerror or str(error)).lower()}"


def _days(options: argparse.Namespace) -> list[Day]:
    """Consecutive days; without a start they end with the last one that is over, from 06:00 to 06:00."""
    over = datetime.now().astimezone().replace(tzinfo=None) - timedelta(days=options.days, hours=6)
    start = options.start or over.replace(hour=6, minute=0, second=0, microsecond=0)
    first = Day(
        start,
        rows=SECONDS_A_DAY // options.interval,
        interval_seconds=options.interval,
        seed=int.from_bytes(os.urandom(4)) if options.seed is None else options.seed,
        jitter=options.jitter,
        site=options.site,
        panel_side=options.panel_side,
        faults=tuple(options.fault),
    )
    return [replace(first, start=start + timedelta(days=number)) for number in range(options.days)]


def _side_file(name: str, day: Day, labels: list[Label]) -> bytes:
    document = {"file": name, "seed": day.seed, "labels": [asdict(label) for label in labels]}
    return (json.dumps(document, indent=2) + "\n").encode()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m processing.generator",
        description="Writes simulated days of a 24 V, 10 A panel as CSV; prints a path per line.",
        epilog="The same seed and start give the same bytes.",
    )
    add = parser.add_argument
    add("--days", type=_whole(1, 36_600), default=1, metavar="N", help="files of one day each (default 1)")
    add("--seed", type=_whole(0, 2**63 - 1), metavar="S", help="default: another each time")
    add("--out", type=Path, default=Path("data/incoming"), metavar="DIR", help="default data/incoming")
    add("--start", type=_moment, metavar="TIME", help="ISO 8601; default: 06:00, so that the days are over")
    add("--interval", type=_whole(1, 3600), default=300, metavar="SECONDS", help="1 to 3600 (default 300)")
    add("--jitter", type=_fraction, default=0.0, metavar="FRACTION", help="of the interval, 0 to 0.2")
    add("--site", choices=SITES, default="temperate", help="cold: below the default limit in winter")
    add("--panel-side", action="store_true", help="voltage of the panel, 0 V at night, not of the battery")
    add(
        "--fault",
        action="append",
        choices=FAULTS,
        default=[],
        metavar="NAME",
        help=f"again for more: {', '.join(FAULTS)}",
    )
    add(
        "--labels",
        type=Path,
        metavar="DIR",
        help="write NAME.labels.json there: which lines hold which fault",
    )
    add("--name", type=_csv_name, help="instead of solar_data_YYYYMMDD_HHMMSS.csv; for one day")
    return parser


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {low} to {high}")
        return int(text)

    return parse


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= MAX_JITTER:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {MAX_JITTER}")
    return value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no ISO 8601 time, such as 2025-01-15T06:00:00"
        ) from error
    if moment.year not in YEARS:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 1970 and 2100")
    return moment


def _csv_name(text: str) -> str:
    if "/" in text or text.startswith(".") or not text.endswith(".csv"):
        raise argparse.ArgumentTypeError(f"{text!r} is no file name that ends with .csv")
    return text
