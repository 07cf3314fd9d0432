"""Files that are rejected as a whole: no row, too many broken rows, no reading, no valid row."""

import math
from typing import Any

import pytest

from tests.support.small_files import chosen, profile, rejection, result

HEAD = "timestamp,voltage,current,power\n"


@pytest.mark.parametrize(
    ("rows", "code", "line", "message"),
    [
        ("", "no_valid_rows", 1, "the file has a header and no rows"),
        ("2025-01-15T10:00:00,--,--,--\n", "no_readings", 2, "none of 1 row has a reading of power"),
        (
            "2025-01-15T10:00:00,99,5,9\n",
            "no_valid_rows",
            2,
            "none of 1 row is valid; the first, line 2: voltage above 32 V: 99 V. ",
        ),
        (
            "2025-01-15T10:00:00,24,5,9\nx\n2025-01-15T10:05:00,y,5,9\n",
            "malformed_csv",
            3,
            "2 of 3 rows cannot be read",
        ),
    ],
)
def test_the_code_the_line_and_the_sentence(rows: str, code: str, line: int, message: str) -> None:
    found = rejection(HEAD + rows)
    assert (found.code, found.line) == (code, line)
    assert found.message.startswith(message)


def day(header: str, *cells: str) -> str:
    """Rows an hour apart: three of the night, then these."""
    zeros = ",".join("25" if name in {"voltage", "temperature"} else "0" for name in header.split(","))
    rows = [f"2025-06-10T{hour:02}:00:00,{row}" for hour, row in enumerate([zeros] * 3 + list(cells))]
    return "\n".join([f"timestamp,{header}", *rows, ""])


@pytest.mark.parametrize(
    ("header", "cells", "channels", "energy"),
    [
        ("power", ["300", "2000", "1000"], ["power"], "3.3 kWh"),
        ("voltage,current", ["25,10", "25,20", "25,40"], ["current"], "1.75 kWh"),
        ("voltage,power", ["50,100", "51,200", "25,100"], ["voltage"], "0.4 kWh"),
        ("temperature,power", ["95,100", "96,200", "97,100"], ["temperature"], "0.4 kWh"),
        ("voltage,current,power", ["50,20,1000", "25,20,500"], ["voltage", "current", "power"], "1.5 kWh"),
        ("voltage,current", ["20,0.3", "13,0.1", "12,0.1"], ["voltage"], "0.0085 kWh"),
        ("voltage,current", [*["25,4"] * 9, *["25,-2"] * 7], ["current"], "0.55 kWh"),
        ("power", [*["100"] * 9, *["-50", "-60"] * 3], ["power"], "0.57 kWh"),
    ],
)
def test_a_file_of_another_plant_is_refused_and_read_with_unknown_limits(
    header: str, cells: list[str], channels: list[str], energy: str
) -> None:
    """Its nights are within the limits, so that its energy would be too little and no row missing."""
    found = rejection(day(header, *cells))
    assert (found.code, found.column in channels) == ("outside_limits", True)
    (one,) = found.candidates
    assert one.toml == [f'channels.{name}.limits = "unknown"' for name in channels]
    assert f"{energy} a day" in one.consequence
    assert result(day(header, *cells), profile(channels={c: {"limits": "unknown"} for c in channels}))


def test_an_impossible_voltage_may_be_left_out() -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,{8000 + at},{at},100\n" for at in range(24))
    small, one = rejection(f"time,U,I,Pac\n{rows}").candidates or ()
    assert (small.label, small.toml) == ("mV", ['channels.voltage.unit = "mV"'])
    assert (one.label, one.toml) == ("without voltage", ["channels.voltage.column = false"])
    without = profile(channels={"voltage": {"column": False}})
    assert result(f"time,U,I,Pac\n{rows}", without).metrics.total_energy_kwh == 2.4
    (small,) = rejection(f"time,U,I\n{rows.replace(',100', '')}").candidates or ()
    assert small.label == "mV"


