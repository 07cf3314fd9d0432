"""Rewrites lines that are not cells with delimiters between them; their number stays, except for days.

These are lines in which each value stands beside its name, cells with blanks between them, whole lines in
one pair of quotes or in the first cell, names over several lines in quotes, cells in single quotes, times
with a comma and without quotes such as June 14, 2025 or 14.06.2025, 10:05, times and numbers that are written
in an unusual way, and NUL bytes above the header.
"""

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from processing.head.cell_kinds import holds_number
from processing.head.dialect import begins_as_default
from processing.head.lines import Line, cut, is_reading, numbered
from processing.head.samples import has_unnamed_numbers
from processing.model.profile import Profile
from processing.model.safe_text import text_of
from processing.naming.time_parts import are_of_date
from processing.rewriting.completed_times import rows_with_parts, steps_of_counted_hours, steps_of_parts
from processing.rewriting.day_tables import day_table_of
from processing.rewriting.named_values import named_values_of
from processing.rewriting.numbers import steps_of_numbers, steps_of_signs
from processing.rewriting.pivots import pivot_of, turned_table_of
from processing.rewriting.replacements import BY_BEGINNING, Step, ways_to_quote
from processing.rewriting.times import rows_of, steps_of_times, zone_of_times
from processing.rewriting.utility_formats import nem12_of, steps_of_flows
from processing.times.file_dates import year_alone_in
from processing.times.time_shapes import kind_of_time

_FIRST_BYTES, _EXAMINED_LINES = 1 << 12, 40
_MAX_PREAMBLE, _MAX_NAME_LINES = 20, 60
"""The most lines above the names, and of names in quotes that go on in the next line."""
_MAX_HEADER_LINES = 3
"""The most lines of names and units above the first row."""
_MIN_SHARE = 0.9
"""Share of the lines from the first row on that have as many cells as the header."""
_QUOTED = rb'(?m)^"((?:[^"\n]++|"")*+)"[ \t]*+$'
_WORD = rb"[A-Za-z\x80-\xff]{3,14}"
_MONTH_FIRST = rb"(?:%b\.?, )?%b\.? \d{1,2}, \d{4}" % (_WORD, _WORD)
_NUMBERS = rb"\d{1,4}([-/.])\d{1,2}\3\d{1,4}, \d{1,2}[:.]\d\d"
_WEEKDAY_FIRST = rb"%b, \d{1,2} %b \d{4} \d" % (_WORD, _WORD)
_COMMA_DATE = rb'(?m)(^|,)((?:%b|%b|%b)[^,"\n]*)(?=,)' % (_MONTH_FIRST, _WEEKDAY_FIRST, _NUMBERS)
"""`June 14, 2025 10:05`, `Sat, 14 Jun 2025 10:05` or `14.06.2025, 10:05` between commas."""
_SINGLE = rb"(?m)(^|[,;\t])'([^'\"\n]*)'(?=[,;\t]|$)"
"""A cell in single quotes."""
_SINGLE_TIME = rb"(?m)(?:^|[,;\t])'\d[-\d./ T:]*:\d\d'(?=[,;\t]|$)"
_WHOLE = rb'(?m)^("?)([^"%b\n]*%b[^"%b\n]*)\1(%b+)$'
"""A line whose first cell has another delimiter, and whose other cells are empty."""
_HALF_DAY = rb"(:\d\d) ([AaPp]\.?[Mm]\.?)(?=[ \t\n])"
_FULL_TIME = rb"(\d[-/.]\d{1,4}) (?=\d{1,2}:\d\d)"
_UNIT = rb" (?=[(\[])"
_NO_FIRST_NAME = re.compile(rb"(?m)^ {4,}(\S[^\n]*)\n(?:([A-Za-z_]{1,20}) *\n| *\n)?(?=(\d[^ \n]*) [^\n]*\n)")
"""Names with blanks in the place of the first one, which may be in a line below them, above the first row."""
_INSTANT = re.compile(rb"(?m)^(\d{10}): ")
"""Seconds since 1970 at the beginning of a row, as rrdtool writes them."""
_JOINED = b"\x1f"
"""Stands for a blank that stays."""


