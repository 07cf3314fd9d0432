"""Real readings that the wheel of pvanalytics carries: what their labels say, what pandas computes from them.

The labelled series are AC power of an inverter, normalised, a value each quarter of an hour. Here they are
the current (or the voltage) of a panel whose other channels are ordinary.
"""

from __future__ import annotations

import io
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip(
    "pvanalytics", reason="run `make test-oracles`: the peers have an environment of their own"
)

import pandas as pd
import pvanalytics
from pvanalytics.quality import outliers

from processing import process
from processing.model.flags import FAIL, SUSPECT
from processing.model.profile import DEFAULT, Profile
from processing.model.result import Result
from processing.profiles import profiles_from
from tests.oracles.row_flags import row_flags_of

DATA = Path(pvanalytics.__file__).parent / "data"
FULL_CURRENT = 12.0
"""Amperes at the inverter's highest power: the least of the stuck values is then above the night floor."""

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


def labelled(name: str) -> pd.DataFrame:
    frame = pd.read_csv(DATA / name, index_col=0, parse_dates=True).dropna()
    return frame.set_axis(["value", "label"], axis=1)


def file_of(frame: pd.DataFrame, **readings: Any) -> bytes:
    """A file with these readings and, for the others, those of a sensor with its noise."""
    rng = np.random.default_rng(1)
    ordinary = {"voltage": rng.normal(24.5, 0.05, len(frame)), "current": rng.normal(5, 0.05, len(frame))}
    columns = {**ordinary, "temperature": rng.normal(20, 0.1, len(frame)), **readings}
    columns["power"] = columns["voltage"] * columns["current"]
    table = pd.DataFrame(columns, index=frame.index.tz_localize(None).rename("timestamp"))
    return table.to_csv(date_format="%Y-%m-%dT%H:%M:%S").encode()


def suspects(content: bytes, check: str, channel: str, profile: Profile = DEFAULT) -> NDArray[np.bool_]:
    found = row_flags_of(content, profile)
    assert found.valid.all()
    return found.flags[check, channel] == SUSPECT


def test_stuck_values_are_found_with_no_false_alarm() -> None:
    frame = labelled("ac_power_inv_2173_stale_data.csv")
    content = file_of(frame, current=FULL_CURRENT * frame["value"].to_numpy())
    assert frame["label"].sum() == 245
    assert suspects(content, "flat_line", "current").tolist() == frame["label"].tolist()


def test_outliers_are_found_at_least_as_well_as_by_the_hampel_identifier_of_pvanalytics() -> None:
    """The normalised power, from -0.5 to 2, stands for the voltage, from 15 V to 40 V."""
    frame = labelled("ac_power_inv_7539_outliers.csv")
    wide = profiles_from({"channels": {"voltage": {"min": 0, "max": 60}, "power": {"max": 1e3}}}).default
    ours = suspects(file_of(frame, voltage=20 + 10 * frame["value"].to_numpy()), "outlier", "voltage", wide)
    peers = outliers.hampel(frame["value"], window=7).to_numpy()
    true = frame["label"].to_numpy()
    assert (ours & true).sum() >= (peers & true).sum() == 5
    assert (ours & ~true).sum() <= (peers & ~true).sum()


def test_interpolated_stretches_are_found_with_no_false_alarm() -> None:
    """The inverter's fills reach through nights: the profile's night begins at no power at all.

    Ours: neither a fill of nothing but zeros (a flat line), nor one of a single row, which is on any line.
    """
    frame = labelled("ac_power_inv_2173_interpolated_data.csv")
    always = profiles_from({"thresholds": {"night_floor_w": 0}}).default
    found = suspects(file_of(frame, current=10 * frame["value"].to_numpy()), "linear_fill", "current", always)
    true = frame["label"].to_numpy()
    stretch = (np.diff(true, prepend=False) != 0).cumsum()
    rows = np.bincount(stretch)[stretch]
    wanted = true & (rows > 1) & (frame["value"] > 0).to_numpy()
    assert len(set(stretch[wanted])) == 9
    assert found[wanted].all()
    beside = np.convolve(true, [1, 1, 1], "same") > 0  # the sound rows at which a fill begins and ends
    assert not (found & ~beside).any()


