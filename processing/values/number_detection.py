"""How the numbers of a whole file are written: decimal sign, signs between thousands, units in the cells."""

import functools
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from processing.model.channels import MAX_CHARACTERS
from processing.values.numbers import NumberForm, number_and_unit, numbers, pattern_of

_FORMS = [NumberForm(decimal, thousands) for thousands in ("", ".", ",", "'", " ") for decimal in ".,"
          if decimal != thousands]  # fmt: skip
"""The forms without groups come first: on a tie, they count."""
_BITS = {form: 1 << at for at, form in enumerate(_FORMS)}
_POINT, _COMMA = NumberForm("."), NumberForm(",")
_RIVALS = {_POINT: NumberForm(",", "."), _COMMA: NumberForm(".", ",")}
"""The rival of a form: its decimal sign may separate thousands, and the other sign be the decimal one."""
_PLAIN = {form: re.compile(rf"[-+\d{form.decimal}\n]*", re.ASCII) for form in _RIVALS}
_READING = {form: sum(bit for each, bit in _BITS.items() if each.decimal == form.decimal) for form in _RIVALS}
"""The forms that read the plain numbers of a form, each one bit: with and without signs between thousands."""
_BARE = re.compile(r"[-+\d.,\n]*", re.ASCII)
"""Cells without units."""
_BROKEN_SHARE = 0.01
"""Share of the cells that may be no numbers in the form of the others."""
_TO_ONE = {ord(digit): "1" for digit in "23456789"}
_MAX_UNITS, _GROUP = 20, 3
"""The most units that are counted, and the digits of a group."""
_FIRST_CELLS, _MIN_CELLS, _RISE = 40, 8, 1.25
"""How many cells may show a total, at most and at least, and how much the last may be of the first."""
_STEPS = 4
"""A total stays for so many readings; power seldom stays at its highest."""


class NumberDetector:
    """Gathers the cells of the columns of readings, block by block, and then knows their form.

    >>> detector = NumberDetector(2)
    >>> detector.add([["24,1 V", "24,2 V"], ["1.200", "850"]])
    >>> detector.forms(), detector.units(0)
    ([NumberForm(decimal=',', thousands='.', unit='')], {'V': 2})
    """

    def __init__(self, columns: int) -> None:
        self._cells: defaultdict[int, int] = defaultdict(int)
        """Number of cells by the set of forms that read them, each form one bit."""
        self._columns = [_ColumnOfNumbers() for _ in range(columns)]

    def add(self, columns: Sequence[Sequence[str]]) -> None:
        """Add the cells of each column in a block, without those that mean "no value"."""
        for column, cells in zip(self._columns, columns, strict=True):
            column.add(cells, self._cells)

    def units(self, column: int) -> dict[str, int]:
        """Return the units in the cells of a column, and how often each occurs."""
        return dict(self._columns[column].units)

    @property
    def has_units(self) -> bool:
        """Return whether a cell has a unit."""
        return any(column.units for column in self._columns)

    def forms(self) -> list[NumberForm]:
        """Return the forms that read all cells except a few broken ones; more than one if it is ambiguous.

        The unit is left empty. The list is empty if no cell is a number.
        """
        reads = [0] * len(_FORMS)
        for bits, count in self._cells.items():
            for at in _places_in(bits):
                reads[at] += count
        best = max(reads)
        if not best:
            return []
        good = [at for at, count in enumerate(reads) if count >= best * (1 - _BROKEN_SHARE)]
        plain = [at for at in good if not _FORMS[at].thousands]
        first = _FORMS[max(plain or good, key=reads.__getitem__)]
        if not plain:
            return [first]
        rival = _RIVALS[first]
        is_open = _FORMS.index(rival) in good and any(one.may_have_groups(first) for one in self._columns)
        return [first, rival] if is_open else [first]

    def with_rival(self, forms: list[NumberForm], units: Sequence[str], kind: str | None) -> list[NumberForm]:
        """Add the rival of a form if all cells may be whole numbers, each with a sign between thousands.

        Do not add it if the unit of a column, such as kW, makes thousandths usual. They are not usual in a
        total in kWh: `12.345` may be what a meter shows without its fraction. `kind` is that of an energy.
        """
        rival = _RIVALS.get(forms[0]) if len(forms) == 1 else None
        if rival is None or self.is_decided:
            return forms
        for column, unit in zip(self._columns, units, strict=True):
            if not column.has_groups(forms[0]):
                continue
            may_be_total = unit == "kWh" and kind != "interval" and column.is_total(forms[0])
            if unit not in ("W", "Wh") and not may_be_total:
                return forms
        are_read = all(bits & _BITS[rival] for bits in self._cells if bits & _BITS[forms[0]])
        is_open = are_read and any(one.has_groups(forms[0]) for one in self._columns)
        return [*forms, rival] if is_open else forms

    @property
    def is_decided(self) -> bool:
        """Return whether a cell has a decimal sign that cannot separate thousands."""
        return any(column.is_certain for column in self._columns)


