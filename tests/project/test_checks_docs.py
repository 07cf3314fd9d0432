"""docs/checks.md and the schemas: what the registries say, and for each check a picture of a catch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from processing.findings.registry import CHECKS
from processing.schema import SCHEMAS, checks_page, written
from tests.pages.check_pictures import CHECKS as PICTURED
from tests.pages.check_pictures import picture, planted

DOCS = Path(__file__).parents[2] / "docs"
RENEW = "run `python -m processing.schema docs`"


def test_the_page_of_the_checks_says_what_the_registry_says() -> None:
    assert (DOCS / "checks.md").read_text("utf-8") == checks_page(DOCS), RENEW


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_says_what_the_types_say(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == written(SCHEMAS[name]()), RENEW


def test_each_check_has_a_picture() -> None:
    assert set(PICTURED) == set(CHECKS)


@pytest.mark.parametrize("check", PICTURED)
def test_a_picture_shows_what_the_check_says_of_its_planted_fault(check: str) -> None:
    said = re.findall("<title>.*</title>", picture(check))
    assert planted(check)
    assert said == re.findall("<title>.*</title>", (DOCS / f"pictures/checks/{check}.svg").read_text("utf-8"))
