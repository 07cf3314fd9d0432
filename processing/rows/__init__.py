"""Rows in time order, valid rows, runs, daylight."""
