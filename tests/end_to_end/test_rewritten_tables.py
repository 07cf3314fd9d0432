"""A file whose table has another shape has the figures of the original, to six decimals, each time."""

import csv
import io
import os
import subprocess
import sys
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.formats.toml_files import shipped
from processing.generator.days import SimulatedDay, render
from processing.model.result import Result, encode
from processing.profiles import profiles_from
from processing.proposals.profile_text import ProfileScope
from processing.proposals.proposal import ProposalTask, propose
from tests.support.small_files import processed, profile, result

START = datetime.fromisoformat("2025-03-13T06:00:00")
DAY = render(SimulatedDay(START, rows=96, interval_seconds=900, seed=4))[0].decode()
HEADER, *ROWS = list(csv.reader(io.StringIO(DAY)))
PLAIN = result(DAY)
UNITS = ("V", "A", "°C", "W")
STEP = timedelta(seconds=900)


SAMPLES = sorted((Path(__file__).parents[1] / "samples/loggers").glob("*.csv"))

orders = st.permutations(range(5))


def _same(content: str, tables: dict[str, Any] | None = None) -> Result:
    found = result(content, profile(**(tables or {})))
    assert (found.records_total, found.records_processed) == (len(ROWS), len(ROWS))
    for name in ("total_energy_kwh", "peak_power_w"):
        assert getattr(found.metrics, name) == pytest.approx(getattr(PLAIN.metrics, name), abs=1e-6)
    for name in ("voltage", "current", "temperature"):
        ours, theirs = getattr(found.metrics, name), getattr(PLAIN.metrics, name)
        assert [ours.avg, ours.min, ours.max] == pytest.approx([theirs.avg, theirs.min, theirs.max], abs=2e-6)
    return found


