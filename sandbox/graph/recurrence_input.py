"""Reads a recurrence as a client sends it and writes it padded as Graph answers it; expansion is pattern.py's."""

from datetime import date
from typing import Any

from sandbox.graph import edm, pattern
from sandbox.graph.errors import invalid
from sandbox.graph.series import instant
from sandbox.graph.zones import find_zone, to_wall

_MOST_OCCURRENCES = 999
_KINDS = ("daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly")
_DAY = edm.one_of(*pattern.WEEKDAYS)
_PATTERN = edm.record(
    {
        "type": edm.one_of(*_KINDS),
        "interval": edm.integer,
        "month": edm.integer,
        "dayOfMonth": edm.integer,
        "daysOfWeek": edm.list_of(_DAY),
        "firstDayOfWeek": edm.nullable(_DAY),
        "index": edm.nullable(edm.one_of(*pattern.INDEXES)),
    },
    "microsoft.graph.recurrencePattern",
)
_RANGE = edm.record(
    {
        "type": edm.one_of("endDate", "noEnd", "numbered"),
        "startDate": edm.plain_date,
        "endDate": edm.nullable(edm.plain_date),
        "numberOfOccurrences": edm.nullable(edm.integer),
        "recurrenceTimeZone": edm.optional_text,
    },
    "microsoft.graph.recurrenceRange",
)
RECURRENCE = edm.record({"pattern": _PATTERN, "range": _RANGE}, "microsoft.graph.patternedRecurrence")


def check_recurrence(recurrence: dict[str, Any], start: dict[str, str]) -> None:
    """Completeness by `type` alone and agreement with the event's start; GraphError 400 says what is missing.

    Fills in `recurrenceTimeZone` (default: the event's zone).
    """
    shape, limits = recurrence.get("pattern"), recurrence.get("range")
    if not shape or not limits or "type" not in shape or "type" not in limits:
        raise invalid("A recurrence needs a pattern and a range, each with a type.")
    _check_pattern(shape)
    _check_range(limits)
    zone = limits["recurrenceTimeZone"] = limits.get("recurrenceTimeZone") or start["timeZone"]
    find_zone(zone)
    if to_wall(instant(start), zone).date().isoformat() != limits["startDate"]:
        raise invalid("The range's startDate must be the date of the event's start in the zone of the recurrence.")
    if not pattern.has_any(recurrence):
        raise invalid("The recurrence has no occurrence.")


def _check_pattern(shape: dict[str, Any]) -> None:
    kind = shape["type"]
    if shape.get("interval", 0) < 1:
        raise invalid("The pattern's interval must be at least 1.")
    if not 0 <= (shape.get("dayOfMonth") or 0) <= 31 or not 0 <= (shape.get("month") or 0) <= 12:
        raise invalid("The pattern's dayOfMonth or month is out of range.")
    if (kind == "weekly" or kind.startswith("relative")) and not shape.get("daysOfWeek"):
        raise invalid(f"A {kind} pattern needs daysOfWeek.")
    if kind.startswith("absolute") and not shape.get("dayOfMonth"):
        raise invalid(f"A pattern of type {kind} needs dayOfMonth.")
    if kind.endswith("Yearly") and not shape.get("month"):
        raise invalid(f"A pattern of type {kind} needs month.")
    for name, default in (("firstDayOfWeek", "sunday"), ("index", "first")):
        shape[name] = shape.get(name) or default


def _check_range(limits: dict[str, Any]) -> None:
    if "startDate" not in limits:
        raise invalid("The range needs startDate.")
    if limits["type"] == "endDate":
        end = limits.get("endDate")
        if not end or date.fromisoformat(end) < date.fromisoformat(limits["startDate"]):
            raise invalid("A range of type endDate needs an endDate that is not before startDate.")
    if limits["type"] == "numbered" and not 1 <= (limits.get("numberOfOccurrences") or 0) <= _MOST_OCCURRENCES:
        raise invalid(f"A numbered range needs numberOfOccurrences from 1 to {_MOST_OCCURRENCES}.")


def padded(recurrence: dict[str, Any]) -> dict[str, Any]:
    """The recurrence as answers show it: fields that its type does not use are filled (Graph facts 2)."""
    shape, limits = recurrence["pattern"], recurrence["range"]
    kind = shape["type"]
    absolute, relative = kind.startswith("absolute"), kind.startswith("relative")
    answer: dict[str, Any] = {
        "type": kind,
        "interval": shape["interval"],
        "month": shape["month"] if kind.endswith("Yearly") else 0,
        "dayOfMonth": shape["dayOfMonth"] if absolute else 0,
    }
    if kind == "weekly" or relative:
        answer["daysOfWeek"] = list(shape["daysOfWeek"])
    answer["firstDayOfWeek"] = shape["firstDayOfWeek"] if kind == "weekly" else "sunday"
    answer["index"] = shape["index"] if relative else "first"
    return {
        "pattern": answer,
        "range": {
            "type": limits["type"],
            "startDate": limits["startDate"],
            "endDate": limits["endDate"] if limits["type"] == "endDate" else "0001-01-01",
            "recurrenceTimeZone": limits["recurrenceTimeZone"],
            "numberOfOccurrences": limits["numberOfOccurrences"] if limits["type"] == "numbered" else 0,
        },
    }
