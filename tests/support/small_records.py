"""The smallest result and the smallest reason that are whole: what a page needs, and no input."""

from typing import Any

_MOMENT = "2026-01-15T14:07:45Z"

RESULT: dict[str, Any] = {
    "schema_version": "1.0",
    "status": "success",
    "input_file": "x.csv",
    "processed_at": _MOMENT,
    **{f"records_{kind}": 0 for kind in ("total", "processed", "invalid", "suspect", "duplicate")},
    "metrics": {
        **{channel: {} for channel in ("voltage", "current", "temperature", "power")},
        **dict.fromkeys(("total_energy_kwh", "specific_yield_kwh_per_kw", "capacity_factor")),
        **dict.fromkeys(("peak_power_w", "peak_power_hour", "peak_power_time")),
        "interval_seconds": 0,
        "period": {"start": None, "end": None},
        "hours": [],
    },
    "quality": {
        "period": {},
        "records": dict.fromkeys(
            ("total", "valid", "suspect", "duplicate", "unparsable", "expected", "missing"), 0
        ),
        **dict.fromkeys(("data_availability", "quality_index", "energy_gap_filled_kwh")),
        "checks": [],
    },
    "anomalies": [],
    "anomalies_total": 0,
    "rejected_rows": [],
    "profile": {"name": "default", "limits": {}, "rated_power_w": 100, "night_floor_w": 1},
}
REASON: dict[str, Any] = {
    "schema_version": "1.0",
    "status": "error",
    "error": {"code": "empty_file", "message": "the file is empty"},
    "attempts": 1,
    "quarantined_at": _MOMENT,
}
