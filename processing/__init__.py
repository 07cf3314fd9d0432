"""Processes a solar-sensor CSV: bytes and a profile in; figures, flags and anomalies out.

Each public name is imported when it is first used, so importing names, profiles and records does not load
numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from processing.api import calculate_metrics as calculate_metrics
    from processing.api import process_sensor_data as process_sensor_data
    from processing.api import validate_data as validate_data
    from processing.model.profile import Profile as Profile
    from processing.model.rejection import Rejection as Rejection
    from processing.model.result import Result as Result
    from processing.model.result import load as load
    from processing.pipeline import process as process
    from processing.profiles import Profiles as Profiles
    from processing.profiles import profiles_from as profiles_from

_NAMES = {
    "processing.api": ("calculate_metrics", "process_sensor_data", "validate_data"),
    "processing.model.profile": ("Profile",),
    "processing.model.rejection": ("Rejection",),
    "processing.model.result": ("Result", "load"),
    "processing.pipeline": ("process",),
    "processing.profiles": ("Profiles", "profiles_from"),
}
"""The public names by the module that defines them."""
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Import a public name."""
    if name not in _MODULES:
        raise AttributeError(f"module 'processing' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
