"""`python -m processing PATH… [-o DIR]`: process files without a daemon, one or a whole archive."""

import argparse
import contextlib
import itertools
import signal
import sys
import tomllib
from functools import partial
from pathlib import Path

from processing import printing
from processing.batch.backfill import Backfill, BatchSummary
from processing.batch.progress import ProgressBar, on_terminal
from processing.batch.stores import BatchInput, BusyError, UsageError, error_phrase
from processing.batch.tasks import BatchAnswer, store_of
from processing.formats.toml_files import FormatFile, SiteFormats, site_formats
from processing.model.safe_text import at_least, counted, text_of
from processing.profiles import PROFILE_KEYS, Profiles, profiles_from
from processing.suffixes import (
    DEFAULT_SUFFIXES,
    TEXT_SUFFIXES,
    shown_suffixes,
    suffixes_from,
    suffixes_of,
)
from processing.version import PROGRAM_VERSION
from processing.workers import dask_pool
from processing.workers.attempts import PoolUnavailableError
from processing.workers.inline_pool import InlinePool
from processing.workers.local_pool import FOR_PAGES, LocalPool
from processing.workers.pool import WorkerPool, can_run_workers, usable_cores

_MIN_BAR_FILES = 20
"""From this number of files on, a terminal shows a progress bar; below it, a line for each file."""
_FILE_SECONDS, _FILE_MEMORY = 120.0, 512 << 20
_INDEX_SECONDS, _INDEX_MEMORY = 3_600.0, 4 << 30
_FILES_PER_WORKER = 4
_ONE_BY_ONE = (
    "only Linux limits and ends worker processes: here files are processed one by one in this process, "
    "without a time limit, and results are synced to the disk as far as the system can"
)
_EXPECTED_ERRORS = (UsageError, BusyError, PoolUnavailableError, printing.UnwrittenError, OSError)


def main(arguments: list[str] | None = None) -> int:
    """Process the inputs; return 0, 1 (an input was rejected), 2 (usage) or 3 (an input was left)."""
    options = _parser().parse_args(arguments)
    try:
        summary = _run(options)
        files = summary.files
        printing.say(
            f"{files['processed']} processed, {files['skipped']} already there, {files['refused']} rejected, "
            f"{files['left_behind']} left in {summary.duration_seconds:.1f} s; "
            f"see {options.output_dir.rstrip('/')}/index.html"
        )
    except Exception as error:  # noqa: BLE001 - Python's own exit code for it, 1, has another meaning here
        expected = isinstance(error, _EXPECTED_ERRORS)
        _warn(error_phrase(error) if expected else printing.unexpected(error))
        return 2 if isinstance(error, UsageError) else 3
    return summary.exit_code


def _warn(sentence: str) -> None:
    printing.say_error(f"processing: {sentence}")


def _parser() -> argparse.ArgumentParser:
    parser = printing.ArgumentParser(
        prog="python -m processing",
        description="Process solar-sensor CSV files. Files that have a result already are skipped.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--version", action="version", version=PROGRAM_VERSION)
    paths = "a file, a folder, a pattern such as 'a/*/2025*.csv', or a URL"
    add("paths", nargs="+", metavar="PATH", help=paths)
    output = "a folder or a URL; default: %(default)s"
    add("-o", "--output-dir", default="results", metavar="DIR", help=output)
    workers = "worker processes, here or of the cluster; default: one a core, at most 4"
    add("--workers", type=_workers, metavar="N", help=workers)
    add("--engine", type=_address, metavar="ADDRESS", help="a Dask scheduler: tcp://HOST:8786 or tls://…")
    suffixes = f"of inputs in folders, each also with .gz: {shown_suffixes(TEXT_SUFFIXES)}; default: .csv"
    add("--suffixes", type=_suffixes, metavar="SUFFIXES", help=suffixes)
    force = "process files again that have a result, in place of it: after a change of a profile"
    add("--force", action="store_true", help=force)
    formats = "known formats beside those shipped, such as a daemon's data/profiles"
    add("--formats", type=Path, metavar="DIR", help=formats)
    add("--config", type=Path, metavar="FILE.toml", help="profiles: limits, columns, units, time zone")
    return parser


def _suffixes(text: str) -> tuple[bytes, ...]:
    try:
        return suffixes_of(text)
    except ValueError:
        known = shown_suffixes(TEXT_SUFFIXES)
        message = f"{text!r} is not all, or with commas between them {known}"
        raise argparse.ArgumentTypeError(message) from None


def _workers(text: str) -> int:
    with contextlib.suppress(ValueError):
        if 1 <= (count := int(text)) <= 256:  # noqa: PLR2004
            return count
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 256")


