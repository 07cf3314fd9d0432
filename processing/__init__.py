"""Judges a solar-sensor CSV: bytes and a profile in, figures, flags and anomalies out.

The face is lazy, so that who needs only names, profiles or records does not load numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from processing.api import calculate_metrics as calculate_metrics
    from processing.api import process_sensor_data as process_sensor_data
    from processing.api import validate_data as validate_data
    from processing.model.profile import Profile as Profile
    from processing.model.result import Rejection as Rejection
    from processing.model.result import Result as Result
    from processing.model.result import load as load
    from processing.pipeline import process as process
    from processing.profiles import Profiles as Profiles
    from processing.profiles import profiles_from as profiles_from

_ROOMS = {
    "process": "processing.pipeline",
    "calculate_metrics": "processing.api",
    "process_sensor_data": "processing.api",
    "validate_data": "processing.api",
    "Profile": "processing.model.profile",
    "Profiles": "processing.profiles",
    "profiles_from": "processing.profiles",
    "Rejection": "processing.model.result",
    "Result": "processing.model.result",
    "load": "processing.model.result",
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
