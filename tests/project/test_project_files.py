"""What the files around the code promise: locks, workflows, image, Makefile, and the commands in the docs."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from benchmarks.page import written

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.txt", *sorted(f"requirements/{path.name}" for path in ROOT.glob("requirements/*"))]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, set[str]]:
    """Package name → its pinned versions (one for each marker)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9.-]+)==([^ ;]+)", text(lock), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_every_locked_package_has_its_hashes() -> None:
    for lock in LOCKS:
        blocks = re.split(r"^(?=[a-z])", text(lock), flags=re.MULTILINE)[1:]
        assert blocks
        assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == [], lock


def test_a_lock_names_no_place_to_fetch_from() -> None:
    place = r"://|--(?:extra-)?index|--find-links|--trusted-host|@ ?file"
    assert [lock for lock in LOCKS if re.search(place, text(lock))] == []


def test_the_image_installs_the_versions_that_were_tested() -> None:
    tested = pins("requirements.txt")
    assert {name: tested.get(name) for name in pins("requirements/image.txt")} == pins(
        "requirements/image.txt"
    )


def test_the_locks_hold_all_that_the_project_asks_for() -> None:
    project = tomllib.loads(text("pyproject.toml"))
    asked = {
        "requirements/image.txt": project["project"]["dependencies"],
        "requirements.txt": project["project"]["optional-dependencies"]["test"],
        "requirements/dev.txt": project["dependency-groups"]["dev"],
        "requirements/cluster.txt": [
            each for extra in ("dask", "s3") for each in project["project"]["optional-dependencies"][extra]
        ],
        "requirements/cluster-test.txt": project["dependency-groups"]["cluster"],
        "requirements/oracles.txt": project["dependency-groups"]["oracles"],
        "requirements/fuzz.txt": project["dependency-groups"]["fuzz"],
    }
    for lock, wanted in asked.items():
        names = {re.split(r"[<>=~!; \[]", line)[0].lower().replace("_", "-") for line in wanted}
        assert names - pins(lock).keys() == set(), f"{lock}: run make lock"


def run_blocks(workflow: Path) -> list[str]:
    """The shell text of every `run:` step."""
    blocks, lines = [], workflow.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        match = re.match(r"( *)(?:- )?run: (.*)", line)
        if match is None:
            continue
        body = [match[2]]
        for after in lines[number + 1 :]:
            if after.strip() and len(after) - len(after.lstrip()) <= len(match[1]):
                break
            body.append(after)
        blocks.append("\n".join(body))
    return blocks


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_and_says_its_version(workflow: Path) -> None:
    uses = re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8"))
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v[0-9.]+", use)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_expression_is_pasted_into_a_shell(workflow: Path) -> None:
    blocks = run_blocks(workflow)
    assert blocks
    assert [block for block in blocks if "${{" in block] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_keeps_no_credentials(workflow: Path) -> None:
    lines = workflow.read_text(encoding="utf-8")
    assert re.search(r"^permissions:\n  contents: read\n\n", lines, re.MULTILINE)
    writes = re.findall(r"^ +(\w+): write", lines, re.MULTILINE)
    assert writes == (["packages", "contents", "packages"] if workflow.name == "release.yml" else [])
    assert lines.count("actions/checkout@") == lines.count("persist-credentials: false")


def test_a_failed_test_does_not_keep_the_pipeline_from_processing_a_push() -> None:
    after = text(".github/workflows/pipeline.yml").partition("\njobs:\n")[2]
    jobs = re.split(r"^  (?=[a-z]+:)", after, flags=re.MULTILINE)
    tests, process = (next(job for job in jobs if word in job) for word in ("run: pytest", "docker run"))
    assert tests is not process
    assert "needs:" not in process


def test_the_image_takes_only_hashed_wheels_and_runs_as_an_ordinary_user() -> None:
    dockerfile = text("Dockerfile")
    assert "--require-hashes --only-binary :all: -r lock.txt" in dockerfile
    assert "\nUSER 1000:1000\n" in dockerfile
    assert '\nENTRYPOINT ["python", "-m", "watcher"]\n' in dockerfile


def test_the_compose_file_restarts_and_limits_the_container() -> None:
    lines = {line.strip() for line in text("docker-compose.yml").splitlines()}
    assert lines >= {
        'user: "${UID:-1000}:${GID:-1000}"',
        "restart: unless-stopped",
        "target: /app/data",
        "read_only: true",
        "cap_drop: [ALL]",
        "- no-new-privileges:true",
        "pids_limit: 128",
        "mem_limit: 1g",
        "max-size: 10m",
    }


def test_the_page_about_speed_shows_what_was_recorded() -> None:
    page = text("docs/performance.md")
    recorded = json.loads(text("benchmarks/recorded.json"))
    assert recorded["rows"]
    assert page == written(page, recorded), "run python -m benchmarks.page"


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.MULTILINE))


def test_every_make_target_that_a_page_names_exists() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = re.findall(r"(?:^|`|\$ )make ([a-z-]+)", pages, re.MULTILINE)
    assert named
    assert set(named) - targets() == set()


