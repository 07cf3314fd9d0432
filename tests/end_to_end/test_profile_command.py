"""`profile` and then `--once` with what it printed: every file is read with the figures that it has."""

from pathlib import Path

from processing.model.profile import DEFAULT
from processing.proposals.profile_text import ProfileScope
from processing.proposals.proposal import ProposalTask, propose
from tests.end_to_end.test_logger_files import SAME_DAY
from tests.support.base_day import BASE_DAY, written
from tests.support.in_process import call, run_once
from tests.support.program import Folder
from tests.support.small_files import result

LONG = "".join(
    f"sensor.pv_{name},{cells[at]},{cells[0]}\n"
    for cells in (line.split(",") for line in BASE_DAY.splitlines()[1:])
    for at, name in ((1, "voltage"), (2, "current"))
)
OTHERS = {
    "dates of the ambiguous kind": written("time,power", "{m}/{d}/{y} {clock},{p}"),
    "two devices": written("time,device,power", "{t},A,{p}\n{t},B,1"),
    "no header": BASE_DAY.partition("\n")[2],
    "one reading a row": f"entity_id,state,last_changed\n{LONG}",
    "a counter": "time,total (kWh)\n" + "".join(f"2025-06-10T12:{at:02},{100 + at}\n" for at in range(12)),
    "names over two lines": written("t,Inverter 1,Inverter 1\ntime,Power,Voltage", "{t},{p},{u}"),
    "a second header": BASE_DAY + "timestamp,current,voltage\n2025-06-11T12:00:00,5,24\n",
    "names that are alike": written("time,power,x,x", "{t},{p},1,2"),
    "hostile names": written("time,power,a\u202e#b\\", "{t},{p},1"),
    "epoch": "time,power\n" + "".join(f"{1749556800 + 300 * at},{at}\n" for at in range(12)),
}
NUMBERS = {"dates of the ambiguous kind": 2, "two devices": 2}


def test_what_is_printed_reads_each_file_and_gives_the_same_figures(folder: Folder, tmp_path: Path) -> None:
    contents = {name: text for name, text in (SAME_DAY | OTHERS).items() if name != "several comments"}
    config = tmp_path / "watcher.toml"
    plain = {}
    with config.open("wb") as file:
        for at, (name, text) in enumerate(contents.items()):
            path = folder.drop(f"device {at}/x.csv", text.encode() if isinstance(text, str) else text)
            place = ProfileScope(f"device {at}", f"device {at}/*")
            task = ProposalTask(bytes(path), f"device {at}/x.csv".encode(), place, DEFAULT, NUMBERS.get(name))
            found = propose(task)
            assert found.text, (name, found)
            file.write(found.text.encode())
            if name not in OTHERS:
                plain[at] = result(text, name=f"device {at}/x.csv".encode()).metrics
    ended = run_once(folder, flags=["--config", str(config)])
    assert ended.code == 0
    for at, metrics in plain.items():
        record = folder.document(f"processed/device {at}/x.json")
        assert record["metrics"]["total_energy_kwh"] == metrics.total_energy_kwh
        assert record["profile"]["name"] == f"device {at}"
    figures = [
        folder.document(f"processed/device {at}/x.json")["metrics"]["total_energy_kwh"]
        for at, name in enumerate(contents)
        if name in OTHERS
    ]
    assert figures[:5] == [0.119989, 0.119989, 0.119989, 0.11999, 11]


def test_from_a_file_to_its_figures_with_one_command(folder: Folder, tmp_path: Path) -> None:
    path = folder.drop("roof/day-1.txt", OTHERS["no header"].encode())
    done = call("profile", path, "--data-dir", folder.root)
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "watcher.toml").write_text(done.stdout)
    assert run_once(folder, flags=["--config", str(tmp_path / "watcher.toml")]).code == 0
    assert folder.document("processed/roof/day-1.json")["metrics"]["total_energy_kwh"] == 0.119989
