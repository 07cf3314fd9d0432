"""From bytes to rows: byte source, dialect, timestamps, numbers, fast and strict row parsers, table."""
