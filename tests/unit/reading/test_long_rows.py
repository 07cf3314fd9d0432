"""Files with one reading a row."""

import tomllib
from collections.abc import Sequence

import numpy as np
import pytest

from processing.formats.changes import with_changes
from processing.model.profile import DEFAULT, Profile
from processing.model.rejection import Rejection
from tests.support.checked_files import table_of
from tests.support.small_files import profile, rejection, result

LONG = profile(csv={"long": {"name": "what", "value": "value"}})


def test_the_readings_of_one_time_are_one_row() -> None:
    text = (
        b"time,what,value\n2025-06-10T12:00:00,voltage,24\n2025-06-10T12:00:00,current,5\n"
        b"2025-06-10T12:00:00,lamp,on\n2025-06-10T12:05:00,current,6\n2025-06-10T12:05:00,current,7\n"
    )
    found = table_of(text, LONG)
    assert tuple(found.dialect.columns) == ("voltage", "current")
    assert found.line.tolist() == [2, 5, 6]
    assert np.array_equal(found.readings, [[24, np.nan, np.nan], [5, 6, 7]], equal_nan=True)


def test_a_broken_reading_keeps_its_row() -> None:
    text = b"time,what,value\n2025-06-10T12:00:00,voltage,24\n2025-06-10T12:00:00,current,ERR\n"
    found = table_of(text, LONG)
    assert found.broken.tolist() == [False, True]


@pytest.mark.parametrize("rows", [30, 400, 9000])
def test_labels_may_begin_anywhere_in_the_file(rows: int) -> None:
    times = [
        f"2025-{1 + n // 9600:02}-{1 + n // 400 % 24:02}T{n // 20 % 20:02}:{n % 20:02}:00"
        for n in range(rows)
    ]
    lines = [
        f"{time},{what},{value}" for what, value in (("power", 100), ("load_power", 7)) for time in times
    ]
    found = table_of("\n".join(["time,what,value", *lines, ""]).encode(), LONG)
    assert (tuple(found.dialect.columns), len(found.line)) == (("power",), rows)
    assert found.dialect.unused == ("load_power",)


@pytest.mark.parametrize("rows", [30, 400, 2000])
def test_channels_may_follow_one_another(rows: int) -> None:
    times = [f"2025-01-{1 + n // 400:02}T{n // 20 % 20:02}:{n % 20:02}:00" for n in range(rows)]
    lines = [f"{time},{what},5" for what in ("voltage", "current") for time in times]
    found = table_of("\n".join(["time,what,value", *lines, ""]).encode(), LONG)
    assert (tuple(found.dialect.columns), len(found.line)) == (("voltage", "current"), rows)


HOURS = [("10", "100", "50"), ("11", "300", "150"), ("12", "200", "70")]
"""Times, and the power of two inverters: 150, 450 and 270 W in all."""


def rows(header: str = "Time,Device,Pac (W)", *, without: str = "", cell: str = "{p}") -> str:
    lines = [header]
    for hour, *powers in HOURS:
        for device, power in zip(("inv1", "inv2"), powers, strict=True):
            if (hour, device) != (without, "inv2"):
                lines.append(f"2025-06-10T{hour}:00:00,{device}," + cell.format(p=power))
    return "\n".join(lines) + "\n"


def both(others: Sequence[str] = (), **channels: object) -> Profile:
    where = {"column": "Device", "is": ["inv1", "inv2"], "add": True, "others": [*others]}
    return profile(csv={"where": where}, channels=channels)


def test_the_powers_of_one_time_are_added() -> None:
    found = result(rows(), both())
    assert (found.records_total, found.metrics.total_energy_kwh, found.metrics.peak_power_w) == (
        3,
        0.87,
        450.0,
    )


def test_so_are_their_products_and_other_channels_are_left_out() -> None:
    found = result(rows("Time,Device,Udc,Idc,Tmod", cell="{p},2,35"), both())
    assert found.metrics.total_energy_kwh == 1.74
    assert (found.metrics.voltage.avg, found.metrics.temperature.avg) == (None, None)
    assert found.profile.columns["power"].column == "Udc · Idc"


def test_the_totals_of_meters_are_added() -> None:
    found = result(rows("Time,Device,Total yield (kWh)", cell="1{p}"), both(energy={"kind": "counter"}))
    assert found.metrics.total_energy_kwh == pytest.approx(100 + 20)


@pytest.mark.parametrize(("empty", "energy"), [("zero", 0.72), ("missing", 0.42)])
def test_a_device_without_a_row_adds_nothing_or_leaves_no_sum(empty: str, energy: float) -> None:
    text = rows(without="11")
    assert rejection(text, both()).code == "ambiguous_columns"
    assert result(text, both(power={"empty": empty})).metrics.total_energy_kwh == pytest.approx(energy)