@pytest.mark.parametrize(
    ("header", "cells", "ways"),
    [
        ("Vpv,Ipv", "60000,2", [["mV"], "2.88 kWh"]),
        ("Vpv (V),Ipv,PV power (W)", "60,3000,180", [["mA", "without current"], "4.32 kWh"]),
        (
            "U,I,Pac (W)",
            "60000,3000,180",
            [["mV, mA", "mV, without current", "without voltage, mA"], "4.32 kWh"],
        ),
    ],
)
def test_many_impossible_voltages_or_currents_are_in_another_unit_or_left_out(
    header: str, cells: str, ways: list[Any]
) -> None:
    """At night they are zero, and these rows alone were valid."""
    rows = "".join(f"2025-06-10 {at // 2:02}:{at % 2 * 30:02},{cells}\n" for at in range(48))
    found = rejection(f"time,{header}\n{rows}")
    labels, energy = ways
    assert [one.label for one in found.candidates or ()][: len(labels)] == labels
    assert all(f"{energy} a day" in one.consequence for one in found.candidates or ())


def test_energies_of_a_power_that_no_plant_gives_may_be_a_meters_total() -> None:
    """Five minutes each; the format of the logger says that they are energies of intervals."""
    rows = "".join(f"2025-06-10 {at // 12:02}:{at % 12 * 5:02},{5000 + at}\n" for at in range(96))
    settings = profile(channels={"energy": {"kind": "interval"}})
    found = rejection(f"time,Energy (kWh)\n{rows}", settings)
    assert [one.label for one in found.candidates or ()] == ["a meter's total", "kWh as it is"]
    assert [one.consequence.split(", ")[1] for one in found.candidates or ()] == [
        "95 kWh a day",
        "484,600 kWh a day",
    ]


@pytest.mark.parametrize(
    ("header", "night", "left_out"),
    [
        ("voltage,current,PV power (W)", "26,-1.5", ["voltage", "current"]),
        ("temperature,Pac (W)", "-14", ["temperature"]),
    ],
)
def test_default_limits_of_columns_beside_a_power_of_another_plant_are_asked_for(
    header: str, night: str, left_out: list[str]
) -> None:
    """The battery gives 1.5 A until noon, while the plant makes 10 W: 0.12 kWh would be lost."""
    day = night.replace("-", "")
    rows = "".join(f"2025-06-10 {at:02}:00,{night if at < 12 else day},10\n" for at in range(24))
    found = rejection(f"time,{header}\n{rows}")
    assert found.message.startswith(
        f"12 rows are outside limits that no profile sets; the first, line 2: {left_out[-1]}"
    )
    unknown, without = found.candidates or ()
    assert unknown.toml == [f'channels.{left_out[-1]}.limits = "unknown"']
    assert without.toml == [f"channels.{name}.column = false" for name in left_out]
    assert all("24 rows of 1 day, 0.24 kWh a day" in one.consequence for one in (unknown, without))


def test_default_limits_of_a_current_are_asked_for_if_much_power_would_be_lost() -> None:
    """Eight of 200 rows, with 230 V and more than 12 A, have a sixth of the power."""
    kettle = range(100, 108)
    rows = "".join(
        f"2025-06-10 {at // 12:02}:{at % 12 * 5:02},230,{13 if at in kettle else 1},"
        f"{2990 if at in kettle else 230 - at % 3 * 10}\n"
        for at in range(200)
    )
    found = rejection(f"time,Volt,Current,Watt\n{rows}")
    assert found.message.startswith("8 rows are outside limits that no profile sets; the first, line 102: ")
    unknown, _ = found.candidates or ()
    assert unknown.toml == ['channels.current.limits = "unknown"']


def test_the_sentence_counts_the_rows_with_power() -> None:
    found = rejection(day("power", "300", "2000", "1000"))
    assert found.message.startswith(
        "2 of 3 rows with power are outside limits that no profile sets; the first, line 6: "
        "power above 384 W: 2000 W; the file may be of another plant. It would mean limits unknown: "
    )


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        (day("power", "300", "2000"), {}),
        (day("power", "300", "2000", "1000"), {"channels": {"power": {"max": 900}}}),
        (day("voltage,current", "2,0", "2,0", "2,0", "24,5", "24,6"), {}),
    ],
    ids=["half of the rows", "limits of a profile", "no voltage at night"],
)
def test_rows_that_fail_otherwise_refuse_no_file(text: str, tables: dict[str, object]) -> None:
    assert result(text, profile(**tables)).records_invalid


