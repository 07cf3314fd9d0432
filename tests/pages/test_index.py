"""The index in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from processing.html.index_page import index_page
from processing.model.digest import Digest, digest_of
from processing.model.rejection import ErrorDetails
from processing.model.result import encode
from tests.pages import material
from tests.pages.conftest import Open

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def digests() -> list[tuple[bytes, Digest]]:
    """Four days of two devices, one of them with faults, and a quarantined file with a hostile name."""
    clean = digest_of(encode(material.processed(material.CLEAN, b"roof/clean.csv")), quarantined=False)
    faulty = digest_of(encode(material.processed(material.FAULTY, b"barn/faulty.csv")), quarantined=False)
    days = [
        msgspec.structs.replace(
            clean,
            name=f"roof/day{number}.csv",
            start=f"2025-04-{number:02}T06:00:00",
            end=f"2025-04-{number:02}T23:00:00",
            hours={f"2025-04-{number:02}": {12: number / 10}},
            energy_kwh=number / 10,
        )
        for number in (2, 1, 3)
    ]
    fault = ErrorDetails(code="missing_columns", message="columns missing: <b>voltage</b>", line=1)
    rejected = Digest(name=material.HOSTILE.decode(), at="2025-04-21T07:00:00Z", error=fault)
    return [(b"page.html", one) for one in (*days, faulty, rejected)]


@pytest.fixture
def path(digests: list[tuple[bytes, Digest]], tmp_path: Path) -> Path:
    path = tmp_path / "index.html"
    path.write_text(index_page(lambda: digests), "utf-8")
    return path


def names(page: Any) -> list[str]:
    return list(
        page.eval_on_selector_all(
            "#list tbody a", "all => all.filter(a => a.offsetParent).map(a => a.textContent)"
        )
    )


def test_the_totals_are_the_sums(visit: Open, path: Path) -> None:
    page = visit(path)
    assert float(page.get_attribute("#tile-energy data", "value")) == pytest.approx(0.6 + 0.841487)
    assert page.get_attribute("#tile-files data", "value") == "4"
    assert page.get_attribute("#tile-quarantined data", "value") == "1"


def test_a_quarantined_file_has_its_reason_and_markup_stays_text(visit: Open, path: Path) -> None:
    page = visit(path)
    shown = page.inner_text("section:has(#quarantine)")
    assert material.HOSTILE.decode() in shown
    assert "columns missing: <b>voltage</b>" in shown
    assert page.locator("img").count() == 0


def test_devices_are_groups_and_columns_sort_within_them(visit: Open, path: Path) -> None:
    page = visit(path)
    assert names(page) == ["faulty.csv", "day1.csv", "day2.csv", "day3.csv"]
    page.click("th button:has-text('Energy')")
    page.click("th button:has-text('Energy')")
    assert names(page) == ["faulty.csv", "day3.csv", "day2.csv", "day1.csv"]
    assert page.get_attribute("th:has-text('Energy')", "aria-sort") == "descending"


def test_files_are_filtered_by_words_and_by_status(visit: Open, path: Path) -> None:
    page = visit(path)
    page.fill("#filter", "roof day2")
    assert names(page) == ["day2.csv"]
    page.fill("#filter", "")
    page.select_option("#status", "invalid")
    assert names(page) == ["faulty.csv"]


def test_the_heat_map_comes_with_the_third_day(visit: Open, path: Path, tmp_path: Path) -> None:
    assert visit(path).locator("path.q6").count() == 1
    two = material.write_index(tmp_path, [material.processed(material.CLEAN)])
    assert visit(two).locator("path.q6").count() == 0


@pytest.mark.parametrize("width", [320, 1200])
def test_no_layout_overflows(visit: Open, path: Path, width: int) -> None:
    page = visit(path, width=width)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Open, path: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(visit(path, color_scheme=scheme)).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found] == []


def test_an_empty_index_says_so(visit: Open, tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text(index_page(list), "utf-8")
    assert "Nothing has been processed yet" in visit(path).inner_text(".headline")


def test_the_index_holds_on_a_phone_in_the_dark_and_on_paper(visit: Open, path: Path) -> None:
    page = visit(path, width=390, color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 27)"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.set_viewport_size({"width": 700, "height": 900})
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator(".tools").is_hidden()


def test_the_index_is_complete_without_a_script(visit: Open, path: Path) -> None:
    page = visit(path, script=False)
    assert names(page) == ["faulty.csv", "day1.csv", "day2.csv", "day3.csv"]
    assert "columns missing" in page.inner_text("section:has(#quarantine)")
    assert page.locator("path.bar").count() == 5  # three days, and the two dates of the faulty file
    assert page.locator(".tools").is_hidden()


def test_bars_are_as_high_as_their_energy_and_the_anomalies_are_counted_by_check(
    visit: Open, path: Path
) -> None:
    page = visit(path)
    bars = {bar.text_content()[:10]: bar.bounding_box()["height"] for bar in page.locator("path.bar").all()}
    assert bars["2025-04-03"] / bars["2025-04-01"] == pytest.approx(0.3 / 0.1, rel=0.02)
    assert "1 gross range" in page.inner_text("#tile-anomalies")
