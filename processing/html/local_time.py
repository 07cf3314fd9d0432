"""The times of a page, in the zone of the site if it is known: a day on a page is a day there."""

from zoneinfo import ZoneInfo

from msgspec import UNSET
from msgspec.structs import replace

from processing.model.digest import local, zone_of
from processing.model.result import Metrics, Result


def localized(result: Result) -> Result:
    """Return a result whose times with an offset are those in the zone of its site."""
    zone = zone_of(result.profile.timezone or None)
    if zone is None:
        return result
    series = result.series
    if series is not UNSET and series.start is not None:
        series = replace(series, start=local(series.start, zone))
    anomalies = [
        replace(one, start=_local(one.start, zone), end=_local(one.end, zone)) for one in result.anomalies
    ]
    return replace(result, metrics=_metrics(result.metrics, zone), anomalies=anomalies, series=series)


def _metrics(found: Metrics, zone: ZoneInfo) -> Metrics:
    period = replace(found.period, start=_local(found.period.start, zone), end=_local(found.period.end, zone))
    return replace(
        found,
        period=period,
        peak_power_hour=_local(found.peak_power_hour, zone),
        peak_power_time=_local(found.peak_power_time, zone),
        hours=[replace(hour, start=local(hour.start, zone)) for hour in found.hours],
    )


def _local(stamp: str | None, zone: ZoneInfo) -> str | None:
    return None if stamp is None else local(stamp, zone)
