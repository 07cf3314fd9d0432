"""Tables that are no plain CSV: parts of a time in columns of their own and others, each as it is dropped."""

import tomllib
from datetime import datetime
from pathlib import Path

import pytest
from msgspec import UNSET

from processing.model.profile import DEFAULT
from processing.profiles import profiles_from
from processing.proposals.profile_text import ProfileScope
from processing.proposals.proposal import ProposalTask, propose
from tests.support.base_day import BY_POWER, ROWS, written
from tests.support.small_files import profile, rejection, result


def cut(text: str, *, padded: bool = True) -> str:
    """Return a table whose times of day are cut at the colons."""
    cells = text.replace(":", ",")
    return cells if padded else cells.replace(",0", ",")


READ = {
    "year to minute": cut(written("YEAR,MO,DY,HR,MIN,SEC,POWER", "{y},{m},{d},{clock},{p}"), padded=False),
    "German": cut(
        written("Jahr;Monat;Tag;Stunde;Minute;Sekunde;Leistung [W]", "{y};{m};{d};{clock};{p}")
    ).replace(",", ";"),
    "last": cut(written("Power (W),Day,Month,Year,Hour,Minute,Second", "{p},{d},{m},{y},{clock}")),
    "date and hour": cut(written("Date;Hour;Minute;s;Power (W)", "{d}.{m}.{y};{clock};{p}")).replace(
        ",", ";"
    ),
    "day of the year": cut(written("Year,DOY,Hour,Min,Sec,Power_W", "{y},161,{clock},{p}")),
    "below other lines": "-BEGIN HEADER-\nSite: roof\n-END HEADER-\n"
    + cut(written("YEAR,MO,DY,HR,MN,SS,Power (W)", "{y},{m},{d},{clock},{p}")),
    "blanks": written("date time power_W", "{d}.{m}.{y} {clock}  {p}", decimal=","),
    "blanks and names": written("Time  PV voltage  PV current", "{t}  {u}  {i}"),
    "lines in quotes": written('"Time,Power (W)"', '"{t},{p}"'),
    "dates with commas": written("Time,Power (W)", "June {d}, {y} {clock},{p}"),
    "a clock": written("Year,Month,Day,Time,Power [W]", "{y},{m},{d},{clock},{p}"),
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_a_table_is_read_as_it_is_dropped_and_by_the_profile_that_is_proposed(
    text: str, tmp_path: Path
) -> None:
    assert result(text).metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=2e-6)
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    proposed = propose(ProposalTask(bytes(path), b"x.csv", ProfileScope("roof", "*"), DEFAULT))

    by_profile = result(text, profiles_from(tomllib.loads(proposed.text)).for_name(b"x.csv"))
    assert by_profile.metrics == result(text).metrics


EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - of a wall clock


def counted(header: str, digits: int, zero: float, unit: float) -> str:
    """Return the day with times that count units of so many seconds, 1970 being at `zero`."""
    seconds = [(datetime.fromisoformat(row[0]) - EPOCH).total_seconds() for row in ROWS]
    times = [f"{round(zero + each / unit, digits):.{digits}f}" for each in seconds]
    return "\n".join([header, *(f"{time},{row[4]}" for time, row in zip(times, ROWS, strict=True))]) + "\n"


COUNTS = {
    "julian": counted("JD,power (W)", 6, 2_440_587.5, 86_400),
    "mjd": counted("MJD (UTC),power (W)", 5, 40_587, 86_400),
    "matlab": counted("datenum,power (W)", 8, 719_529, 86_400),
    "excel_1904": counted("date1904,power (W)", 6, 24_107, 86_400),
    "ticks": counted(".NET ticks,power (W)", 0, 62_135_596_800e7, 1e-7),
    "epoch_us": counted("unix_us,power (W)", 0, 0, 1e-6),
    "epoch_ns": counted("timestamp_ns,power (W)", 0, 0, 1e-9),
    "seconds since 2000-01-01": counted("time (seconds since 2000-01-01),power (W)", 0, -946_684_800, 1),
    "%Y %j": counted("doy,power (W)", 6, -20_088, 86_400)
    .replace("\n", "\n2025,")
    .replace("doy", "year,doy")[:-5],
    "%G-W%V-%u %H:%M": written("time,power (W)", "2025-W24-2 {clock},{p}"),
    "%Y-%jT%H:%M:%S": written("time,power (W)", "2025-161T{clock},{p}"),
}


