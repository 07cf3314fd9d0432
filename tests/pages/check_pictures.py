"""The pictures of docs/checks.md: for each check a planted fault, and what the check said of it.

Most show the readings around it as the pages draw them; those about how a row is written show the lines.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html import escape
from pathlib import Path
from textwrap import shorten

from processing import process
from processing.generator.days import SimulatedDay, render
from processing.generator.faults import FAULTS
from processing.html.charts import pictures
from processing.html.svg import HEIGHT, Span, boxes
from processing.model.channels import CHANNELS
from processing.model.profile import DEFAULT
from processing.model.result import Result
from processing.profiles import profiles_from

FOLDER = Path(__file__).parents[2] / "docs/pictures/checks"
DAY = SimulatedDay(datetime.fromisoformat("2025-06-03T06:00:00"), seed=8)
METER = profiles_from({"channels": {"energy": {"kind": "counter"}}}).default
PLANTED = {fault.check: name for name, fault in FAULTS.items() if fault.check != "missing_columns"} | {
    "gross_range": "gross_range",
    "flat_line": "stuck",
    "syntax": "syntax",
}
"""By check; the generator has no fault for those that are listed here."""
CHECKS = (
    *PLANTED,
    "night_voltage",
    "future_date",
    "uneven_steps",
    "counter_fall",
    "implausible_date",
    "new_offset",
    "far_above_usual",
    "flat_power",
    "power_spike",
    "power_limit",
    "copied_day",
    "copied_rows",
    "counter_reset",
    "limits_unknown",
    "unit_assumed",
    "low_power",
    "unknown_power",
    "register_limit",
    "sudden_end",
    "sudden_change",
    "power_overflow",
    "high_day",
    "coarse_steps",
    "energy_column",
    "lacking_readings",
    "unlabelled",
    "unused_column",
    "moved_columns",
)
WRITTEN = {
    "new_offset",
    "unknown_power",
    "syntax",
    "sentinel",
    "mixed_offset",
    "conflict",
    "distant_date",
    "counter_fall",
    "counter_reset",
    "copied_day",
    "copied_rows",
    "duplicate",
    "disorder",
    "implausible_date",
    "future_date",
    "energy_column",
    "lacking_readings",
    "unit_assumed",
    "unlabelled",
    "unused_column",
    "moved_columns",
}
FOREIGN = {
    "counter_fall",
    "counter_reset",
    "copied_day",
    "copied_rows",
    "energy_column",
    "lacking_readings",
    "unlabelled",
    "unused_column",
    "moved_columns",
    "far_above_usual",
    "flat_power",
    "power_spike",
    "power_limit",
    "register_limit",
    "unknown_power",
    "limits_unknown",
    "unit_assumed",
    "low_power",
    "sudden_end",
    "sudden_change",
    "power_overflow",
    "high_day",
    "coarse_steps",
}
OF_A = profiles_from({"csv": {"where": {"column": "device", "is": "A"}}}).default
OF_PAC = profiles_from({"channels": {"power": {"column": "Pac (W)", "limits": "unknown"}}}).default
METERS = {
    "counter_fall": ((48210, 48218, 48227, 65535, 48236, 48244, 48252), 5),
    "counter_reset": ((48210, 48218, 48227, 48235, 3, 11, 19), 6),
}
"""Totals, and the line of the one that is wrong."""
ADDED: dict[str, tuple[str, Callable[[int], str]]] = {
    "unlabelled": ("device", lambda at: "" if at == 76 else "AB"[at % 2]),
    "lacking_readings": ("Temperature (°C)", lambda at: f"{20 + at % 7}" if at < 76 else ""),
}
"""A further column: its name, and its cell in each row."""
WATTS: dict[str, Callable[[int, int], int]] = {
    "coarse_steps": lambda _, watts: watts // 500 * 500,
    "low_power": lambda _, watts: watts // 250,
    "power_limit": lambda _, watts: min(2600, watts),
    "register_limit": lambda _, watts: min(2047, watts),
    "sudden_end": lambda at, watts: watts if at < 76 else 0,
    "sudden_change": lambda at, watts: watts if at < 76 else watts // 2,
    "power_overflow": lambda _, watts: watts % 1700,
}
"""What the power of each row is changed to."""
TIMES: dict[str, tuple[Callable[[int, str], str], int, int]] = {
    "implausible_date": (lambda _, line: line.replace("2025-", "1999-"), 20, 22),
    "new_offset": (lambda at, line: f"{line[:19]}{'Z' if at > 77 else '+02:00'}{line[19:]}", 78, 79),
}
"""What a row with other times becomes, by the number of its line, and the lines that are shown."""
POWER = {"unit_assumed": ("Leistung", 1)}
"""The name of the column of the power, and the line of the fault, if they are others than usual."""
SINGLE = {"far_above_usual": "61234", "power_spike": "0", "unknown_power": "--"}
"""The power in W of the one row that is wrong."""
MAX_SAID = 94
"""Characters of a sentence in a picture; its title has them all."""
AROUND = {
    "several_intervals": 100,
    "low_power": 150,
    "high_day": 220,
    "power_overflow": 36,
    "linear_fill": 24,
    "flat_line": 24,
}
STYLE = (
    "svg{font:13px system-ui,'DejaVu Sans',sans-serif;fill:#546072}.said{fill:#17202b}.card{fill:#fff}"
    ".grid,.line,.limit,.mark{fill:none;vector-effect:non-scaling-stroke}.grid{stroke:#dde2e9}"
    ".line{stroke:#0b67b2;stroke-width:1.5;stroke-linecap:round}"
    ".limit{stroke:#b32444;stroke-dasharray:4 3}.mark{stroke-width:9;stroke-linecap:round}"
    ".cell{font-family:ui-monospace,'DejaVu Sans Mono',monospace;white-space:pre}"
    ".suspect{stroke:#eda21f}.invalid{stroke:#b32444}.night{fill:#1f2f4a1c}.found{fill:#eda21f38}"
)


def planted(check: str) -> tuple[list[str], list[int], str]:
    """Return a day's lines, the numbers of those that hold the fault, and the channel to draw."""
    if check == "night_voltage":
        return text_of(replace(DAY, panel_side=True)), [144], "voltage"
    if check in ("future_date", "moved_columns"):
        moved = check == "moved_columns"
        return (moved_columns(), [32], "power") if moved else (text_of(DAY), list(range(20, 60)), "power")
    if check in TIMES:
        header, *rows = text_of(DAY)
        change, first, last = TIMES[check]
        return (
            [header, *(change(at, line) for at, line in enumerate(rows, 2))],
            list(range(first, last)),
            "power",
        )
    if check == "uneven_steps":
        return [line for at, line in enumerate(text_of(DAY)) if at % 4 != 1], list(range(80, 100)), "voltage"
    if check in FOREIGN:
        return of_another_logger(check) if check != "high_day" else three_days()
    day = replace(DAY, faults=(PLANTED[check],))
    (label,) = render(day)[1]
    return text_of(day), label.lines, label.channel if label.channel in CHANNELS else "voltage"


