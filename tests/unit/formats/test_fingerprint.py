"""What files of one format have in common."""

import pytest

from processing.formats.changes import with_changes
from processing.formats.fingerprint import fingerprint_of, written_form
from processing.formats.known_format import Fingerprint, KnownFormat
from processing.formats.known_formats import matching
from processing.model.profile import DEFAULT
from processing.model.rejection import Rejection
from tests.support.base_day import written
from tests.support.known_formats import DAY, OWN, known, result
from tests.support.small_files import processed


@pytest.mark.parametrize(
    ("change", "by"),
    [("U [1]", "V [1]"), ("Zeit", "Zeitpunkt"), ("Ertrag", "Kosten")],
    ids=["voltage", "time", "energy"],
)
def test_a_file_that_lacks_a_column_of_the_fingerprint_is_of_no_format(change: str, by: str) -> None:
    found = processed(DAY.replace(change, by), formats=[known()])
    assert isinstance(found, Rejection) or found.profile.format_name == ""


def test_names_match_without_case_and_blanks_and_units_with_case() -> None:
    text = OWN.replace('"T"', '"T (°C)"').replace('["Ertrag", "Yield"]', '"Ertrag (MWh)"')
    fitting = DAY.replace("Zeit", "zeit").replace("U [1]", "u_[1]").replace("Ertrag", "ertrag [MWh]")
    assert result(fitting, known(text)).profile.format_name == "own"
    other = processed(fitting.replace("MWh", "mWh"), formats=[known(text)])
    assert isinstance(other, Rejection) or other.profile.format_name == ""


def test_a_delimiter_of_the_fingerprint_must_be_that_of_the_file() -> None:
    text = OWN.replace("[csv]", 'delimiter = ","\n[csv]')
    assert matching(DAY.encode(), [known(text)], DEFAULT) == []
    assert len(matching(DAY.replace(",", ".").replace(";", ",").encode(), [known(text)], DEFAULT)) == 1


def test_fixed_lines_stand_in_this_order_among_the_first() -> None:
    text = OWN.replace("[csv]", 'lines = ["Logger v*", "*;end"]\n[csv]')
    assert len(matching(f"Logger v12\nsite;end\n{DAY}".encode(), [known(text)], DEFAULT)) == 1
    assert matching(f"site;end\nLogger v12\n{DAY}".encode(), [known(text)], DEFAULT) == []


def test_the_form_of_the_first_row_must_fit() -> None:
    text = OWN.replace("[csv]", 'first_row = ["9-9-9a9:9:9", "9,9", "*", "*", "*"]\n[csv]')
    assert result(DAY, known(text)).profile.format_name == "own"
    found = processed(DAY.replace(",", "."), formats=[known(text)])
    assert isinstance(found, Rejection) or found.profile.format_name == ""


@pytest.mark.parametrize(("stated", "name"), [("%Y-%m-%dT%H:%M:%S", "own"), ("%d.%m.%Y %H:%M", "")])
def test_a_time_of_the_first_rows_must_have_the_format_that_is_stated(stated: str, name: str) -> None:
    text = OWN.replace('time = "Zeit"', f'time = "Zeit"\ntime_format = "{stated}"')
    broken = DAY.replace("2025-", "2025 ", 1)
    assert [one.known.name for one in matching(broken.encode(), [known(text)], DEFAULT)] == [name] * bool(
        name
    )


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("2025-06-10T12:00:00Z", "9-9-9a9:9:9a"),
        ("10.06.2025 12:05", "9.9.9 9:9"),
        ("-24,05", "9,9"),
        ("24.05e3", "9.9"),
        ("24", "9"),
        ("", "*"),
        ("--", "*"),
        ("24.1 V", "9.9 a"),
    ],
)
def test_the_written_form_of_a_cell(cell: str, form: str) -> None:
    assert written_form(cell) == form


def test_the_fingerprint_of_a_file_fits_it_and_no_file_with_another_unit_or_form() -> None:
    content = written("Zeit;Leistung;n", "{d}.{m}.{y} {clock};{p};1", decimal=",")
    content = content.replace("\n", "\nZeit;W;\n", 1)
    found = fingerprint_of(content.encode(), DEFAULT)
    assert found == Fingerprint(("Zeit", "Leistung (W)", "n"), ";", first_row=("9.9.9 9:9:9", "9,9", "*"))
    own = KnownFormat("own", "", found, {}, {})
    assert result(content, own).profile.format_name == "own"
    for before, after in (("W", "kW"), (",", "."), ("10.06.2025", "2025-06-10"), ("n\n", "m\n")):
        assert matching(content.replace(before, after).encode(), [own], DEFAULT) == []