class Rewriting(NamedTuple):
    """How blocks of lines are rewritten."""

    steps: tuple[Step, ...] = ()
    has_blanks: bool = False
    """Whether blanks are the delimiter of the file; tabs then replace them."""
    lines_of_row: int = 1
    """How many lines stand for each line from the first row on."""
    lines_above: int = 0
    """How many lines stand above the first one of the file."""
    zone: str = ""
    """The name of the time zone that stood behind times without an offset."""

    @property
    def stated(self) -> dict[str, str]:
        """The properties that the lines no longer show."""
        return {"delimiter": " "} if self.has_blanks else {}

    def apply(self, block: bytes) -> bytes:
        """Return a block rewritten."""
        return _rewritten(block, self.steps)


def _year_of(profile: Profile, name: bytes) -> int | None:
    return profile.csv.year or year_alone_in(text_of(name))


def _rewritten(block: bytes, steps: Sequence[Step]) -> bytes:
    for step in steps:
        block = step(block)
    return block


def rewriting_of(head: bytes, profile: Profile, name: bytes = b"") -> Rewriting:
    """Return how the lines of a file with these first lines are rewritten: only if this makes a table."""
    if begins_as_default(head):
        return Rewriting()
    steps: list[Step] = [step for sign, step in BY_BEGINNING if sign.match(head)]
    if not (is_ascii := head.isascii()):
        steps += steps_of_signs(head[:_FIRST_BYTES])
    head = _rewritten(head, steps)
    first = head[:_FIRST_BYTES]
    first = first[: first.rfind(b"\n") + 1]
    stated = zone_of_times(first)
    found = [
        *steps_of_times(first, stated),
        *steps_of_numbers(head, is_ascii=is_ascii),
        *steps_of_flows(head),
    ]
    rows = rows_with_parts(rows_of(first))
    year_of = functools.partial(_year_of, profile, name)
    found += steps_of_parts(first, rows, year_of)
    steps += found
    first = _rewritten(first, found)
    if (named := named_values_of(_rewritten(head, found) if found else head)) is not None:
        return Rewriting((*steps, named), lines_above=1, zone=stated)
    for way in _WAYS:
        if (step := way(first, profile)) is not None:
            steps.append(step)
            first = step(first)
    zone = profile.csv.timezone or profile.site.timezone or stated
    steps += steps_of_counted_hours(_rewritten(rows, found), zone)
    head = _rewritten(head, steps)
    days = turned_table_of(head) or nem12_of(head) or day_table_of(head, zone) or pivot_of(head, year_of)
    if days is not None:
        return Rewriting((*steps, days.rewrite), lines_of_row=days.lines, zone=stated)
    blanks = _blanks(first, profile)
    return Rewriting((*steps, *([blanks] if blanks else [])), blanks is not None, zone=stated)


def _names_over_lines(first: bytes, profile: Profile) -> Step | None:
    """Return a function that joins the lines of names in quotes that go on in the next line, or None.

    Blank lines take the place of the others, and a blank that of each end of a line.
    """
    if b'"' not in first:
        return None
    lines = first.split(b"\n")
    at = next((at for at, line in enumerate(lines[:_MAX_PREAMBLE]) if line.count(b'"') % 2), len(lines))
    last = next((to for to in range(at + 1, len(lines)) if lines[to].count(b'"') % 2), 0)
    if not last or last - at > _MAX_NAME_LINES or last + 1 >= len(lines):
        return None
    before, joined = b"\n".join(lines[at : last + 1]), b" ".join(lines[at : last + 1])
    for delimiter in ",;\t":
        texts = numbered(joined + b"\n" + lines[last + 1] + b"\n", 1, profile, 2)
        pair = cut(texts, delimiter)
        if len(pair) > 1 and pair[0].width == pair[1].width > 1 and is_reading(pair[1]):
            after = joined + b"\n" * (last - at)
            return lambda block: block.replace(before, after)
    return None


