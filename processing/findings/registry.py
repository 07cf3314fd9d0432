"""All checks, what the configuration and the pages need of them, and how they run.

Add a check to `CHECKS` of its own module, and a note to `NOTES`. Only a new module is added here.
"""

from collections.abc import Iterator

import msgspec

from processing.checks import failing, power_jumps, power_runs, statistical, statistical_runs
from processing.checks.check import ROW, Check
from processing.checks.checked_file import CheckedFile
from processing.findings.findings import Findings
from processing.model.channels import CHANNELS, DEFAULT_HEADER, has_product
from processing.model.flags import GOOD, MISSING, NOT_EVALUATED, SUSPECT, Flags, all_rows, any_of, np
from processing.model.thresholds import SHARED
from processing.notes import columns, lower_bounds, meters, power, times
from processing.notes.note import Note

ROW_CHECKS: tuple[tuple[Check, ...], ...] = (
    tuple(check() for check in failing.CHECKS),
    tuple(
        check()
        for check in (*statistical.CHECKS, *statistical_runs.CHECKS, *power_runs.CHECKS, *power_jumps.CHECKS)
    ),
)
"""Checks that flag rows: first those that fail rows, then those that mark them as SUSPECT."""
NOTES: tuple[Note, ...] = tuple(
    note() for note in (*times.NOTES, *power.NOTES, *lower_bounds.NOTES, *meters.NOTES, *columns.NOTES)
)
_DEFAULT_NOTES = tuple(note for note in NOTES if not note.is_for_others)
CHECKS: dict[str, Check] = {check.name: check for checks in (*ROW_CHECKS, NOTES) for check in checks}
"""All checks by name."""

_IN_ORDER = [
    (check, channel, check.flag == SUSPECT and check.needs_column)
    for checks in ROW_CHECKS
    for channel in (ROW, *CHANNELS)
    for check in checks
    if channel in check.channels
]
"""Each check with its channels, and whether it evaluates only the rows with a reading of the channel."""

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
    for check, channel, flags, seen in row_flags(file):
        findings.add(check, channel, flags, seen)
    is_default = file.rows.dialect.header == DEFAULT_HEADER and has_product(file.valid.values)
    for note in _DEFAULT_NOTES if is_default else NOTES:
        findings.add_note(note)
    return findings


def row_flags(file: CheckedFile) -> Iterator[tuple[Check, str, Flags | None, CheckedFile]]:
    """Yield the flags of each check over all rows, channel by channel; None if all are GOOD.

    Each comes with the file as the check saw it: without rows that lack the channel.
    """
    partial, values, count = _partial(file), file.valid.values, file.count
    for check, channel, is_of_readings in _IN_ORDER:
        seen = file
        if is_of_readings and channel not in values:
            flags: Flags | None = all_rows(MISSING, count)
        elif is_of_readings and channel in partial:
            seen = partial[channel]
            flags = check.find(seen, channel) if len(seen.valid_at) else None
            if flags is None:
                flags = all_rows(GOOD, len(seen.valid_at))
        else:
            flags = check.find(file, channel)
        if flags is not None and len(flags) < count:
            found, flags = flags, all_rows(NOT_EVALUATED, count)
            if seen is not file:
                flags[file.valid_at] = MISSING
            flags[seen.valid_at] = found
        if flags is not None or check.always_counted:
            yield check, channel, flags, seen


def _partial(file: CheckedFile) -> dict[str, CheckedFile]:
    """Return the file without the rows that lack a channel, for each channel that some valid rows lack."""
    if not file.valid.has_unknown:
        return {}
    lacking = (name for name, values in file.valid.values.items() if any_of(np.isnan(values)))
    return {name: file.with_known(name) for name in lacking}
