"""What README.md and docs/usage.md show is what the program does."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import processing
from processing import process
from processing.model.profile import DEFAULT
from processing.model.result import Result, encode
from watcher import settings
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
    elif isinstance(shown, list) and shown and shown[-1] == LEFT_OUT:
        for number, item in enumerate(shown[:-1]):
            assert_shows(item, real[number], f"{place}[{number}]")
    elif isinstance(shown, str) and shown.endswith(LEFT_OUT):
        assert real.startswith(shown.removesuffix(LEFT_OUT)), place
    else:
        assert shown == real, place


def result_of(sample: Path) -> Any:
    """Return the document of a sample's result."""
    with sample.open("rb") as source:
        result = process(
            source,
            DEFAULT,
            name=sample.name.encode(),
            processed_at="2026-01-01T00:00:00Z",
            size=sample.stat().st_size,
        )
    assert isinstance(result, Result)
    return json.loads(encode(result))


@pytest.mark.parametrize("page", [README, USAGE], ids=lambda path: path.name)
def test_the_result_shown_is_that_of_the_sample(page: Path) -> None:
    log_lines, shown, *_ = json_blocks(page)
    real = result_of(SAMPLE)
    assert_shows(json.loads(shown), real)
    line = json.loads(log_lines.splitlines()[0])
    assert line["rows_processed"] == real["records_processed"]
    assert line["energy_kwh"] == real["metrics"]["total_energy_kwh"]


def test_the_quality_and_the_anomaly_shown_are_those_of_the_faulty_sample() -> None:
    shown = json.loads(json_blocks(USAGE)[2])
    assert_shows(shown, result_of(SAMPLE.with_name("faulty_day.csv")))


def blocks(language: str) -> list[str]:
    """Return the blocks of the usage page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", USAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_each_configuration_shown_is_valid(tmp_path: Path) -> None:
    names = set()
    for number, text in enumerate(blocks("toml")):
        path = tmp_path / f"{number}.toml"
        path.write_text(text, "utf-8")
        names |= settings.load({"config": str(path)}, {}).document.keys()
    assert names >= {"channels", "csv", "site", "period", "profiles"}


def test_the_python_shown_does_what_its_comments_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SAMPLE.parent, "data/samples")
    processing.process_sensor_data("data/samples/clean_day.csv", "data/processed")
    Path("panel.toml").write_text(blocks("toml")[1], "utf-8")
    (row,) = re.findall(r"rows such as `(.*?)`", USAGE.read_text("utf-8"))
    Path("day.csv").write_text(f"Time;voltage;current\n{row}\n", "utf-8")
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(block, names)  # noqa: S102 - the code of our own page
        for code, expected in re.findall(r"^(\S.*?)  # (.*)$", block, re.MULTILINE):
            assert eval(code, names) == eval(expected), code  # noqa: S307


def test_the_usage_page_shows_the_log_lines_of_the_readme_in_full() -> None:
    short, full = (json_blocks(page)[0].splitlines() for page in (README, USAGE))
    for one, other in zip(short, full, strict=True):
        assert_shows(json.loads(one), json.loads(other))


def test_the_rows_shown_are_those_of_the_sample() -> None:
    shown = README.read_text("utf-8").partition("```\ntimestamp,")[2].partition("```")[0]
    assert SAMPLE.read_text("utf-8").startswith(f"timestamp,{shown}")


def test_every_command_and_variable_that_a_page_names_exists() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    commands = re.findall(r"python -m watcher ([a-z]+)|(?:--rm|exec) watcher ([a-z]+) ", text)
    named = {first or second for first, second in commands} - {"python"}
    assert named - COMMANDS.keys() == {"devices"}, "the worked example of extending.md adds that command"
    variables = {name.lower() for name in re.findall(r"WATCHER_([A-Z_]+)", text)}
    assert variables - set(Settings._fields) == set()


def test_the_usage_page_has_every_command() -> None:
    text = USAGE.read_text("utf-8")
    assert [name for name in COMMANDS if f"| `python -m watcher {name}" not in text] == []


def test_the_readme_is_read_in_a_minute_or_two() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 120
