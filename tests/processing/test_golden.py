"""Whole files against figures that pandas computed (golden/compute.py), to the sixth decimal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from processing import process
from processing.profile import DEFAULT
from processing.result import Result, encode
from processing.schema import result_schema

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.csv"))


def judged(path: Path) -> Result:
    with path.open("rb") as stream:
        found = process(stream, DEFAULT, name=path.name.encode(), processed_at="2026-01-01T00:00:00Z")
    assert isinstance(found, Result), found
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_figures_equal_those_of_pandas(path: Path) -> None:
    found = judged(path)
    expected: dict[str, Any] = json.loads(path.with_suffix(".figures.json").read_text())
    counts = [found.records_total, found.records_processed, found.records_invalid, found.records_duplicate]
    assert counts == expected.pop("records")
    figures = msgspec.to_builtins(found.metrics) | msgspec.to_builtins(found.quality)
    for name, value in expected.items():
        if isinstance(value, str):
            assert figures[name] == value, name
        else:
            assert figures[name] == pytest.approx(value, abs=1.5e-6, rel=0), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_record_fits_the_schema(path: Path) -> None:
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(encode(judged(path))))


def test_there_are_golden_files() -> None:
    assert len(FILES) == 3