@pytest.mark.parametrize("header", ["time,Power (W)", "time,Power (kW)", "timestamp,power,voltage"])
def test_a_panel_of_500_w_is_another_plant_although_most_of_its_rows_are_below_384_w(header: str) -> None:
    """Of 20 rows with power 8 are above: without them the energy would be less than half."""
    watts = [*range(40, 520, 40), *range(520, 40, -60)]
    unit = 1000 if "kW" in header else 1
    more = ",24" if "voltage" in header else ""
    rows = [f"2025-06-10T{6 + at // 2:02}:{at % 2 * 30:02}:00,{w / unit}{more}" for at, w in enumerate(watts)]
    assert sum(w > 384 for w in watts) < 10 < len(watts)
    assert rejection("\n".join([header, *rows])).code == "outside_limits"


def test_a_few_readings_far_above_are_faults_of_the_panel() -> None:
    """Ten of 120 are less than a tenth."""
    rows = [
        f"2025-06-10T{12 + at // 60}:{at % 60:02}:00,{5000 if at % 12 == 0 else 100}" for at in range(120)
    ]
    assert result("\n".join(["time,Power (W)", *rows])).records_invalid == 10


def test_a_default_file_keeps_its_limits_if_less_than_half_is_above() -> None:
    header = "timestamp,voltage,current,temperature,power"
    rows = [f"2025-06-10T12:{at:02}:00,24,5,25,{500 if at % 3 == 0 else 120}" for at in range(60)]
    assert result("\n".join([header, *rows])).records_invalid == 20


@pytest.mark.parametrize(
    ("power", "temperature", "limited"), [("{p}", "25", "power"), ("{q}", "{f}", "temperature")]
)
def test_a_default_file_has_no_limits_beyond_which_is_most_of_its_power(
    power: str, temperature: str, limited: str
) -> None:
    """A panel of 600 W, and a temperature in °F: less than half of the rows with power are above."""
    rows = []
    for at in range(180):
        sun = math.sin(math.pi * (at + 0.5) / 180)
        cells = f"24,{8 * sun},{temperature},{power}".format(p=600 * sun**4, q=190 * sun, f=60 + 30 * sun**2)
        rows.append(f"2025-06-10T{6 + at // 15:02}:{at % 15 * 4:02}:00,{cells}")
    text = "\n".join(["timestamp,voltage,current,temperature,power", *rows])
    (way,) = rejection(text).candidates or ()
    assert way.toml == [f'channels.{limited}.limits = "unknown"']
    mean = 600 * 3 / 8 if limited == "power" else 190 * 2 / math.pi
    assert result(text, chosen(way)).metrics.total_energy_kwh == pytest.approx(mean * 12 / 1000, rel=1e-3)


def of_power(*watts: float, name: str = "Power (W)") -> str:
    """Return rows of power alone, a minute apart."""
    rows = [f"2025-06-10T{6 + at // 60:02}:{at % 60:02}:00,{each}" for at, each in enumerate(watts)]
    return "\n".join([f"time,{name}", *rows])


@pytest.mark.parametrize(
    "watts",
    [
        [100, 90] * 90 + [400, 520] * 5,
        [100, 90] * 90 + [-40, -30] * 5,
        ([300] * 20 + [390] * 3) * 7,
        [10, 9] * 500 + [1000] * 8,
    ],
    ids=["above", "negative", "short runs", "most of the power"],
)
def test_power_alone_in_runs_outside_its_limits_is_of_another_plant(watts: list[float]) -> None:
    found = rejection(of_power(*watts))
    assert found.code == "outside_limits"
    assert [one.label for one in found.candidates or ()] == ["limits unknown"]


