"""What people look at: pages, GitHub Actions, the terminal, the run summary."""
