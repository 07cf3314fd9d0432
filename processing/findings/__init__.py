"""The registry of checks and notes, and what they find in a file."""
