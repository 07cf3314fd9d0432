"""The known formats: those shipped, those of a site's folder, and what is wrong with a file."""

import os
import re
from pathlib import Path

import pytest

from processing.formats.toml_files import (
    MAX_BYTES,
    FormatFile,
    format_from,
    formats_of,
    known_formats,
    shipped,
    site_formats,
    state_of,
)

GOOD = '[fingerprint]\ncolumns = ["a"]\n[channels]\npower.column = "a"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "Expected '=' after a key"),
        ("[fingerprint]", "fingerprint: columns: expected the names"),
        (GOOD + "energy.kind = 7", "channels.energy.kind"),
        (GOOD.replace("columns", "column"), "fingerprint: Object contains unknown field `column`"),
        (GOOD + "[csv]\nseparator = 1", "csv.separator: unknown key"),
        (GOOD + "[other]", "other: unknown key"),
        ("csv = 1\n" + GOOD, "csv: expected a table"),
        (GOOD + "current.column = {first = 1}", "channels.current.column: expected a name, or a table"),
        ("title = 1\n" + GOOD, "title: Expected `str`"),
        (GOOD + "current.column = {first = []}", "channels.current.column: expected"),
        (GOOD + "current.column = {first = [{every = [1]}]}", "channels.current.column: expected"),
        (GOOD + "current.column = {last = ['a']}", "channels.current.column: expected"),
        ("never = 1\n" + GOOD, "never: Expected `array`"),
        ("a = " + "[" * 5_000, "nested too deeply"),
    ],
)
def test_a_wrong_file_is_refused_with_its_key(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        format_from("x", text.encode())


def test_a_byte_order_mark_is_no_part_of_a_format() -> None:
    assert format_from("x", b"\xef\xbb\xbf" + GOOD.encode()).fingerprint.columns == ("a",)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ValueError, match="not UTF-8 text: save it as UTF-8"):
        format_from("x", b"\xff")


def test_the_formats_of_a_site_come_before_those_shipped() -> None:
    known = known_formats((FormatFile("mine", GOOD.encode()), FormatFile("broken", b"x")))
    assert [one.name for one in known] == ["mine", *(one.name for one in shipped())]
    assert [one.is_shipped for one in known[:2]] == [False, True]
    assert formats_of((FormatFile("mine", GOOD.encode()), FormatFile("broken", b"x"))) == known[:1]


def test_no_shipped_format_is_one_of_a_folder() -> None:
    assert [one.name for one in shipped() if one.fingerprint.folder is not None] == []


def test_a_folder_that_is_not_there_has_no_formats(tmp_path: Path) -> None:
    assert site_formats(tmp_path / "profiles") == ((), ())


def test_only_regular_files_of_a_folder_are_read_and_each_fault_is_named(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD)
    (tmp_path / ".tmp-1.toml").write_text("x")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "broken.toml").write_text(GOOD + "x.column = 1")
    (tmp_path / "link.toml").symlink_to("good.toml")
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "large.toml").write_text(GOOD + "#" * MAX_BYTES)
    found = site_formats(tmp_path)
    assert found.files == (FormatFile("good", GOOD.encode()),)
    assert [problem.removeprefix(f"{tmp_path}/") for problem in found.problems] == [
        "broken.toml: channels.x: unknown key; allowed: current, energy, power, temperature, voltage",
        "folder.toml: not a regular file",
        "large.toml: larger than 64000 bytes",
        "link.toml: it is a link: put a copy of its file there",
        "pipe.toml: not a regular file",
    ]


def test_names_that_are_no_text_are_escaped(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\x1b\xff.toml")).write_text("x")
    (problem,) = site_formats(tmp_path).problems
    assert problem.isprintable()


def test_the_state_changes_with_a_file(tmp_path: Path) -> None:
    states = [state_of(tmp_path)]
    (tmp_path / "a.toml").write_text(GOOD)
    states.append(state_of(tmp_path))
    (tmp_path / "a.toml").write_text(GOOD + "#")
    states.append(state_of(tmp_path))
    assert states[0] != states[1] != states[2]
