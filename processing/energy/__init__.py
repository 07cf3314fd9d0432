"""What a column of energy holds, and what a meter counts."""