@pytest.mark.parametrize("form", COUNTS)
def test_numbers_that_count_from_another_time_are_read_by_their_name(form: str) -> None:
    found = result(COUNTS[form].replace(":00,", ",") if "%G" in form else COUNTS[form])
    assert found.profile.time_format == form
    assert (found.metrics.period.start or "")[:16] == "2025-06-10T12:00"
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=2e-6)


@pytest.mark.parametrize(
    ("header", "zero", "line"),
    [
        ("gps_seconds", -315_964_800, 'csv.time_format = "seconds since 1980-01-06"'),
        ("LabVIEW time", 2_082_844_800, 'csv.time_format = "seconds since 1904-01-01"'),
        ("NTP time", 2_208_988_800, 'csv.time_format = "seconds since 1900-01-01"'),
        ("time (s)", -1_749_556_800, 'csv.time_format = "UNIT since START, SUCH AS seconds since '),
        ("elapsed", -1_749_556_800, 'csv.time = "elapsed"; csv.time_format = "UNIT since START'),
    ],
)
def test_numbers_that_count_from_an_unknown_time_are_asked_for(header: str, zero: float, line: str) -> None:
    text = counted(f"{header},power (W)", 0, zero, 1)
    assert line in rejection(text).message
    form = "seconds since 2025-06-10 12:00" if "UNIT" in line else line.split('"')[1]
    found = result(text, profile(csv={"time": header, "time_format": form}))
    assert found.metrics.period.start == "2025-06-10T12:00:00"


def test_numbers_that_may_be_modified_julian_days_or_those_of_spreadsheets_are_asked_for() -> None:
    found = rejection(counted("time,power (W)", 6, 40_587, 86_400))
    assert [(one.label, one.consequence[-10:]) for one in found.candidates] == [
        ("mjd", "2025-06-10"), ("excel", "2066-07-23"),
    ]  # fmt: skip


def daily(header: str, row: str) -> str:
    return "\n".join([header, *(row.format(45_822 + at, 10 + at % 5) for at in range(30))])


@pytest.mark.parametrize(
    "text",
    [
        daily("Date,Energy (kWh)", "{},{}.0"),
        daily("Datum;Ertrag (kWh)", "{};{},0"),
        daily("kWh\tDay", "{1}\t{0}"),
    ],
)
def test_whole_days_of_a_spreadsheet_are_offered(text: str) -> None:
    found = rejection(text)
    assert found.code == "ambiguous_time"
    (only,) = found.candidates
    assert only.toml == ['csv.time_format = "excel"']
    assert only.consequence.startswith("30 rows of 30 days, 12 kWh a day")
    assert result(text, profile(csv={"time_format": "excel"})).metrics.total_energy_kwh == 360.0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("14x00,5", ("line 2: the time (time) is not an ISO 8601", "'14x00'", "csv.time_format = ")),
        ("2025-06-14 12:00,ERR", ("line 2: power not a number: 'ERR'", '"#N/A", "ERR"]')),
        ("2025-06-14 12:00,1.2.3", ("not a number: '1.2.3'", "a cell has one number")),
        ("2025-06-14 12:00,1,2,3", ("4 cells where the header has 2", "csv.header = ")),
    ],
)
def test_rows_that_cannot_be_read_are_shown_with_what_to_write(row: str, words: tuple[str, ...]) -> None:
    found = rejection(f"time,power (W)\n{row}\n")
    assert found.code == "malformed_csv"
    assert [word for word in words if word not in found.message] == []


