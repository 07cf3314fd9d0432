"""Many files in one run, local or from an object store."""
