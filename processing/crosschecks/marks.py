"""Files with a column such as `Quality` or `Direction`: which rows are faulty, or where their power flows.

They are asked about if the answer changes the figures.
"""

import re

import numpy as np
from numpy.typing import NDArray

from processing.crosschecks.cells import Again, numbers_again, rows_again
from processing.head.advice import rejected, shown
from processing.head.dialect import Dialect
from processing.model.flags import Floats, Integers
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted
from processing.naming.synonyms import kind_by_name, normal, places_named

_MAX_MARKS, _SHARE = 5, 0.3
"""The most different marks of faults, and the largest share of rows with power that have one."""
_ALL = "all rows"
_MARKED = ("power", "energy", "current")
_KINDS = kind_by_name(
    {
        "fault": """
            quality, quality flag, data quality, qc, qc flag, flag, flags, valid, validity, is valid, good,
            error, error code, errors, fault, fault code, sensor fault, comms, communication, qualität,
            datenqualität, gültig, fehler, fehlercode, störung, qualité, valide, validité, erreur, défaut,
            code erreur, calidad, válido, fallo, qualità, valido, errore, kwaliteit, geldig, fout, foutcode,
            storing, qualidade, erro
            """,
        "state": """
            status, state, zustand, état, estado, stato, alarm, inverter status, comm status, battery status,
            battery state, mode, modus, betriebsart, modo, modalità
            """,
        "direction": """
            sign, direction, flow, flow direction, power direction, energy direction, current direction, dir,
            direction of flow, polarity, import/export, export/import, im/export, in/out, +/-, richtung,
            energierichtung, energieflussrichtung, stromrichtung, flussrichtung, lastrichtung, vorzeichen,
            bezug/einspeisung, einspeisung/bezug, bezug/lieferung, lieferung/bezug, sens, sens du flux, signe,
            soutirage/injection, injection/soutirage, sentido, dirección, signo, direzione, verso, segno,
            prelievo/immissione, immissione/prelievo, richting, energierichting, teken, polariteit,
            afname/teruglevering, teruglevering/afname, direção, sinal, riktning, retning, suunta, kierunek
            """,
    }
)
"""Columns that say which rows are faulty, or where power flows, and columns of states: some may be faults."""
_NAMES = frozenset(_KINDS)
_FAULTS = re.compile("err|fault|bad|invalid|lost|fail|fehler|stör|défaut|fout|fallo", re.IGNORECASE)
"""States that are faults."""
_FLOWS = re.compile(
    r"(?:dis)?charg(?:e|ing)|(?:im|ex)port(?:ing)?|(?:ent|be|auf)?laden|einspeis(?:ung|en)|bezug",
    re.IGNORECASE,
)
"""States that are directions."""
_OF_WIND = re.compile(r"[NSEWO]{1,3}|\d+(?:\.\d+)?")
"""A direction of the wind, as letters or as an angle."""
_SIGNS = {"0", "1", "-1", "+1"}
_NOISE = 0.05
"""The share of values below zero that are those of a sensor at night, or no readings."""
_MATTERS = 0.02
"""The rows are asked for if their power differs by this share of all from that of the rows beside them.

So are directions that have this share of all power.
"""


def check_marks(dialect: Dialect, again: Again, profile: Profile) -> None:
    """Raise RejectedFileError if a column marks rows whose power is unlike that around them, or turned.

    `again` returns the first blocks of the file and the others; it is called if there is such a column. Rows
    that are marked and have no power change nothing. A profile with `csv.where` decides.
    """
    places = places_named(dialect.header, _NAMES)
    power = next((dialect.columns[name] for name in _MARKED if name in dialect.columns), None)
    if not places or power is None or profile.csv.where or dialect.label is not None:
        return
    found = {place: _marks_in(place, dialect, again) for place in places}
    found = {place: marks for place, marks in found.items() if 1 < len(marks[0]) <= _MAX_MARKS + 1}
    if not found:
        return
    values = np.nan_to_num(numbers_again(power.places, dialect, again).sum(axis=1))
    for place, (marks, which) in found.items():
        name = dialect.header[place]
        kind = _KINDS.get(normal(name)) or _KINDS[normal(name.split("(", maxsplit=1)[0])]
        has_flows = kind == "state" and sum(map(bool, map(_FLOWS.fullmatch, marks.tolist()))) > 1
        if kind == "direction" or has_flows:
            _check_directions(dialect, name, marks, which, values)
        else:
            _check_faults(dialect, name, marks, which, values, is_named=kind == "fault")


