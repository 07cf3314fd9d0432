"""Power factors beside voltage and current: V · I is then more than the power."""

import time

import pytest

from tests.support.small_files import chosen, profile, rejection, result


def hours(name: str, factors: list[float], delimiter: str = ",") -> str:
    """Hours of 230 V and 10 A, so 2.3 kVAh each, with a factor."""
    rows = [
        f"2025-06-10 {at:02}:00{delimiter}230{delimiter}10{delimiter}{each:g}"
        for at, each in enumerate(factors)
    ]
    head = delimiter.join(["time", "Voltage (V)", "Current (A)", name])
    return "\n".join([head, *rows, ""])


@pytest.mark.parametrize(
    ("name", "factor", "delimiter"),
    [("Power factor", 0.6, ","), ("PF", 60, ";"), ("cos φ", 0.6, "\t"), ("Leistungsfaktor", 60, ";")],
)
def test_a_power_factor_of_all_rows_may_be_multiplied(name: str, factor: float, delimiter: str) -> None:
    """Ten hours of 2.3 kW are 23 kWh, and 13.8 kWh with the factor."""
    found = rejection(text := hours(name, [factor] * 10, delimiter))
    assert found.code == "unknown_unit"
    ways = [chosen(way) for way in found.candidates or ()]
    assert [result(text, way).metrics.total_energy_kwh for way in ways] == pytest.approx([13.8, 23.0])
    assert rejection(hours(name, [factor / 2] * 10, delimiter), ways[0]).code == "unknown_unit"


@pytest.mark.parametrize(
    ("name", "factors", "delimiter"),
    [
        ("Power factor", [0.6, 0.8], ","),
        ("PF (%)", [60, 80], ";"),
        ("cosφ", [0.6, 0.8], "\t"),
        ("Power Factor (%)", [60, 80], ","),
        ("PF", [60, 80], ";"),
    ],
)
def test_a_power_factor_that_changes_may_be_multiplied(
    name: str, factors: list[float], delimiter: str
) -> None:
    """Five hours of 2.3 kVA · 0.6 and five of 2.3 kVA · 0.8 are 16.1 kWh."""
    text = hours(name, factors * 5, delimiter)
    found = rejection(text)
    assert "has the factors 0.6 and 0.8" in found.message
    ways = found.candidates or []
    assert [way.label for way in ways] == [
        f"Voltage (V) · Current (A) · {name}",
        "V · I without the power factor, which is too high, limits unknown",
    ]
    energies = [result(text, chosen(way)).metrics.total_energy_kwh for way in ways]
    assert energies == pytest.approx([16.1, 23.0])


def test_with_a_unit_that_a_profile_states_v_times_i_is_not_multiplied() -> None:
    amperes = profile(channels={"current": {"unit": "A", "limits": "unknown"}})
    found = rejection(hours("Power factor", [0.6, 0.8] * 5), amperes)
    assert "has the factors 0.6 and 0.8; multiply the values" in found.message
    assert len(found.candidates or ()) == 1


@pytest.mark.parametrize(("unit", "apparent", "name"), [("VA", 2300, "PF"), ("kVA", 2.3, "cos phi")])
def test_an_apparent_power_and_a_power_factor_are_offered_as_their_product(
    unit: str, apparent: float, name: str
) -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,{apparent},{0.6 + at % 2 * 0.2:.1f}\n" for at in range(10))
    text = f"time,Apparent power ({unit}),{name}\n{rows}"
    (way,) = rejection(text).candidates or ()
    assert result(text, chosen(way)).metrics.total_energy_kwh == pytest.approx(16.1)


def test_a_power_factor_is_not_offered_as_power() -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,0.{at}\n" for at in range(10))
    assert not rejection(f"time,Power factor\n{rows}").candidates


@pytest.mark.parametrize("factors", [[1.0] * 10, [0.995, 1.0] * 5, [0.0] * 10])
def test_a_power_factor_of_one_is_no_question(factors: list[float]) -> None:
    unknown = profile(channels={"voltage": {"limits": "unknown"}, "current": {"limits": "unknown"}})
    assert result(hours("Power factor", factors), unknown).metrics.total_energy_kwh == pytest.approx(23.0)


def test_beside_the_power_a_power_factor_is_no_question() -> None:
    text = hours("PF", [0.6] * 10).replace("Current (A)", "Pac (W)")
    unknown = profile(channels={"voltage": {"limits": "unknown"}})
    assert result(text, unknown).records_processed == 10


@pytest.mark.parametrize(
    ("lines", "key", "energy"),
    [
        (["Name,Time,PV", "Unit,,kW", "Factor,1,0.001"], "scale = 0.001", 4.6),
        (["Time,PV power", "Scale,0.01", "Unit,kW"], "scale = 0.01", 46.0),
        (["PV power of my roof in kW", "Time,PV power"], 'unit = "kW"', 4600.0),
        (["Unit: kW", "Time,PV power"], 'unit = "kW"', 4600.0),
        (["All powers in kilowatts", "Time,PV power"], 'unit = "kW"', 4600.0),
        (["Puissance en kW", "Time,PV power"], 'unit = "kW"', 4600.0),
        (["Unità = [kW]", "Time,PV power"], 'unit = "kW"', 4600.0),
        (["# kW", "Time,PV power"], 'unit = "kW"', 4600.0),
        (["PV power (kW)", "Time,PV power"], 'unit = "kW"', 4600.0),
        (["CT ratio: 200/5", "Time,PV power"], "scale = 40.0", 184.0),
        (["Primary/secondary: 200/5", "Time,PV power"], "scale = 40.0", 184.0),
        (["Meter 7; CT ratio: 200/5", "Time,PV power"], "scale = 40.0", 184.0),
        (["Meter: 7, phase 1, factor: 20, kW", "Time,PV power"], "scale = 20.0", 92.0),
        (["# multiplier = 10", "Time,PV power"], "scale = 10.0", 46.0),
        (["Wandlerfaktor 30", "Time,PV power"], "scale = 30.0", 138.0),
        (["Unit: 10 W", "Time,PV power"], "scale = 10.0", 46.0),
        (["All values are to be multiplied by 0,1", "Time,PV power"], "scale = 0.1", 0.46),
    ],
)
def test_a_line_above_the_rows_may_have_their_factor_or_unit(
    lines: list[str], key: str, energy: float
) -> None:
    """Ten hours of 460."""
    first = "," * (lines[0].count(",") - 1) if "Name" in lines[0] else ""
    rows = [f"{first}2025-06-10 {at:02}:00,460" for at in range(10)]
    found = rejection(text := "\n".join([*lines, *rows, ""]))
    assert found.code == "unknown_unit"
    way = next(one for one in found.candidates or () if f"channels.power.{key}" in one.toml)
    read = result(text, chosen(way))
    assert read.metrics.total_energy_kwh == pytest.approx(energy)


