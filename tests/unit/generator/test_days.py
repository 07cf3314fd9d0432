import csv
import json
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from processing.generator import days
from processing.generator.days import Day, render, write
from processing.generator.faults import FAULTS

START = datetime(2025, 3, 10, 6)  # noqa: DTZ001 - loggers write local time
TREE = Path(__file__).parents[3]


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode().splitlines()))


def numbers(rows: list[dict[str, str]], column: str) -> list[float]:
    return [float(row[column]) for row in rows]


def generate(*arguments: object) -> None:
    assert days.main([str(argument) for argument in arguments]) == 0


# --- a clean day -------------------------------------------------------------------------------------------


def test_a_day_has_288_rows_five_minutes_apart_from_its_start() -> None:
    stamps = [datetime.fromisoformat(row["timestamp"]) for row in rows_of(render(Day(START))[0])]
    assert stamps == [START + timedelta(minutes=5 * k) for k in range(288)]


def test_the_same_seed_and_start_give_the_same_bytes() -> None:
    assert render(Day(START, seed=7)) == render(Day(START, seed=7))


def test_another_seed_gives_another_day() -> None:
    assert render(Day(START, seed=7)) != render(Day(START, seed=8))


def test_two_days_of_one_seed_differ_in_weather() -> None:
    one, two = (render(Day(START + timedelta(days=k), seed=7))[0] for k in (0, 1))
    assert numbers(rows_of(one), "power") != numbers(rows_of(two), "power")


@pytest.mark.parametrize("start", [datetime(2025, 1, 15, 6), datetime(2025, 6, 21, 0, 3)])  # noqa: DTZ001
@pytest.mark.parametrize("seed", range(6))
def test_clean_values_stay_within_the_limits_of_a_24_volt_panel(start: datetime, seed: int) -> None:
    rows = rows_of(render(Day(start, seed=seed))[0])
    for column, low, high in (("voltage", 18, 32), ("current", 0, 9.8), ("temperature", -10, 80)):
        assert low <= min(numbers(rows, column))
        assert max(numbers(rows, column)) <= high
    for row in rows:
        product = float(row["voltage"]) * float(row["current"])
        assert abs(float(row["power"]) - product) <= max(2.0, 0.05 * product)


def test_there_is_no_power_at_night_and_much_at_noon() -> None:
    rows = rows_of(render(Day(START, seed=3))[0])
    watts = {row["timestamp"][11:16]: float(row["power"]) for row in rows}
    assert watts["23:00"] == watts["02:00"] == 0
    assert watts["12:00"] > 40


def test_the_module_is_hottest_after_noon_not_before() -> None:
    hottest = []
    for seed in range(10):
        rows = rows_of(render(Day(START, seed=seed))[0])
        hottest.append(max(rows, key=lambda row: float(row["temperature"]))["timestamp"][11:])
    assert sorted(hottest)[5] > "12:00"


def test_voltage_never_repeats_for_half_an_hour() -> None:
    volts = numbers(rows_of(render(Day(START, seed=3))[0]), "voltage")
    assert all(len(set(volts[k : k + 6])) > 1 for k in range(len(volts) - 6))


def test_a_panel_side_voltage_falls_to_zero_at_night_alone() -> None:
    rows = rows_of(render(Day(START, panel_side=True))[0])
    assert min(numbers(rows, "voltage")) == 0
    assert all(float(row["voltage"]) > 18 for row in rows if float(row["power"]) > 8)


def test_a_cold_site_is_colder_than_minus_ten_in_january() -> None:
    rows = rows_of(render(Day(datetime(2025, 1, 15, 6), site="cold"))[0])  # noqa: DTZ001
    assert min(numbers(rows, "temperature")) < -10


