"""The registry of checks, the checks themselves, and the anomalies that they find."""