@pytest.mark.parametrize(
    "watts",
    [
        ([100] * 12 + [500]) * 10,
        [100, 90] * 90 + [5000] * 8,
        [300, 290] * 500 + [390] * 8,
        [100, 90] * 90 + [500] * 6,
    ],
    ids=["single rows", "far above", "one in a hundred", "a short run"],
)
def test_other_rows_outside_are_faults(watts: list[float]) -> None:
    assert result(of_power(*watts)).records_invalid


def test_a_low_power_of_another_plant_may_be_in_kilowatts() -> None:
    found = rejection(of_power(*[9.5, 8.5] * 90, *[-1.5, -0.5] * 5, name="Power"))
    assert [one.label for one in found.candidates or ()] == ["kW, limits unknown", "W, limits unknown"]
    assert found.message.startswith("10 rows without power are outside limits that no profile sets")


def spread(header: str, hours: float, row: str, rows: int = 12) -> str:
    """Return rows so many hours apart, of values that rise and fall."""
    lines = [header]
    for at in range(rows):
        hour = round(at * hours * 60) // 60
        time = f"2025-06-{1 + hour // 24:02}T{hour % 24:02}:{round(at * hours * 60) % 60:02}:00"
        lines.append(row.format(t=time, v=5 + at * at % 7))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("header", "row", "labels", "hours"),
    [
        ("time,PV power (kW)", "{t},{v}", ["kWh of each row", "mean power in kW"], 3.5),
        ("time,PV power (kW)", "{t},{v}", ["kWh of each row", "mean power in kW"], 2 * 24),
        ("time;Leistung (W)", "{t};{v}00", ["Wh of each row", "mean power in W"], 6),
        ("time;PV power (MW)", "{t};{v}", ["MWh of each row", "mean power in MW"], 24),
        ("time,Pac", "{t},{v}00", ["kWh of each row", "Wh of each row", "mean power in W"], 6),
        ("timestamp,power", "{t},{v}", ["kWh of each row", "Wh of each row", "mean power in W"], 24),
        ("time,Vpv (V),Ipv (A)", "{t},300,{v}", ["mean of V · I"], 3.5),
        ("timestamp,voltage,current,temperature,power", "{t},24,{v},25,{v}0", ["mean power in W"], 6),
    ],
)
def test_power_of_an_instant_hours_apart_is_no_energy(
    header: str, row: str, labels: list[str], hours: float
) -> None:
    content = spread(header, hours, row)
    found = rejection(content)
    assert found.code == "ambiguous_columns"
    assert f"{hours:g} h apart" in found.message
    assert [one.label for one in found.candidates] == labels
    for one in found.candidates:
        used = chosen(one)
        energy = result(content, used).metrics.total_energy_kwh
        assert energy is not None
        assert one.consequence.count("kWh a day") == 1


@pytest.mark.parametrize("hours", [0.25, 1, 3])
def test_rows_up_to_three_hours_apart_are_read(hours: float) -> None:
    assert result(spread("time,PV power (kW)", hours, "{t},{v}")).metrics.total_energy_kwh


def test_the_energy_of_days_and_an_interval_that_is_stated_are_no_question() -> None:
    assert result(spread("time,Energy (kWh)", 24, "{t},{v}")).metrics.total_energy_kwh
    used = profile(period={"interval_seconds": 86400})
    assert result(spread("time,PV power (kW)", 24, "{t},{v}"), used).metrics.total_energy_kwh


def test_a_night_without_rows_makes_no_steps_of_hours() -> None:
    rows = [f"2025-06-0{day}T{hour:02}:00:00,5" for day in (1, 2, 3) for hour in (11, 12, 13)]
    assert result("time,PV power (kW)\n" + "\n".join(rows)).metrics.total_energy_kwh


def of_energy(*kwh: float) -> str:
    """Return rows of the energy of each hour."""
    rows = [f"2025-06-{10 + at // 24} {at % 24:02}:00,{each}" for at, each in enumerate(kwh)]
    return "\n".join(["time,Usage (kWh)", *rows])


