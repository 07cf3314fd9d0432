"""What the folders hold after a commit, a repeated drop, a retry, or a commit that was cut short."""

import errno
import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from watcher.commands import retry
from watcher.filing import moves, recovery
from watcher.filing.record_header import PRUNED, with_field
from watcher.filing.transaction import Transaction
from watcher.job import Answer, Committed, Deferral, DeferralReason, Identity
from watcher.system.filesystem import FileSystem, Lease

TEXT = b"timestamp,voltage,current\n2026-01-01T12:00:00,25,5\n"


ERROR = {"code": "empty_file", "message": "it is empty", "line": 1}


class Refusing(FileSystem):
    """The real calls, but `refuse` names some that fail with an errno."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse: dict[str, int] = {}
        self.before: dict[str, Callable[[], None]] = {}

    def _maybe(self, call: str) -> None:
        if call in self.before:
            self.before.pop(call)()
        if call in self.refuse:
            raise OSError(self.refuse[call], os.strerror(self.refuse[call]))

    def rename_noreplace(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        self._maybe("rename_noreplace")
        super().rename_noreplace(source, source_folder, target, target_folder)

    def link(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        self._maybe("link")
        super().link(source, source_folder, target, target_folder)

    def fsync_folder(self, folder: int) -> None:
        self._maybe("fsync_folder")
        super().fsync_folder(folder)

    def unlink(self, name: bytes, folder: int) -> None:
        self._maybe("unlink")
        super().unlink(name, folder)


class Place:
    """A data folder with a transaction on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.fs = Refusing()
        recovery.make_folders(self.fs, os.fsencode(root))
        self.reports: list[OSError] = []
        self.again()

    def again(self) -> None:
        """Let another run begin."""
        self.transaction = Transaction(os.fsencode(self.root), self.fs, sync_failed=self.reports.append)

    def drop(self, name: str | bytes, text: bytes = TEXT) -> None:
        path = os.path.join(os.fsencode(self.root), b"incoming", os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text)

    def answer(self, name: str | bytes, *, accepted: bool = True, attempts: int = 1) -> Answer:
        raw = os.fsencode(name)
        path = os.path.join(os.fsencode(self.root), b"incoming", raw)
        with open(path, "rb") as file:
            sha256 = hashlib.sha256(file.read()).hexdigest()
        record: dict[str, object] = {
            "input": {"name": raw.decode("utf-8", "backslashreplace"), "bytes": 1, "sha256": sha256},
            "status": "success" if accepted else "error",
        }
        if not accepted:
            record |= {
                "error": {"code": "empty_file"},
                "attempts": attempts,
                "quarantined_at": "2026-01-01T00:00:00Z",
            }
        return Answer(
            name=raw,
            identity=Identity.of(os.lstat(path)),
            sha256=sha256,
            accepted=accepted,
            record=json.dumps(record).encode(),
            summary={},
            milliseconds={},
        )

    def file(self, name: str | bytes, *, accepted: bool = True) -> Committed | Deferral:
        return self.transaction.commit([self.answer(name, accepted=accepted)])[0]

    def tree(self) -> list[str]:
        found = [str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()]
        return sorted(found, key=lambda path: (re.sub(r"[.][0-9a-f]{12}[.]", ".~.", path), path))

    def record(self, path: str) -> dict[str, object]:
        document: dict[str, object] = json.loads((self.root / path).read_text())
        return document


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_is_remembered_of_folders_is_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watcher.filing.transaction.MAX_DURABLE_FOLDERS", 10)
    for number in range(20):
        place.drop(f"{number}/x.csv")
        assert isinstance(place.file(f"{number}/x.csv"), Committed)
        assert len(place.transaction._shared.durable) <= 14
        assert len(place.transaction._shared.orphans._stems) <= 14


def test_an_accepted_file_is_archived_beside_its_result(place: Place) -> None:
    place.drop("x.csv")
    filed = place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    assert isinstance(filed, Committed)
    assert (filed.event, filed.destination, filed.recovered) == ("file.processed", b"archive/x.csv", False)


