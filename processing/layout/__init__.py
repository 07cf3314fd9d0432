"""How a file is written: header, columns, delimiter."""
