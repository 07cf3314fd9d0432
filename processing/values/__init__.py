"""How one cell is read: numbers, timestamps, values of Python."""
