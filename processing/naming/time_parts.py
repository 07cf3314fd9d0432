"""The names of columns that hold one part of a time each, such as the year or the hour."""

from typing import Final

from processing.naming.synonyms import kind_by_name

DIRECTIVE_OF: Final = kind_by_name(
    {
        "%Y": "year, yr, yyyy, jahr, año, ano, anno, année, annee, jaar, rok, år, vuosi, год, 年",
        "%m": "month, mo, mon, mth, monat, mes, mês, mese, mois, maand, měsíc, miesiąc, kuukausi, месяц, 月",
        "%d": "day, dy, dd, day of month, dom, tag, día, dia, giorno, jour, dag, den, dzień, päivä, день, 日",
        "%j": "doy, day of year, dayofyear, day number, julian, julian day, jday, jdoy, yday, ordinal day",
        "%H": "hour, hr, hh, hours, hour of day, stunde, hora, heure, ora, uur, godzina, час, 时, 時",
        "%M": "minute, min, mn, minutes, mins, minuto, minuti, minuut, minuten, минута, 分",
        "%S": "second, sec, ss, seconds, secs, sekunde, segundo, secondo, seconde, секунда, 秒",
        "%H%M": "hhmm, hour minute, hourmin, hour/minute, time hhmm, clock hhmm",
    }
)
"""The directive of strptime for a part, by the name of the column."""

HIGHEST: Final = {
    "%Y": 2100, "%y": 99, "%m": 12, "%d": 31, "%j": 366, "%H": 24, "%M": 59, "%S": 60, "%H%M": 2400,
}  # fmt: skip
"""The highest number that a part may be."""
