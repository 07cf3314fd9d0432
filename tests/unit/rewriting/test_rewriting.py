"""Lines that are no cells with delimiters between them."""

import time
import tomllib

import pytest

from processing.formats.changes import with_changes
from processing.model.channels import DEFAULT_HEADER
from processing.model.profile import DEFAULT
from processing.rewriting.rewriting import rewriting_of
from tests.support.base_day import BY_POWER, written
from tests.support.small_files import profile, rejection, result

DATES = "{}, 2025 {{clock}},{{p}}"
CLOCK = "{y}-{m}-{d} {clock}"
BLANKS = {
    "names": written("date time power_W", CLOCK + "   {p}"),
    "one name for both": written("Time Power_W Temp_C", CLOCK + " {p} {c}"),
    "decimal comma": written("Zeit Leistung(W)", "{d}.{m}.{y}T{clock} {p}", decimal=",").replace("T", " "),
    "units in brackets": written("  Time      Power (W)  Temp [C]", "  {t} {p}   {c}"),
    "columns": written(f"{'Date and time':22}{'PV power (W)':>14}{'Temp':>8}", CLOCK + "        {p}    {c}"),
    "half a day": written("Date Time Power(W)", "{y}/{m}/{d} {clock} PM {p}"),
    "a line of units": written("Time Power Temp\n- W C", "{t} {p} {c}"),
    "a comment": written("# roof 7\n# time power_W temp", "{t} {p} {c}"),
    "quoted names": written('"Local time" "PV power (W)"', '"' + CLOCK + '" {p}'),
    "tabs too": written("time power_W temp", "{t} \t{p} {c}").replace("\t", "  "),
    "parts": written("Year Month Day Hour Minute Second Pac_W", "{y} {m} {d} {clock} {p}").replace(":", " "),
    "letters": written("#YY MM DD hh mm ss P(W)", "{y} {m} {d} {clock} {p}").replace(":", " "),
    "letters below a title": "Roof 7\n"
    + written("YY  MM DD hh mm ss  P_W", "{y} {m} {d} {clock}  {p}").replace(":", " "),
    "an index of times": written("                     power_W  temp", CLOCK + "   {p}  {c}"),
    "an index with a name below": written(f"{'':20} power_W  temp\n{'when':40}", CLOCK + "   {p}  {c}"),
    "an index of dates and times": written("                    power_W", "{t}   {p}"),
    "below a title": "Log of the roof\n\n" + written("time power_W temp", "{t} {p} {c}"),
}
QUOTED = {
    "comma": '"Time,Power (W)"\n' + written("", '"{t},{p}"').lstrip(),
    "semicolon": "sep=;\n" + written('"Zeit;Leistung (W)"', '"{d}.{m}.{y} {clock};{p}"', decimal=","),
    "quotes inside": written('"Zeit;""Leistung (W)"""', '"{t};""{p}"""'),
    "below a title": "Roof\n" + written('"Time\tPower (W)"', '"{t}\t{p}"'),
}
COMMAS = {
    "June": written("Time,Power (W)", DATES.format("June {d}")),
    "weekday": written("Time,Power (W)", DATES.format("Tue, Jun {d}")),
    "day first": written("Zeit,Leistung (W)", "{d}.{m}.{y}, {clock},{p}"),
    "month first": written("Temp,Time,Power (W)", "{c},6/23/{y}, {clock} PM,{p}"),
    "year first": written("Tid,Power (W)", "{y}-{m}-{d}, {clock},{p}"),
    "GMT": written("Time,Power (W)", "Tue, {d} Jun {y} {clock} GMT,{p}"),
    "date and time": written("Date,Time,Power (W)", "Jun. {d}, {y},{clock},{p}"),
    "last": written("Power (W),Time,Note", "{p},Juni {d}, {y} {clock},x"),
    "a title and no temperature": "Logger 7\n\nTemp,U,I,Timestamp,power\n"
    + written("", "{c},{u},{i},06/23/{y} {clock} PM,{p}").lstrip().replace("25.3,", "-,"),
}
PADDED = {
    "the header": "Latitude:,50.9;;\n" + written("time,power,temp;;", "{t};{p};{c}"),
    "all": 'Roof;;\n"Time,Power (W),Temp";;\n' + written("", '"{t},{p},{c}";;').lstrip(),
    "wider than the names": "Roof;;;\n" + written("Time,Power (W);;;", "{t},{p};;;"),
    "commas behind semicolons": written("Zeit;Leistung (W);Temp,,", "{y}-{m}-{d} {clock};{p};{c}"),
}
"""Lines that a spreadsheet put into the first cell."""
ZEROS = {str(count): "\0" * count + written("Time;Power (W)", "{t};{p}") for count in (3, 512, 40_000)}
CLOCKS = {
    "to": written("Time;Power (W)", "{t}\u00a0to {t};{p}"),
    "AM": written("Date;Time;Power (W)", "{d}.{m}.{y};{clock}\u202fPM;{p}"),
    "a colon": written("Time;Power (W)", "{y}{m}{d}:{clock};{p}"),
}
NAMES = {
    "a unit below a name": written('Time,"Power\n(W)"', "{t},{p}"),
    "the last name": ",,\n" + written('Date ,Time,Power (W),"Temp (°C)\n"', "{y}/{m}/{d},{clock} PM,{p},{c}"),
    "each name": written('"Zeit\n\nlokal";"Temp\n[°C]";"Leistung\n[W]"', "{t};{c};{p}"),
    "single quotes": written("'Time','Power (W)'", "'{t}','{p}'"),
    "times in single quotes": written("Time;Power (W)", "'{y}-{m}-{d} {clock}';{p}"),
}
INVISIBLE = {
    "behind a number": written("Time;Power (W)", "{t};{p}\u200b"),
    "in a time": written("Time;Power (W)", "\u200e{y}-\u200e{m}-{d} {clock};\u2060{p}"),
}
ARRAYS = {
    "each in a line": written('[["time", "power W"],', '  ["{t}", {p}],').rstrip(",\n") + "\n]\n",
    "all in a line": written('[["time","power W"]', ',["{t}",{p}]').replace("\n", "") + "]\n",
}
ALL = {**BLANKS, **QUOTED, **COMMAS, **PADDED, **ZEROS, **CLOCKS, **NAMES, **ARRAYS, **INVISIBLE}
ALL["pages"] = "".join(
    f"Page {page}\nTime,Power (W)\n"
    + "\n".join(written("", "{y}-{m}-{d} {clock},{p}").split("\n")[at : at + 4])
    + "\n\n"
    for page, at in enumerate((1, 5, 9), 1)
)


