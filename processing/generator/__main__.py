"""python -m processing.generator: writes simulated days as CSV files."""

import sys

from processing import printing
from processing.generator.command import main

if __name__ == "__main__":
    sys.exit(printing.run(main))
