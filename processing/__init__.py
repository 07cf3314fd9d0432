"""Judges a solar-sensor CSV: bytes and a profile in, figures, flags and anomalies out.

The face is lazy, so that who needs only names, profiles or records does not load numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from processing.judge import process as process
    from processing.profile import Profile as Profile
    from processing.profile import Profiles as Profiles
    from processing.profile import profiles_from as profiles_from
    from processing.records import calculate_metrics as calculate_metrics
    from processing.records import process_sensor_data as process_sensor_data
    from processing.records import validate_data as validate_data
    from processing.result import Rejection as Rejection
    from processing.result import Result as Result
    from processing.result import load as load

_ROOMS = {
    "process": "processing.judge",
    "calculate_metrics": "processing.records",
    "process_sensor_data": "processing.records",
    "validate_data": "processing.records",
    "Profile": "processing.profile",
    "Profiles": "processing.profile",
    "profiles_from": "processing.profile",
    "Rejection": "processing.result",
    "Result": "processing.result",
    "load": "processing.result",
}

__all__ = [
    "Profile",
    "Profiles",
    "Rejection",
    "Result",
    "calculate_metrics",
    "load",
    "process",
    "process_sensor_data",
    "profiles_from",
    "validate_data",
]


def __getattr__(name: str) -> Any:
    """Load a public name's module when it is first asked for."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'processing' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)
