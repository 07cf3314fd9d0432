"""What README.md and docs/usage.md show is what the program does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from processing import process
from processing.model.profile import DEFAULT
from processing.model.result import Result, encode
from watcher.commands.registry import COMMANDS
from watcher.settings import Settings

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
USAGE = ROOT / "docs/usage.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SAMPLE = ROOT / "data/samples/clean_day.csv"
LEFT_OUT = "…"


def json_blocks(page: Path) -> list[str]:
    return re.findall(r"^```json\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def assert_shows(shown: Any, real: Any, place: str = "$") -> None:
    """Assert that a shortened document says nothing but what the real one does."""
    if isinstance(shown, dict):
        for key in shown.keys() - {LEFT_OUT, "processed_at"}:
            assert_shows(shown[key], real[key], f"{place}.{key}")
    elif isinstance(shown, str) and shown.endswith(LEFT_OUT):
        assert real.startswith(shown.removesuffix(LEFT_OUT)), place
    else:
        assert shown == real, place


@pytest.mark.parametrize("page", [README, USAGE], ids=lambda path: path.name)
def test_the_result_shown_is_that_of_the_sample(page: Path) -> None:
    with SAMPLE.open("rb") as source:
        result = process(
            source, DEFAULT, name=SAMPLE.name.encode(), processed_at="", size=SAMPLE.stat().st_size
        )
    assert isinstance(result, Result)
    log_lines, shown = json_blocks(page)
    real = json.loads(encode(result))
    assert_shows(json.loads(shown), real)
    line = json.loads(log_lines.splitlines()[0])
    assert line["rows_processed"] == real["records_processed"]
    assert line["energy_kwh"] == real["metrics"]["total_energy_kwh"]


def test_the_usage_page_shows_the_log_lines_of_the_readme_in_full() -> None:
    short, full = (json_blocks(page)[0].splitlines() for page in (README, USAGE))
    for one, other in zip(short, full, strict=True):
        assert_shows(json.loads(one), json.loads(other))


def test_the_rows_shown_are_those_of_the_sample() -> None:
    shown = README.read_text("utf-8").partition("```\ntimestamp,")[2].partition("```")[0]
    assert SAMPLE.read_text("utf-8").startswith(f"timestamp,{shown}")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_and_variable_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    commands = re.findall(r"python -m watcher ([a-z]+)|(?:--rm|exec) watcher ([a-z]+) ", text)
    named = {first or second for first, second in commands} - {"python"}
    if page.name == "extending.md":
        named.discard("devices")  # the command that its worked example adds
    assert named - COMMANDS.keys() == set()
    variables = {name.lower() for name in re.findall(r"WATCHER_([A-Z_]+)", text)}
    assert variables - set(Settings._fields) == set()


def test_the_usage_page_has_every_command() -> None:
    text = USAGE.read_text("utf-8")
    assert [name for name in COMMANDS if f"| `python -m watcher {name}" not in text] == []


def test_the_readme_is_read_in_a_minute_or_two() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 120