def counted(text: str, delimiter: str) -> str:
    """Return a table with the numbers of the rows, which have no name, as R writes it."""
    names, *rows = text.splitlines()
    return "\n".join((names, *(f'"{at}"{delimiter}{row}' for at, row in enumerate(rows, 1)), ""))


ALL["numbers of rows"] = counted(BLANKS["quoted names"], " ")
ALL["numbers of rows, commas"] = counted(written('"time","power W"', '"{t}",{p}'), ",")


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_such_a_table_is_read(text: str) -> None:
    found = result(text)
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)
    assert (found.records_processed, found.records_invalid) == (12, 0)


@pytest.mark.parametrize("nothing", ["nan", "-nan", "NaN"])
def test_what_rrdtool_fetches_is_read(nothing: str) -> None:
    """An hour of 240 W, a row each 5 minutes from 2025-06-14 07:00 UTC."""
    rows = [f"{1749884400 + 300 * at}: {240:.10e} {nothing}\n" for at in range(12)]
    rows += [f"{1749888000 + 300 * at}: {nothing} {nothing}\n" for at in range(30)]
    found = result(f"{'':27}power_W{'':18}temp\n\n" + "".join(rows))
    assert found.metrics.total_energy_kwh == pytest.approx(0.24)
    assert (found.records_processed, found.records_missing) == (12, 30)
    assert found.quality.period.start == "2025-06-14T07:00:00Z"


def test_the_result_states_the_delimiter_and_a_profile_may() -> None:
    text = BLANKS["names"]
    assert result(text).profile.delimiter == " "
    assert result(text, profile(csv={"delimiter": " "})).metrics == result(text).metrics
    assert rejection(text, profile(csv={"delimiter": ";"})).code == "missing_columns"


