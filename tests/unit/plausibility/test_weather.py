"""Columns that only a letter names."""

import pytest

from tests.support.small_files import profile, rejection, result

HOURS = range(6, 20)


def file(header: str, row: str) -> str:
    """Return hours of a day: light in W/m² that rises until noon, wind in m/s, pressure in hPa."""
    lines = [
        row.format(
            t=f"2025-06-14 {at:02}:00", light=800 - 90 * abs(at - 13), wind=2 + at % 3, air=1010 + at / 10
        )
        for at in HOURS
    ]
    return "\n".join((header, *lines, ""))


@pytest.mark.parametrize(
    ("header", "row", "labels"),
    [
        ("Time,T,RH,P", "{t},24,68,{light}", ["power in W", "power in kW"]),
        ("Date,T,P", "{t},24,{air}", ["power in W", "power in kW"]),
        ("time,W,T,G", "{t},{wind},24,{light}", ["power in kW", "power in W"]),
        ("time,N,E,S,W", "{t},1,2,3,{light}", ["power in W", "power in kW"]),
        (
            "Time,T,V,I",
            "{t},24,{wind},{light}",
            ["voltage in V, current in A", "voltage in V, current in mA"],
        ),
        ("Time,u,i", "{t},{wind},{light}", ["voltage in V, current in A", "voltage in V, current in mA"]),
    ],
)
def test_letters_of_a_weather_station_are_a_question(header: str, row: str, labels: list[str]) -> None:
    found = rejection(file(header, row))
    assert found.code == "ambiguous_columns"
    assert [one.label for one in found.candidates] == labels


@pytest.mark.parametrize(
    ("header", "row", "kwh"),
    [
        ("Time,P,T,G", "{t},{light},24,{light}", 6.79),
        ("Time,V,I", "{t},{light},{wind}", 20.2),
        ("Time,W", "{t},{light}", 6.79),
        ("Time,T,RH,P (W)", "{t},24,68,{light}", 6.79),
    ],
)
def test_letters_that_fit_are_read(header: str, row: str, kwh: float) -> None:
    assert result(file(header, row)).metrics.total_energy_kwh == pytest.approx(kwh, abs=1e-6)


def test_a_profile_that_names_the_column_declares_it() -> None:
    named = profile(channels={"power": {"column": "P"}})
    assert result(file("Time,T,RH,P", "{t},24,68,{light}"), named).metrics.total_energy_kwh == pytest.approx(
        6.79
    )
