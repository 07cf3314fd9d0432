"""The command `python -m processing`: its arguments, its configuration, what it prints, its exit codes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from processing.__main__ import main
from processing.batch import files
from processing.workers.inline_pool import InlinePool
from tests.support.archives import archive, results
from tests.support.program import GOOD

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def inline_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `main` compute in this process: what it prints and returns does not depend on its workers."""
    monkeypatch.setattr("processing.__main__.LocalPool", lambda *_, **__: InlinePool())


@pytest.mark.parametrize("wrong", [["absent.csv"], ["no/*/such.csv"], ["/dev/null"]])
def test_paths_without_inputs_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    assert main([*wrong, "-o", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("processing: ")
    assert not (tmp_path / "out").exists()


def test_a_second_run_in_the_same_folder_exits_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    output = files.open_output(str(tmp_path / "out"))
    assert main([str(source), "-o", str(tmp_path / "out")]) == 3
    assert "another run writes in" in capsys.readouterr().err
    output.close()


def test_a_profile_of_the_configuration_applies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = archive(tmp_path / "in", ["roof/a.csv"])
    config = tmp_path / "own.toml"
    config.write_text("settle = 3\nmax_ivalid = 0.1\n[channels.voltage]\nmax = 24.0\n")
    assert main([str(source), "-o", str(tmp_path / "out"), "--config", str(config)]) == 0
    assert capsys.readouterr().err == f"processing: {config}: not used here: max_ivalid, settle\n"
    assert json.loads(results(tmp_path / "out")["roof/a.json"])["records_invalid"] > 0
    config.write_text("[channels.voltage]\nmost = 24.0\n")
    assert main([str(source), "-o", str(tmp_path / "out"), "--config", str(config)]) == 2


@pytest.mark.parametrize(
    ("line", "key"),
    [("[chanels.voltage]\nmax = 24.0", "chanels"), ("sentinals = [-1.0]", "sentinals")],
)
def test_an_unknown_table_or_list_of_the_configuration_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, key: str
) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    config = tmp_path / "own.toml"
    config.write_text(f"settle = 3\n{line}\n")
    assert main([str(source), "-o", str(tmp_path / "out"), "--config", str(config)]) == 2
    assert f"{key}: unknown key; allowed: channels" in capsys.readouterr().err


def test_a_configuration_that_is_nested_too_deeply_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    config = tmp_path / "own.toml"
    config.write_text("csv = " + "[" * 5_000)
    assert main([str(source), "-o", str(tmp_path / "out"), "--config", str(config)]) == 2
    assert capsys.readouterr().err == f"processing: {config}: not TOML: nested too deeply\n"


def test_a_defect_exits_3_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("a defect")

    source = archive(tmp_path / "in", ["a.csv"])
    monkeypatch.setattr("processing.__main__._pool", fail)
    assert main([str(source), "-o", str(tmp_path / "out")]) == 3
    assert re.fullmatch(
        r"processing: unexpected LookupError at \S+:\d+: a defect; .*\n", capsys.readouterr().err
    )


@pytest.mark.parametrize("out", ["data", "data/processed", "data/processed/roof", "link"])
def test_a_daemons_data_folder_is_not_an_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    source = archive(tmp_path / "in", ["a.csv"])
    (tmp_path / "data" / ".watcher").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert main([str(source), "-o", str(tmp_path / out)]) == 2
    assert "write elsewhere, for example -o results" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "data").iterdir()] == [".watcher"]


def test_the_default_output_is_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path / "in", ["a.csv"])
    monkeypatch.chdir(tmp_path)
    assert main(["in"]) == 0
    assert list(results(tmp_path / "results")) == ["a.json"]