@pytest.mark.parametrize(
    "time",
    [
        "14.06. 12:00",
        "06/14 12:00",
        "14-Jun 12:00",
        " 06/14  12:00:05",
        "Jun 14 12:00:00",
        "Sat, 14. June 12:00",
        "14.06;12:00",
        "14 Jun;12:00:00",
    ],
)
def test_dates_without_a_year_take_it_from_the_name_or_the_profile(time: str) -> None:
    text = f"{'date;' * (';' in time)}time;power (W)\n{time};5\n"
    found = rejection(text)
    assert "the dates have no year, and the name of the file has none" in found.message
    assert found.message.endswith(": csv.year = YEAR OF THE FIRST ROW")
    assert (result(text, name=b"pv_2025.csv").metrics.period.start or "")[:16] == "2025-06-14T12:00"
    assert (result(text, profile(csv={"year": 2024})).metrics.period.start or "")[:10] == "2024-06-14"


@pytest.mark.parametrize(
    ("name", "last"),
    [("log_2025-01-02.csv", "2025-01-02"), ("20241231/log.csv", "2025-01-02"), ("log_2025.csv", None)],
)
def test_dates_without_a_year_go_on_in_the_next_one(name: str, last: str | None) -> None:
    days = ["Dec 30", "Dec 31", "Jan  1", "Jan  2"]
    rows = [f"{day} {hour:02}:00:00;{hour}" for day in days for hour in range(24)]
    text = "\n".join(["time;PV power (W)", *rows, ""])
    if last is None:
        assert rejection(text, name=name.encode()).code == "ambiguous_time"
    else:
        period = result(text, name=name.encode()).metrics.period
        assert (period.start, period.end) == ("2024-12-30T00:00:00", f"{last}T23:00:00")


HOURS = ",".join(str(hour) for hour in range(1, 25))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dia;hora;power (W)\nLunes;1;60\nLunes;2;70\n", "the times have no date: export them with one"),
        ("day;hour;power (W)\nMonday;1;60\nMonday;2;70\n", "the times have no date: export them with one"),
        (f"{HOURS}\n{HOURS}\n{HOURS}\n", "if each row is a day, its date is missing"),
        ("0.37_0:1:22\n0.38_0:1:23\n", "or blanks between them: export it so"),
        ("time,power (W)\n2025.4493,60\n2025.4494,70\n", "years with a fraction are not read: write dates"),
        (
            "time,power (W)\n2025-06-14 12:00,30,3,5\n",
            "Numbers with a decimal comma need quotes, or semicolons",
        ),
        (f"time{',x' * 10_001}\n2025-06-14{',1' * 10_001}\n", "10002 columns, the first of them time, x, x"),
    ],
)
def test_a_refusal_says_what_is_missing(text: str, words: str) -> None:
    assert words in rejection(text).message


def test_what_a_plant_makes_is_offered_first_and_the_message_says_that_others_exist() -> None:
    rooms = ["Bath", "Hall", "Stairs", "Cellar", "Attic", "Garage", "Office", "Kitchen", "Shed"]
    names = [f"{name} (kWh)" for name in (*rooms, "Inverter total", "PV east", "PV west")]
    rows = [f"2025-06-14 {at:02}:00" + f",{5 + at % 3}" * len(names) for at in range(24)]
    found = rejection("\n".join([",".join(["time", *names]), *rows]))
    assert [one.label for one in found.candidates][:4] == [
        f"energy: {name} (kWh)" for name in ("PV east", "PV west", "Inverter total", "Bath")
    ]
    assert "8 ways are offered, and any other column may be named in the same way" in found.message


def test_rows_without_readings_below_the_names_are_no_names() -> None:
    rows = [f"14.06.25 12:{at:02},{at % 7}.5,{at % 5}.5" for at in range(1, 40)]
    text = "\n".join(["Time,PV_a,PV_b", "14.06.25 12:00,NaN,NaN", *rows])
    assert "line 1 has Time, PV_a, PV_b. It would mean 1: power: PV_a" in rejection(text).message


def test_the_ends_of_intervals_in_two_zones_are_left_out() -> None:
    zones = ("UTC", "UTC+03:00")
    names = [f"{word} {zone}" for zone in zones for word in ("Alkuaika", "Lopetusaika")]
    rows = [
        ",".join([f"2025-06-14 {at + more:02}:00:00" for more in (0, 1, 3, 4)] + [str(900 + at)])
        for at in range(20)
    ]
    found = result("\n".join([",".join([*names, "PV power (W)"]), *rows]))
    assert (found.profile.time_columns, found.profile.label) == (["Alkuaika UTC+03:00"], UNSET)
