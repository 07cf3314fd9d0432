"""The fault suite runs by `make test-faults` and `make test-faults-short`, never within `make test`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.form import FORM

if TYPE_CHECKING:
    from tests.faults.faulty import Mount

if FORM is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Mount]:
    """A data folder on a FUSE mount whose calls fail or hang on request."""
    faulty = pytest.importorskip("tests.faults.faulty", reason="no mfusepy, or no FUSE for it")
    with faulty.mounted(tmp_path) as mount:
        if mount.server.poll() is not None:
            pytest.skip("nothing can be mounted through FUSE here")
        yield mount
