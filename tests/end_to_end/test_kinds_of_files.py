"""For each kind of file that loggers write, at least three of another delimiter, locale or order."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from processing.generator.days import SimulatedDay, render
from processing.generator.loggers import FINE, DataLogger
from processing.model.rejection import Rejection
from tests.support.base_day import BASE_DAY, BY_POWER, BY_PRODUCT, ROWS, written
from tests.support.small_files import processed, profile


class Sibling(NamedTuple):
    """A file, what must come of it, and what its profile says."""

    content: str
    right: dict[str, Any]
    tables: dict[str, Any] = {}  # noqa: RUF012 - of a tuple


FULL = "timestamp;voltage;current;temperature;power"
CELLS = "{u};{i};{c};{p}"
NAMES = BASE_DAY.partition("\n")[0]
DEAD = "\n".join([NAMES, *(",".join([*r[:3], r[3] if at < 6 else "--", r[4]]) for at, r in enumerate(ROWS))])
E, P = {"energy": BY_POWER, "processed": 12}, {"energy": BY_PRODUCT, "processed": 12}


def refused(code: str, *words: str) -> dict[str, Any]:
    return {"code": code, "words": words}


def tabs(text: str) -> str:
    return text.replace(";", "\t")


def uneven(steps: list[int], row: str = "{:%Y-%m-%d %H:%M:%S},120", header: str = "time,power") -> str:
    """Return rows of 120 W, these seconds apart."""
    time, lines = datetime.fromisoformat("2025-06-13T12:00:00"), [header]
    for step in [*steps, 0]:
        lines.append(row.format(time))
        time += timedelta(seconds=step)
    return "\n".join(lines)


def changes() -> str:
    """Return 1 kW and 1.1 kW in turn, each for 35 minutes in all, then 0.9 kW for three hours, and none."""
    time, lines = datetime.fromisoformat("2025-06-13T12:00:00"), ["time,PV power (kW)"]
    readings = [*zip([1.0, 1.1] * 21, [60, 60, 180] * 14, strict=True), (0.9, 10_800), (0, 0)]
    for reading, step in readings:
        lines.append(f"{time:%Y-%m-%d %H:%M:%S},{reading}")
        time += timedelta(seconds=step)
    return "\n".join([*lines, ""])


def thirds(delimiter: str, cell: str) -> str:
    """Return 1440 rows 5 s apart, of which each third one has 120 W: two hours."""
    rows = uneven([5] * 1439).splitlines()
    rows[1:] = [row if at % 3 == 0 else row.replace(",120", f",{cell}") for at, row in enumerate(rows[1:])]
    return "\n".join([*rows, ""]).replace(",", delimiter)


def with_rows(text: str, row: str, *, first: bool) -> str:
    """Return a file with more rows before the others, or after them."""
    header, _, rest = text.partition("\n")
    return f"{header}\n{row}\n{rest}" if first else f"{text}{row}\n"


def halves(first: str, header: str, second: str, delimiter: str = ",") -> str:
    """Return the first six rows in one order of columns, and the others below another header."""
    top = written(first, delimiter.join("{" + cell + "}" for cell in _letters_of(first, delimiter)))
    end = written(header, delimiter.join("{" + cell + "}" for cell in _letters_of(second, delimiter)))
    above, below = top.splitlines(), end.splitlines()
    return "\n".join([*above[:7], below[0], *below[7:], ""])


def _letters_of(names: str, delimiter: str) -> list[str]:
    letters = {"timestamp": "t", "voltage": "u", "current": "i", "temperature": "c", "power": "p"}
    return [letters[name] for name in names.split(delimiter)]


def simulated(ending: str = "", **given: Any) -> str:
    start = datetime.fromisoformat("2025-03-20T00:00:00")
    if ending:
        start = start.replace(tzinfo=timezone(timedelta(hours=10)))
        given["logger"] = DataLogger(utc=True)
    return render(SimulatedDay(start, seed=5, **given))[0].decode().replace("Z,", f"{ending},")


def resolved(volts: float = FINE[0], degrees: float = FINE[2], seconds: int = 300) -> str:
    logger = DataLogger(resolution=(volts, FINE[1], degrees, FINE[3]))
    return simulated(logger=logger, interval_seconds=seconds, rows=86_400 // seconds)


def epochs(text: str) -> str:
    return re.sub(
        r"^[\d-]+T[\d:]+Z",
        lambda at: str(int(datetime.fromisoformat(at[0]).timestamp())),
        text,
        flags=re.MULTILINE,
    )


ZEROS = [f"2025-06-10 11:{minute:02}:00;24;0;20;0" for minute in range(0, 60, 5)]
LATE = "\n".join([FULL, *ZEROS, *written(FULL, "{y}-{m}-{d} {clock};" + CELLS, decimal=",").splitlines()[1:]])
WHERE = "several_devices", "csv.where = {column ="
TWO = "{t};A;{p}\n{t};B;60"
COUNTER = [(f"2025-06-10 12:{at:02}:00", 1000 + 10 * (at // 5)) for at in range(0, 60, 5)]
LONG_ROWS = "{t};PV voltage;{u}\n{t};PV current;{i}"
LONG = {"csv": {"long": {"name": "what", "value": "reading"}}}
MDY = "{m}/{d}/{y} {clock}"
TWO_LINES = "time;Charger;Charger;Bank\nUTC;Voltage;Current;Voltage"
TWO_ROWS = "{y}-{m}-{d} {clock};{u};{i};12"
CHARGER = {
    "channels": {
        name: {"column": f"Charger {name}", "min": -100, "max": 100} for name in ("voltage", "current")
    }
}
ABSENT = {"channels": {"power": {"column": "Pac"}}}
TOA5 = '"TOA5","roof","CR300"\n"TIMESTAMP","RECORD","{}","{}"\n"TS","RN","{}","{}"\n"","","{}","{}"'
TOA5_ROW = '"{y}-{m}-{d} {clock}",{i},{u},{i}'

KINDS: dict[str, dict[str, Sibling]] = {
    "a unit in words": {
        "Watt": Sibling(written(FULL[:-5] + "Leistung [Watt]", "{t};{u};{i};{c};100"), {"energy": 0.1}),
        "tab": Sibling(tabs(written(FULL[:-5] + "power (watts)", "{t};{u};{i};{c};100")), {"energy": 0.1}),
        "kW first": Sibling(written("power (kW);timestamp;voltage;current", "0,1;{t};24;5"), {"energy": 0.1}),
    },
    "a column of the profile that is absent": {
        name: Sibling(written(header, row), refused("missing_columns", "'Pac'", nearest), ABSENT)
        for name, header, row, nearest in (
            ("semicolon", "time;Pac1", "{t};{p}", "Pac1"),
            ("first", "Pac 2,time", "{p},{t}", "Pac 2"),
            ("tab", "time\tU\tI\tPacs", "{t}\t{u}\t{i}\t{p}", "Pacs"),
        )
    },
    "degrees of another scale": {
        name: Sibling(written(header, row), {"temperature": 25.0})
        for name, header, row in (
            ("°F", "timestamp;voltage;current;temperature (°F)", "{t};{u};{i};77.0"),
            ("K", "timestamp\tvoltage\tcurrent\ttemperature [K]", "{t}\t{u}\t{i}\t298.15"),
            ("first", "temperature (degF),timestamp,voltage,current", "77,{t},{u},{i}"),
        )
    },
    "uneven steps": {
        "minutes": Sibling(uneven([60, 60, 120] * 14), {"energy": 0.114, "check": "uneven_steps"}),
        "at the end": Sibling(uneven([300] * 15 + [600, 300] * 5), {"energy": 0.31, "check": "uneven_steps"}),
        "comma": Sibling(
            uneven([10, 10, 25] * 14, "{:%d.%m.%Y %H:%M:%S};120,0", "Zeit;Leistung"),
            {"energy": 0.021333, "check": "uneven_steps"},
        ),
    },
    "a logger set to another interval": {
        "at the end": Sibling(uneven([60] * 120 + [900] * 8), {"energy": 0.51, "available": 1.0}),
        "for some hours": Sibling(
            uneven([30] * 240 + [3600] * 8 + [30] * 240, "{:%d.%m.%Y %H:%M:%S};0,12", "Zeit;Leistung (kW)"),
            {"energy": 1.441, "available": 1.0, "check": "several_intervals"},
        ),
        "with an outage": Sibling(
            uneven([60] * 240 + [1800] * 8 + [7200] + [1800] * 8, "{:%Y-%m-%d %H:%M:%S}\t120", "time\tpower"),
            {"energy": 1.56, "check": "gap"},
        ),
    },
    "readings in each third row": {
        name: Sibling(
            thirds(delimiter, cell), {"energy": 0.24, "missing": 960}
        )
        for name, delimiter, cell in (("empty", ",", ""), ("NULL", ";", "NULL"), ("-", "\t", "-"))
    },
    "a logger that writes only changes": {
        "with the key": Sibling(changes(), {"energy": 3.925, "available": 1.0}, {"csv": {"rows": "changes"}}),
        "without": Sibling(changes(), refused("ambiguous_columns", '"changes"', 'csv.rows = "samples"')),
        "as samples": Sibling(changes(), {"check": "gap"}, {"csv": {"rows": "samples"}}),
        "with a row without a reading": Sibling(
            changes().replace(",0.9\n", ",-\n").replace(",", "\t"),
            {"energy": 1.225, "missing": 1},
            {"csv": {"rows": "changes"}},
        ),
    },
    "a dead temperature sensor": {
        "at the end": Sibling(DEAD, E | {"invalid": 0}),
        "NaN": Sibling(written(FULL, "{t};{u};{i};NaN;{p}"), E | {"invalid": 0}),
        "-127": Sibling(tabs(written(FULL, "{t};{u};{i};-127;{p}")), E | {"invalid": 0}),
    },
    "several devices": {
        "semicolon": Sibling(written("time;inverter;power", TWO), refused(*WHERE)),
        "last": Sibling(written("time,power,device", "{t},{p},A\n{t},60,B"), refused(*WHERE)),
        "tab": Sibling(tabs(written("time;serial number;power", TWO)), refused(*WHERE)),
        "chosen": Sibling(
            written("time;inverter;power", TWO), E, {"csv": {"where": {"column": "inverter", "is": "A"}}}
        ),
    },
    "a decimal sign that shows late": {
        "semicolon": Sibling(LATE, {"energy": BY_POWER, "processed": 24}),
        "tab": Sibling(tabs(LATE), {"energy": BY_POWER, "processed": 24}),
        "pipe": Sibling(LATE.replace(";", "|"), {"energy": BY_POWER, "processed": 24}),
    },
    "a clock that was not set": {
        name: Sibling(with_rows(text, row, first=first), {"energy": BY_POWER, "invalid": 2, "available": 1.0})
        for name, text, row, first in (
            ("at the end", BASE_DAY, "2000-01-01T00:00:00,24,5,25,120\n2000-01-01T00:05:00,24,5,25,120",
             False),
            ("1970", BASE_DAY, "1970-01-01T00:00:00,24,5,25,120\n1970-01-01T00:05:00,24,5,25,120", True),
            ("semicolon", written(FULL, "{t};" + CELLS),
             "2036-01-01T00:00:00;24;5;25;120\n2036-01-01T00:05:00;24;5;25;120", False),
        )
    },
    "a second header": {
        "comma": Sibling(halves("timestamp,voltage,current,temperature",
                                "timestamp,temperature,current,voltage",
                                "timestamp,temperature,current,voltage"), P),
        "semicolon": Sibling(halves("voltage;current;timestamp", "current;timestamp;voltage",
                                    "current;timestamp;voltage", ";"), P),
        "tab": Sibling(halves("timestamp\tpower", "power\ttimestamp", "power\ttimestamp", "\t"), E),
    },
    "times": {
        "an offset": Sibling(written(FULL, "{t}+02:00;" + CELLS), E),
        "UTC": Sibling(tabs(written(FULL, "{y}-{m}-{d} {clock} UTC;" + CELLS)), E),
        "dots": Sibling(written(FULL, "{d}.{m}.{y} {clock};" + CELLS, decimal=","), E),
        "slashes": Sibling(written("time,power", "{y}/{m}/{d} {clock},{p}"), E),
        "milliseconds": Sibling(
            "time;power\n" + "".join(f"{1749556800000 + 300_000 * at};{r[4]}\n" for at, r in enumerate(ROWS)),
            E,
        ),
    },
    "a date with two readings": {
        "24 hours": Sibling(written("time,power", MDY + ",{p}"), refused("ambiguous_time", "%d/%m", "%m/%d")),
        "dashes": Sibling(
            written("time;power", "{m}-{d}-{y} {clock};{p}"), refused("ambiguous_time", "%d-%m", "%m-%d")
        ),
        "apart": Sibling(
            written("date;time;power", "{m}/{d}/{y};{clock};{p}"), refused("ambiguous_time", "%d/%m", "%m/%d")
        ),
        "set": Sibling(written("time;power", MDY + ";{p}"), E, {"csv": {"time_format": "%m/%d/%Y %H:%M:%S"}}),
    },
    "date and time apart": {
        "semicolon": Sibling(written("Datum;Uhrzeit;Leistung", "{y}-{m}-{d};{clock};{p}"), E),
        "time first": Sibling(written("time\tdate\tpower", "{clock}\t{y}/{m}/{d}\t{p}"), E),
        "at the end": Sibling(written("power,date,time", "{p},{y}-{m}-{d},{clock}"), E),
    },
    "no header": {
        name: Sibling(text.partition("\n")[2], refused("missing_columns", "csv.header = false"))
        for name, text in (
            ("semicolon", written("", "{t};" + CELLS)),
            ("tab", tabs(written("", "{t};" + CELLS))),
            ("decimal comma", written("", "{t};" + CELLS, decimal=",")),
        )
    },
    "power alone": {
        "semicolon": Sibling(written("Zeit;Leistung (W)", "{t};{p}", decimal=","), E),
        "first": Sibling(written("Pac,time", "{p},{t}"), E),
        "kW": Sibling("time\tpower (kW)\n" + "".join(f"{r[0]}\t{float(r[4]) / 1000:.6f}\n" for r in ROWS), E),
    },
    "a counter": {
        "semicolon": Sibling(
            "Zeit;Zählerstand (Wh)\n" + "".join(f"{t};{e},0\n" for t, e in COUNTER), {"energy": 0.11}
        ),
        "kWh": Sibling(
            "time\ttotal energy (kWh)\n" + "".join(f"{t}\t{e / 1000}\n" for t, e in COUNTER), {"energy": 0.11}
        ),
        "newest first": Sibling(
            "time,total energy (Wh)\n" + "".join(f"{t},{e}\n" for t, e in COUNTER[::-1]), {"energy": 0.11}
        ),
    },
    "rows without a reading": {
        name: Sibling(
            text + "".join(f"2025-06-10T{hour}:{at:02}:00{cells}\n" for at in range(0, 60, 5)),
            {"energy": BY_POWER, "missing": 12, "invalid": 0},
        )
        for name, text, hour, cells in (
            ("at the end", BASE_DAY, 13, ",--,--,--,--"),
            ("semicolon", written(FULL, "{t};" + CELLS, decimal=","), 13, ";;;;"),
            ("N/A", tabs(written(FULL, "{t};" + CELLS)), 11, "\tN/A\tN/A\tN/A\tN/A"),
        )
    },
    "names over two lines": {
        "semicolon": Sibling(written(TWO_LINES, TWO_ROWS), P, CHARGER),
        "tab": Sibling(tabs(written(TWO_LINES, TWO_ROWS)), P, CHARGER),
        "with units": Sibling(written(f"{TWO_LINES}\n;V;A;V", TWO_ROWS), P, CHARGER),
        "one line of two": Sibling(
            written(TWO_LINES, TWO_ROWS),
            refused("ambiguous_columns", "Charger Voltage", "Bank Voltage"),
            {"channels": {"voltage": {"column": "Voltage"}}},
        ),
    },
    "a trailing delimiter": {
        "semicolon": Sibling(written(FULL, "{t};" + CELLS + ";"), E),
        "tab": Sibling(tabs(written(FULL, "{t};" + CELLS + ";")), E),
        "decimal comma": Sibling(written(FULL, "{t};" + CELLS + ";", decimal=","), E),
    },
    "one reading a row": {
        "semicolon": Sibling(written("time;what;reading", LONG_ROWS), P, LONG),
        "value first": Sibling(
            written("reading,what,time", "{u},voltage,{t}\n{i},current,{t}\n{p},power,{t}"), E, LONG
        ),
        "tab": Sibling(tabs(written("time;what;reading", LONG_ROWS, decimal=",")), P, LONG),
    },
    "a row a day": {
        name: Sibling(text, {"code": None, "words": ("a column for each time of day",)})
        for name, text in (
            ("comma", "date,00:00,01:00,02:00,03:00\n2025-06-10,0,0.1,0.2,0.1\n"),
            ("tab", "day\t0:00\t0:30\t1:00\t1:30\n2025-06-10\t0\t1\t2\t1\n"),
            ("named first", "plant;00:15;00:30;00:45;01:00\n2025-06-10;0,0;0,1;0,2;0,1\n"),
        )
    },
    "units in cells": {
        "decimal comma": Sibling(written(FULL, "{t};{u} V;{i} A;{c} °C;{p} W", decimal=","), E),
        "no blank": Sibling(written(FULL, "{t};{u}V;{i}A;{c}°C;{p}W"), E),
        "kW": Sibling("time,power\n" + "".join(f"{r[0]},{float(r[4]) / 1000:.6f} kW\n" for r in ROWS), E),
    },
    "a name with another blank": {
        name: Sibling(written(header, "{t};{u};{i}"), P, {"channels": {"voltage": {"column": column}}})
        for name, header, column in (
            ("underscore", "time;U_1;I", "u 1"),
            ("unit", "time;U 1 [V];I", "U1"),
            ("case", "time;u1;I", "U 1"),
        )
    },
    "quoted decimal commas": {
        "one column": Sibling(written("timestamp,power,device", '{t},"{p}",A', decimal=","), E),
        "all": Sibling(
            written('"timestamp","voltage","current","power"', '"{t}","{u}","{i}","{p}"', decimal=","), E
        ),
        "first": Sibling(written("power,timestamp", '"{p}",{t}', decimal=","), E),
    },
    "a night in UTC": {
        "offset": Sibling(simulated("+00:00"), {"suspect": 0}),
        "name": Sibling(simulated(" UTC").replace("T", " ").replace(" U C", " UTC"), {"suspect": 0}),
        "epoch": Sibling(epochs(simulated("Z")), {"suspect": 0}),
    },
    "a coarse sensor": {
        "0.1 V": Sibling(resolved(volts=0.1), {"suspect": 0}),
        "0.25 V": Sibling(resolved(volts=0.25, seconds=600), {"suspect": 0}),
        "half a degree": Sibling(resolved(degrees=0.5, seconds=60), {"suspect": 0}),
        "whole degrees": Sibling(resolved(degrees=1.0, seconds=900), {"suspect": 0}),
    },
    "a header of four lines": {
        "averages": Sibling(written(TOA5.format("PV_V", "PV_I", "Volts", "Amps", "Avg", "Avg"), TOA5_ROW), P),
        "samples": Sibling(
            written(TOA5.format("voltage", "current", "V", "A", "Smp", "Smp").replace('"', ""),
                    "{y}-{m}-{d} {clock},7,{u},{i}"), P),
        "milliamperes": Sibling(
            "\n".join([TOA5.format("PV_V", "PV_I", "Volts", "mA", "Avg", "Avg"),
                       *(f'"{r[0].replace("T", " ")}",1,{r[1]},{1000 * float(r[2]):.0f}' for r in ROWS)]), P),
    },
    "an inverter that sleeps": {
        "minutes": Sibling(
            simulated(logger=DataLogger(sleeps=True), interval_seconds=60, rows=2880), {"available": 1.0}
        ),
        "semicolon": Sibling(
            simulated(logger=DataLogger(sleeps=True), rows=576).replace(",", ";").replace(".", ","),
            {"available": 1.0},
        ),
        "quarters": Sibling(
            simulated(logger=DataLogger(sleeps=True), interval_seconds=900, rows=192), {"available": 1.0}
        ),
    },
}  # fmt: skip
TESTED_ELSEWHERE = {
    "a file that grows": "tests/end_to_end/test_counted_once.py",
    "a logger that opens its file again for each row": "tests/end_to_end/test_append_logger.py",
    "a folder that may not be written": "tests/end_to_end/test_blocked_files.py",
}


def test_each_kind_has_three_files() -> None:
    assert {kind: len(files) for kind, files in KINDS.items() if len(files) < 3} == {}
    root = Path(__file__).parents[2]
    assert all((root / path).is_file() for path in TESTED_ELSEWHERE.values())


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, files in KINDS.items() for name in files])
def test_a_file_of_a_kind_is_right(kind: str, name: str) -> None:
    content, right, tables = KINDS[kind][name]
    found = processed(content, profile(**tables))
    if isinstance(found, Rejection):
        assert right.get("code", "a result") in (None, found.code), found
        assert all(word in found.message for word in right["words"])
        return
    assert "code" not in right, found.metrics
    checks = {
        "energy": found.metrics.total_energy_kwh,
        "processed": found.records_processed,
        "invalid": found.records_invalid,
        "missing": found.records_missing,
        "suspect": found.records_suspect,
        "available": found.quality.data_availability,
        "temperature": found.metrics.temperature.avg,
    }
    wanted = {key: value for key, value in right.items() if key != "check"}
    assert {key: checks[key] for key in wanted} == pytest.approx(wanted, abs=1e-6)
    assert right.get("check") is None or right["check"] in found.anomalies_by_check
