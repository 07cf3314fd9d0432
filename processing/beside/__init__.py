"""What the columns beside the readings say about these: factors, durations, and an order that changes."""
