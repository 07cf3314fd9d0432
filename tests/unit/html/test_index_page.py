"""The index page: which files it lists, and which its totals include."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from processing.html.index_page import MAX_DAYS, index_page
from processing.model.digest import Digest
from processing.model.rejection import ErrorDetails

FAULT = ErrorDetails(code="missing_columns", message="columns missing: voltage", line=1)


def day(number: int, folder: str = "roof", **more: object) -> tuple[bytes, Digest]:
    """A file of the day of this number, processed as many seconds after the first."""
    date = f"{2000 + number // 336}-{1 + number // 28 % 12:02}-{1 + number % 28:02}"
    name = f"{folder}/{number:05}.csv"
    digest = Digest(
        name=name,
        at=f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
        start=f"{date}T06:00:00",
        end=f"{date}T20:00:00",
        energy_kwh=0.5,
        rows=10,
        hours={date: {12: 0.5}},
        **more,  # type: ignore[arg-type]
    )
    return name.replace(".csv", ".html").encode(), digest


def drawn(files: Iterable[tuple[bytes, Digest]], most: int = 5) -> str:
    listed = list(files)
    return index_page(lambda: listed, max_files=most)


def names(page: str) -> list[str]:
    return re.findall(r">(\d+)\.csv</a>", page)


def test_the_newest_are_listed_and_the_totals_are_of_all() -> None:
    page = drawn(day(number) for number in reversed(range(3_000)))
    assert names(page) == [f"{number:05}" for number in range(2_995, 3_000)]
    assert '<data class="figure" value="1500.0">' in page
    assert '<data class="figure" value="3000">' in page
    assert f"the latest {MAX_DAYS} of 3000 days" in page
    assert (
        "3\N{NARROW NO-BREAK SPACE}000 files, 1\N{NARROW NO-BREAK SPACE}500.00 kWh" in page
    )  # of the device


def test_rejected_files_count_among_the_newest() -> None:
    rejected = [(b"x", Digest(name=f"{n}.csv", at="2026-02-01T00:00:00Z", error=FAULT)) for n in range(9)]
    page = drawn([*map(day, range(9)), *rejected])
    assert names(page) == []
    assert "9; the newest 5 are listed" in page


def test_files_that_are_not_listed_overlap_too() -> None:
    same = [day(0)[1], day(0, folder="barn")[1]]
    other = Digest(name="roof/other.csv", at="2025-01-01T00:00:00Z", start=same[0].start, end=same[0].end)
    page = drawn([(b"a", same[0]), (b"b", same[1]), (b"c", other), *(day(number) for number in range(1, 20))])
    assert "1; the energy of that time counts once" in page
    assert "Time that files have in common counted once: 1 overlap." in page
    assert "roof/00000.csv and roof/other.csv" in page


def test_files_with_the_energies_of_another_are_said() -> None:
    hours = {hour: 0.1234 * hour for hour in range(8, 16)}
    files = [
        Digest(name=f"{number}.csv", at="2025-02-01T00:00:00Z", hours={f"2025-01-0{number}": hours})
        for number in (1, 2, 3)
    ]
    assert "2 files repeat, hour by hour, the energy of another one" in drawn([(b"a", one) for one in files])


def test_counts_and_nouns_agree() -> None:
    assert "0.500 kWh from 1 file; all clean" in drawn([day(1)])
    assert "1.000 kWh from 2 files; all clean" in drawn([day(1), day(2)])
    assert "12.50 kWh from 25 files; all clean" in drawn([day(number) for number in range(25)])
    rejected = b"x", Digest(name="x.csv", at="2026-02-01T00:00:00Z", error=FAULT)
    name, flagged = day(1)
    page = drawn([(name, msgspec.structs.replace(flagged, suspect=2)), rejected])
    assert "0.500 kWh from 1 file; 1 in quarantine, 1 with flagged rows." in page
    assert ">1 <small>file</small>" in page


def test_a_reason_has_a_line_for_each_of_its_parts() -> None:
    fault = msgspec.structs.replace(
        FAULT, message="W or <kW>? It would mean 1: W: 2 kWh. To read it: accept x.csv"
    )
    page = drawn([(b"x", Digest(name="x.csv", at="2026-02-01T00:00:00Z", error=fault))])
    parts = (
        "<div>W or &lt;kW&gt;?</div><div>It would mean</div><div>1: W: 2 kWh.</div>"
        "<div>To read it: accept x.csv</div>"
    )
    assert f"<b>missing columns</b>{parts}</td>" in page


def test_the_energy_of_a_day_is_the_same_on_every_python() -> None:
    """Added from left to right these are 0.935, which would be written 0.94."""
    hours = [0.228684, 0.000632, 0.133616, 0.216462, 0.068629, 0.286977]
    name, digest = day(1)
    digest = msgspec.structs.replace(digest, hours={"2026-01-01": dict(enumerate(hours, 8))})
    page = drawn([(name, digest)])
    assert ">0.93</text>" in page


def test_files_in_folders_of_one_device_are_one_group() -> None:
    page = drawn([day(1, folder="roof/2025"), day(2, folder="roof/2026")])
    assert re.findall(r">([^<>]+)\.csv</a>", page) == ["2025/00001", "2026/00002"]
    assert page.count('class="device"') == 1


def version(at: int, until: int, kwh: float, name: str = "roof/today.csv") -> tuple[bytes, Digest]:
    """A version of a file that begins at 6:00 and has 0.5 kWh in each clock hour, but less in the last."""
    hours = dict.fromkeys(range(6, until), 0.5) | {until: kwh}
    digest = Digest(
        name=name,
        at=f"2026-01-15T{at:02}:00:00Z",
        start="2026-01-15T06:00:00",
        end=f"2026-01-15T{until:02}:55:00",
        interval=300.0,
        energy_kwh=sum(hours.values()),
        hours={"2026-01-15": hours},
    )
    return f"{name}{at}".encode(), digest


def test_of_a_file_that_grows_the_newest_version_counts() -> None:
    page = drawn([version(20, 18, 0.25), version(9, 8, 0.1), version(12, 11, 0.2)])
    assert "6.250 kWh from 3 files; all clean" in page
    assert "2 earlier versions of a file that came again not counted." in page
    assert "2026-01-15: 6.250 kWh" in page
    assert "3 files, 6.25 kWh" in page  # of the device
    assert "cover the same time" not in page
    assert page.count("<td>not counted: a later version does</td>") == 2


def test_rows_of_a_day_have_no_hour_and_longer_ones_no_day() -> None:
    """The file of days has 0.1 kWh more a day than those of hours, and one day more; that of months, all."""
    hours = [day(number) for number in range(3)]
    days = Digest(
        name="roof/days.csv", at="2026-01-01T00:00:00Z", start="2000-01-01T00:00:00",
        end="2000-01-04T00:00:00", interval=86_400.0, energy_kwh=7.0,
        hours={f"2000-01-0{at}": {0: kwh} for at, kwh in ((1, 0.6), (2, 0.6), (3, 0.6), (4, 5.2))},
    )  # fmt: skip
    month = msgspec.structs.replace(
        days, name="roof/months.csv", end=days.start, interval=31 * 86_400.0, energy_kwh=90.0,
        hours={"2000-01-01": {0: 90.0}},
    )  # fmt: skip
    page = drawn([*hours, (b"days", days), (b"months", month)])
    assert [f"2000-01-0{at}: {kwh:.3f} kWh" in page for at, kwh in ((1, 0.6), (4, 5.2))] == [True, True]
    assert "to 0.500 kWh in an hour" in page
    assert "90.00 kWh from 5 files" in page


def test_what_files_of_one_device_have_in_common_counts_once() -> None:
    again, other = version(12, 11, 0.2, "roof/again.csv"), version(9, 7, 0.5, "barn/x.csv")
    page = drawn([version(9, 8, 0.5), again, other])
    assert "3.700 kWh from 3 files; all clean" in page
    assert "Time that files have in common counted once: 1 overlap." in page
    assert "2026-01-15: 3.700 kWh" in page
    assert "roof/today.csv and roof/again.csv" in page


def test_an_energy_that_is_a_lower_bound_is_one_in_the_total_the_group_and_the_row() -> None:
    page = drawn([day(1, is_lower_bound=True), day(2), day(3, "barn")])
    assert "At least 1.500 kWh from 3 files" in page
    assert "a lower bound for all files together" in page
    assert page.count("<td>≥ 0.500</td>") == 1
    assert "2 files, ≥ 1.00 kWh" in page
    assert "1 file, 0.50 kWh" in page
