"""Graph's event JSON to the product's words and back; it must not know addresses, tokens or HTTP.

Reads whatever zone an answer is in; the wall clock it gives is that of the event's own zone (Graph facts 1.2, 2).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from addin.errors import InvalidInput, Unavailable
from addin.model import AttendeeType, Event, EventChange, Occurrence, Participant, Timing
from addin.recurrence import zones

SELECT = (
    "id,iCalUId,subject,start,end,originalStartTimeZone,isAllDay,type,seriesMasterId,originalStart,recurrence,"
    "attendees,organizer,isOrganizer,isCancelled,isDraft,sensitivity,location,body"
)
_CANCELLED_DATE = re.compile(r"\.(\d{4}-\d{2}-\d{2})$")


def read_event(data: Mapping[str, Any], *, key_property: str, pane_property: str | None) -> Event:
    """One event of any type. Unavailable where the answer is no event; InvalidInput names an unusable time zone."""
    try:
        return _read_event(data, key_property, pane_property)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Unavailable(f"Microsoft Graph gave an event that cannot be read ({type(error).__name__}).") from error


def _read_event(data: Mapping[str, Any], key_property: str, pane_property: str | None) -> Event:
    organizer = (data.get("organizer") or {}).get("emailAddress") or {}
    body = data.get("body") or {}
    participants = read_participants(data.get("attendees"))
    return Event(
        id=data["id"],
        etag=str(data.get("@odata.etag") or ""),
        ical_uid=str(data.get("iCalUId") or ""),
        subject=str(data.get("subject") or ""),
        timing=read_timing(data),
        participants=participants,
        kind=str(data.get("type") or "singleInstance"),
        series_master_id=data.get("seriesMasterId"),
        original_start=read_offset(data["originalStart"]) if data.get("originalStart") else None,
        is_organizer=bool(data.get("isOrganizer", True)),
        is_cancelled=bool(data.get("isCancelled")),
        is_draft=bool(data.get("isDraft")),
        organizer_address=str(organizer.get("address") or "").lower(),
        body=str(body.get("content") or ""),
        body_type=str(body.get("contentType") or "html").lower(),
        location=str((data.get("location") or {}).get("displayName") or ""),
        key=_property(data, key_property) or None,
        pane_properties=read_pane_properties(_property(data, pane_property)) if pane_property else {},
        exceptions=tuple(
            with_people(read_occurrence(item, changed=True), item, participants)
            for item in data.get("exceptionOccurrences") or ()
            if not item.get("isCancelled")
        ),
        cancelled_dates=read_cancelled(data.get("cancelledOccurrences")),
    )


def read_timing(data: Mapping[str, Any]) -> Timing:
    """Start and end as wall clock in the zone that decides: the series' zone, else the one it was made in.

    A series in a custom zone raises InvalidInput: its dates cannot be known. A single event in one is told in UTC.
    """
    recurrence = read_recurrence(data.get("recurrence"))
    name, zone = _zone_of(data, recurrence)
    all_day = bool(data.get("isAllDay"))
    start, end = (_wall_clock(data[part], zone, all_day=all_day) for part in ("start", "end"))
    return Timing(start=start, end=end, zone=zone, all_day=all_day, recurrence=recurrence, zone_name=name)


def _zone_of(data: Mapping[str, Any], recurrence: Mapping[str, Any] | None) -> tuple[str, str]:
    """The name as the calendar has it, and the IANA zone."""
    made_in = str(data.get("originalStartTimeZone") or "")
    if recurrence is not None:
        name = str(recurrence["range"].get("recurrenceTimeZone") or made_in)
        return name, zones.to_iana(name)
    try:
        return made_in, zones.to_iana(made_in)
    except InvalidInput:
        shown_in = str(data["start"]["timeZone"])  # exact as an instant, whatever the zone of making was called
        return shown_in, zones.to_iana(shown_in)


def _wall_clock(value: Mapping[str, Any], zone: str, *, all_day: bool) -> datetime:
    """Naive wall clock in `zone`. An all-day event floats: midnight stays midnight in whatever zone it is told."""
    shown = _naive(str(value["dateTime"]))
    if all_day and shown.time() == time(0):
        return shown
    instant = shown.replace(tzinfo=zones.load(str(value["timeZone"]))).astimezone(UTC)
    # fold stays on the naive value: the second 02:30 of the night when summer time ends is another instant
    return instant.astimezone(zones.load(zone)).replace(tzinfo=None)


def _naive(text: str) -> datetime:
    """`2026-12-01T10:00:00.0000000` without an offset; an offset there is a fault of the answer."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("a dateTime of Graph has no offset")
    return moment.replace(microsecond=0)


def read_instant(value: Mapping[str, Any]) -> datetime:
    """A `{dateTime, timeZone}` as an instant in UTC."""
    return _naive(str(value["dateTime"])).replace(tzinfo=zones.load(str(value["timeZone"]))).astimezone(UTC)


