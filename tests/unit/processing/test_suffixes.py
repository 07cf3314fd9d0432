import re

import pytest

from processing.suffixes import TEXT_SUFFIXES, suffixes_from, suffixes_of


@pytest.mark.parametrize(
    ("text", "suffixes"),
    [
        (".csv", (b".csv", b".csv.gz")),
        ("csv, TXT", (b".csv", b".csv.gz", b".txt", b".txt.gz")),
        (".dat.gz .log", (b".dat.gz", b".log", b".log.gz")),
        (".csv,.csv.gz,csv", (b".csv", b".csv.gz")),
        ("ALL", tuple(suffix + end for suffix in TEXT_SUFFIXES for end in (b"", b".gz"))),
    ],
)  # fmt: skip
def test_suffixes_are_named_with_or_without_their_point(text: str, suffixes: tuple[bytes, ...]) -> None:
    assert suffixes_of(text) == suffixes


@pytest.mark.parametrize(
    "text", [" ", " ,", ".json", ".reason.json", "*", ".gz", ".csv,.pdf", "csv;txt", ".cs\0v"]
)
def test_no_other_suffix_can_be_set(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        suffixes_of(text)


def test_a_configuration_file_has_a_text_or_a_list() -> None:
    assert suffixes_from(None) == ()
    assert suffixes_from(".csv") == suffixes_from([".csv"]) == (b".csv", b".csv.gz")
    assert suffixes_from(["txt.gz", ".dat"]) == (b".txt.gz", b".dat", b".dat.gz")


@pytest.mark.parametrize("value", [1, [], [1], {}, "x", [".csv", ".pdf"]])
def test_a_wrong_value_is_named_with_what_is_allowed(value: object) -> None:
    with pytest.raises(ValueError, match=re.escape(f"suffixes is {value!r}; allowed: .csv, .txt")):
        suffixes_from(value)
