"""The samples of known formats, as tables that can be changed."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

from processing.formats.known_formats import matching
from processing.formats.toml_files import shipped
from processing.model.profile import DEFAULT

UNITS = {
    "W": ("kW", 1e3),
    "kW": ("W", 1e-3),
    "Watt": ("kW", 1e3),
    "Wh": ("kWh", 1e3),
    "kWh": ("Wh", 1e-3),
    "V": ("mV", 1e-3),
    "A": ("mA", 1e-3),
    "Volts": ("mV", 1e-3),
    "Amps": ("mA", 1e-3),
}
"""Another unit of the same quantity, and by which factor the readings change with it."""


@dataclass(frozen=True)
class Grid:
    """A file as lines before the header, lines of the header and rows, cut into cells as they are written."""

    encoding: str
    delimiter: str
    above: list[str]
    header: list[list[str]]
    rows: list[list[str]]

    @classmethod
    def of(cls, content: bytes) -> Grid:
        """Cut a sample at the header that its format finds."""
        encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
        text = content.decode(encoding).replace("\r\n", "\n")
        (found,) = matching(text.encode(), shipped(), DEFAULT)
        header, lines = found.header, text.splitlines()
        first, last = header.line - 1, header.first_row_line - 1
        if first and lines[first - 1].count(header.delimiter) == lines[first].count(header.delimiter):
            first -= 1  # a line of units over the names
        cells = [line.split(header.delimiter) for line in lines[first:]]
        return cls(encoding, header.delimiter, lines[:first], cells[: last - first], cells[last - first :])

    def written(self) -> bytes:
        """Return the content of a file."""
        lines = [*self.above, *(self.delimiter.join(cells) for cells in (*self.header, *self.rows))]
        return ("\n".join(lines) + "\n").encode(self.encoding)

    def places(self, name: str) -> list[int]:
        """Return where the columns of a channel are, by the name that a result has for them."""
        joined = ["".join(map(_bare, cells)) for cells in zip(*self._whole(self.header), strict=True)]
        wanted = [_bare(part) for part in name.split(" + ")]
        if len(self.header) == 1:
            return [at for at, text in enumerate(joined) if text in wanted]
        return [at for at, text in enumerate(joined) if any(one in text for one in wanted)]

    def renamed(self, at: int, name: str, other: str) -> Grid:
        """Return it with another name of a column that has this name; its unit stays."""
        header = self._whole(self.header)
        bare = [_bare(cells[at]) for cells in header]
        named = [each for each, cell in enumerate(bare) if cell and cell in _bare(name)]
        line = max((each for each in named if len(bare[each]) > 3), default=named[0])
        unit = re.search(r"[(\[][^(\[]*[)\]]\W*$", header[line][at])
        header[line][at] = other + (unit[0] if unit else "")
        return replace(self, header=header)

    def other_units(self, at: int) -> list[tuple[Grid, float]]:
        """Return it with another unit of a column, and the factor of its readings."""
        found = []
        for unit, (other, factor) in UNITS.items():
            pattern = rf'(^|[("\[])({unit})($|[)"\]])'
            header = [[*cells] for cells in self.header]
            for cells in (each for each in header if at < len(each)):
                cells[at] = re.sub(pattern, rf"\g<1>{other}\g<3>", cells[at])
            if header != self.header:
                found.append((replace(self, header=header), factor))
        return found

    def reordered(self, order: list[int]) -> Grid:
        """Return it with its columns in another order; cells behind the header stay."""

        def moved(cells: list[str]) -> list[str]:
            return [cells[at] for at in order if at < len(cells)] + cells[len(order) :]

        return replace(
            self, header=list(map(moved, self._whole(self.header))), rows=list(map(moved, self.rows))
        )

    @property
    def width(self) -> int:
        """The number of columns that the header has."""
        return max(map(len, self.header))

    def _whole(self, lines: list[list[str]]) -> list[list[str]]:
        return [cells + [""] * (self.width - len(cells)) for cells in lines]


def _bare(text: str) -> str:
    return re.sub(r"[\s\"]", "", text)
