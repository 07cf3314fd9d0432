"""Archives of sample days as inputs of a backfill, and the results in its output."""

from datetime import datetime, timedelta
from pathlib import Path

from processing.generator.days import SimulatedDay, render

FIRST = datetime(2025, 4, 15, 6)  # noqa: DTZ001 - as loggers write it
DAY = render(SimulatedDay(FIRST, seed=1))[0]


def archive(folder: Path, names: list[str]) -> Path:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(render(SimulatedDay(FIRST + timedelta(days=number), seed=number))[0])
    return folder


def results(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.json"))
        if path.name != "summary.json"
    }
