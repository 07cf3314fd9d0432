"""What loggers call their columns, and the units that they state."""
