"""Figures of the golden files by pandas, written from the definitions and sharing no code with the product.

`python compute.py`, with pandas<3 and numpy<2.3, writes NAME.figures.json beside each NAME.csv.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd

LIMITS = {"voltage": (18, 32), "current": (0, 12), "temperature": (-10, 80), "power": (0, 384)}
SENTINELS = (-999, -99, 9999, 65535, 6553.5, 655.35, 32768, -32768, 32767, 3276.7, -327.67)
DIALECTS = {"offsets": {"sep": ";", "decimal": ","}}
HERE = Path(__file__).parent


def figures(path: Path) -> dict[str, object]:
    frame = pd.read_csv(path, dtype={"timestamp": str}, quoting=csv.QUOTE_NONE, **DIALECTS.get(path.stem, {}))
    frame[list(LIMITS)] = frame[list(LIMITS)].apply(pd.to_numeric, errors="coerce")
    frame["time"] = pd.to_datetime(frame["timestamp"], errors="coerce", utc=True)
    total = len(frame)
    frame = frame.drop_duplicates(["time", *LIMITS])
    duplicates = total - len(frame)
    steps = frame["time"].dropna().drop_duplicates().sort_values().diff().dt.total_seconds()
    dt = float(steps[steps > 0].median())
    span = (frame["time"].max() - frame["time"].min()).total_seconds()
    unread = frame[list(LIMITS)].isna().any(axis=1)
    for name, (low, high) in LIMITS.items():
        is_code = frame[name].isin(SENTINELS) & ~frame[name].between(low, high)
        frame.loc[is_code, name] = float("nan")
    frame["power"] = frame["power"].fillna(frame["voltage"] * frame["current"])
    good = frame["time"].notna() & frame["power"].notna() & ~unread
    for name, (low, high) in LIMITS.items():
        good &= frame[name].between(low, high) | frame[name].isna()
    rows = frame[good].drop_duplicates("time").sort_values("time").reset_index(drop=True)
    ahead = (rows["time"].shift(-1) - rows["time"]).dt.total_seconds()
    tau = ahead.where(ahead <= 1.5 * dt, dt)
    local = rows["timestamp"].str.slice(0, 13)
    zone = rows["timestamp"].str.slice(19)
    hourly = rows.groupby([local, zone], sort=False)["power"].agg(["mean", "count"])
    full = hourly[hourly["count"] * dt >= 1800]
    (hour, offset), peak = full["mean"].idxmax(), rows["power"].idxmax()
    found: dict[str, object] = {
        name: {
            "avg": rows[name].mean(),
            "min": rows[name].min(),
            "max": rows[name].max(),
            "std": rows[name].std(ddof=1),
        }
        for name in LIMITS
    }
    expected = round(span / dt) + 1
    energy = float((rows["power"] * tau).sum() / 3.6e6)
    found |= {
        "records": [total, len(rows), total - len(rows) - duplicates, duplicates],
        "interval_seconds": dt,
        "total_energy_kwh": energy,
        "energy_gap_filled_kwh": filled(rows, dt),
        "peak_power_hour": f"{hour}:00:00{offset}",
        "peak_power_w": rows["power"].max(),
        "peak_power_time": rows["timestamp"][peak],
        "data_availability": len(rows) / expected,
        "quality_index": len(rows) / len(frame),
        "specific_yield_kwh_per_kw": energy / 0.24,
        "capacity_factor": energy / (0.24 * expected * dt / 3600),
    }
    return found


def filled(rows: pd.DataFrame, dt: float) -> float:
    """Energy on a regular grid, with P interpolated over runs of at most 30 minutes."""
    power = rows.set_index("time")["power"].resample(f"{dt:g}s").mean()
    missing = power.isna()
    length = missing.groupby((missing != missing.shift()).cumsum()).transform("sum") * dt
    return float(power.interpolate().where(~missing | (length <= 1800), 0).sum() * dt / 3.6e6)


def rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: rounded(below) for key, below in value.items()}
    return round(float(value), 6) if isinstance(value, float | np.floating) else value


if __name__ == "__main__":
    for path in sorted(HERE.glob("*.csv")):
        text = json.dumps(rounded(figures(path)), indent=2)
        path.with_suffix(".figures.json").write_text(text + "\n")
