"""The page of one file, from its record: self-contained, readable without its script, all text escaped."""

import base64
import contextlib
import hashlib
import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import jinja2
import jinja2.bccache
import msgspec
from markupsafe import Markup, escape

from processing.html import texts
from processing.html.charts import pictures
from processing.html.local_time import localized
from processing.html.svg import rules
from processing.model.channels import CHANNELS
from processing.model.rejection import paragraphs
from processing.model.result import Result

_TEMPLATES = Path(__file__).parent / "templates"


def file_page(result: Result, record: bytes) -> str:
    """Return the page of one file as HTML. The page links to `record`, a path below the data folder."""
    result = localized(result)
    drawn = pictures(result)
    return render("file.html", "file.js", result=result, texts=texts, pictures=drawn, **_links(record))


def failed_page(why: str, record: bytes) -> str:
    """Return a page that only says that its record cannot be drawn."""
    return render("failed.html", "index.js", why=why, **_links(record))


def _links(record: bytes) -> dict[str, str]:
    """Return the relative URLs of the record and of the index, as seen from the page beside the record."""
    name = quote_from_bytes(record.rpartition(b"/")[2], safe="")
    return {"json_href": name, "index_href": "../" * (record.count(b"/") - 1) + "index.html"}


def render(template: str, script: str, **context: Any) -> str:
    """Return a template's HTML with its style and script inside; the policy allows only their hashes."""
    context["style"], context["style_hash"] = _asset("page.css")
    context["script"], context["script_hash"] = _asset(script)
    return templates().get_template(template).render(context)


def _filled(rows: Sequence[tuple[object, ...]], pattern: str) -> Markup:
    """Return a pattern of markup for each row, filled with its cells: numbers and labels without NUL.

    They are escaped in one call, which costs more than all the rest.
    """
    if not rows:
        return Markup()
    cells = str.split(escape("\0".join([str(cell) for row in rows for cell in row])), "\0")
    return Markup(pattern * len(rows) % tuple(cells))  # noqa: S704 - the cells are escaped


class _CompiledTemplates(jinja2.FileSystemBytecodeCache):
    """Keeps compiled templates as Python keeps compiled modules, so that drawing starts sooner."""

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Store a compiled template, if that is possible and wanted."""
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                super().dump_bytecode(bucket)


@cache
def templates() -> jinja2.Environment:
    """Return the templates and their settings."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        bytecode_cache=_CompiledTemplates(str(Path(cache_from_source(str(_TEMPLATES))).parent)),
        auto_reload=False,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {each: getattr(texts, each) for each in ("figure", "percent", "quantity", "clock")}
    )
    environment.filters |= {"rules": rules, "filled": _filled, "paragraphs": paragraphs}
    environment.filters["channel_title"] = lambda name: CHANNELS[name].title
    environment.policies["json.dumps_function"] = lambda value, **_: msgspec.json.encode(value).decode()
    return environment


@cache
def _asset(name: str) -> tuple[Markup, str]:
    """Return a style or a script, and its hash as a policy names it."""
    content = (_TEMPLATES / name).read_bytes()
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return Markup(content.decode()), f"sha256-{digest}"  # noqa: S704 - our own file
