"""The record: its JSON, its schema, and reading it back."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import processing
from processing import process
from processing.generator.days import SimulatedDay, render
from processing.model.profile import DEFAULT
from processing.model.rejection import ErrorDetails, Input, RejectionRecord
from processing.model.result import Result, encode, load
from processing.schema import result_schema

FAULTS = ("gross_range", "spike", "gap", "duplicate", "syntax", "stuck", "disconnect", "sentinel", "disorder")
START = datetime.fromisoformat("2025-03-10T06:00:00")
REASON = RejectionRecord(
    input=Input.of(b"a/x\n.csv", 0, "0" * 64),
    error=ErrorDetails(code="empty_file", message="the file is empty"),
    attempts=1,
    quarantined_at="2025-03-11T00:00:00Z",
)


@pytest.fixture(scope="module")
def faulty() -> Result:
    content, _ = render(SimulatedDay(START, seed=3, faults=FAULTS))
    found = process(io.BytesIO(content), DEFAULT, name=b"roof/day.csv", processed_at="2025-03-12T00:00:00Z")
    assert isinstance(found, Result)
    return found


def document(record: Result | RejectionRecord) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    parsed: dict[str, Any] = json.loads(encode(record), parse_constant=refuse)
    return parsed


def test_the_json_has_the_users_keys_and_types(faulty: Result) -> None:
    found = document(faulty)
    assert found["input_file"] == "day.csv"
    assert found["status"] == "success"
    assert all(
        isinstance(found[f"records_{kind}"], int) for kind in ("total", "processed", "invalid", "suspect")
    )
    assert {"avg", "min", "max", "std"} <= found["metrics"]["voltage"].keys()
    assert isinstance(found["metrics"]["total_energy_kwh"], float)
    assert found["input"]["name"] == "roof/day.csv"


def test_the_records_add_up(faulty: Result) -> None:
    assert (
        faulty.records_total == faulty.records_processed + faulty.records_invalid + faulty.records_duplicate
    )
    for check in faulty.quality.checks:
        assert sum(check.counts.values()) == faulty.records_total - faulty.records_duplicate


def test_quality_has_the_documented_keys(faulty: Result) -> None:
    quality = document(faulty)["quality"]
    assert quality["flags"] == "QARTOD"
    assert quality["period"].keys() == {"start", "end", "interval_seconds"}
    counted = {"total", "valid", "suspect", "duplicate", "unparsable", "expected", "missing"}
    assert quality["records"].keys() == counted
    assert {"data_availability", "quality_index", "energy_gap_filled_kwh", "checks"} <= quality.keys()
    keys = {
        "check",
        "channel",
        "flag",
        "severity",
        "start",
        "end",
        "rows",
        "line",
        "value",
        "limit",
        "message",
    }
    assert all(one.keys() == keys for one in document(faulty)["anomalies"])


def test_it_is_indented_and_ends_with_a_newline(faulty: Result) -> None:
    text = encode(faulty)
    assert text.startswith(b'{\n  "schema_version": "1.1",\n')
    assert text.endswith(b"}\n")


def test_a_series_is_one_line_of_equally_long_columns(faulty: Result) -> None:
    series = [line for line in encode(faulty).splitlines() if line.startswith(b'  "series": ')]
    assert len(series) == 1
    columns = document(faulty)["series"]
    count = len(columns["seconds"])
    assert all(len(columns[name]) == count for name in ("voltage", "current", "temperature", "power"))
    assert all(len(flags) == count for flags in columns["flags"].values())
    assert set(columns["flags"]["row"]) <= set("134")


def test_what_is_loaded_equals_what_was_written(faulty: Result) -> None:
    retried = msgspec.structs.replace(faulty, previous={"error": {"code": "x"}})
    for record in (faulty, retried, REASON):
        assert load(encode(record)) == record


def test_a_later_minor_version_with_more_keys_loads(faulty: Result) -> None:
    text = (
        encode(faulty)
        .replace(b'"1.1"', b'"1.7"', 1)
        .replace(b'"status"', b'"weather": "fine",\n  "status"', 1)
    )
    assert load(text).schema_version == "1.7"


def test_a_published_record_is_loaded_as_typed_values_through_the_face_of_the_package(tmp_path: Path) -> None:
    samples = Path(__file__).parents[3] / "data/samples"
    processing.process_sensor_data(samples / "clean_day.csv", output_dir=tmp_path)
    day = processing.load((tmp_path / "clean_day.json").read_bytes())
    assert isinstance(day, processing.Result)
    assert (day.records_processed, day.metrics.voltage.std is None) == (288, False)


def test_another_major_version_is_an_error(faulty: Result) -> None:
    with pytest.raises(ValueError, match=r"schema_version 2\.0 is not understood here: 1\.1 is"):
        load(encode(faulty).replace(b'"1.1"', b'"2.0"', 1))


@pytest.mark.parametrize(("old", "new", "path"), [
    (b'"records_total": ', b'"records_total": "many", "x": ', "records_total"),
    (b'"voltage": {', b'"voltage": 5, "was": {', "metrics.voltage"),
])  # fmt: skip
def test_a_wrong_value_is_named_by_its_path(faulty: Result, old: bytes, new: bytes, path: str) -> None:
    with pytest.raises(ValueError, match=path.replace(".", r"\.")):
        load(encode(faulty).replace(old, new, 1))


def test_records_fit_the_published_schema(faulty: Result) -> None:
    check = jsonschema.Draft202012Validator(result_schema())
    for record in (
        faulty,
        REASON,
        msgspec.structs.replace(faulty, previous={"status": "error"}, archived="pruned"),
    ):
        check.validate(document(record))
    assert not check.is_valid({**document(faulty), "records_total": None})


def test_a_summary_has_the_numbers_of_a_log_line(faulty: Result) -> None:
    summary = faulty.summary
    assert summary["rows_total"] == faulty.records_total
    assert summary["energy_kwh"] == faulty.metrics.total_energy_kwh
    assert summary["anomalies"] == len(faulty.anomalies)
