"""Known formats made from a file and a decision: what they say, and which files they fit."""

from typing import Any

import pytest

from processing.formats.known_formats import matching
from processing.formats.toml_files import format_from
from processing.model.profile import DEFAULT
from processing.proposals.format_text import NoFormatError, new_format
from tests.support.base_day import BASE_DAY, written

HEAD = written("Zeit;Pac (kW);U", "{m}/{d}/{y} {clock};{p};{u}", decimal=",").encode()
CHANGES = {"csv": {"time_format": "%m/%d/%Y %H:%M:%S"}, "channels": {"power": {"unit": "kW", "min": None}}}


def test_it_says_what_was_decided_and_fits_its_file() -> None:
    found = new_format(HEAD, DEFAULT, b"roof/day 1.csv", CHANGES, ())
    assert found.name.startswith("roof-")
    assert (found.known.csv, found.known.channels) == (CHANGES["csv"], {"power": {"unit": "kW"}})
    assert found.known.fingerprint.columns == ("Zeit", "Pac (kW)", "U")
    assert found.known.fingerprint.folder is None
    assert [one.known for one in matching(HEAD, [found.known], DEFAULT)] == [found.known]
    assert matching(HEAD.replace(b"(kW)", b"(W)"), [found.known], DEFAULT) == []
    assert new_format(HEAD, DEFAULT, b"day 1.csv", CHANGES, ()).name.startswith("day-1-")


def test_what_the_file_has_shown_holds_for_devices_alone_and_below_the_answer() -> None:
    shown = {"channels": {"power": {"unit": "W"}, "energy": {"kind": "interval"}}}
    found = new_format(HEAD, DEFAULT, b"roof/x.csv", CHANGES, (), devices=["roof"], shown=shown)
    assert found.known.channels == {"power": {"unit": "kW"}, "energy": {"kind": "interval"}}
    found = new_format(HEAD, DEFAULT, b"roof/x.csv", CHANGES, (), shown=shown)
    assert found.known.channels == {"power": {"unit": "kW"}}


def test_one_of_the_same_fingerprint_is_replaced_under_its_name() -> None:
    first = new_format(HEAD, DEFAULT, b"roof/x.csv", CHANGES, ())
    known = format_from("mine", first.text.encode())
    again = new_format(HEAD, DEFAULT, b"barn/x.csv", {"csv": {"label": "end"}}, [known])
    assert again.name == "mine"
    assert again.known.csv == {**CHANGES["csv"], "label": "end"}
    assert again.known.channels == first.known.channels


@pytest.mark.parametrize(
    "csv", [{"where": {"column": "Zeit", "is": "Export"}}, {"section": 2}, {"time_format": "%d.%m.%Y"}]
)
def test_which_rows_are_read_holds_for_the_folder_alone(csv: dict[str, Any]) -> None:
    first = new_format(HEAD, DEFAULT, b"roof/x.csv", {"csv": csv}, (), devices=["roof"])
    assert first.known.fingerprint.devices == ("roof",)
    assert matching(HEAD, [first.known], DEFAULT, b"barn/x.csv") == []


def test_which_columns_are_read_holds_everywhere() -> None:
    changes = {"csv": {"time": "Zeit"}, "channels": {"power": {"column": "Pac (kW)"}}}
    first = new_format(HEAD, DEFAULT, b"roof/x.csv", changes, (), devices=["roof"])
    assert first.known.fingerprint.devices == ()


def test_one_device_replaces_a_sum_as_a_whole() -> None:
    where = {"column": "Zeit", "is": ["A", "B"], "add": True}
    first = new_format(HEAD, DEFAULT, b"roof/x.csv", {"csv": {"where": where}}, (), devices=["roof"])
    changes = {"csv": {"where": {"column": "Zeit", "is": "A"}}}
    again = new_format(HEAD, DEFAULT, b"roof/y.csv", changes, [first.known], devices=["roof"])
    assert again.known.csv == changes["csv"]


def test_another_format_that_fits_must_be_changed_or_removed() -> None:
    known = format_from("mine", b'[fingerprint]\ncolumns = ["Zeit"]\n')
    with pytest.raises(NoFormatError, match="mine fits the file too"):
        new_format(HEAD, DEFAULT, b"x.csv", CHANGES, [known])


@pytest.mark.parametrize("head", [b"", BASE_DAY.partition("\n")[2].encode(), b"\x00\xff" * 50])
def test_a_file_without_a_header_has_no_format(head: bytes) -> None:
    with pytest.raises(NoFormatError, match="no header"):
        new_format(head, DEFAULT, b"x.csv", CHANGES, ())


def test_changes_that_no_profile_may_have_are_none() -> None:
    with pytest.raises(NoFormatError, match="delimiter"):
        new_format(HEAD, DEFAULT, b"x.csv", {"csv": {"delimiter": "x"}}, ())


def test_the_default_header_is_known_in_its_folder_alone() -> None:
    for name, folder in ((b"roof/2025/x.csv", "roof/2025"), (b"x.csv", "")):
        found = new_format(BASE_DAY.encode(), DEFAULT, name, {"csv": {"label": "end"}}, ())
        assert found.known.fingerprint.folder == folder
