"""The sections of docs/checks.md, one for each check, as the registry describes them."""

import inspect
import re
import textwrap

from processing.checks.check import Check
from processing.checks.registry import CHECKS
from processing.model.channels import CHANNELS

_WIDTH = 118


def with_sections(page: str, pictures: dict[str, str]) -> str:
    """Return docs/checks.md with the sections of all checks between its markers.

    `pictures` says, by check, what its picture shows.
    """
    for severity in ("invalid", "suspect", "note"):
        sections = "\n".join(
            _section(check, pictures) for check in CHECKS.values() if check.severity == severity
        )
        begin, end = f"<!-- begin {severity} -->\n", f"<!-- end {severity} -->"
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n{sections}\n{end}{rest.partition(end)[2]}"
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
