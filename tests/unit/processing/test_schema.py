"""The published JSON Schemas, and the sections of docs/checks.md and docs/loggers.md."""

import json
from pathlib import Path

import jsonschema
import pytest

from processing.formats.toml_files import shipped
from processing.schema import SCHEMAS, loggers_page, profile_schema, with_sections, written

DOCS = Path(__file__).parents[3] / "docs"
PAGE = "".join(
    f"<!-- begin {severity} -->\nstale text\n<!-- end {severity} -->\ntext after {severity}\n"
    for severity in ("invalid", "suspect", "note")
)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schemas_are_current(name: str) -> None:
    remedy = "run `python -m processing.schema docs`"
    assert (DOCS / name).read_text(encoding="utf-8") == written(SCHEMAS[name]()), remedy


def test_the_schema_for_editors_accepts_and_rejects_as_the_code_does() -> None:
    check = jsonschema.Draft202012Validator(profile_schema())
    good = {
        "channels": {"voltage": {"max": 60}},
        "profiles": {"a": {"match": ["a/*"], "site": {"timezone": "UTC"}}},
    }
    assert check.is_valid(good)
    for bad in (
        {"channels": {"volts": {}}},
        {"profiles": {"a": {"csv": {"delimiter": "x"}}}},
        {"site": {"latitude": 91}},
    ):
        assert not check.is_valid(json.loads(json.dumps(bad)))


def test_each_section_has_rule_keys_source_and_picture_and_the_text_around_stays() -> None:
    page = with_sections(PAGE, {"night_voltage": "0 V all night"})
    assert "stale text" not in page
    assert "text after invalid\n<!-- begin suspect -->" in page
    section = page.partition("### night_voltage\n\n")[2].partition("\n### ")[0]
    rule, facts, picture = section.split("\n\n")
    assert " ".join(rule.split()).endswith("If so, set `[channels.voltage] min = 0`.")
    assert " ".join(facts.split()) == (
        "*Keys:* `night_voltage_fraction` 0.3 of the rows, `night_floor_w` 8 W. *Source:* panels have no "
        "voltage without light, batteries have. *Known false alarms:* "
        "a battery that was disconnected overnight."
    )
    assert picture == "![0 V all night](pictures/checks/night_voltage.svg)\n"
    assert "| current | A | 0 | 12 | 10 A maximum with headroom |" in page


def test_the_page_of_loggers_says_what_the_formats_say() -> None:
    page = (DOCS / "loggers.md").read_text("utf-8")
    assert loggers_page(DOCS) == page, "run `python -m processing.schema docs`"
    for known in shipped():
        assert f"### {known.title}\n\n`{known.name}`\n\n*Export:* " in page


def test_a_shipped_format_says_of_each_channel_whether_it_is_read() -> None:
    by_names = {"campbell_toa5", "thingspeak"}  # their columns are the user's
    for known in shipped():
        assert known.name in by_names or len(known.channels) == 5, known.name


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        (
            "Csv",
            "year",
            "The year of the first row, if dates have none. Not set: that in the name of the file.",
        ),
        ("Where", "add", "Whether the power and the energy of several devices at one time are added."),
        ("Thresholds", "spike_voltage", "3 V if it is not set."),
    ],
)
def test_the_schema_for_editors_says_what_a_key_means(table: str, key: str, words: str) -> None:
    assert profile_schema()["$defs"][table]["properties"][key]["description"] == words
