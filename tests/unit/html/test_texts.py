"""What pages say in words."""

from __future__ import annotations

import io

from processing import Result, process
from processing.html.texts import groups, percent, period
from processing.model.digest import digest_of
from processing.model.profile import DEFAULT
from processing.model.result import encode


def processed(lines: list[str]) -> Result:
    """The result of rows a minute apart from midnight on, each written as voltage,current,temperature."""
    stamps = (f"2025-04-15T{at // 60:02}:{at % 60:02}:00," for at in range(len(lines)))
    text = "timestamp,voltage,current,temperature\n" + "".join(map("{}{}\n".format, stamps, lines))
    found = process(io.BytesIO(text.encode()), DEFAULT, name=b"x.csv", processed_at="2026-01-01T00:00:00Z")
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
