"""The times of a page are those in the zone of the site."""

from __future__ import annotations

import io

import pytest

from processing.html.file_page import file_page
from processing.html.local_time import localized
from processing.model.digest import digest_of
from processing.model.result import Result, encode
from processing.pipeline import process
from processing.profiles import profiles_from

UTC_ROWS = "".join(
    f"2025-03-{19 + (13 + k) // 24}T{(13 + k) % 24:02}:00:00{{0}},24.0,{max(0, 5 - abs(k - 12))},20.0\n"
    for k in range(24)
)
"""From midnight to 23:00 in Sydney."""


def result(zone: str | None, offset: str = "Z") -> Result:
    site = {"site": {"timezone": zone}} if zone else {}
    content = b"timestamp,voltage,current,temperature\n" + UTC_ROWS.format(offset).encode()
    profile = profiles_from(site).default
    found = process(io.BytesIO(content), profile, name=b"x.csv", processed_at="2025-03-21T00:00:00Z")
    assert isinstance(found, Result)
    return found


@pytest.mark.parametrize(
    ("zone", "offset", "days"),
    [
        ("Australia/Sydney", "Z", ["2025-03-20"]),
        ("Australia/Sydney", "+00:00", ["2025-03-20"]),
        ("Australia/Adelaide", "Z", ["2025-03-20"]),
        (None, "Z", ["2025-03-19", "2025-03-20"]),
        ("Australia/Sydney", "", ["2025-03-19", "2025-03-20"]),  # local already
        ("America/Los_Angeles", "Z", ["2025-03-19"]),
    ],
)
def test_a_day_of_the_index_is_a_day_of_the_site(zone: str | None, offset: str, days: list[str]) -> None:
    digest = digest_of(encode(result(zone, offset)), quarantined=False)
    assert sorted(digest.hours) == days
    assert sum(map(sum, (of_day.values() for of_day in digest.hours.values()))) == pytest.approx(
        digest.energy_kwh
    )


def test_a_page_has_the_times_of_the_site() -> None:
    found = localized(result("Australia/Sydney"))
    assert found.metrics.period.start == "2025-03-20T00:00:00+11:00"
    assert found.metrics.peak_power_hour == "2025-03-20T12:00:00+11:00"
    page = file_page(result("Australia/Sydney"), b"processed/x.json")
    assert "Thu 20 Mar 2025, 00:00" in page
    assert "19 Mar" not in page
    assert localized(result(None)).metrics.period.start == "2025-03-19T13:00:00Z"


def test_a_record_with_an_unknown_zone_is_read_as_it_is() -> None:
    record = encode(result("Australia/Sydney")).replace(b"Australia/Sydney", b"../../etc/passwd")
    assert sorted(digest_of(record, quarantined=False).hours) == ["2025-03-19", "2025-03-20"]


def test_a_record_of_a_profile_without_a_zone_has_no_key() -> None:
    assert b"timezone" not in encode(result(None))
