"""The table of modules in docs/architecture.md, compared with the imports and calls of the code."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("watcher", "processing")
    for path in ROOT.glob(f"{package}/**/*.py")
    if path.name != "__init__.py" or path.parent.name == package
)
CELL = r"[^|]*"
TABLE = {
    module: permission
    for row in re.findall(
        rf"^\| (`{CELL}) \|{CELL}\|({CELL})\|$",
        (ROOT / "docs/architecture.md").read_text("utf-8"),
        re.MULTILINE,
    )
    for module, permission in [(row[0].strip("` "), row[1])]
}
PERMISSIONS = sorted({permission for cell in TABLE.values() for permission in re.findall(r"`([^`]+)`", cell)})
_EDGES = (
    "api __main__ generator/__main__ generator/days workers/local_pool workers/threads workers/worker "
    "workers/dask_pool batch/backfill batch/tasks batch/files batch/object_store storage system printing"
)
EDGES = {f"processing/{module}.py" for module in _EDGES.split()}
"""The modules of processing that read arguments, files or the clock, or start processes; no other does."""


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` of an attribute chain, None of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return None


def aliases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, with the full name of what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield (
                    (each.asname, each.name)
                    if each.asname
                    else (each.name.split(".")[0], each.name.split(".")[0])
                )
                yield "", each.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from ((each.asname or each.name, f"{node.module}.{each.name}") for each in node.names)


@cache
def used(module: str) -> frozenset[str]:
    """The full names of all that a module imports or reaches through what it imports."""
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    names = dict(aliases(tree))
    found = {full for _, full in aliases(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (chain := dotted(node)):
            first, _, rest = chain.partition(".")
            if first in names:
                found.add(f"{names[first]}.{rest}")
    return frozenset(found)


def uses(module: str, name: str) -> bool:
    return any(full == name or full.startswith(f"{name}.") for full in used(module))


def dependencies(module: str) -> set[str]:
    """The modules that a module imports."""
    names = {
        other.removesuffix(".py").removesuffix("/__init__").replace("/", "."): other for other in MODULES
    }
    full = used(module)
    return {
        other
        for name, other in names.items()
        if other != module
        and not other.endswith("/__init__.py")
        and any(f == name or f.startswith(f"{name}.") for f in full)
    }


def test_every_module_has_its_row_and_every_row_its_module() -> None:
    assert [module for module in MODULES if module not in TABLE] == []
    assert [module for module in TABLE if module not in MODULES] == []


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_is_used_only_by_the_modules_that_have_it(permission: str) -> None:
    assert {module for module in MODULES if uses(module, permission)} == {
        module for module, cell in TABLE.items() if f"`{permission}`" in cell
    }


def test_the_permissions_that_matter_are_in_the_table() -> None:
    assert {
        "os.environ",
        "sys.argv",
        "watchdog",
        "subprocess",
        "structlog.configure",
        "threading.Thread",
    } <= set(PERMISSIONS)


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("processing/")])
def test_processing_never_imports_watcher(module: str) -> None:
    assert not uses(module, "watcher")


@pytest.mark.parametrize(
    "module", sorted(m for m in MODULES if m.startswith("processing/") and m not in EDGES)
)
def test_processing_has_no_clock_no_log_no_environment(module: str) -> None:
    impure = [
        "os",
        "time",
        "logging",
        "structlog",
        "random",
        "threading",
        "subprocess",
        "datetime.datetime.now",
    ]
    assert [name for name in impure if uses(module, name)] == []


LAYERS = {
    package: re.findall(r"`([^`]+)`", cell)
    for package, cell in re.findall(
        rf"^\| ([a-z]+/[a-z]+)/ \|{CELL}\|({CELL})\|$",
        (ROOT / "docs/architecture.md").read_text("utf-8"),
        re.MULTILINE,
    )
}


def test_every_package_has_its_row() -> None:
    packages = {module.rpartition("/")[0] for module in MODULES if module.count("/") > 1}
    assert packages == set(LAYERS)


@pytest.mark.parametrize("package", LAYERS)
def test_a_package_imports_only_what_its_row_allows(package: str) -> None:
    everywhere = ["watcher.errors", "watcher.job", "watcher.settings"] if package[0] == "w" else []
    allowed = [package.replace("/", "."), *LAYERS[package], *everywhere]
    found = {
        (module, name)
        for module in MODULES
        if module.startswith(f"{package}/")
        for name in used(module)
        if name.startswith(("watcher.", "processing."))
    }
    assert {
        (module, name)
        for module, name in found
        if not any(name == each or name.startswith(f"{each}.") for each in allowed)
    } == set()


def test_figures_and_checks_never_import_each_other() -> None:
    apart = {
        "processing/checks/failure_causes.py",
        "processing/rows/gross_range.py",
        "processing/checks/statistical.py",
        "processing/metrics/formulas.py",
    }
    assert {module: dependencies(module) & apart for module in apart} == {module: set() for module in apart}


def test_no_module_imports_one_that_imports_it() -> None:
    order = TopologicalSorter({module: dependencies(module) for module in MODULES}).static_order()
    assert len(list(order)) == len(MODULES)


def test_the_daemon_starts_without_numpy() -> None:
    code = "import sys, watcher.cli, watcher.daemon; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
