"""Which files are there and complete: inotify events, the scanner, probes, pending files."""
