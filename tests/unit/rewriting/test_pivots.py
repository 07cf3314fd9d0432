"""Tables with a time in the name of each column, and with a row for each year or quarter."""

import pytest

from tests.support.small_files import profile, rejection, result

MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
BY_MONTH = "".join(f"{name};{100 + at};{200 + at};{300 + 2 * at}\n" for at, name in enumerate(MONTHS))
BY_YEAR = "".join(f"{2022 + at};" + ";".join(map(str, range(100, 112))) + f";{1266 + at}\n" for at in (1, 2))
BY_HOUR = "".join(f"{at}:00,{at / 10},{at / 20}\n" for at in range(24))
INTERVALS = {"energy": {"column": "quantity of the interval", "unit": "kWh", "kind": "interval"}}


@pytest.mark.parametrize(
    ("text", "energy", "count", "start"),
    [
        (
            f"Haus 7\nMonat;2023 (kWh);2024 (kWh);Summe\n{BY_MONTH}Summe;1266;2466;3732\n",
            3732,
            24,
            "2023-01-01",
        ),
        (f";{';'.join(MONTHS)};Gesamt\n{BY_YEAR}", 2532, 24, "2023-01-01"),
        (f"Hour,2025-06-14,2025-06-15\n{BY_HOUR}", 41.4, 48, "2025-06-14"),
    ],
    ids=["years over months", "months over years", "days over hours"],
)
def test_each_cell_is_a_row(text: str, energy: float, count: int, start: str) -> None:
    stated = "quantity of the interval (kWh)" if "kWh" in text else "quantity of the interval"
    found = result(text, profile(channels={"energy": INTERVALS["energy"] | {"column": stated}}))
    assert found.metrics.total_energy_kwh == pytest.approx(energy)
    assert (found.records_processed, found.records_invalid) == (count, 0)
    assert str(found.metrics.period.start).startswith(start)


@pytest.mark.parametrize(
    ("text", "energy", "start"),
    [
        ("Quarter,Energy (kWh)\n2024-Q1,630\n2024-Q2,1630\n2024-Q3,1520\n2024-Q4,450\n", 4230, "2024-01-01"),
        ("Quartal;Ertrag (kWh)\nQ3 2024;630\nQ4 2024;1630\nQ1 2025;450\n", 2710, "2024-07-01"),
        ("Year,Energy (kWh)\n2015,4066\n2016,4000\n2017,4011\n2018,4022\n", 16099, "2015-01-01"),
        ('"Jahr";"Ertrag (kWh)"\n"2024";"4066"\n"2023";"4000"\n"2022";"4811"\n', 12877, "2022-01-01"),
    ],
)
def test_a_year_or_a_quarter_is_its_first_day(text: str, energy: float, start: str) -> None:
    found = result(text, profile(channels={"energy": {"kind": "interval"}}))
    assert (found.metrics.total_energy_kwh, found.records_invalid) == (energy, 0)
    assert str(found.metrics.period.start).startswith(start)


def test_numbers_that_may_be_years_are_none_without_a_name() -> None:
    rows = "".join(f"{2001 + at};2025-06-10 {at:02}:00;{at % 5}\n" for at in range(24))
    assert str(result("entry_id;time;Generated (W)\n" + rows).metrics.period.start) == "2025-06-10 00:00"
    assert rejection("Count;Energy (kWh)\n2001;4\n2002;5\n2003;4\n").code == "missing_columns"