def read_offset(text: str) -> datetime:
    """A DateTimeOffset (`2026-12-01T09:00:00Z`) as an instant in UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def write_instant(moment: datetime) -> str:
    """A zone-aware time as Graph takes it in queries and expiries: UTC with Z, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_recurrence(value: Any) -> dict[str, Any] | None:
    """Pattern and range without the padding of answers (0, "first", 0001-01-01), fit to be written back (facts 2)."""
    if not isinstance(value, Mapping) or not value.get("pattern") or not value.get("range"):
        return None
    pattern, span = value["pattern"], value["range"]
    kind = str(pattern["type"])
    kept = ["type", "interval", *_PATTERN_PARTS.get(kind, ())]
    bounds = ["type", "startDate", *_RANGE_PARTS.get(str(span["type"]), ()), "recurrenceTimeZone"]
    return {
        "pattern": {name: pattern[name] for name in kept if pattern.get(name) is not None},
        "range": {name: span[name] for name in bounds if span.get(name)},
    }


_PATTERN_PARTS: dict[str, tuple[str, ...]] = {
    "daily": (),
    "weekly": ("daysOfWeek", "firstDayOfWeek"),
    "absoluteMonthly": ("dayOfMonth",),
    "relativeMonthly": ("daysOfWeek", "index"),
    "absoluteYearly": ("dayOfMonth", "month"),
    "relativeYearly": ("daysOfWeek", "index", "month"),
}
_RANGE_PARTS: dict[str, tuple[str, ...]] = {"endDate": ("endDate",), "numbered": ("numberOfOccurrences",), "noEnd": ()}


def read_participants(attendees: Any) -> tuple[Participant, ...]:
    """The attendees, each address once (the first entry counts), in their order; entries without address left out."""
    found: dict[str, Participant] = {}
    for attendee in attendees or ():
        person = attendee.get("emailAddress") or {}
        address = str(person.get("address") or "").strip().lower()
        if not address or address in found:
            continue
        response = str((attendee.get("status") or {}).get("response") or "")
        found[address] = Participant(
            address=address,
            name=str(person.get("name") or ""),
            attendee_type=_attendee_type(attendee.get("type")),
            declined=response == "declined",
        )
    return tuple(found.values())


def _attendee_type(value: Any) -> AttendeeType:
    try:
        return AttendeeType(str(value or "required").lower())
    except ValueError:
        return AttendeeType.REQUIRED  # a kind that Graph may add is still somebody invited


def read_occurrence(data: Mapping[str, Any], *, changed: bool | None = None) -> Occurrence:
    """One date of a series; without `originalStart` (an unmoved one) the start is the original."""
    start = read_instant(data["start"])
    original = data.get("originalStart")
    return Occurrence(
        original_start=read_offset(original) if original else start,
        start=start,
        end=read_instant(data["end"]),
        event_id=str(data["id"]),
        changed=data.get("type") == "exception" if changed is None else changed,
    )


def with_people(date: Occurrence, data: Mapping[str, Any], series: tuple[Participant, ...]) -> Occurrence:
    """The date with what its list of people has for its own; one that is told without a list has the series'."""
    if data.get("attendees") is None:
        return date
    people = read_participants(data["attendees"])
    of_series, of_date = ({person.address for person in group} for group in (series, people))
    joined = tuple(person for person in people if person.address not in of_series)
    return replace(date, joined=joined, left=tuple(sorted(of_series - of_date)))


def read_cancelled(values: Any) -> tuple[str, ...]:
    """ISO dates (of the series' zone) out of `OID.<id>.<date>`, in order; anything else is left out."""
    found = {match[1] for value in values or () if (match := _CANCELLED_DATE.search(str(value)))}
    return tuple(sorted(found))


def read_pane_properties(value: str) -> dict[str, str]:
    """What Office.js wrote as custom properties: one JSON object in a string; what is no text stays JSON text."""
    try:
        found = json.loads(value)
    except ValueError:
        return {}  # written by somebody else, or empty: then the pane left no mark
    if not isinstance(found, dict):
        return {}
    return {str(name): item if isinstance(item, str) else json.dumps(item) for name, item in found.items()}


def _property(data: Mapping[str, Any], identity: str | None) -> str:
    """The value of a single-value extended property; the GUID's letter case does not matter, the name's does."""
    wanted = _canonical(identity or "")
    for item in data.get("singleValueExtendedProperties") or ():
        if _canonical(str(item.get("id") or "")) == wanted:
            return str(item.get("value") or "")
    return ""


def _canonical(identity: str) -> str:
    kind, separator, name = identity.partition(" Name ")
    return kind.lower() + separator + name


def write_change(event: Event, change: EventChange, *, key_property: str) -> dict[str, Any]:
    """The smallest PATCH that makes the event so; empty where it is so already (each body mails everybody, 1.8)."""
    patch: dict[str, Any] = {}
    if change.body is not None and (change.body != event.body or change.body_type != event.body_type):
        patch["body"] = {"contentType": change.body_type, "content": change.body}
    if change.location is not None and change.location != event.location:
        patch["location"] = {"displayName": change.location}
    if change.key is not None and change.key != event.key:
        patch["singleValueExtendedProperties"] = [{"id": key_property, "value": change.key}]
    return patch


def windows_of(after: datetime, before: datetime, longest: timedelta) -> list[tuple[datetime, datetime]]:
    """The span in pieces that one view may have (Graph facts 2: at most 1825 days)."""
    pieces = []
    while after < before:
        end = min(after + longest, before)
        pieces.append((after, end))
        after = end
    return pieces