def moved_columns() -> list[str]:
    """Return the lines of a file in which two columns are swapped from line 32 on."""
    cells = ([f"{2000 + 10 * at}", f"{60 + at % 3}"] for at in range(60))
    rows = (",".join(pair[:: 1 if at < 30 else -1]) for at, pair in enumerate(cells))
    return [
        "timestamp,Pac (W),SOC (%)",
        *(f"2025-06-03T{10 + at // 12}:{at % 12 * 5:02}:00,{row}" for at, row in enumerate(rows)),
    ]


def of_another_logger(check: str) -> tuple[list[str], list[int], str]:
    if check in METERS:
        totals, at = METERS[check]
        rows = [f"2025-06-03T12:{5 * at:02}:00,{total}" for at, total in enumerate(totals)]
        return ["timestamp,energy (Wh)", *rows], [at], "energy"
    if check == "energy_column":
        rows = [f"2025-06-03T12:{5 * at:02}:00,{96 + at},{48210 + 8 * at}" for at in range(7)]
        return ["timestamp,power (W),total energy (Wh)", *rows], [1], "energy"
    if check == "unused_column":
        split = (line.split(",") for line in text_of(DAY)[70:])
        names = "timestamp,PV power (W),battery voltage (V),load current (A)"
        return [names, *(f"{row[0]},{row[4]},{row[1]},{row[2]}" for row in split)], [1], "power"
    name, number = POWER.get(check, ("Pac (W)", 77))
    lines = [f"timestamp,{name}", *(kilowatts(line) for line in text_of(DAY)[1:])]
    if check == "copied_day":
        again = [line.replace("06-04", "06-05").replace("06-03", "06-04") for line in lines[1:]]
        return [*lines, *again], list(range(313, 319)), "power"
    if check in ADDED:
        name, cell = ADDED[check]
        cells = [name, *(cell(at) for at in range(1, len(lines)))]
        lines = [f"{line},{one}" for line, one in zip(lines, cells, strict=True)]
    if check in SINGLE:
        lines[76] = f"{lines[76][:19]},{SINGLE[check]}"
    if check == "copied_rows":
        lines[76:92] = [line[:20] + copy[20:] for line, copy in zip(lines[76:92], lines[60:76], strict=True)]
    if check == "flat_power":
        lines[74:90] = [line[:20] + lines[73][20:] for line in lines[74:90]]
    if check in WATTS:
        watts = (WATTS[check](at, int(line[20:])) for at, line in enumerate(lines[1:], 1))
        lines[1:] = [f"{line[:20]}{each}" for line, each in zip(lines[1:], watts, strict=True)]
    return lines, [number], "power"


