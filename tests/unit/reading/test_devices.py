"""Rows of several devices."""

import math

import pytest

from processing.model.rejection import RejectedFileError
from tests.support.checked_files import table_of
from tests.support.small_files import chosen, profile, rejection, result

HEADER = b"timestamp,voltage,current,side,number\n"
ROWS = [
    f"2025-06-10T12:{number // 2:02}:00,24,5,{'EW'[number % 2]},{number}\n".encode() for number in range(8)
]

INTERVALS = {"energy": {"kind": "interval"}}


def test_a_column_that_differs_within_each_time_names_the_devices() -> None:
    with pytest.raises(RejectedFileError, match=r"several devices\? 'side' has 2 values: E, W"):
        table_of(HEADER + b"".join(ROWS))
    assert len(table_of(HEADER.replace(b"side,number", b"side (V),number (Hz)") + b"".join(ROWS)).line) == 8


@pytest.mark.parametrize("name", ["meter", "METER"])
def test_a_column_with_the_names_of_meters_names_devices(name: str) -> None:
    rows = [f"2025-06-{at + 10},{60 - at % 7}.5,BR{at // 6:02}\n" for at in range(18)]
    assert rejection(f"date,t_kWh,{name}\n" + "".join(rows)).code == "several_devices"
    one = result(f"date,t_kWh,{name}\n" + "".join(rows[:6]))
    assert one.metrics.total_energy_kwh == pytest.approx(60 + 59 + 58 + 57 + 56 + 55 + 6 * 0.5)


@pytest.mark.parametrize(
    "name", ["Inverter (W)", "Device (W)", "Sensor [W]", "Wechselrichter (W)", "Channel (W)"]
)
def test_a_column_named_like_devices_with_a_unit_has_readings(name: str) -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,{100 * (at ^ 1)}\n" for at in range(24))
    assert result(f"time,{name}\n{rows}").metrics.total_energy_kwh == 27.6
    bare = name[:-4]
    text = f"time,{bare}\n{rows}"
    assert result(text, profile(channels={"power": {"column": bare}})).metrics.total_energy_kwh == 27.6


def rows_of_two(place: int, labels: tuple[str, str], behind: int, first: int = 0) -> str:
    """Return a day of two devices, with 100 to 400 W and 40 to 160 W, the second from so many rows on."""
    rows = []
    for at in range(288):
        for number, label in enumerate(labels[: 1 + (at >= first)]):
            seconds = 300 * at + behind * number
            stamp = f"2025-06-10 {seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
            cells = [stamp, str((1, 0.4)[number] * (100 + at % 97 * 3)), "230.1"]
            rows.append(",".join([*cells[:place], label, *cells[place:]]))
    return "\n".join([*rows, ""])


FIRST_KWH = sum(100 + at % 97 * 3 for at in range(288)) / 12_000


@pytest.mark.parametrize("place", range(4))
def test_devices_in_a_column_without_a_name_are_offered_by_its_place(place: int) -> None:
    names = ["time", "Pac (W)", "Uac (V)"]
    header = ",".join([*names[:place], "", *names[place:]])
    text = f"{header}\n{rows_of_two(place, ('1', '2'), 0)}"
    found = rejection(text)
    assert found.message.startswith(f"several devices? column {place + 1} has 2 values: 1, 2.")
    first = (found.candidates or [])[0]
    assert first.toml == [f'csv.where = {{column = {{index = {place + 1}}}, is = "1"}}']
    assert result(text, chosen(first)).metrics.total_energy_kwh == pytest.approx(FIRST_KWH, abs=1e-6)


def test_of_many_devices_the_first_are_named() -> None:
    rows = [f"2025-06-10 {at // 20:02}:00,m{at % 20 + 1},{100 + at}" for at in range(480)]
    found = rejection("\n".join(["time,Meter,Pac (W)", *rows, ""]))
    assert "'Meter' has 20 values: m1, m2, m3, m4, m5, m6, m7, m8, …. It would" in found.message


