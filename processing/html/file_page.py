"""The page of one file, from its record: self-contained, readable without its script, all text escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from processing.html import texts
from processing.html.charts import pictures
from processing.html.time_axis import place
from processing.model.channels import CHANNELS
from processing.model.result import Result

_TEMPLATES = Path(__file__).parent / "templates"


def file_page(result: Result, *, json_href: str, index_href: str) -> str:
    """Return the page of one file as HTML; the links are relative URLs, already percent-encoded."""
    drawn = pictures(result)
    return render(
        "file.html",
        "file.js",
        result=result,
        texts=texts,
        pictures=drawn,
        json_href=json_href,
        index_href=index_href,
        anomalies=[(one, drawn and place(one, drawn["clock"])) for one in result.anomalies],
    )


def failed_page(why: str, *, json_href: str, index_href: str) -> str:
    """Return a page that only says that its record cannot be drawn."""
    return render("failed.html", "index.js", why=why, json_href=json_href, index_href=index_href)


def render(template: str, script: str, **context: Any) -> str:
    """Return a template's HTML with its style and script inside; the policy allows only their hashes."""
    context["style"], context["style_hash"] = _asset("page.css")
    context["script"], context["script_hash"] = _asset(script)
    return _environment().get_template(template).render(context)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        auto_reload=False,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        figure=texts.figure,
        percent=texts.percent,
        counted=texts.counted,
        clock=texts.clock,
        channel_title=lambda name: CHANNELS[name].title,
    )
    environment.policies["json.dumps_function"] = lambda value, **_: msgspec.json.encode(value).decode()
    return environment


@cache
def _asset(name: str) -> tuple[Markup, str]:
    """Return a style or a script, and its hash as a policy names it."""
    content = (_TEMPLATES / name).read_bytes()
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return Markup(content.decode()), f"sha256-{digest}"  # noqa: S704 - our own file
