"""A known format of no logger, and what a file of it gives."""

from __future__ import annotations

from processing.formats.known_format import KnownFormat
from processing.formats.toml_files import format_from
from processing.model.profile import DEFAULT, Profile
from processing.model.rejection import Rejection
from processing.model.result import Result
from tests.support.base_day import written
from tests.support.small_files import processed

HEADER = "Zeit;U [1];I [1];T;Ertrag"
OWN = """
title = "A logger"
[fingerprint]
columns = ["Zeit", "U [*]", ["Ertrag", "Yield"]]
[csv]
time = "Zeit"
[channels]
voltage.column = "U [*]"
current.column = "I [*]"
temperature.column = "T"
power.column = false
energy.column = false
"""


def known(text: str = OWN, name: str = "own", *, is_shipped: bool = False) -> KnownFormat:
    return format_from(name, text.encode(), is_shipped=is_shipped)


def result(content: str, *formats: KnownFormat, profile: Profile = DEFAULT, name: bytes = b"x.csv") -> Result:
    found = processed(content, profile, name, formats)
    assert isinstance(found, Result), found
    return found


def rejection(content: str, *formats: KnownFormat, profile: Profile = DEFAULT) -> Rejection:
    found = processed(content, profile, formats=formats)
    assert isinstance(found, Rejection)
    return found


DAY = written(HEADER, "{t};{u};{i};{c};7", decimal=",")
