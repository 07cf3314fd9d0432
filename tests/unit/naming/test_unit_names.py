"""The ways to write units, and what some of them mean."""

import pytest

from processing.naming.units import scales_of


@pytest.mark.parametrize(
    ("channel", "text", "scales"),
    [
        ("energy", "800 imp/kWh", [("Wh", 1.25)]),
        ("energy", "1000 pulses per kWh", [("Wh", 1.0)]),
        ("energy", "0,5 Wh/Imp", [("Wh", 0.5)]),
        ("energy", "GJ", [("MJ", 1000.0)]),
        ("power", "kVA", [("kW", 1.0)]),
        ("energy", "Wmin", [("Wh", 1 / 60)]),
        ("energy", "mWh", [("Wh", 0.001), ("Wh", 1e6)]),
        ("energy", "kVA", []),
        ("power", "Wh/min", [("W", 60.0)]),
        ("power", "\u03bcW", [("W", 1e-6)]),
        ("current", "uA", [("A", 1e-6)]),
    ],
)
def test_a_unit_of_no_channel_may_mean_one_with_a_factor(
    channel: str, text: str, scales: list[tuple[str, float]]
) -> None:
    assert scales_of(channel, text) == scales
