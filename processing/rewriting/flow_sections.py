"""Sections for each day and flow of energy, as utilities write Green Button data, as one table of both flows.

The names above a section differ only in the word for its flow, as in `Energy Delivered time period` and
`Energy Received time period`. They lose this word, and each row has it in a last column. Names and titles
below the first names become empty lines.
"""

import re
from collections.abc import Callable
from typing import Final

_BLANKS: Final = rb"(?:\s|\xc2\xa0)+"
_SIGN: Final = b" time period"
_PREAMBLE: Final = 4096
"""The most bytes above the first names."""
_NAMES = re.compile(rb'"?Energy%b(\w+)%btime period"?,.*' % (_BLANKS, _BLANKS))
_ROW = re.compile(rb'"?\d{4}-')
_MARK: Final = b"\xef\xbb\xbf"


def steps_of_flows(head: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how the lines are rewritten in a file that begins so; nothing if it has not two flows."""
    lines = head.split(b"\n") if head.find(_SIGN, 0, _PREAMBLE) >= 0 else []
    flows = {match[1] for match in map(_NAMES.match, lines) if match is not None}
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
        if (match := _NAMES.match(line)) is not None:
            self._flow = match[1]
            return b"%b,register" % line.replace(self._flow, b"") if is_first else b""
        if is_first:
            return line
        return b"%b,%b" % (line, self._flow) if _ROW.match(line) else b""
