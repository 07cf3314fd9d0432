"""The packages table of docs/architecture.md, compared with the imports and calls of the code."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from processing.workers.local_pool import FOR_PAGES
from tests.support.sources import CODE, ROOT, nodes_of

MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in CODE
    if path.name != "__init__.py" or path.parent.parent == ROOT
)
CELL = r"[^|]*"
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
LAYERS = {
    package: re.findall(r"`([^`]+)`", cell)
    for package, cell in re.findall(rf"^\| ([a-z]+/[a-z]+)/ \|{CELL}\|({CELL})\|$", PAGE, re.MULTILINE)
}
PURE = (
    "model",
    "values",
    "naming",
    "head",
    "layout",
    "reading",
    "rows",
    "checks",
    "notes",
    "findings",
    "metrics",
    "totals",
    "html",
)
"""The packages of processing that know no clock, no log and no environment."""
MOVES = ("os.rename", "os.replace", "os.link", "os.unlink", "os.remove", "shutil")
PATH_MOVES = {"unlink", "rename", "hardlink_to", "symlink_to", "rmdir", "touch", "write_text", "write_bytes"}
"""Methods of pathlib.Path that change a folder. `replace` has its own rule: str has a method of that name."""
PERMISSIONS = {
    "os.environ": ["watcher/settings.py", "processing/workers/worker_process.py"],
    "structlog": ["watcher/monitoring/log_setup.py"],
    "logging": ["watcher/monitoring/log_setup.py", "watcher/monitoring/log_writer.py"],
    "watchdog": ["watcher/discovery/events.py"],
    "os.fork": ["watcher/system/hung_exit.py"],
    "subprocess": ["processing/workers/worker_process.py"],
    "distributed": ["processing/workers/dask_pool.py"],
    "fsspec": ["processing/batch/object_store.py"],
}
"""What only these modules use."""


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` of an attribute chain, None of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return None


def aliases(module: str) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, with the full name of what it stands for."""
    for node in nodes_of(ROOT / module):
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
    bound = list(aliases(module))
    names, found = dict(bound), {full for _, full in bound}
    for node in nodes_of(ROOT / module):
        if isinstance(node, ast.Attribute) and (chain := dotted(node)):
            first, _, rest = chain.partition(".")
            if first in names:
                found.add(f"{names[first]}.{rest}")
    return frozenset(found)


def uses(module: str, name: str) -> bool:
    return any(full == name or full.startswith(f"{name}.") for full in used(module))


@cache
def modules_by_name() -> dict[str, str]:
    """Each module by its name in imports; none for a package."""
    names = {
        other.removesuffix(".py").removesuffix("/__init__").replace("/", "."): other for other in MODULES
    }
    return {name: other for name, other in names.items() if not other.endswith("/__init__.py")}


def dependencies(module: str) -> set[str]:
    """The modules that a module imports."""
    names = {
        ".".join(parts[:end])
        for full in used(module)
        if (parts := full.split("."))
        for end in range(len(parts) + 1)
    }
    return {other for name, other in modules_by_name().items() if name in names and other != module}


def test_only_the_named_modules_use_it() -> None:
    users = {name: [module for module in MODULES if uses(module, name)] for name in PERMISSIONS}
    assert users == {name: sorted(modules) for name, modules in PERMISSIONS.items()}


def moves_files(module: str) -> bool:
    """Whether a module renames, links, removes or writes files by itself, with `os`, `shutil` or a Path."""
    calls = [node for node in nodes_of(ROOT / module) if isinstance(node, ast.Call)]
    methods = [call.func for call in calls if isinstance(call.func, ast.Attribute)]
    replaces = [
        call
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "replace"
        and len(call.args) == 1
        and not call.keywords
    ]
    on_seam = {"fs", "_fs", "calls", "_filesystem"}  # a FileSystem, whose use the packages table limits
    return (
        any(uses(module, name) for name in MOVES)
        or bool(replaces)
        or any(
            method.attr in PATH_MOVES and (dotted(method.value) or "path").rpartition(".")[2] not in on_seam
            for method in methods
        )
    )