@pytest.mark.crossed
@pytest.mark.parametrize("name", ["Meter", "#", "", "Location"])
@pytest.mark.parametrize("behind", [150, 20])
def test_a_column_that_changes_as_the_values_take_turns_names_the_devices(name: str, behind: int) -> None:
    text = f"time,{name},Pac (W),Uac (V)\n{rows_of_two(1, ('7', '9'), behind)}"
    found = rejection(text)
    assert "has 2 values: 7, 9." in found.message
    ways = found.candidates or []
    assert [way.label for way in ways] == ["7", "9", "all rows are of one device"]
    assert result(text, chosen(ways[0])).metrics.total_energy_kwh == pytest.approx(FIRST_KWH, abs=1e-6)


def test_devices_that_only_the_last_rows_of_a_large_file_show_are_offered() -> None:
    long = "x" * 6000
    first, last = (rows_of_two(1, ("7", "9"), 0, first).splitlines() for first in (288, 144))
    rows = [f"{one},{long}" for one in first]
    rows += [f"{one.replace('2025-06-10', '2025-06-11')},{long}" for one in last]
    found = rejection("\n".join(["time,#,Pac (W),Uac (V),note", *rows, ""]))
    assert found.message.startswith("several devices? '#' has 2 values: 7, 9.")


SCATTERED = [f"2025-06-10 {11 * at % 24:02}:{at:02},{at % 3 + 1},{500 + at}\n" for at in range(48)]


@pytest.mark.parametrize("name", ["market_id", "Household ID", "apartmentId"])
def test_rows_without_an_order_whose_ids_alternate_are_of_several_devices(name: str) -> None:
    found = rejection(f"time,{name},PV power (W)\n" + "".join(SCATTERED))
    assert found.message.startswith(f"several devices? {name!r} has 3 values: 1, 2, 3.")
    assert (found.candidates or [])[0].consequence.startswith("16 rows")


def test_ids_of_states_of_one_device_are_no_devices() -> None:
    states, turns = "111211222122211122112121112122211121122212112211", "12" * 24
    for ids, is_one in ((states, True), (turns, False)):
        rows = [f"2025-06-10 {at // 2:02}:{30 * (at % 2):02},{ids[at]},{500 + at}\n" for at in range(48)]
        text = "time,StatusId,PV power (W)\n" + "".join(rows[11 * at % 48] for at in range(48))
        assert (result(text).records_processed == 48) if is_one else rejection(text).code == "several_devices"


def test_ids_of_rows_in_order_or_of_each_row_name_no_devices() -> None:
    for names, rows in (
        ("time,mode_id,PV power (W)", sorted(SCATTERED)),
        (
            "time,row_id,PV power (W)",
            [row.replace(f",{at % 3 + 1},", f",{at},") for at, row in enumerate(SCATTERED)],
        ),
        ("time,grid,PV power (W)", SCATTERED),
    ):
        assert result(f"{names}\n" + "".join(rows)).records_processed == 48


def test_rows_that_repeat_are_no_devices() -> None:
    rows = [row.replace(b",W,", b",E,") for row in ROWS]
    assert len(table_of(HEADER + b"".join(rows)).line) == 8


def test_one_reading_a_row_of_several_devices_is_refused_with_each_of_them() -> None:
    rows = [
        f"2025-06-10T12:{minute:02}:00,{what},{value},{host}\n"
        for host in "ab"
        for minute in range(6)
        for what, value in (("voltage", 24), ("current", 5))
    ]
    long = profile(csv={"long": {"name": "what", "value": "value"}})
    found = rejection("time,what,value,host\n" + "".join(rows), long)
    assert found.code == "several_devices"
    assert found.message.startswith("several devices? 'host' has 2 values: a, b. It would mean 1: a: 6 rows")
    one = result("time,what,value,host\n" + "".join(row for row in rows if row.endswith("a\n")), long)
    assert one.records_total == 6


def test_an_hour_that_an_autumn_repeats_hides_no_devices() -> None:
    rows = [
        f"2025-10-{26 + at // 96} {at // 4 % 24:02}:{at % 4 * 15:02},0.1,{side}\n".encode()
        for at in range(300)
        for side in "EW"
    ]
    head = b"time,energy (kWh),side\n"
    again = b"".join(rows[16:24])
    with pytest.raises(RejectedFileError, match=r"several devices\? 'side' has 2 values: E, W"):
        table_of(head + b"".join(rows[:24]) + again + b"".join(rows[24:]))


