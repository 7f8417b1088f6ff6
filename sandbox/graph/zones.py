"""Windows and IANA zone names as Exchange takes them, from tzlocal's copy of CLDR; it knows no event."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tzlocal.windows_tz import tz_win, win_tz

from sandbox.graph.errors import GraphError

CUSTOM = "tzone://Microsoft/Custom"
_WINDOWS = {name.lower(): name for name in win_tz}
_WINDOWS_TO_IANA = {**win_tz, "UTC": "Etc/UTC"}
_UTC_NAMES = {"utc", "etc/utc", "gmt", "tzone://microsoft/utc", "z"}


def find_zone(name: str) -> tzinfo:
    """The rules behind a Windows or IANA name; GraphError 400 for any other (Graph facts 1.2)."""
    if name.lower() in _UTC_NAMES:
        return UTC
    windows = _WINDOWS.get(name.lower())
    iana = _WINDOWS_TO_IANA[windows] if windows else name
    if "/" not in iana and iana not in tz_win:
        raise _unsupported(name)
    try:
        return ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _unsupported(name) from None


def windows_name(name: str) -> str:
    """What `originalStartTimeZone` says for a zone given as `name`."""
    if name.lower() in _UTC_NAMES:
        return "UTC"
    return _WINDOWS.get(name.lower()) or tz_win.get(name) or CUSTOM


def to_utc(wall: datetime, name: str) -> datetime:
    """The instant of a wall-clock time (naive) in the zone `name`."""
    return wall.replace(tzinfo=find_zone(name)).astimezone(UTC)


def to_wall(instant: datetime, name: str) -> datetime:
    """The wall-clock time (naive) of an instant in the zone `name`."""
    return instant.astimezone(find_zone(name)).replace(tzinfo=None)


def supported_windows(now: datetime) -> list[dict[str, str]]:
    """`supportedTimeZones` by Windows name; the offset shown is that of January."""
    winter = datetime(now.year, 1, 1, tzinfo=UTC)
    found = []
    for name in sorted(_WINDOWS_TO_IANA):
        city = _WINDOWS_TO_IANA[name].rpartition("/")[2].replace("_", " ")
        offset = winter.astimezone(find_zone(name)).strftime("%z")
        shown = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:]}"
        found.append({"alias": name, "displayName": f"({shown}) {city}"})
    return found


def supported_iana() -> list[dict[str, str]]:
    """`supportedTimeZones` by IANA name."""
    return [{"alias": name, "displayName": name} for name in sorted(set(tz_win) & available_timezones())]


def _unsupported(name: str) -> GraphError:
    return GraphError(
        400,
        "TimeZoneNotSupportedException",
        f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'.",
    )
