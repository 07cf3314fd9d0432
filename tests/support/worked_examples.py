"""The worked examples of docs/extending.md, made in a copy of the code."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.support.program import ROOT

_CHANGE = re.compile(r"^(Create|In) `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n\$ ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class WorkedExample(NamedTuple):
    """A section of docs/extending.md, made in a copy of the code."""

    tree: Path
    changed: list[str]
    """The paths of the files that the section creates or changes."""
    command: list[str]
    """The words of the command that the section runs, after `python`; empty if it runs none."""
    output: str
    """What the section says that it prints."""


def make(title: str, tree: Path) -> WorkedExample:
    """Copy the code to `tree` and make the changes of the section there."""
    for package in ("watcher", "processing"):
        shutil.copytree(ROOT / package, tree / package)  # with compiled modules, which saves a second
    section = _section(title)
    changed = []
    for verb, path, block in _CHANGE.findall(section):
        changed.append(path)
        if verb == "Create":
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(block, "utf-8")
        else:
            _apply(block, tree / path)
    console = _CONSOLE.search(section)
    command, output = console.groups() if console else ("", "")
    return WorkedExample(tree, changed, command.removeprefix("python ").split(), output)


def _section(title: str) -> str:
    sections = (ROOT / "docs" / "extending.md").read_text("utf-8").split("\n## ")
    (found,) = (each for each in sections if each.startswith(f"{title}\n"))
    return found


def _apply(diff: str, path: Path) -> None:
    """Apply the lines of a diff at the one place that they fit."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    text = path.read_text("utf-8")
    assert text.count(before) == 1, f"the diff of {path.name} in docs/extending.md fits no single place"
    path.write_text(text.replace(before, after), "utf-8")
