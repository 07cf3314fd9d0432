"""`python -m processing.generator`."""

from __future__ import annotations

import sys

from processing import printing
from processing.generator.days import main

if __name__ == "__main__":
    sys.exit(printing.run(main))
