"""Where processing runs: local worker processes, this process, a Dask cluster."""