def test_a_refused_file_is_quarantined_beside_its_reason(place: Place) -> None:
    place.drop("dev1/x.csv")
    filed = place.file("dev1/x.csv", accepted=False)
    assert place.tree() == ["quarantine/dev1/x.csv", "quarantine/dev1/x.csv.reason.json"]
    assert isinstance(filed, Committed)
    assert (filed.event, filed.destination) == ("file.quarantined", b"quarantine/dev1/x.csv")


def test_other_bytes_under_a_filed_name_get_their_hash_into_their_names(place: Place) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    place.drop("x.csv", TEXT + b"2026-01-01T12:05:00,25,5\n")
    place.file("x.csv")
    digits = hashlib.sha256(TEXT + b"2026-01-01T12:05:00,25,5\n").hexdigest()[:12]
    assert place.tree() == [
        "archive/x.csv",
        f"archive/x.{digits}.csv",
        "processed/x.json",
        f"processed/x.{digits}.json",
    ]
    assert (place.root / "archive/x.csv").read_bytes() == TEXT


def test_plain_and_gzipped_files_of_one_stem_do_not_share_a_result(place: Place) -> None:
    place.drop("x.csv")
    place.drop("x.csv.gz", b"other")
    place.transaction.commit([place.answer("x.csv"), place.answer("x.csv.gz")])
    digits = hashlib.sha256(b"other").hexdigest()[:12]
    assert place.tree() == [
        "archive/x.csv",
        f"archive/x.{digits}.csv.gz",
        "processed/x.json",
        f"processed/x.{digits}.json",
    ]


@pytest.mark.parametrize("accepted", [True, False])
def test_names_that_share_a_stem_and_their_bytes_are_all_filed(place: Place, *, accepted: bool) -> None:
    names = ["index.csv", "index.CSV", "index.Csv", "index.cSV", "index.csv.gz", "index.CSV.gz"]
    for name in names:
        place.drop(name)
        assert isinstance(place.file(name, accepted=accepted), Committed)
    area = "processed" if accepted else "quarantine"
    records = [place.record(str(path)) for path in (place.root / area).glob("*.json")]
    assert sorted(str(each["input"]["name"]) for each in records) == sorted(names)  # type: ignore[index]


def test_a_file_called_index_leaves_the_page_of_that_name_alone(place: Place) -> None:
    place.drop("Index.csv")
    place.file("Index.csv")
    digits = hashlib.sha256(TEXT).hexdigest()[:12]
    assert place.tree() == [f"archive/Index.{digits}.csv", f"processed/Index.{digits}.json"]


def test_the_same_bytes_dropped_again_are_a_duplicate_and_the_first_outcome_stands(place: Place) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    before = (place.root / "processed/x.json").stat().st_ino
    place.drop("x.csv")
    filed = place.file("x.csv", accepted=False)
    assert isinstance(filed, Committed)
    assert filed.event == "file.duplicate"
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    assert (place.root / "processed/x.json").stat().st_ino == before


def test_a_copy_is_kept_when_the_archived_file_is_not_what_its_record_says(place: Place) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    (place.root / "archive/x.csv").write_bytes(b"tampered")
    place.drop("x.csv")
    place.file("x.csv")
    digits = hashlib.sha256(TEXT).hexdigest()[:12]
    assert (place.root / f"archive/x.{digits}.csv").read_bytes() == TEXT
    assert (place.root / "archive/x.csv").read_bytes() == b"tampered"


def test_a_refused_file_dropped_again_and_refused_again_keeps_its_history(place: Place) -> None:
    for _ in range(3):
        place.drop("x.csv")
        filed = place.file("x.csv", accepted=False)
    assert isinstance(filed, Committed)
    assert filed.event == "file.quarantined"
    assert place.tree() == [
        "quarantine/x.csv",
        "quarantine/x.csv.reason.1.json",
        "quarantine/x.csv.reason.2.json",
        "quarantine/x.csv.reason.json",
    ]
    assert place.record("quarantine/x.csv.reason.json")["attempts"] == 3
    assert "previous" in place.record("quarantine/x.csv.reason.json")


