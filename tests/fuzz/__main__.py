"""`make fuzz`: bytes, guided by coverage, that must give a Result or a Rejection, soon and in little memory.

The first byte of an input says whether the file is packed and gets a header, the second how many pairs of
bytes follow that choose a profile; the rest is the file. What is kept lies in run/fuzz: the corpus, and for
each finding the input that shows it, which `make fuzz ARGS=run/fuzz/crash-…` runs again.
"""

from __future__ import annotations

import gzip
import io
import sys
from datetime import datetime
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["processing"]):
    from processing.formats.toml_files import shipped
    from processing.model.rejection import Rejection, RejectionRecord
    from processing.model.result import encode, load
    from processing.model.safe_text import text_of
    from processing.pipeline import process

from processing.generator.days import SimulatedDay, render
from processing.generator.faults import FAULTS
from tests.support.drawn_profiles import KEYS, drawn_profile

HEADERS = (
    b"",
    b"timestamp,voltage,current,temperature,power\n",
    b"\xef\xbb\xbf# logger 7\nTime stamp;current_A\r\ntimestamp;Voltage (mV);current_A;power_kW\r\n",
    b"power\ttimestamp\tcurrent\tvoltage\n",
)
FOLDER = Path("run/fuzz")


def process_bytes(data: bytes) -> None:
    """Process the file that these bytes describe, and hold the outcome against itself."""
    if len(data) < 2:
        return
    packed, header, start = data[0] & 1, HEADERS[data[0] // 2 % len(HEADERS)], 2 + 2 * (data[1] % 5)
    profile = drawn_profile(data[2:start])
    content = header + data[start:]
    if packed and data[0] & 128:
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
    """Write a corpus to begin with: rows of faults, a whole day, and loggers, each by several profiles."""
    corpus = FOLDER / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    start = datetime.fromisoformat("2025-03-10T06:00:00")
    days = {fault: SimulatedDay(start, seed=1, faults=(fault,)) for fault in FAULTS}
    days["whole"] = SimulatedDay(start, seed=1, rows=48, interval_seconds=1800)
    for number, (name, day) in enumerate(days.items()):
        lines = render(day)[0].splitlines(keepends=True)
        form = bytes([2 * (number % 2), 1, number, 0])
        (corpus / name).write_bytes(form + b"".join(lines[number % 2 : 50]))
    files = [path for path in sorted(Path("tests/samples/loggers").iterdir()) if path.suffix != ".toml"]
    for number, path in enumerate(files):
        (corpus / path.name).write_bytes(b"\0\0" + path.read_bytes())
        for choice, tables in enumerate(KEYS):
            profile = bytes([0, 1, choice, (number + choice) % len(tables)])
            (corpus / f"{path.name}-{choice}").write_bytes(profile + path.read_bytes()[:4000])


if __name__ == "__main__":
    if len(sys.argv) == 1 or sys.argv[1].startswith("-"):
        seeds()
        limits = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=6000"]  # 6 kB a run are the fuzzer's own
        words = f"-dict={Path(__file__).with_name('words.dict')}"
        sys.argv += [*limits, words, f"-artifact_prefix={FOLDER}/", str(FOLDER / "corpus")]
    atheris.Setup(sys.argv, process_bytes)
    atheris.Fuzz()