@pytest.mark.crossed
@pytest.mark.parametrize("order", ["as they come", "one after the other"])
@pytest.mark.parametrize("other", ["B", "C"])
def test_labels_that_are_read_together_have_times_of_their_own(order: str, other: str) -> None:
    used = profile(csv={"where": {"column": "register", "is": ["A", other]}}, channels=INTERVALS)
    turns = [f"2025-06-10T12:{at:02}:00,{'A' if at < 5 else other},0.1\n" for at in range(10)]
    assert result("time,register,energy (kWh)\n" + "".join(turns), used).metrics.total_energy_kwh == 1.0
    both = [f"2025-06-10T12:{at:02}:00,{name},0.1\n" for at in range(3) for name in ("A", other)]
    both = both if order == "as they come" else both[::2] + both[1::2]
    found = rejection("time,register,energy (kWh)\n" + "".join(both), used)
    assert found.code == "several_devices"
    assert [one.label for one in found.candidates] == ["A", other, f"A + {other}"]


def test_a_row_without_a_reading_is_of_no_other_label() -> None:
    used = profile(csv={"where": {"column": "register", "is": ["A", "B"]}}, channels=INTERVALS)
    rows = [
        f"2025-06-10T12:{at:02}:00,{name},{'0.1' if name == 'A' else ''}\n"
        for at in range(6)
        for name in "AB"
    ]
    assert result("time,register,energy (kWh)\n" + "".join(rows), used).metrics.total_energy_kwh == 0.6


def beside_energy(
    power: str, energy: str, *, total: float = 100.0, share: float = 1.0, scale: float = 0.001
) -> str:
    """Return a day of 3 kW: the power times a scale, and a meter's total of a share of it in kWh."""
    lines = [f"time,{power},{energy}"]
    for row in range(96):
        watts = 3000 * max(0.0, math.sin((row - 24) / 60 * math.pi)) if row > 24 else 0.0
        lines.append(f"2025-06-10 {row // 4:02}:{row % 4 * 15:02},{watts * scale:.3f},{total:.3f}")
        total += share * watts / 4000
    return "\n".join(lines)


@pytest.mark.crossed
@pytest.mark.parametrize(("scale", "unit"), [(1.0, "W"), (0.03, "W"), (0.001, "kW")])
@pytest.mark.parametrize("energy", ["total_kwh", "Ertrag [kWh]", "Energy (kWh)"])
def test_the_energy_beside_the_power_shows_its_unit(scale: float, unit: str, energy: str) -> None:
    share = 1.0 if scale != 0.03 else scale
    found = result(beside_energy("Pac", energy, share=share, scale=scale))
    assert found.profile.columns["power"].unit == unit
    assert found.metrics.total_energy_kwh == pytest.approx(28.647 * share, rel=1e-3)


def test_the_energy_of_each_step_shows_the_unit_of_the_power() -> None:
    rows = [line.split(",") for line in beside_energy("Pac", "energy (kWh)").splitlines()[1:]]
    lines = [f"{time},{power},{float(power) / 4:.4f}" for time, power, _ in rows]
    found = result("time,Pac,energy (kWh)\n" + "\n".join(lines))
    assert (found.profile.columns["power"].unit, found.metrics.peak_power_w) == ("kW", 3000.0)


@pytest.mark.parametrize(
    "content",
    [
        beside_energy("Pac", "total_kwh", share=0.6),
        beside_energy("Pac", "total_kwh", share=0.0),
        beside_energy("Pac", "total_kwh", share=-1.0),
        beside_energy("Pac", "Total"),
        "\n".join(beside_energy("Pac", "total_kwh").splitlines()[:38:4]),
    ],
)
def test_energy_that_the_power_does_not_make_shows_no_unit(content: str) -> None:
    assert rejection(content).code == "unknown_unit"


def test_the_own_name_of_power_that_energy_contradicts_is_a_question() -> None:
    found = rejection(beside_energy("power", "total_kwh"))
    assert (found.code, found.column) == ("unknown_unit", "power")
    assert "has no unit, and the energy beside it says kW" in found.message
    assert result(beside_energy("power", "total_kwh", share=0.1, scale=0.1)).metrics.peak_power_w == 300.0


LONG_ROW = "{t},{host},{what},{value}"


