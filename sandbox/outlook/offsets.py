"""Tables of time zones that the pages and office.js need; computed from zoneinfo, for no event in particular."""

from datetime import UTC, datetime, timedelta

from tzlocal.windows_tz import win_tz

from sandbox.graph.zones import find_zone

_STEP = timedelta(hours=1)


def windows_zones() -> dict[str, str]:
    """Windows names to IANA names."""
    return {**win_tz, "UTC": "Etc/UTC"}


def offset_ranges(zone: str, now: datetime, years: int = 3) -> list[dict[str, str]]:
    """`timeZoneOffsets` of office.js's initial data: stretches of one offset, milliseconds and minutes as text."""
    rules = find_zone(zone)
    at = datetime(now.year - 1, 1, 1, tzinfo=UTC)
    last = datetime(now.year + years, 1, 1, tzinfo=UTC)
    found: list[dict[str, str]] = []
    begin, offset = at, at.astimezone(rules).utcoffset()
    day = timedelta(days=1)
    while at < last:
        if (at + day).astimezone(rules).utcoffset() != offset:
            change = _change(at, at + day, zone)
            found.append(_range(begin, change, offset))
            begin, offset = change, (at + day).astimezone(rules).utcoffset()
        at += day
    found.append(_range(begin, last, offset))
    return found


def _change(before: datetime, after: datetime, zone: str) -> datetime:
    rules = find_zone(zone)
    old = before.astimezone(rules).utcoffset()
    at = before
    while at < after and at.astimezone(rules).utcoffset() == old:
        at += _STEP / 4
    return at


def _range(start: datetime, end: datetime, offset: timedelta | None) -> dict[str, str]:
    minutes = round((offset or timedelta(0)) / timedelta(minutes=1))
    return {
        "start": str(round(start.timestamp() * 1000)),
        "end": str(round(end.timestamp() * 1000)),
        "offset": str(minutes),
    }
