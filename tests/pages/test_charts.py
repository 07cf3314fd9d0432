"""The pictures of a file's page, measured in a real browser against the file's record."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from processing.model.result import encode
from tests.pages import material
from tests.pages.conftest import Open

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    """The faulty day as JSON: 24 h from 06:00 on."""
    decoded: dict[str, Any] = json.loads(encode(material.processed(material.FAULTY)))
    return decoded


@pytest.fixture
def page(visit: Open, tmp_path: Path) -> Any:
    return visit(material.write_page(tmp_path, material.processed(material.FAULTY)))


def height_of(page: Any, channel: str, value: float) -> float:
    """Where a value lies by the numbers of its axis, in pixels from the top of the page."""
    places = page.eval_on_selector_all(
        f"#{channel} svg.y text",
        "all => all.map(t => [+t.textContent, t.ownerSVGElement.getBoundingClientRect().y +"
        " parseFloat(t.getAttribute('y')) / 100 * t.ownerSVGElement.getBoundingClientRect().height])",
    )
    (low, y_low), (high, y_high) = places[0], places[-1]
    return float(y_low + (value - low) * (y_high - y_low) / (high - low))


def box(page: Any, selector: str) -> dict[str, float]:
    found: dict[str, float] = page.locator(selector).bounding_box()
    return found


@pytest.mark.parametrize(("channel", "low", "high"), [("voltage", 18, 32), ("temperature", -10, 80)])
def test_limits_are_lines_where_the_axis_says_and_bands_beyond_them(
    page: Any, channel: str, low: float, high: float
) -> None:
    upper, lower = page.locator(f"#{channel} line.limit").all()
    assert upper.bounding_box()["y"] == pytest.approx(height_of(page, channel, high), abs=1.5)
    assert lower.bounding_box()["y"] == pytest.approx(height_of(page, channel, low), abs=1.5)
    above, below = (band.bounding_box() for band in page.locator(f"#{channel} rect.band").all())
    plot = box(page, f"#{channel} svg.plot")
    assert above["y"] == pytest.approx(plot["y"], abs=1)
    assert above["y"] + above["height"] == pytest.approx(height_of(page, channel, high), abs=1.5)
    assert below["y"] == pytest.approx(height_of(page, channel, low), abs=1.5)
    assert below["y"] + below["height"] == pytest.approx(plot["y"] + plot["height"], abs=1)


def test_power_fills_its_picture_and_shows_a_limit_beyond_it(page: Any, record: dict[str, Any]) -> None:
    peak, plot = height_of(page, "power", record["metrics"]["peak_power_w"]), box(page, "#power svg.plot")
    assert peak - plot["y"] < 0.15 * plot["height"]
    assert page.text_content("#power .limit-text") == "limit 384 W is above \N{UPWARDS ARROW}"
    assert page.locator("#power line.limit").count() == 0


def test_the_peak_hour_alone_is_marked_and_bars_sum_to_the_energy(page: Any, record: dict[str, Any]) -> None:
    metrics = record["metrics"]
    titles = page.eval_on_selector_all("#energy path.bar title", "all => all.map(t => t.textContent)")
    sum_wh = sum(float(re.search(r": ([\d.]+) Wh", title)[1]) for title in titles)  # type: ignore[index]
    assert sum_wh / 1000 == pytest.approx(metrics["total_energy_kwh"], abs=0.05 * len(titles) / 1000)
    assert page.locator("#energy path.bar.peak").count() == 1
    hour = metrics["peak_power_hour"][11:16]
    assert page.text_content("#energy path.bar.peak title").startswith(f"{hour}: ")
    plot, bar = box(page, "#energy svg.plot"), box(page, "#energy path.bar.peak")
    middle = (bar["x"] + bar["width"] / 2 - plot["x"]) / plot["width"] * 24 + 6
    assert middle == pytest.approx(int(hour[:2]) + 0.5, abs=0.05)
    label = box(page, "#energy .peak-text")
    assert label["x"] + label["width"] / 2 == pytest.approx(bar["x"] + bar["width"] / 2, abs=2)


@pytest.mark.parametrize(("flag", "kind"), [("3", "suspect"), ("4", "invalid")])
def test_strips_have_the_colour_of_each_stretch_of_flags(
    page: Any, record: dict[str, Any], flag: str, kind: str
) -> None:
    series = record["series"]
    for at, name in enumerate(("power", "voltage", "current", "temperature")):
        runs, start = [], 0
        for own, run in itertools.groupby(series["flags"][name]):
            length = len(list(run))
            runs += [series["seconds"][start]] if own == flag else []
            start += length
        drawn = page.locator("#flags .chart").nth(at).locator(f"path.strip.{kind}")
        outline = drawn.get_attribute("d") if drawn.count() else ""
        assert [float(x) for x in re.findall(r"M([\d.]+) 0", outline)] == runs


def test_the_spike_of_12_45_colours_the_strip_of_voltage_below_its_place(page: Any) -> None:
    strip = page.locator("#flags .chart").nth(1).locator("path.strip.suspect")
    assert "M24300 0h300v1000" in strip.get_attribute("d")  # 6 h 45 min after 06:00, for 300 s
    plots = [box(page, f"#{name} svg.plot") for name in ("power", "voltage")]
    flags = page.locator("#flags .chart svg.plot").nth(1).bounding_box()
    for plot in plots:
        assert (plot["x"], plot["width"]) == (flags["x"], flags["width"])


def test_the_record_the_index_and_the_limits_used_are_on_the_page(page: Any, record: dict[str, Any]) -> None:
    links = page.eval_on_selector_all("nav a", "all => all.map(a => a.getAttribute('href'))")
    assert links == ["index.html", "page.json"]
    shown = page.inner_text("section:has(#basis)")
    assert f"profile \N{LEFT DOUBLE QUOTATION MARK}{record['profile']['name']}" in shown
    assert "Energy, Wh" not in shown  # the file has none
    for name in ("voltage", "current", "temperature", "power"):
        limit = record["profile"]["limits"][name]
        row = page.inner_text(f"section:has(#basis) tr:has-text('{name.capitalize()}')")
        assert f"{limit['min']:g} \N{HORIZONTAL ELLIPSIS} {limit['max']:g}" in row


def test_dragging_zooms_to_what_was_dragged_over_and_a_double_click_goes_back(page: Any) -> None:
    page.locator("#power svg.plot").scroll_into_view_if_needed()
    plot = box(page, "#power svg.plot")
    y = plot["y"] + plot["height"] / 2
    page.mouse.move(plot["x"] + plot["width"] / 4, y)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] / 3, y)
    page.mouse.move(plot["x"] + plot["width"] / 2, y)
    page.mouse.up()
    left, _, width, _ = map(float, page.get_attribute("#power svg.scaled", "viewBox").split())
    assert (left, width) == (pytest.approx(21_600, abs=200), pytest.approx(21_600, abs=300))
    assert page.text_content("#voltage svg.x").startswith("12:00")
    page.mouse.dblclick(plot["x"] + plot["width"] / 2, y)
    assert page.get_attribute("#power svg.scaled", "viewBox") == "0 0 86400 1000"


def test_on_a_wall_the_whole_story_and_the_day_are_on_the_first_screen(visit: Open, tmp_path: Path) -> None:
    page = visit(material.write_page(tmp_path, material.processed(material.FAULTY)), width=1920)
    page.set_viewport_size({"width": 1920, "height": 1080})
    assert box(page, "section:has(#wrong)")["y"] < 1080 / 2
    plot = box(page, "#power svg.plot")
    assert plot["y"] + plot["height"] < 1080
