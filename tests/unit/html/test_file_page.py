"""How pages are rendered: text is escaped, and only their own style and script may run."""

from __future__ import annotations

import base64
import hashlib
import re

from processing.html.file_page import failed_page


def page() -> str:
    return failed_page("<b>torn & cut</b>", b"processed/roof/x.json")


def test_text_is_escaped() -> None:
    assert "&lt;b&gt;torn &amp; cut&lt;/b&gt;" in page()


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_no_other() -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page())
    assert policy.startswith("default-src 'none'; ")
    for kind in ("style", "script"):
        (content,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page(), re.DOTALL)
        expected = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{expected}';" in policy
