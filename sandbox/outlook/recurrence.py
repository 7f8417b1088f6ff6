"""Turns a series between Office's shape, as the compose window holds it, and Graph's; it touches no event."""

from datetime import date
from typing import Any

from sandbox.graph.pattern import last_date

_DAYS = {
    "sun": "sunday", "mon": "monday", "tue": "tuesday", "wed": "wednesday", "thu": "thursday", "fri": "friday",
    "sat": "saturday",
}  # fmt: skip
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
_WEEKEND = ["saturday", "sunday"]
_GROUPS = {"day": [*_WEEKDAYS, *_WEEKEND], "weekday": _WEEKDAYS, "weekendDay": _WEEKEND}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def to_graph(recurrence: dict[str, Any], first: date, zone: str) -> dict[str, Any]:
    """`recurrence` in Office's shape (facts 3.3); `first` is the date of the first occurrence in `zone`.

    KeyError or ValueError where the shape is not Office's.
    """
    properties = recurrence.get("recurrenceProperties") or {}
    kind = recurrence["recurrenceType"]
    pattern: dict[str, Any] = {"interval": int(properties.get("interval") or 1)}
    if kind == "daily":
        pattern["type"] = "daily"
    elif kind == "weekday":
        pattern |= {"type": "weekly", "interval": 1, "daysOfWeek": _WEEKDAYS, "firstDayOfWeek": "monday"}
    elif kind == "weekly":
        pattern |= {
            "type": "weekly",
            "daysOfWeek": [_DAYS[day] for day in properties["days"]],
            "firstDayOfWeek": _DAYS[properties.get("firstDayOfWeek") or "sun"],
        }
    elif kind in ("monthly", "yearly"):
        pattern |= _by_month(kind.capitalize(), properties)
    else:
        raise ValueError(f"unknown recurrence type {kind}")
    series = recurrence["seriesTimeJson"]
    limits: dict[str, Any] = {"startDate": first.isoformat(), "recurrenceTimeZone": zone}
    if series.get("noEndDate") or "endYear" not in series:
        limits["type"] = "noEnd"
    else:
        end = date(series["endYear"], series["endMonth"], series["endDay"])
        limits |= {"type": "endDate", "endDate": end.isoformat()}
    return {"pattern": pattern, "range": limits}


def _by_month(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if kind == "Yearly":
        found["month"] = _MONTHS.index(properties["month"]) + 1
    if properties.get("dayOfMonth"):
        return found | {"type": f"absolute{kind}", "dayOfMonth": int(properties["dayOfMonth"])}
    day = properties["dayOfWeek"]
    days = _GROUPS.get(day) or [_DAYS[day]]
    return found | {"type": f"relative{kind}", "daysOfWeek": days, "index": properties["weekNumber"]}


def from_graph(recurrence: dict[str, Any], start_minute: int, minutes: int) -> dict[str, Any]:
    """Office's shape of a Graph recurrence; a numbered series gets the date of its last occurrence as its end."""
    pattern, limits = recurrence["pattern"], recurrence["range"]
    kind, properties = _kind_and_properties(pattern)
    start = date.fromisoformat(limits["startDate"])
    series: dict[str, Any] = {
        "startYear": start.year, "startMonth": start.month, "startDay": start.day, "startTimeMin": start_minute,
        "durationMin": minutes,
    }  # fmt: skip
    end = last_date(recurrence) if limits["type"] == "numbered" else None
    if limits["type"] == "endDate":
        end = date.fromisoformat(limits["endDate"])
    if end is None:
        series["noEndDate"] = True
    else:
        series |= {"endYear": end.year, "endMonth": end.month, "endDay": end.day}
    return {
        "recurrenceType": kind,
        "recurrenceProperties": properties,
        "recurrenceTimeZone": {"name": limits["recurrenceTimeZone"]},
        "seriesTimeJson": series,
    }


def _kind_and_properties(pattern: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    kind = pattern["type"]
    properties: dict[str, Any] = {"interval": pattern["interval"]}
    if kind == "daily":
        return "daily", properties
    short = {name: key for key, name in _DAYS.items()}
    if kind == "weekly":
        days = pattern["daysOfWeek"]
        properties |= {"days": [short[day] for day in days], "firstDayOfWeek": short[pattern["firstDayOfWeek"]]}
        is_weekday = sorted(days) == sorted(_WEEKDAYS) and pattern["interval"] == 1
        return ("weekday" if is_weekday else "weekly"), properties
    if kind.endswith("Yearly"):
        properties["month"] = _MONTHS[pattern["month"] - 1]
    if kind.startswith("absolute"):
        properties["dayOfMonth"] = pattern["dayOfMonth"]
    else:
        days = sorted(pattern["daysOfWeek"])
        group = next((name for name, members in _GROUPS.items() if sorted(members) == days), None)
        properties |= {"dayOfWeek": group or short[days[0]], "weekNumber": pattern["index"]}
    return ("yearly" if kind.endswith("Yearly") else "monthly"), properties
