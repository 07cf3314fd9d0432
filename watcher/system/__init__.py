"""The operating system: file-system calls, areas and their walk, lock, mounts, back-off, timely exit."""