@pytest.mark.parametrize("interval", [1, 300, 3600])
def test_jitter_never_makes_a_step_that_looks_like_a_gap(interval: int) -> None:
    day = Day(START, rows=500, interval_seconds=interval, jitter=0.2)
    stamps = [datetime.fromisoformat(row["timestamp"]) for row in rows_of(render(day)[0])]
    steps = {(later - earlier).total_seconds() for earlier, later in pairwise(stamps)}
    assert len(steps) > 100
    assert 0.5 * interval < min(steps) < max(steps) < 1.5 * interval


def test_an_offset_of_the_start_is_on_every_row() -> None:
    rows = rows_of(render(Day(datetime.fromisoformat("2025-03-10T06:00:00-03:30")))[0])
    assert all(row["timestamp"].endswith("-03:30") for row in rows)


# --- faults ------------------------------------------------------------------------------------------------


def planted(fault: str, **options: object) -> tuple[list[str], list[str], list[int]]:
    """Lines of the clean file, lines with the fault, and the labelled line numbers."""
    clean, _ = render(Day(START, seed=5, **options))  # type: ignore[arg-type]
    content, (label,) = render(Day(START, seed=5, faults=(fault,), **options))  # type: ignore[arg-type]
    assert label.fault == fault
    return clean.decode().splitlines(), content.decode().splitlines(), label.lines


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"gap", "several_intervals", "missing_column"}))
def test_the_first_labelled_line_is_none_of_the_clean_day(fault: str) -> None:
    clean, lines, labelled = planted(fault)
    line = lines[labelled[0] - 1]
    repeated = fault in {
        "duplicate",
        "disorder",
        "stuck",
        "stuck_current",
        "stuck_temperature",
        "linear_fill",
    }
    assert line not in clean or repeated


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"missing_column", "several_intervals"}))
def test_a_fault_leaves_every_other_line_as_it_was(fault: str) -> None:
    clean, lines, labelled = planted(fault)
    others = [line for number, line in enumerate(lines, 1) if number not in labelled]
    changed = [line for line in others if line not in clean]
    assert len(changed) <= (4 if fault == "rate_of_change" else 0)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"several_intervals"}))
@pytest.mark.parametrize("interval", [60, 300, 900])
def test_every_fault_finds_a_place_at_other_cadences(fault: str, interval: int) -> None:
    _, lines, labelled = planted(fault, interval_seconds=interval, rows=86_400 // interval)
    assert all(1 <= number <= len(lines) for number in labelled)


def test_a_stuck_voltage_stands_still_for_half_an_hour() -> None:
    _, lines, labelled = planted("stuck")
    assert len({lines[number - 1].split(",")[1] for number in labelled}) == 1
    first, last = (datetime.fromisoformat(lines[n - 1].split(",")[0]) for n in (labelled[0], labelled[-1]))
    assert last - first >= timedelta(minutes=30)


def test_a_linear_fill_has_one_difference() -> None:
    _, lines, labelled = planted("linear_fill")
    current = [float(lines[number - 1].split(",")[2]) for number in labelled]
    assert len({round(later - earlier, 9) for earlier, later in pairwise(current)} - {0.0}) == 1


def test_a_spike_stands_out_from_both_neighbours_by_more_than_three_volts() -> None:
    _, lines, (number,) = planted("spike")
    before, value, after = (float(lines[n].split(",")[1]) for n in (number - 2, number - 1, number))
    assert min(before, after) - value > 3


def test_a_gap_is_an_hour_and_its_label_is_the_line_after_it() -> None:
    _, lines, (number,) = planted("gap")
    before, after = (datetime.fromisoformat(lines[n].split(",")[0]) for n in (number - 2, number - 1))
    assert after - before > timedelta(hours=1)


def test_a_duplicate_is_the_line_before_it() -> None:
    _, lines, (number,) = planted("duplicate")
    assert lines[number - 1] == lines[number - 2]


def test_a_row_out_of_order_is_earlier_than_the_line_before_it() -> None:
    _, lines, (number,) = planted("disorder")
    assert lines[number - 1][:19] < lines[number - 2][:19]


def test_night_generation_stands_between_23_and_4_hours() -> None:
    _, lines, labelled = planted("night_generation")
    for number in labelled:
        assert not "04:00" <= lines[number - 1][11:16] < "23:00"
        assert float(lines[number - 1].split(",")[4]) > 8


def test_a_missing_column_is_missing_from_the_header_and_every_row() -> None:
    _, lines, labelled = planted("missing_column")
    assert labelled == [1]
    assert lines[0] == "timestamp,current,temperature,power"
    assert {line.count(",") for line in lines} == {3}


def test_faults_planted_together_keep_apart() -> None:
    names = ("spike", "stuck", "disconnect", "syntax", "duplicate")
    _, labels = render(Day(START, seed=5, faults=names))
    lines = sorted((min(label.lines), max(label.lines)) for label in labels)
    assert all(later[0] - earlier[1] > 3 for earlier, later in pairwise(lines))


# --- files and the command ---------------------------------------------------------------------------------


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"first")
    with pytest.raises(FileExistsError):
        write(tmp_path, "x.csv", b"second")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x.csv": b"first"}


