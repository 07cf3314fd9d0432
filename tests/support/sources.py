"""The code of the program as syntax trees, for the tests of the project."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = [path for package in ("watcher", "processing") for path in sorted((ROOT / package).rglob("*.py"))]


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of a module, the module first."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))