@pytest.mark.parametrize(
    "text",
    [
        written("time,power", "{t},{p}"),
        written("Log of roof 7\n\ntime,power", "{y}-{m}-{d} {clock},{p}"),
        written("time, power", "{y}-{m}-{d} {clock}, {p}"),
        written("time;power", "{d} Jun {y} {clock};{p}", decimal=","),
        written("time\tpower W", "June {d}, {y} {clock}\t{p}"),
        written("time|power W", "{y}-{m}-{d} {clock}|{p}"),
        written('"time","power"', '"{t}","{p}"'),
        written("time;power;;", "{d}.{m}.{y} {clock};{p};;", decimal=","),
        written("Ort: Bonn, Nord;;\nZeit;power;;", "{t},5;;;"),
        written('"time","power"', '"June {d}, {y} {clock}","{p}"'),
        written("time,power,,", "{t},{p},Panel 12, 2025"),
        "a title\nand a text of some words\n",
        "x" * 70_000,
        "",
    ],
)
def test_other_lines_stay(text: str) -> None:
    assert rewriting_of(text.encode(), DEFAULT).steps == ()


def test_a_row_that_lacks_a_cell_is_invalid() -> None:
    text = BLANKS["one name for both"].splitlines()
    cut = [*text[:5], text[5].rpartition(" ")[0], *text[6:]]
    assert result("\n".join(cut)).records_invalid == 1


@pytest.mark.parametrize("row", ["{t} {p}", "{y}-{m}-{d} {clock}  {p}", "{t} DATA: {p}  {c}"])
def test_rows_without_a_header_are_offered(row: str) -> None:
    text = written("", row).lstrip()
    ways = [one for one in rejection(text).candidates or [] if one.label.startswith("power")]
    changes = tomllib.loads("\n".join(ways[0].toml))
    found = result(text, with_changes(DEFAULT, changes))
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)


def test_a_large_file_is_rewritten_as_a_whole() -> None:
    rows = [
        f"2025-06-{1 + at // 1440:02} {at // 60 % 24:02}:{at % 60:02} 60 {'x' * 40}" for at in range(8_000)
    ]
    found = result("\n".join(["time power_W status", *rows]))
    assert found.records_processed == len(rows)
    assert found.metrics.total_energy_kwh == pytest.approx(8.0)


_INSERT = "INSERT INTO t (a, b) VALUES\n('2025-06-10', 5),\n"


@pytest.mark.parametrize(
    "line",
    [
        *('"' + "a," * 30_000, "a" + " " * 60_000 + "b", '"" ' * 20_000, "June 1, " * 9_000),
        *("{" * 60_000, '{"a":' * 12_000, "a=" * 30_000, "1 " + "a " * 30_000, "x:" * 9_000),
        *("\u00a05;" + " " * 60_000 + "x", "\u00a0" * 30_000, "datetime.datetime(" + "1," * 30_000),
        *("INSERT INTO t (a) VALUES ('" + " " * 60_000, "(1)" + " " * 60_000 + "x", "1.01:" * 12_000),
    ],
)
def test_hostile_lines_take_little_time(line: str) -> None:
    start = time.process_time()
    for first in (
        "time power_W\n2025-06-10T12:00 5\n2025-06-10T12:05 5\n",
        "time=1 power=2\n" * 3,
        _INSERT,
        "",
    ):
        head = (first + f"{line}\n" * 2).encode()
        rewriting_of(head, DEFAULT).apply(head)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("cell", ["nan", "\u0662\u0664", "\u00a024", "1.1-"])
def test_quotes_around_the_default_names_do_not_change_what_a_cell_means(cell: str) -> None:
    """Each of these cells is no number in a file with the default header."""
    names = '","'.join(DEFAULT_HEADER)
    rows = "".join(f'"2025-06-14T12:{at:02}:00","24","5","{cell}","120"\n' for at in range(3))
    text = f'"{names}"\n{rows}'.encode()
    assert rewriting_of(text, DEFAULT).apply(text) == text
