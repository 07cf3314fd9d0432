"""docs/extending.md: its examples work as they are written."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import processing
from tests.support import worked_examples
from tests.support.program import ROOT, clean_environ


def run(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=tree,
        env=clean_environ(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_add_a_command(tmp_path: Path) -> None:
    example = worked_examples.make("Add a command", tmp_path)
    for name in ("roof/east/a.csv", "roof/east/b.csv", "barn/a.csv", "a.csv"):
        path = tmp_path / "data" / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    ran = run(tmp_path, *example.command)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, example.output, "")
    listed = run(tmp_path, "-m", "watcher", "-h").stdout
    assert "  devices   Count the archived files of each device.\n" in listed
    assert example.changed == ["watcher/commands/devices.py", "watcher/commands/registry.py"]


PROCESS = """
from pathlib import Path
from processing import load, process_sensor_data
from processing.html.file_page import file_page
process_sensor_data("day.csv", "out")
result = load(Path("out/day.json").read_bytes())
Path("day.html").write_text(file_page(result, b"processed/day.json"), "utf-8")
"""


def processed(tree: Path, header: str, rows: list[str]) -> tuple[dict[str, Any], str]:
    """The record and the page that the code of the tree makes from these rows, five minutes apart."""
    lines = [f"2025-06-03T{10 + at // 12:02}:{at % 12 * 5:02}:00,{row}" for at, row in enumerate(rows)]
    (tree / "day.csv").write_text("\n".join([header, *lines, ""]), "utf-8")
    ran = run(tree, "-c", PROCESS)
    assert ran.returncode == 0, ran.stderr
    return json.loads((tree / "out" / "day.json").read_bytes()), (tree / "day.html").read_text("utf-8")


def renewed(tree: Path, command: list[str]) -> tuple[dict[str, Any], str]:
    """The profiles' schema and the page of the checks after the command of the example."""
    (tree / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "checks.md", tree / "docs")
    assert command == ["-m", "processing.schema", "docs"]
    assert run(tree, *command).returncode == 0
    schema = json.loads((tree / "docs" / "profile.schema.json").read_bytes())
    return schema["$defs"], (tree / "docs" / "checks.md").read_text("utf-8")


def test_add_a_logger(tmp_path: Path) -> None:
    example = worked_examples.make("Add a logger", tmp_path)
    sample, expected = (tmp_path / path for path in example.changed[1:])
    shutil.copy(sample, tmp_path / "day.csv")
    ran = run(tmp_path, "-c", PROCESS)
    assert ran.returncode == 0, ran.stderr
    record, right = json.loads((tmp_path / "out/day.json").read_bytes()), tomllib.loads(expected.read_text())
    assert record["profile"]["format_name"] == "acme"
    assert record["metrics"]["total_energy_kwh"] == right["energy_kwh"]
    assert record["records_total"] == right["rows"]
    assert {name: one["column"] for name, one in record["profile"]["columns"].items()} == right["columns"]
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "loggers.md", tmp_path / "docs")
    assert run(tmp_path, *example.command).returncode == 0
    assert "### Acme Sun Box\n" in (tmp_path / "docs/loggers.md").read_text("utf-8")


