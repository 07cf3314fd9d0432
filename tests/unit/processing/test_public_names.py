"""The public names of the package."""

import subprocess
import sys

import pytest

import processing


def test_every_public_name_can_be_imported() -> None:
    assert {name: getattr(processing, name).__name__ for name in processing.__all__} == {
        name: name for name in processing.__all__
    }


def test_names_profiles_and_records_do_not_load_numpy() -> None:
    code = "import sys, processing; processing.Result, processing.load; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        _ = processing.absent
