"""The list of checks: whole, without doubles, and readable without numpy."""

from __future__ import annotations

import subprocess
import sys

from processing.findings.registry import CHECKS, NOTES, ROW_CHECKS, THRESHOLDS, Thresholds
from processing.model.channels import CHANNELS


def test_each_check_says_what_it_is() -> None:
    for check in CHECKS.values():
        assert check.title
        assert "Source: " in (check.__doc__ or "")
        assert "False alarms: " in (check.__doc__ or "")
        assert set(check.channels) <= {"", *CHANNELS}


def test_no_name_and_no_threshold_stands_for_two_things() -> None:
    assert len(CHECKS) == sum(map(len, ROW_CHECKS)) + len(NOTES)
    for check in CHECKS.values():
        assert all(THRESHOLDS[threshold.key] is threshold for threshold in check.thresholds)


def test_the_table_of_thresholds_has_the_defaults_of_the_checks() -> None:
    table = Thresholds()
    assert {key: getattr(table, key) for key in THRESHOLDS} == {
        key: threshold.default for key, threshold in THRESHOLDS.items()
    }


def test_the_registry_loads_no_numpy() -> None:
    code = "import sys, processing.findings.registry; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