@pytest.mark.parametrize(
    ("row", "host"),
    [
        (LONG_ROW, "a"),
        (LONG_ROW, "b"),
        (LONG_ROW.replace(",", ";"), "b"),
        ("{host}\t{t}\t{value}\t{what}", "b"),
    ],
)
def test_one_device_of_a_file_with_one_reading_a_row_is_read(row: str, host: str) -> None:
    names = row.format(t="time", host="host", what="metric", value="value")
    rows = [
        row.format(t=f"2025-06-10T12:{minute:02}:00", host=each, what=what, value=value * factor)
        for minute in range(6)
        for each, factor in (("a", 1), ("b", 2))
        for what, value in (("PV voltage", 24), ("PV current", 5))
    ]
    text = "\n".join([names, *rows])
    tables = {"long": {"name": "metric", "value": "value"}, "where": {"column": "host", "is": host}}
    found = result(text, profile(csv=tables))
    power = 120 if host == "a" else 480
    assert (found.records_total, found.records_invalid) == (6, 0)
    assert found.metrics.total_energy_kwh == pytest.approx(power * 6 / 60_000)
    assert f'csv.where = {{column = "host", is = "{host}"}}' in rejection(text).message


def test_labels_of_another_device_are_no_channels() -> None:
    text = "time,host,what,value\n" + "".join(
        f"2025-06-10T12:{minute:02}:00,b,power,{minute + 100}\n2025-06-10T12:{minute:02}:00,a,PV power,120\n"
        for minute in range(6)
    )
    tables = {"long": {"name": "what", "value": "value"}, "where": {"column": "host", "is": "a"}}
    assert result(text, profile(csv=tables)).metrics.total_energy_kwh == pytest.approx(0.012)


def test_several_devices_are_not_chosen_beside_one_reading_a_row() -> None:
    tables = {"long": {"name": "what", "value": "value"}, "where": {"column": "host", "is": ["a", "b"]}}
    with pytest.raises(ValueError, match="one label alone together with long"):
        profile(csv=tables)


def with_factors(header: str, factors: list[str], delimiter: str = ",") -> str:
    """Return rows of 100 Wh an hour, each with a factor."""
    names = delimiter.join(("time", "PV power (W)", header))
    rows = [delimiter.join((f"2025-06-10T{at:02}:00", "100", one)) for at, one in enumerate(factors)]
    return "\n".join([names, *rows]) + "\n"


FACTORS = [("Factor", "40", ","), ("Vermenigvuldigingsfactor", "0,5", ";"), ("CT ratio", "2", "\t"),
           ("Wandlerfaktor", "2.0", "|"), ("CT ratio", "200/5", ","),
           ("MULTIPLIER", "0.001", ",")]  # fmt: skip


@pytest.mark.parametrize(("header", "factor", "delimiter"), FACTORS)
def test_a_factor_in_a_column_is_asked_for(header: str, factor: str, delimiter: str) -> None:
    text = with_factors(header, [factor] * 12, delimiter)
    found = rejection(text)
    number = 40.0 if "/" in factor else float(factor.replace(",", "."))
    assert (found.code, header in found.message) == ("unknown_unit", True)
    assert [one.toml for one in found.candidates] == [
        [f"channels.power.scale = {number}"],
        ["channels.power.scale = 1.0"],
    ]
    for scale in (number, 1.0):
        read = result(text, profile(channels={"power": {"scale": scale, "limits": "unknown"}}))
        assert read.metrics.total_energy_kwh == pytest.approx(1.2 * scale)


@pytest.mark.parametrize("factor", ["1", "1.0", "1,000", "5/5", "", "?", "5/0"])
def test_a_factor_of_1_or_none_is_no_question(factor: str) -> None:
    assert result(with_factors("Factor", [factor] * 12, ";")).metrics.total_energy_kwh == pytest.approx(1.2)


@pytest.mark.parametrize("header", ["Power Factor", "Leistungsfaktor", "cos phi", "Factory", "Ratio"])
def test_a_column_with_another_name_is_no_factor(header: str) -> None:
    assert result(with_factors(header, ["0.98"] * 12)).records_processed == 12


@pytest.mark.parametrize("factors", [["1", "40"], ["1", "10", "100"], ["0.001", "0.01"]])
def test_factors_that_differ_are_refused_with_what_to_do(factors: list[str]) -> None:
    text = with_factors("Factor", factors * 6)
    found = rejection(text)
    assert (found.code, "multiply the values" in found.message) == ("unknown_unit", True)
    assert result(text, profile(channels={"power": {"scale": 1.0}})).records_processed == 6 * len(factors)


