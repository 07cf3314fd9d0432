"""Two formats of utilities: the records of NEM12, and sections for each flow of energy.

Each day of NEM12 becomes a row for each of its intervals. Of the sections, as in Green Button data, the names
differ only in the word for a flow: `Energy Delivered time period` and `Energy Received time period`. They
lose this word, and each row has it in a last column; names and titles below the first names become empty.
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from processing.head.day_steps import INTERVALS
from processing.rewriting.day_tables import MINUTES_OF_DAY, DayTable, clocks_of_day
from processing.rewriting.replacements import Step

_NEM12 = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:100,NEM12|200,[^,\n]*,[^,\n]*,[^,\n]*,[^,\n]*,[^,\n]*,[^,\n]*,[A-Za-z]+,\d+)"
)
_NEM12_HEADER = "NMI,register,date,time,energy per interval (kWh)"
_THOUSANDS = {"KWH": 0, "WH": -1, "MWH": 1}


def nem12_of(head: bytes) -> DayTable | None:
    """Return how the records of NEM12 are rewritten; None if the first lines have no interval data."""
    if _NEM12.match(head) is None:
        return None
    found = re.search(rb"(?m)^(?:\xef\xbb\xbf)?200,(?:[^,\n]*,){7}(\d+)", head)
    count = MINUTES_OF_DAY // int(found[1]) if found is not None and int(found[1]) else 0
    if count not in INTERVALS:
        return None
    return DayTable(count, _Nem12(count))


class _Nem12:
    """Rewrites the records of NEM12, of which those of intervals follow that of their register."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._register: tuple[str, str] = ("", "")
        self._thousands: int | None = None
        """What the unit is in kWh, as a power of a thousand; None for other units, such as kVArh."""
        self._own_count = count

    def __call__(self, block: bytes) -> bytes:
        """Return the rows of a block. The header stands in place of the last record above all intervals."""
        lines = block.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")[:-1]
        above = 0
        if lines and re.match("100,|200,", lines[0]) is not None:
            above = next((at for at, line in enumerate(lines) if line.startswith("300,")), 0)
        for line in lines[:above]:
            self._read_register(line.split(","))
        first = "\n" * (above - 1) + f"{_NEM12_HEADER}\n" if above else ""
        return (first + "".join(self._rows(lines[above:]))).encode()

    def _read_register(self, cells: Sequence[str]) -> None:
        if cells[0] == "200" and len(cells) > 7:  # noqa: PLR2004 - the unit is the eighth cell
            self._register = (cells[1], cells[4] or cells[3])
            self._thousands = _THOUSANDS.get(cells[7].strip().upper())
            minutes = int(cells[8]) if cells[8:] and cells[8].strip().isdecimal() else 0
            self._own_count = MINUTES_OF_DAY // minutes if minutes else 0

    def _rows(self, lines: Sequence[str]) -> Iterator[str]:
        """Yield the new rows. A register with shorter intervals than the first has more lines than others."""
        for line in lines:
            cells, written = line.split(","), 0
            self._read_register(cells)
            if cells[0] == "300" and self._thousands is not None:
                all_values = cells[
                    2 : next((at for at in range(2, len(cells)) if cells[at][:1].isalpha()), None)
                ]
                count = self._own_count or len(all_values)
                values = [*map(self._in_kwh, all_values[:count])]
                if count not in INTERVALS or len(values) < count:
                    values = [f"not {self._count} values but {len(all_values)}"] * self._count
                for clock, value in zip(clocks_of_day(len(values)), values, strict=True):
                    yield ",".join((*self._register, cells[1], clock, value)) + "\n"
                written = len(values)
            yield "\n" * max(0, self._count - written)

    def _in_kwh(self, cell: str) -> str:
        if not self._thousands:
            return cell
        with contextlib.suppress(InvalidOperation):
            return f"{Decimal(cell).scaleb(3 * self._thousands):f}"
        return cell


_BLANKS = rb"(?:\s|\xc2\xa0)+"
_SIGN_OF_FLOW = b" time period"
_MAX_PREAMBLE = 4096
"""The most bytes above the first names."""
_NAMES_OF_FLOW = re.compile(rb'"?Energy%b(\w+)%btime period"?,.*' % (_BLANKS, _BLANKS))
_ROW_OF_FLOW = re.compile(rb'"?\d{4}-')
_MARK = b"\xef\xbb\xbf"


def steps_of_flows(head: bytes) -> list[Step]:
    """Return how the lines are rewritten in a file that begins so; nothing if it has not two flows."""
    lines = head.split(b"\n") if head.find(_SIGN_OF_FLOW, 0, _MAX_PREAMBLE) >= 0 else []
    flows = {match[1] for match in map(_NAMES_OF_FLOW.match, lines) if match is not None}
    return [_WithFlows(lines[0]).rewrite] if len(flows) > 1 else []


class _WithFlows:
    """Rewrites the blocks of a file, in their order."""

    def __init__(self, first: bytes) -> None:
        self._first = first.removeprefix(_MARK)
        self._flow = b""

    def rewrite(self, block: bytes) -> bytes:
        """Return a block of whole lines with the flow in each row."""
        if block.removeprefix(_MARK).startswith(self._first):
            self._flow = b""
        return b"\n".join(map(self._with_flow, block.split(b"\n")))

    def _with_flow(self, line: bytes) -> bytes:
        line, is_first = line.rstrip(b"\r"), not self._flow
        if (match := _NAMES_OF_FLOW.match(line)) is not None:
            self._flow = match[1]
            return b"%b,register" % line.replace(self._flow, b"") if is_first else b""
        if is_first:
            return line
        return b"%b,%b" % (line, self._flow) if _ROW_OF_FLOW.match(line) else b""