def test_the_energies_of_a_meter_of_both_directions_are_asked_for() -> None:
    """By hand: four times 1.5 kWh in one direction and 1 kWh in the other."""
    text = of_energy(*[0.5, 0.75, 0.25, -0.25, -0.5, -0.25] * 4)
    found = rejection(text)
    assert (found.code, found.column) == ("outside_limits", "energy")
    assert "12 of 24 rows have negative energy, together 4 kWh" in found.message
    assert [one.label for one in found.candidates or ()] == ["in both directions", "without negative energy"]
    energies = []
    for one in found.candidates or ():
        changed = chosen(one)
        energies.append(result(text, changed).metrics.total_energy_kwh)
    assert energies == [2.0, 6.0]


@pytest.mark.parametrize(
    "kwh",
    [
        [0.5, 0.25, -0.001] * 8,
        [*[0.5, 0.25] * 100, -5],
        [0.5, 0.25, 0.125, 0.25] * 8,
    ],
    ids=["noise at night", "one row", "none"],
)
def test_negative_energies_that_do_not_matter_refuse_no_file(kwh: list[float]) -> None:
    found = result(of_energy(*kwh))
    assert found.metrics.total_energy_kwh == pytest.approx(sum(one for one in kwh if one > 0))
    assert found.records_invalid == sum(one < 0 for one in kwh)


def generation(power: float, voltage: float = 1.0, current: float = 1.0, share: float = 1.0) -> list[str]:
    """Rows of 400 V and 1 to 8 A with their power, each in a unit of its own; in a share of them alone."""
    rows = []
    for at, amps in enumerate([1, 2, 3, 4, 5, 6, 7, 8, 6, 4]):
        factor = power if at < share * 10 else 1.0
        rows.append(f"{400 * amps * factor:.6g},{400 * voltage:g},{amps * current:g}")
    return rows


@pytest.mark.parametrize(
    ("header", "factors", "lines"),
    [
        (
            "Ppv,Vpv,Ipv",
            (0.00097, 1, 1),
            [
                'channels.power.unit = "kW"',
                'channels.current.unit = "mA"',
                'channels.voltage.unit = "mV"',
            ],
        ),
        (
            "Pac,Vdc (V),Idc",
            (0.95, 1, 1000),
            [
                *('channels.power.unit = "kW"', 'channels.current.unit = "mA"'),
                *('channels.power.unit = "kW"', "channels.current.column = false"),  # 8,000 A cannot be
                'channels.current.unit = "mA"',
            ],
        ),
        ("Ppv,Vpv,Ipv", (1000, 1, 1), ['channels.power.unit = "mW"']),
    ],
)
def test_power_of_another_unit_than_the_product_is_refused_with_the_units(
    header: str, factors: tuple[float, float, float], lines: list[str]
) -> None:
    """In watts, 20 kWh were 20 Wh, with a suspect in each row."""
    found = rejection(day(header, *generation(*factors)))
    assert found.code == "unknown_unit", found.message
    assert [line for one in found.candidates for line in one.toml] == lines


def test_the_unit_that_is_taken_gives_the_energy_of_the_product() -> None:
    """400 V times 46 A in rows of one hour: 18.4 kWh."""
    text = day("Ppv,Vpv,Ipv", *generation(0.001))
    read = result(text, profile(channels={"power": {"unit": "kW"}}))
    assert read.metrics.total_energy_kwh == pytest.approx(18.4)


@pytest.mark.parametrize(
    ("header", "factors", "units"),
    [
        ("Ppv,Vpv,Ipv", (1, 1, 1, 1), {}),
        ("Ppv,Vpv,Ipv", (0.01, 1, 1, 1), {}),
        ("Ppv,Vpv,Ipv", (0.001, 1, 1, 0.5), {}),
        ("Ppv (W),Vpv,Ipv", (0.001, 1, 1, 1), {}),
        ("Ppv,Vpv,Ipv", (0.001, 1, 1, 1), {"power": "W"}),
    ],
)
def test_no_other_power_beside_the_product_is_refused(
    header: str, factors: tuple[float, float, float, float], units: dict[str, str]
) -> None:
    """The power is that of V · I, another one, another one in part, or its unit is stated."""
    channels = {name: {"unit": unit} for name, unit in units.items()}
    read = result(day(header, *generation(*factors)), profile(channels=channels))
    assert read.records_processed == 13