def _single_quotes(first: bytes, _: Profile) -> Step | None:
    """Return a function that writes double quotes for single ones around cells; None if no time has them."""
    is_quoted = b"'" in first and re.search(_SINGLE_TIME, first) is not None
    return functools.partial(re.compile(_SINGLE).sub, rb'\1"\2"') if is_quoted else None


def _quoted_lines(first: bytes, _: Profile) -> Step | None:
    """Return a function that takes lines out of quotes; None unless all lines from one on are in one pair.

    There are delimiters between these quotes.
    """
    if b'"' not in first:
        return None
    found = [re.match(_QUOTED, line) for line in first.split(b"\n") if line.strip()]
    is_quoted = [one is not None and re.search(rb"[,;\t|]", one[1]) is not None for one in found]
    if (count := sum(is_quoted)) < 2 or not all(is_quoted[-count:]):  # noqa: PLR2004 - a header and a row
        return None
    return functools.partial(re.compile(_QUOTED).sub, lambda line: line[1].replace(b'""', b'"'))


def _whole_lines(first: bytes, profile: Profile) -> Step | None:
    """Return a function that cuts lines that are in their first cell; None if the header is no such line."""
    title = first[: first.find(b"\n")]
    for delimiter, other in ((b";", b","), (b",", b";")) if title.endswith((b";;", b",,")) else ():
        way = functools.partial(_from_first_cell, delimiter=delimiter, other=other)
        texts, new = (numbered(block, 1, profile, _EXAMINED_LINES) for block in (first, way(first)))
        changed = {after[0] for before, after in zip(texts, new, strict=True) if before != after}
        for sign in (delimiter, other) if changed else ():
            lines = cut(new, sign.decode())
            at = next((at for at, line in enumerate(lines) if is_reading(line)), 0)
            if at and lines[at - 1].number in changed and _fits(lines, at):
                return way
    return None


def _from_first_cell(block: bytes, *, delimiter: bytes, other: bytes) -> bytes:
    """Return a block with cells in place of lines that are in their first cell as a whole.

    They keep the other delimiter, without the empty cells, unless it cuts them into as many cells.
    """

    def cells(found: re.Match[bytes]) -> bytes:
        return found[2].replace(other, delimiter) if found[2].count(other) == len(found[3]) else found[2]

    return re.sub(_WHOLE % (delimiter, other, delimiter, delimiter), cells, block)


def _cells_with_commas(first: bytes, profile: Profile) -> Step | None:
    """Return a function that puts cells with a comma in quotes; None unless rows then fit the header."""
    rows = rows_of(first)
    steps: list[Step] = [functools.partial(re.compile(_COMMA_DATE).sub, rb'\1"\2"')] if b", " in rows else []
    for step in [*steps, *ways_to_quote(first, rows)]:
        if (after := step(first)) == first:
            continue
        old, lines = (cut(numbered(block, 1, profile, _EXAMINED_LINES), ",") for block in (first, after))
        changed = next((at for at, pair in enumerate(zip(lines, old, strict=False)) if pair[0] != pair[1]), 0)
        row = next((at for at, line in enumerate(lines) if at >= changed and is_reading(line)), changed)
        if _fits(lines, row):
            return step
    return None


_WAYS = (_names_over_lines, _single_quotes, _quoted_lines, _whole_lines, _cells_with_commas)
"""Each returns how lines are rewritten, or None; it gets the first lines as those before have left them."""


def _fits(lines: Sequence[Line], first: int) -> bool:
    """Return whether the lines from the first row on have as many cells as a line above it."""
    rows, above = lines[first:], lines[max(0, first - _MAX_HEADER_LINES) : first]
    width = rows[0].width
    alike = sum(row.width == width for row in rows)
    named = {width, width - has_unnamed_numbers(width - 1, rows)}
    return width > 1 and alike >= _MIN_SHARE * len(rows) and any(line.width in named for line in above)