def three_days() -> tuple[list[str], list[int], str]:
    """Return the lines of a day three times, with ten times the power in the middle."""
    day = [line for line in map(kilowatts, text_of(DAY)[1:]) if line.startswith("2025-06-03")]
    watts = {line[10:20]: int(line[20:]) for line in day}
    high = {at: 10 * each + each % 7 for at, each in watts.items()}
    rows = [
        f"2025-06-{date:02}{at}{each}"
        for date, of_day in ((3, watts), (4, high), (5, watts))
        for at, each in of_day.items()
    ]
    return ["timestamp,Pac (W)", *rows], [len(day) + 2, 2 * len(day) + 1], "power"


def kilowatts(line: str) -> str:
    """Return a row of a plant of 20 panels: time and power."""
    cells = line.split(",")
    return f"{cells[0]},{20 * float(cells[4]):.0f}"


def text_of(day: SimulatedDay) -> list[str]:
    return render(day)[0].decode().splitlines()


def processed(lines: list[str], check: str) -> Result:
    now = "2025-06-01T09:00:00Z" if check == "future_date" else "2026-01-01T00:00:00Z"
    profile = METER if check.startswith("counter") else DEFAULT
    profile = {"unlabelled": OF_A, "moved_columns": OF_PAC}.get(check, profile)
    found = process(io.BytesIO("\n".join(lines).encode()), profile, name=b"x.csv", processed_at=now)
    assert isinstance(found, Result), found
    return found


def picture(check: str) -> str:
    """Return the SVG of a check: the planted fault, and the check's sentence."""
    lines, numbers, channel = planted(check)
    if check in WRITTEN:
        result = processed(lines, check)
        inside = as_lines(lines, numbers)
    else:
        around = 200 if check == "night_voltage" else AROUND.get(check, 18)
        result = processed([lines[0], *lines[max(1, numbers[0] - around) : numbers[-1] + around]], check)
        inside = as_readings(result, check, channel)
    said = next(one.message for one in result.anomalies if one.check == check)
    shown = shorten(said, MAX_SAID, placeholder=" …")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 172" width="640" height="172" role="img">'
        f"<title>{escape(f'{check}: {said}')}</title><style>{STYLE}</style>"
        f'<rect class="card" width="640" height="172" rx="6"/>'
        f'<text class="said" x="10" y="19">{escape(shown)}</text>{inside}</svg>\n'
    )


def as_lines(lines: list[str], numbers: list[int]) -> str:
    """Return the file's lines around those that hold the fault, these on a ground of their own."""
    first = max(min(2, numbers[0]), numbers[0] - 3)
    found = []
    for place, number in enumerate(range(first, first + 6)):
        y = 46 + 22 * place
        if number in numbers:
            found.append(f'<rect class="found" x="4" y="{y - 16}" width="632" height="22"/>')
        found.append(f'<text x="50" y="{y}" text-anchor="end">{number}</text>')
        found.append(f'<text class="said cell" x="62" y="{y}">{escape(lines[number - 1])}</text>')
    return "".join(found)


def as_readings(result: Result, check: str, channel: str) -> str:
    """Return a channel over time, with what the check found."""
    drawn = pictures(result)
    plot = next(one for one in drawn.plots if one.name == channel)
    clock = drawn.clock
    box = f"0 0 {clock.span:g} {HEIGHT}"
    spans = []
    for one in result.anomalies:
        if one.check == check and one.start is not None and one.end is not None:
            start, end = clock.seconds(one.start), clock.seconds(one.end)
            half = 0.0 if one.flag == 9 else result.metrics.interval_seconds / 2
            spans.append(Span(start - half, end - start + 2 * half))
    levels = "".join(f"M0 {percent * HEIGHT / 100:g}h{clock.span:g}" for percent, _ in plot.ticks)
    limits = "".join(
        f"M0 {percent * HEIGHT / 100:g}h{clock.span:g}" for percent, height, _ in plot.limits if height
    )
    marks = "".join(f'<path class="mark {kind}" d="{dots}"/>' for kind, dots in plot.marks.items())
    down = "".join(
        f'<text x="54" y="{34 + 1.2 * percent:.1f}" text-anchor="end">{text}</text>'
        for percent, text in plot.ticks
    )
    across = "".join(
        f'<text x="{60 + 5.7 * percent:.1f}" y="166" text-anchor="middle">{text}</text>'
        for percent, text in drawn.ticks
        if percent < 98
    )
    return (
        f'<svg x="60" y="30" width="570" height="120" viewBox="{box}" preserveAspectRatio="none">'
        f'<path class="night" d="{drawn.nights}"/><path class="found" d="{boxes(spans)}"/>'
        f'<path class="grid" d="{levels}"/><path class="limit" d="{limits}"/>'
        f'<path class="line" d="{plot.line}"/>{marks}</svg>{down}{across}'
        f'<text x="626" y="137" text-anchor="end">{plot.name}, {plot.unit}</text>'
    )


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for check in CHECKS:
        (FOLDER / f"{check}.svg").write_text(picture(check), "utf-8")


if __name__ == "__main__":
    main()
