"""The sections of docs/loggers.md, one for each known format that the package ships."""

import textwrap
import tomllib
from typing import Any

from processing.formats.toml_files import shipped_files

_WIDTH = 118
_BEGIN, _END = "<!-- begin formats -->\n", "<!-- end formats -->"
_PARTS = (("Export", "export"), ("Read", "read"), ("Not read", "not_read"))


def with_formats(page: str) -> str:
    """Return docs/loggers.md with the sections of all formats between its markers."""
    tables = {name: tomllib.loads(text.decode()) for name, text in shipped_files()}
    names = sorted(tables, key=lambda name: tables[name]["title"])
    sections = "\n".join(_section(name, tables[name]) for name in names)
    before, _, rest = page.partition(_BEGIN)
    return f"{before}{_BEGIN}\n{sections}\n{_END}{rest.partition(_END)[2]}"


def _section(name: str, table: dict[str, Any]) -> str:
    docs = table["docs"]
    parts = [f"### {table['title']}", f"`{name}`"]
    parts += [_wrapped(f"*{label}:* {docs[key]}") for label, key in _PARTS]
    parts.append("*Sources:* " + ", ".join(f"<{one}>" for one in docs["sources"]))
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
