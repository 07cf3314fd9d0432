"""Power above what is physically possible, or of an unusual sign."""

import math
from collections.abc import Callable

import pytest

from processing.formats.known_format import Fingerprint, KnownFormat
from processing.model.rejection import Rejection
from tests.support.small_files import SUN, chosen, half_hours, processed, profile, rejection, result


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


def test_a_unit_that_a_profile_sets_is_certain() -> None:
    found = rejection(LARGE, profile(channels={"power": {"unit": "W"}}))
    assert [one.label for one in found.candidates or ()] == ["W as it is"]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Pac (kW)", ["1e308", "-1.7E+308"]),
        ("Pac (W)", ["1.7E+308", "5"]),
        ("PV power (MW)", ["1e303", "1e304"]),
    ],
)
def test_readings_at_the_end_of_the_numbers_of_a_computer_are_no_error(header: str, cells: list[str]) -> None:
    rows = (f"2025-06-10 {hour:02}:00,{cells[hour % 2]}\n" for hour in range(16))
    assert rejection(f"time,{header}\n{''.join(rows)}").code == "outside_limits"


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


def rising(header: str, template: str, hours: int = 24) -> str:
    """A meter that shows 100 more at the end of each hour of light, twelve times a day."""
    shown = [15_000 + 100 * min(max(hour - 6, 0), 12) for hour in range(hours)]
    rows = (template.format(clock=f"{hour:02}:00", n=each) for hour, each in enumerate(shown))
    return "\n".join([header, *rows, ""])


@pytest.mark.parametrize(
    ("header", "template"),
    [
        ("time,Pac", "2025-06-10T{clock},{n}"),
        ("Zeit;PV power;n", "10.06.2025 {clock};{n},0;7"),
        ("time\tPower output\tTemp", "2025-06-10 {clock}\t{n}.00\t21"),
    ],
)
def test_a_power_that_rises_and_never_falls_may_be_a_meters_total(header: str, template: str) -> None:
    text = rising(header, template)
    found = rejection(text)
    assert "rises in 12 rows and never falls: is it a meter's total?" in found.message
    labels = [one.label for one in found.candidates or ()]
    assert sorted(labels) == ["a meter's total in Wh", "a meter's total in kWh", "power as it is"]
    energies = {
        one.label: result(text, chosen(one)).metrics.total_energy_kwh for one in found.candidates or ()
    }
    assert energies["a meter's total in Wh"] == pytest.approx(1.2)
    assert energies["power as it is"] == pytest.approx(24 * 15 + 0.1 * sum(range(12)) + 1.2 * 6)


@pytest.mark.parametrize("days", [1, 3])
@pytest.mark.parametrize("hours", [range(24), range(5, 21)])
@pytest.mark.parametrize("header", ["time,Pac", "time,PV power"])
def test_a_power_that_falls_to_zero_once_a_day_and_else_rises_may_be_a_total_of_the_day(
    days: int, hours: range, header: str
) -> None:
    made = [round(2500 * (1 - math.cos(math.pi * min(max(hour - 6, 0) / 12, 1)))) for hour in hours]
    rows = [
        f"2025-06-{1 + day:02}T{hour:02}:00,{n}"
        for day in range(days)
        for hour, n in zip(hours, made, strict=True)
    ]
    text = "\n".join([header, *rows, ""])
    ways = {one.label: chosen(one) for one in rejection(text).candidates or ()}
    energy = result(text, ways["a meter's total in Wh"]).metrics.total_energy_kwh
    assert energy == pytest.approx(days * 5, rel=0.01)


@pytest.mark.parametrize("header", ["time,Pac", "time,PV power (W)"])
def test_a_total_in_the_folder_of_a_power_whose_unit_is_known_is_asked_for(header: str) -> None:
    known = KnownFormat("roof", "roof", Fingerprint(tuple(header.split(","))), {}, {"power": {"unit": "W"}})
    found = processed(rising(header, "2025-06-10T{clock},{n}"), formats=[known])
    assert isinstance(found, Rejection)
    assert "is it a meter's total?" in found.message
    assert "data/profiles/roof.toml" in found.message


def test_a_power_that_rises_in_the_morning_is_one() -> None:
    assert result(rising("time,Pac", "2025-06-10T{clock},{n}", 18)).records_processed == 18
    morning = [f"2025-06-10T{hour:02}:00,{max(0, hour - 5) * 100}" for hour in range(14)]
    assert result("\n".join(["time,Pac", *morning, ""])).records_processed == 14


