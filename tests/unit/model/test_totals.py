"""The totals of several results."""

import msgspec

from processing.model.totals import totals
from tests.support.run_summaries import MIXED, MONDAY, TUESDAY


def test_energies_are_summed_and_the_worst_availability_named() -> None:
    found = totals([MONDAY, TUESDAY])
    assert (found.energy_kwh, found.rows) == (1.75, 15)
    assert (found.worst_availability, found.worst_availability_file) == (0.9, "roof/1.csv")


def test_only_files_of_one_device_that_cover_the_same_time_overlap() -> None:
    other = msgspec.structs.replace(MIXED, name="barn/3.csv")
    assert totals([MONDAY, TUESDAY, other]).overlaps == []
    assert totals([TUESDAY, MIXED]).overlaps == [["roof/2.csv", "roof/3.csv"]]
