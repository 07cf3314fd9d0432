"""Temperatures, powers, energies and currents that may be in another unit than they seem to be."""

import math
import tomllib

import msgspec
import pytest

from processing.formats.known_format import Accepted, Fingerprint, KnownFormat
from processing.model.rejection import Rejection
from processing.model.result import Result
from tests.support.small_files import chosen, processed, profile, rejection, result

DAY = [
    (max(0.0, math.sin(math.pi * (at - 6) / 12)), 8 + 20 * max(0.0, math.sin(math.pi * (at - 7) / 12)))
    for at in range(24)
]
"""The sun and the temperature in °C of each hour."""


def hours(name: str, scale: float, offset: float, rows: int = 24) -> str:
    cells = (f"{4000 * sun:.1f},{degrees * scale + offset:.1f}" for sun, degrees in DAY[:rows])
    lines = (f"2025-04-15 {at:02}:00:00,{cell}" for at, cell in enumerate(cells))
    return "\n".join([f"Time,Pac (W),{name}", *lines, ""])


@pytest.mark.crossed
@pytest.mark.parametrize(
    ("scale", "offset", "units"),
    [(1.8, 32, ["°F", "°C", "no temperature"]), (1, 273.15, ["K", "no temperature"])],
)
@pytest.mark.parametrize("name", ["Temp", "Module temperature"])
def test_a_temperature_that_never_cools_down_is_asked_for(
    name: str, scale: float, offset: float, units: list[str]
) -> None:
    found = rejection(hours(name, scale, offset))
    assert (found.code, found.column) == ("unknown_unit", "temperature")
    assert [way.label for way in found.candidates or ()] == units
    unit = profile(channels={"temperature": {"unit": units[0]}})
    assert result(hours(name, scale, offset), unit).metrics.temperature.min == pytest.approx(8.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "scale", "offset", "rows"),
    [
        ("Temp", 1, 0, 24),
        ("Temp", 1, 35, 24),
        ("Temp (°C)", 1, 50, 24),
        ("Temp (K)", 1, 273.15, 24),
        ("Temp", 1, 50, 10),
    ],
)
def test_a_warm_day_a_stated_unit_and_a_few_hours_are_not(
    name: str, scale: float, offset: float, rows: int
) -> None:
    assert result(hours(name, scale, offset, rows)).records_invalid == 0


@pytest.mark.parametrize(
    ("name", "energies"),
    [
        ("Energy (kW)", {"power in kW": 14.0, "energy in kWh": 56.0}),
        ("Power (kWh)", {"energy in kWh": 56.0, "power in kW, limits unknown": 14.0}),
        ("PV power [Wh]", {"energy in Wh": 0.056, "power in W": 0.014}),
    ],
)
def test_a_name_and_a_unit_that_contradict_each_other_are_asked_for(
    name: str, energies: dict[str, float]
) -> None:
    sun = [(2 + at * at % 5 % 3) * (30 <= at < 50) for at in range(96)]
    quarters, hours = (
        "\n".join([f"time,{name}", *(f"{start + step * at},{one}" for at, one in enumerate(sun)), ""])
        for start, step in ((1_749_513_600, 900), (1_749_513_600, 3600))
    )
    found = rejection(quarters)
    assert f"the name {name!r} says" in found.message
    ways = found.candidates or ()
    assert {way.label: result(quarters, chosen(way)).metrics.total_energy_kwh for way in ways} == energies
    assert name == "PV power [Wh]" or result(hours).records_processed == 96, "an hour has one number of both"


def of_panel(names: str, volts: float, most: float, digits: int = 0, delimiter: str = ",") -> str:
    """A day of hours: the current rises to this one at noon and falls again."""
    cells = [
        f"{volts}{delimiter}{max(0.0, most * (1 - abs(hour - 12) / 6)):.{digits}f}" for hour in range(24)
    ]
    rows = [f"2025-06-10 {hour:02}:00{delimiter}{cell}" for hour, cell in enumerate(cells)]
    return "\n".join([f"time{delimiter}{names}", *rows, ""])


