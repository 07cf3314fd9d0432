"""What pages say in words."""

from __future__ import annotations

import io

import pytest

from processing import Result, process
from processing.html import texts
from processing.html.texts import groups, percent, period
from processing.model.digest import digest_of
from processing.model.result import encode
from tests.support.small_files import profile, result


def processed(lines: list[str]) -> Result:
    """The result of rows a minute apart from midnight on, each written as voltage,current,temperature."""
    stamps = (f"2025-04-15T{at // 60:02}:{at % 60:02}:00," for at in range(len(lines)))
    text = "timestamp,voltage,current,temperature\n" + "".join(map("{}{}\n".format, stamps, lines))
    limits = profile(channels={"voltage": {"max": 32}, "current": {"max": 12}, "temperature": {"max": 80}})
    found = process(io.BytesIO(text.encode()), limits, name=b"x.csv", processed_at="2026-01-01T00:00:00Z")
    assert isinstance(found, Result), found
    return found


def test_a_check_counts_all_its_anomalies_though_a_thousand_are_listed() -> None:
    # lone readings above a limit, more than are listed, and one too hot at the very end
    lines = [
        "50.0,5.0,20.0" if at % 2 else f"{25 + at % 3 / 10},5.0,{20 + at % 7 / 10}" for at in range(1_438)
    ]
    for at in range(0, 1_438, 2):
        lines[at] = f"{25 + at % 3 / 10},13.5,20.0" if at % 4 else lines[at]
    lines[-1] = "25.0,5.0,95.0"
    found = processed(lines)
    assert len(found.anomalies) == 1_000
    assert all(one.channel != "temperature" for one in found.anomalies)
    # voltage: every odd row but the last; current: every second even row
    assert found.anomalies_by_check["gross_range"] == 718 + 359 + 1
    assert digest_of(encode(found), quarantined=False).checks == found.anomalies_by_check
    shown = groups(found)
    assert shown[0]["title"] == "Voltage: outside the limits"
    assert shown[0]["detail"].startswith("718 rows")
    hot = {
        "severity": "invalid",
        "title": "Temperature: outside the limits",
        "detail": "1 row",
        "first": None,
    }
    assert hot in shown


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert [percent(share) for share in (1.0, 0.99999, 0.5, None)] == ["100", "99.9", "50.0", "\N{EN DASH}"]


def test_a_period_names_its_date_once_where_it_ends_on_the_same_day() -> None:
    dash = "\N{EN DASH}"
    assert period("2025-04-15T06:00:00", "2025-04-15T18:00:00") == f"Tue 15 Apr 2025, 06:00 {dash} 18:00"
    whole = f"Tue 15 Apr 2025, 06:00 {dash} Wed 16 Apr 2025, 05:55"
    assert period("2025-04-15T06:00:00", "2025-04-16T05:55:00") == whole


@pytest.mark.parametrize(
    ("header", "channel", "said"),
    [
        ("Pac (W)", "power", "Pac (W)"),
        ("Pac [kW]", "power", "Pac [kW], in kW, times 1000"),
        (
            "power,temperature (degF)",
            "temperature",
            "temperature (degF), in °F, times 0.555556 minus 17.7778",
        ),
        ("power,temperature (K)", "temperature", "temperature (K), in K, minus 273.15"),
        ("voltage,current", "power", "voltage times current"),
        ("energy (Wh)", "power", "energy"),
        ("power", "temperature", "\N{EN DASH}"),
    ],
)
def test_a_channels_source_is_its_column_with_unit_and_conversion(
    header: str, channel: str, said: str
) -> None:
    cells = ",".join(["20"] * header.count(",") + ["20"])
    wide = {"energy": {"kind": "interval"}, "current": {"max": 99}, "temperature": {"min": -300}}
    assert (
        texts.source(
            result(f"timestamp,{header}\n2025-06-10T12:00:00,{cells}\n", profile(channels=wide)), channel
        )
        == said
    )


def test_a_headline_says_that_limits_are_not_known() -> None:
    unknown = result("timestamp,U,I\n2025-06-10T12:00:00,300,10\n")
    assert texts.headline(unknown).text == (
        "0.25 kWh. Nothing wrong with the readings, as far as they were checked: "
        "the limits of voltage, current are not known."
    )
    known = result("timestamp,voltage,current\n2025-06-10T12:00:00,30,10\n")
    assert texts.headline(known).text.endswith("Nothing wrong with the readings.")
