"""Files written from types and registries: the JSON Schemas, and sections of two pages in docs.

`python -m processing.schema DIR` writes `result.schema.json` and `profile.schema.json` to a folder, and
renews `checks.md` and `loggers.md` if they are in it.
"""

import ast
import inspect
import itertools
import json
import re
import sys
import textwrap
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from processing.checks.check import Check
from processing.findings.registry import CHECKS, THRESHOLDS, Thresholds
from processing.formats.toml_files import shipped_files
from processing.model.channels import CHANNELS
from processing.model.profile import Channel, Csv, ExpectedPeriod, Long, Profile, Site, Where
from processing.model.rejection import SCHEMA_VERSION, RejectionRecord
from processing.model.result import Result
from processing.profiles import PROFILE_KEYS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WIDTH = 118
_PARTS_OF_FORMAT = (("Export", "export"), ("Read", "read"), ("Not read", "not_read"))


def result_schema() -> dict[str, Any]:
    """Return the schema of a record: a result, or the reason of a quarantined file."""
    either, parts = msgspec.json.schema_components((Result, RejectionRecord), ref_template="#/$defs/{name}")
    for name in ("Result", "RejectionRecord"):
        parts[name]["required"] += ["schema_version", "status"]
    title = f"Record of one sensor file, schema_version {SCHEMA_VERSION}"
    for name in ("Metrics", "Series"):  # of an older record, the keys of a newer channel may be missing
        parts[name]["required"] += CHANNELS
        for channel in CHANNELS:
            del parts[name]["properties"][channel]["default"]
    return {"$schema": _DIALECT, "title": title, "oneOf": either, "$defs": parts}


def profile_schema() -> dict[str, Any]:
    """Return the schema, for editors, of the tables of the configuration file that make profiles."""
    _, parts = msgspec.json.schema_components((Profile, Thresholds), ref_template="#/$defs/{name}")
    for part in parts.values():
        part.pop("required", None)  # what a table leaves out is taken from the table above it
        for field in part.get("properties", {}).values():
            field.pop("default", None)
    for table in (Profile, Channel, Csv, Where, Long, Site, ExpectedPeriod):
        for name, text in _descriptions(table).items():
            key = table.__struct_encode_fields__[table.__struct_fields__.index(name)]
            parts[table.__name__]["properties"][key]["description"] = text
    for key, one in THRESHOLDS.items():
        default = f"{one.default:g} {one.unit}".rstrip()
        parts["Thresholds"]["properties"][key]["description"] = f"{default} if it is not set."
    whole = parts.pop("Profile")["properties"]
    for part in ("Caps", "ThresholdValues"):
        del parts[part]
    whole["thresholds"] = {"$ref": "#/$defs/Thresholds"}
    own = {key: whole[key] for key in sorted(PROFILE_KEYS - {"profiles"})}
    match = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
    rule = {**own, "settle": whole["settle"], "match": match}
    parts["Rule"] = {"type": "object", "additionalProperties": False, "properties": rule}
    rules = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Rule"}}
    return {
        "$schema": _DIALECT,
        "title": "Profiles in the watcher's configuration file",
        "type": "object",
        "properties": {**own, "profiles": rules},
        "$defs": parts,
    }


def _descriptions(table: type[msgspec.Struct]) -> dict[str, str]:
    """Return the first paragraph of what stands below each field of a table in the code."""
    body = ast.parse(inspect.getsource(table)).body[0].body  # type: ignore[attr-defined]
    texts = {
        field.target.id: inspect.cleandoc(str(text.value.value))
        for field, text in itertools.pairwise(body)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }
    first = {name: " ".join(text.partition("\n\n")[0].split()) for name, text in texts.items()}
    return {name: re.sub(r"\bNone: ", "Not set: ", text) for name, text in first.items()}


def written(schema: dict[str, Any]) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def checks_page(folder: Path) -> str:
    """Return the text of the folder's checks.md with a section of each check."""
    pictures = {path.stem: path.read_text("utf-8") for path in folder.glob("pictures/checks/*.svg")}
    shown = {name: re.findall(r"<title>\w+: (.*)</title>", svg)[0] for name, svg in pictures.items()}
    return with_sections((folder / "checks.md").read_text("utf-8"), shown)


def loggers_page(folder: Path) -> str:
    """Return the text of the folder's loggers.md with a section of each known format."""
    tables = {name: tomllib.loads(text.decode()) for name, text in shipped_files()}
    names = sorted(tables, key=lambda name: tables[name]["title"])
    sections = (_section_of_format(name, tables[name]) for name in names)
    return _with_parts((folder / "loggers.md").read_text("utf-8"), "formats", sections)


def _section_of_format(name: str, table: dict[str, Any]) -> str:
    docs = table["docs"]
    parts = [f"### {table['title']}", f"`{name}`"]
    parts += [_wrapped(f"*{label}:* {docs[key]}") for label, key in _PARTS_OF_FORMAT]
    parts.append("*Sources:* " + ", ".join(f"<{one}>" for one in docs["sources"]))
    return "\n\n".join(parts) + "\n"


def _with_parts(page: str, name: str, sections: Iterable[str]) -> str:
    """Return a page with these sections between its markers of this name."""
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    before, _, rest = page.partition(begin)
    text = "\n".join(sections)
    return f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}"


def with_sections(page: str, pictures: dict[str, str]) -> str:
    """Return docs/checks.md with the sections of all checks between its markers.

    `pictures` says, by check, what its picture shows.
    """
    for severity in ("invalid", "suspect", "note"):
        checks = (check for check in CHECKS.values() if check.severity == severity)
        page = _with_parts(page, severity, (_section(check, pictures) for check in checks))
    return page


def _section(check: Check, pictures: dict[str, str]) -> str:
    *rule, last = inspect.getdoc(check).split("\n\n")  # type: ignore[union-attr]
    facts_by_label = dict(re.findall(r"(?s)^([A-Z][a-z ]+): (.*?)\.$", last, re.MULTILINE))
    keys = [facts_by_label["Keys"]] if "Keys" in facts_by_label else []
    keys += [f"`{one.key}` {one.default:g} {one.unit}".rstrip() for one in check.thresholds]
    ending = f"*Source:* {facts_by_label['Source']}. *Known false alarms:* {facts_by_label['False alarms']}."
    parts = [f"### {check.name}", _wrapped(" ".join(rule))]
    if check.name == "gross_range":
        table = "| channel | unit | least | most | source |\n|---|---|---|---|---|"
        for name, one in CHANNELS.items():
            table += f"\n| {name} | {one.unit} | {one.low:g} | {one.high:g} | {one.source} |"
        parts.append(table)
    parts.append(_wrapped(f"*Keys:* {', '.join(keys) or 'none'}. {ending}"))
    if check.name in pictures:
        parts.append(f"![{pictures[check.name]}](pictures/checks/{check.name}.svg)")
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


SCHEMAS = {"result.schema.json": result_schema, "profile.schema.json": profile_schema}


def main(folder: Path) -> None:
    """Write both schemas into a folder, and the sections of checks and formats into its pages."""
    for name, schema in SCHEMAS.items():
        (folder / name).write_text(written(schema()), encoding="utf-8")
    if (folder / "checks.md").exists():
        (folder / "checks.md").write_text(checks_page(folder), "utf-8")
    if (folder / "loggers.md").exists():
        (folder / "loggers.md").write_text(loggers_page(folder), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
