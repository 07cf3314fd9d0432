"""Profiles drawn from bytes, which choose what some of their keys say."""

import functools
from typing import Any, Final

import msgspec

from processing.formats.changes import merged
from processing.model.profile import DEFAULT, Profile
from processing.model.rejection import Caps
from processing.profiles import profiles_from


def _csv(key: str, *values: Any) -> list[dict[str, Any]]:
    return [{"csv": {key: value}} for value in values]


def _channel(name: str, *tables: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"channels": {name: table}} for table in tables]


_WIDE: Final = {"min": -1e9, "max": 1e9}
KEYS: Final[list[list[dict[str, Any]]]] = [
    _csv("encoding", "utf-8", "utf-16", "utf-32", "latin-1", "cp1252", "shift_jis", "gb18030", "mac_roman"),
    _csv("delimiter", ",", ";", "\t", "|", " "),
    _csv("decimal", ".", ","),
    _csv("thousands", "", ".", ",", "'", " "),
    _csv("comment", "", "//", ["#", "%", "Total"], "2"),
    [
        *_csv("header", 1, 2, 9),
        {"csv": {"header": False, "columns": ["time", "voltage", "current", "x", "power"]}},
        {"csv": {"header": False, "columns": ["date", "time", "U (mV)", "I"]}},
    ],
    _csv("time", "timestamp", ["date", "time"], {"index": 1}, [{"index": 2}, {"index": 1}], "power"),
    _csv(
        "time_format",
        "iso",
        "epoch",
        "epoch_ms",
        "%d.%m.%Y %H:%M",
        "%m/%d/%y %I:%M %p",
        "%H:%M:%S",
        "%Y %j %H",
    ),
    _csv("timezone", "UTC", "Europe/Amsterdam", "Australia/Lord_Howe"),
    _csv("label", "end"),
    _csv("missing", [], ["24", "x"], ["", "power"]),
    [
        *_csv("where", {"column": "device", "is": "A"}, {"column": {"index": 2}, "is": ""}),
        *_csv(
            "long",
            {"name": "entity_id", "value": "state"},
            {"name": {"index": 2}, "value": {"index": 3}},
            {"name": "timestamp", "value": "power"},
        ),
    ],
    _channel(
        "voltage",
        {"column": "U", "unit": "mV", "scale": -2.5, **_WIDE},
        {"column": {"index": 2}, "limits": "unknown"},
        {"column": ["voltage", {"index": 3}], "offset": 1e9},
        {"column": False},
        {"column": "sensor.pv_voltage"},
    ),
    _channel("current", {"limits": "unknown"}, {"column": ["current", "current"], "min": -5}, {"unit": "mA"}),
    _channel("temperature", {"unit": "°F"}, {"column": ["T1", "T2"], "scale": 1e-300}, {"column": "power"}),
    _channel(
        "power",
        {"column": [{"index": 2}, {"index": 3}, {"index": 4}], **_WIDE},
        {"limits": "unknown"},
        {"column": {"index": 10_000}},
        {"unit": "MW", "max": 1e12},
    ),
    _channel("energy", {"kind": "counter"}, {"kind": "interval", "column": {"index": 2}}, {"unit": "kWh"}),
    [
        {"site": {"timezone": "Europe/Amsterdam", "latitude": 52, "longitude": 5}},
        {"site": {"rated_power_w": 5600, "latitude": -90, "longitude": 180}},
    ],
    [
        {"period": {"hours": 24, "interval_seconds": 1}, "sentinels": [1, 85]},
        {"thresholds": {"night_floor_w": 0, "gap_steps": 1, "flat_seconds": 1e-9, "usual_steps": 0}},
        {
            "thresholds": {
                "outlier_rows": 99,
                "flat_rows": 2,
                "fill_rows": 2,
                "fill_steps": 0,
                "night_rows": 2,
            }
        },
    ],
]
"""For each key, or a few that belong together, the tables that set it."""
CAPS: Final = Caps(max_bytes=1 << 20, max_memory=128 << 20)


@functools.lru_cache(maxsize=4096)
def drawn_profile(choices: bytes) -> Profile:
    """Return the profile that these bytes choose: pairs of a key and of what it says."""
    table: dict[str, Any] = {}
    chosen = {key % len(KEYS): number for key, number in zip(choices[::2], choices[1::2], strict=False)}
    for key, number in chosen.items():
        table = merged(table, KEYS[key][number % len(KEYS[key])])
    profile = profiles_from(table).default if table else DEFAULT
    return msgspec.structs.replace(profile, caps=CAPS)
