"""What keeps the watcher from working or slows it down, and the commands that fix it."""
