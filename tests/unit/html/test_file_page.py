"""How pages are rendered: what is compiled, kept and asked of the outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
COMPILE = """
import sys, jinja2, pathlib
from processing.html import file_page as report
report._TEMPLATES = pathlib.Path(sys.argv[1])
compiled = []
own = jinja2.Environment.compile
jinja2.Environment.compile = lambda self, *given, **named: compiled.append(1) or own(self, *given, **named)
report.compile_templates()
print(len(compiled))
"""


def compiled(folder: Path, **environment: str) -> int:
    """How many templates a fresh process had to compile."""
    names = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", COMPILE, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=names | environment, capture_output=True, check=True)
    return int(done.stdout)


def folder_with_a_template(folder: Path) -> Path:
    (folder / "page.html").write_text("{{ value }}", "utf-8")
    return folder


def test_a_template_is_compiled_once_and_kept_beside_it_until_it_changes(tmp_path: Path) -> None:
    folder = folder_with_a_template(tmp_path)
    assert [compiled(folder), compiled(folder)] == [1, 0]
    (folder / "page.html").write_text("changed {{ value }}", "utf-8")
    assert compiled(folder) == 1


def test_a_torn_one_is_none(tmp_path: Path) -> None:
    folder = folder_with_a_template(tmp_path)
    compiled(folder)
    (kept,) = (folder / "__pycache__").iterdir()
    for size in (0, 10, kept.stat().st_size - 5):
        kept.write_bytes(kept.read_bytes()[:size])
        assert [compiled(folder), compiled(folder)] == [1, 0]


def test_nothing_is_kept_where_it_is_not_wanted_or_not_possible(tmp_path: Path) -> None:
    folder = folder_with_a_template(tmp_path)
    assert compiled(folder, PYTHONDONTWRITEBYTECODE="1") == 1
    assert [path.name for path in folder.iterdir()] == ["page.html"]
    (folder / "__pycache__").write_text("a file where the folder would be", "utf-8")
    assert [compiled(folder), compiled(folder)] == [1, 1]
