"""`python -m processing FILE…`."""
