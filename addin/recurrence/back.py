"""Graph to RRULE: the rule that means the same as a `patternedRecurrence`, clamping and merged sets included."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from addin.errors import InvalidInput, Unsupported
from addin.recurrence import graph, rrule
from addin.recurrence.days import Days
from addin.recurrence.expand import expand
from addin.recurrence.graph import Pattern, PatternType, Range
from addin.recurrence.graph_days import LAST_INDEX, bounded, days_of
from addin.recurrence.proof import day_text, first_difference
from addin.recurrence.rule import Frequency, Rule, Until
from addin.recurrence.zones import localise, same_rules, to_iana

LocalStart = datetime | date

_FREQUENCIES = {
    PatternType.DAILY: Frequency.DAILY,
    PatternType.WEEKLY: Frequency.WEEKLY,
    PatternType.ABSOLUTE_MONTHLY: Frequency.MONTHLY,
    PatternType.RELATIVE_MONTHLY: Frequency.MONTHLY,
    PatternType.ABSOLUTE_YEARLY: Frequency.YEARLY,
    PatternType.RELATIVE_YEARLY: Frequency.YEARLY,
}
_YEARS_COMPARED = 10


@dataclass(frozen=True)
class BackConversion:
    """The text of an RRULE without prefix, the first occurrence to use as DTSTART, and what should be known."""

    rrule: str
    start: LocalStart
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.rrule


def rule_of(pattern: Pattern) -> Rule:
    """The endless rule that chooses the days of a pattern from one of its occurrences on (recurrence facts 4.3, 4.4).

    Clamping to the last day of a short month is written with BYSETPOS, the only spelling within RFC 5545; ical.js
    reads over it.
    """
    frequency, interval = _FREQUENCIES[pattern.type], pattern.interval
    month = (pattern.month,) if pattern.type.yearly else ()
    if pattern.type is PatternType.DAILY:
        return Rule(frequency, interval)
    if pattern.type is PatternType.WEEKLY:
        byday = tuple((0, day) for day in sorted(pattern.weekdays))
        return Rule(frequency, interval, byday=byday, week_start=pattern.first_day_of_week)
    if pattern.type.relative:
        position = -1 if pattern.index == LAST_INDEX else pattern.index
        if len(pattern.weekdays) == 1:
            return Rule(frequency, interval, bymonth=month, byday=((position, min(pattern.weekdays)),))
        byday = tuple((0, day) for day in sorted(pattern.weekdays))
        return Rule(frequency, interval, bymonth=month, byday=byday, bysetpos=(position,))
    return _absolute(frequency, interval, month, pattern.day_of_month)


@lru_cache(maxsize=1024)
def endless_text(pattern: Pattern) -> str:
    """The text of `rule_of`, remembered: a calendar holds few different patterns."""
    return rrule.write(rule_of(pattern))


def _absolute(frequency: Frequency, interval: int, month: tuple[int, ...], day: int) -> Rule:
    longest = 29 if month == (2,) else 30 if month and month[0] in (4, 6, 9, 11) else 31
    if day <= 28 or (month and month != (2,) and day <= longest):
        return Rule(frequency, interval, bymonth=month, bymonthday=(day,))
    if day >= longest:
        return Rule(frequency, interval, bymonth=month, bymonthday=(-1,))
    return Rule(frequency, interval, bymonth=month, bymonthday=tuple(range(28, day + 1)), bysetpos=(-1,))


def to_rrule(recurrence: object, *, start: LocalStart, zone: str) -> BackConversion:
    """The RRULE of a Graph `patternedRecurrence` whose event starts at the naive local `start` in `zone`.

    Padded answers are read by type alone. A start that is not an occurrence is moved to the first one, as Graph does,
    and said so. Raises InvalidInput naming the field, Unsupported where the documents leave the meaning open.
    """
    if isinstance(start, datetime) and start.tzinfo is not None:
        raise InvalidInput("start: give the naive wall clock of the series, and its zone apart", field="start")
    pattern, bounds = graph.read(recurrence)
    to_iana(zone)
    day = start.date() if isinstance(start, datetime) else start
    _check_start(pattern, bounds, day, zone)
    days = bounded(pattern, bounds)
    first = days.next(days.first)
    if first is None:
        raise InvalidInput(f"endDate: the pattern has no date up to {bounds.end}", field="endDate")
    if bounds.count is not None and days.last is None:
        raise InvalidInput("numberOfOccurrences: the series would run past the year 9999", field="numberOfOccurrences")
    begin = date.fromordinal(first)
    moved = datetime.combine(begin, start.time()) if isinstance(start, datetime) else begin
    endless = rule_of(pattern)
    _prove(endless, moved, pattern, begin)
    warnings = graph.warnings_about(pattern)
    if moved != start:
        warnings.append(f"The start {start.isoformat()} is not in the pattern: the first is {moved.isoformat()}.")
    return BackConversion(endless_text(pattern) + _end(bounds, moved, zone), moved, tuple(warnings))


def _check_start(pattern: Pattern, bounds: Range, day: date, zone: str) -> None:
    if bounds.start != day:
        raise InvalidInput(f"startDate: {bounds.start} is not the date of the event's start, {day}", field="startDate")
    if bounds.zone and not same_rules(bounds.zone, zone, day.year, day.year + _YEARS_COMPARED):
        raise Unsupported(
            f"recurrenceTimeZone: {bounds.zone!r} keeps other time than the event's zone {zone!r}; "
            "give the start in the zone of the series",
            part="recurrenceTimeZone",
        )
    if pattern.type is not PatternType.WEEKLY or pattern.interval == 1:
        return
    end_of_week = day.toordinal() + 6 - (day.weekday() - pattern.first_day_of_week) % 7
    if Days(days_of(pattern, day), day.toordinal(), end_of_week).next(day.toordinal()) is None:
        raise Unsupported(
            "startDate: no day of the pattern is left in the week of the start, and the documents do not say from "
            "which week the interval is counted; start the series on one of its days",
            part="startDate",
        )


def _end(bounds: Range, start: LocalStart, zone: str) -> str:
    """COUNT or UNTIL; UNTIL in UTC where the start has a time, so that the last day is included."""
    if bounds.count is not None:
        return f";COUNT={bounds.count}"
    if bounds.end is None:
        return ""
    if not isinstance(start, datetime):
        return f";UNTIL={rrule.until_text(Until(bounds.end))}"
    instant = localise(datetime.combine(bounds.end, start.time()), zone).astimezone(UTC)
    return f";UNTIL={rrule.until_text(Until(instant.date(), instant.time(), utc=True))}"


def _prove(rule: Rule, start: LocalStart, pattern: Pattern, begin: date) -> None:
    timed, _ = expand(rule, start)
    difference = first_difference(
        Days(timed[0].days, begin.toordinal()), [Days(days_of(pattern, begin), begin.toordinal())]
    )
    if difference is not None:
        raise Unsupported(f"pattern: no rule means the same; they part on {day_text(difference.day)}", part="pattern")
