"""A file that is rewritten in any supported form has the figures of the original, to six decimals."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.generator.days import SimulatedDay, render
from tests.support.small_files import profile, result

START = datetime.fromisoformat("2025-03-13T06:00:00")
DAY = render(SimulatedDay(START, rows=96, interval_seconds=900, seed=4))[0].decode()
ROWS = list(csv.reader(io.StringIO(DAY)))[1:]
PLAIN = result(DAY)


TIMES = (
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S UTC", "%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M:%S",
    "%d.%m.%y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%d-%m-%Y %H:%M", "%Y%m%d-%H%M%S",
    "%d-%b-%Y %H:%M", "%d. %m. %Y %H:%M",
)  # fmt: skip
SPLIT_TIMES = (
    ("%Y-%m-%d", "%H:%M:%S"),
    ("%d.%m.%Y", "%H:%M"),
    ("%m/%d/%Y", "%I:%M %p"),
    ("%Y%m%d", "%H:%M:%S"),
)
NAMES = {
    "voltage": (("voltage", 1.0), ("Spannung", 1.0), ("U (mV)", 1e3), ("Vpv [V]", 1.0)),
    "current": (("current", 1.0), ("Strom [A]", 1.0), ("PV current (mA)", 1e3)),
    "temperature": (("temperature", 1.0), ("Temperatur (°C)", 1.0)),
    "power": (("power", 1.0), ("Leistung [W]", 1.0), ("PV power (kW)", 1e-3)),
}
"""Names of columns, and what the reading is multiplied by in the file."""
WIDE = {name: {"limits": "unknown"} for name in NAMES}


@st.composite
def rewritten(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """Return the day in another form, and what a profile must say to read it."""
    delimiter = draw(st.sampled_from(",;\t|"))
    decimal = draw(st.sampled_from(".,"))
    order = draw(st.permutations(["time", *NAMES]))
    names = {name: draw(st.sampled_from(NAMES[name])) for name in NAMES}
    times: tuple[str, ...] = draw(st.sampled_from([*zip(TIMES), *SPLIT_TIMES]))
    missing = draw(st.sampled_from(["", "-", "--", "NaN", "null", "#N/A"]))
    header = itertools.chain.from_iterable(
        ([names[name][0]] if name in names else ["Date", "Time"] if len(times) > 1 else ["Timestamp"])
        for name in order
    )
    lines = [list(header)]
    for at, (stamp, *cells) in enumerate(ROWS):
        moment = datetime.fromisoformat(stamp)
        row: list[str] = []
        for name in order:
            if name == "time":
                row += [moment.strftime(each) for each in times]
                continue
            reading = float(cells[list(NAMES).index(name)]) * names[name][1]
            text = f"{reading:.9f}".rstrip("0").rstrip(".")
            row.append(missing if name == "temperature" and at % 7 == 3 else text.replace(".", decimal))
        lines.append(row)
    text = io.StringIO()
    ends = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    csv.writer(text, delimiter=delimiter, lineterminator=ends, quoting=quoting).writerows(lines)
    above = draw(st.sampled_from(["", "Logger 7\n\n", "# exported\n", "Plant;Roof\nSerial;1234\n\n"]))
    at_time = order.index("time")
    footer = delimiter * at_time + "Total" + delimiter * (len(lines[0]) - 1 - at_time)
    below = draw(st.sampled_from(["", f"{footer}\n"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    return (above + text.getvalue() + below).encode(encoding), {"channels": WIDE}


def _expected(lacking: int = 7, first: int = 3) -> float:
    """Return the mean temperature of the rows that keep theirs."""
    kept = [float(row[3]) for at, row in enumerate(ROWS) if at % lacking != first]
    return sum(kept) / len(kept)


@given(rewritten())
def test_the_figures_do_not_depend_on_the_form(form: tuple[bytes, dict[str, Any]]) -> None:
    content, settings_of = form
    found = result(content, profile(**settings_of))
    assert (found.records_total, found.records_invalid, found.records_missing) == (len(ROWS), 0, 0)
    assert found.metrics.total_energy_kwh == pytest.approx(PLAIN.metrics.total_energy_kwh, abs=1e-6)
    assert found.metrics.peak_power_w == pytest.approx(PLAIN.metrics.peak_power_w, abs=1e-6)
    assert (found.metrics.peak_power_hour or "")[:13].replace(" ", "T") == PLAIN.metrics.peak_power_hour[:13]
    for name in ("voltage", "current"):
        ours, theirs = getattr(found.metrics, name), getattr(PLAIN.metrics, name)
        assert [ours.avg, ours.min, ours.max, ours.std] == pytest.approx(
            [theirs.avg, theirs.min, theirs.max, theirs.std], abs=2e-6
        )
    assert found.metrics.temperature.avg == pytest.approx(_expected(), abs=1e-6)
