"""What each way to read a rejected file would mean."""

import io
import tomllib

import pytest
from msgspec import UNSET

from processing.formats.changes import with_changes
from processing.formats.toml_files import format_from
from processing.model.profile import DEFAULT
from processing.model.rejection import Candidate, Caps, Choice, RejectedFileError, Rejection
from processing.pipeline import process
from processing.proposals.candidates import Ways, ways_to_read
from processing.reading.byte_source import ByteSource
from tests.support.base_day import written
from tests.support.small_files import rejection, result

ORDERS = written("time,power", "{m}/{d}/{y} {clock},{p}")


def test_both_orders_of_a_date_are_candidates_with_their_consequence() -> None:
    found = rejection(ORDERS)
    assert [one.toml for one in found.candidates] == [
        ['csv.time_format = "%d/%m/%Y %H:%M:%S"'],
        ['csv.time_format = "%m/%d/%Y %H:%M:%S"'],
    ]
    same = "12 rows of 1 day, 0.12 kWh a day, most at 12 h, from 2025"
    assert [one.consequence for one in found.candidates] == [f"{same}-10-06", f"{same}-06-10"]
    means = f"1: %d/%m/%Y %H:%M:%S: {same}-10-06; 2: %m/%d/%Y %H:%M:%S: {same}-06-10"
    assert f"It would mean {means}. To read it, write" in found.message
    assert found.input.bytes == len(ORDERS)


def test_a_consequence_counts_the_rows_that_would_be_invalid() -> None:
    lines = ORDERS.splitlines()
    lines[2:4] = [line.rpartition(",")[0] + end for line, end in zip(lines[2:4], (",400", ",x"), strict=True)]
    found = rejection("\n".join(lines) + "\n")
    meant = "10 rows of 1 day, 0.09998 kWh a day, most at 12 h, from 2025-10-06, 2 rows invalid"
    assert found.candidates[0].consequence == meant
    assert (
        result(
            "\n".join(lines), with_changes(DEFAULT, {"csv": {"time_format": "%d/%m/%Y %H:%M:%S"}})
        ).records_invalid
        == 2
    )


def test_kilowatts_and_watts_differ_by_their_energy() -> None:
    found = rejection(written("time,Pac", "{t},1.5"))
    assert [one.consequence.split(", ")[1] for one in found.candidates] == [
        "1.5 kWh a day",
        "0.0015 kWh a day",
    ]


@pytest.mark.parametrize(
    ("header", "row", "label"),
    [
        ("time,Pac", "{t},0.5", "kW"),  # W is offered first
        ("time,PV", "{t},1.5", "power: PV, kW"),
    ],
)
def test_a_low_power_comes_after_a_higher_one(header: str, row: str, label: str) -> None:
    assert next(one.label for one in rejection(written(header, row)).candidates or ()) == label


def test_ways_in_which_most_rows_fail_come_last() -> None:
    rows = "".join(f"2025-06-{10 + at // 24} {at % 24:02}:00,{40_000 + at % 5 * 1_000}\n" for at in range(48))
    ways = rejection(f"time,Energy (kWh)\n{rows}").candidates or []
    assert [one.label for one in ways] == ["kWh as it is", "a meter's total"]


def test_questions_go_on_if_one_way_alone_reads_the_file() -> None:
    text = written("time,Pac", "{m}/{d}/{y} {clock},1.5")
    source = ByteSource(io.BytesIO(text.encode()), Caps(), packed=False)
    whole = {"csv": {"time_format": "%m/%d/%Y %H:%M:%S"}, "channels": {"power": {"unit": "kW"}}}
    others = [Choice(f"other {at}", {"csv": {"missing": [f"no {at}"]}}) for at in range(20)]
    found = ways_to_read(source, DEFAULT, [Choice("whole", whole), *others], b"x.csv").found
    assert (found[0].label, len(found)) == ("whole", 8)


def test_a_choice_that_does_not_read_the_file_is_no_candidate() -> None:
    source = ByteSource(io.BytesIO(ORDERS.encode()), Caps(), packed=False)
    choices = [Choice("a", {"csv": {"time_format": "%Y"}}), Choice("b", {"csv": {"delimiter": "none"}})]
    assert not ways_to_read(source, DEFAULT, choices, b"x.csv").found


