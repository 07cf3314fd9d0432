"""`accept`: the ways that a reason lists, the format that it writes, and the files that it sends back."""

import errno
import fcntl
import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from processing import storage
from processing.formats.toml_files import site_formats
from tests.support.base_day import BASE_DAY, TWO_DATES, written
from tests.support.filing import file_all, findings
from tests.support.in_process import Command, call, run_once
from tests.support.program import BROKEN, GOOD, Folder
from watcher.system.lock import is_locked

ORDER = "%d/%m/%Y %H:%M:%S"
NEXT_DAY = TWO_DATES.replace(b"06/10/2025", b"06/09/2025")


def formats(folder: Folder) -> dict[str, dict[str, object]]:
    found = sorted((folder.root / "profiles").glob("*.toml"))
    return {path.name: tomllib.loads(path.read_text()) for path in found}


def arguments(text: str) -> list[str]:
    """Return what a shell makes of the command in a text, without the program."""
    typed = text.partition("python -m watcher ")[2].partition("; or write in ")[0]
    shown = subprocess.check_output(["bash", "-c", f"printf '%s\\0' {typed}"])
    return [os.fsdecode(each) for each in shown.split(b"\0")[:-1]]


def test_the_candidates_are_listed_until_one_is_named(folder: Folder, command: Command) -> None:
    folder.drop("roof/x.csv", TWO_DATES)
    file_all(folder)
    before = folder.files()
    code, said = command("accept", "roof/x.csv")
    assert code == 2
    assert said.startswith(
        "roof/x.csv can be read in 2 ways:\n1: %d/%m/%Y %H:%M:%S: 12 rows of 1 day, 0.12 kWh"
    )
    assert said.endswith(f"take one: python -m watcher accept --data-dir {folder.root} roof/x.csv N\n")
    assert command("accept", "roof/x.csv", "3") == (code, said)
    assert command("accept", "roof/x.csv", "N") == (code, said)
    assert folder.files() == before


@pytest.mark.parametrize(
    ("name", "earlier"),
    [
        (b"x.csv", [b""]),
        (b"x.csv", [b"", TWO_DATES]),
        (b"x.csv", [TWO_DATES]),
        (b"-a  b.csv", []),
        (b"d's/a\n##[b]\\x0a\xff'.csv", [b""]),
        (b"n" * 240 + b".csv", []),
    ],
)
def test_the_command_in_a_reason_names_the_file_as_it_is_in_quarantine(
    folder: Folder, command: Command, name: bytes, earlier: list[bytes]
) -> None:
    for content in [*earlier, TWO_DATES]:
        folder.drop(name, content)
        file_all(folder)
    reasons = map(json.loads, (path.read_bytes() for path in folder.root.rglob("*.reason.json")))
    (message,) = (one["error"]["message"] for one in reasons if "candidates" in one)
    assert command(*arguments(message)[:-1], "2")[0] == 0
    assert (folder.incoming / os.fsdecode(name)).read_bytes() == TWO_DATES


def test_a_candidate_is_written_and_all_files_like_it_are_sent_back(folder: Folder, command: Command) -> None:
    folder.drop("roof/x.csv", TWO_DATES)
    folder.drop("roof/2025/y.csv", NEXT_DAY)
    folder.drop("roof/other_header.csv", TWO_DATES.replace(b"power", b"Pac (W)"))
    folder.drop("roof/other_reason.csv", BROKEN)
    file_all(folder)
    code, said = command("accept", "roof/x.csv", "2")
    assert code == 0
    ((name, table),) = formats(folder).items()
    assert f"written: {folder.root}/profiles/{name}; files in roof with these columns are now read" in said
    assert table["csv"] == {"time_format": "%m/%d/%Y %H:%M:%S"}
    assert table["fingerprint"] == {
        "columns": ["time", "power"],
        "delimiter": ",",
        "first_row": ["9/9/9 9:9:9", "9.9"],
        "devices": ["roof"],
    }
    assert (
        "roof/2025/y.csv: sent back: 12 rows of 1 day, 0.12 kWh a day, most at 12 h, from 2025-06-09\n"
        in said
    )
    assert said.endswith("2 files sent back; no daemon runs: the next start processes them\n")
    file_all(folder)
    assert (folder.energy("roof/x"), folder.energy("roof/2025/y")) == (0.119989, 0.119989)
    assert (
        folder.document("processed/roof/2025/y.json")["metrics"]["period"]["start"] == "2025-06-09T12:00:00"
    )
    assert folder.document("processed/roof/x.json")["profile"]["format_name"] == name.removesuffix(".toml")
    left = {path for path in folder.files() if path.startswith("quarantine/") and path.endswith(".csv")}
    assert left == {"quarantine/roof/other_header.csv", "quarantine/roof/other_reason.csv"}
    assert findings(folder.root) == []


