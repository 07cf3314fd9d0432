"""Names that differ by a number alone, as those of two strings or two inverters."""

import re
from collections.abc import Sequence

_PART = re.compile(r"\d+|[^\W\d_]+")


def later_siblings(first: int, names: Sequence[str]) -> list[int]:
    """Return the places of the names that are that of the first one with a number from 2 on in addition.

    None if another one has the number 1: then the first one is likely their sum.
    """
    parts = [_PART.findall(name.casefold()) for name in names]
    found = {}
    for at, own in enumerate(parts):
        for place, part in enumerate(own):
            if part.isdecimal() and own[:place] + own[place + 1 :] == parts[first]:
                found[at] = int(part)
    return [] if 1 in found.values() else [at for at, number in found.items() if number > 1]
