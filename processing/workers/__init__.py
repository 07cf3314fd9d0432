"""Pools of workers: local processes, this process, a Dask cluster."""