@pytest.mark.parametrize(
    ("names", "volts", "most", "digits", "delimiter"),
    [
        ("Upv,Ipv", 30.1, 650, 0, ","),
        ("Upv (V),Ipv", 30, 6600, 0, ","),
        ("Spannung;Strom", 18.5, 82.5, 1, ";"),
        ("PV voltage\tPV current", 310, 8200, 0, "\t"),
        ("voltage,current", 24, 650, 0, ","),
    ],
)
def test_a_current_without_a_unit_that_is_too_large_may_be_in_milliamperes(
    names: str, volts: float, most: float, digits: int, delimiter: str
) -> None:
    """The hours add up to six times the current of noon."""
    found = rejection(of_panel(names, volts, most, digits, delimiter))
    way = next(one for one in found.candidates or () if "mA" in one.label)
    read = result(
        of_panel(names, volts, most, digits, delimiter),
        chosen(way),
    )
    assert read.metrics.total_energy_kwh == pytest.approx(volts * 6 * most / 1e6, rel=0.01)


@pytest.mark.parametrize(
    ("names", "volts", "most"),
    [("Upv,Ipv (A)", 30, 650), ("Upv,Ipv A", 30, 65), ("Upv,Ipv", 30, 29), ("Vdc,Idc", 600, 95)],
)
def test_a_current_in_amperes_is_read(names: str, volts: float, most: float) -> None:
    assert result(of_panel(names, volts, most)).metrics.total_energy_kwh == pytest.approx(
        volts * 6 * most / 1000, rel=0.05
    )


@pytest.mark.parametrize(
    ("accepted", "scale", "digits", "found"),
    [
        ("kW", 1.0, 1, "reaches 4000 kW"),  # another device of the folder writes W
        ("W", 0.001, 3, "reaches 4 W"),
        ("W", 0.001, 2, "reaches 4 W"),
        ("kW", 0.001, 3, ""),
        ("kW", 0.1, 1, ""),
        ("W", 1.0, 1, ""),
        ("W", 0.004, 1, ""),  # a dark day
    ],
)
def test_a_format_of_the_site_does_not_read_numbers_of_another_unit(
    accepted: str, scale: float, digits: int, found: str
) -> None:
    columns = ("time", "PV power")
    known = KnownFormat("roof", "roof", Fingerprint(columns), {}, {"power": {"unit": accepted}})
    rows = (f"2025-04-15 {at:02}:00:00,{4000 * scale * sun:.{digits}f}" for at, (sun, _) in enumerate(DAY))
    text = "\n".join(["time,PV power", *rows, ""])
    read = processed(text, formats=[known])
    if not found:
        assert isinstance(read, Result), read
        return
    assert isinstance(read, Rejection)
    assert found in read.message
    assert (
        "data/profiles/roof.toml: if the file is of another logger, give it a folder of its own"
        in read.message
    )
    (way,) = read.candidates or ()
    same = msgspec.structs.replace(known, channels=tomllib.loads("\n".join(way.toml))["channels"])
    assert isinstance(processed(text, formats=[same]), Result)


@pytest.mark.parametrize(
    ("header", "unit", "kind"),
    [
        ("PV power", "kW", None),
        ("PV power", "W", None),
        ("Generation", "kWh", "interval"),
        ("Generation", "Wh", "interval"),
        ("Meter", "kWh", "counter"),
        ("Meter", "Wh", "counter"),
    ],
)
@pytest.mark.parametrize(
    ("weather", "of_unit", "is_read"),
    [(1.0, 1, True), (0.1, 1, True), (1.0, 1000, False), (0.2, 1000, False), (0.05, 1000, False)],
    ids=["sunny", "dark", "thousandfold", "cloudy", "dark thousandfold"],
)
def test_power_or_energy_in_another_unit_than_in_the_accepted_file_is_asked_for(
    header: str, unit: str, kind: str | None, weather: float, of_unit: float, *, is_read: bool
) -> None:
    """The plant gives up to 4 kW; its other device writes a thousand times as much, or as little."""
    keys = {"column": header, "unit": unit} | ({"kind": kind} if kind else {})
    known = KnownFormat(
        "roof", "roof", Fingerprint(("time", header)), {}, {"energy" if kind else "power": keys}
    )
    known = msgspec.structs.replace(known, accepted=Accepted(3900.0, 3 if unit.startswith("k") else 0))
    values = [round(4000 * weather * sun) for sun, _ in DAY]
    if kind == "counter":
        values = [2_345_000 + sum(values[:at]) for at in range(len(values))]
    times, is_large = of_unit, unit.startswith("k")
    cells = [value * (times if is_large else 1 / times) / (1000 if is_large else 1) for value in values]
    form = "{:.0f}" if (times == 1) != is_large else "{:.3f}"
    rows = (f"2025-04-15 {at:02}:00,{form.format(each)}" for at, each in enumerate(cells))
    read = processed("\n".join([f"time,{header}", *rows, ""]), formats=[known])
    assert isinstance(read, Result) == is_read, read


