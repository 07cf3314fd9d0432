"""The fault suite runs by `make test-faults` and `make test-faults-short`, never within `make test`."""

from tests.faults.form import FORM

if FORM is None:
    collect_ignore_glob = ["test_*.py"]
