"""What a daemon tells others: health, the status socket, metrics, systemd, the log."""
