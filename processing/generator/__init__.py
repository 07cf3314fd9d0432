"""Simulated days and planted faults."""
