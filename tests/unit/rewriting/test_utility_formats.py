"""The records of NEM12, and sections for each day and flow of energy."""

import pytest

from processing.model.rejection import Rejection
from processing.rewriting.utility_formats import steps_of_flows
from tests.support.small_files import profile, rejection, result

HOURS = [f"{hour % 10}.5" for hour in range(24)]
"""Their sum is 24 · 0.5 + 45 + 45 + 6 = 108."""
OF_INTERVALS = profile(channels={"energy": {"kind": "interval"}})


def nem12(unit: str, values: list[str], register: str = "E1", days: tuple[int, int] = (10, 11)) -> str:
    minutes = 1440 // len(values)
    head = f"200,6001234567,E1B1,{register},{register},N1,METER,{unit},{minutes},20250101\n"
    rows = "".join(f"300,202506{day},{','.join(values)},A,,,20250616,\n" for day in days)
    return f"{head}{rows}400,1,24,A,,\n500,O,S01,20250616,\n"


@pytest.mark.parametrize(("unit", "factor"), [("KWH", 1.0), ("WH", 0.001)])
def test_the_records_of_nem12_are_energies_of_intervals(unit: str, factor: float) -> None:
    text = (
        "100,NEM12,202506161200,MDP,RETAILER\n" + nem12(unit, HOURS) + nem12("KVARH", HOURS, "Q1") + "900\n"
    )
    found = result(text)

    assert found.metrics.total_energy_kwh == pytest.approx(216 * factor)
    assert (found.records_total, found.metrics.period.start) == (48, "2025-06-10T00:00")


def test_equal_energies_of_nem12_are_those_of_intervals_too() -> None:
    found = result("100,NEM12,202506161200,MDP,RETAILER\n" + nem12("WH", ["3333"] * 24) + "900\n")

    assert found.metrics.total_energy_kwh == pytest.approx(48 * 3.333)


def test_registers_of_nem12_are_offered() -> None:
    found = rejection(
        "100,NEM12,202506161200,MDP,RETAILER\n" + nem12("KWH", HOURS) + nem12("KWH", HOURS, "B1")
    )

    assert isinstance(found, Rejection)
    assert [(one.label, one.consequence[:30]) for one in found.candidates or []] == [
        ("E1", "48 rows of 2 days, 108 kWh a d"),
        ("B1", "48 rows of 2 days, 108 kWh a d"),
    ]


@pytest.mark.parametrize("is_finer_later", [True, False])
def test_a_meter_of_nem12_may_change_its_interval(is_finer_later: bool) -> None:  # noqa: FBT001 - a case
    halves = [f"{float(one) / 2}" for one in HOURS for _ in range(2)]
    first, later = (HOURS, halves) if is_finer_later else (halves, HOURS)
    text = "100,NEM12,202506161200,MDP,RETAILER\n" + nem12("KWH", first) + nem12("KWH", later, days=(12, 13))
    found = result(text, OF_INTERVALS)

    assert found.metrics.total_energy_kwh == pytest.approx(4 * 108)
    assert (found.records_processed, found.records_invalid) == (2 * 24 + 2 * 48, 0)
    assert (found.metrics.period.end or "")[:10] == "2025-06-13"


def test_a_day_of_nem12_that_was_cut_is_no_day() -> None:
    text = "100,NEM12,202506161200,MDP,RETAILER\n" + nem12("KWH", HOURS)
    found = result(text.replace(",9.5,", ",", 1).replace(",A,,,20250616,", "", 1), OF_INTERVALS)

    assert (found.records_processed, found.records_invalid) == (24, 24)
    assert {(one.line, one.cell) for one in found.rejected_rows} == {(3, "not 24 values but 23")}


def test_records_of_nem12_show_their_interval_if_it_is_not_stated() -> None:
    text = "100,NEM12,202506161200,MDP,RETAILER\n" + nem12("KWH", HOURS)
    other = nem12("KWH", HOURS, "B1").replace(",KWH,60,", ",KWH,,")

    assert [one.label for one in rejection(text + other).candidates or ()] == ["E1", "B1"]


SECTIONS = "".join(
    f"Data for period starting: {day} 00:00:00 for 2 hours,,\r\n"
    f"Energy \u00a0{flow} time period,Usage {flow}(Real energy in kilowatt-hours),Reading quality\r\n"
    + "".join(
        f"{day} {hour:02}:00:00\u00a0to {day} {hour + 1:02}:00:00,{0.25 * (hour - first):.3f},\r\n"
        for hour in (10, 11, 12)
    )
    for day in ("2025-06-10", "2025-06-11")
    for flow, first in (("Delivered", 6), ("Received", 2))
)
FLOWS = "Energy Usage Information,,\r\nType of readings: Electricity,,\r\n,,\r\n" + SECTIONS


def test_each_flow_of_a_file_with_two_is_offered() -> None:
    found = rejection(FLOWS)
    assert (found.code, [one.label for one in found.candidates or ()]) == (
        "several_devices",
        ["Delivered", "Received"],
    )
    one = result(FLOWS, profile(csv={"where": {"column": "register", "is": "Received"}}))
    assert (one.records_invalid, one.records_total, one.metrics.total_energy_kwh) == (0, 6, 13.5)


def test_a_file_read_twice_has_its_names_both_times_and_one_flow_is_left_as_it_is() -> None:
    (step,) = steps_of_flows(FLOWS.encode())
    assert step(FLOWS.encode()) == step(FLOWS.encode())
    assert b"time period,Usage (Real energy in kilowatt-hours),Reading quality,register\n" in step(
        FLOWS.encode()
    )
    assert not steps_of_flows(FLOWS.replace("Received", "Delivered").encode())
