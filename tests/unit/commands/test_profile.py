"""`profile`: what it prints, and its exit codes; files of any place, name and content."""

import gzip
import tomllib
from pathlib import Path

import pytest

from processing.profiles import profiles_from
from tests.support.base_day import BASE_DAY, TWO_DATES
from tests.support.in_process import Command
from tests.support.program import Folder
from watcher import cli


@pytest.mark.parametrize(
    ("name", "title", "match"),
    [
        ("incoming/roof/2025/x.csv", "roof", "roof/*"),
        ("quarantine/roof/x.csv", "roof", "roof/*"),
        ("archive/Plant-20250610.csv", "Plant", "Plant-*.csv"),
        ("incoming/2025-06-10.csv", "logger", "*.csv"),
        ("elsewhere/SN 12_2025-06-10 x1.csv", "SN _ x", "*SN *_* x*.csv"),
        ("incoming/a[1]*?/x.csv", "a[1]*?", "a[[]1][*][?]/*"),
        ("incoming/a\u202eb\n/x.csv", r"a\xe2\x80\xaeb\x0a", r"a\xe2\x80\xaeb\x0a/*"),
    ],
)
def test_the_name_and_the_match_come_from_the_place_of_the_file(
    folder: Folder, command: Command, name: str, title: str, match: str
) -> None:
    path = folder.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(BASE_DAY)
    code, text = command("profile", str(path))
    assert code == 0
    assert all(line.isprintable() for line in text.splitlines())
    table = tomllib.loads(text)
    assert [*table["profiles"]] == [title]
    assert table["profiles"][title]["match"] == [match]
    below = name.partition("/")[2] if not name.startswith("elsewhere") else path.name
    assert profiles_from(table).for_name(below.encode()).name == title


@pytest.mark.parametrize(
    ("name", "suffixes"),
    [("x.txt", [".csv", ".txt"]), ("x.DAT.gz", [".csv", ".dat"]), ("x.csv.gz", None), ("x.xyz", None)],
)
def test_a_suffix_that_is_not_among_those_of_inputs_is_set(
    folder: Folder, command: Command, name: str, suffixes: list[str] | None
) -> None:
    content = BASE_DAY.encode()
    path = folder.drop(name, gzip.compress(content) if name.endswith(".gz") else content)
    code, text = command("profile", str(path))
    assert (code, tomllib.loads(text).get("suffixes")) == (0, suffixes)


def test_a_folder_or_a_device_is_said_to_be_no_file(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = []
    for path in (str(folder.root), "/dev/zero", f"{folder.root}/none"):
        assert cli.main(["profile", "--data-dir", str(folder.root), path]) == 2
        errors.append(capsys.readouterr().err)
    assert errors == [
        f"watcher: {folder.root}: it is not a file\n",
        "watcher: /dev/zero: it is not a file\n",
        f"watcher: {folder.root}/none: there is no such file\n",
    ]


def test_several_ways_are_listed_and_one_is_taken_by_its_number(folder: Folder, command: Command) -> None:
    path = str(folder.drop("x.csv", TWO_DATES))
    code, text = command("profile", path)
    assert code == 2
    assert "1: %d/%m/%Y %H:%M:%S: 12 rows of 1 day, 0.12 kWh a day, most at 12 h, from 2025-10-06\n" in text
    assert '   csv.time_format = "%m/%d/%Y %H:%M:%S"\n' in text
    assert text.endswith(f"take one: python -m watcher profile --data-dir {folder.root} {path} N\n")
    assert command("profile", path, "3") == (code, text)
    code, text = command("profile", path, "2")
    assert code == 0
    assert tomllib.loads(text)["profiles"]["x"]["csv"]["time_format"] == "%m/%d/%Y %H:%M:%S"


def test_a_file_that_no_profile_reads_gives_1_and_the_reason(folder: Folder, command: Command) -> None:
    path = folder.drop("x.csv", b"PK\x03\x04" + bytes(range(256)))
    code, text = command("profile", str(path))
    assert code == 1
    assert text.startswith(f"{path}: line 1 is not UTF-8 text: it is a ZIP archive or a workbook")


@pytest.mark.parametrize("path", ["none.csv", ".", "/dev/null", "a\0b"])
def test_what_is_no_file_gives_2(command: Command, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("profile", path)[0] == 2


def test_what_the_settings_say_already_is_kept(folder: Folder, command: Command, tmp_path: Path) -> None:
    config = tmp_path / "watcher.toml"
    config.write_text('[csv]\ntime_format = "%m/%d/%Y %H:%M:%S"\n[site]\nrated_power_w = 500\n')
    code, text = command("profile", str(folder.drop("x.csv", TWO_DATES)), "--config", str(config))
    assert code == 0
    own = tomllib.loads(text)["profiles"]["x"]
    assert (own["csv"]["time_format"], own["site"]) == ("%m/%d/%Y %H:%M:%S", {"rated_power_w": 500})


def test_a_file_that_takes_too_long_is_said_to_be_so(folder: Folder, command: Command) -> None:
    rows = "".join(
        f"2025-06-{1 + at // 86400:02}T{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02};1\n"
        for at in range(150_000)
    )
    path = folder.drop("x.csv", f"time;power (W)\n{rows}".encode())
    code, text = command("profile", str(path), "--file-seconds", "0.1")
    assert (code, text) == (1, f"{path}: reading it takes more than 0.1 s; raise --file-seconds\n")
