"""`check`: which profile a file would get, beside what the inspections find."""

from pathlib import Path

from tests.support.in_process import Command
from tests.support.program import Folder
from watcher import settings
from watcher.commands import check


def test_it_says_which_profile_a_file_would_get(folder: Folder, tmp_path: Path, command: Command) -> None:
    config = tmp_path / "watcher.toml"
    config.write_text("[profiles.roof]\n")
    names = ["roof/day.csv", f"{folder.incoming}/barn/day.csv", "roof/.day.csv.Xy12"]
    code, output = command("check", "--config", str(config), *names)
    assert code == 0
    assert "ok    roof/day.csv: profile roof\n" in output
    assert "ok    barn/day.csv: profile default\n" in output
    assert "note  roof/.day.csv.Xy12: such files are ignored" in output


def test_a_name_that_is_passed_over_for_its_suffix_gets_the_setting(folder: Folder) -> None:
    one = check.profile_of(settings.load({"data_dir": str(folder.root)}, {}), "roof/x.log")
    assert one.what == "roof/x.log: such files are ignored: it has no .csv or .csv.gz"
    assert (one.fix, one.stops) == ("--suffixes .csv,.log", False)
