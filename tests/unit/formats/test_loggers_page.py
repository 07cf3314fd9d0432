"""docs/loggers.md: a section of each format that is shipped."""

from pathlib import Path

from processing.formats.loggers_page import with_formats
from processing.formats.toml_files import shipped

PAGE = (Path(__file__).parents[3] / "docs/loggers.md").read_text("utf-8")


def test_the_page_says_what_the_formats_say() -> None:
    assert with_formats(PAGE) == PAGE, "run `python -m processing.schema docs`"


def test_each_format_has_its_section() -> None:
    for known in shipped():
        assert f"### {known.title}\n\n`{known.name}`\n\n*Export:* " in PAGE


def test_a_shipped_format_says_of_each_channel_whether_it_is_read() -> None:
    by_names = {"campbell_toa5", "thingspeak"}  # their columns are the user's
    for known in shipped():
        assert known.name in by_names or len(known.channels) == 5, known.name
