"""Notes: what is worth knowing about a file or a day though no row is at fault."""
