"""Checks of the readings against the other columns: factors, units, marks of rows, an order that changes."""