def test_only_one_module_of_watcher_moves_files() -> None:
    assert [module for module in MODULES if module.startswith("watcher/") and moves_files(module)] == [
        "watcher/system/filesystem.py"
    ]


def test_only_filing_moves_files_through_that_module() -> None:
    callers = {
        module
        for module in MODULES
        for node in nodes_of(ROOT / module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"rename", "link"}
    }
    elsewhere = {module for module in callers if not module.startswith(("watcher/filing/", "processing/"))}
    assert elsewhere <= {"watcher/system/filesystem.py"}


def test_processing_never_imports_watcher() -> None:
    modules = [module for module in MODULES if module.startswith("processing/")]
    assert [module for module in modules if uses(module, "watcher")] == []


def test_processing_has_no_clock_no_log_no_environment() -> None:
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
    modules = [module for module in MODULES if module.split("/")[1] in PURE]
    assert [(module, name) for module in modules for name in impure if uses(module, name)] == []


def test_every_package_has_its_row() -> None:
    packages = {module.rpartition("/")[0] for module in MODULES if module.count("/") > 1}
    assert packages == set(LAYERS)


@pytest.mark.parametrize("root", ["watcher", "processing"])
def test_the_row_of_a_root_names_its_modules(root: str) -> None:
    (cell,) = re.findall(rf"^\| {root}/ \|({CELL})\|", PAGE, re.MULTILINE)
    modules = {Path(module).stem for module in MODULES if Path(module).parent == Path(root)}
    assert set(re.findall(r"`([a-z_]+)`", cell)) == modules - {"__init__", "__main__"}


def test_a_package_imports_only_what_its_row_allows() -> None:
    found = set()
    for package, row in LAYERS.items():
        everywhere = ["watcher.errors", "watcher.job", "watcher.settings"] if package[0] == "w" else []
        allowed = [package.replace("/", "."), *row, *everywhere]
        found |= {
            (module, name)
            for module in MODULES
            if module.startswith(f"{package}/")
            for name in used(module)
            if name.startswith(("watcher.", "processing."))
            and not any(name == each or name.startswith(f"{each}.") for each in allowed)
        }
    assert found == set()


def test_figures_and_checks_never_import_each_other() -> None:
    apart = {
        "processing/checks/failing.py",
        "processing/rows/limits.py",
        "processing/checks/statistical.py",
        "processing/metrics/formulas.py",
    }
    assert {module: dependencies(module) & apart for module in apart} == {module: set() for module in apart}


def test_no_module_imports_one_that_imports_it() -> None:
    order = TopologicalSorter({module: dependencies(module) for module in MODULES}).static_order()
    assert len(list(order)) == len(MODULES)


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        ("watcher.cli, watcher.daemon", {"numpy", "rich", "jinja2"}),
        (f"{FOR_PAGES}, watcher.reporting.page_drawing, processing.batch.tasks", {"numpy", "rich"}),
    ],
    ids=["a daemon", "a worker that draws pages"],
)
def test_it_starts_without_large_libraries(modules: str, absent: set[str]) -> None:
    code = f"import sys, {modules}; print({absent} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_default_file_needs_no_module_that_detects_other_formats() -> None:
    rows = "2025-06-10T12:00:00,24,5,20,120\\n2025-06-10T12:05:00,24,x,20,120\\n" + "".join(
        f"2025-06-10T13:{minute}:00,24,5,20,120\\n" for minute in range(10, 60)
    )
    code = f"""
import io, sys
from processing.formats.toml_files import shipped
from processing.model.profile import DEFAULT
from processing.pipeline import process
data = b"timestamp,voltage,current,temperature,power\\n{rows}"
found = process(io.BytesIO(data), DEFAULT, name=b"x", processed_at="2025-07-01T00:00:00Z", shipped=shipped)
detecting = "processing.naming", "processing.proposals", "processing.plausibility."
loaded = sorted(name.removeprefix(detecting[2]) for name in sys.modules if name.startswith(detecting))
print(found.records_invalid, loaded, shipped.cache_info().misses)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "1 ['rejected_rows', 'sides', 'sizes_and_signs', 'usable'] 0\n"
