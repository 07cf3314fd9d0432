"""The published JSON Schemas."""

import json
from pathlib import Path

import jsonschema
import pytest

from processing.schema import SCHEMAS, profile_schema, written

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schemas_are_current(name: str) -> None:
    remedy = "run `python -m processing.schema docs`"
    assert (DOCS / name).read_text(encoding="utf-8") == written(SCHEMAS[name]()), remedy


def test_the_schema_for_editors_accepts_and_rejects_as_the_code_does() -> None:
    check = jsonschema.Draft202012Validator(profile_schema())
    good = {
        "channels": {"voltage": {"max": 60}},
        "profiles": {"a": {"match": ["a/*"], "site": {"timezone": "UTC"}}},
    }
    assert check.is_valid(good)
    for bad in (
        {"channels": {"volts": {}}},
        {"profiles": {"a": {"csv": {"delimiter": "x"}}}},
        {"site": {"latitude": 91}},
    ):
        assert not check.is_valid(json.loads(json.dumps(bad)))
