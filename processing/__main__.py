"""`python -m processing PATH… [-o DIR]`: process files without a daemon, one or a whole archive."""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import signal
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

from processing import printing
from processing.batch.backfill import Backfill, BatchSummary
from processing.batch.progress import ProgressBar, on_terminal
from processing.batch.stores import BusyError, Found, Output, UsageError, why
from processing.batch.tasks import BatchAnswer, store_of
from processing.model.safe_text import counted, text_of
from processing.printing import UnwrittenError, say
from processing.profiles import PROFILE_KEYS, Profiles, profiles_from
from processing.workers import dask_pool
from processing.workers.attempts import PoolUnavailableError
from processing.workers.inline_pool import InlinePool
from processing.workers.local_pool import LocalPool
from processing.workers.pool import WorkerPool, can_run_workers, usable_cores

_BAR_FROM = 20
"""Files from which a bar stands for a line each, on a terminal."""
_FILE_SECONDS, _FILE_MEMORY = 120.0, 512 << 20
_DRAWING_SECONDS, _DRAWING_MEMORY = 3_600.0, 4 << 30
_FILES_A_WORKER = 4
_ONE_BY_ONE = (
    "only Linux limits and ends worker processes: here files are processed one by one in this process, "
    "without a time limit, and results are synced to the disk as far as the system can"
)
_BAD = ("refused", "left_behind")


def main(arguments: list[str] | None = None) -> int:
    """Process what the arguments name; return 0, 1 (one refused), 2 (usage) or 3 (one left)."""
    given = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may be more than the terminal can show
    try:
        summary = _run(given)
        files = summary.files
        say(
            f"{files['processed']} processed, {files['skipped']} already there, {files['refused']} refused, "
            f"{files['left_behind']} left in {summary.duration_seconds:.1f} s; "
            f"see {given.output_dir.rstrip('/')}/index.html"
        )
    except UsageError as error:
        return _cannot(error, 2)
    except (BusyError, PoolUnavailableError, UnwrittenError) as error:
        return _cannot(error, 3)
    except OSError as error:  # of the summary: files have theirs in their lines
        return _cannot(error, 3)
    except Exception as error:  # noqa: BLE001 - exit code 1, Python's own, means something else
        return _said(printing.unexpected(error), 3)
    return summary.exit_code


def _cannot(error: Exception, code: int) -> int:
    return _said(why(error), code)


def _said(sentence: str, code: int) -> int:
    print(f"processing: {sentence}", file=sys.stderr)  # noqa: T201 (a command)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m processing",
        description="Judge solar-sensor CSV files. Those whose result is there already are skipped.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a file, a folder, a pattern such as 'a/*/2025*.csv', or a URL",
    )
    add(
        "-o", "--output-dir", default="results", metavar="DIR", help="a folder or a URL; default: %(default)s"
    )
    add(
        "--workers",
        type=_workers,
        metavar="N",
        help="worker processes, here or of the cluster; default: one a core, at most 4",
    )
    add("--engine", type=_address, metavar="ADDRESS", help="a Dask scheduler: tcp://HOST:8786 or tls://…")
    add("--config", type=Path, metavar="FILE.toml", help="profiles: limits, columns, units, time zone")
    return parser


def _workers(text: str) -> int:
    with contextlib.suppress(ValueError):
        if 1 <= (count := int(text)) <= 256:  # noqa: PLR2004
            return count
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 256")


