"""The formulas, the figures of a day, the series of its chart."""
