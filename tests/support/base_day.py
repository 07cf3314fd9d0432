"""Twelve rows of a day, and the same rows as loggers of other makers would write them."""

BASE_DAY = """\
timestamp,voltage,current,temperature,power
2025-06-10T12:00:00,24.0,5.0,25.0,120.0
2025-06-10T12:05:00,24.05,4.98,25.1,119.769
2025-06-10T12:10:00,23.97,5.02,25.3,120.329
2025-06-10T12:15:00,24.02,4.99,25.2,119.86
2025-06-10T12:20:00,24.06,4.97,25.4,119.578
2025-06-10T12:25:00,23.95,5.01,25.6,119.989
2025-06-10T12:30:00,24.01,5.03,25.5,120.77
2025-06-10T12:35:00,24.04,4.96,25.7,119.238
2025-06-10T12:40:00,23.98,5.0,25.8,119.9
2025-06-10T12:45:00,24.03,5.01,25.6,120.39
2025-06-10T12:50:00,23.99,4.98,25.9,119.47
2025-06-10T12:55:00,24.02,5.02,25.7,120.58
"""
BY_POWER, BY_PRODUCT = 0.119989, 0.11999
"""Its energy in kWh by the column of power, and by V · I."""
ROWS = [line.split(",") for line in BASE_DAY.splitlines()[1:]]
"""Its cells: time, voltage, current, temperature, power."""


def written(header: str, row: str = "{t},{u},{i},{c},{p}", *, decimal: str = ".") -> str:
    """Return the day under another header, each row by a template.

    It has the cells t, u, i, c and p, the parts d, m and y of the date, and the time of day as `clock`.
    """
    lines = [header]
    for time, *values in ROWS:
        u, i, c, p = (value.replace(".", decimal) for value in values)
        y, m, d = time[:10].split("-")
        lines.append(row.format(t=time, u=u, i=i, c=c, p=p, y=y, m=m, d=d, clock=time[11:]))
    return "\n".join(lines) + "\n"


TWO_DATES = written("time,power", "{m}/{d}/{y} {clock},{p}").encode()
"""The day with dates that can be read in two ways."""
