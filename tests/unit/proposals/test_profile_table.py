"""The table of a profile: what was detected, and what the profile of the file says already."""

import io
from typing import Any

from processing.head.dialect import Dialect
from processing.model.profile import DEFAULT, Profile
from processing.proposals.profile_table import table_of
from processing.reading.byte_source import ByteSource
from processing.reading.reader import read_table
from processing.rows.sorted_rows import SortedRows
from processing.rows.time_order import sort_rows
from tests.support.base_day import written
from tests.support.small_files import profile


def sorted_rows(text: str, settings: Profile = DEFAULT) -> tuple[dict[str, Any], SortedRows, Dialect]:
    """Return the table of a profile for a file, its rows, and how it is written."""
    source = ByteSource(io.BytesIO(text.encode()), settings.caps, packed=False)
    table = read_table(source, settings)
    rows = sort_rows(table, settings)
    return table_of(table.dialect, rows, ""), rows, table.dialect


def test_what_was_detected() -> None:
    found, *_ = sorted_rows(
        "made by X\n" + written("Datum;Zeit;Pac (kW)", "{d}.{m}.{y};{clock};{u}", decimal=",")
    )
    assert found == {
        "csv": {
            "delimiter": ";",
            "decimal": ",",
            "header": 2,
            "time": ["Datum", "Zeit"],
            "time_format": "%d.%m.%Y %H:%M:%S",
        },
        "channels": {"power": {"column": "Pac (kW)", "limits": "unknown", "unit": "kW"}},
    }


def test_what_the_profile_says_already_is_kept() -> None:
    settings = profile(
        csv={
            "where": {"column": "unit", "is": "A"},
            "label": "end",
            "timezone": "UTC",
            "missing": ["?"],
            "rows": "changes",
            "unreadable": "invalid",
        },
        channels={"power": {"max": 900, "scale": 2}, "temperature": {"min": -40}},
        site={"rated_power_w": 500},
        thresholds={"night_floor_w": 3},
        sentinels=[-1],
    )
    found, *_ = sorted_rows(written("time,unit,power", "{t},A,{p}"), settings)
    assert found["csv"]["where"] == {"column": "unit", "is": "A"}
    assert (found["csv"]["label"], found["csv"]["timezone"], *found["csv"]["missing"]) == ("end", "UTC", "?")
    assert (found["csv"]["rows"], found["csv"]["unreadable"]) == ("changes", "invalid")
    assert found["channels"]["power"] == {"column": "power", "unit": "W", "max": 900, "scale": 2}
    assert found["channels"]["temperature"] == {"min": -40}
    assert found["site"] == {"rated_power_w": 500}
    assert found["thresholds"] == {"night_floor_w": 3}
    assert [*found["sentinels"]] == [-1]


def test_energy_has_its_kind() -> None:
    found, *_ = sorted_rows(
        "time,total energy (kWh)\n" + "".join(f"2025-06-10T12:{at:02},{100 + at}\n" for at in range(9))
    )
    assert found["channels"]["energy"] == {"column": "total energy (kWh)", "unit": "kWh", "kind": "counter"}


def test_limits_of_a_column_with_another_name_are_unknown() -> None:
    found, *_ = sorted_rows(written("time,watts,current", "{t},{p},{i}"))
    assert found["channels"]["power"]["limits"] == "unknown"
    assert "limits" not in found["channels"]["current"]
