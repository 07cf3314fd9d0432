"""The registry: each entry has its module, and what all commands share."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import ROOT, Folder
from watcher import cli, settings
from watcher.commands.registry import COMMANDS, explained_errors, name_below, name_in, parser_of
from watcher.errors import SettingsError


@pytest.mark.parametrize("name", COMMANDS)
def test_an_entry_has_a_module_with_its_two_functions(name: str) -> None:
    module = importlib.import_module(f"watcher.commands.{name}")
    assert callable(module.add_arguments)
    assert callable(module.run)
    assert module.__doc__.startswith(f"`{name}`: ")


def test_the_help_lists_each_command_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    output = capsys.readouterr().out
    sentences = {name: f"{name.ljust(max(map(len, COMMANDS)))} {COMMANDS[name].help}" for name in COMMANDS}
    assert [name for name, sentence in sentences.items() if f"  {sentence}\n" not in output] == []


def test_no_command_is_imported_until_it_is_used() -> None:
    program = "import sys, watcher.cli; print(*(name for name in sys.modules if 'commands.' in name))"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "watcher.commands.registry\n"


@pytest.mark.parametrize("arguments", [["retry"], ["retry", "--all", "x.csv"]])
def test_arguments_that_do_not_fit_together_give_2(
    arguments: list[str], folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*arguments, "--data-dir", str(folder.root)]) == 2
    assert capsys.readouterr().err == "watcher: name the files, or give --all\n"


def test_an_error_of_the_operating_system_names_the_path_and_the_fix(tmp_path: Path) -> None:
    chosen = settings.load({"data_dir": str(tmp_path / "data")}, environ={})
    problem = f"{tmp_path}/data .* is not there; to fix it: mkdir -p"
    with pytest.raises(SettingsError, match=problem), explained_errors(chosen):
        (tmp_path / "data" / "archive").stat()


def test_if_an_area_is_missing_the_sentence_says_what_to_do(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["audit", "--data-dir", str(folder.root)]) == 2
    problem = f"watcher: {folder.root}/archive: No such file or directory; mount its disk again, or restart"
    assert capsys.readouterr().err.startswith(problem)


@pytest.mark.parametrize(("name", "warns"), [("status", False), ("audit", True)])
def test_a_variable_that_is_not_a_setting_is_a_warning_except_of_a_health_check(
    name: str,
    warns: bool,  # noqa: FBT001 - an expected value
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WATCHER_SETLE", "1")
    cli.main([name, "--data-dir", str(tmp_path)])
    assert ("'WATCHER_SETLE' is not a setting" in capsys.readouterr().err) == warns


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("incoming/roof/x.csv", b"roof/x.csv"),
        ("incoming/../incoming/x.csv", b"x.csv"),
        ("x.csv", None),
        ("incoming/../x.csv", None),
    ],
)
def test_a_path_has_a_name_below_a_folder_only_if_it_leads_there(
    tmp_path: Path, path: str, name: bytes | None
) -> None:
    (tmp_path / "incoming" / "roof").mkdir(parents=True)
    assert name_below(tmp_path / "incoming", str(tmp_path / path)) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (r"S\xfcd\x1b/x.csv", b"S\xfcd\x1b/x.csv"),
        (r"{quarantine}/S\xfcd\x1b/x.csv", b"S\xfcd\x1b/x.csv"),
        (r"a\x01.csv", rb"a\x01.csv"),  # one file is called exactly so
        (r"b\x01\x01.csv", rb"b\x01\x01.csv"),  # this is the form of two names
        (r"S\xfc.csv", rb"S\xfc.csv"),  # and this of none
    ],
)
def test_a_name_may_be_in_the_form_that_is_printed_if_one_file_alone_has_it(
    folder: Folder, path: str, name: bytes
) -> None:
    root = folder.root / "quarantine"
    for each in (b"S\xfcd\x1b/x.csv", b"a\x01.csv", rb"a\x01.csv", b"b\\x01\x01.csv", b"b\x01\\x01.csv"):
        file = root / os.fsdecode(each)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    chosen = settings.load({"data_dir": str(folder.root)}, environ={})
    assert name_in(chosen, b"quarantine", path.replace("{quarantine}", str(root))) == name


def test_a_parser_takes_the_flags_of_the_named_settings_or_of_all() -> None:
    some, every = parser_of("p", "d", ("data_dir",)), parser_of("p", "d", ())
    assert "--data-dir" in some.format_help()
    assert "--settle" not in some.format_help()
    assert "--settle" in every.format_help()