def test_a_sender_that_repeats_a_broken_file_leaves_nine_earlier_reasons(place: Place) -> None:
    for _ in range(15):
        place.drop("x.csv")
        place.file("x.csv", accepted=False)
    kept = [f"quarantine/x.csv.reason.{number}.json" for number in range(1, 10)]
    assert place.tree() == ["quarantine/x.csv", *kept, "quarantine/x.csv.reason.json"]
    assert [place.record(name)["attempts"] for name in kept] == [1, 2, 3, 4, 5, 6, 7, 8, 14]
    assert place.record("quarantine/x.csv.reason.json")["attempts"] == 15


def test_the_earlier_reasons_of_a_file_are_removed_when_it_is_processed(place: Place) -> None:
    for _ in range(3):
        place.drop("x.csv")
        place.file("x.csv", accepted=False)
    assert retry.retry(place.fs, os.fsencode(place.root), b"x.csv") == retry.Outcome(b"x.csv")
    place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    previous = place.record("processed/x.json")["previous"]
    assert isinstance(previous, dict)
    assert previous["attempts"] == 3


def test_the_earlier_reasons_of_a_file_that_stays_in_quarantine_stay_too(place: Place) -> None:
    for _ in range(2):
        place.drop("x.csv", b"broken")
        place.file("x.csv", accepted=False)
    before = place.tree()
    place.drop("x.csv")
    place.file("x.csv")
    assert place.tree() == sorted([*before, "archive/x.csv", "processed/x.json"])


@pytest.mark.parametrize("first", [True, False], ids=["processed", "refused"])
def test_what_is_told_of_a_file_is_what_its_record_says(place: Place, *, first: bool) -> None:
    place.drop("x.csv")
    place.file("x.csv", accepted=first)
    filed, record = place.root / "archive/x.csv", place.root / "processed/x.json"
    if not first:
        filed, record = place.root / "quarantine/x.csv", place.root / "quarantine/x.csv.reason.json"
        record.write_text(
            json.dumps(json.loads(record.read_text()) | {"error": ERROR, "schema_version": "1.0"})
        )
    filed.rename(place.root / "incoming/x.csv")
    outcome = place.file("x.csv", accepted=not first)
    assert isinstance(outcome, Committed)
    assert (filed.read_bytes(), outcome.event) == (TEXT, "file.processed" if first else "file.quarantined")
    assert outcome.summary == ({} if first else {"reason": "empty_file", "message": "it is empty", "line": 1})


def test_a_corrected_file_is_linked_to_its_earlier_reason(place: Place) -> None:
    place.drop("x.csv", b"")
    place.file("x.csv", accepted=False)
    place.drop("x.csv")
    place.file("x.csv")
    previous = place.record("processed/x.json")["previous"]
    assert isinstance(previous, dict)
    assert previous["sha256"] == hashlib.sha256(b"").hexdigest()
    assert previous["error"] == {"code": "empty_file"}


def test_a_retried_file_that_is_accepted_keeps_the_earlier_reason(place: Place) -> None:
    place.drop("x.csv")
    place.file("x.csv", accepted=False)
    quarantine = place.root / "quarantine"
    (quarantine / "x.csv.reason.json").rename(quarantine / "x.csv.reason.1.json")
    (quarantine / "x.csv").rename(place.root / "incoming/x.csv")
    place.file("x.csv")
    assert "previous" in place.record("processed/x.json")


def test_a_committed_record_is_followed_by_the_move_alone(place: Place) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    (place.root / "processed/x.json").write_bytes(answer.record)
    inode = (place.root / "processed/x.json").stat().st_ino
    filed = place.transaction.commit([answer])[0]
    assert isinstance(filed, Committed)
    assert filed.recovered
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    assert (place.root / "processed/x.json").stat().st_ino == inode


def test_a_committed_refusal_is_followed_even_if_the_file_would_pass_now(place: Place) -> None:
    place.drop("x.csv")
    refused = place.answer("x.csv", accepted=False)
    (place.root / "quarantine/x.csv.reason.json").write_bytes(refused.record)
    place.file("x.csv", accepted=True)
    assert place.tree() == ["quarantine/x.csv", "quarantine/x.csv.reason.json"]


