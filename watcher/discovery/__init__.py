"""Files that are there and stable: inotify events, the scanner, probes, pending files."""
