"""The column of labels: devices, and what was read."""

import pytest

from processing.head.header_cells import HeaderCell
from processing.layout.labels import (
    LabelColumn,
    header_of_labels,
    label_column,
    labels_of,
    serial_numbers,
    several_devices,
)
from processing.model.channels import MISSING_CELLS
from processing.model.profile import DEFAULT
from processing.model.rejection import RejectedFileError
from tests.support.small_files import profile, rejection, result

HEADER = tuple(HeaderCell((name,)) for name in ("time", "plant", "inverter", "power"))
SAMPLE = [["1", "x", "A", "5"], ["2", "x", "B", "5"], ["3", "x", "A", "5"]]


def test_of_the_columns_of_devices_the_one_that_changes_is_taken() -> None:
    assert label_column(HEADER, DEFAULT, 1, SAMPLE, [0]) == LabelColumn(2)


def test_a_profile_chooses_the_rows() -> None:
    used = profile(csv={"where": {"column": "inverter", "is": "A"}})
    found = label_column(HEADER, used, 1, SAMPLE, [0])
    assert [found.is_wanted(row) for row in SAMPLE] == [True, False, True]


def test_a_profile_chooses_the_rows_of_several_labels() -> None:
    used = profile(csv={"where": {"column": "inverter", "is": ["A", "C"]}})
    found = label_column(HEADER, used, 1, [*SAMPLE, ["4", "x", "C", "5"]], [0])
    assert [found.is_wanted(row) for row in [*SAMPLE, ["4", "x", "C", "5"]]] == [True, False, True, True]
    with pytest.raises(ValueError, match="where"):
        profile(csv={"where": {"column": "inverter", "is": []}})


@pytest.mark.parametrize(
    "names",
    [("entity_id", "state"), ("topic", "payload"), ("attribute_name", "value"), ("value_type", "value")],
)
def test_one_reading_a_row_is_refused_unless_a_profile_says_so(names: tuple[str, str]) -> None:
    header = tuple(HeaderCell((name,)) for name in ("time", *names))
    with pytest.raises(RejectedFileError, match="one reading a row"):
        label_column(header, DEFAULT, 1, SAMPLE, [0])
    header = tuple(HeaderCell((name,)) for name in ("time", "entity_id", "state"))
    used = profile(csv={"long": {"name": "entity_id", "value": "state"}})
    assert label_column(header, used, 1, SAMPLE, [0]) == LabelColumn(1, value=2)


@pytest.mark.parametrize("other", ["pv_voltage", "battery_power", "outdoor_temperature"])
def test_labels_of_several_quantities_say_what_each_row_reads(other: str) -> None:
    rows = [
        f"2025-06-10 {at:02}:00,sensor.{name},{at}" for at in range(12) for name in ("solar_power", other)
    ]
    first = (rejection("\n".join(["time,sensor,value", *rows, ""])).candidates or [])[0]
    assert first.toml[0] == 'csv.long = {name = "sensor", value = "value"}'


def test_labels_are_names_of_columns() -> None:
    assert labels_of(2, SAMPLE) == ["A", "B"]
    assert header_of_labels(["sensor.pv_power", "power"])[0].parts == ("sensor", "pv_power")


def test_several_devices_are_refused_with_the_rows_of_each() -> None:
    found = several_devices(["load", "solar"], ["inverter"], 0, 1)
    assert [choice.changes["csv"]["where"]["is"] for choice in found.choices] == ["solar", "load"]


@pytest.mark.parametrize(
    ("labels", "header", "place"),
    [
        (["Roof A", "Roof B"], "plant", 0),
        (["(1)", "(2)"], "inverter", 0),
        (["M0", "M1", "M2"], "module", 0),
        (["A", "B"], "meter", 2),  # or what comes in and what goes out
        (["1", "2"], "state", None),
        (["east", "west"], "plant", None),
    ],
)
def test_labels_that_differ_in_numbers_or_letters_may_be_added(
    labels: list[str], header: str, place: int | None
) -> None:
    added = ["add" in one.changes["csv"]["where"] for one in several_devices(labels, [header], 0, 1).choices]
    assert [at for at, is_sum in enumerate(added) if is_sum] == ([] if place is None else [place])


