"""A file of each logger that is known, as it is dropped: what is read, or what is asked.

`tests/samples/loggers` has the files. Beside each stands what comes of it, by hand: `FORMAT.toml`, and
`FORMAT.WHAT.toml` for further files of the format. Their values are our own.
"""

from __future__ import annotations

import gzip
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from processing.formats.toml_files import shipped
from processing.model.rejection import Rejection
from processing.model.result import Result
from tests.support.small_files import processed

FOLDER = Path(__file__).parents[1] / "samples/loggers"
SAMPLES = {path.stem: path for path in sorted(FOLDER.iterdir()) if path.suffix != ".toml"}


@cache
def expected(stem: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{stem}.toml").read_text("utf-8"))


def dropped(stem: str, ending: str = "", content: bytes | None = None) -> Result | Rejection:
    """Return what comes of a sample under its name, or under this ending."""
    name = expected(stem).get("name", SAMPLES[stem].name)
    name = name.rpartition(".")[0] + ending if ending else name
    data = SAMPLES[stem].read_bytes() if content is None else content
    return processed(data, name=name.encode(), formats=shipped())


def test_each_format_has_a_sample() -> None:
    assert {stem.partition(".")[0] for stem in SAMPLES} == {known.name for known in shipped()}


@pytest.mark.parametrize("stem", [stem for stem in SAMPLES if "refused" not in expected(stem)])
def test_a_sample_is_read(stem: str) -> None:
    found, right = dropped(stem), expected(stem)
    assert isinstance(found, Result), found
    assert found.profile.format_name == stem.partition(".")[0]
    assert found.metrics.total_energy_kwh == right["energy_kwh"]
    assert (found.records_total, found.records_invalid) == (right["rows"], 0)
    assert found.records_missing == right.get("missing", 0)
    if "start" in right:
        assert found.metrics.period.start == right["start"]
    if "columns" in right:
        assert {name: one.column for name, one in found.profile.columns.items()} == right["columns"]


@pytest.mark.parametrize("stem", [stem for stem in SAMPLES if "refused" in expected(stem)])
def test_a_sample_that_leaves_a_choice_is_refused_with_all_of_them(stem: str) -> None:
    found, right = dropped(stem), expected(stem)
    assert isinstance(found, Rejection)
    assert found.code == right["refused"]
    assert [one.label for one in found.candidates or ()] == right["offers"]


@pytest.mark.parametrize("ending", [".txt", ".DAT", ".csv.gz"])
def test_a_sample_is_read_under_any_suffix(ending: str) -> None:
    for stem in ("victron_vrm", "sma_csv1.utf_16", "sma_sunny_portal", "influxdb"):
        content = SAMPLES[stem].read_bytes()
        found = dropped(stem, ending, gzip.compress(content) if ending.endswith("gz") else content)
        assert isinstance(found, Result)
        assert found.metrics.total_energy_kwh == expected(stem)["energy_kwh"]
