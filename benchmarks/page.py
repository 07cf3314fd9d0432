"""Writes the table of docs/performance.md from benchmarks/recorded.json.

python -m benchmarks.page
"""

import json
from pathlib import Path
from typing import Any

TREE = Path(__file__).parents[1]
RECORDED = TREE / "benchmarks" / "recorded.json"
PAGE = TREE / "docs" / "performance.md"
BEGIN, END = "<!-- written by python -m benchmarks.page -->\n", "<!-- end -->\n"


def written(page: str, recorded: dict[str, Any]) -> str:
    """Return the page with the table of what was recorded."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return before + BEGIN + table(recorded) + END + after


def table(recorded: dict[str, Any]) -> str:
    """Return the machine and a line for each row: a ratio, or the figure of a row without a peer."""
    machine = recorded["machine"]
    on = f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, Python {machine['python']}"
    lines = [
        f"\n{on}, {machine['disk']}, {machine['date']}.\n",
        "| what | measured | spread | target | |",
        "|---|---|---|---|---|",
    ]
    lines += [_line(name, row) for name, row in recorded["rows"].items()]
    return "\n".join(lines) + "\n\n"


def _line(name: str, row: dict[str, Any]) -> str:
    if "error" in row:
        return f"| {name} | not measured: {row['error'][:80]} | | | |"
    unit = "" if row["of_peer"] else f" {row['unit']}"
    least, most = min(row["ratios"]), max(row["ratios"])
    spread = f"{least:.3g} … {most:.3g}" if len(row["ratios"]) > 1 else ""
    met = "met" if row["met"] else "missed"
    return f"| {name} | {row['ratio']:.3g}{unit} | {spread} | {row['target']}{unit} | {met} |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text("utf-8"), json.loads(RECORDED.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()