def test_candidates_of_one_label_are_told_apart_by_their_lines() -> None:
    source = ByteSource(io.BytesIO(written("time,power", "{t},{p}").encode()), Caps(), packed=False)
    units = [{"unit": unit, "limits": "unknown"} for unit in ("W", "mW", "W")]
    choices = [Choice("a", {"channels": {"power": keys}}) for keys in units]
    others = [Choice("b", {"csv": {"decimal": "."}})]
    found = ways_to_read(source, DEFAULT, choices + others, b"x.csv").found
    assert [one.label for one in found] == [
        'a (channels.power.unit = "W")',
        'a (channels.power.unit = "mW")',
        "b",
    ]


@pytest.mark.parametrize(("finding", "said"), [("which unit?", "which unit?"), ("no unit", "no unit.")])
def test_the_message_of_one_way_has_its_label_and_a_question_no_full_stop(finding: str, said: str) -> None:
    one = Candidate(label="W", toml=["a = 1"], consequence="1 row")
    said = f"{said} It would mean W: 1 row. To read it, write "
    assert Ways([one]).message_for(RejectedFileError("unknown_unit", finding)).startswith(said)


def test_changes_are_merged_into_the_profile() -> None:
    changed = with_changes(
        DEFAULT, {"csv": {"decimal": ","}, "channels": {"power": {"unit": "kW", "max": 1e6}}}
    )
    assert (changed.csv.decimal, changed.channels.power.unit) == (",", "kW")
    assert result(written("time;power", "{t};{p}", decimal=","), changed).metrics.peak_power_w == 120_770
    with pytest.raises(ValueError, match="delimiter"):
        with_changes(DEFAULT, {"csv": {"delimiter": "none"}})


def test_where_two_things_are_open_each_candidate_decides_both() -> None:
    found = rejection(written("time,Pac", "{m}/{d}/{y} {clock},1.5"))
    assert found.code == "ambiguous_time"
    orders = ["%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"]
    assert [one.label for one in found.candidates] == [f"{o}, {unit}" for unit in ("kW", "W") for o in orders]
    assert found.candidates[1].toml == [f'csv.time_format = "{orders[1]}"', 'channels.power.unit = "kW"']
    assert found.candidates[1].consequence.endswith("1.5 kWh a day, most at 12 h, from 2025-06-10")
    assert "; also, the power in 'Pac' has no unit, and is at most 1.5. It would mean 1: " in found.message


@pytest.mark.parametrize(
    ("times", "meant"),
    [
        (
            [f"2025-{month:02}-01" for month in range(1, 13)],
            "12 rows of 365 days, 0.04932 kWh a day, from 2025",
        ),
        ([f"2025-06-{day:02}" for day in range(1, 11)], "10 rows of 10 days, 1.5 kWh a day, from 2025-06-01"),
    ],
)
def test_rows_of_days_or_months_have_no_hour_with_most(times: list[str], meant: str) -> None:
    found = rejection("Date,Energy\n" + "".join(f"{time},{1 + at % 2}\n" for at, time in enumerate(times)))
    assert found.candidates[0].label == "kWh"
    assert found.candidates[0].consequence.startswith(meant)


def test_at_most_eight_candidates_are_tried_to_their_end() -> None:
    labels = [f"inverter {number}" for number in range(1, 12)]
    rows = [f"2025-06-10T12:{5 * at:02}:00,{label},100" for at in range(12) for label in labels]
    found = rejection("\n".join(["time,device,power (W)", *rows]) + "\n")
    total = "the sum of all 11, limits unknown"
    assert [one.label for one in found.candidates] == [total, *labels[:7]]


def test_more_choices_are_tried_if_three_things_are_open() -> None:
    """The times, what the numbers are, and whether a factor is in them."""
    rows = [
        f"A;2025-06-10 {at:02}:00;2025-06-10 {at:02}:30;{1000 + at * at};{at % 3};0.001;x" for at in range(24)
    ]
    found = rejection("\n".join(["name;moment;moment-date;value;type;factor;note", *rows]))
    assert found.candidates
    assert {"times 0.001", "as it is"} <= {each.label.split(", ")[-1] for each in found.candidates}


def test_the_message_numbers_what_the_record_has() -> None:
    """A way that does not read the file has no number."""
    found = rejection(written("time;U;V;I", "{t};?;{u};{i}"))
    (only,) = found.candidates
    assert only.toml == ['channels.voltage.column = "V"']
    assert found.message.endswith(
        f". It would mean voltage: V: {only.consequence}. To read it, write in a profile ([profiles.NAME] "
        'with match = ["FILES*"] in the file of --config): channels.voltage.column = "V"'
    )