@pytest.mark.parametrize(("decimals", "is_read"), [(0, False), (1, True)])
@pytest.mark.parametrize("minutes", [5, 60])
def test_tenths_that_stay_low_are_in_another_unit_than_whole_watts(
    decimals: int, minutes: int, *, is_read: bool
) -> None:
    """The file ends with hours of zeros."""
    known = roof("power", "W", Accepted(40.0, decimals))
    times = (divmod(at, 60) for at in range(0, 1440, minutes))
    rows = (f"2025-04-15 {hour:02}:{at:02},{4 * DAY[hour][0] * (hour < 16):.1f}" for hour, at in times)
    text = "\n".join(["time,PV power", *(row.replace(",0.0", ",0") for row in rows), ""])
    assert isinstance(processed(text, formats=[known]), Result) == is_read


@pytest.mark.parametrize(
    ("decimals", "cell", "accepted_w", "is_read"),
    [
        (1, "{:.0f}", 9e4, False),
        (1, "{:.1f}", 9e4, True),
        (1, "{:.3g}", 9e4, True),  # without the zeros at the end
        (0, "{:.0f}", 9e4, True),
        (0, "{:.0f}", 4e3, False),
        (1, "{:.1f}", 2e3, False),
        (3, "{:.3f}", 8e2, True),  # the accepted day was one below snow
        (3, "{:.3f}", 2e2, False),
    ],
)
def test_numbers_in_w_are_unlike_those_in_accepted_kilowatts(
    decimals: int, cell: str, accepted_w: float, *, is_read: bool
) -> None:
    known = roof("power", "kW", Accepted(accepted_w, decimals))
    rows = (f"2025-04-15 {at:02}:00,{cell.format(97 * sun)}" for at, (sun, _) in enumerate(DAY))
    assert isinstance(processed("\n".join(["time,PV power", *rows, ""]), formats=[known]), Result) == is_read


@pytest.mark.parametrize(("scale", "is_read"), [(1000, True), (1, False)])
def test_a_current_in_another_unit_than_in_the_accepted_file_is_asked_for(
    scale: float, *, is_read: bool
) -> None:
    known = KnownFormat("roof", "roof", Fingerprint(("time", "U")), {}, {"current": {"unit": "mA"}})
    known = msgspec.structs.replace(known, accepted=Accepted(2000.0, 0))
    rows = (f"2025-04-15 {at:02}:00,230,{9 * sun * scale:.2f}" for at, (sun, _) in enumerate(DAY))
    assert isinstance(processed("\n".join(["time,U,Strom", *rows, ""]), formats=[known]), Result) == is_read


def roof(channel: str, unit: str, accepted: Accepted) -> KnownFormat:
    """Return a format that was accepted for a roof whose files have a column of this name."""
    known = KnownFormat("roof", "roof", Fingerprint(("time", "PV power")), {}, {channel: {"unit": unit}})
    return msgspec.structs.replace(known, accepted=accepted)