def test_a_factor_that_changes_far_below_is_found() -> None:
    rows = (
        f"2025-06-{1 + at // 1440:02}T{at // 60 % 24:02}:{at % 60:02}:00,100.{at % 10}00,{1 + at // 14_000}"
        for at in range(14_400)
    )
    text = "\n".join(["time,Pac (W),Factor", *rows, ""])
    assert len(text) > 400_000
    assert "has the factors 1 and 2" in rejection(text).message


def test_a_factor_beside_voltage_current_and_power_may_be_that_of_the_power() -> None:
    rows = "".join(f"2025-06-10T12:{at:02}:00,24,5,120,0.{90 + at}\n" for at in range(9))
    assert result(f"time,voltage,current,power,Factor\n{rows}").records_processed == 9


@pytest.mark.parametrize("name", ["Address", "Slave ID", "Inverter No.", "WR-Nr.", "Seriennummer", "S/N"])
def test_devices_that_an_address_or_a_number_tells_apart_are_not_read_as_one(name: str) -> None:
    rows = [f"2025-06-10T{at // 15:02}:{at % 15 * 4:02}:00,{100 + at},{1 + at % 2}\n" for at in range(90)]
    found = rejection(f"time,PV power (W),{name}\n" + "".join(rows))
    assert found.code == "several_devices"
    assert "has 2 values: 1, 2" in found.message
    single = "".join(f"{row[:-2]}7\n" for row in rows)
    assert result(f"time,PV power (W),{name}\n" + single).records_processed == 90


@pytest.mark.parametrize("cells", ["", "--", "NaN"])
def test_a_device_without_a_reading_is_no_second_one(cells: str) -> None:
    rows = "".join(
        f"2025-06-10 {hour}:00,1,{hour}\n2025-06-10 {hour}:01,01,{cells}\n" for hour in range(10, 14)
    )
    assert result(f"time,Inverter No.,Pac (W)\n{rows}").metrics.total_energy_kwh is not None
    assert rejection(f"time,Inverter No.,Pac (W)\n{rows}2025-06-10 15:01,01,5\n").code == "several_devices"


def test_a_column_without_cells_beside_other_readings_names_the_devices() -> None:
    rows = [
        f"{row},2025-06-10 12:00:{at:02},{at},{at % 7 if row[0] == ',' else ''}\n"
        for at in range(12)
        for row in ("TV,", "Fan,", ",grid", ",solar")
    ]
    found = rejection("appliance,origin,time,used (W),power_generated\n" + "".join(rows))
    assert [one.label for one in found.candidates or ()] == ["solar, kW", "grid, kW", "solar, W", "grid, W"]


def test_rows_in_several_units_are_of_several_meters() -> None:
    rows = [
        f"{value},2025-06-{10 + at} 12:00,{kind}\n"
        for at in range(9)
        for value, kind in ((5000 + 8 * at, "Power,kWh"), (40 + at, "Gas,MWh"))
    ]
    found = rejection("reading,date,kind,unit\n" + "".join(rows))
    labels = [one.label for one in found.candidates or ()]
    kinds = ("counter, a meter's total", "interval, the energy of each row")
    assert labels == [f"{unit}, {kind}" for unit in ("kWh", "MWh") for kind in kinds]
    consequences = [one.consequence for one in found.candidates or ()]
    assert ("7.111 kWh" in consequences[0], "888.9 kWh" in consequences[2]) == (True, True)


@pytest.mark.parametrize("name", ["Value", "Pac"])
@pytest.mark.parametrize("unit", ["Unit", "UoM", "Einheit"])
def test_each_row_is_read_in_the_unit_that_a_column_states(name: str, unit: str) -> None:
    rows = ["0,W"] * 16 + ["500,W", "1.5,kW", "2,kW", "9,", "250,W", "0,W", "0,W", "0,W"]
    lines = "".join(f"2025-06-10 {at:02}:00,{row}\n" for at, row in enumerate(rows))
    found = result(f"time,{name},{unit}\n{lines}")
    assert (found.metrics.total_energy_kwh, found.metrics.peak_power_w) == (4.25, 2000)


