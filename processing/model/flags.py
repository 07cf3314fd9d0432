"""QARTOD's scale of flags, the arrays that hold flags and readings, and numpy itself.

numpy is loaded when it is first used: the daemon's own process reads the thresholds of the checks, pages read
their titles, and neither computes anything.
"""

import functools
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import numpy  # noqa: ICN001 - `np` is what other modules import from here
    from numpy.typing import NDArray

    np = numpy

    Flags: TypeAlias = NDArray[np.uint8]
    Floats: TypeAlias = NDArray[np.float64]
    Integers: TypeAlias = NDArray[np.int64]
    Mask: TypeAlias = NDArray[np.bool_]
else:
    Flags = Floats = Integers = Mask = Any

    class _LazyNumpy:
        def __getattr__(self, name: str) -> Any:
            value = getattr(import_module("numpy"), name)
            setattr(self, name, value)
            return value

    np = _LazyNumpy()

GOOD: Final = 1
NOT_EVALUATED: Final = 2
SUSPECT: Final = 3
FAIL: Final = 4
MISSING: Final = 9


_SMALL = 10_000
"""Up to this many rows, Python's own search is faster than a call of numpy."""


def any_of(mask: Mask) -> bool:
    """Return whether a mask has a True; for the few rows of a day ten times as fast as `mask.any()`."""
    return 1 in mask.tobytes() if mask.size < _SMALL else bool(np.count_nonzero(mask))


def all_of(mask: Mask) -> bool:
    """Return whether a mask has no False; for the few rows of a day ten times as fast as `mask.all()`."""
    return 0 not in mask.tobytes() if mask.size < _SMALL else bool(mask.all())


def all_rows(flag: int, rows: int) -> Flags:
    """Return the same flag for every row."""
    return np.full(rows, flag, np.uint8)


def count_by_flag(flags: Flags) -> dict[str, int]:
    """Return the number of rows by flag; flags that no row has are left out."""
    return _count_by_flag(flags.tobytes())


@functools.lru_cache(maxsize=4)  # most checks flag the same rows: the first and the last
def _count_by_flag(flags: bytes) -> dict[str, int]:
    counts = np.bincount(np.frombuffer(flags, np.uint8)).tolist()
    return {str(flag): count for flag, count in enumerate(counts) if count}
