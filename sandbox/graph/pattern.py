"""Expands Graph's six recurrence patterns into dates; it knows no times, zones or exceptions."""

import calendar
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from typing import Any

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
INDEXES = ("first", "second", "third", "fourth", "last")
_LAST_YEAR = 9998


def dates(recurrence: Mapping[str, Any], until: date) -> Iterator[date]:
    """The days of a series up to `until`, in order; the recurrence has been validated (recurrence facts 1)."""
    limits = recurrence["range"]
    start = date.fromisoformat(limits["startDate"])
    if limits["type"] == "endDate":
        until = min(until, date.fromisoformat(limits["endDate"]))
    found = _candidates(recurrence["pattern"], start)
    if limits["type"] == "numbered":
        found = islice(found, limits["numberOfOccurrences"])
    for day in found:
        if day > until:
            return
        yield day


def has_any(recurrence: Mapping[str, Any]) -> bool:
    """Whether the series has an occurrence at all."""
    return next(dates(recurrence, date(_LAST_YEAR, 12, 31)), None) is not None


def last_date(recurrence: Mapping[str, Any]) -> date | None:
    """The day after which nothing comes, or None for a series without end or without any day."""
    if recurrence["range"]["type"] == "noEnd":
        return None
    last = None
    for day in dates(recurrence, date(_LAST_YEAR, 12, 31)):
        last = day
    return last


def _candidates(pattern: Mapping[str, Any], start: date) -> Iterator[date]:
    kind, interval = pattern["type"], pattern["interval"]
    if kind == "daily":
        return _daily(start, interval)
    if kind == "weekly":
        return _weekly(pattern, start)
    if kind.endswith("Monthly"):
        return _monthly(pattern, start, 1, start.month)
    return _monthly(pattern, start, 12, pattern["month"])


def _daily(start: date, interval: int) -> Iterator[date]:
    day = start
    while day.year <= _LAST_YEAR:
        yield day
        try:
            day += timedelta(days=interval)
        except OverflowError:
            return


def _weekly(pattern: Mapping[str, Any], start: date) -> Iterator[date]:
    """Weeks begin on firstDayOfWeek; the week of the first hit is where counting the interval begins."""
    first_day = WEEKDAYS.index(pattern.get("firstDayOfWeek", "sunday"))
    wanted = {WEEKDAYS.index(name) for name in pattern["daysOfWeek"]}
    first = next(day for day in (start + timedelta(days=n) for n in range(7)) if day.weekday() in wanted)
    week = first - timedelta(days=(first.weekday() - first_day) % 7)
    while week.year <= _LAST_YEAR:
        for day in (week + timedelta(days=n) for n in range(7)):
            if day.weekday() in wanted and day >= first:
                yield day
        try:
            week += timedelta(weeks=pattern["interval"])
        except OverflowError:
            return


def _monthly(pattern: Mapping[str, Any], start: date, unit: int, month: int) -> Iterator[date]:
    """Months are counted from the first hit on or after `start`, as Microsoft's own example shows."""
    at = start.year * 12 + month - 1
    while _day_in_month(pattern, at) < start:
        at += unit
    while at // 12 <= _LAST_YEAR:
        yield _day_in_month(pattern, at)
        at += unit * pattern["interval"]


def _day_in_month(pattern: Mapping[str, Any], at: int) -> date:
    year, month = at // 12, at % 12 + 1
    length = calendar.monthrange(year, month)[1]
    if pattern["type"].startswith("absolute"):
        return date(year, month, min(pattern["dayOfMonth"], length))  # past the month's end means its last day
    wanted = {WEEKDAYS.index(name) for name in pattern["daysOfWeek"]}
    days = [day for day in (date(year, month, n + 1) for n in range(length)) if day.weekday() in wanted]
    index = INDEXES.index(pattern.get("index", "first"))
    return days[-1 if index == 4 else index]
