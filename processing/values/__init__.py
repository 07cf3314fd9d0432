"""How numbers are read, from cells and from values of Python."""
