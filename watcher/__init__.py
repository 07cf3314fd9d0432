"""Watches a folder for sensor files and files each one with its record, losing nothing."""