def test_a_row_that_cannot_be_read_stays_invalid() -> None:
    text = rows().replace("inv2,70", "inv2,7x0")
    found = result(text, both(power={"empty": "zero"}))
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (1, 0.8)


def test_the_sum_is_offered_for_devices_with_numbers() -> None:
    found = rejection(rows())
    assert [one.label for one in found.candidates or []] == ["inv1 + inv2", "inv1", "inv2"]
    changes = tomllib.loads("\n".join((found.candidates or [])[0].toml))
    assert result(rows(), with_changes(DEFAULT, changes)).metrics.total_energy_kwh == 0.87


def test_it_is_not_offered_for_others() -> None:
    found = rejection(rows().replace("inv1", "import").replace("inv2", "export"))
    assert [one.label for one in found.candidates or []] == ["import", "export"]


def test_add_needs_several_devices_in_columns_of_their_own() -> None:
    with pytest.raises(ValueError, match="where"):
        profile(csv={"where": {"column": "Device", "is": "inv1", "add": True}})


def test_devices_that_are_asked_one_after_the_other_are_added() -> None:
    found = result(rows().replace(":00:00,inv2", ":00:03,inv2"), both())
    assert (found.records_total, found.metrics.total_energy_kwh) == (3, 0.87)


def test_devices_that_write_at_other_times_are_not_added() -> None:
    lines = [f"2025-06-10T10:{at:02}:00,{'inv2' if at % 3 == 1 else 'inv1'},60\n" for at in range(60)]
    labels = [one.label for one in rejection("Time,Device,Pac (W)\n" + "".join(lines)).candidates or []]
    assert labels == ["inv1", "inv2"]


def test_one_device_behind_another_may_be_its_successor() -> None:
    lines = [f"2025-06-{10 + at // 24}T{at % 24:02}:00:00,inv{1 + at // 30},60\n" for at in range(72)]
    text = "Time,Device,Pac (W)\n" + "".join(lines)
    first, *others = rejection(text).candidates or []
    assert [one.label for one in (first, *others)] == [
        "inv1, inv2, inv3, one after the other",
        "inv1",
        "inv2",
        "inv3",
    ]
    read = result(text, with_changes(DEFAULT, tomllib.loads("\n".join(first.toml))))
    assert read.metrics.total_energy_kwh == pytest.approx(4.32)


def test_of_a_device_with_longer_steps_only_common_times_are_added() -> None:
    clocks = [f"2025-06-10T{at // 60:02}:{at % 60:02}:00" for at in range(360, 1080, 5)]
    lines = [f"{clock},inv1,60\n" for clock in clocks] + [f"{clock},inv2,40\n" for clock in clocks[::3]]
    found = rejection("Time,Device,Pac (W)\n" + "".join(sorted(lines)))
    labels = [one.label for one in found.candidates or []]
    assert labels == ["inv1 + inv2, no sum if a cell is empty", "inv1", "inv2"]
    changes = tomllib.loads("\n".join((found.candidates or [])[0].toml))
    read = result("Time,Device,Pac (W)\n" + "".join(sorted(lines)), with_changes(DEFAULT, changes))
    assert read.metrics.total_energy_kwh == pytest.approx(1.2)


@pytest.mark.parametrize("quote", ["", '"'])
def test_rows_of_a_device_that_is_not_added_are_noted(quote: str) -> None:
    found = result(rows() + f"2025-06-10T12:00:00,{quote}inv3{quote},80\n", both(["inv3"]))
    assert found.metrics.total_energy_kwh == 0.87
    assert "1 row with another entry, or none, in 'Device'" in found.anomalies[-1].message


def ways(found: Rejection) -> list[tuple[str, Profile]]:
    """Return the labels of the candidates, and the profiles that they make."""
    changes = [(one.label, tomllib.loads("\n".join(one.toml))) for one in found.candidates or []]
    return [(label, with_changes(DEFAULT, each)) for label, each in changes]


