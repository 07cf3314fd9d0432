"""How lines are rewritten that are not yet a table with a row for each time."""
