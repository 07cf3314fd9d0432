"""The wait before the next attempt, which doubles with each failure."""

FIRST_SECONDS = 1.0
MAX_SECONDS = 60.0


def delay_seconds(attempt: int) -> float:
    """Return the seconds to wait after failed attempt `attempt`, counted from 1: 1, 2, 4 … up to 60."""
    doublings = min(max(attempt, 1) - 1, 6)  # 2**6 exceeds the maximum; a huge attempt must not overflow
    return min(FIRST_SECONDS * 2.0**doublings, MAX_SECONDS)
