"""How pages are rendered: escaped text, their own style and script only, templates that are compiled once."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from pathlib import Path

import msgspec
import pytest

from processing.html import file_page
from processing.html.file_page import failed_page, templates
from processing.html.file_page import file_page as page_of
from tests.support.small_files import PLAIN, profile, result


def page() -> str:
    return failed_page("<b>torn & cut</b>", b"processed/roof/x.json")


def test_text_is_escaped() -> None:
    assert "&lt;b&gt;torn &amp; cut&lt;/b&gt;" in page()


def test_the_cells_that_fill_a_pattern_are_escaped() -> None:
    filled = templates().from_string("{{ rows|filled('<b x=\"%s%%\">%s</b>') }}")
    assert filled.render(rows=[(1.5, "<i>"), ('"', "5 %s")]) == (
        '<b x="1.5%">&lt;i&gt;</b><b x="&#34;%">5 %s</b>'
    )
    assert filled.render(rows=[]) == ""


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_no_other() -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page())
    assert policy.startswith("default-src 'none'; ")
    for kind in ("style", "script"):
        (content,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page(), re.DOTALL)
        expected = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{expected}';" in policy


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a template and a place for what is compiled."""
    monkeypatch.setattr(file_page, "_TEMPLATES", tmp_path / "templates")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    for name in ("templates", "__pycache__"):
        (tmp_path / name).mkdir()
    (tmp_path / "templates/page.html").write_text("{{ value }}", "utf-8")
    return tmp_path


def compiled(package: Path) -> list[Path]:
    """Return what is kept beside the modules after a process has loaded the template."""
    templates.__wrapped__().get_template("page.html")
    return sorted(package.glob("__pycache__/*"))


def test_a_compiled_template_is_kept_and_replaced_when_it_is_torn(package: Path) -> None:
    (kept,) = compiled(package)
    whole = kept.read_bytes()
    for torn in (b"", whole[:10], whole[:-5]):
        kept.write_bytes(torn)
        assert compiled(package) == [kept]
        assert kept.read_bytes() == whole


def test_a_compiled_template_is_kept_where_python_keeps_compiled_modules(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(package / "elsewhere"))
    beside = package / "elsewhere" / package.relative_to("/")
    beside.mkdir(parents=True)
    assert compiled(package) == []
    assert len(list(beside.iterdir())) == 1


def test_no_compiled_template_is_kept_if_that_is_not_wanted(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert compiled(package) == []


def test_a_template_is_loaded_if_nothing_can_be_kept(package: Path) -> None:
    (package / "__pycache__").rmdir()
    assert compiled(package) == []


def text_of(html: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", html.partition("<main>")[2]).split())


class TestOrigin:
    HOSTILE = "timestamp;<b>Pac</b> (kW);Grid <i>voltage</i> (V)\n2025-06-10T12:00:00;4,8;230\n"

    def test_the_page_says_which_columns_were_read_how_and_which_were_not(self) -> None:
        channels = {"power": {"column": "<b>Pac</b>"}}
        html = page_of(result(self.HOSTILE, profile(channels=channels)), b"processed/x.json")
        assert "&lt;b&gt;Pac&lt;/b&gt; (kW), in kW, times 1000" in html
        assert "Not used: Grid &lt;i&gt;voltage&lt;/i&gt; (V)" in html
        assert "<b>Pac" not in html
        assert "<i>voltage" not in html
        assert "Times from timestamp (iso); cells apart by “;”, decimal sign “,”." in text_of(html)

    def test_unknown_limits_are_said_to_be_unknown(self) -> None:
        html = page_of(result("timestamp,Pac (W)\n2025-06-10T12:00:00,4800\n"), b"processed/x.json")
        assert "Power, W Pac (W) unknown" in text_of(html)
        assert "channels.power.min = LEAST" in html

    def test_the_known_format_is_named(self) -> None:
        found = result(PLAIN)
        used = msgspec.structs.replace(found.profile, format_name="<sma>")
        html = page_of(msgspec.structs.replace(found, profile=used), b"processed/x.json")
        assert "known format &lt;sma&gt;" in html

    def test_a_record_that_does_not_say_it_is_drawn(self) -> None:
        found = result(PLAIN)
        used = msgspec.structs.replace(found.profile, columns={}, time_columns=[])
        html = page_of(msgspec.structs.replace(found, profile=used), b"processed/x.json")
        assert "Times from" not in html


class TestOtherPlants:
    def test_without_a_rated_power_there_is_no_yield(self) -> None:
        page = text_of(page_of(result("timestamp,Pac (W)\n2025-06-10T12:00:00,4800\n"), b"processed/x.json"))
        assert "Specific yield \N{EN DASH} kWh/kW rated power not known" in page
        assert "Capacity factor" not in page
        assert "Voltage, V" not in page

    def test_a_capacity_factor_above_one_is_no_hundred_percent(self) -> None:
        low = profile(site={"rated_power_w": 100.0})
        page = text_of(
            page_of(result("timestamp,power\n2025-06-10T12:00:00,300\n", low), b"processed/x.json")
        )
        assert "Capacity factor 300.0 % of 100 W." in page

    def test_rows_of_days_have_dates_and_neither_a_peak_hour_nor_nights(self) -> None:
        rows = "".join(f"2025-06-{day:02},{day % 5 + 2}\n" for day in range(1, 11))
        html = page_of(result(f"Date,Energy (kWh)\n{rows}"), b"processed/x.json")
        page = text_of(html)
        assert "Highest mean power 250.0 W 4 Jun 2025" in page
        assert "Energy of each row, Wh" in page
        assert "2025-06-04: 6000.0 Wh" in html
        assert "1e+12" not in page
        assert ("Peak hour" in page, 'class="night"' in html) == (False, False)

    def test_times_in_a_file_of_several_days_have_their_dates(self) -> None:
        rows = "".join(
            f"2025-06-{day:02}T{hour:02}:00,{2000 if (day, hour) == (2, 13) else 50 * hour}\n"
            for day in (1, 2, 3)
            for hour in range(24)
        )
        page = text_of(page_of(result(f"timestamp,Pac (W)\n{rows}"), b"processed/x.json"))
        assert "2 000.0 W 2 Jun 2025, 13:00" in page
        assert "Peak hour 13:00 2 Jun 2025, mean 2000.0 W" in page


@pytest.mark.parametrize(("mark", "said"), [("OL", True), ("1200", False)])
def test_the_energy_is_a_lower_bound_if_power_is_not_known(mark: str, *, said: bool) -> None:
    rows = (f"2025-06-10 12:{at:02},{mark if 15 <= at < 44 else 1200}" for at in range(60))
    text = text_of(page_of(result("\n".join(["time,PV power (W)", *rows, ""])), b"processed/x.json"))
    assert ("a lower bound: some of the power is not known" in text) is said
