"""Inputs and results as objects of a real S3 server on the loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from processing.__main__ import main
from tests.cluster.conftest import fill, records
from tests.support.program import BROKEN, GOOD

fsspec = pytest.importorskip("fsspec", reason="make test-cluster runs these")
moto_server = pytest.importorskip("moto.server", reason="make test-cluster runs these")
pytestmark = pytest.mark.filterwarnings("default")  # of the server's own libraries


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A store with an empty bucket, as another client sees it; this process and its workers find it too."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    store = fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True)
    store.mkdir("days")
    yield store
    store.rm("days", recursive=True)


def names(store: Any, prefix: str) -> set[str]:
    return {path.removeprefix(prefix) for path in store.find(prefix)}


def test_objects_give_the_same_results_as_files(bucket: Any, tmp_path: Path) -> None:
    fill(tmp_path / "in", 40)
    bucket.put(f"{tmp_path}/in/", "days/in/", recursive=True)
    assert main([str(tmp_path / "in"), "-o", str(tmp_path / "here")]) == 0
    assert main(["s3://days/in/", "-o", "s3://days/out/"]) == 0
    bucket.get("days/out/", f"{tmp_path}/there/", recursive=True)
    assert len(records(tmp_path / "there")) == 40
    assert records(tmp_path / "there") == records(tmp_path / "here")
    assert {"index.html", "summary.json"} <= names(bucket, "days/out/")


def test_objects_with_results_are_skipped_and_new_ones_are_seen(
    bucket: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.pipe_file("days/in/a.csv", GOOD)
    assert main(["s3://days/in", "-o", "s3://days/out"]) == 0
    before = bucket.info("days/out/a.json")["LastModified"]
    bucket.pipe_file("days/in/b.csv", GOOD)
    assert main(["s3://days/in", "-o", "s3://days/out"]) == 0
    assert "1 processed, 1 already there, 0 rejected, 0 left" in capsys.readouterr().out
    assert bucket.info("days/out/a.json")["LastModified"] == before


def test_foreign_objects_are_never_replaced(bucket: Any) -> None:
    bucket.pipe_file("days/out/a.json", b"foreign")
    bucket.pipe_file("days/in/a.csv", GOOD)
    assert main(["s3://days/in", "-o", "s3://days/out"]) == 0
    assert bucket.cat_file("days/out/a.json") == b"foreign"
    assert len([name for name in names(bucket, "days/out/") if name.startswith("a.")]) == 2


def test_a_put_races_with_none(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another has put the name after our look, its object stays: the put itself is conditional."""
    from processing.batch import object_store

    output = object_store.open_output("s3://days/out")
    monkeypatch.setattr(type(output._store), "exists", lambda *_: False)  # type: ignore[attr-defined]
    assert output.put(b"a.json", b"first")
    assert not output.put(b"a.json", b"second")
    assert bucket.cat_file("days/out/a.json") == b"first"


def test_a_pattern_and_a_single_object_are_named_below_their_fixed_part(bucket: Any) -> None:
    for name in ("roof/1.csv", "barn/1.csv", "barn/2.csv", "lone.csv.txt", "lone.CSV"):
        bucket.pipe_file(f"days/in/{name}", GOOD)
    assert main(["s3://days/in/*/1.csv", "s3://days/in/lone.CSV", "-o", "s3://days/out"]) == 0
    found = names(bucket, "days/out/")
    assert {"roof/1.json", "barn/1.json", "lone.json"} == found - {"index.html", "summary.json"}


def test_codes_are_those_of_a_single_run(bucket: Any, capsys: pytest.CaptureFixture[str]) -> None:
    bucket.pipe_file("days/in/bad.csv", BROKEN)
    assert main(["s3://days/in", "-o", "s3://days/out"]) == 1
    assert json.loads(bucket.cat_file("days/out/summary.json"))["refused"][0]["file"] == "bad.csv"
    assert main(["s3://days/nothing", "-o", "s3://days/out"]) == 2
    assert main(["s3://no-such-bucket/x", "-o", "s3://days/out"]) == 2
    assert main(["s3://days/in", "-o", "s3://no-such-bucket/out"]) in {2, 3}
    assert "Traceback" not in capsys.readouterr().err


def test_an_object_goes_to_a_folder_and_a_file_to_a_bucket(bucket: Any, tmp_path: Path) -> None:
    bucket.pipe_file("days/in/a.csv", GOOD)
    (tmp_path / "b.csv").write_bytes(GOOD)
    assert main(["s3://days/in", "-o", str(tmp_path / "out")]) == 0
    assert main([str(tmp_path / "b.csv"), "-o", "s3://days/out"]) == 0
    assert (tmp_path / "out" / "a.json").exists()
    assert "b.json" in names(bucket, "days/out/")
