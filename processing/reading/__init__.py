"""From bytes to rows: byte source, fast and strict row parsers, table."""
