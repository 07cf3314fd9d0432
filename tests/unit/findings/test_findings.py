"""What the checks found: counts, the worst flag by row and channel, and anomalies."""

from __future__ import annotations

from processing.findings.registry import run_checks
from tests.support.checked_files import checked

HEADER = "timestamp,voltage,current,temperature\n"


def test_rows_and_channels_have_their_worst_flag() -> None:
    volts = [25.0, 25.1, 29.5, 25.1, 25.0, 50.0, 25.2]  # a spike, and one above the limit
    lines = [f"2025-01-15T10:{5 * k:02}:00,{v},{5 + k / 10},{20 + k / 10}\n" for k, v in enumerate(volts)]
    found = run_checks(checked((HEADER + "".join(lines)).encode()))
    assert found.row_flags.tolist() == [1, 1, 3, 1, 1, 4, 1]
    assert found.channel_flags["voltage"].tolist() == [1, 1, 3, 1, 1, 4, 1]
    assert "current" not in found.channel_flags
    spike = next(one.counts for one in found.counts if (one.check, one.channel) == ("spike", "voltage"))
    assert spike == {"1": 3, "2": 3, "3": 1}, "both ends and the failed row are not evaluated"
    assert found.anomalies_by_check == {"gross_range": 1, "spike": 1}


def test_a_check_that_finds_nothing_counts_the_rows_that_it_looked_at() -> None:
    lines = [f"2025-01-15T10:{5 * k:02}:00,{25 + k / 10},{5 + k * k / 10},{20 + k / 10}\n" for k in range(5)]
    lines[2] = lines[2].replace("25.2", "99")
    counts = {
        (one.check, one.channel): one.counts
        for one in run_checks(checked((HEADER + "".join(lines)).encode())).counts
    }
    assert counts["gross_range", "current"] == {"1": 5}
    assert counts["flat_line", "current"] == {"1": 4, "2": 1}
    assert counts["flat_line", "voltage"] == {"1": 4, "2": 1}
    assert counts["gross_range", "power"] == {"9": 5}
    assert counts["power_mismatch", "power"] == {"2": 5}
    assert counts["linear_fill", "power"] == {"9": 5}


def test_gaps_are_listed_only_if_flagged_rows_leave_space() -> None:
    minutes = [at * 2 + at // 40 * 6 for at in range(4_400)]  # a gap behind every fortieth row
    lines = [
        f"2025-01-{1 + m // 1440:02}T{m // 60 % 24:02}:{m % 60:02}:00,{50 if at % 4 == 1 else 25},5,20\n"
        for at, m in enumerate(minutes)
    ]
    found = run_checks(checked((HEADER + "".join(lines)).encode()))
    assert (found.anomalies_by_check["gross_range"], found.anomalies_by_check["gap"]) == (1_100, 109)
    assert "gap" not in {one.check for one in found.listed()}
    assert len(found.listed()) == 1_000
