"""Whole files against figures that pandas computed (golden/compute.py), to the sixth decimal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__

from processing import process
from processing.model.profile import DEFAULT
from processing.model.result import Result, encode
from processing.schema import result_schema

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.csv"))
SAMPLES = sorted((ROOT / "data" / "samples").glob("*.csv"))


def result_of(path: Path) -> Result:
    with path.open("rb") as stream:
        found = process(stream, DEFAULT, name=path.name.encode(), processed_at="2026-01-01T00:00:00Z")
    assert isinstance(found, Result), found
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_figures_equal_those_of_pandas(path: Path) -> None:
    found = result_of(path)
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
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(encode(result_of(path))))


def test_there_are_golden_files() -> None:
    assert len(FILES) == 3


PRINT_RECORDS = """
import sys
import numpy as np
from processing import Rejection, process
from processing.model.profile import DEFAULT
from processing.model.result import encode

numbers = np.random.default_rng(18).random(100_000)
print(np.dot(numbers, numbers[::-1].copy()).hex())
for name in sys.argv[1:]:
    with open(name, "rb") as stream:
        found = process(stream, DEFAULT, name=b"x.csv", processed_at="2026-01-01T00:00:00Z")
    print(found if isinstance(found, Rejection) else encode(found).decode())
"""


def printed(**environ: str) -> tuple[str, str]:
    """Return the dot product that a processor's BLAS gives, and the records of all files there."""
    command = [sys.executable, "-c", PRINT_RECORDS, *map(str, FILES + SAMPLES)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=True
    )
    dot, _, records = done.stdout.partition("\n")
    return dot, records


@pytest.fixture(scope="module")
def usual() -> tuple[str, str]:
    return printed(OPENBLAS_CORETYPE="Haswell")


def test_records_are_the_same_under_another_blas_kernel(usual: tuple[str, str]) -> None:
    (dot, records), (other_dot, other_records) = usual, printed(OPENBLAS_CORETYPE="Prescott")
    assert '"total_energy_kwh": 1.04731' in records
    assert records == other_records
    if dot == other_dot:
        pytest.skip("numpy's BLAS has no second kernel here: the records could not differ")


@pytest.mark.long
def test_records_are_the_same_without_the_processors_vector_instructions(usual: tuple[str, str]) -> None:
    found = [name for name in __cpu_dispatch__ if name]
    assert usual[1] == printed(NPY_DISABLE_CPU_FEATURES=" ".join(found))[1]
