"""What a daemon shows to people: pages, GitHub Actions, the terminal, the run summary."""
