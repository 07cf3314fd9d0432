"""Inputs and outputs in an object store, here one in memory; tests/cluster has a real server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from processing.batch.stores import UsageError

fsspec = pytest.importorskip("fsspec", reason="make test-cluster runs these")


@pytest.fixture
def bucket() -> Iterator[Any]:
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.pipe({"/in/roof/a.csv": b"a", "/in/b.CSV.gz": b"bb", "/in/notes.txt": b""})
    yield store
    store.store.clear()


def test_the_csv_objects_below_a_prefix_are_found(bucket: Any) -> None:
    from processing.batch import object_store

    assert [each.name for each in object_store.find("memory://in/")] == [b"b.CSV.gz", b"roof/a.csv"]
    assert [each.name for each in object_store.find("memory://in/*/a.csv")] == [b"roof/a.csv"]
    with pytest.raises(UsageError, match="nothing is there"):
        list(object_store.find("memory://absent/"))


def test_an_object_is_opened_with_its_size(bucket: Any) -> None:
    from processing.batch import object_store

    stream, size = object_store.open_input("memory://in/b.CSV.gz")
    with stream:
        assert (stream.read(), size) == (b"bb", 2)
    with pytest.raises(OSError, match="absent"):
        object_store.open_input("memory://in/absent.csv")


def test_a_name_is_put_once(bucket: Any) -> None:
    from processing.batch import object_store

    output = object_store.open_output("memory://out/")
    assert list(output.records()) == []
    assert output.put(b"roof/a.json", b"first")
    assert not output.put(b"roof/a.json", b"second")
    output.replace(b"index.html", b"new")
    output.close()
    assert list(output.records()) == [b"roof/a.json"]
    assert bucket.cat("/out/roof/a.json") == b"first"
