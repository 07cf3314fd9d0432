"""What several results have together."""
