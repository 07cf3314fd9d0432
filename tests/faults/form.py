"""Which form of the suite runs: FAULTS=short takes samples, FAULTS=long takes all."""

import os

FORM = os.environ.get("FAULTS")
LONG = FORM == "long"
