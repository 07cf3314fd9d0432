"""Known formats: files of common loggers, recognised by their header and read by a profile of their own."""
