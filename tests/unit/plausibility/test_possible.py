"""Power above what is physically possible."""

import math

import pytest

from tests.support.small_files import profile, rejection, result


def day(*megawatts: float) -> str:
    rows = (f"2025-06-10T{at:02}:00:00,{one * 1e6:.0f}" for at, one in enumerate(megawatts))
    return "\n".join(["time,PV power", *rows, ""])


LARGE = day(*[0.0] * 4, *[2.0] * 6, *[27.0] * 6, *[0.0] * 4)


def test_a_power_above_what_is_possible_is_asked_for() -> None:
    found = rejection(LARGE)
    assert found.message.startswith("6 of 12 rows with power are above 10 MW")
    assert [(one.label, one.consequence) for one in found.candidates or ()] == [
        ("mW", "20 rows of 1 day, 174 kWh a day, most at 10 h, from 2025-06-10"),
        ("W as it is", "20 rows of 1 day, 174,000 kWh a day, most at 10 h, from 2025-06-10"),
    ]
    as_it_is = result(LARGE, profile(channels={"power": {"max": 1e8}}))
    assert as_it_is.metrics.total_energy_kwh == pytest.approx(6 * 2_000 + 6 * 27_000)


def test_a_fault_is_none() -> None:
    assert result(day(*[2.0] * 20, 27.0)).records_invalid == 1


@pytest.mark.parametrize(
    ("lowest", "end", "found"),
    [(-(2**15), 2**16, "the ends of numbers of 16 bits"), (0, 10_000, "falls from about 99")],
)
def test_power_beyond_the_numbers_of_a_logger_is_asked_for(lowest: int, end: int, found: str) -> None:
    """The plant has 47 kW at noon; an interpreter of the register takes more than 32767 as negative."""
    watts = [round(47_000 * math.sin(math.pi * at / 96)) for at in range(97)]
    cells = [(one - lowest) % end + lowest for one in watts]
    rows = (f"2025-06-10T{6 + at // 8:02}:{at % 8 * 7:02}:00,{one}" for at, one in enumerate(cells))
    assert found in rejection("\n".join(["time,Pac (W)", *rows, ""])).message


def test_a_battery_that_charges_and_discharges_has_both_signs() -> None:
    rows = (
        f"2025-06-10T{6 + at // 8:02}:{at % 8 * 7:02}:00,{32_000 * math.sin(at / 9):.0f}" for at in range(97)
    )
    found = result("\n".join(["time,Net power (W)", *rows, ""]))
    assert found.records_processed == 97
