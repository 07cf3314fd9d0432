"""The programs that the product is measured against, each in an environment of its own, outside the tree."""

import os
import subprocess
import sys
from pathlib import Path

PACKAGES = {
    "polars": ["polars==2.1.0", "numpy", "fastnumbers"],
    "pathway": ["pathway==0.33.0", "numpy", "fastnumbers", "msgspec"],
}


def cache() -> Path:
    """The folder of the environments: `$XDG_CACHE_HOME/watcher-benchmarks`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "watcher-benchmarks"


def environment(peer: str) -> str | None:
    """The peer's Python; None, and a line on stderr, where it cannot be installed."""
    home = cache() / peer
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        try:
            _run(sys.executable, "-m", "venv", str(home))
            _run(str(python), "-m", "pip", "install", "--quiet", *PACKAGES[peer])
        except (OSError, subprocess.SubprocessError) as error:
            _absent(peer, error)
            return None
        (home / "complete").touch()
    return str(python)


def inoticoming() -> str | None:
    """Debian's inoticoming, unpacked from its package without installing it; None where it cannot be had."""
    home = cache() / "inoticoming"
    program = home / "usr" / "bin" / "inoticoming"
    if not program.exists():
        home.mkdir(parents=True, exist_ok=True)
        try:
            _run("apt-get", "download", "inoticoming", folder=home)
            _run("dpkg", "-x", str(next(home.glob("*.deb"))), str(home))
        except (OSError, StopIteration, subprocess.SubprocessError) as error:
            _absent("inoticoming", error)
            return None
    return str(program)


def _run(*command: str, folder: Path | None = None) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=600, cwd=folder)


def _absent(peer: str, error: Exception) -> None:
    print(f"benchmarks: {peer} cannot be installed here: {error}", file=sys.stderr)
