"""Office.js `Office.Recurrence` as the pane sends it, to and from Graph; knows no mailbox and no network.

Shape: `{"recurrenceType", "recurrenceProperties": {...}, "recurrenceTimeZone": {"name"}, "seriesTime": {"startDate":
"YYYY-MM-DD", "endDate": "YYYY-MM-DD" | null, "startTime": "HH:MM", "duration": minutes}}` (recurrence facts 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from addin.errors import InvalidInput, Unsupported
from addin.recurrence import graph
from addin.recurrence.back import to_rrule
from addin.recurrence.graph import INDEXES, SUNDAY, WEEKEND, WORKING_DAYS, Pattern, PatternType, Range
from addin.recurrence.graph_days import bounded
from addin.recurrence.rule import ALL_WEEKDAYS
from addin.recurrence.zones import to_iana, to_windows

OFFICE_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_SETS = {"day": ALL_WEEKDAYS, "weekday": WORKING_DAYS, "weekendDay": WEEKEND}
_TYPES = ("daily", "weekday", "weekly", "monthly", "yearly")


@dataclass(frozen=True)
class OfficeSeries:
    """A series read from Office.js: naive local start, duration, zone (IANA), Graph's recurrence and the RRULE."""

    start: datetime
    duration: timedelta
    zone: str
    recurrence: dict[str, Any]
    rrule: str
    warnings: tuple[str, ...] = ()


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field}: {message}", field=field)