def test_a_unit_that_is_accepted_is_that_of_the_header_alone(folder: Folder, command: Command) -> None:
    text = written("time,P [10W]", "{t},1.2").encode()
    folder.drop("x.csv", text)
    file_all(folder)
    assert command("accept", "x.csv", "1")[0] == 0
    folder.drop("watts.csv", text.replace(b"[10W]", b"[W]").replace(b",1.2", b",120"))
    folder.drop("hundreds.csv", text.replace(b"[10W]", b"[100W]"))
    file_all(folder)
    assert (folder.energy("x"), folder.energy("watts")) == (0.012, 0.12)
    assert (folder.root / "quarantine/hundreds.csv").exists()


def test_an_answer_that_the_header_does_not_show_is_asked_for_each_device(
    folder: Folder, command: Command
) -> None:
    for name, content in (("roof/x.csv", TWO_DATES), ("barn/y.csv", NEXT_DAY), ("z.csv", NEXT_DAY)):
        folder.drop(name, content)
    file_all(folder)
    said = command("accept", "roof/x.csv", "2")[1]
    commands = [
        f"python -m watcher accept --data-dir {folder.root} {name} N\n" for name in ("z.csv", "barn/y.csv")
    ]
    assert f"the files in no folder are asked on their own: {commands[0]}" in said
    assert f"the files of barn are asked on their own: {commands[1]}" in said
    said = command("accept", "barn/y.csv", "1", "--all-devices")[1]
    assert "2 files sent back" in said
    file_all(folder)
    starts = [
        folder.document(f"processed/{name}.json")["metrics"]["period"]["start"][:10]
        for name in ("roof/x", "barn/y", "z")
    ]
    assert starts == ["2025-06-10", "2025-09-06", "2025-09-06"], "that of a device comes before that for all"


def test_for_an_archived_file_the_command_that_shows_its_ways_is_named(folder: Folder) -> None:
    folder.drop("roof/x.csv", GOOD)
    file_all(folder)
    done = call("accept", "roof/x.csv", "1", "--data-dir", folder.root)
    shown = f"python -m watcher profile --data-dir {folder.root} {folder.root}/archive/roof/x.csv\n"
    assert (done.returncode, done.stderr.partition("the ways to read it: ")[2]) == (2, shown)


def test_an_answer_holds_for_the_folders_whose_files_were_asked_about(
    folder: Folder, command: Command
) -> None:
    """Another device may write the month first, or watts, below the same header."""
    low = written("time,Pac", "{t},2.5").encode()
    high = low.replace(b",2.5", b",2500.0")
    folder.drop("roof/2025/x.csv", low)
    file_all(folder)
    assert command("accept", "roof/2025/x.csv", "1")[0] == 0  # kW
    for name, content in (
        ("roof/2026/y.csv", low),
        ("barn/x.csv", low),
        ("barn/y.csv", high),
        ("z.csv", low),
    ):
        folder.drop(name, content)
    file_all(folder)
    assert [folder.energy(name) for name in ("roof/2025/x", "roof/2026/y", "barn/y")] == [2.5, 2.5, 2.5]
    left = {path for path in folder.files() if path.startswith("quarantine/") and path.endswith(".csv")}
    assert left == {"quarantine/barn/x.csv", "quarantine/z.csv"}


