"""The list of all checks, what the configuration and the pages need of them, and how they run on a file."""

from collections.abc import Iterator

import msgspec

from processing.checks import failing, informational, statistical, statistical_runs
from processing.checks.anomalies import Findings
from processing.checks.check import ROW, Check, CheckedFile, Note
from processing.model.channels import CHANNELS
from processing.model.flags import MISSING, NOT_EVALUATED, SUSPECT, Flags, all_rows
from processing.model.profile import SHARED

ROW_CHECKS: tuple[tuple[Check, ...], ...] = (
    tuple(check() for check in failing.CHECKS),
    tuple(check() for check in (*statistical.CHECKS, *statistical_runs.CHECKS)),
)
"""Checks that flag rows: first those that fail rows, then those that mark them as SUSPECT."""
NOTES: tuple[Note, ...] = tuple(check() for check in informational.CHECKS)
CHECKS: dict[str, Check] = {check.name: check for checks in (*ROW_CHECKS, NOTES) for check in checks}
"""All checks by name."""

_IN_ORDER = [
    (check, channel)
    for checks in ROW_CHECKS
    for channel in (ROW, *CHANNELS)
    for check in checks
    if channel in check.channels
]

THRESHOLDS = {
    threshold.key: threshold
    for each in (SHARED, *(check.thresholds for check in CHECKS.values()))
    for threshold in each
}
"""Thresholds that a profile can set, by key."""

Thresholds = msgspec.defstruct(
    "Thresholds",
    [(one.key, one.kind, one.default) for one in THRESHOLDS.values()],
    frozen=True,
    forbid_unknown_fields=True,
    module=__name__,
    namespace={"__doc__": "The numbers of the checks; `docs/checks.md` explains each check."},
)
"""The table `[thresholds]` of the configuration."""


def run_checks(file: CheckedFile) -> Findings:
    """Return what all checks find in a file."""
    findings = Findings(file)
    for check, channel, flags in row_flags(file):
        findings.add(check, channel, flags)
    for note in NOTES:
        findings.add_note(note)
    return findings


def row_flags(file: CheckedFile) -> Iterator[tuple[Check, str, Flags | None]]:
    """Yield the flags of each check, over all rows, channel by channel; None: all are GOOD."""
    for check, channel in _IN_ORDER:
        if check.flag == SUSPECT and check.needs_column and channel not in file.valid.values:
            flags: Flags | None = all_rows(MISSING, file.count)
        else:
            flags = check.find(file, channel)
        if flags is not None and len(flags) < file.count:
            found, flags = flags, all_rows(NOT_EVALUATED, file.count)
            flags[file.valid_at] = found
        if flags is not None or check.always_counted:
            yield check, channel, flags
