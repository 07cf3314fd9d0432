"""docs/checks.md: each check has its keys with defaults, source, false alarms, and a picture of a catch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import asdict

from processing.html.texts import TITLES
from processing.model.profile import Thresholds
from tests.pages.check_pictures import CHECKS, picture, planted

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "checks.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL))
UNITS = {"v": "V", "w": "W", "seconds": "s", "hour": "h", "rows": "rows", "voltage": "V", "steps": "steps"}
UNITS |= {"temperature": "°C", "current": "A"}


def named_in_the_code() -> set[str]:
    code = "".join(
        (DOCS.parent / "processing" / "checks" / f"{module}.py").read_text()
        for module in ("registry", "informational")
    )
    makers = r'(?:Finding\(|_Verdict\(|check=|ledger\.note\(|_lines\(\s*ledger,\s*|_about\()\s*"(\w+)"'
    return set(re.findall(makers, code))


def test_each_check_of_the_code_has_its_section_and_each_section_its_check() -> None:
    assert set(SECTIONS) == set(CHECKS) == named_in_the_code()


@pytest.mark.parametrize("check", SECTIONS)
def test_a_section_says_keys_source_false_alarms_and_shows_a_picture(check: str) -> None:
    marks = ["*Keys:*", "*Source:*", "*Known false alarms:*", f"](pictures/checks/{check}.svg)"]
    assert [mark for mark in marks if mark not in " ".join(SECTIONS[check].split())] == []


@pytest.mark.parametrize(("key", "default"), asdict(Thresholds()).items())
def test_a_threshold_stands_with_its_default_and_unit(key: str, default: float) -> None:
    unit = UNITS.get(key.rpartition("_")[2], "")
    assert f"`{key}` {default:g} {unit}".rstrip() in " ".join(PAGE.split())


@pytest.mark.parametrize("check", CHECKS)
def test_a_picture_shows_what_the_check_says_of_its_planted_fault(check: str) -> None:
    said = re.findall("<title>.*</title>", picture(check))
    assert planted(check)
    assert said == re.findall("<title>.*</title>", (DOCS / f"pictures/checks/{check}.svg").read_text("utf-8"))


def test_each_check_has_a_name_that_a_technician_understands() -> None:
    assert set(TITLES) == named_in_the_code()