def test_a_file_without_a_header_has_no_fingerprint_by_itself() -> None:
    assert fingerprint_of(b"2025-06-10T12:00:00,1,2\n", DEFAULT) is None
    assert fingerprint_of(b"", DEFAULT) is None


@pytest.mark.parametrize(
    ("row", "names", "forms", "others"),
    [
        (
            "2025-06-10 12:00:00,24.1,5",
            ["time", "U", "I"],
            ("9-9-9 9:9:9", "9.9", "*"),
            [
                "10.06.2025 12:00:00,24.1,5",  # another form of times
                "2025-06-10 12:00:00;24.1;5",  # another delimiter
                "2025-06-10 12:00:00,24.1,5,6",  # another number of cells
                "time,I,U\n2025-06-10 12:00:00,5.0,24",  # a header
            ],
        ),
        (
            "10.06.2025;12:00;24,1",
            ["date", "time", "PV power"],
            ("9.9.9", "9:9", "9,9"),
            ["10.06.2025;12:00;24.1", "Datum;Zeit;kW\n10.06.2025;12:00;24,1", "12:00;10.06.2025;24,1"],
        ),
        (
            "1749556800\t-3\t1000",
            ["time", "n", "W"],
            ("9", "*", "*"),
            ["epoch\tn\tW\n1749556800\t3\t1000", "1749556800\t1000", "\t3\t1000"],
        ),
    ],
)
def test_a_file_that_is_said_to_have_no_header_is_known_by_its_first_row(
    row: str, names: list[str], forms: tuple[str, ...], others: list[str]
) -> None:
    csv = {"header": False, "columns": names}
    found = fingerprint_of(row.encode(), with_changes(DEFAULT, {"csv": csv}), b"roof/south/x.csv")
    assert found is not None
    assert (found.columns, found.first_row, found.devices) == ((), forms, ("roof",))
    own = KnownFormat("own", "", found, csv, {})
    assert matching(row.encode(), [own], DEFAULT, b"roof/x.csv")
    assert matching(row.encode(), [own], DEFAULT, b"barn/x.csv") == []
    for other in others:
        assert matching(other.encode(), [own], DEFAULT, b"roof/x.csv") == [], other


def test_a_first_row_has_all_cells_of_the_row_and_whole_numbers_fit_fractions() -> None:
    mark = "[csv]\n"
    text = OWN.replace(mark, 'first_row = ["*", "9,9", "*", "*"]\n' + mark)
    assert matching(DAY.encode(), [known(text)], DEFAULT) == []  # one cell more
    whole = OWN.replace(mark, 'first_row = ["*", "9,9", "9", "*", "*"]\n' + mark)
    assert matching(DAY.replace(";24,0;5,0;", ";0;5;", 1).encode(), [known(whole)], DEFAULT)
    assert matching(DAY.encode(), [known(whole)], DEFAULT) == []  # 5,0 is no whole number


def test_the_form_of_a_cell_in_a_column() -> None:
    text = OWN.replace("[csv]", 'cells = {"U [*]" = "9"}\n[csv]')
    assert matching(DAY.encode(), [known(text)], DEFAULT) == []
    assert matching(DAY.replace(";24,0;", ";24;", 1).encode(), [known(text)], DEFAULT)


def test_names_that_are_too_long_and_too_many_fit_nothing() -> None:
    text = '[fingerprint]\ncolumns = ["*pv*power*"]\n'
    head = "time;" + "pv" * 50_000 + "power" + ";a" * 3 + "\n2025-06-10;1;2;3;4\n"
    assert matching(head.encode(), [known(text)], DEFAULT) == []
    head = "time;pv power" + ";a" * 3_000 + "\n2025-06-10" + ";1" * 3_001 + "\n"
    assert matching(head.encode(), [known(text)], DEFAULT) == []


def test_the_fingerprint_of_names_over_two_lines_fits_them() -> None:
    content = written("Zeit,Box 1,Box 1,Box 2\n,Level,Flow,Level", "{t},{u},{i},{u}")
    found = fingerprint_of(content.encode(), DEFAULT)
    assert found.columns == ("Zeit", "Box 1 Level", "Box 1 Flow", "Box 2 Level")
    assert len(matching(content.encode(), [KnownFormat("own", "", found, {}, {})], DEFAULT)) == 1
