import pytest
from structlog.testing import CapturingLogger

from processing.suffixes import suffixes_of
from watcher.discovery.file_filter import IgnoredNames, NameKind, kind_of, unsupported


@pytest.mark.parametrize(
    "name", [b"x.csv", b"X.CSV", b"a/b/x.Csv", b"x.csv.gz", b"x.CSV.GZ", b"\xff\n.csv", b"~x.csv"]
)
def test_csv_files_of_any_case_are_inputs(name: bytes) -> None:
    assert kind_of(name) is NameKind.INPUT


@pytest.mark.parametrize(
    "name", [b"x.txt", b"csv", b"x.csv.zip", b"x.gz", b"x.csvx", b"x.csv.json", b"a.csv/x"]
)
def test_other_names_are_unsupported(name: bytes) -> None:
    assert kind_of(name) is NameKind.UNSUPPORTED


@pytest.mark.parametrize(
    "name",
    [
        b".x.csv",
        b".x.csv.AbC123",
        b".gitkeep",
        b"x.csv.tmp",
        b"x.csv.part",
        b"x.csv.partial",
        b"x.csv.FILEPART",
        b"x.csv.crdownload",
        b"~$x.csv",
        b"x.csv~",
        b".~tmp~/x.csv",
        b".syncthing.x.csv.tmp",
        b"~syncthing~x.csv.tmp",
        b"dev/.hidden/x.csv",
        b"@eaDir/x.csv",
        b"#recycle/dev/x.csv",
        b"System Volume Information/x.csv",
        b"Thumbs.db",
        b"lost+found",
        b"._x.csv",
        b".\n.csv",
    ],
)
def test_uploads_in_progress_and_junk_are_skipped(name: bytes) -> None:
    assert kind_of(name) is NameKind.SKIPPED


def logged_names(log: CapturingLogger) -> list[str]:
    return [call.kwargs["file"] for call in log.calls]


def test_a_name_is_logged_once() -> None:
    log = CapturingLogger()
    ignored = IgnoredNames(log)
    for _ in range(3):
        ignored.log_once(b"x.txt", "no .csv or .csv.gz")
    assert logged_names(log) == ["x.txt"]


def test_a_name_met_in_every_scan_is_logged_once() -> None:
    log = CapturingLogger()
    ignored = IgnoredNames(log)
    for _ in range(4):
        ignored.forget_absent()
        ignored.log_once(b"x.txt", "no .csv or .csv.gz")
    assert logged_names(log) == ["x.txt"]


def test_a_name_that_was_gone_for_two_scans_is_logged_again() -> None:
    log = CapturingLogger()
    ignored = IgnoredNames(log)
    ignored.log_once(b"x.txt", "no .csv or .csv.gz")
    ignored.forget_absent()
    ignored.forget_absent()
    ignored.log_once(b"x.txt", "no .csv or .csv.gz")
    assert logged_names(log) == ["x.txt", "x.txt"]


def test_beyond_the_capacity_nothing_is_logged_or_repeated() -> None:
    log = CapturingLogger()
    ignored = IgnoredNames(log, capacity=2)
    for _ in range(3):
        ignored.forget_absent()
        for name in (b"1", b"2", b"3", b"4"):
            ignored.log_once(name, "no .csv or .csv.gz")
    assert logged_names(log) == ["1", "2"]


@pytest.mark.parametrize("name", [b"x.txt", b"a/X.DAT.GZ", b"x.csv"])
def test_the_suffixes_of_inputs_can_be_set(name: bytes) -> None:
    ignored = IgnoredNames(CapturingLogger(), suffixes=suffixes_of(".csv,.txt,.dat"))
    assert ignored.kind_of(name) is NameKind.INPUT
    assert ignored.kind_of(b"x.log") is NameKind.UNSUPPORTED
    assert ignored.kind_of(b".x.txt") is NameKind.SKIPPED


def test_a_file_without_one_of_them_says_which_there_are() -> None:
    assert unsupported(suffixes_of("csv,dat.gz")) == "no .csv, .csv.gz or .dat.gz (--suffixes)"