@pytest.mark.parametrize(
    "title",
    [
        "Power in kW/m²",
        "in kW",
        "PV power in W",
        "Days in kW",
        "Factor: 1",
        "Unit 2",
        "Inverter 3",
        "Interval: 15",
        "Meter 7; factor 1; phase 2",
        "Wandler: 12:00",
    ],
)
def test_a_title_beside_a_stated_unit_is_no_question(title: str) -> None:
    rows = [f"2025-06-10 {at:02}:00,460" for at in range(10)]
    text = "\n".join([title, "Time,PV power (W)", *rows, ""])
    assert result(text).metrics.total_energy_kwh == pytest.approx(4.6)


@pytest.mark.parametrize("line", ["System size (kW): 5", "Size (kW),5", "5 kW", "Inverter kW-5", "kWh kW"])
def test_a_size_above_names_is_no_unit(line: str) -> None:
    rows = [f"2025-06-10 {at:02}:00,460" for at in range(10)]
    read = result("\n".join([line, "Time,PV power", *rows, ""]))
    assert read.metrics.total_energy_kwh == pytest.approx(4.6)


@pytest.mark.crossed
@pytest.mark.parametrize("name", ["Duration (min)", "Dauer [s]", "duration_h"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_durations_beside_a_power_are_asked_for(name: str, delimiter: str) -> None:
    rows = [f"2025-06-10 {hour:02}:00{delimiter}{hour + 5}{delimiter}900" for hour in range(10)]
    text = "\n".join([delimiter.join(("Start", name, "Average power (W)")), *rows, ""])
    found = rejection(text)
    assert (found.code, "multiply both to an energy" in found.message) == ("ambiguous_columns", True)
    (way,) = found.candidates or ()
    changed = chosen(way)
    assert result(text, changed).metrics.total_energy_kwh == 9.0
    same = "\n".join(line.replace(f"{delimiter}{at + 4}{delimiter}", f"{delimiter}60{delimiter}")
                     for at, line in enumerate(text.splitlines()))  # fmt: skip
    assert result(same).metrics.total_energy_kwh == 9.0


@pytest.mark.parametrize(
    ("names", "exponent", "factor"),
    [(("Pac", "Pac_SF"), -1, 0.1), (("Pac (W)", "Exponent"), 2, 100.0), (("Pac", "Scale factor"), -1, 0.1)],
)
def test_a_power_of_ten_beside_the_power_is_asked_for(
    names: tuple[str, str], exponent: int, factor: float
) -> None:
    """Ten hours of 2,000 are 20 kWh."""
    rows = [f"2025-06-10 {at:02}:00,2000,{exponent}" for at in range(10)]
    found = rejection(text := "\n".join([",".join(("time", *names)), *rows, ""]))
    assert found.code == "unknown_unit"
    assert f"{names[1]!r} has a power of ten, which may or may not be in the values" in found.message
    ways = [chosen(way) for way in found.candidates or ()]
    energies = [result(text, way).metrics.total_energy_kwh for way in ways]
    assert energies == pytest.approx([20.0 * factor, 20.0])


def test_powers_of_ten_of_other_columns_and_of_zero_are_no_question() -> None:
    rows = [f"2025-06-10 {at:02}:00,2000,0,2301,-1" for at in range(10)]
    text = "\n".join(["time,Pac,Pac_SF,Hz,Hz_SF", *rows, ""])
    assert result(text).metrics.total_energy_kwh == pytest.approx(20.0)


def test_a_power_of_ten_that_changes_is_asked_for() -> None:
    rows = [f"2025-06-10 {at:02}:00,2000,{-(at % 2)}" for at in range(10)]
    found = rejection("\n".join(["time,Pac (W),Pac (W) SF", *rows, ""]))
    assert [way.label for way in found.candidates or ()] == ["as it is"]


def test_a_ratio_to_zero_is_no_factor() -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,2000\n" for at in range(10))
    assert result(f"CT ratio: 200/0\ntime,Pac (W)\n{rows}").metrics.total_energy_kwh == 20.0


def test_the_question_names_the_column_with_the_powers_of_ten_of_what_is_read() -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,500,-1,2000,-1\n" for at in range(10))
    found = rejection(f"time,Hz,Hz_SF,Pac,Pac_SF\n{rows}")
    assert found.message.startswith("the column 'Pac_SF' has a power of ten")


def test_a_long_line_above_the_rows_takes_little_time() -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,2000\n" for at in range(10))
    text = f"{'(' * 20_000} a\ntime,Pac\n{rows}"
    start = time.process_time()
    assert result(text).metrics.total_energy_kwh == 20.0
    assert time.process_time() - start < 1