def _with_first_name(block: bytes) -> bytes:
    """Return a block with the name of the times before the other names, if its rows begin with times."""
    if not (block.startswith(b"    ") or _INSTANT.match(block)):
        return block
    return _NO_FIRST_NAME.sub(_named, _INSTANT.sub(rb"\1 ", block))


def _named(found: re.Match[bytes]) -> bytes:
    """Return names with that of the times before them, in as many lines."""
    if kind_of_time(found[3].decode("latin-1")) not in {"full", "date"}:
        return found[0]
    return (found[2] or b"time") + b"  " + found[1] + b"\n" * found[0].count(b"\n")


def _blanks(first: bytes, profile: Profile) -> Step | None:
    """Return a function that replaces the blanks between cells by tabs; None if the delimiter is another.

    The blank between a date and a time of day stays if the header has one name for both. Cells may contain
    blanks if there are at least two between cells.
    """
    if profile.csv.delimiter not in ("auto", " "):
        return None
    if profile.csv.delimiter == "auto" and not _may_have_blanks(_with_first_name(first)):
        return None
    ways = [
        functools.partial(_with_tabs, least=least, joins_times=joins_times)
        for least, joins_times in ((1, False), (1, True), (2, False))
    ]
    for way in ways:
        lines = cut(numbered(way(first), 1, profile, _EXAMINED_LINES), "\t")
        at = next((at for at, line in enumerate(lines) if is_reading(line)), 0)
        at = at or next((at for at, line in enumerate(lines[1:], 1) if are_of_date(lines[at - 1].cells)), 0)
        are_rows = all(map(is_reading, lines)) or all(map(_holds_numbers, lines))
        is_bare = not at and len({line.width for line in lines}) == 1 and are_rows
        if is_bare or (at and _fits(lines, at)):
            return way
    return ways[0] if profile.csv.delimiter == " " else None


def _holds_numbers(line: Line) -> bool:
    """Return whether all cells of a line are numbers, as those of the parts of a time are too."""
    return len(line.cells) > 1 and all(map(holds_number, line.cells))


def _may_have_blanks(first: bytes) -> bool:
    """Return whether the last line has no other delimiter, nor has the one that may be the header.

    That is the last line that begins with no digit. Without one, the last line has no comma.
    """
    last = first.strip().rpartition(b"\n")[2].strip()
    if b"\t" in first or b" " not in last or b";" in last or b"|" in last:
        return False
    if any(cell.count(b",") > 1 for cell in last.split()):  # one comma may be the decimal sign
        return False
    lines = [line.strip() for line in first.split(b"\n", _EXAMINED_LINES)[:_EXAMINED_LINES]]
    named = [line for line in lines if re.match(rb"[^\d\W]|[\x80-\xff\"#]", line) is not None]
    header = named[-1] if named else last
    return b" " in header and re.search(rb"[,;|\t]", header) is None


def _with_tabs(block: bytes, *, least: int, joins_times: bool) -> bytes:
    """Return a block with a tab in place of at least `least` blanks, outside of quotes."""
    block = re.sub(rb"(?m)^[ \t]++|(?<![ \t])[ \t]++$", b"", _with_first_name(block))
    block = re.sub(_HALF_DAY, b"\\1\x1f\\2", re.sub(_UNIT, _JOINED, block))
    block = re.sub(_FULL_TIME, b"\\1\x1f", block) if joins_times else block
    blanks = rb"[ \t]{%d,}" % least
    if b'"' in block:
        block = re.sub(rb'("[^"\n]*")|' + blanks, lambda found: found[1] or b"\t", block)
    else:
        block = re.sub(blanks, b"\t", block)
    return block.replace(_JOINED, b" ")
