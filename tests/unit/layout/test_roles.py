"""What each column of a file holds."""

import pytest

from processing.head.header_cells import HeaderCell
from processing.layout import roles
from processing.layout.header import FoundHeader
from processing.layout.roles import Roles, roles_of
from processing.model.profile import DEFAULT
from processing.model.rejection import RejectedFileError


@pytest.mark.crossed
@pytest.mark.parametrize(
    "names",
    [
        "timestamp;voltage;current;temperature;power",
        "Zeit;Leistung (kW);Ertrag (kWh)",
        "Date;Time;AC Power (W);Note",
        "Time;Date;Start time;End time;AC Power (W)",
        "Timestamp;Year;Month;Day;Power (W)",
        "Datum/Zeit;Device;PV Power (W)",
        "Time;Unit;Power",
        "Time;AC Power (W);Roof V;Roof A",
        "Time;Power (W);Power (W)",
        "Time;Power (W);Cell;Cell",
        "Time;Serial number;Energy",
        "Time;Total",
        "Time;PV1 Power (W);PV2 Power (W)",
        "Time;kWh meter;Humidity",
        "Column;Power (W)",
    ],
)
@pytest.mark.parametrize(("date", "fraction"), [("10.06.2025 ", ",5"), ("", "")])
def test_usual_rows_leave_the_roles_that_the_names_give(
    names: str, date: str, fraction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = tuple(HeaderCell((name,)) for name in names.split(";"))
    rows = [
        [f"{date}12:{row:02}", *(f"{len(one.text) % 12 + row}{fraction}" for one in cells[1:])]
        for row in range(8)
    ]
    found = _found(cells, rows)
    monkeypatch.setattr(roles, "_are_usual", lambda *_: False)
    assert _found(cells, rows) == found


@pytest.mark.parametrize("row", ["10.06.2025 12:00;5 kW", "10.06.2025 12:00;", "x;5;6"])
def test_other_rows_are_examined(row: str) -> None:
    named = roles_of(FoundHeader(";", (HeaderCell(("Time",)), HeaderCell(("Power",))), 1, 2), [], DEFAULT)
    assert not roles._are_usual([row.split(";")], named)


def _found(cells: tuple[HeaderCell, ...], rows: list[list[str]]) -> Roles | str:
    try:
        return roles_of(FoundHeader(";", cells, 1, 2), rows, DEFAULT)
    except RejectedFileError as error:
        return error.message
