"""Names of time zones, Windows and IANA, and wall clock to instant; knows nothing of recurrence.

The table `windows_zones.csv` is CLDR's windowsZones (source and date in its first line). Windows to IANA gives the
zone of territory 001, so IANA -> Windows -> IANA is not the identity (Europe/Oslo -> W. Europe Standard Time ->
Europe/Berlin): keep the name you were given (recurrence facts 3).
"""

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from addin.errors import InvalidInput

UTC_NAME = "UTC"

_RENAMED = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca",
    "America/Cordoba": "America/Argentina/Cordoba",
    "America/Fort_Wayne": "America/Indiana/Indianapolis",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Jujuy": "America/Argentina/Jujuy",
    "America/Knox_IN": "America/Indiana/Knox",
    "America/Louisville": "America/Kentucky/Louisville",
    "America/Mendoza": "America/Argentina/Mendoza",
    "Asia/Ashkhabad": "Asia/Ashgabat",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Dacca": "Asia/Dhaka",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Macao": "Asia/Macau",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Asia/Thimbu": "Asia/Thimphu",
    "Asia/Ujung_Pandang": "Asia/Makassar",
    "Asia/Ulan_Bator": "Asia/Ulaanbaatar",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Etc/GMT": UTC_NAME,
    "Etc/UCT": UTC_NAME,
    "Etc/UTC": UTC_NAME,
    "Etc/Universal": UTC_NAME,
    "Etc/Zulu": UTC_NAME,
    "Europe/Kiev": "Europe/Kyiv",
    "GMT": UTC_NAME,
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "UCT": UTC_NAME,
    "Universal": UTC_NAME,
    "Zulu": UTC_NAME,
}
"""Old spellings of the tz database (its `backward` file) with the present one; other links keep their own territory."""

_UNKNOWN = {"reason": "time-zone", "field": "timeZone"}
_GRAPH_UTC = "tzone://microsoft/utc"


@dataclass(frozen=True)
class _Table:
    iana: dict[str, str]
    """Lower case IANA name -> its spelling."""
    windows_of: dict[str, str]
    """IANA name -> Windows name."""
    default_of: dict[str, str]
    """Lower case Windows name -> IANA name of territory 001."""


@lru_cache(maxsize=1)
def _table() -> _Table:
    iana: dict[str, str] = {}
    windows_of: dict[str, str] = {}
    default_of: dict[str, str] = {}
    text = resources.files(__package__).joinpath("windows_zones.csv").read_text(encoding="ascii")
    for row in csv.DictReader(text.splitlines()[1:]):
        name, windows = row["iana"], row["windows"]
        if row["role"]:
            default_of[windows.lower()] = _RENAMED.get(name, name)
        else:
            iana[name.lower()] = name
            if windows:
                windows_of[name] = windows
    return _Table(iana, windows_of, default_of)


@lru_cache(maxsize=2048)
def to_iana(name: str) -> str:
    """The IANA name, in its present spelling, of a Windows or IANA name in any case.

    `tzone://Microsoft/Utc` is UTC; every other `tzone://` name, and every unknown one, raises InvalidInput naming it:
    `tzone://Microsoft/Custom` stands for rules that are not told, so no date could be trusted.
    """
    lowered = name.strip().lower()
    if lowered == _GRAPH_UTC:
        return UTC_NAME
    table = _table()
    if lowered in table.default_of:
        return table.default_of[lowered]
    if lowered in table.iana:
        spelling = table.iana[lowered]
        return _RENAMED.get(spelling, spelling)
    if lowered.startswith("tzone://"):
        raise InvalidInput(f"{name!r} names a custom time zone; choose a named zone in Outlook", **_UNKNOWN)
    raise InvalidInput(
        f"{name[:60]!r} is neither a Windows nor an IANA time zone name; use one such as Europe/Warsaw", **_UNKNOWN
    )


@lru_cache(maxsize=2048)
def to_windows(name: str) -> str:
    """The Windows name of an IANA name (a Windows name answers itself in its usual spelling).

    Raises InvalidInput for an unknown name and for the few zones that Windows does not have (Antarctica/Troll).
    """
    iana = to_iana(name)
    windows = _table().windows_of.get(iana)
    if windows is None:
        raise InvalidInput(f"Windows has no time zone for {iana}; use a zone of a nearby place", field="timeZone")
    default = _table().default_of.get(name.strip().lower())
    return windows if default is None else next(key for key in _windows_names() if key.lower() == name.strip().lower())


@lru_cache(maxsize=1)
def _windows_names() -> tuple[str, ...]:
    return tuple(sorted(set(_table().windows_of.values())))


@lru_cache(maxsize=256)
def load(name: str) -> ZoneInfo:
    """The rules of a zone, by Windows or IANA name."""
    return ZoneInfo(to_iana(name))


def localise(naive: datetime, zone: str) -> datetime:
    """The instant that a wall clock time means in a zone, as an aware datetime of that zone that exists.

    A time in the gap of a change to summer time is read with the offset before the gap, so 02:30 becomes 03:30; of a
    time that occurs twice the first is meant (RFC 5545 section 3.3.5).
    """
    rules = load(zone)
    return naive.replace(tzinfo=rules, fold=0).astimezone(UTC).astimezone(rules)


def wall_clock(instant: datetime, zone: str) -> datetime:
    """The naive wall clock of an instant in a zone."""
    return instant.astimezone(load(zone)).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=512)
def same_rules(left: str, right: str, first_year: int, last_year: int) -> bool:
    """Whether two zones show the same wall clock through the years given (sampled every day at 00:00 and 12:00)."""
    if to_iana(left) == to_iana(right):
        return True
    one, other = load(left), load(right)
    moment = datetime.combine(date(first_year, 1, 1), time())
    end = datetime.combine(date(last_year, 12, 31), time())
    while moment <= end:
        if moment.replace(tzinfo=one).utcoffset() != moment.replace(tzinfo=other).utcoffset():
            return False
        moment += timedelta(hours=12)
    return True
