"""Which known format fits a file, and what then holds."""

from processing.formats.known_formats import matching
from processing.model.profile import DEFAULT
from processing.model.rejection import Rejection
from tests.support.base_day import BASE_DAY, BY_POWER, BY_PRODUCT, written
from tests.support.known_formats import DAY, HEADER, OWN, known, rejection, result
from tests.support.small_files import processed, profile


def test_a_file_that_fits_is_read_by_its_format_and_names_it() -> None:
    found = result(DAY, known())
    assert found.metrics.total_energy_kwh == BY_PRODUCT
    assert found.profile.format_name == "own"
    assert {name: one.column for name, one in found.profile.columns.items()} == {
        "voltage": "U [1]",
        "current": "I [1]",
        "temperature": "T",
    }


def test_a_profile_that_says_how_to_read_files_is_used_alone() -> None:
    for table in ({"csv": {"decimal": ","}}, {"channels": {"voltage": {"column": "U [1]"}}}):
        found = processed(DAY, profile(**table), formats=[known()])
        assert isinstance(found, Rejection) or found.profile.format_name == ""


def test_a_format_takes_the_limits_and_the_site_of_the_profile() -> None:
    own = profile(channels={"voltage": {"max": 24.02}}, site={"rated_power_w": 100})
    found = result(DAY, known(), profile=own)
    assert (found.profile.format_name, found.profile.rated_power_w) == ("own", 100)
    assert found.records_invalid == 4  # 24.05, 24.06, 24.04, 24.03


def test_a_site_s_format_comes_before_a_shipped_one() -> None:
    assert (
        result(DAY, known(name="mine"), known(name="theirs", is_shipped=True)).profile.format_name == "mine"
    )


def test_two_formats_that_fit_refuse_the_file_with_both() -> None:
    second = OWN.replace("A logger", "Another").replace('"Zeit"\n', '"Zeit"\nmissing = ["x"]\n')
    found = rejection(DAY, known(name="a"), known(second, name="b"))
    assert found.code == "ambiguous_format"
    assert "A logger (a) and Another (b)" in found.message
    assert [one.label for one in found.candidates] == ["A logger", "Another"]


def test_a_file_with_the_default_header_is_of_a_format_of_its_folder_alone() -> None:
    text = """
        [fingerprint]
        columns = ["timestamp", "voltage", "current", "temperature", "power"]
        [channels.power]
        unit = "mW"
    """
    everywhere, roof = known(text), known(text.replace("[channels", 'folder = "roof"\n[channels'))
    assert result(BASE_DAY, everywhere).metrics.total_energy_kwh == BY_POWER
    assert result(BASE_DAY, roof, name=b"x.csv").metrics.total_energy_kwh == BY_POWER
    assert result(BASE_DAY, roof, name=b"roof/x.csv").metrics.total_energy_kwh == round(BY_POWER / 1000, 6)


def test_a_format_that_states_a_unit_is_of_no_file_that_states_another() -> None:
    """The format of a logger that writes kW below `Power` would read 1000 times the power of another's W."""
    rows = "".join(f"2025-06-10 12:{minute:02},{minute}00\n" for minute in range(0, 60, 5))
    text = '[fingerprint]\ncolumns = ["Time", "Power"]\n[channels.power]\nunit = "kW"\n'
    for own in (text, text + 'column = "Power"\n', text + 'column = ["Power"]\n'):
        for header, fits in (
            ("Time,Power", True),
            ("Time,Power (kW)", True),
            ("Time,Power [kw]", True),
            ("Time,Power (W)", False),
            ("Time,Power (kWh)", "column = " not in own),  # which is then no column of power
        ):
            content = f"{header}\n{rows}".encode()
            assert (len(matching(content, [known(own)], DEFAULT)) == 1) is fits, (own, header)


def test_a_refusal_of_a_known_format_ends_with_all_of_its_keys() -> None:
    content = written(HEADER, "{m}/{d}/{y} {clock};{u};{i};{c};7")
    found = rejection(content, known(OWN.replace('"Zeit"\n', '"Zeit"\nmissing = ["x"]\n')))
    assert found.code == "ambiguous_time"
    assert 'csv.missing = ["x"]' in found.candidates[0].toml
    assert 'channels.voltage.column = "U [1]"' in found.candidates[0].toml


def test_a_context_that_is_never_read_makes_it_another_format() -> None:
    text = OWN.replace("[fingerprint]", 'never = ["*grid*"]\ncontext = "T"\n[fingerprint]')
    assert len(matching(DAY.encode(), [known(text)], DEFAULT)) == 1
    assert matching(DAY.replace("25,9", "Grid meter").encode(), [known(text)], DEFAULT) == []
