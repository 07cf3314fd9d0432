"""The checks that fail a row."""

from __future__ import annotations

from tests.support.checked_files import checked, flags_by_check

HEADER = "timestamp,voltage,current,temperature,power\n"


def file_of(*readings: str) -> bytes:
    """A file of rows five minutes apart, each given as voltage,current,temperature,power."""
    rows = (f"2025-01-15T10:{5 * k:02}:00,{cells}\n" for k, cells in enumerate(readings))
    return (HEADER + "".join(rows)).encode()


def test_a_disconnect_is_dead_between_rows_that_generate() -> None:
    file = checked(file_of("25,5,20,125", "0.2,0,20,0", "0.1,0,20,0", "25,5,20,125", "0.1,0,20,0"))
    found = flags_by_check(file)["sensor_disconnect", "voltage"]
    assert found.tolist() == [1, 4, 4, 1, 1], "the last has no neighbour that generates"
    with_current = checked(file_of("25,5,20,125", "0.2,0.1,20,0", "25,5,20,125"))
    assert ("sensor_disconnect", "voltage") not in flags_by_check(with_current)


def test_a_range_failure_that_a_sentinel_or_a_disconnect_explains_is_counted_and_not_listed() -> None:
    file = checked(
        file_of("25,5,20,125", "0.1,0,20,0", "25,5,20,125", "-999,5,20,125", "40,5,20,200", "25,5,20,125")
    )
    flags = flags_by_check(file)
    assert flags["gross_range", "voltage"].tolist() == [1, 4, 1, 9, 4, 1]
    assert flags["sensor_disconnect", "voltage"].tolist() == [1, 4, 1, 1, 1, 1]
    assert flags["sentinel", "voltage"].tolist() == [1, 1, 1, 9, 1, 1]
    from processing.findings.registry import run_checks

    listed = [(one.check, one.line) for one in run_checks(file).listed()]
    assert listed == [("sensor_disconnect", 3), ("sentinel", 5), ("gross_range", 6)]


def test_checks_that_need_a_limit_are_not_evaluated_if_it_is_unknown() -> None:
    rows = ["480,5,20,2400", "1,0,20,0", "480,2500,20,2400", "480,5,20,2400"]
    content = file_of(*rows).replace(b"voltage,current", b"U,I")
    found = flags_by_check(checked(content))
    assert found["gross_range", "voltage"].tolist() == [2, 2, 2, 2]
    assert found["gross_range", "current"].tolist() == [2, 2, 4, 2], "impossible is a failure all the same"
    assert found["gross_range", "temperature"].tolist() == [1, 1, 1, 1], "a column of the channel's own name"
    assert found["sensor_disconnect", "voltage"].tolist() == [2, 2, 2, 2]


def test_checks_that_find_nothing_and_need_no_count_are_left_out() -> None:
    found = flags_by_check(checked(file_of("25,5,20,125", "25.1,5.1,20.1,128")))
    assert ("syntax", "") in found
    assert ("gross_range", "power") in found
    assert not {"mixed_offset", "conflict", "sensor_disconnect", "sentinel"} & {name for name, _ in found}