def _marks_in(place: int, dialect: Dialect, again: Again) -> tuple[NDArray[np.str_], Integers]:
    """Return the different cells of a column, and the index of that of each row.

    The other rows are not read after those that have too many.
    """
    numbers: dict[str, int] = {}
    found: list[int] = []
    for row in rows_again(dialect, again):
        found.append(numbers.setdefault(row[place].strip(), len(numbers)))
        if len(numbers) > _MAX_MARKS + 1:
            break
    marks, index = np.unique(np.array([*numbers], np.str_), return_inverse=True)
    return marks, index[found]


def _check_faults(
    dialect: Dialect, name: str, marks: NDArray[np.str_], which: Integers, values: Floats, *, is_named: bool
) -> None:
    """Raise RejectedFileError if some of these marks are those of rows whose values are unlike others around.

    `which` has the index of the mark of each row.
    """
    usual = np.bincount(which).argmax()
    is_fault = [is_named or bool(_FAULTS.search(mark)) for mark in marks]
    is_marked = (which != usual) & (values != 0) & np.array(is_fault)[which]
    rows = is_marked.nonzero()[0]
    around = np.interp(rows, (~is_marked).nonzero()[0], values[~is_marked])
    is_clear = np.abs(values[rows] - around).sum() > _MATTERS * np.abs(values).sum()
    if not is_clear or len(rows) > _SHARE * np.count_nonzero(values):
        return
    cell = str(marks[usual])
    message = f"{shown([name])!r} is not {shown([cell])!r} in {counted(len(rows), 'row')} with power unlike "
    message += "that of the rows around: are they readings?"
    ways = {f"only rows with {cell or 'an empty cell'}": [cell], _ALL: marks.tolist()}
    raise _which_rows(dialect, message, name, ways)


def _check_directions(
    dialect: Dialect, name: str, marks: NDArray[np.str_], which: Integers, values: Floats
) -> None:
    """Raise RejectedFileError if rows of two directions have power without a sign.

    A meter that only rises has none. `which` has the index of the mark of each row.
    """
    is_meter = "power" not in dialect.columns and bool((np.diff(values[values != 0]) >= 0).all())
    has_signs = np.count_nonzero(values < 0) > _NOISE * np.count_nonzero(values)
    if has_signs or is_meter:
        return
    values = np.maximum(values, 0)
    shares = np.bincount(which, values) / max(values.sum(), 1e-9)
    found: list[str] = marks[shares > _MATTERS].tolist()
    is_of_wind = all(map(_OF_WIND.fullmatch, found)) and not {*found} <= _SIGNS
    if len(found) < 2 or is_of_wind:  # noqa: PLR2004 - to and fro
        return
    message = f"{shown([name])!r} says in which direction the power of a row flows, which has no sign: "
    message += "which rows are read?"
    ways = {f"only rows with {mark or 'an empty cell'}": [mark] for mark in found} | {_ALL: marks.tolist()}
    raise _which_rows(dialect, message, name, ways)


def _which_rows(dialect: Dialect, message: str, name: str, ways: dict[str, list[str]]) -> RejectedFileError:
    """Return the rejection of a file in which the rows with these marks may be read, in one of these ways."""
    choices = [
        Choice(label, {"csv": {"where": {"column": name, "is": marks if len(marks) > 1 else marks[0]}}})
        for label, marks in ways.items()
    ]
    return rejected("ambiguous_columns", message, dialect.header_line, choices=choices)
