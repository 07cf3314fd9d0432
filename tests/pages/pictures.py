"""`make pictures`: draws those of the checks, runs the demo at a terminal and takes its pictures."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from tests.pages import check_pictures
from tests.pages.conftest import CHROMIUM

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs/pictures"
PAGES = ROOT / "run/demo/processed"
COLUMNS = 88
DAY = "roof/solar_data_20250419_060000.html"


def at_a_terminal(command: list[str]) -> str:
    """Run a command under a pseudo-terminal and return all that it wrote."""
    master, slave = pty.openpty()
    environment = os.environ | {"COLUMNS": str(COLUMNS), "LINES": "40", "TERM": "xterm-256color"}
    with subprocess.Popen(command, cwd=ROOT, stdout=slave, stderr=slave, env=environment):
        os.close(slave)
        written = b""
        try:
            while chunk := os.read(master, 65_536):
                written += chunk
        except OSError:  # the other end is closed
            pass
    os.close(master)
    return written.decode()


def terminal_svg(output: str) -> str:
    """Return the last state of a terminal as SVG: of lines that were drawn over and over, the last."""
    console = Console(record=True, width=COLUMNS, file=tempfile.TemporaryFile("w"))  # noqa: SIM115
    console.print(Text("$ make demo", "bold"))
    lines: list[str] = []
    for line in output.replace("\r\n", "\n").split("\n"):
        if ups := line.count("\x1b[1A"):
            del lines[-ups:]
        lines.append(line.rpartition("\r")[2].rpartition("\x1b[2K")[2])
    for line in lines:
        if not re.match(r"make(\[\d+\])?: ", line):  # about this machine's clock, not about the demo
            console.print(Text.from_ansi(line))
    return console.export_svg(title="python -m watcher --once")


def take(page: Any, path: Path, name: str, *, full: bool = False) -> None:
    page.goto(path.as_uri())
    page.screenshot(path=PICTURES / name, full_page=full)


def main() -> None:
    check_pictures.main()
    output = at_a_terminal(["make", "--no-print-directory", "demo"])
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        wide = browser.new_page(viewport={"width": 1200, "height": 1150})
        take(wide, PAGES / "index.html", "index.png")
        take(wide, PAGES / DAY, "day.png")
        phone = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        take(phone, PAGES / DAY, "phone-dark.png")
        svg = Path(folder) / "terminal.html"
        svg.write_text(f"<body style='margin:0'>{terminal_svg(output)}", "utf-8")
        wide.set_viewport_size({"width": 880, "height": 900})
        wide.goto(svg.as_uri())
        wide.locator("svg").screenshot(path=PICTURES / "terminal.png")
        browser.close()
    sys.stdout.write(f"pictures: {', '.join(sorted(path.name for path in PICTURES.glob('*.png')))}\n")


if __name__ == "__main__":
    main()
