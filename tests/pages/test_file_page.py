"""A file's page in a real browser: what it says, what it reacts to, how it holds in odd cases."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from typing import Any

import pytest

from processing import Result
from tests.pages import material
from tests.pages.conftest import Open

pytestmark = pytest.mark.long
DAY = 86_400


def sunny(seconds: int) -> float:
    """Watts of a cloudless day that starts at 06:00, which tremble a little."""
    if seconds % DAY >= DAY / 2:
        return 0.0
    return 150 * math.sin(math.pi * (seconds % DAY) / (DAY / 2)) * (1 + seconds * 3 % 7 / 1000)


@pytest.fixture(scope="module")
def faulty() -> Result:
    return material.processed(material.FAULTY)


@pytest.fixture
def page(visit: Open, faulty: Result, tmp_path: Path) -> Any:
    return visit(material.write_page(tmp_path, faulty))


def tile(page: Any, name: str) -> str:
    return str(page.get_attribute(f"#tile-{name} data.figure", "value"))


PLACES_OF_MARKS = """selector => {
    const path = document.querySelector(selector), matrix = path.getScreenCTM();
    const dots = [...path.getAttribute("d").matchAll(/M([^ ]+) ([^h]+)h0/g)];
    return dots.map(([, x, y]) => new DOMPoint(+x, +y).matrixTransform(matrix)).map(at => [at.x, at.y]);
}"""


def marks_of(page: Any, selector: str) -> int:
    return len(page.evaluate(PLACES_OF_MARKS, selector))


def overflow(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_the_tiles_equal_the_record(page: Any, faulty: Result) -> None:
    metrics = faulty.metrics
    assert float(tile(page, "energy")) == metrics.total_energy_kwh
    assert float(tile(page, "peak-power")) == metrics.peak_power_w
    assert tile(page, "peak-hour") == metrics.peak_power_hour
    assert float(tile(page, "availability")) == faulty.quality.data_availability
    assert int(tile(page, "rows")) == faulty.records_total
    assert float(tile(page, "specific-yield")) == metrics.specific_yield_kwh_per_kw
    assert page.get_attribute(".rows-invalid", "value") == str(faulty.records_invalid)
    assert page.get_attribute(".rows-suspect", "value") == str(faulty.records_suspect)


def test_a_flagged_point_is_where_it_belongs(page: Any) -> None:
    # the spike of 20.466 V at 12:45, 6 h 45 min into 24 h
    box = page.evaluate("document.querySelector('#voltage svg.plot').getBoundingClientRect().toJSON()")
    marks = page.evaluate(PLACES_OF_MARKS, "#voltage .mark.suspect")
    expected = box["x"] + box["width"] * 6.75 / 24
    lowest = max(marks, key=lambda mark: mark[1])
    assert lowest[0] == pytest.approx(expected, abs=2)
    assert marks_of(page, "#power .mark.invalid") == 4


def test_a_gap_is_drawn_as_a_gap(page: Any) -> None:
    # rows end at 03:25 and begin again at 04:30: 77,100 and 81,000 s into the file
    assert page.get_attribute("#power path.gap", "d") == "M77400 0h3600v1000h-3600Z"


def test_hovering_shows_the_reading_and_its_anomaly(page: Any) -> None:
    plot = page.locator("#voltage svg.plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 6.75 / 24, box["y"] + 40)
    shown = page.inner_text("#tip")
    assert "12:45" in shown
    assert "voltage 20.466 V, suspect" in shown
    assert "is a spike" in shown


def test_the_keyboard_walks_and_finds_flagged_readings(page: Any) -> None:
    page.focus("#power svg.plot")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert "06:05" in page.inner_text("#tip")
    page.keyboard.press("n")
    assert "08:25" in page.get_attribute("#power svg.plot", "aria-valuetext")
    page.keyboard.press("Escape")
    assert page.is_hidden("#tip")


def test_zooming_moves_axis_and_marks_and_goes_back(page: Any) -> None:
    before = page.text_content("#power svg.x")
    page.focus("#power svg.plot")
    page.keyboard.press("n")
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert page.text_content("#power svg.x") != before
    page.keyboard.press("0")
    assert page.text_content("#power svg.x") == before


def test_a_click_in_the_table_shows_the_place(page: Any) -> None:
    page.click("tr:has-text('is a spike') td.message")
    assert page.evaluate("document.activeElement.closest('figure').id") == "voltage"
    assert "12:45" in page.inner_text("#tip")
    assert page.locator("tr.on").count() == 2  # the spike, and the same row as an outlier


def test_the_page_is_complete_without_a_script(visit: Open, faulty: Result, tmp_path: Path) -> None:
    page = visit(material.write_page(tmp_path, faulty), script=False)
    assert page.inner_text(".headline").strip() == "0.84 kWh. Of 288 rows: 4 invalid, 12 suspect, 12 missing."
    assert page.locator("#power path.line").get_attribute("d")
    assert marks_of(page, "#power .mark.invalid") + marks_of(page, "#power .mark.suspect") == 16
    assert page.locator(".tools").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1200])
def test_no_layout_overflows(visit: Open, faulty: Result, tmp_path: Path, width: int, scheme: str) -> None:
    page = visit(material.write_page(tmp_path, faulty), width=width, color_scheme=scheme)
    assert overflow(page) <= 0
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(15, 20, 27)") == (scheme == "dark")


def test_paper_is_white_and_not_overflown(visit: Open, faulty: Result, tmp_path: Path) -> None:
    page = visit(material.write_page(tmp_path, faulty), width=700, color_scheme="dark")
    page.emulate_media(media="print")
    assert overflow(page) <= 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Open, faulty: Result, tmp_path: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(material.write_page(tmp_path, faulty), color_scheme=scheme)
    found = axe.run(page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found] == []


def test_names_and_cells_full_of_markup_show_as_text(visit: Open, tmp_path: Path) -> None:
    cell = b"<script>alert(1)</script>"
    content = material.CLEAN.replace(b",24.111,", b"," + cell + b",", 1)
    assert cell in content
    page = visit(material.write_page(tmp_path, material.processed(content, name=material.HOSTILE)))
    assert page.inner_text("h1") == material.HOSTILE.decode()
    page.click("summary")
    assert cell.decode() in page.inner_text("details")
    assert page.locator("img").count() == 0


def test_a_name_that_is_not_text_shows_its_bytes(visit: Open, tmp_path: Path) -> None:
    page = visit(material.write_page(tmp_path, material.processed(material.CLEAN, name=b"caf\xe9.csv")))
    assert page.inner_text("h1") == "caf\\xe9.csv"


def test_one_row_is_a_page(visit: Open, tmp_path: Path) -> None:
    page = visit(material.write_page(tmp_path, material.processed(material.rows([(0, 60.0)]))))
    assert float(tile(page, "energy")) == 0.005  # 60 W for 300 s
    assert page.locator("#power path.line").get_attribute("d").endswith("h0")


def test_a_night_without_power_is_all_shaded(visit: Open, tmp_path: Path) -> None:
    night = material.rows(((at, 0.0) for at in range(0, 21_600, 300)), start="2025-04-15T21:00:00")
    page = visit(material.write_page(tmp_path, material.processed(night)))
    assert page.get_attribute("#power path.night", "d") == "M0 0h21600v1000h-21600Z"
    assert page.inner_text("#tile-peak-hour data") == "\N{EN DASH}"


def test_a_day_by_the_second_keeps_its_size_and_its_spike(visit: Open, tmp_path: Path) -> None:
    content = material.rows((at, sunny(at)) for at in range(DAY))
    spiked = re.sub(rb"(T08:00:01),25...,", rb"\1,31.00,", content)
    assert spiked != content
    path = material.write_page(tmp_path, material.processed(spiked))
    assert path.stat().st_size <= 400_000
    page = visit(path)
    assert marks_of(page, "#voltage .mark.suspect") >= 1


@pytest.mark.timeout(120)
def test_a_million_rows_keep_extremes_and_flagged_points(visit: Open, tmp_path: Path) -> None:
    content = material.rows((at, sunny(at)) for at in range(1_000_000))
    content = re.sub(rb"(2025-04-20T12:00:00),25...,", rb"\1,58.00,", content)
    result = material.processed(material.packed(content), name=b"roof/long.csv.gz")
    path = material.write_page(tmp_path, result)
    assert path.stat().st_size <= 600_000
    page = visit(path)
    assert marks_of(page, "#voltage .mark.invalid") == 1
    series = page.evaluate("JSON.parse(document.getElementById('readings').textContent).values.power")
    assert max(value for value in series if value is not None) == result.metrics.peak_power_w


@pytest.mark.timeout(120)
@pytest.mark.parametrize("flagged", [500_000, 1_000_000])
def test_a_million_rows_that_are_flagged_make_a_page_of_a_usual_size(
    visit: Open, tmp_path: Path, flagged: int
) -> None:
    content = material.rows((at, 100.0 + at % 5) for at in range(1_000_000))
    lines = content.splitlines(keepends=True)
    wrong = [line.rpartition(b",")[0] + b",180.00\n" for line in lines[1 : flagged + 1]]
    content = b"".join([lines[0], *wrong, *lines[flagged + 1 :]])
    content = re.sub(rb"(2025-04-16T12:00:00),25...,", rb"\1,58.00,", content)
    path = material.write_page(
        tmp_path, material.processed(material.packed(content), name=b"roof/long.csv.gz")
    )
    assert path.stat().st_size <= 400_000
    page = visit(path)
    assert marks_of(page, "#voltage .mark.invalid") == 1
    places = page.evaluate(PLACES_OF_MARKS, "#power .mark.suspect")
    box = page.locator("#power svg.plot").bounding_box()
    until = box["x"] + box["width"] * flagged / 1_000_000  # after that only nights are flagged
    across = sorted({x for x, _ in places if x <= until})
    assert max(b - a for a, b in itertools.pairwise(across)) < 9  # a mark's own width: none is missed
    assert (across[0], across[-1]) == (pytest.approx(box["x"], abs=8), pytest.approx(until, abs=8))


def test_three_hundred_anomalies_are_all_in_the_table(visit: Open, tmp_path: Path) -> None:
    readings = [(at * 300, 60.0 + at % 7) for at in range(900)]
    lines = material.rows(readings).splitlines(keepends=True)
    for number in range(1, 900, 3):
        lines[number] = re.sub(rb",25...,", b",35.50,", lines[number])
    page = visit(material.write_page(tmp_path, material.processed(b"".join(lines))))
    assert page.locator("tr:has-text('above 32 V')").count() >= 300
    assert overflow(page) <= 0
