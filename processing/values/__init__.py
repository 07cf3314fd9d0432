"""How numbers are read, from cells and from values of Python, and how values are written as TOML."""
