"""Mounts in a namespace of their own, which a process holds: they go with it, whatever happens."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

_ROOT = Path(__file__).parent.parent.parent


class Namespace:
    """A mount namespace; `script` is what mounts there, and may use the arguments as $1…"""

    def __init__(self, script: str, *arguments: str | Path) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-ec", f"{script}; echo held; exec cat", "sh"]
            + [str(argument) for argument in arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stderr is not None
        if self._holder.stdout.readline() != "held\n":
            self._holder.wait()
            self.why_unavailable = self._holder.stderr.read().strip() or "cannot mount"
        else:
            self.why_unavailable = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._holder.communicate()

    @property
    def prefix(self) -> tuple[str, ...]:
        """What goes before a command that is to see the mounts."""
        return ("nsenter", "-t", str(self._holder.pid), "-m", f"--wd={_ROOT}", "--")

    def seen(self, path: Path) -> Path:
        """Return a path that leads into the namespace from outside."""
        return Path(f"/proc/{self._holder.pid}/root{path}")

    def run(self, *command: str | Path) -> None:
        """Run a command that sees the mounts."""
        subprocess.run([*self.prefix, *map(str, command)], check=True, capture_output=True)
