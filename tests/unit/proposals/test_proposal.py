"""Proposals: a profile that was tried on its file, or what keeps a file from having one."""

import gzip
import tomllib
from pathlib import Path
from typing import Any
from unicodedata import category

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from processing.model.profile import DEFAULT
from processing.model.rejection import Caps
from processing.profiles import profiles_from
from processing.proposals.profile_text import ProfileScope
from processing.proposals.proposal import Proposal, ProposalTask, propose
from tests.support.base_day import BASE_DAY, written
from tests.support.small_files import chosen, rejection, result

PLACE = ProfileScope("roof", "roof/*")
TWO_DATES = written("time,power", "{m}/{d}/{y} {clock},{p}")


def proposed(
    folder: Path, content: str | bytes, number: int | None = None, name: str = "roof/x.csv", **more: Any
) -> Proposal:
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return propose(ProposalTask(bytes(path), name.encode(), PLACE, more.get("profile", DEFAULT), number))


@pytest.mark.parametrize(
    "content",
    [
        BASE_DAY,
        "a title\n\n" + written("Datum;Zeit;Pac (kW)", "{d}.{m}.{y};{clock};{u}", decimal=","),
        written("time,current,voltage", "{t},{i},{u}")
        + written("time,voltage,current", "{t},{u},{i}").replace("-10T", "-11T"),
        written("a,Inverter 1,Inverter 1\ntime,Power,Voltage", "{t},{p},{u}"),
        written("time,power,power", "{t},{p},20").replace("time,power,power", 'time,"po\u202ewer",power'),
        written("time\tUdc\tIdc\n\tV\tA", "{t}\t{u}\t{i}"),
        "Zeit;Leistung [W];Größe\n" + written("x", "{t};{p};ä")[2:],
    ],
)
def test_what_it_writes_reads_the_file_with_the_same_figures(tmp_path: Path, content: str) -> None:
    found = proposed(tmp_path, content)
    assert found.error == ""
    profile = profiles_from(tomllib.loads(found.text)).for_name(b"roof/x.csv")
    assert profile.name == "roof"
    assert result(content, profile).metrics == result(content).metrics


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "utf-8-sig", "utf-8"])
def test_the_encoding_is_written(tmp_path: Path, encoding: str) -> None:
    content = written("time;Größe;Leistung (W)", "{t};ä;{p}").encode(encoding)
    found = tomllib.loads(proposed(tmp_path, content).text)["profiles"]["roof"]["csv"]
    assert found["encoding"] == {"utf-16-le": "utf-16", "utf-8-sig": "utf-8"}.get(encoding, encoding)
    assert "encoding" not in tomllib.loads(proposed(tmp_path, BASE_DAY).text)["profiles"]["roof"]["csv"]


def test_gzip_is_known_by_the_name(tmp_path: Path) -> None:
    found = proposed(tmp_path, gzip.compress(BASE_DAY.encode()), name="roof/x.csv.GZ")
    assert found.text
    assert "name it .csv.gz" in proposed(tmp_path, gzip.compress(BASE_DAY.encode())).error


def test_several_ways_are_asked_for_and_one_is_taken(tmp_path: Path) -> None:
    found = proposed(tmp_path, TWO_DATES)
    assert found.text == ""
    assert [one.label[:5] for one in found.candidates] == ["%d/%m", "%m/%d"]
    second = proposed(tmp_path, TWO_DATES, 2)
    assert tomllib.loads(second.text)["profiles"]["roof"]["csv"]["time_format"] == "%m/%d/%Y %H:%M:%S"
    assert "# Decided: %m/%d/%Y %H:%M:%S (ambiguous_time)" in second.text
    for number in (0, -1, 3):
        assert len(proposed(tmp_path, TWO_DATES, number).candidates) == 2


def test_the_only_way_is_taken_and_said(tmp_path: Path) -> None:
    rows = BASE_DAY.partition("\n")[2]
    found = proposed(tmp_path, rows)
    assert (
        "# Decided: voltage: column 2, current: column 3, temperature: column 4, power: column 5"
        in found.text
    )
    assert tomllib.loads(found.text)["profiles"]["roof"]["csv"]["header"] is False


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 100, b"a,b\n1,2\n", b"\xff\xfe" + b"a" * 99])
def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path: Path, content: bytes) -> None:
    found = proposed(tmp_path, content)
    assert (found.text, found.candidates) == ("", [])
    assert found.error


def test_only_files_are_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", Path("/dev/zero")):
        assert propose(ProposalTask(bytes(path), b"x.csv", PLACE, DEFAULT)).error


def test_the_limits_on_files_hold(tmp_path: Path) -> None:
    small = msgspec.structs.replace(DEFAULT, caps=Caps(max_bytes=20))
    assert "larger than 20 bytes" in proposed(tmp_path, BASE_DAY, profile=small).error


def test_a_profile_has_the_figures_of_the_file_as_it_is_accepted(tmp_path: Path) -> None:
    """Three rows of 96 are outside the default limits, which hold for them in both."""
    rows = [f"04/06/2025 {at // 4:02}:{at % 4 * 15:02},{500 if at < 3 else 100}\n" for at in range(96)]
    text = f"time,power (W)\n{''.join(rows)}"
    (way, *_) = rejection(text).candidates or ()
    found = proposed(tmp_path, text, number=1).text
    by_profile = result(text, profiles_from(tomllib.loads(found)).for_name(b"roof/x.csv"))
    assert by_profile.metrics == result(text, chosen(way)).metrics
    assert by_profile.records_invalid == 3
    assert '# 3 rows outside of them; limits = "unknown" would take these' in found


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=8)
ODD_FILES = st.one_of(
    st.binary(max_size=300),
    st.lists(CELLS, min_size=1, max_size=4).map(
        lambda names: written(",".join(["time", "power", *names]), "{t},{p}" + ",1" * len(names)).encode()
    ),
)


@given(content=ODD_FILES)
@example(written("time,power,0\u00a00", "{t},{p},1").encode())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_has_a_profile_or_a_reason_and_all_of_it_is_printable(
    tmp_path: Path, content: bytes
) -> None:
    found = proposed(tmp_path, content)
    assert bool(found.text) != bool(found.error)
    assert "no profile can say" not in found.error
    lines = (*found.text.split("\n"), found.error)
    assert [
        char for line in lines for char in line if not (char.isprintable() or category(char) == "Zs")
    ] == []
    tomllib.loads(found.text)
