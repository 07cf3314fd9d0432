"""numpy, loaded when it is first used.

The daemon's own process reads the thresholds of the checks, pages read their titles, and neither computes
anything.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
else:

    class _LazyNumpy:
        def __getattr__(self, name: str) -> Any:
            value = getattr(import_module("numpy"), name)
            setattr(self, name, value)
            return value

    np = _LazyNumpy()

__all__ = ["np"]
