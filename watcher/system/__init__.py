"""The operating system: the file-system seam, the lock, mounts, back-off, memory."""