@pytest.mark.parametrize("arguments", [[""], ["in", ""], ["in", "-o", ""]])
def test_an_empty_path_exits_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    archive(tmp_path / "in", ["a.csv"])
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert "an empty path names nothing" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("url", [["s3://bucket/in"], ["in", "-o", "s3://bucket/out"]])
def test_a_url_without_its_library_exits_2_with_what_to_install(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    url: list[str],
) -> None:
    archive(tmp_path / "in", ["a.csv"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.delitem(sys.modules, "processing.batch.object_store", raising=False)
    assert main(url) == 2
    assert "pip install -r requirements/cluster.txt" in capsys.readouterr().err


def test_the_main_process_loads_neither_numpy_nor_the_library_for_urls() -> None:
    code = "import sys, processing.__main__; sys.exit(bool({'numpy', 'fsspec', 'jinja2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_name_that_the_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    source = archive(tmp_path / "in", ["Süd.csv"])
    done = subprocess.run(
        [sys.executable, "-m", "processing", str(source), "-o", str(tmp_path / "out")],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"S\\xfcd.csv: 288 rows")


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        (("--workers", "none"), "argument --workers: 'none' is not a whole number from 1 to 256"),
        (("--workers", "0"), "argument --workers: '0' is not a whole number from 1 to 256"),
        (
            ("--engine", "nowhere"),
            "argument --engine: 'nowhere' is not an address such as tcp://10.0.0.5:8786",
        ),
    ],
)
def test_a_wrong_value_of_a_flag_is_explained(
    capsys: pytest.CaptureFixture[str], flag: tuple[str, str], message: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["x.csv", *flag])
    assert capsys.readouterr().err.endswith(f"{message}\n")


def test_each_file_is_a_line_and_one_without_rows_exits_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = archive(tmp_path / "in", ["good.csv"])
    assert main([str(source), "-o", str(tmp_path / "out")]) == 0
    assert "good.csv: 288 rows, 0 invalid" in capsys.readouterr().out
    (source / "bad.csv").touch()
    assert main([str(source), "-o", str(tmp_path / "out")]) == 1
    printed = capsys.readouterr()
    assert "good.csv: already there" in printed.out
    assert "bad.csv: empty_file: the file is empty" in printed.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "good.json",
        "index.html",
        "summary.json",
    ]


def test_an_unknown_flag_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--wrong"])
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(("files_count", "shows_bar"), [(19, False), (20, True)])
def test_a_terminal_shows_a_bar_from_20_files_on(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    files_count: int,
    *,
    shows_bar: bool,
) -> None:
    (tmp_path / "in").mkdir()
    for number in range(files_count):
        (tmp_path / "in" / f"{number}.csv").touch()
    monkeypatch.setattr("processing.__main__.on_terminal", lambda: True)
    assert main([str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 1
    printed = capsys.readouterr()
    assert printed.err.count("empty_file") == files_count
    assert ("20/20 files" in printed.err) == shows_bar


@pytest.mark.parametrize("place", ["flag", "file"])
def test_the_suffixes_of_inputs_can_be_set(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name in ("a.csv", "a.txt", "b.log"):
        (source / name).write_bytes(GOOD)
    config = tmp_path / "panel.toml"
    config.write_text('suffixes = [".csv", "txt"]\n')
    more = ["--suffixes", ".csv,.txt"] if place == "flag" else ["--config", str(config)]
    assert main([str(source), "-o", str(out), *more]) == 0
    records = {path.name for path in out.glob("*.json")}
    assert len(records - {"summary.json"}) == 2
    assert "a.json" in records
    assert capsys.readouterr().err == ""
    assert main([str(source), "-o", str(out), *more]) == 0
    assert "0 processed, 2 already there" in capsys.readouterr().out


def test_wrong_suffixes_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "panel.toml"
    config.write_text("suffixes = 3\n")
    assert main([str(tmp_path), "--config", str(config)]) == 2
    assert "suffixes is 3; allowed: .csv, .txt, .dat, .tsv or .log" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--suffixes", ".pdf"])
    assert "'.pdf' is not all, or with commas between them .csv" in capsys.readouterr().err


def test_an_energy_that_is_a_lower_bound_is_said_to_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"2025-06-10 10:{at:02},{'--' if 20 < at < 40 else 1200 + at % 7}" for at in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["time,P (W)", *rows, ""]))
    assert main([str(tmp_path / "a.csv"), "-o", str(tmp_path / "out")]) == 0
    assert re.search(r"60 rows, 0 invalid, at least 0\.\d+ kWh, ", capsys.readouterr().out)