def test_every_long_test_is_in_a_suite_that_ci_runs() -> None:
    suites = re.findall(r'^([a-z-]+):.*\n.*pytest (.*) -m "long or not long"', text("Makefile"), re.MULTILINE)
    run = re.findall(r"[a-z]+-[a-z]+", text(".github/workflows/nightly.yml") + text(".ci/check"))
    folders = {Path(word) for name, words in suites if name in run for word in words.split()}
    modules = [
        path
        for path in ROOT.glob("tests/**/test_*.py")
        if re.search(r"mark\.long\b", path.read_text(encoding="utf-8"))
    ]
    assert modules
    assert [path for path in modules if not folders & {*path.relative_to(ROOT).parents}] == []


def test_every_link_to_a_file_leads_somewhere() -> None:
    links = {
        page.parent / link
        for page in PAGES
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    }
    assert links
    assert [link for link in links if not link.exists()] == []


with_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").touch()
    fresh = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        ["make", *words], cwd=folder, env=fresh, capture_output=True, text=True, check=False
    )


def fake_python(folder: Path, body: str) -> str:
    path = folder / "fake-python"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@with_make
def test_make_help_lists_the_targets(tmp_path: Path) -> None:
    done = make(tmp_path, "help")
    assert done.stderr == "", "a target is defined twice?"
    listed = set(re.findall(r"^  make ([a-z-]+) ", done.stdout, re.MULTILINE))
    assert listed == targets()
    assert {"help", "run", "test", "once", "sample", "lint", "bench", "image", "lock"} <= listed


@with_make
def test_make_says_what_to_install_where_venv_is_missing(tmp_path: Path) -> None:
    python = fake_python(tmp_path, 'case "$2" in *ensurepip*) exit 1;; esac')
    done = make(tmp_path, "run", f"PYTHON={python}")
    assert done.returncode == 2
    assert "sudo apt-get install python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


@with_make
def test_make_says_which_python_it_wants_where_the_python_is_too_old(tmp_path: Path) -> None:
    python = fake_python(tmp_path, 'case "$2" in *version_info*) exit 1;; esac; echo Python 3.9.2')
    done = make(tmp_path, "run", f"PYTHON={python}")
    assert done.returncode == 2
    assert "Python 3.11 or newer is needed, Python 3.9.2 is" in done.stderr


@with_make
def test_make_names_a_python_that_is_missing(tmp_path: Path) -> None:
    done = make(tmp_path, "run", "PYTHON=no-such-python")
    assert done.returncode == 2
    assert "no-such-python is missing" in done.stderr


@with_make
@pytest.mark.parametrize(
    ("target", "environment", "made"),
    [
        ("run", ".venv", []),
        ("lint", ".venv", ["made"]),
        ("test-oracles", ".venv-oracles", []),
        ("fuzz", ".venv-fuzz", []),
    ],
)
def test_make_leaves_an_environment_alone_that_is_a_link(
    tmp_path: Path, target: str, environment: str, made: list[str]
) -> None:
    tree, shared = tmp_path / "tree", tmp_path / "shared"
    (tree / "requirements").mkdir(parents=True)
    for lock in ("dev", "oracles", "fuzz"):
        (tree / f"requirements/{lock}.txt").touch()
    (shared / "bin").mkdir(parents=True)
    shutil.copy(fake_python(tmp_path, f"echo changed > {shared}/changed"), shared / "bin/python")
    (tree / environment).symlink_to(shared)
    (tree / "requirements.txt").touch()
    for name in made:
        (shared / name).touch()
        os.utime(shared / name, (2e9, 2e9))  # newer than its lock
    before = sorted(shared.rglob("*"))
    done = make(tree, target, f"PYTHON={fake_python(tmp_path, 'rm -rf ' + str(shared))}")
    assert done.returncode == 2
    assert f"make: {environment} is a link to {shared}" in done.stderr
    assert sorted(shared.rglob("*")) == before


def test_the_scripts_of_ci_can_be_run_and_stop_at_errors() -> None:
    scripts = sorted((ROOT / ".ci").iterdir())
    assert scripts
    assert [script for script in scripts if not os.access(script, os.X_OK)] == []
    assert [script for script in scripts if "\nset -euo pipefail\n" not in script.read_text("utf-8")] == []


def test_each_test_that_a_document_names_as_its_proof_exists() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
    names = set(re.findall(r"`(test_\w+)`", "\n".join(map(Path.read_text, PAGES))))
    assert len(names) >= len(["decide", "steady", "publish", "file", "settle"])  # the steps of durability.md
    assert sorted(name for name in names if f"def {name}(" not in code) == []


def test_no_page_or_message_installs_the_package_of_another() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert (project["name"], list(project["scripts"])) == ("tarucca-processor", ["solar-watcher"])
    sources = [path for part in ("watcher", "processing", "deploy") for path in (ROOT / part).rglob("*.*")]
    pages = [path for path in (*PAGES, *sources) if path.suffix in {".md", ".py", ".yml", ".html"}]
    named = [path for path in pages if re.search(r"pip install '?watcher|watcher\[", path.read_text("utf-8"))]
    assert named == []


def test_the_wheel_has_all_files_of_the_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    data = project["tool"]["setuptools"]["package-data"]
    listed = [
        path
        for package, patterns in data.items()
        for each in patterns
        for path in ROOT.glob(f"{package.replace('.', '/')}/{each}")
    ]
    found = [
        path
        for package in ("watcher", "processing")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    ]
    assert found
    assert sorted(found) == sorted(listed)
    unsuffixed = [each for patterns in data.values() for each in patterns if not Path(each).suffix]
    assert unsuffixed == [], "it would take a __pycache__ that an older version left"
