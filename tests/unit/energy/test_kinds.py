"""What an energy column is, and the energy from each row to the next."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from processing.energy.counters import fallen_rows
from processing.energy.kinds import (
    energies,
    kind_of,
    may_be_intervals,
    names_total_of_day,
    totals_of,
)
from processing.model.rejection import RejectedFileError
from tests.support.small_files import chosen, half_hours, profile, rejection, result

KINDS = ["counter, a meter's total", "interval, the energy of each row"]


def test_a_total_is_far_above_what_it_gains() -> None:
    assert kind_of(np.array([1000.0, 1000.01, np.nan, 1000.02]), None) == "counter"


def test_zeros_are_no_energy_whatever_their_kind() -> None:
    assert kind_of(np.array([0.0, np.nan, 0.0, 0.0]), None) == "interval"


def test_values_that_fall_are_energies_of_intervals() -> None:
    assert kind_of(np.array([5.0, 9.0, 10.0, 8.0, 4.0]), None) == "interval"


@pytest.mark.parametrize(
    "values", [[5.0] * 9 + [4.9, 5.0], [1000.0, 1001.0, 1002.0, 655350.0, 1003.0, 1004.0]]
)
def test_one_odd_value_decides_nothing(values: list[float]) -> None:
    with pytest.raises(RejectedFileError):
        kind_of(np.array(values), None)


def test_values_that_rise_from_zero_may_be_either() -> None:
    with pytest.raises(RejectedFileError, match=r"channels\.energy\.kind") as caught:
        kind_of(np.array([0.0, 1.0, 2.0, 3.0]), None)
    assert [one.label for one in caught.value.choices] == KINDS
    assert kind_of(np.array([0.0, 1.0, 2.0, 3.0]), "counter") == "counter"


def test_a_counter_counts_differences_and_all_that_it_shows_behind_a_reset() -> None:
    counted = energies(np.array([1000.0, 1004.0, 1.0, 3.0]), "counter")
    assert counted[:-1].tolist() == [4.0, 1.0, 2.0]
    assert np.isnan(counted[-1])


@pytest.mark.parametrize(
    ("values", "counted"),
    [
        ([65400.0, 65500.0, 64.0, 164.0], 36 + 64.0),
        ([9999400.0, 9999800.0, 200.0, 600.0], 200 + 200.0),
        ([6552000.0, 6553500.0, 500.0, 600.0], 100 + 500.0),
        ([32600.0, 32700.0, 40.0, 140.0], 68 + 40.0),
        ([4294800.0, 4294900.0, 20.0, 120.0], 67.296 + 20.0),  # 32 bits, in mWh
        ([9800.0, 9900.0, 9900.0, 50.0], 50.0),
        ([5000.0, 5100.0, 30.0, 60.0], 30.0),
        ([9990.0, 5.0, 30.0], 5.0),
    ],
)
def test_a_counter_that_rolls_over_counts_up_to_its_end(values: list[float], counted: float) -> None:
    step = next(at for at, (one, other) in enumerate(pairwise(values)) if other < one)
    assert energies(np.array(values), "counter")[step] == pytest.approx(counted)


@pytest.mark.parametrize(
    ("values", "counted"),
    [
        ([3700.0, 7400.0, 11100.0, 14800.0, 0.0], 0.0),  # 2^24 mWh are 16777 Wh
        ([12300.0, 14400.0, 16500.0, 0.0], 0.0),
        ([59200.0, 61700.0, 64200.0, 1500.0, 3900.0], 1336 + 1500.0),
    ],
)
def test_a_counter_that_begins_at_zero_did_not_overflow_and_one_that_goes_on_did(
    values: list[float], counted: float
) -> None:
    step = next(at for at, (one, other) in enumerate(pairwise(values)) if other < one)
    assert energies(np.array(values), "counter")[step] == pytest.approx(counted)


def test_a_counter_of_16_bits_that_overflows_in_large_steps_counts_all() -> None:
    """Hours of 0 to 3000 Wh, for 30 days."""
    made = np.tile(np.maximum(0, np.sin(np.pi * (np.arange(24) - 6) / 12)) * 3000 // 1, 30)
    shown = (60_000 + np.cumsum(made)) % 65_536
    assert np.count_nonzero(shown[1:] < shown[:-1]) > 8
    assert np.nansum(energies(shown, "counter")) == made[1:].sum()
    assert fallen_rows(shown) is None


@pytest.mark.parametrize("rows", [3, 4, 12])
def test_a_total_of_each_hour_may_be_restarting(rows: int) -> None:
    made = np.maximum(0, np.sin(np.pi * np.arange(24 * rows) / (24 * rows))) * 100
    shown = np.array([made[at - at % rows : at + 1].sum() for at in range(len(made))])
    with pytest.raises(RejectedFileError) as caught:
        kind_of(shown, None, step=3600 / rows)
    kinds = [one.changes["channels"]["energy"]["kind"] for one in caught.value.choices]
    assert kinds == ["restarting", "counter", "interval"]
    assert np.nansum(energies(shown, "restarting")) == pytest.approx(made[1:].sum())
    assert totals_of(shown, ["restarting"]) == {"restarting": pytest.approx(made[1:].sum())}


def test_a_total_that_is_zero_at_the_beginning_of_each_hour_is_that_of_a_counter() -> None:
    """What it would have shown then is unknown."""
    made = np.full(288, 100.0)
    shown = np.array([made[at - at % 12 + 1 : at + 1].sum() for at in range(288)])
    assert np.nansum(energies(shown, "counter")) == 100 * 11 * 24


def test_energies_of_changing_weather_do_not_begin_again() -> None:
    weather = np.array([50 + 40 * math.sin(at * at) for at in range(200)])
    loads = np.array([2000.0 if at % 7 == 3 else 30.0 + at % 5 for at in range(200)])
    clear = np.tile(np.maximum(0, np.sin(np.pi * (np.arange(96) - 24) / 48)) * 900, 5)
    saw = np.array([5.0 + at * 7 % 40 for at in range(200)])
    assert [kind_of(each, None, step=900) for each in (weather, loads, clear, saw)] == ["interval"] * 4


def test_a_total_of_each_session_may_be_restarting() -> None:
    """Charged with 300 Wh in each row, in four sessions, with pauses that keep the total."""
    sessions = [
        np.append(300.0 * np.arange(1, rows + 1), np.full(30, 300.0 * rows)) for rows in (20, 35, 15, 15)
    ]
    shown = np.concatenate(sessions)
    with pytest.raises(RejectedFileError) as caught:
        kind_of(shown, None, step=300)
    assert caught.value.choices[0].changes == {"channels": {"energy": {"kind": "restarting"}}}
    assert np.nansum(energies(shown, "restarting")) == 300 * (20 + 35 + 15 + 15 - 1)


@pytest.mark.parametrize("rises", [41_000, 2_000])
def test_a_meter_that_was_exchanged_for_one_that_shows_more_goes_on(rises: int) -> None:
    """A day of quarters of an hour: 10 MW would be 2,500 kWh in one of them."""
    made = np.maximum(0, np.sin(np.pi * (np.arange(96) - 24) / 48)) * 0.75
    shown = 12_345 + np.cumsum(made)
    shown[40:] += rises
    rows = "".join(f"2025-06-10 {at // 4:02}:{at % 4 * 15:02},{one:.3f}\n" for at, one in enumerate(shown))
    found = result(f"time,Total energy (kWh)\n{rows}")
    is_exchanged = rises > 2_500
    counted = made[1:].sum() - made[40] if is_exchanged else made[1:].sum() + rises
    assert found.metrics.total_energy_kwh == pytest.approx(counted, abs=0.002)
    resets = [one.message for one in found.anomalies if one.check == "counter_reset"]
    assert [message[:12] for message in resets] == ["energy jumps"] * is_exchanged
    assert is_exchanged or "far_above_usual" in found.anomalies_by_check


def test_the_energy_of_an_interval_is_its_own() -> None:
    assert energies(np.array([5.0, 9.0]), "interval").tolist() == [5.0, 9.0]


def test_a_counter_that_is_off_at_times_is_a_counter() -> None:
    assert kind_of(np.array([0.0, *np.linspace(1800, 1801, 30), 0.0, 1801.5]), None) == "counter"
    assert kind_of(np.array([0.0, 5.0, 0.0, 4.0, 0.0, 6.0, 3.0, 0.0]), None) == "interval"


NOON = 400 * np.sin(np.pi * np.arange(48, 72) / 144)
"""The Wh of five minutes each, from 10:00 to 12:00 of a clear day: 9.14 kWh; a total would grow by 0.05."""


@pytest.mark.parametrize(
    ("values", "name", "step", "span"),
    [
        (NOON, "PV energy", 300.0, 7200.0),
        (np.full(24, 250.0), "PV energy", 300.0, 7200.0),
        (np.array([20100.0, 21300.0, 24000.0]), "PV yield", 86400.0, 2 * 86400.0),
        (np.array([20100.0, 21300.0, 24000.0]), "Total yield", 86400.0, 2 * 86400.0),
        (np.array([20100.0]), "PV yield", 300.0, 0.0),
        (np.linspace(20000, 30000, 30), "kWh", 86400.0, 29 * 86400.0),
        (np.linspace(20000, 22500, 12), "Production", 86400.0, 11 * 86400.0),
        (np.linspace(20100, 23100, 31), "Yield", 86400.0, 30 * 86400.0),
        (np.linspace(20100, 23100, 31), "Tagesertrag", 86400.0, 30 * 86400.0),
        (np.linspace(400000, 900000, 12), "Energy", 30 * 86400.0, 330 * 86400.0),
        (np.full(72, 1200.0), "CHP energy", 3600.0, 71 * 3600.0),
        (np.array([*[1200.0] * 9, 0.0] * 7), "CHP energy", 3600.0, 71 * 3600.0),
    ],
)
def test_a_clear_morning_and_a_few_days_may_be_intervals(
    values: np.ndarray, name: str, step: float, span: float
) -> None:
    rises_by_chance = may_be_intervals(values, name, step, span)
    assert rises_by_chance
    with pytest.raises(RejectedFileError, match=r"channels\.energy\.kind"):
        kind_of(values, None, rises_by_chance=rises_by_chance)
    assert kind_of(values, "counter", rises_by_chance=rises_by_chance) == "counter"


@pytest.mark.parametrize(
    ("values", "name", "step", "span"),
    [
        (NOON, "Energy meter", 300.0, 7200.0),
        (NOON, "Zählerstand", 300.0, 7200.0),
        (np.array([459900.0, 461700.0, 465730.0]), "latest_reading_kwh", 86400.0, 2 * 86400.0),
        (np.array([459900.0, 461700.0, 465730.0]), "Closing reading", 86400.0, 2 * 86400.0),
        (NOON, "Total yield (kWh)", 300.0, 7200.0),
        (np.array([1000000.0, 1000010.0]), "kWh", 300.0, 300.0),
        (np.linspace(20000, 30000, 288), "kWh", 300.0, 86100.0),
        (np.linspace(4500000, 4870000, 31), "kWh", 86400.0, 30 * 86400.0),
        (np.linspace(20000, 30000, 30), "Total kWh", 86400.0, 29 * 86400.0),
        (np.linspace(4500000, 4870000, 31), "Total yield", 86400.0, 30 * 86400.0),
        (np.linspace(20000, 30000, 30), "Lifetime energy", 86400.0, 29 * 86400.0),
        (np.full(72, 1200.0), "Total energy", 3600.0, 71 * 3600.0),
        (np.full(72, 1200.0), "Energy today", 3600.0, 71 * 3600.0),
        (np.full(288, 12345600.0), "Energy", 300.0, 86100.0),
    ],
)
def test_a_name_a_size_or_a_night_shows_a_total(
    values: np.ndarray, name: str, step: float, span: float
) -> None:
    assert not may_be_intervals(values, name, step, span)


@pytest.mark.parametrize(
    "values",
    [
        [*np.linspace(5000, 5020, 150), *np.linspace(200, 220, 138)],
        [*np.linspace(20000, 32767, 100), *np.linspace(350, 25000, 188)],
        [*np.linspace(4500, 4550, 5), *np.linspace(100, 150, 5)],
        [*np.linspace(500, 520, 150), *np.linspace(480, 500, 138)],
    ],
)
def test_a_meter_that_was_exchanged_or_rolled_over_is_not_summed(values: list[float]) -> None:
    for each in (values, [values[0], np.nan, *values[1:]]):
        with pytest.raises(RejectedFileError) as caught:
            kind_of(np.array(each), None)
        assert [one.label for one in caught.value.choices] == KINDS


@pytest.mark.parametrize(
    "values",
    [
        [12.1, 8.0, 14.2, 9.3, 13.3, 7.7, 15.0],
        [0.0, 0.0, 1.0, 2.0, 3.0, 3.0, 2.0, 1.0, 0.0],
        [12.0, 14.0, 9.0],
        [5.0, 7.0, 9.0, 8.0, 10.0, 12.0, 11.0, 13.0, 12.5, 14.0],
    ],
)
def test_values_that_fall_again_and_again_are_energies_of_intervals(values: list[float]) -> None:
    assert kind_of(np.array(values), None) == "interval"


LOADS = np.array([3.0, 2.0, 2.0, -4.0, -6.0, 1.0, -5.0, 2.0])
"""What a meter counts in its steps if it also counts backwards."""


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([12000e3, 11998e3, 11995e3, 11999e3, 11990e3, 11985e3, 11987e3, 11979e3], 86400.0),
        (5e6 + 10 * np.cumsum(np.tile(LOADS, 36)), 300.0),
        ([5e6, 0.0, *(5e6 + 10 * np.cumsum(np.tile(LOADS, 36)))], 300.0),
        (1000.1e3 - 100 * np.tile([0.0, 1.0, 1.0, 0.0, 1.0], 50), 300.0),
        (1000 * np.cumsum(np.tile([8.0, -1.0, 0.0, -1.0, 2.0], 50)), 900.0),
        (5e4 + 100 * np.cumsum(np.tile([-1.0, 0.0, *[-2.0] * 30, 61.0], 8)), 900.0),
    ],
)
def test_a_total_that_falls_again_and_again_is_not_summed(values: list[float], step: float) -> None:
    with pytest.raises(RejectedFileError) as caught:
        kind_of(np.array(values), None, step=step)
    assert [one.label for one in caught.value.choices][:2] == KINDS


def test_a_total_of_the_day_that_trembles_is_not_summed() -> None:
    day = [0.0, 40.0, 90.0, 89.0, 150.0, 149.0, 150.0, 148.0]
    assert kind_of(np.tile(day, 3), None) == "interval"
    named = [
        names_total_of_day(name, 900) for name in ("Energy today (Wh)", "ACE_Perday(kW-hr)", "Yesterday")
    ]
    assert (named, names_total_of_day("Daily yield", 86400)) == ([True, True, False], False)
    with pytest.raises(RejectedFileError):
        kind_of(np.tile(day, 3), None, is_total=True)


@pytest.mark.parametrize("name", ["Week to date (kWh)", "Energy this month", "PV so far", "yield_mtd"])
def test_energies_of_days_that_count_to_date_may_begin_again(name: str) -> None:
    """Three weeks of 10 to 16 kWh a day are 273 kWh."""
    assert names_total_of_day(name, 86400)
    weeks = np.tile(np.cumsum(np.arange(10.0, 17.0)), 3)
    with pytest.raises(RejectedFileError) as caught:
        kind_of(weeks, None, step=86400.0, is_total=True)
    assert [list(one.changes["channels"]["energy"].values()) for one in caught.value.choices] == [
        ["restarting"], ["counter"], ["interval"],
    ]  # fmt: skip
    assert np.nansum(energies(np.append(0.0, weeks), "restarting")) == pytest.approx(273.0)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.tile([1000.0, 1030.0, 1010.0, 1050.0], 42), 3600.0),
        (np.tile([500.0, 501.0, 500.0], 96), 900.0),
        (1e5 * np.tile([25.3, 25.2, 25.4, 25.1], 8), 86400.0),
        (1e9 * np.tile([1.0, 1.1, 1.2, 1.1], 12), 3600.0),
        (80 * np.sin(np.pi * np.arange(180, 540) / 720), 60.0),
    ],
)
def test_steady_energies_of_intervals_are_no_total(values: np.ndarray, step: float) -> None:
    assert kind_of(values, None, step=step) == "interval"


def test_many_energies_beside_power_that_fall_are_summed_at_once() -> None:
    values = np.tile([0.0, 100.0], 250_000)
    assert totals_of(values, ["interval"]) == {"interval": 25_000_000}


@pytest.mark.parametrize("label", ["start", "end"])
def test_a_meter_that_also_counts_backwards_has_its_net_energy(label: str) -> None:
    total = [4000 + 6 * math.sin(at / 8) - at / 40 for at in range(97)]
    times = [f"2025-06-{10 + at // 48} {at // 2 % 24:02}:{at % 2 * 30:02}" for at in range(97)]
    lines = [f"{time},{one:.2f}" for time, one in zip(times, total, strict=True)]
    content = "\n".join(["time,Meter (kWh)", *lines, ""])
    ways = rejection(content, profile(csv={"label": label})).candidates or ()
    assert [way.label for way in ways] == [KINDS[1], "net, a total that also counts backwards", KINDS[0]]
    net = {"kind": "net", "min": -1e12, "max": 1e12}
    found = result(content, profile(csv={"label": label}, channels={"energy": net}))
    assert found.metrics.total_energy_kwh == pytest.approx(round(total[-1], 2) - 4000)
    assert (found.records_processed, found.records_missing, found.metrics.period.start) == (96, 1, times[0])


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([f"{-0.25 * at}" for at in range(48)], "counter"),
        ([f"{-1520.5 - 0.25 * at}" for at in range(48)], None),
        (["0"] * 12 + ["-0.5"] * 12 + ["-0.48"] + ["-0.5"] * 11 + ["0"] * 12, "interval"),
    ],
)
def test_energies_that_are_negative_throughout_are_offered_with_their_sign_turned(
    cells: list[str], kind: str | None
) -> None:
    text = half_hours("PV energy (kWh)", cells)
    ways = [one for one in rejection(text).candidates or [] if one.label.startswith("the sign turned")]
    found = [result(text, chosen(one)).metrics.total_energy_kwh for one in ways]
    assert pytest.approx(11.98 if kind == "interval" else 11.75) in found


def test_a_meter_of_both_directions_has_no_sign_to_turn() -> None:
    text = half_hours("Net energy (kWh)", ["-0.5", "0.2", "-0.3", "0.4"] * 12)
    assert "in both directions" in rejection(text).message


def test_values_that_only_rise_for_days_are_a_total_that_began_with_the_file() -> None:
    day = np.repeat(np.clip(np.sin(np.linspace(-1, 2.1, 24)), 0, None), 2)
    for values in (np.cumsum(np.tile(day, 3)), np.arange(1.0, 150.0), np.cumsum(np.arange(150) % 7)):
        assert kind_of(values, None, step=1800.0) == "counter"
    for values in (np.cumsum(np.tile(day, 3))[:90], np.repeat(np.arange(15.0), 10), np.arange(30.0)):
        with pytest.raises(RejectedFileError, match=r"channels\.energy\.kind"):
            kind_of(values, None, step=1800.0)
    with pytest.raises(RejectedFileError, match=r"channels\.energy\.kind"):
        kind_of(np.arange(1.0, 150.0), None, step=86400.0)