def test_a_system_without_renameat2_keeps_what_is_there_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days.ctypes, "CDLL", lambda *_, **__: object())
    assert write(tmp_path, "x.csv", b"first").read_bytes() == b"first"
    with pytest.raises(FileExistsError):
        write(tmp_path, "x.csv", b"second")
    assert (tmp_path / "x.csv").read_bytes() == b"first"


def test_a_file_appears_whole_by_a_rename_from_a_hidden_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def rename(old: Path, new: Path) -> None:
        seen.append((old.name, old.read_bytes(), new.exists()))
        old.rename(new)

    monkeypatch.setattr(days, "_rename_no_replace", rename)
    write(tmp_path, "x.csv", b"whole")
    assert seen == [(".x.csv.part", b"whole", False)]


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
        (["--interval", "0"], "'0' is no whole number from 1 to 3600"),
        (["--jitter", "0.5"], "'0.5' is no number from 0 to 0.2"),
        (["--start", "yesterday"], "'yesterday' is no ISO 8601 time"),
        (["--name", "../x.csv"], "'../x.csv' is no file name"),
        (["--name", "x.csv", "--days", "2"], "--name is for one day"),
    ],
)
def test_a_wrong_command_says_what_is_allowed(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        days.main(arguments)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_a_fault_without_room_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--out", str(tmp_path), "--interval", "3600", *["--fault", "stuck"] * 9]
    assert days.main(command) == 2
    assert "no room for the fault stuck" in capsys.readouterr().err


def test_it_runs_as_a_module_and_refuses_a_taken_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "processing.generator", "--start", "2025-01-15", "--out", str(tmp_path)]
    first = subprocess.run(command, capture_output=True, text=True, check=False, cwd=TREE)
    assert (first.returncode, first.stderr) == (0, "")
    second = subprocess.run(command, capture_output=True, text=True, check=False, cwd=TREE)
    assert (second.returncode, second.stdout) == (2, "")
    assert "is there already" in second.stderr


# --- the samples -------------------------------------------------------------------------------------------


def test_the_documented_commands_repeat_the_samples_byte_for_byte(tmp_path: Path) -> None:
    samples = TREE / "data" / "samples"
    text = (samples / "README.md").read_text().replace("\\\n", " ")
    commands = [
        line.split()[3:] for line in text.splitlines() if line.startswith("python -m processing.generator")
    ]
    for command in commands:
        generate(*(str(tmp_path) if word == "data/samples" else word for word in command))
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in samples.iterdir() if path.name != "README.md"}


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("file", "is there already, and was left alone"),
        ("file/below", "not a directory"),
        ("a" * 300, "name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_without_an_error_number(
    out: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert days.main(["--out", str(tmp_path / out), "--seed", "1"]) == 2
    written = capsys.readouterr().err
    assert said in written
    assert "Errno" not in written
