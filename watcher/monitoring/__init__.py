"""What a daemon reports: health, the status socket, metrics, systemd, the log."""
