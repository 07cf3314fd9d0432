"""File names, which are bytes, as text that is safe in log lines, records and pages."""

import base64
import re
import shlex
import unicodedata
from typing import AnyStr

_UNPRINTABLE = frozenset({"Zl", "Zp"})
_AT_START = re.compile(r"^(\s*)::", re.MULTILINE)


def text_of(name: bytes) -> str:
    r"""Return the name as printable text.

    Each byte of invalid UTF-8 and of control, format, line-separator, private and unassigned characters is
    written as `\xNN`; all other characters stay as they are.
    """
    text = name.decode("utf-8", "surrogateescape")
    return text if text.isascii() and text.isprintable() else "".join(map(_printable, text))


def b64_of(name: bytes) -> str | None:
    """Return the name in base64 if it cannot be restored from `text_of` with certainty, else None.

    A backslash in the name makes the text ambiguous, so such a name is encoded too.
    """
    if b"\\" not in name and text_of(name).encode() == name:
        return None
    return base64.b64encode(name).decode("ascii")


def argument_of(name: bytes) -> str:
    r"""Return the name as an argument of a command: a shell reads it, a terminal shows it.

    What cannot be copied as it is, such as control characters or several spaces, is `\xNN` in `$'…'`.
    """
    text = text_of(name)
    if b64_of(name) is None and "##[" not in text and "  " not in text:
        quoted = shlex.quote(text)
    else:
        safe = name.replace(b"\\", rb"\x5c").replace(b"'", rb"\x27")
        quoted = f"$'{without_commands(text_of(safe)).replace('  ', ' ' + chr(92) + 'x20')}'"
    return f"-- {quoted}" if text.startswith("-") else quoted


def without_commands(text: str) -> str:
    r"""Return text in which a runner of GitHub finds no command: `##[`, or `::` at the start of a line.

    They become `#\x23[` and `\x3a:`.
    """
    return _AT_START.sub(r"\1\\x3a:", text.replace("##[", r"#\x23["))


def json_without_commands(text: str) -> str:
    r"""Return JSON, or a value of TOML, with each `##[` as `#\u0023[`: see `without_commands`."""
    return text.replace("##[", r"#\u0023[")


def device_of(name: AnyStr) -> AnyStr:
    """Return the device of a file: the first folder of its name, or empty if it is in none."""
    first, slash, _ = name.partition("/" if isinstance(name, str) else b"/")
    return first if slash else name[:0]


def _printable(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] != "C" and category not in _UNPRINTABLE:
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


def at_least(text: str, is_lower_bound: bool) -> str:  # noqa: FBT001
    """Return an energy with `at least` before it if it is a lower bound."""
    return f"at least {text}" if is_lower_bound else text


def counted(count: int, noun: str, several: str = "") -> str:
    """Return a count with its noun in the singular or plural: 1 row, 2 rows."""
    return f"{count} {plural(count, noun, several)}"


def span_text(seconds: float) -> str:
    """Return a span of time: in minutes up to two hours, in hours up to two days, else in days."""
    if seconds < 2 * 3600:
        return f"{seconds / 60:.4g} min"
    return f"{seconds / 3600:.4g} hours" if seconds < 2 * 86_400 else f"{seconds / 86_400:.4g} days"


def plural(count: int, noun: str, several: str = "") -> str:
    """Return the noun in the form for this count; `several` is the plural if it is not formed with s."""
    return noun if count == 1 else several or f"{noun}s"
