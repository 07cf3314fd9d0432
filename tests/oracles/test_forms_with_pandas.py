"""A day in each supported form: its figures are those of pandas, which reads the same bytes as it is told."""

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import pytest

pytest.importorskip("pvanalytics", reason="run `make test-oracles`")

import pandas as pd

from processing.generator.days import SimulatedDay, render
from tests.support.small_files import profile, result

START = datetime.fromisoformat("2025-03-13T06:00:00")
DAY = render(SimulatedDay(START, rows=96, interval_seconds=900, seed=11))[0].decode()
NAMES = ["timestamp", "voltage", "current", "temperature", "power"]
ROWS = [line.split(",") for line in DAY.splitlines()[1:]]


class Form(NamedTuple):
    """A file, what a profile says of it, and how pandas reads it: a frame of NAMES."""

    content: str
    read: Callable[[io.BytesIO], pd.DataFrame]
    tables: dict[str, Any] = {}  # noqa: RUF012 - of a tuple
    encoding: str = "utf-8"


def text(
    *above: str, delimiter: str = ",", row: Callable[[list[str]], list[str]] = list, below: str = ""
) -> str:
    """Return lines, and the rows of the day in another form."""
    return "\n".join([*above, *(delimiter.join(row(cells)) for cells in ROWS), below])


def plain(**options: Any) -> Callable[[io.BytesIO], pd.DataFrame]:
    """Return what reads a table whose columns are NAMES."""
    settings: dict[str, Any] = {"names": NAMES, "skiprows": 1} | options
    return lambda stream: pd.read_csv(stream, **settings)


def stamp(form: str) -> Callable[[list[str]], list[str]]:
    return lambda cells: [datetime.fromisoformat(cells[0]).strftime(form), *cells[1:]]


def comma(cells: list[str]) -> list[str]:
    return [cell.replace(".", ",") for cell in cells]


def thousands(cells: list[str]) -> list[str]:
    exchange = str.maketrans(",.", ".,")
    return [cells[0], *(f"{1000 * float(cell):,.3f}".translate(exchange) for cell in cells[1:])]


def split(cells: list[str]) -> list[str]:
    return [*datetime.fromisoformat(cells[0]).strftime("%d.%m.%Y;%H:%M").split(";"), *cells[1:]]


def joined(stream: io.BytesIO) -> pd.DataFrame:
    frame = pd.read_csv(stream, sep=";", names=["date", "time", *NAMES[1:]], skiprows=1)
    return frame.assign(timestamp=pd.to_datetime(frame.date + " " + frame.time, format="%d.%m.%Y %H:%M"))


def pivoted(stream: io.BytesIO) -> pd.DataFrame:
    frame = pd.read_csv(stream)
    return (
        frame.pivot_table(index="time", columns="entity", values="state")
        .rename_axis("timestamp")
        .reset_index()
    )


