"""Profiles: from a TOML table to the profile of a file; every error names the key's full path."""

from __future__ import annotations

import math
from typing import Any

import pytest

from processing.model.profile import DEFAULT
from processing.profiles import profiles_from


def test_an_empty_table_gives_the_defaults() -> None:
    assert profiles_from({}).for_name(b"any/x.csv") == DEFAULT


def test_the_tables_own_keys_change_the_default() -> None:
    profile = profiles_from({"channels": {"voltage": {"max": 60}}}).default
    assert profile.channels.limits("voltage") == (18.0, 60.0, True)
    assert profile.channels.current == DEFAULT.channels.current


def test_a_section_inherits_the_tables_own_keys_and_adds_its_own() -> None:
    profiles = profiles_from(
        {
            "channels": {"voltage": {"min": 0}},
            "profiles": {
                "cold": {"match": ["alp?/*", "*_cold.csv"], "channels": {"temperature": {"min": -40}}}
            },
        }
    )
    for name in (b"alps/x.csv", b"alps/roof/x.csv", b"lab/day_cold.csv"):
        profile = profiles.for_name(name)
        limits = profile.channels.limits
        assert (profile.name, limits("temperature").min, limits("voltage").min) == ("cold", -40, 0)
    assert profiles.for_name(b"lab/x.csv").channels.limits("temperature").min == -10


def test_a_section_without_match_is_for_the_folder_of_its_name() -> None:
    profiles = profiles_from({"profiles": {"roof": {"site": {"rated_power_w": 100}}}})
    assert profiles.for_name(b"roof/a/x.csv").site.rated_power_w == 100
    assert profiles.for_name(b"roofs/x.csv").name == "default"


def test_the_first_section_that_matches_wins() -> None:
    profiles = profiles_from({"profiles": {"a": {"match": ["*"]}, "b": {"match": ["x/*"]}}})
    assert profiles.for_name(b"x/y.csv").name == "a"


def test_a_name_that_is_not_utf_8_matches_as_its_printable_text() -> None:
    profiles = profiles_from({"profiles": {"odd": {"match": ["*\\xff*"]}, "all": {"match": ["*"]}}})
    assert profiles.for_name(b"roof/\xff.csv").name == "odd"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"volts": 1}, "volts: unknown key; allowed: channels, csv, "),
        ({"channels": {"voltage": {"mx": 1}}}, "channels.voltage.mx: unknown key; allowed: column, "),
        ({"channels": {"voltage": {"max": "x"}}}, "channels.voltage.max: expected `float`, got `str`"),
        ({"channels": {"voltage": {"max": 1}}}, "channels.voltage.min: 18 must be below max 1"),
        ({"channels": {"voltage": {"unit": "W"}}}, "channels.voltage.unit: 'W' is not one of V, mV, kV"),
        ({"channels": {"power": {"scale": 0}}}, "channels.power.scale: must not be 0"),
        ({"channels": {"power": {"max": math.inf}}}, "channels.power.max: inf is not a finite number"),
        ({"csv": {"delimiter": "x"}}, "csv.delimiter: 'x' is not allowed; allowed: 'auto', ',', ';', "),
        ({"csv": 5}, "csv: expected `object`, got `int`"),
        ({"thresholds": {"fill_rows": 1}}, "thresholds.fill_rows: expected `int` >= 2"),
        ({"site": {"timezone": "Mars/Base"}}, "site.timezone: 'Mars/Base' is not an IANA time zone"),
        ({"csv": {"timezone": "UTC+01:00"}}, "csv.timezone: 'UTC.01:00' is not .* such as Etc/GMT-1$"),
        ({"csv": {"decimal": ".", "thousands": "."}}, "csv.thousands: another sign than decimal"),
        ({"site": {"timezone": "../../etc/passwd"}}, "site.timezone: "),
        ({"csv": {"time_format": "%d.%H"}}, "csv.time_format: '%d.%H' has a date without a month, or"),
        ({"csv": {"time_format": "%H:%q"}}, "csv.time_format: '%H:%q': 'q' is a bad directive in format"),
        ({"csv": {"time_format": "ISO"}}, "csv.time_format: 'ISO' is not iso, epoch, epoch_ms, excel, or"),
        ({"profiles": {"a": {"csv": {"time_format": "%H:%"}}}}, "profiles.a.csv.time_format: '%H:%' ends in"),
        ({"site": {"latitude": 52.0}}, "site.latitude: given together with longitude"),
        ({"sentinels": [1, math.nan]}, r"sentinels\[1\]: nan is not a finite number"),
        ({"channels": {"power": {"limits": "none"}}},
         "channels.power.limits: 'none' is not allowed; allowed: 'unknown'"),
        ({"channels": {"power": {"limits": "unknown", "max": 9}}},
         "channels.power.limits: not together with min or max"),
        ({"profiles": 1}, "profiles: expected a table"),
        ({"profiles": {"a": {"match": []}}}, "profiles.a.match: expected a list of name patterns"),
        ({"profiles": {"a": {"match": "x"}}}, "profiles.a.match: expected a list of name patterns"),
        ({"profiles": {"a": {"match": ["b", "/d/*"]}}}, "profiles.a.match: '/d/\\*' fits no file: a name"),
        ({"profiles": {"a": {"name": "x"}}}, "profiles.a.name: unknown key; allowed: channels, csv, match, "),
        ({"profiles": {"a": {"site": {"rated_power_w": -1}}}},
         "profiles.a.site.rated_power_w: expected `float` > 0"),
        ({"channels": {"voltage": {"max": 60}}, "profiles": {"a": {"channels": {"voltage": {"min": 70}}}}},
         "profiles.a.channels.voltage.min: 70 must be below max 60"),
    ],
)  # fmt: skip
def test_an_error_names_the_keys_full_path_and_what_is_allowed(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        profiles_from(table)


def test_limits_of_a_section_replace_unknown_ones_and_the_reverse() -> None:
    tables = {
        "channels": {"voltage": {"limits": "unknown"}, "power": {"min": 0, "max": 5000}},
        "profiles": {"roof": {"channels": {"voltage": {"max": 900}, "power": {"limits": "unknown"}}}},
    }
    profiles = profiles_from(tables)
    roof, default = profiles.for_name(b"roof/x.csv").channels, profiles.default.channels
    assert (roof.limits("voltage"), roof.limits("power").is_known) == ((18, 900, True), False)
    assert (default.limits("voltage").is_known, default.limits("power")) == (False, (0, 5000, True))


def test_a_threshold_that_is_set_to_its_default_is_set() -> None:
    profile = profiles_from({"thresholds": {"night_floor_w": 8}}).default
    assert profile.thresholds.changed == (("night_floor_w", 8.0),)


def test_a_section_may_set_settle() -> None:
    profiles = profiles_from({"profiles": {"roof": {"settle": 60}}})
    assert profiles.for_name(b"roof/x.csv").settle == 60
    assert profiles.default.settle is None
    with pytest.raises(ValueError, match=r"profiles\.roof\.settle"):
        profiles_from({"profiles": {"roof": {"settle": -1}}})
    with pytest.raises(ValueError, match="settle: unknown key"):
        profiles_from({"settle": 60})