def test_labels_and_lines_of_candidates_are_printable() -> None:
    hostile = "A\u202e\U000e0041"
    rows = [f"2025-06-10T12:{5 * at:02}:00,{label},100" for at in range(12) for label in (hostile, "load")]
    found = rejection("\n".join(["time,device,power (W)", *rows]) + "\n")
    assert found.candidates[0].label.isprintable()
    (line,) = found.candidates[0].toml
    assert line.isprintable()
    assert found.message.isprintable()
    assert tomllib.loads(line) == {"csv": {"where": {"column": "device", "is": hostile}}}


def test_where_limits_are_in_the_way_too_a_candidate_makes_them_unknown() -> None:
    found = rejection(written("time,voltage,current,power", "{m}/{d}/{y} {clock},12,1,5000"))
    orders = ["%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"]
    assert [one.label for one in found.candidates] == [f"{order}, limits unknown" for order in orders]
    assert found.candidates[1].toml[-1] == 'channels.power.limits = "unknown"'
    assert "5 kWh a day" in found.candidates[1].consequence


def test_a_file_of_which_most_rows_cannot_be_read_has_no_candidate() -> None:
    found = rejection(written("time,power", "{m}/{d}/{y} {clock},{p}\n?;?\n?,?,?"))
    assert found.candidates is UNSET
    assert "; but first, " in found.message
    assert "24 of 36 rows cannot be read" in found.message


def test_what_is_in_the_way_of_every_choice_is_said() -> None:
    found = rejection(written("time,Inverter 1 power,Inverter 2 power", "{clock},{p},{p}"))
    assert found.candidates is UNSET
    before = "Inverter 1 power, Inverter 2 power; but first, the timestamps are times of day, and the name"
    assert before in found.message
    assert "To read it" not in found.message


def test_a_file_of_a_known_format_is_tried_as_that_format_reads_it() -> None:
    known = format_from(
        "mine",
        b'[fingerprint]\ncolumns = ["P", "power"]\n[csv]\ntime = "a"\n[channels]\npower.column = "power"\n',
    )
    text = written("a,b,P,power", "{t},{t},1,5000")
    found = process(
        io.BytesIO(text.encode()), DEFAULT, name=b"x", processed_at="2025-07-01", formats=(known,)
    )
    assert isinstance(found, Rejection)
    assert [one.label for one in found.candidates] == ["limits unknown"]
    changes = tomllib.loads("\n".join(found.candidates[0].toml))  # as a person writes them into a profile
    assert result(text, with_changes(DEFAULT, changes)).metrics.peak_power_w == 5000


def test_of_a_long_file_the_first_rows_are_tried() -> None:
    times = [
        f"{hour:02}:{minute:02}:{second:02}"
        for hour in range(24)
        for minute in range(60)
        for second in range(60)
    ]
    rows = [f"2025-06-{day:02} {time},10\n" for day in (1, 2) for time in times]
    found = rejection(f"time,Pac\n{''.join(rows[:120_000])}")
    meant = [one.consequence for one in found.candidates]
    assert all(each.startswith("the first 10") and " rows of 2 days, " in each for each in meant)


def test_columns_of_several_devices_with_further_questions_are_offered_too() -> None:
    """Three columns, six regions, a limit and the kind of a daily value: 16 tries end before the last."""
    rows = [
        f"{day:02}.06.2025;{region};{900 + day},5;{800 + day},5;{700 + day},5"
        for day in range(13, 30)
        for region in "NSEWAB"
    ]
    found = rejection("\n".join(["Datum;Region;Demand_MW;Supply_MW;Import_MW", *rows]) + "\n")
    assert found.candidates[0].label == "power: Import_MW, N, MW as it is, MWh of each row"


@pytest.mark.parametrize("name", ["PV-Ertrag", "PV yield", "Produktion"])
def test_what_a_plant_makes_without_a_unit_may_be_power_and_is_then_no_energy(name: str) -> None:
    powers = [0, 40, 90, 400, 380, 900, 870, 300, 120, 60, 0]
    rows = "".join(
        f"2025-06-10 1{at // 12}:{5 * at % 60:02},{one},{one % 7}\n" for at, one in enumerate(powers)
    )
    ways = rejection(f"Zeit,{name},Netz\n{rows}").candidates or []
    power = [(one.label, one.toml) for one in ways if "power" in one.label]
    assert power[0][0].startswith(f"power: {name}")
    assert [line for line in power[0][1] if "energy" in line] == []


def test_the_output_is_offered_beside_a_consumption_in_production() -> None:
    rows = "".join(f"2025-06-10 {at:02}:00,{at % 5 / 2},5.5,{at % 3 / 4}\n" for at in range(24))
    ways = rejection(f"time,output,basicConsumption,productionConsumption\n{rows}").candidates or []
    assert "output" in ways[0].label
