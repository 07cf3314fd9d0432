"""Lines in which each value stands beside its name."""

import json

import pytest

from processing.model.profile import DEFAULT
from processing.rewriting.rewriting import rewriting_of
from tests.support.base_day import BY_POWER, BY_PRODUCT, ROWS, written
from tests.support.small_files import profile, rejection, result

OBJECT = '{{"time": "{t}", "power": {p}}}'


def lines(row: str, **more: str) -> str:
    return written("", row, **more).lstrip()


def nested() -> str:
    """Return the day as the telemetry of a plug."""
    rows = ({"Time": row[0], "ENERGY": {"Power": float(row[4]), "Voltage": 230}} for row in ROWS)
    return "\n".join(map(json.dumps, rows)) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        lines(OBJECT),
        lines('{{"power": {p}, "note": "a, \\"b\\"", "time": "{t}", "temp": null}}'),
        "[\n" + lines(OBJECT + ",").rstrip(",\n") + "\n]\n",
        lines("{{'time': '{t}', 'power': {p}, 'temp': None, 'on': True}}"),
        lines("{{'time': '{t}', 'power': {p}, 'temp': nan}},"),
        lines("INSERT INTO log (ts, power_w) VALUES ('{t}', {p});"),
        lines('insert into "log" ("temp", `time`, power) values ({c}, \'{t}\', {p})'),
        "INSERT INTO log (time, power) VALUES\n" + lines("('{t}', {p}),").rstrip(",\n") + ";\n",
        lines("time={t} power={p} temp={c}"),
        lines("time={y}-{m}-{d} {clock}, power={p}, PV temp={c}"),
        lines("{y}-{m}-{d} {clock} power: {p} temp: {c}"),
        lines("[{y}-{m}-{d} {clock}] U: {u} V, I: {i} A, Power: {p} W"),
        lines("{d}.{m}.{y} {clock} -> Power = {p}; Temp = {c}", decimal=","),
        nested().replace("ENERGY", "PV"),
        lines("{y}-{m}-{d} {clock} INFO power={p}"),
        lines("{y}-{m}-{d} {clock} WARNING Power: {p} W"),
        lines("[{y}-{m}-{d} {clock}] INFO solar - power={p}W temp={c}"),
        lines("{t}Z INFO inverter: pac={p}W udc={u}V"),
        lines("{y}-{m}-{d} {clock},123 - INFO - PV power: {p} W"),
        lines(
            "{t} - LOG - INFO - Pac: {p} Counter1: 0\n{t} - LOG - INFO - mail sent\n{t} - LOG - WARNING - bye"
        ),
    ],
)
def test_such_lines_are_read(text: str) -> None:
    found = result(text)
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)
    assert (found.records_total, found.records_processed) == (12, 12)


def test_lines_of_the_log_of_a_system_are_read() -> None:
    rows = [f"Jun 10 {hour:02}:00:00 host solar[{5 + hour % 2}]: P={hour}W U=230.1V\n" for hour in range(12)]
    found = result("".join(rows), profile(csv={"year": 2025}))
    assert (found.metrics.total_energy_kwh, found.records_processed) == (0.066, 12)
    assert found.metrics.period.start == "2025-06-10T00:00:00"


def test_lines_of_influxdb_are_read() -> None:
    rows = [
        f"pv,host=pi power_w={row[4]},on=1i {1749556800 + 300 * at}000000000" for at, row in enumerate(ROWS)
    ]
    found = result("\n".join(rows) + "\n")
    assert (found.metrics.total_energy_kwh, found.records_processed) == (
        pytest.approx(BY_POWER, abs=1e-6),
        12,
    )
    assert found.metrics.period.start == "2025-06-10T12:00:00.000Z"


def test_voltage_and_current_are_found_by_their_names() -> None:
    found = result(lines("{t} U: {u} V I: {i} A"))
    assert found.metrics.total_energy_kwh == pytest.approx(BY_PRODUCT, abs=1e-6)
    assert found.profile.columns["voltage"].column == "U"


def test_what_is_in_an_object_has_a_joined_name() -> None:
    text = nested().replace("ENERGY", "battery")
    named = profile(channels={"power": {"column": "battery.Power"}})
    assert result(text, named).metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)
    assert rejection(text).code == "missing_columns"


def test_a_plug_has_the_names_of_its_readings() -> None:
    found = result(nested(), profile(channels={"voltage": {"column": False}}))
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)
    both = nested().replace('{"Time"', '{"Power": 1, "Time"')
    assert "ENERGY.Power" in rejection(both, profile(channels={"power": {"column": "x"}})).message


def test_a_value_that_is_absent_is_missing_and_a_broken_line_is_invalid_with_its_number() -> None:
    texts = lines(OBJECT).splitlines()
    texts[2] = texts[2].partition(", ")[0] + "}"
    texts[4] = texts[4][:-9]
    found = result("\n".join(texts) + "\n")
    assert (found.records_processed, found.records_missing, found.records_invalid) == (10, 1, 1)
    assert [row.line for row in found.rejected_rows] == [5]


def test_lines_of_several_sources_are_of_several_devices() -> None:
    both = lines("[{t}] INFO pv - power={p}") + lines("[{t}] INFO battery - power={u}")
    found = rejection("\n".join(sorted(both.splitlines())) + "\n")
    assert [one.label for one in found.candidates or []] == ["INFO pv", "INFO battery"]


def test_a_negative_value_stays_so() -> None:
    named = profile(channels={"power": {"column": "Battery power", "min": -500.0}})
    found = result(lines("{t} Battery power: -{p} W"), named)
    assert found.metrics.total_energy_kwh == pytest.approx(-BY_POWER, abs=1e-6)


def test_later_blocks_have_no_second_header() -> None:
    clocks = [f"{at // 60 % 24:02}:{at % 60:02}" for at in range(2880)]
    rows = [
        f"2025-06-{1 + at // 1440:02} {clock} power=60 state={'x' * 90}" for at, clock in enumerate(clocks)
    ]
    found = result("\n".join(rows) + "\n")
    assert (found.records_processed, found.records_invalid) == (2880, 0)


@pytest.mark.parametrize(
    "text",
    [
        written("time,power,note", "{t},{p},a=b"),
        lines("{t},{p},{u}"),
        lines("{t},{p},state: on"),
        lines("{t} DATA: {p} {u} {i}"),
        "# a: b\n" + written("time,power", "{t},{p}"),
        '{"time": "2025-06-10T12:00:00", "power": 5}\n',
        '[{"time": "2025-06-10T12:00:00", "power": 5}, {"time": "2025-06-10T12:05:00", "power": 5}]\n',
        "a: 1\nb: 2\nc: 3\nd: 4\n",
    ],
)
def test_other_lines_stay(text: str) -> None:
    assert rewriting_of(text.encode(), DEFAULT).lines_above == 0
