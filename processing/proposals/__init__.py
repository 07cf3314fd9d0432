"""How a rejected file could be read, and the lines of TOML that say so."""
