"""Files with a column that says which rows are faulty, such as `Quality`, whose power changes the figures."""

import re

import numpy as np

from processing.beside.cells import Again, rows_again
from processing.head.advice import rejected, shown
from processing.head.dialect import Dialect
from processing.model.flags import Floats
from processing.model.profile import Profile
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.naming.synonyms import kind_by_name, normal, places_named
from processing.values.numbers import numbers

_MAX_MARKS, _SHARE = 5, 0.3
"""The most different marks of faults, and the largest share of rows with power that have one."""
_KINDS = kind_by_name(
    {
        "fault": """
            quality, quality flag, data quality, qc, qc flag, flag, flags, valid, validity, is valid, good,
            error, error code, errors, fault, fault code, sensor fault, comms, communication, qualität,
            datenqualität, gültig, fehler, fehlercode, störung, qualité, valide, validité, erreur, défaut,
            code erreur, calidad, válido, fallo, qualità, valido, errore, kwaliteit, geldig, fout, foutcode,
            storing, qualidade, erro
            """,
        "state": "status, state, zustand, état, estado, stato, alarm, inverter status, comm status",
    }
)
"""Columns that say which rows are faulty, and columns of states, some of which may be faults."""
_NAMES = frozenset(_KINDS)
_FAULTS = re.compile("err|fault|bad|invalid|lost|fail|fehler|stör|défaut|fout|fallo", re.IGNORECASE)
"""States that are faults."""
_MATTERS = 0.02
"""The rows are asked for if their power differs by this share of all from that of the rows beside them."""


def check_marks(dialect: Dialect, again: Again, profile: Profile) -> None:
    """Raise RejectedFileError if a column marks a few rows, and their power is unlike that around them.

    `again` returns the first blocks of the file and the others; it is called if there is such a column. Rows
    that are marked and have no power change nothing. A profile with `csv.where` decides.
    """
    places = places_named(dialect.header, _NAMES)
    power = dialect.columns.get("power") or dialect.columns.get("energy")
    if not places or power is None or profile.csv.where or dialect.label is not None:
        return
    cells = [[row[at] for at in (*places, *power.places)] for row in rows_again(dialect, again)]
    texts = [cell for row in cells for cell in row[len(places) :]]
    values = numbers(texts, dialect.decimal, dialect.thousands).reshape(len(cells), len(power.places))
    values = np.nan_to_num(values.sum(axis=1))
    for at, place in enumerate(places):
        _check_column(dialect, dialect.header[place], [row[at].strip() for row in cells], values)


def _check_column(dialect: Dialect, name: str, cells: list[str], values: Floats) -> None:
    """Raise RejectedFileError if some of these cells mark rows whose values are unlike those around."""
    marks, which = np.unique(cells, return_inverse=True)
    if not 1 < len(marks) <= _MAX_MARKS + 1:
        return
    usual = np.bincount(which).argmax()
    kind = _KINDS.get(normal(name)) or _KINDS[normal(name.split("(", maxsplit=1)[0])]
    is_fault = [kind == "fault" or bool(_FAULTS.search(mark)) for mark in marks]
    is_marked = (which != usual) & (values != 0) & np.array(is_fault)[which]
    rows = is_marked.nonzero()[0]
    around = np.interp(rows, (~is_marked).nonzero()[0], values[~is_marked])
    is_clear = np.abs(values[rows] - around).sum() > _MATTERS * np.abs(values).sum()
    if not is_clear or len(rows) > _SHARE * np.count_nonzero(values):
        return
    cell = str(marks[usual])
    message = f"{shown([name])!r} is not {shown([cell])!r} in {counted(len(rows), 'row')} with power unlike "
    message += "that of the rows around: are they readings?"
    ways = {f"only rows with {cell or 'an empty cell'}": cell, "all rows": marks.tolist()}
    choices = [Choice(label, {"csv": {"where": {"column": name, "is": way}}}) for label, way in ways.items()]
    raise rejected("ambiguous_columns", message, dialect.header_line, choices=choices)
