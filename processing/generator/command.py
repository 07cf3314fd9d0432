"""The command line of the generator: days as files that never replace others."""

import argparse
import contextlib
import errno
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

from processing import storage
from processing.generator.days import CLIMATES, MAX_JITTER, SECONDS_A_DAY, SimulatedDay, render
from processing.generator.faults import FAULTS
from processing.model.safe_text import text_of
from processing.printing import ArgumentParser, UnwrittenError, say


def write(folder: Path, name: str, content: bytes) -> Path:
    """Return the path of a new file, which appears whole and never replaces another.

    Raises FileExistsError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if not storage.write_new(path, content):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 0 if every file was written, 2 if the command or the target is wrong."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.name and options.days > 1:
        parser.error("--name is for one day: leave it out, or --days")
    try:
        for day in _days(options):
            content, labels = render(day)
            path = write(options.out, options.name or f"solar_data_{day.start:%Y%m%d_%H%M%S}.csv", content)
            say(str(path))
            if options.labels:
                document = {"file": path.name, "seed": day.seed, "labels": [asdict(one) for one in labels]}
                text = json.dumps(document, indent=2) + "\n"
                write(options.labels, f"{path.stem}.labels.json", text.encode())
    except (OSError, ValueError, UnwrittenError) as error:
        print(f"generator: {_why(error, options.out)}", file=sys.stderr)  # noqa: T201 - to the user
        return 2
    return 0


def _why(error: Exception, out: Path) -> str:
    """Return what is wrong, and with which file."""
    if not isinstance(error, OSError):
        return str(error)
    path = text_of(os.fsencode(error.filename2 or error.filename or out))
    if isinstance(error, FileExistsError):
        return f"{path} exists already and was not changed: use another --out, --start or --name"
    return f"cannot write {path}: {(error.strerror or str(error)).lower()}"


def _days(options: argparse.Namespace) -> list[SimulatedDay]:
    """Return consecutive days; without a start, the last ones that have ended, from 06:00 to 06:00."""
    over = datetime.now().astimezone().replace(tzinfo=None) - timedelta(days=options.days, hours=6)
    start = options.start or over.replace(hour=6, minute=0, second=0, microsecond=0)
    first = SimulatedDay(
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


def _parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(
        prog="python -m processing.generator",
        description="Writes simulated days of a 24 V, 10 A panel as CSV; prints a path per line.",
        epilog="The same seed and start give the same bytes.",
    )
    add = parser.add_argument
    add(
        "--days",
        type=_number(int, 1, 36_600),
        default=1,
        metavar="N",
        help="files of one day each (default 1)",
    )
    add("--seed", type=_number(int, 0, 2**63 - 1), metavar="S", help="default: a new one each time")
    add("--out", type=Path, default=Path("data/incoming"), metavar="DIR", help="default data/incoming")
    add("--start", type=_moment, metavar="TIME", help="ISO 8601; default: 06:00 of the last days that ended")
    interval, jitter = _number(int, 1, 3600), _number(float, 0, MAX_JITTER)
    add("--interval", type=interval, default=300, metavar="SECONDS", help="1 to 3600 (default 300)")
    add("--jitter", type=jitter, default=0.0, metavar="FRACTION", help="of the interval, 0 to 0.2")
    add("--site", choices=CLIMATES, default="temperate", help="cold: below the default limit in winter")
    add("--panel-side", action="store_true", help="voltage of the panel, 0 V at night, not of the battery")
    faults = f"can be repeated: {', '.join(FAULTS)}"
    add("--fault", action="append", choices=FAULTS, default=[], metavar="NAME", help=faults)
    add("--labels", type=Path, metavar="DIR", help="write NAME.labels.json there: the lines of each fault")
    add("--name", type=_csv_name, help="instead of solar_data_YYYYMMDD_HHMMSS.csv; for one day")
    return parser


def _number(kind: type[int | float], low: int, high: float) -> Callable[[str], int | float]:
    def parse(text: str) -> int | float:
        with contextlib.suppress(ValueError):
            if low <= (value := kind(text)) <= high:
                return value
        noun = "whole number" if kind is int else "number"
        raise argparse.ArgumentTypeError(f"{text!r} is not a {noun} from {low} to {high}")

    return parse


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError as error:
        message = f"{text!r} is not an ISO 8601 time, such as 2025-01-15T06:00:00"
        raise argparse.ArgumentTypeError(message) from error
    if not 1970 <= moment.year < 2100:  # noqa: PLR2004 - the years that are read
        raise argparse.ArgumentTypeError(f"{text!r} is not between 1970 and 2100")
    return moment


def _csv_name(text: str) -> str:
    if "/" in text or text.startswith(".") or not text.endswith(".csv"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a file name that ends with .csv")
    return text
