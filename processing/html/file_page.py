"""The page of one file, from its record: self-contained, readable without its script, all text escaped."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import jinja2.bccache
import msgspec
from markupsafe import Markup

from processing.html import texts
from processing.html.charts import pictures
from processing.html.time_axis import place
from processing.model.channels import CHANNELS
from processing.model.result import Result

_TEMPLATES = Path(__file__).parent / "templates"
_MAX_GROUPS = 9


def file_page(result: Result, *, json_href: str, index_href: str) -> str:
    """Return the page of one file as HTML; the links are relative URLs, already percent-encoded."""
    drawn = pictures(result)
    metrics, quality = result.metrics, result.quality
    return render(
        "file.html",
        "file.js",
        result=result,
        metrics=metrics,
        quality=quality,
        pictures=drawn,
        json_href=json_href,
        index_href=index_href,
        period=texts.period(metrics.period.start, metrics.period.end),
        zone=texts.zone(metrics.period.start),
        headline=texts.headline(result),
        groups=texts.groups(result)[:_MAX_GROUPS],
        anomalies=[(one, drawn and place(one, drawn.clock)) for one in result.anomalies],
        thinned=texts.what_is_drawn(result, len(drawn.readings["seconds"])) if drawn else "",
        filled=texts.filled(result),
        peak_hour=texts.clock(metrics.peak_power_hour) if metrics.peak_power_hour else texts.DASH,
        peak_hour_below=texts.peak_hour_below(result),
        of_expected=texts.of_expected(quality.records),
        row_counts=texts.row_counts(result),
        row_shares=texts.row_shares(result),
    )


def failed_page(why: str, *, json_href: str, index_href: str) -> str:
    """Return a page that only says that its record cannot be drawn."""
    return render("failed.html", "index.js", why=why, json_href=json_href, index_href=index_href)


def render(template: str, script: str, **context: Any) -> str:
    """Return a template's HTML with its style and script inside; the policy allows only their hashes."""
    style, code = _asset("page.css"), _asset(script)
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704 - our own file
            style_hash=_hash(style),
            script=Markup(code),  # noqa: S704 - our own file
            script_hash=_hash(code),
            **context,
        )
    )


class _Compiled(jinja2.BytecodeCache):
    """Keeps compiled templates in `__pycache__`, as Python keeps modules, so that drawing starts sooner.

    Jinja ignores and replaces a compiled template that is torn or of another version.
    """

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Load the compiled template if there is one."""
        with contextlib.suppress(OSError):
            bucket.bytecode_from_string(self._place(bucket).read_bytes())

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Store the compiled template if that is possible and wanted."""
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                self._place(bucket).parent.mkdir(exist_ok=True)
                self._place(bucket).write_bytes(bucket.bytecode_to_string())

    def _place(self, bucket: jinja2.bccache.Bucket) -> Path:
        return _TEMPLATES / "__pycache__" / f"{bucket.key}.{sys.implementation.cache_tag}"


def compile_templates() -> None:
    """Compile every template, for processes that may not write beside the templates."""
    for name in _environment().list_templates(["html"]):
        _environment().get_template(name)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        bytecode_cache=_Compiled(),
        auto_reload=False,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "figure": texts.figure,
        "percent": texts.percent,
        "thousands": texts.thousands,
        "counted": texts.counted,
        "clock": texts.clock,
        "channel_title": lambda name: CHANNELS[name].title,
    }
    environment.filters.update(filters)
    environment.policies["json.dumps_function"] = lambda value, **_: msgspec.json.encode(value).decode()
    return environment


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


@cache
def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