def test_a_battery_that_charges_and_discharges_has_both_signs() -> None:
    rows = (
        f"2025-06-10T{6 + at // 8:02}:{at % 8 * 7:02}:00,{32_000 * math.sin(at / 9):.0f}" for at in range(97)
    )
    found = result("\n".join(["time,Net power (W)", *rows, ""]))
    assert found.records_processed == 97


@pytest.mark.parametrize(
    ("header", "cell", "name"),
    [
        ("PV power (W)", "{p:.1f}", "power"),
        ("power", "{p:.1f}", "power"),
        ("Leistung (kW)", "{k:.4f}", "power"),
        ("Voltage;Current", "24;{a:.3f}", "current"),
    ],
)
def test_power_of_another_sign_is_refused_with_both_readings(header: str, cell: str, name: str) -> None:
    cells = (cell.format(p=-200 * sun, k=-sun / 5, a=-200 * sun / 24) for sun in SUN)
    content = half_hours(header, cells)
    found = rejection(content)
    assert (found.code, found.column) == ("outside_limits", name)
    turned, kept = found.candidates or ()
    assert turned.toml == [f"channels.{name}.scale = -1.0"]
    for way, sign in ((turned, 1), (kept, -1)):
        whole = sign * 0.1 * sum(SUN)
        found_now = result(content, chosen(way))
        assert found_now.metrics.total_energy_kwh == pytest.approx(whole, abs=2e-3)
        assert found_now.profile.night_floor_w <= 8


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_a_load_beside_what_the_plant_gives_is_no_other_sign(share: float) -> None:
    rows = [f"2025-06-10 {at // 2:02}:{at % 2 * 30:02}:00;{900 * sun - 60}" for at, sun in enumerate(SUN)]
    content = "\n".join(["time;PV power (W)", *rows[int(48 * share) :], ""])
    assert result(content).records_processed == 48 - int(48 * share)


def watts(at: int, turn: int) -> float:
    return (3000 * SUN[at] + at % 5) * (-1 if at >= turn else 1)


@pytest.mark.parametrize("header", ["Pac (W)", "Pac (kW)"])
def test_a_sign_that_turns_at_full_power_is_asked_for(header: str) -> None:
    scale = 1000 if "k" in header else 1
    content = half_hours(header, (f"{watts(at, 23) / scale:.4f}" for at in range(48)))
    found = rejection(content)
    assert (found.code, found.line) == ("outside_limits", 25)
    (way,) = found.candidates or ()
    assert result(content, chosen(way)).records_processed == 48


def test_power_that_is_exported_and_imported_has_two_signs() -> None:
    import_at_night = [f"{3000 * sun - 400 - 30 * (at % 7):.0f}" for at, sun in enumerate(SUN)]
    assert result(half_hours("Net power (W)", import_at_night)).records_processed == 48
    often = [f"{watts(at, 23) * (1 if at % 8 else -1):.1f}" for at in range(48)]
    assert result(half_hours("Pac (W)", often)).records_processed == 48


def reversed_at_noon(name: str) -> str:
    """A day of quarters of an hour with an hour of negative power at noon."""
    power = [0] * 24 + [500 + at for at in range(20)] + [-900 - at for at in range(8)] + [400] * 20 + [0] * 24
    rows = (f"2025-06-10 {at // 4:02}:{at % 4 * 15:02},{cell}\n" for at, cell in enumerate(power))
    return f"time,{name}\n{''.join(rows)}"


@pytest.mark.parametrize("name", ["PV power (W)", "Solar (W)", "Erzeugung [W]"])
def test_negative_power_of_what_a_plant_makes_is_asked_for(name: str) -> None:
    found = rejection(text := reversed_at_noon(name))
    assert f"{name!r} is negative in 8 of 96 rows" in found.message
    as_it_is, without = (result(text, chosen(way)) for way in found.candidates or ())
    given = sum(500 + at for at in range(20)) + 400 * 20
    assert as_it_is.metrics.total_energy_kwh == pytest.approx((given - 8 * 900 - 28) / 4000)
    assert (without.metrics.total_energy_kwh, without.records_invalid) == (pytest.approx(given / 4000), 8)


