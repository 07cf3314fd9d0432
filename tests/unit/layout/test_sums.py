"""Power that is a sum of products: the strings of an array, the phases of a line."""

import tomllib

import pytest

from processing.formats.changes import with_changes
from processing.model.profile import DEFAULT, Profile
from processing.proposals.profile_text import ProfileScope
from processing.proposals.proposal import ProposalTask, propose
from tests.support.small_files import profile, rejection, result

HOURS = [
    ("2025-06-10T12:00:00", ("300", "2"), ("200", "1.5")),
    ("2025-06-10T13:00:00", ("310", "3"), ("210", "2")),
    ("2025-06-10T14:00:00", ("290", "1"), ("190", "")),
]
"""Times, each with voltage and current of two strings: 900, 1350 and, with the first string alone, 290 W."""
NAMES = ("Vpv1", "Vpv2", "Ipv1", "Ipv2")
PAIRS = [["Vpv1", "Ipv1"], ["Vpv2", "Ipv2"]]


def rows(*names: str, empty: str = "1") -> str:
    lines = [",".join(("Time", *names))]
    for time, (u1, i1), (u2, i2) in HOURS:
        lines.append(",".join((time, u1, u2, i1, i2 or empty)))
    return "\n".join(lines) + "\n"


def by_pairs(**more: object) -> Profile:
    return profile(channels={"power": {"column": PAIRS, **more}})


def test_pairs_of_columns_are_multiplied_and_then_added() -> None:
    found = result(rows(*NAMES), by_pairs())
    assert found.metrics.total_energy_kwh == pytest.approx(0.9 + 1.35 + 0.48)
    used = found.profile.columns["power"]
    assert (used.column, used.unit) == ("Vpv1 · Ipv1 + Vpv2 · Ipv2", "W")


def test_a_row_in_quotes_gives_the_same() -> None:
    quoted = rows(*NAMES).replace("310", '"310"')
    assert result(quoted, by_pairs()).metrics == result(rows(*NAMES), by_pairs()).metrics


@pytest.mark.parametrize(("empty", "energy"), [("zero", 0.9 + 1.35 + 0.29), ("missing", 0.9 + 1.35)])
def test_a_product_without_a_value_adds_nothing_or_makes_no_sum(empty: str, energy: float) -> None:
    found = result(rows(*NAMES, empty=""), by_pairs(empty=empty))
    assert found.metrics.total_energy_kwh == pytest.approx(energy)


@pytest.mark.parametrize(
    ("names", "unit", "energy"),
    [
        (("Vpv1 (V)", "Vpv2 (V)", "Ipv1 (mA)", "Ipv2 (mA)"), "mW", 0.00273),
        (("Vpv1 (kV)", "Vpv2 (kV)", "Ipv1 (A)", "Ipv2 (A)"), "kW", 2730.0),
        (("Vpv1 (mV)", "Vpv2 (mV)", "Ipv1", "Ipv2"), "mW", 0.00273),
    ],
)
def test_the_units_of_a_pair_make_that_of_the_power(names: tuple[str, ...], unit: str, energy: float) -> None:
    found = result(rows(*names), by_pairs())
    assert (found.profile.columns["power"].unit, found.metrics.total_energy_kwh) == (unit, energy)


def test_products_of_different_units_are_not_added() -> None:
    assert rejection(rows("Vpv1", "Vpv2", "Ipv1", "Ipv2 (mA)"), by_pairs()).code == "unknown_unit"


