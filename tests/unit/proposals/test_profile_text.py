"""The text of a profile: valid, with what was found as comments that cannot leave their line."""

import tomllib

from processing.model.profile import DEFAULT, Profile
from processing.proposals.profile_text import ProfileScope, text_of_profile
from tests.support.base_day import written
from tests.support.small_files import profile
from tests.unit.proposals.test_profile_table import sorted_rows

SCOPE = ProfileScope("roof", "roof/*")


def text_for(content: str, settings: Profile = DEFAULT, scope: ProfileScope = SCOPE) -> str:
    table, rows, dialect = sorted_rows(content, settings)
    return text_of_profile(scope, table, dialect, rows, ["made by a test"])


def test_the_parts_stand_in_their_order() -> None:
    text = text_for(written("time,watts (kW),grid power (kW),note", "{t},{u},1,x"))
    lines = text.splitlines()
    assert lines[:4] == ["# made by a test", "", "[profiles.roof]", 'match = ["roof/*"]']
    assert "# power in W = its cells in kW · 1000" in lines
    assert "# seen: 23950 … 24060 W; this is no limit" in lines
    assert "# not used: grid power (kW), which looks like a channel" in lines
    assert "# not used: note" in lines
    assert "# [profiles.roof.site]" in lines
    assert tomllib.loads(text)["profiles"]["roof"]["channels"]["power"]["column"] == "watts (kW)"


def test_the_range_seen_is_never_an_active_limit() -> None:
    found = tomllib.loads(text_for(written("time,watts", "{t},{p}")))["profiles"]["roof"]
    assert not {"min", "max"} & found["channels"]["power"].keys()
    found = tomllib.loads(text_for(written("time,power", "{t},{p}")))["profiles"]["roof"]
    assert not {"min", "max"} & found["channels"]["power"].keys()
    found = tomllib.loads(
        text_for(written("time,power", "{t},{p}"), profile(channels={"power": {"max": 400}}))
    )
    assert found["profiles"]["roof"]["channels"]["power"]["max"] == 400


def test_the_comments_can_be_made_lines() -> None:
    text = text_for(written("time,power", "{t},{p}"))
    wanted = "[profiles.roof.site]", "rated_power_w = 240", 'timezone = "Europe/Amsterdam"', 'label = "end"'
    for line in wanted:
        text = text.replace(f"# {line}", line)
    found = tomllib.loads(text)["profiles"]["roof"]
    assert found["csv"]["label"] == "end"
    assert found["site"] == {"rated_power_w": 240, "timezone": "Europe/Amsterdam"}


def test_names_in_it_are_escaped() -> None:
    hostile = 'x"\u202e\u2028 = [1]\x1b'
    text = text_for(
        written(f"time,power,{hostile[2:]},{'y' * 300}", "{t},{p},1,2"), scope=ProfileScope(hostile, hostile)
    )
    assert all(line.isprintable() for line in text.splitlines())
    found = tomllib.loads(text)["profiles"]
    assert [*found] == [hostile]
    assert found[hostile]["match"] == [hostile]


def test_suffixes_are_set_if_the_file_has_another_one() -> None:
    scope = ProfileScope("roof", "roof/*", (".csv", ".txt"))
    assert tomllib.loads(text_for(written("time,power", "{t},{p}"), scope=scope))["suffixes"] == [
        ".csv",
        ".txt",
    ]
