"""Which files a push brings to the pipeline: `.ci/pushed-csv` against real git histories."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from processing.suffixes import TEXT_SUFFIXES

SCRIPT = Path(__file__).parents[2] / ".ci" / "pushed-csv"

pytestmark = pytest.mark.skipif(
    not (shutil.which("git") and shutil.which("bash")),
    reason="git and bash are wanted for the pipeline's file list",
)


class Repository:
    """A git checkout of its own, with one commit that holds `data/incoming/old.csv`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")
        self.write("data/incoming/old.csv")
        self.first = self.commit()

    def git(self, *words: str) -> str:
        identity = {f"GIT_{who}_{what}": "t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env=os.environ | identity | quiet,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def write(self, name: str | bytes, text: str = "a\n") -> None:
        path = os.path.join(os.fsencode(self.root), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "c")
        return self.git("rev-parse", "HEAD")

    def pushed(self, before: str) -> set[bytes]:
        done = subprocess.run([SCRIPT, before, "HEAD"], cwd=self.root, check=True, capture_output=True)
        assert done.stdout == b"" or done.stdout.endswith(b"\0")
        return set(done.stdout.split(b"\0")[:-1])


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_push_brings_what_it_added_or_changed_and_nothing_older(repository: Repository) -> None:
    repository.write("data/incoming/older.csv")
    before = repository.commit()
    repository.write("data/incoming/new.csv")
    repository.write("data/incoming/old.csv", "changed\n")
    repository.commit()
    assert repository.pushed(before) == {b"data/incoming/new.csv", b"data/incoming/old.csv"}


def test_all_commits_of_a_push_count(repository: Repository) -> None:
    for name in ("one", "two"):
        repository.write(f"data/incoming/{name}.csv")
        repository.commit()
    assert repository.pushed(repository.first) == {b"data/incoming/one.csv", b"data/incoming/two.csv"}


def test_a_renamed_file_comes_under_its_new_name(repository: Repository) -> None:
    repository.git("mv", "data/incoming/old.csv", "data/incoming/renamed.csv")
    repository.commit()
    assert repository.pushed(repository.first) == {b"data/incoming/renamed.csv"}


def test_a_push_that_only_deletes_brings_nothing(repository: Repository) -> None:
    repository.git("rm", "-q", "data/incoming/old.csv")
    repository.commit()
    assert repository.pushed(repository.first) == set()


@pytest.mark.parametrize("before", ["", "0" * 40, "1" * 40, "no commit"])
def test_without_a_usable_base_all_of_incoming_comes(repository: Repository, before: str) -> None:
    repository.write("data/incoming/new.csv")
    repository.commit()
    assert repository.pushed(before) == {b"data/incoming/new.csv", b"data/incoming/old.csv"}


def test_every_case_and_gzip_and_sub_folders_count_and_other_files_do_not(repository: Repository) -> None:
    wanted = {
        "data/incoming/A.CSV",
        "data/incoming/b.csv.gz",
        "data/incoming/c.Csv.GZ",
        "data/incoming/pi/roof/d.csv",
    }
    for name in wanted | {"data/incoming/notes.txt", "data/incoming/x.gz", "data/samples/e.csv", "f.csv"}:
        repository.write(name)
    repository.commit()
    assert repository.pushed(repository.first) == {name.encode() for name in wanted}


def test_dot_names_and_links_are_left_out(repository: Repository) -> None:
    repository.write("data/incoming/.hidden.csv")
    repository.write("data/incoming/.folder/x.csv")
    (repository.root / "data/incoming/link.csv").symlink_to("old.csv")
    repository.commit()
    assert repository.pushed(repository.first) == set()


def test_hostile_names_come_through_byte_for_byte(repository: Repository) -> None:
    names = {
        b"data/incoming/" + name for name in (b"a b.csv", b"a\nb.csv", b"$(id).csv", b"-rf.csv", b"\xff.csv")
    }
    for name in names:
        repository.write(name)
    repository.commit()
    assert repository.pushed(repository.first) == names


def test_the_suffixes_are_those_of_the_setting(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"data/incoming/{name}" for name in ("a.csv", "b.TXT", "c.txt.gz", "d.log", "e.dat", "f.dat.gz")]
    for name in names:
        repository.write(name)
    repository.commit()
    monkeypatch.setenv("WATCHER_SUFFIXES", ".csv, txt dat.gz")
    wanted = {name.encode() for name in names if not name.endswith((".log", ".dat"))}
    assert repository.pushed(repository.first) == wanted
    monkeypatch.setenv("WATCHER_SUFFIXES", "all")
    assert repository.pushed(repository.first) == {name.encode() for name in names}
    monkeypatch.setenv("WATCHER_SUFFIXES", "")
    assert repository.pushed(repository.first) == {b"data/incoming/a.csv"}


@pytest.mark.parametrize("suffixes", [".pdf", ".csv,*", "csv;txt", "../x.csv"])
def test_a_suffix_that_the_watcher_would_refuse_ends_it(
    repository: Repository, suffixes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHER_SUFFIXES", suffixes)
    with pytest.raises(subprocess.CalledProcessError) as ended:
        repository.pushed(repository.first)
    assert (ended.value.returncode, ended.value.stdout) == (2, b"")


def test_it_and_the_workflow_know_all_suffixes_that_can_be_set() -> None:
    words = [suffix.decode().removeprefix(".") for suffix in TEXT_SUFFIXES]
    assert f"({'|'.join(words)})" in SCRIPT.read_text()
    assert f"suffixes={','.join('.' + word for word in words)};" in SCRIPT.read_text()
    workflow = (SCRIPT.parents[1] / ".github/workflows/pipeline.yml").read_text()
    for word in words:
        pattern = "".join(f"[{letter}{letter.upper()}]" for letter in word)
        for end in ("", ".[gG][zZ]"):
            assert f'- "data/incoming/**.{pattern}{end}"' in workflow
    assert workflow.count('- "data/incoming/') == 2 * len(words)
