"""From bytes to rows: byte source, dialect, grammar, fast and strict row parsers, table."""
