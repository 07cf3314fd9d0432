from __future__ import annotations

from structlog.testing import CapturingLogger

from watcher.discovery.file_filter import IgnoredNames
from watcher.discovery.named_files import NamedFiles


class CountingPending:
    """Pending files with a bounded number of places; counts the calls."""

    def __init__(self) -> None:
        self.places = 0
        self.taken: list[bytes] = []
        self.calls = 0
        self.wants_more = True

    def add(self, name: bytes) -> bool:
        self.calls += 1
        if len(self.taken) < self.places:
            self.taken.append(name)
        return self.taken[-1:] == [name]


def test_named_files_are_fed_once_each_when_most_places_are_free() -> None:
    names = [b"%d/%d.csv" % (number % 3, number) for number in range(3_000)]
    pending = CountingPending()
    files = NamedFiles([b"no.txt", *names], IgnoredNames(CapturingLogger()))
    for turn in range(40):
        pending.wants_more = turn % 10 == 0
        pending.places += 1_000 * pending.wants_more
        files.feed(pending)  # type: ignore[arg-type]
    assert files.scans_finished
    assert sorted(pending.taken) == sorted(names)
    assert pending.calls == 3_000 + 2_000 + 1_000


def test_a_name_that_is_not_an_input_is_logged_and_not_fed() -> None:
    log, pending = CapturingLogger(), CountingPending()
    pending.places = 10
    files = NamedFiles([b"no.txt", b"index.html/x.csv"], IgnoredNames(log))
    files.feed(pending)  # type: ignore[arg-type]
    assert (pending.taken, files.scans_finished) == ([], 1)
    ignored = [(call.args, call.kwargs["file"]) for call in log.calls]
    assert ignored == [(("file.ignored",), "no.txt"), (("file.ignored",), "index.html/x.csv")]


def test_a_device_without_a_free_place_does_not_block_another() -> None:
    class NoPlaceForA(CountingPending):
        def add(self, name: bytes) -> bool:
            return not name.startswith(b"a/") and super().add(name)

    pending = NoPlaceForA()
    pending.places = 10
    files = NamedFiles([b"a/1.csv", b"b/1.csv"], IgnoredNames(CapturingLogger()))
    files.feed(pending)  # type: ignore[arg-type]
    assert (pending.taken, files.scans_finished) == ([b"b/1.csv"], 0)
