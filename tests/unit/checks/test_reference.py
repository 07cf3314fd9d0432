"""The sections of docs/checks.md."""

from __future__ import annotations

from processing.checks.reference import with_sections

PAGE = "".join(
    f"<!-- begin {severity} -->\nstale text\n<!-- end {severity} -->\ntext after {severity}\n"
    for severity in ("invalid", "suspect", "note")
)


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
