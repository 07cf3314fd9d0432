"""`make fuzz`: bytes, guided by coverage, that must give a Result or a Rejection, soon and in little memory.

The first byte of an input chooses the profile, the second whether it is packed and gets a header; the rest is
the file. What is kept lies in run/fuzz: the corpus, and for each finding the input that shows it, which
`make fuzz ARGS=run/fuzz/crash-…` runs again.
"""

from __future__ import annotations

import gzip
import io
import sys
from datetime import datetime
from pathlib import Path

import atheris
import msgspec

with atheris.instrument_imports(include=["processing"]):
    from processing.formats.toml_files import shipped
    from processing.model.rejection import Caps, Rejection, RejectionRecord
    from processing.model.result import encode, load
    from processing.model.safe_text import text_of
    from processing.pipeline import process
    from processing.profiles import profiles_from

from processing.generator.days import SimulatedDay, render
from processing.generator.faults import FAULTS

HEADERS = (
    b"",
    b"timestamp,voltage,current,temperature,power\n",
    b"\xef\xbb\xbf# logger 7\nTime stamp;current_A\r\ntimestamp;Voltage (mV);current_A;power_kW\r\n",
    b"power\ttimestamp\tcurrent\tvoltage\n",
)
CAPS = Caps(max_bytes=1 << 20, max_memory=128 << 20)
PROFILES = [
    msgspec.structs.replace(profiles_from(table).default, caps=CAPS)
    for table in (
        {},
        {"csv": {"encoding": "utf-16"}},
        {"csv": {"encoding": "latin-1", "delimiter": ";", "decimal": ","}},
        {"csv": {"comment": ""}, "site": {"timezone": "Europe/Amsterdam", "latitude": 52, "longitude": 5}},
        {"channels": {"voltage": {"min": -1e9, "max": 1e9, "unit": "mV", "scale": -2.5}}, "sentinels": [1]},
        {"period": {"hours": 24, "interval_seconds": 1}, "thresholds": {"night_floor_w": 0}},
    )
]
FOLDER = Path("run/fuzz")


def process_bytes(data: bytes) -> None:
    """Judge the file that these bytes describe, and hold the outcome against itself."""
    if len(data) < 2:
        return
    profile = PROFILES[data[0] % len(PROFILES)]
    packed, header = data[1] & 1, HEADERS[data[1] // 2 % len(HEADERS)]
    content = header + data[2:]
    if packed and data[1] & 128:
        content = gzip.compress(content, 1)
    name = b"x.csv.gz" if packed else b"x.csv"
    now = "2026-01-01T00:00:00Z"
    found = process(io.BytesIO(content), profile, name=name, processed_at=now, formats=shipped())
    assert found.input.bytes == len(content)
    if isinstance(found, Rejection):
        assert found.code
        assert found.message == text_of(found.message.encode()), "not safe in a log line"
        return
    known = found.records_processed + found.records_invalid + found.records_missing
    known += found.records_duplicate
    assert found.records_total == known
    again = load(encode(found))
    assert not isinstance(again, RejectionRecord)
    assert again.metrics == found.metrics


def seeds() -> None:
    """Write a corpus to begin with: rows of faults and of a whole day, each by every profile, and loggers."""
    corpus = FOLDER / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    start = datetime.fromisoformat("2025-03-10T06:00:00")
    days = {fault: SimulatedDay(start, seed=1, faults=(fault,)) for fault in FAULTS}
    days["whole"] = SimulatedDay(start, seed=1, rows=48, interval_seconds=1800)
    for number, (name, day) in enumerate(days.items()):
        lines = render(day)[0].splitlines(keepends=True)
        for choice in range(len(PROFILES)):
            form = bytes([choice, 2 * (number % 2)])
            (corpus / f"{name}-{choice}").write_bytes(form + b"".join(lines[number % 2 : 50]))
    for path in Path("tests/samples/loggers").iterdir():
        (corpus / path.name).write_bytes(b"\0\0" + path.read_bytes())


if __name__ == "__main__":
    if len(sys.argv) == 1 or sys.argv[1].startswith("-"):
        seeds()
        limits = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=6000"]  # 6 kB a run are the fuzzer's own
        words = f"-dict={Path(__file__).with_name('words.dict')}"
        sys.argv += [*limits, words, f"-artifact_prefix={FOLDER}/", str(FOLDER / "corpus")]
    atheris.Setup(sys.argv, process_bytes)
    atheris.Fuzz()
