"""The canonical form of an RFC 5545 recurrence rule, checked and without spelling; knows no text and no calendar.

A `Rule` holds what the text said, sorted and without repetition. Weekdays count from Monday = 0.
"""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum


class Frequency(StrEnum):
    """FREQ (RFC 5545 section 3.3.10)."""

    YEARLY = "YEARLY"
    MONTHLY = "MONTHLY"
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"
    HOURLY = "HOURLY"
    MINUTELY = "MINUTELY"
    SECONDLY = "SECONDLY"

    @property
    def sub_daily(self) -> bool:
        """Whether the rule counts in units shorter than a day."""
        return self in _SUB_DAILY


_SUB_DAILY = {Frequency.HOURLY, Frequency.MINUTELY, Frequency.SECONDLY}


class Skip(StrEnum):
    """What becomes of a day that a month does not have (RFC 7529 section 4.1)."""

    OMIT = "OMIT"
    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"


DAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ALL_WEEKDAYS = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Until:
    """UNTIL as written: a date, perhaps a time of day, and whether it is in UTC."""

    day: date
    clock: time | None = None
    utc: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE. An empty tuple means that the part was not given; `byday` holds (ordinal or 0, weekday)."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: Until | None = None
    week_start: int = 0
    bymonth: tuple[int, ...] = ()
    byweekno: tuple[int, ...] = ()
    byyearday: tuple[int, ...] = ()
    bymonthday: tuple[int, ...] = ()
    byday: tuple[tuple[int, int], ...] = ()
    byhour: tuple[int, ...] = ()
    byminute: tuple[int, ...] = ()
    bysecond: tuple[int, ...] = ()
    bysetpos: tuple[int, ...] = ()
    skip: Skip = Skip.OMIT

    @property
    def weekdays(self) -> frozenset[int]:
        """The weekdays named without an ordinal."""
        return frozenset(day for ordinal, day in self.byday if not ordinal)

    @property
    def endless(self) -> bool:
        """Whether neither COUNT nor UNTIL ends the rule."""
        return self.count is None and self.until is None