def _address(text: str) -> str | None:
    try:
        return None if text == "local" else dask_pool.checked(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as tcp://10.0.0.5:8786") from None


def _run(options: argparse.Namespace) -> BatchSummary:
    profiles, from_file = _profiles(options.config)
    suffixes = options.suffixes or from_file or DEFAULT_SUFFIXES
    if "" in (*options.paths, options.output_dir):
        raise UsageError("an empty path names nothing; the current folder is .")
    inputs = list(
        itertools.chain.from_iterable(store_of(path).find(path, suffixes) for path in options.paths)
    )
    output = store_of(options.output_dir).open_output(options.output_dir)
    with contextlib.ExitStack() as ends:
        ends.callback(output.close)
        pool, in_flight = _pool(options)
        ends.callback(pool.shutdown)
        drawer: WorkerPool = InlinePool()
        if can_run_workers():
            drawer = LocalPool(1, _INDEX_SECONDS, _INDEX_MEMORY, preload=FOR_PAGES)
        ends.callback(drawer.shutdown)
        bar = None
        if on_terminal() and len(inputs) >= _MIN_BAR_FILES:
            bar = ProgressBar(len(inputs))
            ends.callback(bar.close)
        report = partial(_report, bar)
        backfill = Backfill(
            pool, output, profiles, in_flight, report, force=options.force, formats=_formats(options.formats)
        )
        before = signal.signal(signal.SIGINT, lambda *_: backfill.interrupt())
        ends.callback(signal.signal, signal.SIGINT, before)
        return backfill.run(iter(inputs), drawer)


def _pool(options: argparse.Namespace) -> tuple[WorkerPool, int]:
    """Return the pool, and how many files are in flight at once."""
    workers = options.workers or min(usable_cores(), 4)
    if options.engine is not None:
        if missing := dask_pool.missing_library():
            raise UsageError(missing)
        if warning := dask_pool.open_warning(options.engine):
            _warn(warning)
        pool = dask_pool.DaskPool(options.engine, _FILE_SECONDS, _FILE_MEMORY)
        return pool, dask_pool.FILES_PER_WORKER * workers
    if can_run_workers():
        return LocalPool(workers, _FILE_SECONDS, _FILE_MEMORY), _FILES_PER_WORKER * workers
    _warn(_ONE_BY_ONE)
    return InlinePool(), 1


def _profiles(path: Path | None) -> tuple[Profiles, tuple[bytes, ...]]:
    """Return the profiles of a configuration file, and its suffixes of inputs; empty if it sets none."""
    if path is None:
        return Profiles(), ()
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        suffixes = suffixes_from(table.pop("suffixes", None))
        settings = {key for key, value in table.items() if not isinstance(value, dict | list)} - PROFILE_KEYS
        profiles = profiles_from({key: value for key, value in table.items() if key not in settings})
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, not TOML, a wrong key
        raise UsageError(f"{path}: {error_phrase(error)}") from None
    except RecursionError:
        raise UsageError(f"{path}: not TOML: nested too deeply") from None
    if settings:  # the file may be the daemon's own
        _warn(f"{path}: not used here: {text_of(', '.join(sorted(settings)).encode())}")
    return profiles, suffixes


def _formats(folder: Path | None) -> tuple[FormatFile, ...]:
    """Return the known formats in a folder."""
    found = SiteFormats() if folder is None else site_formats(folder)
    if found.problems:
        raise UsageError(found.problems[0])
    return found.files


def _report(bar: ProgressBar | None, each: BatchInput, answer: BatchAnswer) -> None:
    line, is_problem = _line(each, answer), answer.outcome in ("refused", "left_behind")
    if bar is not None:
        if is_problem:
            bar.console.print(line, markup=False)
        bar.advance(line)
    elif is_problem:
        printing.say_error(line)
    else:
        printing.say(line)


def _line(each: BatchInput, answer: BatchAnswer) -> str:
    name, digest = text_of(each.name), answer.digest
    if digest is None:
        return f"{name}: left: {answer.error}"
    if digest.error is not None:
        line = f", line {digest.error.line}" if digest.error.line else ""
        return f"{name}{line}: {digest.error.code}: {digest.error.message}"
    if answer.outcome == "skipped":
        return f"{name}: already there"
    rows = f"{counted(digest.rows, 'row')}, {digest.invalid} invalid"
    anomalies = counted(digest.anomalies, "anomaly", "anomalies")
    energy = at_least(f"{digest.energy_kwh} kWh", digest.is_lower_bound)
    return f"{name}: {rows}, {energy}, {anomalies}"


if __name__ == "__main__":
    sys.exit(printing.run(main))
