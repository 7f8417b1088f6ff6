"""References that share no code with the product: Graph's meaning told day by day, RRULE by dateutil."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
INDEX = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}


def _chosen_in_month(pattern: dict, year: int, month: int) -> date:
    length = monthrange(year, month)[1]
    if "dayOfMonth" in pattern:
        return date(year, month, min(pattern["dayOfMonth"], length))
    wanted = {DAYS.index(name) for name in pattern["daysOfWeek"]}
    fitting = [day for day in range(1, length + 1) if date(year, month, day).weekday() in wanted]
    return date(year, month, fitting[INDEX[pattern["index"]]])


def _pattern_days(pattern: dict, start: date, limit: date) -> Iterator[date]:
    kind, interval = pattern["type"], pattern["interval"]
    if kind == "daily":
        day = start
        while day <= limit:
            yield day
            day += timedelta(days=interval)
    elif kind == "weekly":
        week = start - timedelta(days=(start.weekday() - DAYS.index(pattern["firstDayOfWeek"])) % 7)
        while week <= limit:
            for offset in range(7):
                day = week + timedelta(days=offset)
                if start <= day <= limit and DAYS[day.weekday()] in pattern["daysOfWeek"]:
                    yield day
            week += timedelta(days=7 * interval)
    else:
        step = 12 * interval if kind.endswith("Yearly") else interval
        if kind.endswith("Yearly"):
            assert pattern["month"] == start.month
        months = start.year * 12 + start.month - 1
        while date(months // 12, months % 12 + 1, 1) <= limit:
            day = _chosen_in_month(pattern, months // 12, months % 12 + 1)
            if start <= day <= limit:
                yield day
            months += step


def graph_days(recurrence: dict, limit: date) -> list[date]:
    """Every day of a Graph recurrence up to `limit`; fails if startDate is not itself an occurrence."""
    bounds = recurrence["range"]
    start = date.fromisoformat(bounds["startDate"])
    if bounds["type"] == "endDate":
        limit = min(limit, date.fromisoformat(bounds["endDate"]))
    days = list(_pattern_days(recurrence["pattern"], start, limit))
    if bounds["type"] == "numbered":
        days = days[: bounds["numberOfOccurrences"]]
    if start <= limit:
        assert days[:1] == [start], f"startDate {start} is not an occurrence of {recurrence['pattern']}"
    return days


def series_starts(series: list[tuple[datetime | date, dict | None]], limit: date) -> list[datetime]:
    """All starts of a list of (start, recurrence or None) up to the end of `limit`, sorted, doubles kept."""
    found: list[datetime] = []
    for start, recurrence in series:
        clock = start.time() if isinstance(start, datetime) else time()
        day = start.date() if isinstance(start, datetime) else start
        if recurrence is None:
            found += [datetime.combine(day, clock)] if day <= limit else []
            continue
        assert recurrence["range"]["startDate"] == day.isoformat()
        found += [datetime.combine(day, clock) for day in graph_days(recurrence, limit)]
    return sorted(found)


def rule_starts(rule: str, start: datetime | date, zone: str, limit: date) -> list[datetime]:
    """All starts of an RRULE up to the end of `limit` by dateutil, on the naive wall clock of the zone."""
    naive = start if isinstance(start, datetime) else datetime.combine(start, time())
    parts = [part for part in rule.upper().removeprefix("RRULE:").split(";") if part]
    for number, part in enumerate(parts):
        if part.startswith("UNTIL="):
            parts[number] = "UNTIL=" + _naive_until(part[6:], isinstance(start, datetime), zone)
    found = []
    end = datetime.combine(limit, time.max)
    for moment in rrulestr(";".join(parts), dtstart=naive):
        if moment > end:
            break
        found.append(moment)
    return found


def _naive_until(text: str, timed: bool, zone: str) -> str:
    if "T" not in text:
        return text + "T235959"
    if not text.endswith("Z"):
        return text
    if not timed:
        return text[:8] + "T235959"
    instant = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y%m%dT%H%M%S")


@dataclass(frozen=True)
class References:
    graph_days: Callable[[dict, date], list[date]]
    series_starts: Callable[[list, date], list[datetime]]
    rule_starts: Callable[[str, datetime | date, str, date], list[datetime]]


@pytest.fixture(scope="session")
def references() -> References:
    return References(graph_days, series_starts, rule_starts)