def test_add_a_channel(tmp_path: Path) -> None:
    example = worked_examples.make("Add a channel", tmp_path)
    assert example.changed == ["processing/model/channels.py", "processing/checks/statistical.py"]
    irradiance = [600.0, 601.0, 602.0, 1200.0, 603.0, 1600.0, 604.0]
    rows = [
        f"25.{at * at % 7},5.{at * at % 5},20.{at * at % 7},{value}" for at, value in enumerate(irradiance)
    ]
    header = "timestamp,voltage,current,temperature,Irradiance [W/m²]"
    record, page = processed(tmp_path, header, rows)
    valid = [600, 601, 602, 1200, 603, 604]
    stats = record["metrics"]["irradiance"]
    assert (stats["avg"], stats["min"], stats["max"]) == (round(sum(valid) / 6, 6), 600, 1200)
    assert record["series"]["irradiance"] == irradiance
    assert record["series"]["flags"]["irradiance"] == "1113141"
    assert record["profile"]["limits"]["irradiance"] == {
        "unit": "W/m²",
        "min": 0,
        "max": 1500,
        "is_known": True,
    }
    assert [one["message"] for one in record["anomalies"]] == [
        "irradiance 1200 W/m² is a spike: both neighbours are over 500 W/m² away",
        "irradiance 1600 W/m² is above 1500 W/m²",
    ]
    assert '<figure id="irradiance">' in page
    assert "Irradiance, W/m²" in page
    schema, checks = renewed(tmp_path, example.command)
    assert schema["Channels"]["properties"]["irradiance"] == {"$ref": "#/$defs/Channel"}
    threshold = schema["Thresholds"]["properties"]["spike_irradiance"]
    assert threshold.pop("description").endswith(" W/m² if it is not set.")
    assert threshold == {"type": "number", "exclusiveMinimum": 0}
    assert "`spike_irradiance` 500 W/m²" in " ".join(checks.split())
    assert "| irradiance | W/m² | 0 | 1500 | clear sky 1000 W/m², more at cloud edges |" in checks


def test_records_without_the_new_channel_are_still_read(tmp_path: Path) -> None:
    processing.process_sensor_data(ROOT / "data" / "samples" / "clean_day.csv", tmp_path / "old")
    worked_examples.make("Add a channel", tmp_path)
    code = "import sys, processing as p; print(p.load(open(sys.argv[1]).read()).metrics.irradiance.avg)"
    ran = run(tmp_path, "-c", code, "old/clean_day.json")
    assert (ran.stdout, ran.stderr) == ("None\n", "")


def test_add_a_check(tmp_path: Path) -> None:
    example = worked_examples.make("Add a check", tmp_path)
    assert example.changed == ["processing/checks/statistical_runs.py"]
    rows = [
        f"25.{at * at % 7},5.{at * at % 5},{hot}"
        for at, hot in enumerate([69.5, 71.5, 69.4, 71.4, 72.5, 71.3, 69.3])
    ]
    record, page = processed(tmp_path, "timestamp,voltage,current,temperature", rows)
    assert record["records_suspect"] == 3
    counts = [one["counts"] for one in record["quality"]["checks"] if one["check"] == "hot_panel"]
    assert counts == [{"1": 4, "3": 3}]
    (found,) = record["anomalies"]
    assert (found["check"], found["channel"], found["value"], found["limit"]) == (
        "hot_panel",
        "temperature",
        72.5,
        70,
    )
    assert found["message"] == "temperature up to 72.5 °C for 10 min: is the panel covered?"
    assert "Temperature: panel too hot" in page
    schema, checks = renewed(tmp_path, example.command)
    properties = schema["Thresholds"]["properties"]
    assert properties["hot_panel_rows"].pop("description") == "3 rows if it is not set."
    assert properties["hot_panel_rows"] == {"type": "integer", "minimum": 2, "maximum": 1_000_000}
    section = checks.partition("### hot_panel\n")[2].partition("###")[0]
    assert " ".join(section.split()) == (
        "The panel stays hotter than the limit for `hot_panel_rows`. *Keys:* `hot_panel_temperature` 70 °C, "
        "`hot_panel_rows` 3 rows. *Source:* data sheets, which end at 85 °C. *Known false alarms:* a sensor "
        "that the sun shines on."
    )


@pytest.mark.parametrize("title", ["Add a command", "Add a channel", "Add a check"])
def test_the_examples_are_written_as_the_code_is(title: str, tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    example = worked_examples.make(title, tmp_path)
    config = str(ROOT / "pyproject.toml")
    linted = run(tmp_path, "-m", "ruff", "check", "--config", config, *example.changed)
    assert linted.returncode == 0, linted.stdout
    formatted = run(tmp_path, "-m", "ruff", "format", "--check", "--config", config, *example.changed)
    assert formatted.returncode == 0, formatted.stdout