def test_a_choice_of_a_column_holds_in_all_folders(folder: Folder, command: Command) -> None:
    folder.drop("roof/x.csv", written("time,P1 (W),P2 (W)", "{t},{p},1").encode())
    file_all(folder)
    assert command("accept", "roof/x.csv", "1")[0] == 0
    ((_, table),) = formats(folder).items()
    assert "devices" not in table["fingerprint"]  # type: ignore[operator]


def test_a_file_that_a_format_of_the_site_makes_unreadable_names_it(folder: Folder, command: Command) -> None:
    """A decimal comma was accepted; then another logger in the same folder has points."""
    folder.drop("x.csv", written("Zeit;Leistung (W)", "{t};1.234").encode())
    file_all(folder)
    assert command("accept", "x.csv", "2")[0] == 0
    folder.drop("y.csv", written("Zeit;Leistung (W)", "{t};12.34").encode())
    file_all(folder)
    error = folder.document("quarantine/y.csv.reason.json")["error"]
    (name,) = formats(folder)
    assert f"that is data/profiles/{name}: if the file is of another logger" in error["message"]


def test_the_same_fingerprint_is_replaced_and_what_it_said_is_kept(folder: Folder, command: Command) -> None:
    dates = written("time,Pac", "{m}/{d}/{y} {clock},500.5").encode()
    folder.drop("x.csv", dates)
    file_all(folder)
    assert command("accept", "x.csv", "2")[0] == 0
    file_all(folder)
    folder.drop("y.csv", dates.replace(b"500.5", b"1.5"))  # now the unit is open too
    file_all(folder)
    before = formats(folder)
    code, said = command("accept", "y.csv", "1")  # kW
    assert code == 0, said
    ((name, table),) = formats(folder).items()
    assert [name] == [*before]
    assert table["csv"] == {"time_format": "%m/%d/%Y %H:%M:%S"}
    assert table["channels"] == {"power": {"unit": "kW"}}
    file_all(folder)
    assert folder.energy("y") == 1.5


def test_a_format_that_was_edited_is_kept_under_a_name_that_is_not_read(
    folder: Folder, command: Command
) -> None:
    folder.drop("x.csv", TWO_DATES)
    file_all(folder)
    assert "kept" not in command("accept", "x.csv", "2")[1]
    (path,) = (folder.root / "profiles").iterdir()
    made = path.read_text()
    path.write_text(edited := f"# mine\n{made}")
    for expected in [f"the earlier {path} is kept as {path}.1, which is not read\n", ""]:
        (folder.incoming / "x.csv").rename(folder.root / "quarantine/x.csv")
        (folder.root / "quarantine/x.csv.reason.1.json").rename(folder.root / "quarantine/x.csv.reason.json")
        said = command("accept", "x.csv", "2")[1]
        assert ("kept" in said, expected in said) == (bool(expected), True)
    kept = path.with_name(f"{path.name}.1")
    assert (path.read_text(), kept.read_text()) == (made, edited)
    assert {*path.parent.iterdir()} == {path, kept}
    assert [one.name for one in site_formats(path.parent).files] == [path.stem]


def test_a_format_for_the_default_header_is_for_its_folder_alone(folder: Folder, command: Command) -> None:
    dates = BASE_DAY.replace("2025-06-10T", "06/10/2025 ").encode()
    for name in ("roof/x.csv", "barn/x.csv"):
        folder.drop(name, dates)
    file_all(folder)
    code, said = command("accept", "roof/x.csv", "2")
    assert (code, "1 file sent back" in said) == (0, True)
    ((_, table),) = formats(folder).items()
    assert table["fingerprint"]["folder"] == "roof"  # type: ignore[index]
    file_all(folder)
    assert folder.energy("roof/x") == 0.119989
    assert (folder.root / "quarantine/barn/x.csv").exists()