HEADER = ",".join(NAMES)
SEMICOLONS = ";".join(NAMES)
LONG = [
    f"{cells[0]},{name},{cell}" for cells in ROWS for name, cell in zip(NAMES[1:], cells[1:], strict=True)
]
MILLI = {name: {"column": name, "unit": unit} for name, unit in zip(NAMES[1:3], ("mV", "mA"), strict=True)}
THOUSANDTHS = MILLI | {"temperature": {"scale": 0.001}, "power": {"unit": "mW"}}
FORMS = {
    "delimiter": Form(text(SEMICOLONS, delimiter=";"), plain(sep=";")),
    "tabs": Form(text("\t".join(NAMES), delimiter="\t"), plain(sep="\t")),
    "decimal": Form(text(SEMICOLONS, delimiter=";", row=comma), plain(sep=";", decimal=",")),
    "thousands": Form(
        text(SEMICOLONS, delimiter=";", row=thousands),
        lambda stream: plain(sep=";", decimal=",", thousands=".")(stream).apply(
            lambda column: column if column.name == "timestamp" else column / 1000
        ),
        {"csv": {"thousands": ".", "decimal": ","}, "channels": THOUSANDTHS},
    ),
    "utf-16": Form(text(HEADER), plain(encoding="utf-16"), encoding="utf-16"),
    "cp1252": Form(
        text("timestamp;voltage;current;Temperatur (°C);power", delimiter=";"),
        plain(sep=";", encoding="cp1252"),
        {"channels": {"temperature": {"min": -10, "max": 80}}},
        "cp1252",
    ),
    "day first": Form(
        text(SEMICOLONS, delimiter=";", row=stamp("%d.%m.%Y %H:%M")),
        plain(sep=";", parse_dates=["timestamp"], date_format="%d.%m.%Y %H:%M"),
    ),
    "twelve hours": Form(
        text(HEADER, row=stamp("%m/%d/%Y %I:%M %p")),
        plain(parse_dates=["timestamp"], date_format="%m/%d/%Y %I:%M %p"),
    ),
    "date and time": Form(text("date;time;" + ";".join(NAMES[1:]), delimiter=";", row=split), joined),
    "names over two lines": Form(
        text("time,PV,PV,PV,PV", "UTC,Voltage,Current,Temperature,Power"),
        plain(skiprows=2),
        {"channels": {name: {"column": f"PV {name}", "min": -1e3, "max": 1e3} for name in NAMES[1:]}},
    ),
    "units line": Form(text(HEADER, ",V,A,°C,W"), plain(skiprows=2)),
    "preamble": Form(text("Plant;Roof", "Serial;7", "", HEADER), plain(skiprows=4)),
    "footer": Form(text(HEADER, below="Total,,,,9999"), plain(skipfooter=1, engine="python")),
    "long": Form(
        "\n".join(["time,entity,state", *LONG]),
        pivoted,
        {"csv": {"long": {"name": "entity", "value": "state"}}},
    ),
    "where": Form(
        "\n".join([f"{HEADER},device", *(f"{','.join(c)},A\n{c[0]},25,1,20,25,B" for c in ROWS)]),
        lambda stream: pd.read_csv(stream).query("device == 'A'"),
        {"csv": {"where": {"column": "device", "is": "A"}}},
    ),
    "missing marks": Form(
        text(HEADER, row=lambda cells: [*cells[:3], "--" if cells[0][-4] == "3" else cells[3], cells[4]]),
        plain(na_values=["--"]),
    ),
    "kW": Form(
        text("timestamp,voltage,current,temperature,power (kW)",
             row=lambda cells: [*cells[:4], f"{float(cells[4]) / 1000:.7f}"]),
        lambda stream: plain()(stream).assign(power=lambda frame: frame.power * 1000),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_the_figures_of_a_form_are_those_of_pandas(name: str) -> None:
    form = FORMS[name]
    content = form.content.encode(form.encoding)
    found = result(content, profile(**form.tables))
    frame = form.read(io.BytesIO(content))
    time = pd.to_datetime(frame["timestamp"])
    assert found.records_processed == len(frame) == 96
    for channel in ("voltage", "current", "temperature"):
        figures = getattr(found.metrics, channel)
        expected = frame[channel].agg(["mean", "min", "max"]).tolist()
        assert [figures.avg, figures.min, figures.max] == pytest.approx(expected, abs=1e-6)
    assert found.metrics.voltage.std == pytest.approx(frame["voltage"].std(), abs=1e-6)
    assert found.metrics.peak_power_w == pytest.approx(frame["power"].max(), abs=1e-6)
    assert found.metrics.total_energy_kwh == pytest.approx(frame["power"].sum() * 900 / 3.6e6, abs=1e-6)
    hours = frame.groupby(time.dt.floor("h"))["power"].mean()
    assert int((found.metrics.peak_power_hour or "")[11:13]) == hours.idxmax().hour


@pytest.mark.parametrize("kind", ["counter", "interval"])
@pytest.mark.parametrize("unit", ["Wh", "kWh"])
def test_the_energy_of_a_meter_is_that_of_pandas(kind: str, unit: str) -> None:
    energy = pd.Series([float(cells[4]) / 4 / (1000 if unit == "kWh" else 1) for cells in ROWS])
    written = energy if kind == "interval" else 5000 + energy.cumsum()
    lines = [f"{cells[0]},{value:.6f}" for cells, value in zip(ROWS, written, strict=True)]
    content = "\n".join([f"time,energy ({unit})", *lines])
    found = result(content, profile(channels={"energy": {"kind": kind}}))
    frame = pd.read_csv(io.StringIO(content), names=["time", "energy"], skiprows=1)
    values = frame.energy if kind == "interval" else frame.energy.diff()
    assert found.metrics.total_energy_kwh == pytest.approx(
        values.sum() / (1000 if unit == "Wh" else 1), abs=1e-6
    )