def test_a_record_whose_input_was_replaced_before_the_move_is_withdrawn(place: Place) -> None:
    place.drop("x.csv", b"the first content")
    (place.root / "processed/x.json").write_bytes(place.answer("x.csv").record)
    place.drop("x.csv")
    place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json", "processed/x.withdrawn.1"]
    assert place.record("processed/x.json")["input"] == {
        "name": "x.csv",
        "bytes": 1,
        "sha256": hashlib.sha256(TEXT).hexdigest(),
    }


@pytest.mark.parametrize("newer", [b"the third content", TEXT], ids=["new", "filed already"])
@pytest.mark.parametrize("accepted", [True, False])
def test_a_record_with_a_hash_in_its_name_whose_input_was_replaced_before_the_move_is_withdrawn(
    place: Place, newer: bytes, *, accepted: bool
) -> None:
    area, suffix = ("processed", ".json") if accepted else ("quarantine", ".csv.reason.json")
    place.drop("x.csv")
    place.file("x.csv", accepted=accepted)
    place.drop("x.csv", b"the second content")
    second = place.answer("x.csv", accepted=accepted)
    left = f"{area}/x.{second.sha256[:12]}{suffix}"
    (place.root / left).write_bytes(second.record)
    place.drop("x.csv", newer)
    place.again()
    place.file("x.csv", accepted=accepted)
    assert not (place.root / left).exists()
    assert place.record(left.removesuffix(".json") + ".withdrawn.1") == json.loads(second.record)
    assert not (place.root / "incoming/x.csv").exists()


