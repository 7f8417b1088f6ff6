"""Graph's `patternedRecurrence` as values: read from JSON tolerantly, written strictly; computes no dates.

Graph facts 1.1 and 1.2: the type alone decides which fields count, because the service answers the others padded
(`month: 0`, `endDate: 0001-01-01`). What is written holds only the fields that its type needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from addin.errors import InvalidInput
from addin.recurrence.rule import ALL_WEEKDAYS

GRAPH_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
INDEXES = ("first", "second", "third", "fourth", "last")
WORKING_DAYS = frozenset(range(5))
WEEKEND = frozenset((5, 6))
SUNDAY = 6
MOST_OCCURRENCES = 999
"""EWS, the older face of the same store, documents numberOfOccurrences up to 999."""

_WEEKDAY = {name: number for number, name in enumerate(GRAPH_DAYS)}


class PatternType(StrEnum):
    """recurrencePattern.type."""

    DAILY = "daily"
    WEEKLY = "weekly"
    ABSOLUTE_MONTHLY = "absoluteMonthly"
    RELATIVE_MONTHLY = "relativeMonthly"
    ABSOLUTE_YEARLY = "absoluteYearly"
    RELATIVE_YEARLY = "relativeYearly"

    @property
    def yearly(self) -> bool:
        """Whether the interval counts years."""
        return self in (PatternType.ABSOLUTE_YEARLY, PatternType.RELATIVE_YEARLY)

    @property
    def relative(self) -> bool:
        """Whether the day is named by its place among weekdays."""
        return self in (PatternType.RELATIVE_MONTHLY, PatternType.RELATIVE_YEARLY)

    @property
    def absolute(self) -> bool:
        """Whether the day is a day of the month."""
        return self in (PatternType.ABSOLUTE_MONTHLY, PatternType.ABSOLUTE_YEARLY)


_LARGEST_SURE_INTERVAL = {
    PatternType.DAILY: 999,
    PatternType.WEEKLY: 99,
    PatternType.ABSOLUTE_MONTHLY: 99,
    PatternType.RELATIVE_MONTHLY: 99,
    PatternType.ABSOLUTE_YEARLY: 8,
    PatternType.RELATIVE_YEARLY: 8,
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """recurrencePattern. Weekdays count from Monday = 0; `index` is 1..4, or 5 for last; unused fields are zero."""

    type: PatternType
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    first_day_of_week: int = SUNDAY
    day_of_month: int = 0
    month: int = 0
    index: int = 0


@dataclass(frozen=True, slots=True)
class Range:
    """recurrenceRange: from `start`, through `end` inclusive, or `count` occurrences, or without end."""

    start: date
    end: date | None = None
    count: int | None = None
    zone: str | None = None


def invalid(field: str, message: str) -> InvalidInput:
    """The error for a field of `patternedRecurrence` that cannot be used."""
    return InvalidInput(f"{field}: {message}", field=field)


def _mapping(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise invalid(field, "must be an object")
    return value


def _integer(source: Mapping[str, Any], field: str, low: int, high: int) -> int:
    value = source.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise invalid(field, f"{value!r} is not a whole number from {low} to {high}")
    return value


def _weekdays(source: Mapping[str, Any]) -> frozenset[int]:
    value = source.get("daysOfWeek")
    if not isinstance(value, list) or not value:
        raise invalid("daysOfWeek", "must name at least one weekday")
    return frozenset(_weekday(item, "daysOfWeek") for item in value)


def _weekday(value: object, field: str) -> int:
    number = _WEEKDAY.get(value.lower()) if isinstance(value, str) else None
    if number is None:
        raise invalid(field, f"{value!r} is not one of {', '.join(GRAPH_DAYS)}")
    return number


def _index(source: Mapping[str, Any]) -> int:
    value = source.get("index") or "first"
    if not isinstance(value, str) or value.lower() not in INDEXES:
        raise invalid("index", f"{value!r} is not one of {', '.join(INDEXES)}")
    return INDEXES.index(value.lower()) + 1


_TYPES = {member.value.lower(): member for member in PatternType}


def read_pattern(source: object) -> Pattern:
    """A recurrencePattern from JSON. Fields that its type does not use are not looked at."""
    fields = _mapping(source, "pattern")
    name = fields.get("type")
    kind = _TYPES.get(name.lower()) if isinstance(name, str) else None
    if kind is None:
        raise invalid("type", f"{name!r} is not one of {', '.join(PatternType)}")
    interval = _integer(fields, "interval", 1, 2_147_483_647)
    if kind is PatternType.DAILY:
        return Pattern(kind, interval)
    if kind is PatternType.WEEKLY:
        begin = fields.get("firstDayOfWeek") or "sunday"
        return Pattern(kind, interval, _weekdays(fields), _weekday(begin, "firstDayOfWeek"))
    month = _integer(fields, "month", 1, 12) if kind.yearly else 0
    if kind.absolute:
        day = _integer(fields, "dayOfMonth", 1, 31)
        return Pattern(kind, interval, day_of_month=day, month=month)
    return Pattern(kind, interval, _weekdays(fields), index=_index(fields), month=month)


def _date(source: Mapping[str, Any], field: str) -> date:
    value = source.get(field)
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise invalid(field, f"{value!r} is not a date such as 2026-12-31") from None


def read_range(source: object) -> Range:
    """A recurrenceRange from JSON, decided by its type alone."""
    fields = _mapping(source, "range")
    name = fields.get("type")
    start = _date(fields, "startDate")
    zone = fields.get("recurrenceTimeZone") or None
    if zone is not None and not isinstance(zone, str):
        raise invalid("recurrenceTimeZone", "must be the name of a time zone")
    lowered = name.lower() if isinstance(name, str) else ""
    if lowered == "noend":
        return Range(start, zone=zone)
    if lowered == "numbered":
        return Range(start, count=_integer(fields, "numberOfOccurrences", 1, 2_147_483_647), zone=zone)
    if lowered != "enddate":
        raise invalid("range.type", f"{name!r} is not one of noEnd, endDate, numbered")
    end = _date(fields, "endDate")
    if end < start:
        raise invalid("endDate", f"{end} lies before startDate {start}")
    return Range(start, end=end, zone=zone)


def read(source: object) -> tuple[Pattern, Range]:
    """A patternedRecurrence from JSON. Raises InvalidInput naming the field."""
    fields = _mapping(source, "recurrence")
    return read_pattern(fields.get("pattern")), read_range(fields.get("range"))


def write_pattern(pattern: Pattern) -> dict[str, Any]:
    """recurrencePattern with the fields its type needs; weekly always says where its weeks begin (Graph facts 1.1)."""
    found: dict[str, Any] = {"type": pattern.type.value, "interval": pattern.interval}
    if pattern.weekdays:
        found["daysOfWeek"] = [GRAPH_DAYS[day] for day in sorted(pattern.weekdays)]
    if pattern.type is PatternType.WEEKLY:
        found["firstDayOfWeek"] = GRAPH_DAYS[pattern.first_day_of_week]
    if pattern.type.absolute:
        found["dayOfMonth"] = pattern.day_of_month
    if pattern.type.relative:
        found["index"] = INDEXES[pattern.index - 1]
    if pattern.type.yearly:
        found["month"] = pattern.month
    return found


def write_range(bounds: Range) -> dict[str, Any]:
    """recurrenceRange with the fields its type needs."""
    found: dict[str, Any] = {"type": "noEnd", "startDate": bounds.start.isoformat()}
    if bounds.count is not None:
        found.update(type="numbered", numberOfOccurrences=bounds.count)
    elif bounds.end is not None:
        found.update(type="endDate", endDate=bounds.end.isoformat())
    if bounds.zone:
        found["recurrenceTimeZone"] = bounds.zone
    return found


def write(pattern: Pattern, bounds: Range) -> dict[str, Any]:
    """patternedRecurrence as JSON."""
    return {"pattern": write_pattern(pattern), "range": write_range(bounds)}


def warnings_about(pattern: Pattern) -> list[str]:
    """What is allowed by the documents but not known to be kept by every face of Exchange (Graph facts 1.1)."""
    found = []
    largest = _LARGEST_SURE_INTERVAL[pattern.type]
    if pattern.interval > largest:
        found.append(
            f"An interval of {pattern.interval} is larger than {largest}, the largest that all Outlook clients are "
            f"known to keep for a {pattern.type} pattern."
        )
    usual = len(pattern.weekdays) == 1 or pattern.weekdays in (WORKING_DAYS, WEEKEND, ALL_WEEKDAYS)
    if pattern.type.relative and pattern.index != 1 and not usual:
        found.append(
            "The weekdays are taken as one merged list, as Outlook stores them; its own dialogue cannot make this "
            "choice of days, so check the dates."
        )
    return found
