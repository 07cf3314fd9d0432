"""A list of names as the source of files, for a run that processes these files alone."""

from watcher.discovery.file_filter import REPORT_NAME, IgnoredNames, NameKind, is_report_name, unsupported
from watcher.discovery.pending_files import PendingFiles


class NamedFiles:
    """The files whose names were given; each is fed once."""

    scans_finished = 0

    def __init__(self, names: list[bytes], ignored: IgnoredNames) -> None:
        self._waiting: list[bytes] = []
        """Names that are not fed yet."""
        for name in names:
            kind = ignored.kind_of(name)
            if any(map(is_report_name, name.split(b"/")[:-1])):
                ignored.log_once(name, REPORT_NAME)
            elif kind is NameKind.INPUT:
                self._waiting.append(name)
            elif kind is NameKind.UNSUPPORTED:
                ignored.log_once(name, unsupported(ignored.suffixes))
            else:
                ignored.log_once(name, "a hidden file, or the name of an upload in progress")
        self.unreadable: dict[bytes, str] = {}

    def start(self) -> None:
        """Do nothing: the names are known."""

    def feed(self, pending: PendingFiles) -> None:
        """Add the names until one is turned away."""
        if pending.wants_more:
            self._waiting = [name for name in self._waiting if not pending.add(name)]
        self.scans_finished = 0 if self._waiting else 1

    def wait_seconds(self) -> float:
        """Return infinity: a job that ends frees capacity and also starts the next turn."""
        return float("inf")

    def stop(self) -> None:
        """Do nothing."""