@pytest.mark.parametrize("flags", [(), ("--all-devices",)])
def test_a_format_for_files_without_a_header_is_for_their_device_alone(
    folder: Folder, command: Command, flags: tuple[str, ...]
) -> None:
    day = written("time;kW", "{d}.{m}.{y} {clock};{p}", decimal=",")
    bare = day.partition("\n")[2].replace(";", ";;")
    for name in ("roof/x.csv", "roof/south/y.csv", "barn/x.csv"):
        folder.drop(name, bare.replace("10.06.", f"{len(name) + 10}.06.").encode())
    file_all(folder)
    reason = json.loads((folder.root / "quarantine/roof/x.csv.reason.json").read_bytes())
    ways = [one["label"] for one in reason["candidates"]]
    code, said = command("accept", "roof/x.csv", str(ways.index("power: column 3") + 1), *flags)
    assert (code, "2 files sent back" in said) == (0, True), said
    assert "files in roof without a header whose first row has this form are now read so" in said
    folder.drop("roof/next.csv", bare.replace("10.06.", "25.06.").encode())
    folder.drop("roof/named.csv", day.replace("10.06.", "26.06.").encode())
    file_all(folder)
    energies = [folder.energy(f"roof/{name}") for name in ("x", "south/y", "next", "named")]
    assert energies == [0.119989, 0.119989, 0.119989, 119.989417]
    assert (folder.root / "quarantine/barn/x.csv").exists()


def test_a_file_without_a_header_takes_along_those_with_the_same_ways_to_be_read(
    folder: Folder, command: Command
) -> None:
    """A meter's total has the form of a power, and other ways to be read."""
    power = written("", "{t},{p}").lstrip()
    meter = "".join(f"2025-06-11T{hour:02}:00:00,{15_000 + hour}.5\n" for hour in range(24))
    for name, text in {"a": power, "b": power.replace("06-10", "06-12"), "meter": meter}.items():
        folder.drop(f"roof/{name}.csv", text.encode())
    file_all(folder)
    code, said = command("accept", "roof/a.csv", "1")
    assert (code, "2 files sent back" in said) == (0, True), said
    assert [path.name for path in (folder.root / "quarantine/roof").glob("*.csv")] == ["meter.csv"]


def test_a_file_with_a_profile_of_its_own_gets_the_lines_to_write(
    folder: Folder, command: Command, tmp_path: Path
) -> None:
    config = tmp_path / "watcher.toml"
    config.write_text('[profiles.roof.csv]\ndelimiter = ","\n')
    folder.drop("roof/x.csv", TWO_DATES)
    run_once(folder, flags=["--config", str(config)])
    code, said = command("accept", "roof/x.csv", "1", "--config", str(config))
    assert code == 1
    assert "the profile roof of --config says how such files are read; write to [profiles.roof] in" in said
    assert tomllib.loads(said.partition("\n")[2]) == {"profiles": {"roof": {"csv": {"time_format": ORDER}}}}
    assert formats(folder) == {}


@pytest.mark.parametrize("name", ["none.csv", "../x.csv", "/etc/passwd", "roof/../../x.csv", ""])
def test_what_is_not_in_quarantine_gives_2(folder: Folder, command: Command, name: str) -> None:
    assert command("accept", name)[0] == 2
    assert formats(folder) == {}


def test_a_file_without_candidates_gives_1_and_the_command_of_its_return(
    folder: Folder, command: Command
) -> None:
    folder.drop("x.csv", b"\x00\x01\x02" * 9)
    file_all(folder)
    code, said = command("accept", "x.csv")
    assert code == 1
    assert "x.csv: there is nothing to accept: line 1 is not UTF-8 text" in said
    assert said.endswith(f"send it back: python -m watcher retry --data-dir {folder.root} x.csv\n")
    (folder.root / "quarantine/x.csv.reason.json").write_text("{")
    assert command("accept", "x.csv")[0] == 2


