"""The layout that CONTRIBUTING.md promises: tests mirror the tree, names are plain, parts are small."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.support.sources import CODE, ROOT, nodes_of

MODULES = [path for path in CODE if path.stem not in {"__init__", "__main__"}]
MAX_MODULES, MAX_LINES, MAX_FUNCTION_LINES = 10, 300, 40
UNUSUAL = """
    filer glance glanced glances heal healed healing heals hear heard hearing hears house
    houses judge judged judges judging leftover leftovers ledger ledgers lest look looked looking looks mend
    mended mending mends outlet outlets pulse pulses refusal refusals room rooms setback setbacks settled
    settling shelf shelves spool spooled spools stray strays tell telling tells told verdict verdicts
"""
"""Words for which docs/architecture.md and the field have a standard one."""
UNUSUAL_WORDS = frozenset(UNUSUAL.split())
ORDINARY = re.compile(r"\b(?:looks?|looked) (?:up|like)\b|\bno room\b|^settling$")
"""Such words in another sense; the last is what the log says of a file that is not stable yet."""
UNUSUAL_LIMITS = frozenset({"FEW", "MOST", "LONGEST"})
"""First parts of constants that are a limit: MAX_… says so."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def places_of_tests(module: Path) -> list[Path]:
    """Return where a module may be tested: by a unit test, or a module of a root by a test of the program."""
    name = {"__main__": "test_main.py", "__init__": "test_public_names.py"}.get(
        module.stem, f"test_{module.stem}.py"
    )
    places = [ROOT / "tests/unit" / module.parent.name / name]
    if module.parent.parent == ROOT:
        places.append(ROOT / "tests/end_to_end" / name)
    return places


def test_every_module_has_its_test() -> None:
    missing = {relative(path) for path in MODULES if not any(map(Path.exists, places_of_tests(path)))}
    assert missing == set()


def test_every_unit_test_has_its_module() -> None:
    mirrored = {place for module in CODE for place in places_of_tests(module)}
    found = sorted((ROOT / "tests/unit").rglob("test_*.py"))
    assert [relative(path) for path in found if path not in mirrored] == []


def test_a_folder_has_few_modules() -> None:
    sizes = Counter(relative(path.parent) for path in CODE if path.stem != "__init__")
    assert {folder: size for folder, size in sizes.items() if size > MAX_MODULES} == {}


def test_a_module_is_short() -> None:
    lines = {relative(path): len(path.read_text("utf-8").splitlines()) for path in CODE}
    assert {name: n for name, n in lines.items() if n > MAX_LINES} == {}


def test_a_function_is_short() -> None:
    found = {
        f"{relative(path)}:{node.lineno} {node.name}": lines
        for path in CODE
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert found == {}


def test_one_class_name_is_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for path in CODE:
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(relative(path))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """Each name that a module gives to something, with its line."""
    for node in nodes_of(path):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Each docstring and each other string of a module, with its line."""
    for node in nodes_of(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def unusual_words(path: Path) -> Iterator[str]:
    for line, name in identifiers(path):
        parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
        words = {part.lower() for part in parts} & UNUSUAL_WORDS
        if name.isupper() and parts and parts[0] in UNUSUAL_LIMITS:
            words.add(parts[0])
        yield from (f"{relative(path)}:{line} {name}: {word}" for word in words)
    for line, text in texts(path):
        words = set(re.findall(r"[a-z]+", ORDINARY.sub("", text.lower()))) & UNUSUAL_WORDS
        yield from (f"{relative(path)}:{line} text: {word}" for word in words)


def test_names_and_texts_use_the_words_of_the_field() -> None:
    assert [word for path in CODE for word in unusual_words(path)] == []
