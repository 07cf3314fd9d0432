"""`python -m processing FILE… [-o DIR]`: process files without a daemon."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from processing.names import text_of
from processing.records import process_sensor_data


def main(arguments: list[str] | None = None) -> int:
    """Process each file, one line of outcome each; return 0, or 1 where one could not be processed."""
    parser = argparse.ArgumentParser(prog="python -m processing", description="Judge solar-sensor CSV files.")
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="a .csv or .csv.gz file")
    parser.add_argument("-o", "--output-dir", default="data/processed", metavar="DIR", type=Path)
    options = parser.parse_args(arguments)
    outcomes = [_process(file, options.output_dir) for file in options.files]
    return 0 if all(outcomes) else 1


def _process(file: Path, output_dir: Path) -> bool:
    result = process_sensor_data(file, output_dir)
    shown = text_of(bytes(file))
    if result["status"] == "success":
        energy = result["metrics"]["total_energy_kwh"]
        counted = f"{result['records_processed']} of {result['records_total']} rows"
        print(f"{shown}: {counted}, {energy} kWh, {result['anomalies_total']} anomalies")  # noqa: T201 (a command)
        return True
    error = result["error"]
    place = f", line {error['line']}" if error.get("line") else ""
    print(f"{shown}{place}: {error['code']}: {error['message']}", file=sys.stderr)  # noqa: T201 (a command)
    return False


if __name__ == "__main__":
    sys.exit(main())