@pytest.mark.parametrize(
    ("names", "scales", "label"),
    [
        ("Time,Bus Voltage,Shunt Voltage,Current,Power", (1000, 1000), "mA and mW"),
        ("timestamp,bus_voltage,shunt_voltage,current,power", (1000, 1), "mA and W"),
        ("time,voltage (V),shunt (mV),current,power", (1, 1), "A and W"),
    ],
)
def test_units_beside_the_voltage_of_a_shunt_are_asked_for(
    names: str, scales: tuple[int, int], label: str
) -> None:
    """Twelve rows of 20 V and 2 A, five minutes apart, are 0.04 kWh."""
    amperes, watts = (2 * scales[0], 40 * scales[1])
    rows = "".join(f"2025-06-10 12:{5 * at:02},{20},{0.2},{amperes},{watts}\n" for at in range(12))
    found = rejection(f"{names}\n{rows}")
    assert found.code == "unknown_unit"
    (way,) = [one for one in found.candidates or [] if one.label.startswith(label)]
    assert result(f"{names}\n{rows}", chosen(way)).metrics.total_energy_kwh == pytest.approx(0.04)


@pytest.mark.parametrize("name", ["SmartShunt SOC", "SmartShunt voltage", "Shunt temperature", "shunt_state"])
def test_other_columns_of_a_shunt_leave_a_current_in_amperes(name: str) -> None:
    rows = "".join(f"2025-06-10 12:{5 * at:02},20,2,{12 + at}\n" for at in range(12))
    found = result(f"time,PV voltage,PV current,{name}\n{rows}")
    assert found.metrics.total_energy_kwh == pytest.approx(0.04)


@pytest.mark.parametrize("name", ["Vshunt", "shunt_mV", "Shunt_µV", "voltage_shunt", "shuntVoltage"])
def test_the_voltage_of_a_shunt_has_several_names(name: str) -> None:
    rows = "".join(f"2025-06-10 12:{5 * at:02},20,2000,{at}\n" for at in range(12))
    assert "beside the voltage of a shunt" in rejection(f"time,PV voltage,PV current,{name}\n{rows}").message


def test_a_current_with_a_unit_beside_a_shunt_is_read() -> None:
    rows = "".join(f"2025-06-10 12:{5 * at:02},20,0.2,2000\n" for at in range(12))
    found = result(f"time,voltage (V),shunt (mV),current (mA)\n{rows}")
    assert found.metrics.total_energy_kwh == pytest.approx(0.04)


METER = profile(channels={"energy": {"kind": "counter"}})


def hours_of_meter(start: float, first: int, digits: int, factor: float, *, reset: int = 96) -> list[str]:
    """Return four days of a meter in kWh; from this row on, with this factor and these decimals."""
    rows, total = [], start
    for at in range(96):
        total = start if at % reset == 0 else total
        cell = f"{total * factor:.{digits}f}" if at >= first else f"{total:.2f}"
        rows.append(f"2025-06-{10 + at // 24} {at % 24:02}:00,{cell}\n")
        total += max(0.0, 3 - abs(at % 24 - 12) / 2)
    return rows


@pytest.mark.crossed
@pytest.mark.parametrize(("start", "reset"), [(0, 96), (5_231.4, 96), (0, 24)])
@pytest.mark.parametrize("first", [39, 62, 90])
@pytest.mark.parametrize(("digits", "factor"), [(0, 1000), (5, 0.001)])
def test_a_meter_whose_unit_changes_is_asked_for(
    start: float, reset: int, first: int, digits: int, factor: float
) -> None:
    rows = hours_of_meter(start, first, digits, factor, reset=reset)
    found = rejection("".join(["time,Energy total (kWh)\n", *rows]), METER)
    said = "1000 times" if factor > 1 else "1/1000 of"
    assert f"the meter from line {first + 2} on shows {said} what it showed before" in found.message


@pytest.mark.parametrize("again", [0, 0.01, 2.5, 8.3, 50])
def test_a_meter_that_is_reset_has_one_unit(again: float) -> None:
    rows = hours_of_meter(5_231.4, 96, 0, 1)
    later = [row.replace("2025-06", "2025-07") for row in hours_of_meter(again, 96, 0, 1)]
    found = result("".join(["time,Energy total (kWh)\n", *rows, *later]), METER)
    assert found.metrics.total_energy_kwh == pytest.approx(2 * 72 + again)