@pytest.mark.parametrize(
    ("labels", "place"), [(["east", "west"], 2), (["1", "2"], 2), (["A", "B"], 2), (["import", "pv"], None)]
)
def test_rows_of_one_time_may_be_added_unless_they_say_where_energy_flows(
    labels: list[str], place: int | None
) -> None:
    found = several_devices(labels, ["port"], 0, 1, have_one_time=True).choices
    added = [at for at, one in enumerate(found) if "add" in one.changes["csv"]["where"]]
    assert added == ([] if place is None else [place])


@pytest.mark.parametrize("whole", ["mains", "Total Usage", "Gesamt"])
def test_a_whole_comes_before_its_parts_and_is_not_added_to_them(whole: str) -> None:
    found = several_devices(["dryer", "oven", whole, "solar"], ["device"], 0, 1, have_one_time=True).choices
    assert [one.label for one in found] == ["solar", whole, "dryer", "oven"]


def test_the_column_of_times_is_none_of_labels() -> None:
    header = tuple(HeaderCell((name,)) for name in ("Plant", "x"))
    assert label_column(header, DEFAULT, 1, [["2025-06-10 12:00", "5"]], [0]) == LabelColumn()


@pytest.mark.parametrize(
    "csv",
    [
        {"where": {"column": "time", "is": "1"}},
        {"long": {"name": "time", "value": "power"}},
        {"long": {"name": "plant", "value": "time"}},
        {"long": {"name": "plant", "value": "plant"}},
    ],
)
def test_a_column_named_for_two_things_is_refused(csv: dict[str, object]) -> None:
    with pytest.raises(RejectedFileError, match="one column for two"):
        label_column(HEADER, profile(csv=csv), 1, SAMPLE, [0])


def test_a_column_of_names_of_meters_is_no_energy() -> None:
    header = tuple(HeaderCell((name,)) for name in ("time", "Meter", "Total", "Energy (kWh)", "Yield"))
    sample = [["2025-06-10", "1SAG123", "12.5", "x", ""], ["2025-06-11", "1SAG123", "13.5", "x", ""]]
    assert serial_numbers(header, sample, MISSING_CELLS) == [1]


def test_labels_that_name_no_channel_may_be_those_of_flows() -> None:
    rows = "".join(
        f"{flow},2025-06-10 1{hour}:00,{(0.5, 0.1, 0.4, 0.2)[hour] + at:.1f}\n"
        for at, flow in enumerate(("delivered", "generated"))
        for hour in range(4)
    )
    text = "measurement,time,value\n" + rows
    labels = [one.label for one in rejection(text).candidates or ()]
    assert {"energy: value, kWh, delivered", "energy: value, kWh, generated"} <= {*labels}
    one = profile(
        csv={"where": {"column": "measurement", "is": "generated"}},
        channels={"energy": {"column": "value", "unit": "kWh", "kind": "interval"}},
    )
    assert result(text, one).metrics.total_energy_kwh == 5.2


@pytest.mark.crossed
@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("Direction", ("import", "export")),
        ("Flow", ("from grid", "to grid")),
        ("Art", ("Bezug", "Einspeisung")),
        ("Kind", ("actual", "forecast")),
        ("Mode", ("in", "out")),
        ("Energy flow", ("forward", "reverse")),
        ("Type", ("buy", "sell")),
        ("OBIS", ("1-0:1.8.0", "1-0:2.8.0")),
    ],
)
@pytest.mark.parametrize("is_mixed", [True, False])
def test_rows_of_two_directions_are_asked_for(name: str, labels: tuple[str, str], *, is_mixed: bool) -> None:
    """Whether they alternate, or one stands behind the other."""
    order = [labels[at % 2 if is_mixed else at // 12] for at in range(24)]
    rows = [f"2025-06-10 {at:02}:00;{one};{at + 1}" for at, one in enumerate(order)]
    found = rejection("\n".join([f"time;{name};PV power (W)", *rows, ""]))
    assert (found.code, found.column) == ("several_devices", name)
    assert [way.label for way in found.candidates or ()][-2:] == [*labels]


def test_one_direction_is_no_question() -> None:
    rows = [f"2025-06-10 {at:02}:00,production,{at % 5}" for at in range(24)]
    assert result("\n".join(["time,Kind,PV power (W)", *rows, ""])).records_processed == 24


@pytest.mark.parametrize("cell", ["kWh", "import"])
def test_a_label_beyond_the_last_column_is_none(cell: str) -> None:
    header = tuple(HeaderCell((name,)) for name in ("time", "remark", "energy"))
    assert label_column(header, DEFAULT, 1, [["2025-06-14 10:05", "a", "1.5", "x", cell]], (0,)).place is None
