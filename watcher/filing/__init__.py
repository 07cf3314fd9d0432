"""Publishes records and moves inputs without loss: committer, transaction, plan, moves, recovery."""