@pytest.mark.parametrize("date", ["2025-06-10", "10.06.2025"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_sum_is_asked_about_a_device_with_power_that_it_does_not_know(date: str, quote: str) -> None:
    others = "".join(f"2025-06-10T{hour}:00:00,{quote}inv3{quote},80\n" for hour in (10, 11, 12))
    text = (rows() + others).replace("2025-06-10", date)
    found = rejection(text, both())
    assert found.code == "several_devices"
    assert "the rows of inv1, inv2 are read together; rows with inv3 in 'Device' have readings too" in (
        found.message
    )
    energies = {label: result(text, each).metrics.total_energy_kwh for label, each in ways(found)}
    assert energies == {"inv1 + inv2 + inv3": 1.11, "inv1 + inv2 without inv3": 0.87}
    assert result(text, both("*")).metrics.total_energy_kwh == 0.87
    for empty in ("0", "", "0.0"):
        assert result(text.replace(",80", f",{empty}"), both()).metrics.total_energy_kwh == 0.87


def test_so_is_a_list_of_labels_whose_rows_follow_each_other() -> None:
    quality = {"where": {"column": "Quality", "is": ["good", "bad"]}}
    text = "Time,Quality,Pac (W)\n" + "".join(
        f"2025-06-10T{hour}:00:00,{word},100\n"
        for hour, word in (("10", "good"), ("11", "bad"), ("12", "good"), ("13", "estimated"))
    )
    found = ways(rejection(text, profile(csv=quality)))
    energies = {label: result(text, each).metrics.total_energy_kwh for label, each in found}
    assert energies == {"good, bad, estimated": 0.4, "good, bad without estimated": 0.3}


def test_one_device_alone_is_not_asked_about_others() -> None:
    for one in ("inv1", ["inv1"]):
        used = profile(csv={"where": {"column": "Device", "is": one}})
        assert result(rows(), used).metrics.total_energy_kwh == 0.6


def test_of_a_sum_a_device_without_any_row_is_asked_about() -> None:
    text = "".join(line for line in rows().splitlines(keepends=True) if "inv2" not in line)
    found = rejection(text, both())
    assert "no row has inv2 in 'Device'" in found.message
    ((label, alone),) = ways(found)
    assert (label, result(text, alone).metrics.total_energy_kwh) == ("inv1", 0.6)
    again = ways(rejection(rows(), alone))
    energies = {label: result(rows(), each).metrics.total_energy_kwh for label, each in again}
    assert energies == {"inv1 + inv2": 0.87, "inv1 without inv2": 0.6}


def test_a_device_that_replaced_another_is_added_instead() -> None:
    text = rows().replace("inv2", "inv7")
    first, second = ways(rejection(text, both()))
    assert (first[0], result(text, first[1]).metrics.total_energy_kwh) == ("inv1 + inv7", 0.87)
    assert (second[0], result(text, second[1]).metrics.total_energy_kwh) == ("inv1 without inv7", 0.6)


def test_a_file_without_a_row_of_the_chosen_device_offers_those_that_it_has() -> None:
    used = profile(csv={"where": {"column": "Device", "is": "inv9"}})
    found = rejection(rows(), used)
    assert "no row has inv9 in 'Device', which has inv1, inv2" in found.message
    energies = {label: result(rows(), each).metrics.total_energy_kwh for label, each in ways(found)}
    assert energies == {
        "inv1 + inv2 instead of inv9": 0.87,
        "inv1 instead of inv9": 0.6,
        "inv2 instead of inv9": 0.27,
        "no inv9 in this time": 0.0,
    }
    sums = {"where": {"column": "Device", "is": ["inv8", "inv9"], "add": True}}
    ((label, total),) = ways(rejection(rows(), profile(csv=sums)))
    assert label == "the sum of inv1, inv2 instead of inv8, inv9"
    assert result(rows(), total).metrics.total_energy_kwh == 0.87
    third = "".join(f"2025-06-10T{hour}:00:00,inv3,80\n" for hour in (10, 11, 12))
    assert rejection(rows() + third, total).code == "several_devices"


@pytest.mark.parametrize("cell", ["Import", '"Import"'])
def test_where_nothing_flowed_out_a_file_of_what_flowed_in_has_no_power(cell: str) -> None:
    text = "Time,Direction,Pac (W)\n" + "".join(
        f"2025-06-10T{hour}:00:00,{cell},{100 + hour}\n" for hour in range(10, 20)
    )
    used = profile(csv={"where": {"column": "Direction", "is": "Export"}})
    found = ways(rejection(text, used))
    assert [label for label, _ in found] == ["Import instead of Export", "no Export in this time"]
    nothing = found[1][1]
    assert result(text, nothing).metrics.total_energy_kwh == 0.0
    mixed = text.replace(f"12:00:00,{cell}", "12:00:00,Export")
    assert result(mixed, nothing).metrics.total_energy_kwh == result(mixed, used).metrics.total_energy_kwh
    message = rejection(text.replace("Import", "Unknown"), nothing).message
    assert "no row has Export in 'Direction', which has Unknown" in message


def test_the_sum_of_many_devices_is_offered() -> None:
    lines = [f"2025-06-10T{hour}:00:00,module {at},10\n" for hour in (10, 11, 12) for at in range(20)]
    first, *others = rejection("Time,Device,Pac (W)\n" + "".join(lines)).candidates or []
    assert (first.label, len(others)) == ("the sum of all 20", 7)
    assert "0.6 kWh a day" in first.consequence