def _object(source: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = source.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _invalid(field, "must be an object")
    return value


def _whole(source: Mapping[str, Any], field: str, low: int, high: int) -> int:
    value = source.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _invalid(field, f"{value!r} is not a whole number from {low} to {high}")
    return value


def _name(source: Mapping[str, Any], field: str, names: tuple[str, ...]) -> int:
    value = source.get(field)
    if not isinstance(value, str) or value not in names:
        raise _invalid(field, f"{value!r} is not one of {', '.join(names)}")
    return names.index(value)


def read_pattern(source: Mapping[str, Any]) -> Pattern:
    """recurrenceType and recurrenceProperties as a Graph pattern."""
    kind = source.get("recurrenceType")
    fields = _object(source, "recurrenceProperties")
    if kind not in _TYPES:
        raise _invalid("recurrenceType", f"{kind!r} is not one of {', '.join(_TYPES)}")
    if kind == "weekday":
        return Pattern(PatternType.WEEKLY, 1, WORKING_DAYS, _first_day(fields))
    interval = _whole(fields, "interval", 1, 2_147_483_647)
    if kind == "daily":
        return Pattern(PatternType.DAILY, interval)
    if kind == "weekly":
        days = fields.get("days")
        if not isinstance(days, list) or not days:
            raise _invalid("days", "must name at least one weekday")
        return Pattern(
            PatternType.WEEKLY,
            interval,
            frozenset(_name({"days": day}, "days", OFFICE_DAYS) for day in days),
            _first_day(fields),
        )
    month = _name(fields, "month", OFFICE_MONTHS) + 1 if kind == "yearly" else 0
    if fields.get("dayOfMonth"):
        absolute = PatternType.ABSOLUTE_YEARLY if month else PatternType.ABSOLUTE_MONTHLY
        return Pattern(absolute, interval, day_of_month=_whole(fields, "dayOfMonth", 1, 31), month=month)
    relative = PatternType.RELATIVE_YEARLY if month else PatternType.RELATIVE_MONTHLY
    index = _name(fields, "weekNumber", INDEXES) + 1
    return Pattern(relative, interval, _day_of_week(fields), index=index, month=month)


def _first_day(fields: Mapping[str, Any]) -> int:
    return _name(fields, "firstDayOfWeek", OFFICE_DAYS) if fields.get("firstDayOfWeek") else SUNDAY


def _day_of_week(fields: Mapping[str, Any]) -> frozenset[int]:
    value = fields.get("dayOfWeek")
    if isinstance(value, str) and value in _DAY_SETS:
        return _DAY_SETS[value]
    return frozenset((_name(fields, "dayOfWeek", OFFICE_DAYS),))


def _date(source: Mapping[str, Any], field: str) -> date:
    value = source.get(field)
    try:
        return date.fromisoformat(value) if isinstance(value, str) else date.fromisoformat("")
    except ValueError:
        raise _invalid(field, f"{value!r} is not a date such as 2026-12-31") from None


def _start_time(source: Mapping[str, Any]) -> time:
    value = source.get("startTime")
    try:
        if not isinstance(value, str):
            raise ValueError
        hour, minute = value.split(":")[:2]
        return time(int(hour), int(minute))
    except ValueError:
        raise _invalid("startTime", f"{value!r} is not a time such as 09:30") from None


def from_officejs(source: object) -> OfficeSeries:
    """Read what the pane sends. Raises InvalidInput naming the field.

    A start date that is not in the pattern is moved to the first occurrence, and said so in `warnings`.
    """
    if not isinstance(source, Mapping):
        raise _invalid("recurrence", "must be an object")
    pattern = read_pattern(source)
    series_time = _object(source, "seriesTime")
    begin = _date(series_time, "startDate")
    end = _date(series_time, "endDate") if series_time.get("endDate") else None
    if end is not None and end < begin:
        raise _invalid("endDate", f"{end} lies before startDate {begin}")
    name = _object(source, "recurrenceTimeZone").get("name")
    if not isinstance(name, str) or not name:
        raise _invalid("recurrenceTimeZone", "needs the name of a time zone")
    start = datetime.combine(begin, _start_time(series_time))
    bounds = Range(begin, end=end, zone=name)
    back = to_rrule(graph.write(pattern, bounds), start=start, zone=name)
    assert isinstance(back.start, datetime)
    return OfficeSeries(
        start=back.start,
        duration=timedelta(minutes=_whole(series_time, "duration", 0, 60 * 24 * 366)),
        zone=to_iana(name),
        recurrence=graph.write(pattern, Range(back.start.date(), end=end, zone=name)),
        rrule=back.rrule,
        warnings=back.warnings,
    )


def to_officejs(recurrence: object, *, start: datetime, zone: str, duration: timedelta) -> dict[str, Any]:
    """A Graph recurrence in the pane's shape. Office.js has no count: it becomes the date of the last occurrence.

    Raises Unsupported for a set of weekdays that Office.js has no word for.
    """
    pattern, bounds = graph.read(recurrence)
    end = bounds.end
    if bounds.count is not None:
        last = bounded(pattern, bounds).last
        if last is None:
            raise InvalidInput("numberOfOccurrences: the series would run past the year 9999")
        end = date.fromordinal(last)
    return {
        **write_pattern(pattern),
        "recurrenceTimeZone": {"name": to_windows(zone)},
        "seriesTime": {
            "startDate": bounds.start.isoformat(),
            "endDate": end.isoformat() if end else None,
            "startTime": start.strftime("%H:%M"),
            "duration": int(duration.total_seconds()) // 60,
        },
    }


def write_pattern(pattern: Pattern) -> dict[str, Any]:
    """recurrenceType and recurrenceProperties."""
    fields: dict[str, Any] = {"interval": pattern.interval}
    if pattern.type is PatternType.DAILY:
        return {"recurrenceType": "daily", "recurrenceProperties": fields}
    if pattern.type is PatternType.WEEKLY:
        first_day = OFFICE_DAYS[pattern.first_day_of_week]
        if pattern.interval == 1 and pattern.weekdays == WORKING_DAYS:
            return {"recurrenceType": "weekday", "recurrenceProperties": {"firstDayOfWeek": first_day}}
        fields.update(days=[OFFICE_DAYS[day] for day in sorted(pattern.weekdays)], firstDayOfWeek=first_day)
        return {"recurrenceType": "weekly", "recurrenceProperties": fields}
    if pattern.type.absolute:
        fields["dayOfMonth"] = pattern.day_of_month
    else:
        fields.update(weekNumber=INDEXES[pattern.index - 1], dayOfWeek=_day_word(pattern.weekdays))
    if pattern.type.yearly:
        fields["month"] = OFFICE_MONTHS[pattern.month - 1]
    return {"recurrenceType": "yearly" if pattern.type.yearly else "monthly", "recurrenceProperties": fields}


def _day_word(weekdays: frozenset[int]) -> str:
    if len(weekdays) == 1:
        return OFFICE_DAYS[min(weekdays)]
    for word, members in _DAY_SETS.items():
        if weekdays == members:
            return word
    named = ", ".join(OFFICE_DAYS[day] for day in sorted(weekdays))
    raise Unsupported(f"daysOfWeek: Outlook's add-in interface has no word for the set {named}", part="daysOfWeek")
