"""How times are read: formats, columns, zones."""
