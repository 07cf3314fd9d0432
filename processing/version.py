"""The version of the program. It is written here only; pyproject.toml reads it from this module."""

VERSION = "0.1.0"
PROGRAM_VERSION = f"solar-watcher {VERSION}"
"""What `--version` prints."""