# --- NREL days --------------------------------------------------------------------------------------------

SERF = """
[csv]
timestamp = "measured_on"
[channels.voltage]
column = "dc_pos_voltage__774"
scale = 0.12 # a string of 200 V as a panel of 24 V
min = -0.1
max = 40
[channels.current]
column = "dc_pos_current__775"
scale = 0.6
min = -0.01
[channels.temperature]
column = "module_temp_1__781"
min = -40
"""
RSF = """
[csv]
timestamp = "measured_on"
[channels.voltage]
column = "inv2_dc_voltage__1048"
scale = 0.05714
min = 0
[channels.current]
column = "inv2_dc_current__1049"
scale = 0.0446
[channels.temperature]
column = "module_temp__1056"
min = -40
[channels.power]
column = "inv2_dc_power__1135"
scale = 0.002548444
"""
SITES = {"serf_west_15min.csv": SERF, "nrel_RSF_II.csv": RSF}


def profile_of(text: str) -> Profile:
    return profiles_from(tomllib.loads(text)).default


@pytest.mark.parametrize("day", range(5))
@pytest.mark.parametrize("site", SITES)
def test_the_figures_of_a_real_day_are_those_of_pandas(site: str, day: int) -> None:
    profile = profile_of(SITES[site])
    real = pd.read_csv(DATA / site, index_col=0, parse_dates=True).rename_axis("measured_on")
    real = real[real.index.normalize() == real.index[0].normalize() + pd.Timedelta(days=day)]
    content = real.to_csv(date_format="%Y-%m-%dT%H:%M:%S").encode()
    result = process(io.BytesIO(content), profile, name=b"real.csv", processed_at="2026-01-01T00:00:00Z")
    assert isinstance(result, Result)
    assert result.records_processed == result.records_total == 96
    panel = pd.DataFrame(
        {
            name: real[channel.column] * (channel.scale or 1.0)
            for name in ("voltage", "current", "temperature", "power")
            if (channel := profile.channels[name]).column
        }
    )
    panel["power"] = panel.get("power", panel["voltage"] * panel["current"])
    for name in ("voltage", "current", "temperature"):
        figures = getattr(result.metrics, name)
        expected = panel[name].agg(["mean", "min", "max"]).tolist()
        assert [figures.avg, figures.min, figures.max] == pytest.approx(expected, abs=1e-6)
    assert result.metrics.voltage.std == pytest.approx(panel["voltage"].std(), abs=1e-6)
    assert result.metrics.total_energy_kwh == pytest.approx(panel["power"].sum() * 900 / 3.6e6, abs=1e-6)
    assert result.metrics.peak_power_w == pytest.approx(panel["power"].max(), abs=1e-6)
    hours = panel["power"].groupby(panel.index.floor("h")).mean()
    generated = panel["power"].max() > 8
    assert result.metrics.peak_power_hour == (f"{hours.idxmax():%Y-%m-%dT%H:%M:%S}" if generated else None)


@pytest.mark.parametrize(("site", "most"), [("serf_west_15min.csv", 0.08), ("nrel_RSF_II.csv", 0.01)])
def test_real_days_are_not_taken_for_broken_ones(site: str, most: float) -> None:
    """No row fails. Suspect are jumps of the voltage by a third: an inverter that seeks its best point."""
    real = pd.read_csv(DATA / site, index_col=0, parse_dates=True).rename_axis("measured_on")
    content = real.to_csv(date_format="%Y-%m-%dT%H:%M:%S").encode()
    flags = row_flags_of(content, profile_of(SITES[site])).flags
    assert not any((one == FAIL).any() for one in flags.values())
    suspect = np.logical_or.reduce([one == SUSPECT for one in flags.values()])
    assert suspect.mean() <= most
