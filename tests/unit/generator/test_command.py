from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from processing.generator.command import main, write

TREE = Path(__file__).parents[3]


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode().splitlines()))


def generate(*arguments: object) -> None:
    assert main([str(argument) for argument in arguments]) == 0


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"first")
    with pytest.raises(FileExistsError):
        write(tmp_path, "x.csv", b"second")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x.csv": b"first"}


def test_of_a_file_that_cannot_be_written_nothing_stays(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write(tmp_path, "x.csv", "text")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_a_path_per_line_named_by_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate("--days", 2, "--seed", 1, "--start", "2025-01-15T14:05:23", "--out", tmp_path)
    names = ["solar_data_20250115_140523.csv", "solar_data_20250116_140523.csv"]
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / name) for name in names]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_days_without_a_start_are_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate("--days", 3, "--out", tmp_path)
    last = rows_of(Path(capsys.readouterr().out.split()[-1]).read_bytes())[-1]
    assert timedelta() < datetime.now() - datetime.fromisoformat(last["timestamp"]) < timedelta(days=2)  # noqa: DTZ005


def test_labels_go_into_a_side_file_on_request(tmp_path: Path) -> None:
    command = ("--seed", 1, "--start", "2025-01-15", "--fault", "spike", "--fault", "gap", "--name", "x.csv")
    generate(*command, "--out", tmp_path / "in", "--labels", tmp_path / "labels")
    document = json.loads((tmp_path / "labels" / "x.labels.json").read_text())
    assert document["file"] == "x.csv"
    assert {label["fault"] for label in document["labels"]} == {"spike", "gap"}
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["x.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fault", "nonsense"], "invalid choice: 'nonsense'"),
        (["--interval", "0"], "'0' is not a whole number from 1 to 3600"),
        (["--jitter", "0.5"], "'0.5' is not a number from 0 to 0.2"),
        (["--start", "yesterday"], "'yesterday' is not an ISO 8601 time"),
        (["--name", "../x.csv"], "'../x.csv' is not a file name"),
        (["--name", "x.csv", "--days", "2"], "--name is for one day"),
    ],
)
def test_a_wrong_command_says_what_is_allowed(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_a_fault_without_room_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--out", str(tmp_path), "--interval", "3600", *["--fault", "stuck"] * 9]
    assert main(command) == 2
    assert "the fault stuck does not fit into this day" in capsys.readouterr().err


def test_it_runs_as_a_module_and_refuses_a_taken_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "processing.generator", "--start", "2025-01-15", "--out", str(tmp_path)]
    first = subprocess.run(command, capture_output=True, text=True, check=False, cwd=TREE)
    assert (first.returncode, first.stderr) == (0, "")
    second = subprocess.run(command, capture_output=True, text=True, check=False, cwd=TREE)
    assert (second.returncode, second.stdout) == (2, "")
    assert "exists already" in second.stderr


def test_the_documented_commands_repeat_the_samples_byte_for_byte(tmp_path: Path) -> None:
    samples = TREE / "data" / "samples"
    text = (samples / "README.md").read_text().replace("\\\n", " ")
    commands = [
        line.split()[3:] for line in text.splitlines() if line.startswith("python -m processing.generator")
    ]
    for words in commands:
        generate(*(str(tmp_path) if word == "data/samples" else word for word in words))
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in samples.iterdir() if path.name != "README.md"}


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("file", "exists already and was not changed"),
        ("file/below", "not a directory"),
        ("a" * 300, "name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_without_an_error_number(
    out: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / out), "--seed", "1"]) == 2
    written = capsys.readouterr().err
    assert said in written
    assert "Errno" not in written