def test_names_in_what_is_written_and_said_are_escaped(folder: Folder, command: Command) -> None:
    hostile = "a\u202e*\u2028\x1b[31m"
    text = written(f"time,power,{hostile[:3]}{hostile[4:]},{'*' * 150},x\\", "{m}/{d}/{y} {clock},{p},1,2,3")
    folder.drop(f"{hostile}/x.csv", text.encode())
    file_all(folder)
    code, said = command("accept", f"{hostile}/x.csv", "2")
    assert code == 0, said
    assert all(line.isprintable() for line in said.splitlines())
    (path,) = (folder.root / "profiles").glob("*")
    assert all(line.isprintable() for line in path.read_text().splitlines())
    assert "*" not in "".join(tomllib.loads(path.read_text())["fingerprint"]["columns"])
    file_all(folder)
    assert (folder.root / f"processed/{hostile}/x.json").exists()


def test_each_command_takes_the_name_that_another_prints(folder: Folder, command: Command) -> None:
    path = folder.drop(b"S\xfcd.csv", b"PK\x03\x04" + bytes(range(256)))
    shown = str(path.parent / r"S\xfcd.csv")
    assert command("profile", shown)[1].startswith(shown)
    file_all(folder)
    said = command("accept", r"S\xfcd.csv")[1].splitlines()
    assert said[0].startswith(r"S\xfcd.csv: there is nothing to accept")
    for line in said[1:]:
        assert "no such file" not in command(*arguments(line))[1]
    path.write_bytes(GOOD)
    file_all(folder)
    assert command("reprocess", r"S\xfcd.csv")[0] == 0


