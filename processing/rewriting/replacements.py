"""What is replaced in the lines of a file if its first rows have it."""

import functools
import math
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Replacement(NamedTuple):
    """What is replaced, if the first rows have its sign and a hint of it, which are found faster."""

    sign: bytes
    """Empty if the hint alone decides."""
    hint: re.Pattern[bytes]
    pattern: re.Pattern[bytes]
    new: bytes | Callable[[re.Match[bytes]], bytes]
    of_letters: bool = False
    """Whether rows without letters do not need it."""
    shares: tuple[float, float] = (0.0, math.inf)
    """How many there are, at least and at most, as a share of the lines."""

    def is_found(self, rows: bytes) -> bool:
        """Return whether rows have it, and as often as it must be."""
        if not (self.sign in rows and self.hint.search(rows) and self.pattern.search(rows)):
            return False
        least, most = self.shares
        if not (least and (lines := rows.count(b"\n"))):
            return True
        return least * lines <= len(self.pattern.findall(rows)) <= most * lines


def steps_of(replacements: Iterable[Replacement], rows: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how lines are rewritten by those of the replacements that the first rows need."""
    return [functools.partial(one.pattern.sub, one.new) for one in replacements if one.is_found(rows)]
