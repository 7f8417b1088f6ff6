"""Checks JSON values against the types of Graph's metadata and brings them into the declared case."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sandbox.graph.errors import invalid, unreadable
from sandbox.graph.zones import find_zone

FIRST_YEAR, LAST_YEAR = 1601, 4500  # between which Exchange keeps its calendars
Check = Callable[[Any, str], Any]
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def text(value: Any, name: str) -> str:
    """Edm.String."""
    if not isinstance(value, str):
        raise _wrong(value, name, "Edm.String")
    return value


def optional_text(value: Any, name: str) -> str | None:
    """A nullable Edm.String."""
    return None if value is None else text(value, name)


def limited_text(longest: int) -> Check:
    """Edm.String of at most `longest` characters; null becomes empty."""

    def check(value: Any, name: str) -> str:
        found = text(value if value is not None else "", name)
        if len(found) > longest:
            raise invalid(f"The property '{name}' is longer than {longest} characters.")
        return found

    return check


def boolean(value: Any, name: str) -> bool:
    """Edm.Boolean; the service swallows the words as strings too."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise _wrong(value, name, "Edm.Boolean")
    return value


def integer(value: Any, name: str) -> int:
    """Edm.Int32; the service swallows digits in a string too."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
        raise _wrong(value, name, "Edm.Int32")
    return value


def number(value: Any, name: str) -> float | None:
    """A nullable Edm.Double."""
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
        raise _wrong(value, name, "Edm.Double")
    return value


def one_of(*values: str) -> Check:
    """An enumeration: matched without regard to case, kept in the declared case."""
    known = {value.lower(): value for value in values}

    def check(value: Any, name: str) -> str:
        found = known.get(text(value, name).lower())
        if found is None:
            raise unreadable(f"Requested value '{value}' was not found for the property '{name}'.")
        return found

    return check


def list_of(check: Check) -> Check:
    """A collection of whatever `check` takes."""

    def whole(value: Any, name: str) -> list[Any]:
        if not isinstance(value, list):
            raise _wrong(value, name, "Collection")
        return [check(item, name) for item in value]

    return whole


def record(fields: Mapping[str, Check], type_name: str) -> Check:
    """A complex type: only its own properties, annotations (`@odata...`) left aside."""

    def whole(value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(value, name, type_name)
        found = {}
        for key, item in value.items():
            if "@odata." in key:
                continue
            if key not in fields:
                raise unknown_property(key, type_name)
            found[key] = fields[key](item, key)
        return found

    return whole


def local_time(value: Any, name: str) -> str:
    """The `dateTime` of a dateTimeTimeZone: no offset, no Z (Graph facts 1.2); given back with seconds."""
    found = text(value, name)
    if not _LOCAL.fullmatch(found):
        raise invalid(f"The value '{value}' of '{name}' is no date and time without an offset.")
    try:
        # more than six decimals mean nothing to a calendar
        moment_found = datetime.fromisoformat(found[:26]).replace(microsecond=0)
    except ValueError:
        raise invalid(f"The value '{value}' of '{name}' is no date and time.") from None
    if not FIRST_YEAR <= moment_found.year <= LAST_YEAR:
        raise invalid(f"The value '{value}' of '{name}' is out of the range of the calendar.")
    return moment_found.isoformat()


DATE_TIME_TIME_ZONE = record({"dateTime": local_time, "timeZone": text}, "microsoft.graph.dateTimeTimeZone")


def moment(value: Any, name: str) -> dict[str, str]:
    """A whole dateTimeTimeZone: both of its properties, and a zone that exists."""
    found: dict[str, str] = DATE_TIME_TIME_ZONE(value, name)
    if not found.get("dateTime") or not found.get("timeZone"):
        raise invalid(f"The value of '{name}' needs dateTime and timeZone.")
    find_zone(found["timeZone"])
    return found


def anything(value: Any, name: str) -> Any:
    """Whatever it is; for what is checked elsewhere."""
    return value


def plain_date(value: Any, name: str) -> str:
    """Edm.Date."""
    found = text(value, name)
    try:
        if not _DATE.fullmatch(found):
            raise ValueError
        date.fromisoformat(found)
    except ValueError:
        raise _wrong(value, name, "Edm.Date") from None
    return found


def nullable(check: Check) -> Check:
    """Null or what `check` takes."""
    return lambda value, name: None if value is None else check(value, name)


def unknown_property(key: str, type_name: str) -> Exception:
    """400 for a property that the type does not declare."""
    return unreadable(
        f"The property '{key}' does not exist on type '{type_name}'. Make sure to only use property names that are "
        "defined by the type or mark the type as open type."
    )


def _wrong(value: Any, name: str, type_name: str) -> Exception:
    if isinstance(value, dict | list):
        node = "StartObject" if isinstance(value, dict) else "StartArray"
        return unreadable(
            f"An unexpected '{node}' node was found for property named '{name}' when reading from the JSON reader. "
            f"A value of type '{type_name}' was expected."
        )
    return unreadable(f"Cannot convert the value '{value}' of '{name}' to the expected type '{type_name}'.")