def of_days(form: str, days: list[tuple[int, int]]) -> str:
    """A row in each hour of these days: months and days of 2025."""
    dates = [form.format(*each) for each in days]
    rows = [f"{date} {hour:02}:00;{hour}" for date in dates for hour in range(24)]
    return "\n".join(["time;PV power (W)", *rows, ""])


def test_the_days_of_a_month_may_be_swapped_with_the_year_first_too() -> None:
    found = rejection(of_days("2025-{:02}-{:02}", [(month, 6) for month in range(1, 13)]))
    assert [way.label for way in found.candidates or ()] == ["%Y-%m-%d %H:%M", "%Y-%d-%m %H:%M"]


@pytest.mark.parametrize("form", ["2025-{1:02}-{0:02}", "2025/{1:02}/{0:02}", "2025.{1:02}.{0:02}"])
@pytest.mark.parametrize("count", [2, 3])
def test_two_days_that_follow_each_other_may_have_the_month_last(form: str, count: int) -> None:
    found = rejection(of_days(form, [(6, 10 + at) for at in range(count)]))
    assert found.code == "ambiguous_time"
    _, swapped = found.candidates or ()
    period = result(of_days(form, [(6, 10 + at) for at in range(count)]), chosen(swapped)).metrics.period
    assert str(period.start)[:10] == "2025-06-10"
    assert str(period.end)[:10] == f"2025-06-{9 + count}"


@pytest.mark.parametrize("day", [10, 11])
def test_a_few_days_may_be_swapped_beside_others_of_that_month(day: int) -> None:
    """The last days to the twelfth of January as 10/01, 11/01 and 12/01, and three days behind them."""
    swapped = [(one, 1) for one in range(day, 13)]
    found = rejection(of_days("{:02}/{:02}/2025", [*swapped, (1, 13), (1, 14), (1, 15)]))
    assert found.code == "ambiguous_time"
    assert f"{len(swapped)} days are the same one" in found.message


def test_the_first_of_two_months_beside_other_months_is_no_swapped_day() -> None:
    days = [(10, 1), (11, 1), (2, 13), (2, 14)]
    assert result(of_days("{:02}/{:02}/2025", days)).records_total == 96


def test_one_day_of_each_month_may_be_days_that_a_spreadsheet_has_swapped() -> None:
    """The first to the twelfth of June as 01/06 … 12/06, and the two days behind them as 06/13 and 06/14."""
    swapped = [(day, 6) for day in range(1, 13)]
    found = rejection(of_days("{:02}/{:02}/2025", [*swapped, (6, 13), (6, 14)]))
    assert found.code == "ambiguous_time"
    assert "11 days are the same one of months that follow each other" in found.message
    assert (found.candidates or [])[0].toml == ['csv.time_format = "%m/%d/%Y %H:%M"']


@pytest.mark.parametrize(
    ("form", "days"),
    [
        ("{1:02}.{0:02}.2025", [(6, day) for day in range(1, 25)]),
        ("{1:02}.{0:02}.2025", [(month, 15) for month in range(1, 9)]),
        ("2025-{:02}-{:02}", [(month, 1) for month in range(1, 9)]),
        ("2025-{:02}-{:02}", [(6, 10), (6, 11)]),
        ("2025-{:02}-{:02}", [(6, 30), (7, 1)]),
        ("2025/{:02}/{:02}", [(6, 6), (6, 7), (7, 6)]),
        ("2025-{:02}-{:02}", [(month, 13) for month in range(1, 9)]),
    ],
)
def test_other_days_are_no_question(form: str, days: list[tuple[int, int]]) -> None:
    assert result(of_days(form, days)).records_processed == 24 * len(days)
