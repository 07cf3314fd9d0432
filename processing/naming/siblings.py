"""Names that differ in one part alone: those of strings, inverters, phases, tariffs, and of V and A."""

import functools
import re
from collections.abc import Sequence

from processing.naming.flows import METERED, OTHER_FLOWS, PARTIAL, SIDES, TOTAL
from processing.naming.synonyms import TARIFF_WORDS, normal
from processing.naming.units import label_of

_OBIS = re.compile(r"(?<![\d.])\d{1,2}\.\d{1,2}(?=\.\d{1,3}(?![\d.]))")
"""What a code such as 1-0:1.8.0 is of: import or export, energy or power."""
_PART = re.compile(r"\d+|[^\W\d_]+")
_WORD = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+|[+-](?![^\s(\[])")
_PHASES = ("abc", "rst", "uvw", "xyz")
_PART_OF_WHOLE = re.compile(
    r"(?:pv|mppt?|string|tracker|phase|tariff?|tarief|(?<![a-z])[lt])[ _]?[1-9](?!\d)"
    r"|(?:phase|mains|line)[ _]?[a-cr-z](?![a-z])",
    re.IGNORECASE,
)
"""A string, a phase or a tariff with its number or letter. Devices have these too."""
_OF_EQUAL_NAME = re.compile(r"\.[1-9]\d?$")
_HALF_WORDS = frozenset(("high", "low", "on", "off", "mid"))
"""Words for tariffs that can also mean other values."""
_WITH_LETTER = re.compile(r"(.*\w)[ _:.]([UVIAWPuviawp])|(.*[a-z])([uvia])")
_UNIT_OF_LETTER = {"u": "V", "v": "V", "i": "A", "a": "A", "w": "W", "p": "W"}


def later_siblings(first: int, names: Sequence[str]) -> list[int]:
    """Return the places of the names that are that of the first one with a number from 2 on in addition.

    Empty if another one has the number 1: then the first one is likely their sum. `.1` is what pandas adds to
    the second one of two equal names.
    """
    parts = [_PART.findall(name.casefold()) for name in names]
    found = {}
    for at, own in enumerate(parts):
        for place, part in enumerate(own):
            if part.isdecimal() and own[:place] + own[place + 1 :] == parts[first]:
                found[at] = int(part)
    if all(_OF_EQUAL_NAME.search(names[at]) for at in found):
        return [*found]
    return [] if 1 in found.values() else [at for at, number in found.items() if number > 1]


def names_of_copies(names: Sequence[str]) -> list[str]:
    """Return the names, each without what pandas adds to the second one and others of equal names."""
    given = {*names}
    bare = [_OF_EQUAL_NAME.sub("", name) for name in names]
    return [first if first in given else name for name, first in zip(names, bare, strict=True)]


def kinds_of_words(name: str) -> tuple[str, ...]:
    """Return the words of a name; for those in which the names of columns that are added differ, their kind.

    These are numbers, words for tariffs and letters of phases. Codes of OBIS differ in what they are of.
    """
    return (*_OBIS.findall(name), *(_kind_of_word(word.casefold()) for word in _WORD.findall(name)))


def own_words(names: Sequence[str]) -> list[frozenset[str]]:
    """Return the words of each name that not all names have."""
    words = [frozenset(word.casefold() for word in _WORD.findall(name)) for name in names]
    shared = frozenset[str]().union(*words[:1]).intersection(*words)
    return [each - shared for each in words]


def _kind_of_word(word: str) -> str:
    if word.isdecimal():
        return "#"
    return "tariff" if word in TARIFF_WORDS else next((each for each in _PHASES if word in each), word)


def are_parts(names: Sequence[str], *, is_energy: bool) -> bool:
    """Return whether names are of the tariffs of a meter, the phases of a line or the strings of an inverter.

    Only energies have tariffs.
    """
    words = [{word.casefold() for word in _WORD.findall(name)} for name in names]
    is_tariff = is_energy and all(
        each & (TARIFF_WORDS - _HALF_WORDS) or (each & TARIFF_WORDS and METERED.search(" ".join(each)))
        for each in words
    )
    others = " ".join(word for each in words for word in each - TARIFF_WORDS)
    is_part = is_tariff or all(_PART_OF_WHOLE.search(name) for name in names)
    return is_part and PARTIAL.search(others) is None


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def units_of_letters(names: tuple[str, ...]) -> dict[int, str]:
    """Return the units of the names that end in V or U, in A or I, and in W or P, by their places.

    A single letter says so if a voltage and a current have the same words before it (`Roof V`, `Roof A`), or
    devices or sides of a plant (`Battery V`, `Charge A`); a P beside both is the power. A W does if it is a
    unit behind another name (`Grid W`, `Fridge W`).
    """
    matches = ((at, _WITH_LETTER.fullmatch(name.strip())) for at, name in enumerate(names))
    found = {at: (match[1] or match[3], match[2] or match[4]) for at, match in matches if match is not None}
    units = {at: _UNIT_OF_LETTER[letter.casefold()] for at, (_, letter) in found.items()}
    by_stem: dict[str, list[int]] = {}
    for at, (stem, _) in found.items():
        by_stem.setdefault(stem.casefold(), []).append(at)
    words = (*SIDES.values(), OTHER_FLOWS)
    powers = {at for at, (_, letter) in found.items() if letter in "Pp"}
    named = {stem: [at for at in each if at not in powers] for stem, each in by_stem.items()}
    devices = [at for stem, each in named.items() if any(one.search(stem) for one in words) for at in each]
    pairs = [each for each in (*by_stem.values(), devices) if {units[at] for at in each} >= {"V", "A"}]
    watts = [at for at, unit in units.items() if unit == "W" and at not in powers]
    if len(watts) > 1 and any(label_of(names[at]).unit for at in watts):
        pairs.append(watts)
    return {at: units[at] for each in pairs for at in each}


def overlap(names: Sequence[str]) -> bool:
    """Return whether adding the powers of these names would count some twice: a total, or both sides."""
    texts = [normal(name) for name in names]
    is_total = any(map(TOTAL.search, texts))
    is_direct = any("dc" in text or "pv" in text for text in texts)
    return is_total or (is_direct and any("ac" in text for text in texts))
