"""Bytes of files: gzip, encodings, blocks, hashes."""

from __future__ import annotations

import gzip
import hashlib
import io

import msgspec
import pytest

from processing import process
from processing.model.profile import DEFAULT
from processing.model.rejection import Caps, RejectedFileError
from processing.model.result import Result
from processing.reading.byte_source import ByteSource
from tests.support.small_files import PLAIN, PLAIN_METRICS, profile, rejection, result


def test_latin_1_is_read_if_it_is_declared_and_detected_if_not() -> None:
    text = PLAIN.replace("temperature", "Temperature (°C)").encode("latin-1")
    assert result(text, profile(csv={"encoding": "latin-1"})).metrics == PLAIN_METRICS
    assert result(text).metrics == PLAIN_METRICS


def test_a_source_gives_its_lines_from_the_beginning_as_often_as_it_is_asked() -> None:
    source = ByteSource(io.BytesIO(b"a\nb\n"), Caps(), packed=False)
    assert next(source.lines("auto")) == b"a\nb\n"
    assert list(source.lines("auto")) == [b"a\nb\n"]
    assert source.input_of(b"x.csv").bytes == 4


class TestGzip:
    def test_it_is_unpacked_by_its_name_in_any_case(self) -> None:
        packed = gzip.compress(PLAIN.encode())
        found = result(packed, name=b"x.CSV.GZ")
        assert found.metrics == PLAIN_METRICS
        assert (found.input.bytes, found.input.sha256) == (len(packed), hashlib.sha256(packed).hexdigest())

    def test_several_members_are_one_file(self) -> None:
        half = len(PLAIN) // 2
        packed = gzip.compress(PLAIN[:half].encode()) + gzip.compress(PLAIN[half:].encode()) + bytes(512)
        assert result(packed, name=b"x.csv.gz").metrics == PLAIN_METRICS

    @pytest.mark.parametrize(
        "packed", [gzip.compress(PLAIN.encode())[:-4], PLAIN.encode(), gzip.compress(PLAIN.encode()) + b"x"]
    )
    def test_damage_is_named(self, packed: bytes) -> None:
        found = rejection(packed, name=b"x.csv.gz")
        assert found.code == "broken_gzip"
        assert found.input.sha256 == hashlib.sha256(packed).hexdigest()

    def test_a_bomb_is_rejected_by_its_ratio(self) -> None:
        packed = gzip.compress(PLAIN.encode() + b"0" * 40_000_000)
        assert rejection(packed, name=b"x.csv.gz").code == "too_large"

    def test_the_cap_on_bytes_counts_the_unpacked_text(self) -> None:
        small = msgspec.structs.replace(DEFAULT, caps=Caps(max_bytes=len(PLAIN) - 1))
        assert rejection(gzip.compress(PLAIN.encode()), small, b"x.csv.gz").code == "too_large"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_byte_order_mark_is_read_if_it_is_declared(encoding: str) -> None:
    assert result(PLAIN.encode(encoding), profile(csv={"encoding": "utf-16"})).metrics == PLAIN_METRICS


def test_a_rejected_stream_is_still_hashed_to_its_end() -> None:
    content = b"a,b\n" + b"1,2\n" * 150_000
    found = rejection(content)
    assert (found.input.bytes, found.input.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_blocks_cut_anywhere_give_the_same_result() -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(7)

    text = ("Logger 5000\n\n" + PLAIN.replace(",", ";").replace(".", ",")).replace("\n", "\r\n").encode()
    found = process(Dribble(text), DEFAULT, name=b"x.csv", processed_at="2025-02-01T00:00:00Z")
    assert isinstance(found, Result)
    assert found.metrics == PLAIN_METRICS


def test_an_error_of_the_stream_is_passed_on() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        process(Failing(), DEFAULT, name=b"x.csv", processed_at="2025-02-01T00:00:00Z")


def lines_of(content: bytes, *, packed: bool = False, **caps: int) -> bytes:
    source = ByteSource(io.BytesIO(content), Caps(**caps), packed=packed)
    return b"".join(source.lines("auto"))


def test_each_line_ends_with_a_newline_however_the_file_writes_it() -> None:
    assert lines_of(b"a\r\nb\rc\nd") == b"a\nb\nc\nd\n"
    assert lines_of(b"") == b""


def test_a_byte_order_mark_is_removed() -> None:
    assert lines_of(b"\xef\xbb\xbfa\n") == b"a\n"
    assert lines_of(b"\xff\xfea\0\n\0") == b"a\n"


def test_text_that_is_larger_than_allowed_is_rejected() -> None:
    assert lines_of(b"12345678", max_bytes=8) == b"12345678\n"
    with pytest.raises(RejectedFileError) as caught:
        lines_of(b"123456789", max_bytes=8)
    assert caught.value.code == "too_large"


def test_the_input_has_the_size_and_the_hash_of_all_bytes() -> None:
    found = ByteSource(io.BytesIO(b"abc"), Caps(), packed=False).input_of(b"roof/x.csv")
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (found.name, found.bytes, found.sha256) == ("roof/x.csv", 3, sha256)


@pytest.mark.parametrize(
    ("space", "encoding"),
    [
        ("\u00a0", "utf-8"),
        ("\u202f", "utf-8"),
        ("\u2009", "utf-8"),
        ("\u202f", "utf-16"),
        ("\u00a0", "cp1252"),
    ],
)
def test_any_space_may_stand_between_thousands(space: str, encoding: str) -> None:
    """1234.5 W and 987.5 W for half an hour each are 1.111 kWh."""
    text = f"Zeit;PV power (W)\n2025-06-10 12:00;1{space}234,5\n2025-06-10 12:30;987,5\n"
    found = result(text.encode(encoding))
    assert found.metrics.total_energy_kwh == 1.111
    assert found.records_invalid == 0