def test_temporary_files_of_a_crash_are_removed_under_a_lock(
    folder: Folder, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = folder.root / "profiles"
    profiles.mkdir()
    (profiles / ".tmp-x").write_bytes(b"[")
    folder.drop("x.csv", TWO_DATES)
    file_all(folder)
    other, replace = os.open(profiles, os.O_RDONLY), storage.replace

    def replaced(*given: Any, **options: Any) -> None:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        replace(*given, **options)

    monkeypatch.setattr("processing.storage.replace", replaced)
    assert command("accept", "x.csv", "2")[0] == 0
    assert list(profiles.glob(".*")) == []
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_no_format_is_written_for_a_file_that_another_accept_has_sent_back(
    folder: Folder, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.drop("x.csv", TWO_DATES)
    file_all(folder)

    def meanwhile(lock: int) -> bool:
        assert command("retry", "x.csv")[0] == 0
        return is_locked(lock)

    monkeypatch.setattr("watcher.dispatch.site_formats.is_locked", meanwhile)
    assert command("accept", "x.csv", "2")[0] == 2
    assert formats(folder) == {}


def test_where_folders_have_no_locks_temporary_files_stay(
    folder: Folder, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.root / "profiles").mkdir()
    (folder.root / "profiles/.tmp-x").write_bytes(b"[")
    folder.drop("x.csv", TWO_DATES)
    file_all(folder)
    monkeypatch.setattr("watcher.system.lock.fcntl.flock", Mock(side_effect=OSError(errno.EBADF, "bad")))
    assert command("accept", "x.csv", "2")[0] == 0
    assert (folder.root / "profiles/.tmp-x").exists()
    assert len([*(folder.root / "profiles").glob("x-*.toml")]) == 1


def test_of_archived_files_the_command_that_reads_them_again_is_said(
    folder: Folder, command: Command
) -> None:
    again = f"python -m watcher reprocess --data-dir {folder.root} --older-profile"
    folder.drop("x.csv", TWO_DATES)
    file_all(folder)
    assert again not in command("accept", "x.csv", "1")[1]
    file_all(folder)
    folder.drop("y.csv", TWO_DATES.replace(b"power", b"Pac (W)"))
    file_all(folder)
    code, said = command("accept", "y.csv", "2")
    assert (code, said.count(again)) == (0, 1)


def test_a_format_holds_that_all_rows_are_of_one_device(folder: Folder, command: Command) -> None:
    """The rows come in pairs, as those of two devices."""
    rows = [
        f"2025-06-10T{at // 12:02}:{at % 12 * 5:02}:{device * 7:02},{20 + 5 * device},{at % 7 + device}"
        for at in range(144)
        for device in (0, 1)
    ]
    folder.drop("dev/x.csv", "\n".join(["timestamp,voltage,current", *rows, ""]).encode())
    file_all(folder)
    assert command("accept", "dev/x.csv")[0] == 0
    file_all(folder)
    assert folder.document("processed/dev/x.json")["records_processed"] == 288


def test_another_format_that_fits_is_named_before_anything_is_written(
    folder: Folder, command: Command
) -> None:
    """Else the file would be rejected again for the same reason, whichever way is taken."""
    folder.drop("x.csv", TWO_DATES)
    file_all(folder)
    assert command("accept", "x.csv", "2")[0] == 0
    (name,) = formats(folder)
    other = folder.root / "profiles" / name
    other.with_name("a.toml").write_text(other.read_text().replace("%m/%d", "%d/%m"))
    file_all(folder)
    before = folder.files()
    code, said = command("accept", "x.csv", "1")
    assert code == 1
    assert f"{other} fits these files too: remove it, then accept again" in said
    assert folder.files() == before
    other.unlink()
    assert command("accept", "x.csv", "1")[0] == 0
    file_all(folder)
    assert folder.energy("x") == 0.119989


SUN = [0] * 6 + [5, 20, 300, 700, 1100, 1500, 1700, 1500, 1200, 800, 400, 90] + [0] * 6
"""The power of each hour of a day, in W."""


def hours(date: str, values: list[int], separator: str = " ") -> bytes:
    return "".join(f"{date}{separator}{at:02}:00;{one}\n" for at, one in enumerate(values)).encode()


def accepted(folder: Folder, command: Command, name: str, label: str) -> None:
    ways = folder.document(f"quarantine/{name}.reason.json")["candidates"]
    assert label in [one["label"] for one in ways]
    at = next(at for at, one in enumerate(ways, 1) if one["label"] == label)
    code, said = command("accept", name, str(at))
    assert code == 0, said


@pytest.mark.parametrize("separator", [" ", ";"])
def test_a_day_without_sun_is_of_the_kind_that_the_first_file_showed(
    folder: Folder, command: Command, separator: str
) -> None:
    folder.drop("roof/a.csv", hours("16.06.2025", SUN, separator))
    file_all(folder)
    accepted(folder, command, "roof/a.csv", f"energy: column {2 + (separator == ';')}, Wh")
    days = {"b": [0] * 24, "c": [one // 50 for one in SUN], "d": SUN, "e": sorted(SUN)}
    for at, (name, values) in enumerate(days.items()):
        folder.drop(f"roof/{name}.csv", hours(f"{17 + at}.06.2025", values, separator))
    file_all(folder)
    assert {name: folder.energy(f"roof/{name}") for name in days} == {
        name: pytest.approx(sum(values) / 1000) for name, values in days.items()
    }


@pytest.mark.parametrize(
    ("first", "later"),
    [("2025-06-25", "2025-07-05"), ("25/06/2025", "05/07/2025"), ("06/25/2025", "07/05/2025")],
)
def test_a_dark_day_has_the_unit_and_the_order_of_dates_that_the_first_file_showed(
    folder: Folder, command: Command, first: str, later: str
) -> None:
    dark = [one // 25 for one in SUN]
    folder.drop("roof/a.csv", hours(first, SUN))
    file_all(folder)
    accepted(folder, command, "roof/a.csv", "power: column 2")
    folder.drop("roof/b.csv", hours(later, dark))
    file_all(folder)
    assert folder.energy("roof/b") == pytest.approx(sum(dark) / 1000)
    assert folder.document("processed/roof/b.json")["metrics"]["period"]["start"][:10] == "2025-07-05"