@functools.lru_cache(maxsize=1 << len(_FORMS))
def _places_in(bits: int) -> list[int]:
    return [at for at in range(len(_FORMS)) if bits >> at & 1]


class _ColumnOfNumbers:
    """What the cells of one column show."""

    def __init__(self) -> None:
        self.units: dict[str, int] = {}
        self._undecided = self._certain = 0
        """Forms, each one bit. Later cells in those that are certain need no check."""
        self._has_long = self._has_short = False
        self._first: Sequence[str] = ()

    def add(self, cells: Sequence[str], counts: defaultdict[int, int]) -> None:
        """Count the cells by the forms that read them."""
        text = "\n".join(cells)
        if not text:
            return
        self._first = self._first or cells[:_FIRST_CELLS]
        for form, plain in _PLAIN.items() if self._certain else ():
            if self._certain & _BITS[form] and form.decimal in text and plain.fullmatch(text):
                counts[_READING[form]] += len(cells)
                return
        has_units = _BARE.fullmatch(text) is None
        counted: dict[str, int] = {}
        for cell in cells if has_units else text.translate(_TO_ONE).split("\n"):
            counted[cell] = counted.get(cell, 0) + 1  # of a few cells, a Counter takes longer
        for cell, count in counted.items():
            shape = cell
            if has_units:
                shape, unit = number_and_unit(cell)
                shape = shape.translate(_TO_ONE)
                if unit and (unit in self.units or len(self.units) < _MAX_UNITS):
                    self.units[unit] = self.units.get(unit, 0) + count
            bits, undecided, certain, is_long, is_short = _shown_by(shape[: MAX_CHARACTERS + 1])
            counts[bits] += count
            self._undecided |= undecided
            self._certain |= certain
            self._has_long |= is_long
            self._has_short |= is_short

    def is_total(self, form: NumberForm) -> bool:
        """Return whether the first cells never fall and rise by little, as those of a total do."""
        values = numbers(self._first, form.decimal).tolist()
        return len(values) >= _MIN_CELLS and values == sorted(values) and values[-1] < _RISE * values[0]

    @property
    def is_certain(self) -> bool:
        """Return whether a cell shows the decimal sign."""
        return self._certain.bit_count() == 1

    def has_groups(self, form: NumberForm) -> bool:
        """Return whether a cell has three digits after its sign, and no whole number is longer."""
        return bool(self._undecided & _BITS[form]) and not self._has_long

    def may_have_groups(self, form: NumberForm) -> bool:
        """Return whether the decimal sign of this form may separate thousands instead."""
        return self.has_groups(form) and self._has_short


class _Shown(NamedTuple):
    """What the shape of a number shows."""

    bits: int
    """The forms that read it, each one bit."""
    undecided: int
    """Those of them that show three digits after their sign, which may be a group."""
    certain: int
    """Those that show another number of digits after their sign."""
    is_long: bool
    is_short: bool
    """Whether it is a whole number of four or more digits, or one from 1 to 999."""


@functools.lru_cache(maxsize=4096)
def _shown_by(shape: str) -> _Shown:
    """Return what a number shows in whose `shape` all digits but 0 are 1."""
    is_read = len(shape) <= MAX_CHARACTERS
    bits = sum(bit for form, bit in _BITS.items() if is_read and pattern_of(form).fullmatch(shape))
    digits = shape.lstrip("+-")
    whole = len(digits) if digits.isdigit() else 0
    forms = [form for form in _RIVALS if bits & _BITS[form] and {".", ","} & set(digits)]
    undecided = sum(_BITS[form] for form in forms if bits & _BITS[_RIVALS[form]])
    certain = sum(_BITS[form] for form in forms) - undecided
    return _Shown(bits, undecided, certain, whole > _GROUP, 0 < whole <= _GROUP and "1" in digits)


def values_of(cells: Sequence[str]) -> list[float]:
    """Return the cells that are numbers, with a decimal point or comma."""
    texts = [cell.strip().replace(",", ".") for cell in cells]
    return [value for value in numbers(texts).tolist() if not math.isnan(value)]


def are_total(values: list[float]) -> bool:
    """Return whether numbers only rise, or only fall, as those of a meter do.

    They do so by less than they are, or they rise and then stay: power seldom stays at its highest.
    """
    if values not in (sorted(values), sorted(values, reverse=True)):
        return False
    span = max(values, default=0.0) - min(values, default=0.0)
    stays = len(values) > 2 * _STEPS and len(set(values[-_STEPS:])) == 1 and len(set(values)) > _STEPS
    return 0 < span < min(values) or (span > 0 and values[-1] > values[0] and stays)
