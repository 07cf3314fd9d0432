"""Sections for each day and flow of energy."""

from processing.rewriting.flow_sections import steps_of_flows
from tests.support.small_files import profile, rejection, result

DAYS = "".join(
    f"Data for period starting: {day} 00:00:00 for 2 hours,,\r\n"
    f"Energy \u00a0{flow} time period,Usage {flow}(Real energy in kilowatt-hours),Reading quality\r\n"
    + "".join(
        f"{day} {hour:02}:00:00\u00a0to {day} {hour + 1:02}:00:00,{0.25 * (hour - first):.3f},\r\n"
        for hour in (10, 11, 12)
    )
    for day in ("2025-06-10", "2025-06-11")
    for flow, first in (("Delivered", 6), ("Received", 2))
)
TEXT = "Energy Usage Information,,\r\nType of readings: Electricity,,\r\n,,\r\n" + DAYS


def test_each_flow_of_a_file_with_two_is_offered() -> None:
    found = rejection(TEXT)
    assert (found.code, [one.label for one in found.candidates or ()]) == (
        "several_devices",
        ["Delivered", "Received"],
    )
    one = result(TEXT, profile(csv={"where": {"column": "register", "is": "Received"}}))
    assert (one.records_invalid, one.records_total, one.metrics.total_energy_kwh) == (0, 6, 13.5)


def test_a_file_read_twice_has_its_names_both_times_and_one_flow_is_left_as_it_is() -> None:
    (step,) = steps_of_flows(TEXT.encode())
    assert step(TEXT.encode()) == step(TEXT.encode())
    assert b"time period,Usage (Real energy in kilowatt-hours),Reading quality,register\n" in step(
        TEXT.encode()
    )
    assert not steps_of_flows(TEXT.replace("Received", "Delivered").encode())
