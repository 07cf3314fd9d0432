"""The names of inputs and records in the data folder."""

from __future__ import annotations

import hashlib

import pytest

from processing import file_naming
from processing.file_naming import archive_names, is_record, parts_of, quarantine_names

SHA256 = "0123456789abcdef" * 4
SHORT = b"0123456789ab"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (b"a.csv", (b"", b"a", b".csv")),
        (b"roof/south/a.b.CSV.gz", (b"roof/south", b"a.b", b".CSV.gz")),
        (b"roof/notes.txt", (b"roof", b"notes", b".txt")),
        (b"roof/LOG.Dat.gz", (b"roof", b"LOG", b".Dat.gz")),
        (b"roof/notes.pdf", (b"roof", b"notes.pdf", b"")),
        (b".csv", (b"", b"", b".csv")),
    ],
)
def test_a_name_has_a_folder_a_stem_and_an_extension(name: bytes, parts: tuple[bytes, bytes, bytes]) -> None:
    assert parts_of(name) == parts


def test_a_taken_name_gets_the_hash_before_its_extension() -> None:
    own = hashlib.sha256(b"a.csv\0" + SHA256.encode()).hexdigest().encode()
    assert list(archive_names(b"a.csv", SHA256)) == [
        (b"a.json", b"a.csv"),
        (b"a." + SHORT + b".json", b"a." + SHORT + b".csv"),
        (b"a." + SHA256.encode() + b".json", b"a." + SHA256.encode() + b".csv"),
        (b"a." + own + b".json", b"a." + own + b".csv"),
    ]


@pytest.mark.parametrize("stem", [b"index", b"Summary"])
def test_the_stems_of_pages_count_as_taken_in_processed_alone(stem: bytes) -> None:
    assert next(archive_names(stem + b".csv", SHA256)).record == stem + b"." + SHORT + b".json"
    assert next(quarantine_names(stem + b".csv", SHA256)).target == stem + b".csv"


@pytest.mark.parametrize("places", [archive_names, quarantine_names])
def test_no_name_exceeds_255_bytes_or_is_cut_inside_a_character(places: object) -> None:
    name = ("ü" * 125).encode() + b"x.csv"  # 256 bytes
    for place in places(name, SHA256):  # type: ignore[operator]
        assert max(map(len, place)) <= 255
        place.target.decode()


def test_a_record_and_its_input_share_a_stem() -> None:
    assert file_naming.record_of(b"a.csv.gz", quarantined=False) == b"a.json"
    assert file_naming.record_of(b"a.csv.gz", quarantined=True) == b"a.csv.gz.reason.json"
    assert file_naming.stem_of_record(b"a.json", quarantined=False) == b"a"
    assert file_naming.stem_of_record(b"a.csv.gz.reason.json", quarantined=True) == b"a"
    assert file_naming.stem_of_record(b"a.txt", quarantined=False) == b""


def test_a_hash_at_the_end_of_a_stem_can_be_removed() -> None:
    assert file_naming.unhashed(b"a." + SHORT) == b"a"
    assert file_naming.unhashed(b"a.2025") == b""
    assert file_naming.hashed(b"a.csv", SHA256) == b"a." + SHORT + b".csv"


def test_earlier_reasons_and_withdrawn_records_are_numbered() -> None:
    assert file_naming.history_name(b"a.csv.reason.json", 2) == b"a.csv.reason.2.json"
    assert file_naming.withdrawn_name(b"a.json", 1) == b"a.withdrawn.1"


@pytest.mark.parametrize(("number", "aside"), [(0, b".aside-a.csv"), (3, b".aside.3-a.csv")])
def test_a_name_that_was_set_aside_can_be_read_back(number: int, aside: bytes) -> None:
    assert file_naming.aside_name(b"a.csv", number) == aside
    assert file_naming.wanted_name(aside) == (b"a.csv", number)
    assert file_naming.wanted_name(b"a.csv") == (b"a.csv", 0)


def test_a_long_name_that_is_set_aside_is_cut_and_gets_its_hash() -> None:
    base = b"x" * 251 + b".csv"
    own = hashlib.sha256(base).hexdigest()[:12].encode()
    aside = file_naming.aside_name(base)
    assert (len(aside), aside[-17:]) == (255, b"." + own + b".csv")


@pytest.mark.parametrize("name", [b"a.json", b"a.0123456789ab.json", b"index.csv.json"])
def test_a_record_ends_in_json(name: bytes) -> None:
    assert is_record(name)


@pytest.mark.parametrize("name", [b"a.csv", b"index.json", b"summary.json", b".tmp-1-0.json", b"a.json.gz"])
def test_other_files_are_not_records(name: bytes) -> None:
    assert not is_record(name)


def test_in_quarantine_a_record_is_a_reason() -> None:
    assert is_record(b"a.csv.reason.json", quarantined=True)
    assert not is_record(b"a.json", quarantined=True)


def test_files_of_one_stem_and_several_suffixes_have_a_record_each() -> None:
    sha256 = "ab" * 32
    first, second = list(archive_names(b"x.csv", sha256)), list(archive_names(b"x.txt.gz", sha256))
    assert first[0] == (b"x.json", b"x.csv")
    assert second[:2] == [(b"x.json", b"x.txt.gz"), (b"x.abababababab.json", b"x.abababababab.txt.gz")]
    assert next(quarantine_names(b"x.txt", sha256)) == (b"x.txt.reason.json", b"x.txt")
    assert file_naming.hashed(b"x.dat", sha256) == b"x.abababababab.dat"
    assert file_naming.stem_of_record(b"x.log.reason.json", quarantined=True) == b"x"