def test_a_listing_that_fails_is_made_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    place.drop("x.csv", b"the second content")
    second = place.answer("x.csv")
    left = place.root / f"processed/x.{second.sha256[:12]}.json"
    left.write_bytes(second.record)
    place.drop("x.csv", b"the third content")
    place.again()

    def refuse(_folder: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(place.fs, "scan", refuse)
        outcome = place.file("x.csv")
    assert isinstance(outcome, Deferral)
    assert (outcome.reason, outcome.errno) == (DeferralReason.FAULT, errno.EIO)
    place.file("x.csv")
    assert not left.exists()


def test_a_record_that_could_not_be_removed_after_its_file_was_replaced_is_withdrawn_later(
    place: Place,
) -> None:
    for content in (TEXT, b"the second content", b"the third content"):
        place.drop("x.csv", content)
        if content != b"the third content":
            place.file("x.csv")
    answer = place.answer("x.csv")

    def at_publish() -> None:
        place.fs.before["rename_noreplace"] = lambda: _replace(place.root / "incoming/x.csv", b"newer")

    place.fs.before["rename_noreplace"] = at_publish
    place.fs.refuse["unlink"] = errno.EIO
    assert place.transaction.commit([answer])[0] == Deferral(name=b"x.csv", reason=DeferralReason.CHANGED)
    left = f"processed/x.{answer.sha256[:12]}"
    assert (place.root / f"{left}.json").exists()
    place.fs.refuse.clear()
    place.file("x.csv")
    assert not (place.root / f"{left}.json").exists()
    assert (place.root / f"{left}.withdrawn.1").exists()


def test_a_file_replaced_during_the_move_goes_back_and_its_record_is_removed(place: Place) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")

    def at_publish() -> None:
        place.fs.before["rename_noreplace"] = lambda: _replace(place.root / "incoming/x.csv", b"newer")

    place.fs.before["rename_noreplace"] = at_publish
    outcome = place.transaction.commit([answer])[0]
    assert outcome == Deferral(name=b"x.csv", reason=DeferralReason.CHANGED)
    assert place.tree() == ["incoming/x.csv"]
    assert (place.root / "incoming/x.csv").read_bytes() == b"newer"


def test_a_pruned_file_replaced_as_it_is_archived_again_leaves_its_result_as_it_was(place: Place) -> None:
    place.drop("x.csv")
    place.file("x.csv")
    (place.root / "archive/x.csv").unlink()
    path = place.root / "processed/x.json"
    path.write_bytes(with_field(path.read_bytes(), *PRUNED))
    record = path.read_bytes()
    place.drop("x.csv")
    answer = place.answer("x.csv")
    place.fs.before["rename_noreplace"] = lambda: _replace(place.root / "incoming/x.csv", b"newer")
    assert place.transaction.commit([answer])[0] == Deferral(name=b"x.csv", reason=DeferralReason.CHANGED)
    assert path.read_bytes() == record
    assert isinstance(place.file("x.csv"), Committed)
    assert path.read_bytes() == record, "the newer file gets its hash into its name"


def _replace(path: Path, text: bytes) -> None:
    other = path.with_name(".upload")
    other.write_bytes(text)
    other.rename(path)


def when_it_steps_aside(place: Place, act: Callable[[], None]) -> None:
    """Act between the last look at a source and the moment in which its name is taken away."""
    rename = place.fs.rename_noreplace

    def acting(source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        if target.startswith(b".aside-"):
            act()
        rename(source, source_folder, target, target_folder)

    place.fs.rename_noreplace = acting  # type: ignore[method-assign]


MORE = b"2026-01-01T12:05:00,25,5\n"


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("across", [False, True])
def test_a_file_that_a_writer_opens_at_the_last_moment_goes_back(
    place: Place, monkeypatch: pytest.MonkeyPatch, *, accepted: bool, again: bool, across: bool
) -> None:
    if again:
        place.drop("x.csv")
        place.file("x.csv", accepted=accepted)
    elif across:
        monkeypatch.setattr(moves, "move_noreplace", _refuse_across(moves.move_noreplace))
    place.drop("x.csv")
    before = [path for path in place.tree() if "reason" not in path]
    answer = place.answer("x.csv", accepted=accepted)
    opened: list[BinaryIO] = []
    when_it_steps_aside(place, lambda: opened.append((place.root / "incoming/x.csv").open("ab")))
    assert place.transaction.commit([answer]) == [Deferral(name=b"x.csv", reason=DeferralReason.CHANGED)]
    opened[0].write(MORE)
    opened[0].close()
    assert [path for path in place.tree() if "reason" not in path] == before
    assert (place.root / "incoming/x.csv").read_bytes() == TEXT + MORE


def _refuse_across(real: Callable[..., None]) -> Callable[..., None]:
    def move(
        fs: FileSystem, name: bytes, folder: int, target: bytes, target_folder: int, **how: bool
    ) -> None:
        if name.startswith(b".aside-"):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(fs, name, folder, target, target_folder, **how)

    return move


def test_a_file_whose_owner_takes_it_at_the_last_moment_leaves_no_record(place: Place) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    when_it_steps_aside(place, (place.root / "incoming/x.csv").unlink)
    assert place.transaction.commit([answer]) == [Deferral(name=b"x.csv", reason=DeferralReason.GONE)]
    assert place.tree() == []


def test_a_file_with_another_link_is_copied(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    place.drop("x.csv")
    other = tmp_path_factory.mktemp("elsewhere") / "x.csv"
    os.link(place.root / "incoming/x.csv", other)
    place.file("x.csv")
    with other.open("ab") as writer:
        writer.write(MORE)
    assert (place.root / "archive/x.csv").read_bytes() == TEXT
    assert place.tree() == ["archive/x.csv", "processed/x.json"]


class TestOfAnUnknownLease:
    """The kernel does not say whether somebody writes."""

    @pytest.fixture
    def place(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
        self.now = 100.0
        place.transaction = Transaction(
            os.fsencode(place.root),
            place.fs,
            sync_failed=place.reports.append,
            quiet_seconds=lambda _: 10.0,
            clock=lambda: self.now,
        )
        place.drop("x.csv")
        place.file("x.csv")
        monkeypatch.setattr(place.fs, "probe_lease", lambda _: Lease.UNKNOWN)
        place.drop("x.csv")
        filed = place.file("x.csv")
        assert isinstance(filed, Committed)
        assert filed.event == "file.duplicate"
        return place

    def test_a_copy_is_kept_until_its_rest_is_over(self, place: Place) -> None:
        assert place.transaction.asides.wait_seconds() == 10.0
        self.now += 9.9
        assert place.transaction.asides.end_waits() == []
        assert place.tree() == ["archive/x.csv", "incoming/.aside-x.csv", "processed/x.json"]
        self.now += 0.2
        assert place.transaction.asides.end_waits() == []
        assert place.tree() == ["archive/x.csv", "processed/x.json"]
        assert place.transaction.asides.wait_seconds() is None

    def test_a_copy_that_was_written_to_goes_back(self, place: Place) -> None:
        with (place.root / "incoming/.aside-x.csv").open("ab") as writer:
            writer.write(MORE)
        self.now += 10.0
        assert place.transaction.asides.end_waits() == [b"x.csv"]
        assert (place.root / "incoming/x.csv").read_bytes() == TEXT + MORE

    def test_further_copies_are_not_held_up(self, place: Place) -> None:
        place.drop("x.csv")
        assert isinstance(place.file("x.csv"), Committed)
        assert len(place.transaction.asides) == 2
        self.now += 10.0
        assert place.transaction.asides.end_waits() == []
        assert place.tree() == ["archive/x.csv", "processed/x.json"]


def test_a_file_that_changed_since_it_was_read_stays(place: Place) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    place.drop("x.csv", b"longer than before, by some bytes " * 9)
    assert place.transaction.commit([answer]) == [Deferral(name=b"x.csv", reason=DeferralReason.CHANGED)]
    assert place.tree() == ["incoming/x.csv"]


def test_a_file_that_was_taken_away_is_gone(place: Place) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    (place.root / "incoming/x.csv").unlink()
    assert place.transaction.commit([answer]) == [Deferral(name=b"x.csv", reason=DeferralReason.GONE)]
    assert place.tree() == []


def test_without_renameat2_files_are_filed_by_link(place: Place) -> None:
    place.fs.refuse["rename_noreplace"] = errno.EINVAL
    place.drop("x.csv")
    place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json"]


def test_without_renameat2_and_links_files_are_filed_by_a_checked_rename(place: Place) -> None:
    place.fs.refuse |= {"rename_noreplace": errno.EINVAL, "link": errno.EPERM}
    place.drop("x.csv")
    place.file("x.csv")
    place.drop("x.csv", b"other")
    place.file("x.csv")
    assert (place.root / "archive/x.csv").read_bytes() == TEXT
    assert len(place.tree()) == 4


def test_a_move_cut_in_two_between_link_and_unlink_is_completed_without_a_duplicate(place: Place) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    (place.root / "processed/x.json").write_bytes(answer.record)
    os.link(place.root / "incoming/x.csv", place.root / "archive/x.csv")
    filed = place.transaction.commit([place.answer("x.csv")])[0]
    assert isinstance(filed, Committed)
    assert (filed.event, filed.recovered) == ("file.processed", True)
    assert place.tree() == ["archive/x.csv", "processed/x.json"]


def test_across_devices_the_copy_is_whole_before_the_source_goes(place: Place) -> None:
    calls = iter([None, None, errno.EXDEV, None, None])
    real = FileSystem.rename_noreplace

    def rename(source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        code = next(calls)
        if code:
            raise OSError(code, os.strerror(code))
        real(place.fs, source, source_folder, target, target_folder)

    place.fs.rename_noreplace = rename  # type: ignore[method-assign]
    place.drop("x.csv")
    place.file("x.csv")
    assert place.tree() == ["archive/x.csv", "processed/x.json"]
    assert (place.root / "archive/x.csv").read_bytes() == TEXT


def test_a_failed_commit_leaves_the_source_and_no_record(place: Place) -> None:
    place.fs.refuse["fsync_folder"] = errno.EIO
    place.drop("x.csv")
    outcome = place.file("x.csv")
    assert isinstance(outcome, Deferral)
    assert (outcome.reason, outcome.errno) == (DeferralReason.FAULT, errno.EIO)
    assert place.tree() == ["incoming/x.csv"]


def test_a_name_of_255_bytes_gets_a_record_that_fits(place: Place) -> None:
    name = "ü" * 125 + "x.csv"
    assert len(name.encode()) == 255
    place.drop(name)
    place.file(name)
    names = [os.fsencode(Path(path).name) for path in place.tree()]
    assert all(len(each) <= 255 for each in names)
    assert len(names) == 2
    for each in names:
        each.decode()


def test_names_that_are_no_text_are_filed_under_the_same_bytes(place: Place) -> None:
    place.drop(b"a\xff\n\x1b.csv")
    place.file(b"a\xff\n\x1b.csv")
    assert os.listdir(os.fsencode(place.root / "archive")) == [b"a\xff\n\x1b.csv"]


def test_a_link_in_the_place_of_the_source_is_not_followed(place: Place, tmp_path: Path) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    secret = tmp_path / "secret"
    secret.write_bytes(TEXT)
    (place.root / "incoming/x.csv").unlink()
    (place.root / "incoming/x.csv").symlink_to(secret)
    outcome = place.transaction.commit([answer])[0]
    assert isinstance(outcome, Deferral)
    assert (place.root / "incoming/x.csv").is_symlink()


def test_one_file_that_fails_does_not_hold_up_its_group(place: Place) -> None:
    place.drop("x.csv")
    place.drop("y.csv", b"y")
    answers = [place.answer("x.csv"), place.answer("y.csv")]
    (place.root / "incoming/x.csv").unlink()
    outcomes = place.transaction.commit(answers)
    assert isinstance(outcomes[0], Deferral)
    assert isinstance(outcomes[1], Committed)


def test_a_file_whose_folder_has_a_file_s_name_is_blocked_alone(place: Place) -> None:
    place.drop("a/x.csv")
    place.drop("y.csv", b"y")
    (place.root / "archive/a").write_bytes(b"in the way")
    kept, filed = place.transaction.commit([place.answer("a/x.csv"), place.answer("y.csv")])
    assert isinstance(kept, Deferral)
    assert (kept.reason, kept.errno, kept.place) == (DeferralReason.BLOCKED, errno.ENOTDIR, "archive/a")
    assert isinstance(filed, Committed)
    assert (place.root / "incoming/a/x.csv").read_bytes() == TEXT
    assert (place.root / "archive/a").read_bytes() == b"in the way"


@pytest.mark.parametrize("area", ["incoming", "processed", "archive", "quarantine"])
def test_a_root_that_is_no_folder_is_a_fault_of_all(place: Place, area: str) -> None:
    place.drop("x.csv")
    answer = place.answer("x.csv")
    (place.root / area).rename(place.root / "elsewhere")
    (place.root / area).write_bytes(b"")
    [outcome] = place.transaction.commit([answer])
    assert isinstance(outcome, Deferral)
    assert (outcome.reason, outcome.errno) == (DeferralReason.FAULT, errno.ENOTDIR)


def test_a_start_removes_temporary_files_and_takes_back_what_stepped_aside(place: Place) -> None:
    (place.root / "processed/.tmp-1-1").write_bytes(b"{")
    (place.root / "quarantine/dev1").mkdir()
    (place.root / "quarantine/dev1/.tmp-1-2").write_bytes(b"{")
    place.drop(".aside-x.csv")
    heard: list[tuple[str, bytes]] = []
    recovery.recover(place.fs, os.fsencode(place.root), lambda event, name, _: heard.append((event, name)))
    assert place.tree() == ["incoming/x.csv"]
    assert heard == [("file.taken_back", b"x.csv")]


def test_a_start_takes_back_a_quarantined_file_without_its_reason(place: Place) -> None:
    (place.root / "quarantine/x.csv").write_bytes(TEXT)
    (place.root / "quarantine/y.csv").write_bytes(TEXT)
    (place.root / "quarantine/y.csv.reason.json").write_bytes(b"{}")
    recovery.recover(place.fs, os.fsencode(place.root), lambda *_: None)
    assert place.tree() == ["incoming/x.csv", "quarantine/y.csv", "quarantine/y.csv.reason.json"]