@pytest.mark.parametrize(
    ("channel", "column"),
    [
        ("energy", PAIRS),
        ("voltage", PAIRS),
        ("power", ["Pac", ["U", "I"]]),
        ("power", [["U", "I", "I", "I"]]),
    ],
)
def test_only_power_has_products_and_then_only_these(channel: str, column: list[object]) -> None:
    with pytest.raises(ValueError, match="column"):
        profile(channels={channel: {"column": column}})


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (NAMES, PAIRS),
        (("U1", "U2", "I1", "I2"), [["U1", "I1"], ["U2", "I2"]]),
        (
            ("Voltage L1 (V)", "Voltage L2 (V)", "Current L1 (A)", "Current L2 (A)"),
            [["Voltage L1 (V)", "Current L1 (A)"], ["Voltage L2 (V)", "Current L2 (A)"]],
        ),
        (
            ("Phase A Voltage", "Phase B Voltage", "Phase A Current", "Phase B Current"),
            [["Phase A Voltage", "Phase A Current"], ["Phase B Voltage", "Phase B Current"]],
        ),
        (
            ("PV1 Volt(V)", "PV2 Volt(V)", "PV1 Curr(A)", "PV2 Curr(A)"),
            [["PV1 Volt(V)", "PV1 Curr(A)"], ["PV2 Volt(V)", "PV2 Curr(A)"]],
        ),
    ],
)
def test_voltages_and_currents_of_parts_are_offered_as_a_sum(
    names: tuple[str, ...], pairs: list[list[str]]
) -> None:
    (first, *_) = rejection(rows(*names)).candidates or []
    assert first.label == "power: " + " + ".join(" · ".join(pair) for pair in pairs)
    changes = tomllib.loads("\n".join(first.toml))
    assert changes == {"channels": {"power": {"column": pairs}}}
    found = result(rows(*names), with_changes(DEFAULT, changes))
    assert found.metrics.total_energy_kwh == pytest.approx(2.73)


@pytest.mark.parametrize(
    "names", [("U12", "U23", "I1", "I2"), ("Uin", "Uout", "Iin", "Iout"), ("Upv1", "Ubat2", "Ipv1", "Ibat2")]
)
def test_other_voltages_and_currents_are_not(names: tuple[str, ...]) -> None:
    assert all(" · " not in one.label for one in rejection(rows(*names)).candidates or [])


def test_profile_prints_the_pairs(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "x.csv"  # type: ignore[operator]
    path.write_text(rows(*NAMES))
    found = propose(ProposalTask(bytes(path), b"x.csv", ProfileScope("roof", "*"), by_pairs()))
    assert 'column = [["Vpv1", "Ipv1"], ["Vpv2", "Ipv2"]]' in found.text
    assert "the sum of these products" in found.text


@pytest.mark.parametrize(
    ("names", "cells", "kind", "kwh"),
    [
        (("PV1 power (kW)", "PV2 power (W)"), "1.5,300", "power", 3.6),
        (("PV1 power (W)", "PV2 power (W)", "PV3 power (kW)"), "100,200,1.5", "power", 3.6),
        (("PV1 energy (Wh)", "PV2 energy (kWh)"), "500,1.5", "energy", 4.0),
    ],
)
@pytest.mark.parametrize("ending", ["", "x\n"])
def test_columns_with_different_units_are_added(
    names: tuple[str, ...], cells: str, kind: str, kwh: float, ending: str
) -> None:
    rows = [f"2025-06-14 {hour:02}:00,{cells}" for hour in (10, 11)]
    text = "\n".join([",".join(["time", *names]), *rows, ending])
    keys = {"column": [*names]} | ({"kind": "interval"} if kind == "energy" else {})
    assert result(text, profile(channels={kind: keys})).metrics.total_energy_kwh == pytest.approx(kwh)


def test_the_sum_of_columns_with_different_units_is_offered() -> None:
    rows = [f"2025-06-14 {hour:02}:00,1.5,300\n" for hour in (10, 11)]
    ways = rejection("time,PV1 power (kW),PV2 power (W)\n" + "".join(rows)).candidates or []
    (way,) = [one for one in ways if " + " in one.label]
    assert way.consequence.startswith("2 rows of 1 day, 3.6 kWh a day")


def test_what_goes_to_each_consumer_is_offered_as_a_sum() -> None:
    cells = "".join(f"2025-06-10 {hour}:00,{hour % 3},{hour % 4},{hour % 5},9\n" for hour in range(10, 20))
    found = rejection("Time,To house (kWh),To battery (kWh),To grid (kWh),From grid (kWh)\n" + cells)
    labels = [way.label for way in found.candidates or []]
    assert labels[0] == "energy: To house (kWh) + To battery (kWh) + To grid (kWh)"