def _address(text: str) -> str | None:
    try:
        return None if text == "local" else dask_pool.checked(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as tcp://10.0.0.5:8786") from None


def _run(given: argparse.Namespace) -> BatchSummary:
    profiles = _profiles(given.config)
    if "" in (*given.paths, given.output_dir):
        raise UsageError("an empty path names nothing; the current folder is .")
    inputs = list(itertools.chain.from_iterable(store_of(path).found(path) for path in given.paths))
    output = store_of(given.output_dir).output(given.output_dir)
    try:
        return _process_all(given, inputs, output, profiles)
    finally:
        output.close()


def _process_all(
    given: argparse.Namespace, inputs: list[Found], output: Output, profiles: Profiles
) -> BatchSummary:
    engine, in_flight = _engine(given)
    drawer = LocalPool(1, _DRAWING_SECONDS, _DRAWING_MEMORY) if can_run_workers() else InlinePool()
    tell, close = _teller(len(inputs))
    backfill = Backfill(engine, output, profiles, in_flight=in_flight, tell=tell)
    before = signal.signal(signal.SIGINT, lambda *_: backfill.interrupt())
    try:
        return backfill.run(iter(inputs), drawer)
    finally:
        signal.signal(signal.SIGINT, before)
        engine.shutdown()
        drawer.shutdown()
        close()


def _engine(given: argparse.Namespace) -> tuple[WorkerPool, int]:
    """Return where files are judged, and how many may be there at once."""
    workers = given.workers or min(usable_cores(), 4)
    if given.engine is None and can_run_workers():
        return LocalPool(workers, _FILE_SECONDS, _FILE_MEMORY), _FILES_A_WORKER * workers
    if given.engine is None:
        print(f"processing: {_ONE_BY_ONE}", file=sys.stderr)  # noqa: T201
        return InlinePool(), 1
    if missing := dask_pool.missing_library():
        raise UsageError(missing)
    if warning := dask_pool.open_warning(given.engine):
        print(f"processing: {warning}", file=sys.stderr)  # noqa: T201 (a command)
    return dask_pool.DaskPool(given.engine, _FILE_SECONDS, _FILE_MEMORY), dask_pool.in_flight(workers)


def _profiles(path: Path | None) -> Profiles:
    if path is None:
        return Profiles()
    try:
        table = tomllib.loads(path.read_bytes().decode())
        single = {key for key, value in table.items() if not isinstance(value, dict | list)} - PROFILE_KEYS
        profiles = profiles_from({key: value for key, value in table.items() if key not in single})
    except (OSError, ValueError) as error:  # no UTF-8, no TOML and a wrong key are ValueErrors
        raise UsageError(f"{path}: {why(error)}") from None
    except RecursionError:
        raise UsageError(f"{path}: no TOML: nested too deeply") from None
    if single:  # the file may be the daemon's own
        unused = text_of(", ".join(sorted(single)).encode())
        print(f"processing: {path}: not used here: {unused}", file=sys.stderr)  # noqa: T201 (a command)
    return profiles


def _teller(total: int) -> tuple[Callable[[Found, BatchAnswer], None], Callable[[], None]]:
    """Return what hears of each file, and what ends it: a bar on a terminal, else a line a file."""
    if not on_terminal() or total < _BAR_FROM:
        return _print_line, lambda: None
    bar = ProgressBar(total)

    def tell(found: Found, answer: BatchAnswer) -> None:
        line = _line(found, answer)
        if answer.outcome in _BAD:
            bar.console.print(line, markup=False)
        bar.advance(line)

    return tell, bar.close


def _print_line(found: Found, answer: BatchAnswer) -> None:
    if answer.outcome in _BAD:
        print(_line(found, answer), file=sys.stderr)  # noqa: T201 (a command)
    else:
        say(_line(found, answer))


def _line(found: Found, answer: BatchAnswer) -> str:
    shown, digest = text_of(found.name), answer.digest
    if digest is None:
        return f"{shown}: left: {answer.why}"
    if digest.error is not None:
        place = f", line {digest.error.line}" if digest.error.line else ""
        return f"{shown}{place}: {digest.error.code}: {digest.error.message}"
    if answer.outcome == "skipped":
        return f"{shown}: already there"
    rows = f"{counted(digest.rows, 'row')}, {digest.invalid} invalid"
    anomalies = counted(digest.anomalies, "anomaly", "anomalies")
    return f"{shown}: {rows}, {digest.energy_kwh} kWh, {anomalies}"


if __name__ == "__main__":
    sys.exit(printing.run(main))
