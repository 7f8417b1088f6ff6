"""What a Graph recurrence pattern means, by the documents (Graph facts 1.1): clamping, merged sets, weeks, intervals.

Knows nothing of RRULE: this is the other side that a proof compares, written separately on purpose.
"""

from calendar import monthrange
from datetime import date

from addin.recurrence.days import (
    LAST_YEAR,
    MONTH_LENGTHS,
    MONTH_OFFSETS,
    Days,
    DaySet,
    Linear,
    Yearly,
    first_day,
    nth_ordinal,
    progression_years,
)
from addin.recurrence.graph import Pattern, PatternType, Range

LAST_INDEX = 5


def days_of(pattern: Pattern, anchor: date) -> DaySet:
    """The days of a pattern whose interval is counted from the period (day, week, month, year) that holds `anchor`."""
    if pattern.type is PatternType.DAILY:
        return Linear(pattern.interval, anchor.toordinal())
    if pattern.type is PatternType.WEEKLY:
        into_week = (anchor.weekday() - pattern.first_day_of_week) % 7
        offsets = tuple(sorted((weekday - pattern.first_day_of_week) % 7 for weekday in pattern.weekdays))
        return Linear(7 * pattern.interval, anchor.toordinal() - into_week, offsets)
    if pattern.type.yearly:
        return _every_nth_year(pattern, anchor)
    return _every_nth_month(pattern, anchor)


def _every_nth_year(pattern: Pattern, anchor: date) -> DaySet:
    interval, month = pattern.interval, pattern.month

    def choose(kind: int, phase: int) -> int:
        return 0 if (phase - anchor.year) % interval else 1 << day_in_month(pattern, kind, month)

    return Yearly(interval, choose)


def _every_nth_month(pattern: Pattern, anchor: date) -> DaySet:
    interval = pattern.interval
    origin = anchor.year * 12 + anchor.month

    def choose(kind: int, phase: int) -> int:
        chosen = 0
        for month in range(1, 13):
            if not (phase * 12 + month - origin) % interval:
                chosen |= 1 << day_in_month(pattern, kind, month)
        return chosen

    return Yearly(progression_years(interval), choose)


def day_in_month(pattern: Pattern, kind: int, month: int) -> int:
    """The one day (of the year, from 0) that an absolute or relative pattern chooses in a month of a kind of year."""
    leap = kind >= 7
    begin, length = MONTH_OFFSETS[leap][month - 1], MONTH_LENGTHS[leap][month - 1]
    if pattern.type.absolute:
        return begin + min(pattern.day_of_month, length) - 1
    weekday = (kind + begin) % 7
    if pattern.index == LAST_INDEX:
        place = length - 1
        while (weekday + place) % 7 not in pattern.weekdays:
            place -= 1
        return begin + place
    place, left = -1, pattern.index
    while left:
        place += 1
        left -= (weekday + place) % 7 in pattern.weekdays
    return begin + place


def first_occurrence(pattern: Pattern, start: date) -> date | None:
    """The first day of the pattern at or after `start`; None if there is none before the year 9999 ends.

    The interval is counted from that day (Microsoft's own example: first Thursday of every second month from
    29 August begins in September). Weekly patterns count from the week of `start`.
    """
    if pattern.type is PatternType.DAILY:
        return start
    if pattern.type is PatternType.WEEKLY:
        found = Days(days_of(pattern, start), start.toordinal()).next(start.toordinal())
        return None if found is None else date.fromordinal(found)
    year, month = start.year, pattern.month or start.month
    while year <= LAST_YEAR:
        kind = date(year, 1, 1).weekday() + 7 * (monthrange(year, 2)[1] == 29)
        found = first_day(year) + day_in_month(pattern, kind, month)
        if found >= start.toordinal():
            return date.fromordinal(found)
        if pattern.type.yearly or month == 12:
            year += 1
        month = pattern.month or month % 12 + 1
    return None


def bounded(pattern: Pattern, bounds: Range) -> Days:
    """The days of a pattern within its range, from its first occurrence on.

    A numbered range counts from the first occurrence. An end that is before the first occurrence gives no days.
    """
    first = first_occurrence(pattern, bounds.start)
    if first is None:
        return Days(Linear(1, 1), 1, 0)
    days = days_of(pattern, first if pattern.type is not PatternType.WEEKLY else bounds.start)
    if bounds.end is not None:
        return Days(days, first.toordinal(), bounds.end.toordinal())
    if bounds.count is not None:
        return Days(days, first.toordinal(), nth_ordinal([Days(days, first.toordinal())], bounds.count))
    return Days(days, first.toordinal())