@pytest.mark.parametrize(("peak", "draw"), [(500, 20), (100, 5), (60, 3), (2500, 90)])
def test_what_an_inverter_draws_at_night_is_no_question(peak: float, draw: float) -> None:
    watts = [peak * sun if peak * sun > draw else -draw - at % 5 / 2 for at, sun in enumerate(SUN)]
    found = result(half_hours("PV power (W)", (f"{one:.1f}" for one in watts)))
    assert found.records_invalid == 0
    assert found.metrics.total_energy_kwh == pytest.approx(sum(watts) / 2000, abs=1e-3)


def test_a_sensor_that_is_reversed_for_a_time_is_asked_about_beside_what_an_inverter_draws() -> None:
    watts = [500 * sun * (-1 if 20 < at < 28 else 1) if sun else -5 for at, sun in enumerate(SUN)]
    found = rejection(half_hours("PV power (W)", (f"{one:.1f}" for one in watts)))
    assert "was the sensor reversed for a time?" in found.message


@pytest.mark.parametrize("name", ["Pac (W)", "Grid power (W)", "Solar and grid (W)"])
def test_negative_power_of_other_names_is_read(name: str) -> None:
    assert result(reversed_at_noon(name)).records_invalid == 0


@pytest.mark.parametrize("reversed_days", [{3}, {0}, {1}, {1, 3}, {2, 3}])
@pytest.mark.parametrize(
    ("header", "cell", "night"),
    [
        ("time,Pac (W)", "{p:.0f}", 0),
        ("Zeit;Leistung (kW)", "{k:.3f}", -4),
        ("time,Upv (V),Ipv (A)", "230,{i:.2f}", 0),
    ],
)
def test_a_sensor_that_is_reversed_on_some_days_is_asked_about(
    header: str, cell: str, night: float, reversed_days: set[int]
) -> None:
    found = rejection(of_days(header, cell, night, lambda day, _: -1 if day in reversed_days else 1))
    assert found.message.startswith("the sign of the power turns in line ")


def test_a_sensor_that_is_reversed_in_the_afternoons_is_asked_about() -> None:
    assert (
        "turns in line 26"
        in rejection(of_days("time,Pac (W)", "{p:.0f}", 0, lambda _, at: -1 if at >= 24 else 1)).message
    )


@pytest.mark.parametrize(
    "sign",
    [
        lambda _, at: -1 if at < 16 or at > 32 else 1,  # a battery, in each day
        lambda day, at: -1 if day == 1 and at % 7 == 0 else 1,
    ],
)
def test_power_of_both_signs_on_a_day_is_that_of_a_battery_or_a_house(
    sign: Callable[[int, int], int],
) -> None:
    assert result(of_days("time,Net power (W)", "{p:.0f}", 0, sign, shift=300)).records_processed == 192


@pytest.mark.parametrize(
    ("header", "cell", "channel"),
    [
        ("time,Pac (W)", "{p:.0f}", "power"),
        ("time,Upv (V),Ipv (A)", "230,{i:.2f}", "current"),
        ("time,Ertrag (kWh)", "{k:.3f}", "energy"),
    ],
)
def test_a_sign_that_a_profile_turns_and_a_file_has_not_is_asked_about(
    header: str, cell: str, channel: str
) -> None:
    turned, positive = profile(channels={channel: {"scale": -1.0}}), of_days(header, cell, 0, lambda *_: 1)
    assert result(of_days(header, cell, 0, lambda *_: -1), turned).metrics.total_energy_kwh > 0
    way, _ = rejection(positive, turned).candidates or ()
    assert way.toml == [f"channels.{channel}.scale = 1.0"]


def of_days(header: str, cell: str, night: float, sign: Callable[[int, int], int], shift: float = 0) -> str:
    """Return four days of half hours with up to 4 kW, whose sign depends on the day and the half hour."""
    separator, rows = ";" if ";" in header else ",", []
    for at in range(4 * 48):
        day, half = divmod(at, 48)
        power = sign(day, half) * (4000 * SUN[half] * (1 - day / 9) + shift) if SUN[half] or shift else night
        values = cell.format(p=power, k=power / 1000, i=power / 230)
        rows.append(f"2025-06-{10 + day} {half // 2:02}:{half % 2 * 30:02}{separator}{values}")
    return "\n".join([header, *rows, ""])
