"""What one would write with Pathway: a streaming read of a folder, the same function for each file.

Run by the Python that has Pathway: python -m benchmarks.peers.stream DATA_DIR
It writes each result and moves nothing, as nothing that reads a stream may.
"""

import io
import os
import sys
from pathlib import Path
from typing import Any

import pathway as pw

from processing.model.profile import Profile
from processing.model.result import Result, encode
from processing.pipeline import process

AT = "2025-06-01T00:00:00Z"


def main() -> None:
    data, profile = Path(sys.argv[1]), Profile()

    def record_of(text: bytes, metadata: pw.Json) -> str:
        name = Path(str(metadata["path"]).strip('"')).name
        result = process(io.BytesIO(text), profile, name=os.fsencode(name), processed_at=AT)
        assert isinstance(result, Result)
        (data / "processed" / f"{Path(name).stem}.json").write_bytes(encode(result))
        return name

    def seen(**_: Any) -> None:
        """Something must ask for the table."""

    files = pw.io.fs.read(
        data / "incoming", format="binary", with_metadata=True, mode="streaming", autocommit_duration_ms=10
    )
    pw.io.subscribe(
        files.select(name=pw.apply(record_of, pw.this.data, pw.this["_metadata"])), on_change=seen
    )
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)


if __name__ == "__main__":
    main()