def _text(lines: list[list[str]], delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _ordered(order: list[int], rows: list[list[str]]) -> list[list[str]]:
    return [[row[at] for at in order] for row in rows]


@given(orders, st.sampled_from([(",", "."), (".", ","), ("'", "."), (" ", ",")]), st.sampled_from(";\t|"))
def test_thousands_signs(order: list[int], signs: tuple[str, str], delimiter: str) -> None:
    thousands, decimal = signs
    exchange = str.maketrans({",": thousands, ".": decimal})
    rows = [
        [stamp, *(f"{float(cell) * 1000:,.3f}".translate(exchange) for cell in cells)]
        for stamp, *cells in ROWS
    ]
    names = ["timestamp", "voltage [mV]", "current [mA]", "temperature", "power [mW]"]
    tables = {
        "csv": {"thousands": thousands, "decimal": decimal},
        "channels": {"temperature": {"scale": 0.001}},
    }
    _same(_text(_ordered(order, [names, *rows]), delimiter), tables)


@pytest.mark.parametrize(("unit", "times"), [("W", 1), ("kW", 1e-3), ("mW", 1e3)])
def test_a_line_of_units_under_the_default_header(unit: str, times: float) -> None:
    rows = [[*row[:4], repr(float(row[4]) * times)] for row in ROWS]
    _same(_text([HEADER, ["", "V", "A", "°C", unit], *rows]))


@given(orders, st.sampled_from(",;\t|"))
def test_a_line_of_units_under_the_names(order: list[int], delimiter: str) -> None:
    rows = [[stamp, str(float(u) * 1000), *cells] for stamp, u, *cells in ROWS]
    names = ["Time", *HEADER[1:]]
    _same(_text(_ordered(order, [names, ["", "mV", "A", "°C", "W"], *rows]), delimiter))


@given(orders, orders, st.integers(1, len(ROWS) - 1), st.sampled_from(",;\t|"))
def test_a_second_header_with_another_order(
    first: list[int], second: list[int], cut: int, delimiter: str
) -> None:
    above = _ordered(first, [HEADER, *ROWS[:cut]])
    below = _ordered(second, [HEADER, *ROWS[cut:]])
    _same(_text(above + below, delimiter))


@given(st.permutations(range(1, 5)), st.sampled_from(",;\t|"))
def test_one_reading_a_row(order: list[int], delimiter: str) -> None:
    lines = [[row[0], HEADER[at], row[at]] for row in ROWS for at in order]
    tables = {"csv": {"long": {"name": "entity", "value": "state"}}}
    found = result(_text([["time", "entity", "state"], *lines], delimiter), profile(**tables))
    assert found.metrics.total_energy_kwh == pytest.approx(PLAIN.metrics.total_energy_kwh, abs=1e-6)
    assert found.metrics.voltage.avg == pytest.approx(PLAIN.metrics.voltage.avg, abs=1e-6)


@given(orders, st.integers(2, 4), st.sampled_from(",;\t|"))
def test_the_rows_of_one_device_of_several(order: list[int], devices: int, delimiter: str) -> None:
    lines = [["device", *(HEADER[at] for at in order)]]
    for row in ROWS:
        for number in range(devices):
            cells = row if number == 1 else [row[0], "24.5", "1", "20", "24.5"]
            lines.append([f"d{number}", *(cells[at] for at in order)])
    found = result(_text(lines, delimiter), profile(csv={"where": {"column": "device", "is": "d1"}}))
    assert found.metrics == PLAIN.metrics


@given(st.sampled_from(SAMPLES), st.integers(0, 3000), st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_in_the_file_of_a_logger_end_in_an_outcome(
    path: Path, at: int, junk: bytes, lost: int
) -> None:
    """The seconds are those that any test has."""
    content = path.read_bytes()[:6000]
    found = processed(content[:at] + junk + content[at + lost :], formats=shipped())
    assert found.input.bytes == len(content[:at] + junk + content[at + lost :])


def test_the_outcome_does_not_depend_on_the_process() -> None:
    """A set's order changes with PYTHONHASHSEED."""
    program = (
        "import io; from pathlib import Path; from processing import process\n"
        "from processing.model.profile import DEFAULT\n"
        "for path in sorted(Path('tests/samples/loggers').glob('*.csv'))[::24]:\n"
        "    data = io.BytesIO(path.read_bytes())\n"
        "    found = process(data, DEFAULT, name=b'x.csv', processed_at='2025-06-01T00:00:00Z', formats=())\n"
        "    print(found)\n"
    )
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) > 1
    assert encode(result(DAY)) == encode(PLAIN)


@given(st.sampled_from([(0, 1), (1, 3), (2, 3)]), st.sampled_from(",;\t|"))
def test_names_over_two_lines(shared: tuple[int, int], delimiter: str) -> None:
    """One word above some of the names, and another above the others."""
    first, last = shared
    above = ["Roof" if first <= at <= last else "Shed" for at in range(4)]
    tables = {
        "channels": {
            name: {"column": f"{word} {name}", "limits": "unknown"}
            for word, name in zip(above, HEADER[1:], strict=True)
        }
    }
    _same(_text([["time", *above], ["UTC", *HEADER[1:]], *ROWS], delimiter), tables)


@given(
    orders, st.sampled_from(["epoch", "epoch_ms", "epoch_us"]), st.sampled_from(";\t|"), st.sampled_from(".,")
)
def test_epochs(order: list[int], form: str, delimiter: str, decimal: str) -> None:
    times = {"epoch": 1, "epoch_ms": 1000, "epoch_us": 1_000_000}[form]
    rows = [
        [str(int(datetime.fromisoformat(f"{row[0]}+00:00").timestamp()) * times), *row[1:]] for row in ROWS
    ]
    rows = [[cell.replace(".", decimal) for cell in row] for row in rows]
    _same(_text(_ordered(order, [HEADER, *rows]), delimiter))


@given(orders, st.sampled_from(";\t|"), st.sampled_from(["", " "]), st.sampled_from(".,"))
def test_units_in_cells(order: list[int], delimiter: str, blank: str, decimal: str) -> None:
    rows = [
        [
            row[0],
            *(cell.replace(".", decimal) + blank + unit for cell, unit in zip(row[1:], UNITS, strict=True)),
        ]
        for row in ROWS
    ]
    _same(_text(_ordered(order, [HEADER, *rows]), delimiter))


@given(orders, st.sampled_from(",;\t|"))
def test_stamps_that_end_an_interval(order: list[int], delimiter: str) -> None:
    rows = [[(datetime.fromisoformat(row[0]) + STEP).isoformat(), *row[1:]] for row in ROWS]
    found = _same(_text(_ordered(order, [HEADER, *rows]), delimiter), {"csv": {"label": "end"}})
    assert found.metrics.period == PLAIN.metrics.period
    assert found.metrics.peak_power_hour == PLAIN.metrics.peak_power_hour


@given(orders, st.sampled_from(",;\t|"), st.sampled_from(["dd.mm.yyyy", "epoch", "units", "long", "where"]))
def test_what_profile_prints_gives_the_same_figures(order: list[int], delimiter: str, form: str) -> None:
    rows, tables = [HEADER, *ROWS], {}
    if form == "dd.mm.yyyy":
        times = [datetime.fromisoformat(row[0]).strftime("%d.%m.%Y %H:%M") for row in ROWS]
        rows = [HEADER, *([time, *row[1:]] for time, row in zip(times, ROWS, strict=True))]
    elif form == "epoch":
        rows = [
            HEADER,
            *([str(int(datetime.fromisoformat(f"{row[0]}Z").timestamp())), *row[1:]] for row in ROWS),
        ]
    elif form == "units":
        rows = [
            HEADER,
            *([row[0], *(f"{c} {u}" for c, u in zip(row[1:], UNITS, strict=True))] for row in ROWS),
        ]
    rows = _ordered(order, rows)
    if form == "long":
        tables = {"csv": {"long": {"name": "entity", "value": "state"}}}
        rows = [["time", "entity", "state"], *([r[0], HEADER[at], r[at]] for r in ROWS for at in range(1, 5))]
    if form == "where":
        tables = {"csv": {"where": {"column": "device", "is": "a"}}}
        rows = [["device", *rows[0]], *(["a", *row] for row in rows[1:]), *(["b", *row] for row in rows[1:9])]
    content = _text(rows, delimiter)
    with NamedTemporaryFile(suffix=".csv") as file:
        file.write(content.encode())
        file.flush()
        place = ProfileScope("roof", "roof/*")
        proposal = propose(ProposalTask(file.name.encode(), b"roof/x.csv", place, profile(**tables)))
    assert proposal.text, proposal
    printed = profiles_from(
        {key: each for key, each in tomllib.loads(proposal.text).items() if key != "suffixes"}
    )
    found = result(content, printed.for_name(b"roof/x.csv"), b"roof/x.csv")
    assert found.metrics.total_energy_kwh == pytest.approx(PLAIN.metrics.total_energy_kwh, abs=1e-6)
    assert found.metrics.voltage.avg == pytest.approx(PLAIN.metrics.voltage.avg, abs=1e-6)