def test_rows_of_a_chosen_device_are_read_in_their_own_units() -> None:
    rows = "".join(
        f"2025-06-10 {at:02}:00,{device},{'1.5,kW' if at > 11 else f'{at}00,W'}\n"
        for at in range(24)
        for device in ("A", "B")
    )
    found = rejection(f"time,Device,Value,Unit\n{rows}")
    assert [way.label for way in found.candidates or ()] == ["A", "B"]
    one = result(f"time,Device,Value,Unit\n{rows}", profile(csv={"where": {"column": "Device", "is": "B"}}))
    assert one.metrics.total_energy_kwh == pytest.approx(6.6 + 12 * 1.5)
    found = rejection("time,Device,Value,Unit\n" + "".join(rows.splitlines(keepends=True)[::2]))
    assert found.message.startswith("the rows have the units W, kW: of which device are they to be read?")
    assert [way.label for way in found.candidates or ()] == ["A"]


@pytest.mark.parametrize("dark", [3, 22])
def test_rows_before_the_first_reading_may_lack_their_unit(dark: int) -> None:
    rows = [
        f"2025-06-10 {at // 2:02}:{at % 2 * 30:02},{',' if at < dark else '1.5,kW'}\n" for at in range(44)
    ]
    for name in ("Value", "Pac") if dark < 20 else ("Pac",):
        assert result(f"time,{name},Unit\n" + "".join(rows)).metrics.total_energy_kwh == (44 - dark) * 0.75
    rows = [row.replace(",,", ",1.5,") for row in rows]
    assert result("time,Pac,Unit\n" + "".join(rows)).metrics.total_energy_kwh == 33, "all are in one unit"
    rows[-1] = "2025-06-10 21:30,200,W\n"
    message = f"{dark} rows with power have no unit, and others are in kW, W"
    assert rejection("time,Pac,Unit\n" + "".join(rows)).message == message


def test_a_column_of_units_states_that_of_a_known_column_and_no_other_than_the_header() -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,{at % 4},kW\n" for at in range(24))
    assert result(f"time,Pac,Unit\n{rows}").metrics.peak_power_w == 3000
    assert result(f"time,Pac (W),Unit\n{rows}").metrics.peak_power_w == 3


@pytest.mark.parametrize("first", ["2025-06-10 00:00", "2025-06-10 00:00,1"])
def test_the_first_row_may_end_before_its_device(first: str) -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,{10 * (at % 4)},Roof\n" for at in range(1, 24))
    assert result(f"time,Pac (W),Device\n{first}\n{rows}").metrics.peak_power_w == 30


@pytest.mark.parametrize("channel", ["power", "energy"])
def test_empty_cells_of_columns_that_are_added_are_a_question(channel: str) -> None:
    unit = {"power": "W", "energy": "Wh"}[channel]
    cells = ["60,30"] * 4 + ["60,"] * 2 + [",30"] * 2 + [","] + ["60,30"] * 3
    rows = "".join(f"2025-06-10 {at:02}:00,{each}\n" for at, each in enumerate(cells))
    text = f"time,Plug 1 ({unit}),Plug 2 ({unit})\n" + rows
    columns = {"column": [f"Plug 1 ({unit})", f"Plug 2 ({unit})"]} | (
        {"kind": "interval"} if channel == "energy" else {}
    )
    found = rejection(text, profile(channels={channel: columns}))
    assert (found.code, found.column) == ("ambiguous_columns", channel)
    assert [one.label for one in found.candidates or ()] == [
        "empty cells add nothing",
        "no sum if a cell is empty",
    ]
    for empty, rows_read, kwh in (("zero", 11, 0.81), ("missing", 7, 0.63)):
        one = result(text, profile(channels={channel: columns | {"empty": empty}}))
        assert (one.records_processed, one.records_missing) == (rows_read, 12 - rows_read)
        assert one.metrics.total_energy_kwh == pytest.approx(kwh)
    full = text.replace("60,\n", "60,30\n").replace(",,30\n", ",60,30\n")
    assert result(full, profile(channels={channel: columns})).records_processed == 11


def test_empty_cells_add_nothing_to_no_total_of_a_meter() -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,{50 + at},{70 + at if at != 5 else ''}\n" for at in range(12))
    columns = {"column": ["T1 (kWh)", "T2 (kWh)"], "empty": "zero", "kind": "counter"}
    found = result("time,T1 (kWh),T2 (kWh)\n" + rows, profile(channels={"energy": columns}))
    assert (found.records_missing, found.metrics.total_energy_kwh) == (1, 22.0)
