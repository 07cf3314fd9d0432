"""Whether a file that can be read means what it seems to: its plant, units, signs, sides and codes."""
