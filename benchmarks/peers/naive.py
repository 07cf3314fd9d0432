"""What one would write first: averages of one CSV by csv.DictReader and statistics, then a JSON and a move.

Started once per file by inoticoming: naive.py DATA_DIR NAME
"""

import csv
import json
import statistics
import sys
from datetime import datetime
from pathlib import Path


def averages(path: Path) -> dict[str, float]:
    columns: dict[str, list[float]] = {"voltage": [], "current": [], "temperature": [], "power": []}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            datetime.fromisoformat(row["timestamp"])
            for name, values in columns.items():
                values.append(float(row[name]))
    return {name: statistics.mean(values) for name, values in columns.items()}


def main() -> None:
    data, name = Path(sys.argv[1]), sys.argv[2]
    result = averages(data / "incoming" / name)
    (data / "processed" / f"{Path(name).stem}.json").write_text(json.dumps(result, indent=2))
    (data / "incoming" / name).rename(data / "archive" / name)


if __name__ == "__main__":
    main()
