"""The worked examples of docs/extending.md, made in a copy of the code."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.support.program import ROOT

_CHANGE = re.compile(r"^(Create|In) `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n\$ ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class WorkedExample(NamedTuple):
    """A section of docs/extending.md, made beside the code."""

    tree: Path
    changed: list[str]
    """The paths of the files that the section creates or changes."""
    command: list[str]
    """The words of the command that the section runs, after `python`; empty if it runs none."""
    output: str
    """What the section says that it prints."""


def make(title: str, tree: Path) -> WorkedExample:
    """Make the changes of the section in `tree`, where all that stays is a link to the code."""
    section = _section(title)
    changes = _CHANGE.findall(section)
    for package in ("watcher", "processing"):
        _link(ROOT / package, tree / package, {tree / path for _, path, _ in changes})
    for verb, path, block in changes:
        if verb == "Create":
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(block, "utf-8")
        else:
            _apply(block, tree / path)
    console = _CONSOLE.search(section)
    command, output = console.groups() if console else ("", "")
    return WorkedExample(
        tree, [path for _, path, _ in changes], command.removeprefix("python ").split(), output
    )


def _link(source: Path, target: Path, changed: set[Path]) -> None:
    """Make `target` a link; a copy if it changes; a folder of such if something in it changes."""
    if target in changed:
        shutil.copy(source, target)
    elif source.name == "__pycache__":  # the compiled modules are links each, for some will be others
        target.mkdir()
        for each in source.iterdir():
            (target / each.name).symlink_to(each)
    elif any(path.is_relative_to(target) for path in changed):
        target.mkdir()
        for each in source.iterdir():
            _link(each, target / each.name, changed)
    else:
        target.symlink_to(source)


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
