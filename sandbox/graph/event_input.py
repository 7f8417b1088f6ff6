"""Reads an event as a client sends it: types, enumerations, limits, and that it makes sense as a whole."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.graph import edm
from sandbox.graph.errors import GraphError, invalid
from sandbox.graph.extended import check_extensions, check_properties
from sandbox.graph.recurrence_input import RECURRENCE, check_recurrence
from sandbox.graph.series import instant, wall
from sandbox.graph.zones import find_zone

_TYPE = "microsoft.graph.event"
MOST_ATTENDEES = 500

_ADDRESS = edm.record({"address": edm.text, "name": edm.optional_text}, "microsoft.graph.emailAddress")
_TIME = edm.DATE_TIME_TIME_ZONE
_STATUS = edm.record({"response": edm.text, "time": edm.optional_text}, "microsoft.graph.responseStatus")
_SLOT = edm.record({"start": _TIME, "end": _TIME}, "microsoft.graph.timeSlot")
_ATTENDEE = edm.record(
    {
        "emailAddress": _ADDRESS,
        "type": edm.one_of("required", "optional", "resource"),
        "status": edm.nullable(_STATUS),
        "proposedNewTime": edm.nullable(_SLOT),
    },
    "microsoft.graph.attendee",
)
_PLACE = edm.record(
    {
        "displayName": edm.optional_text,
        "locationType": edm.one_of(
            "default", "conferenceRoom", "homeAddress", "businessAddress", "geoCoordinates", "streetAddress", "hotel",
            "restaurant", "localBusiness", "postalAddress",
        ),
        "uniqueId": edm.optional_text,
        "uniqueIdType": edm.one_of("unknown", "locationStore", "directory", "private", "bing"),
        "locationEmailAddress": edm.optional_text,
        "locationUri": edm.optional_text,
        "address": edm.nullable(
            edm.record(
                dict.fromkeys(("street", "city", "state", "countryOrRegion", "postalCode"), edm.optional_text),
                "microsoft.graph.physicalAddress",
            )
        ),
        "coordinates": edm.nullable(
            edm.record(
                dict.fromkeys(("altitude", "latitude", "longitude", "accuracy", "altitudeAccuracy"), edm.number),
                "microsoft.graph.outlookGeoCoordinates",
            )
        ),
    },
    "microsoft.graph.location",
)  # fmt: skip
_BODY = edm.record(
    {"contentType": edm.one_of("text", "html"), "content": edm.optional_text}, "microsoft.graph.itemBody"
)
_WRITABLE: dict[str, edm.Check] = {
    "subject": edm.limited_text(255),
    "body": _BODY,
    "start": _TIME,
    "end": _TIME,
    "isAllDay": edm.boolean,
    "location": edm.nullable(_PLACE),
    "locations": edm.list_of(_PLACE),
    "attendees": edm.list_of(_ATTENDEE),
    "recurrence": edm.nullable(RECURRENCE),
    "categories": edm.list_of(edm.text),
    "importance": edm.one_of("low", "normal", "high"),
    "sensitivity": edm.one_of("normal", "personal", "private", "confidential"),
    "showAs": edm.one_of("free", "tentative", "busy", "oof", "workingElsewhere", "unknown"),
    "isReminderOn": edm.boolean,
    "reminderMinutesBeforeStart": edm.integer,
    "responseRequested": edm.nullable(edm.boolean),
    "allowNewTimeProposals": edm.nullable(edm.boolean),
    "hideAttendees": edm.nullable(edm.boolean),
    "isOnlineMeeting": edm.boolean,
    "onlineMeetingProvider": edm.one_of("unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer"),
    "transactionId": edm.nullable(edm.limited_text(255)),
    "singleValueExtendedProperties": check_properties,
    "multiValueExtendedProperties": check_properties,
    "extensions": check_extensions,
    "attachments": edm.anything,
}
READ_ONLY = {
    "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "originalStartTimeZone", "originalEndTimeZone",
    "originalStart", "iCalUId", "hasAttachments", "bodyPreview", "isCancelled", "isOrganizer", "seriesMasterId", "type",
    "webLink", "onlineMeetingUrl", "onlineMeeting", "isDraft", "responseStatus", "organizer", "cancelledOccurrences",
    "exceptionOccurrences", "instances", "calendar",
}  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "subject": "",
    "body": {"contentType": "html", "content": ""},
    "isAllDay": False,
    "locations": [],
    "attendees": [],
    "recurrence": None,
    "categories": [],
    "importance": "normal",
    "sensitivity": "normal",
    "showAs": "busy",
    "isReminderOn": True,
    "reminderMinutesBeforeStart": 15,
    "responseRequested": True,
    "allowNewTimeProposals": True,
    "hideAttendees": False,
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
}


def read_event(data: Any) -> dict[str, Any]:
    """The properties that were sent, checked one by one; GraphError 400 for the first that is wrong."""
    if not isinstance(data, dict):
        raise GraphError(400, "BadRequest", "Empty Payload. JSON content expected.")
    found: dict[str, Any] = {}
    for key, value in data.items():
        if "@odata." in key:
            continue
        if key in READ_ONLY:
            raise invalid(f"The property '{key}' is read-only and cannot be set.")
        if key not in _WRITABLE:
            raise edm.unknown_property(key, _TYPE)
        found[key] = _WRITABLE[key](value, key)
    _check_people(found.get("attendees", []))
    _settle_places(found)
    return found


def _check_people(attendees: list[dict[str, Any]]) -> None:
    if len(attendees) > MOST_ATTENDEES:
        raise GraphError(400, "ErrorInvalidRecipients", f"At most {MOST_ATTENDEES} attendees are allowed.")
    for attendee in attendees:
        address = attendee.get("emailAddress", {}).get("address", "")
        if address.count("@") != 1 or address != address.strip() or " " in address:
            raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
        attendee.setdefault("type", "required")
        for read_only in ("status", "proposedNewTime"):
            attendee.pop(read_only, None)
        attendee["emailAddress"]["name"] = attendee["emailAddress"].get("name") or address


def _settle_places(found: dict[str, Any]) -> None:
    """`location` and `locations` go together: writing the one drops what was in the other (Graph facts 1.1)."""
    if "location" in found:
        place = found.pop("location")
        named = place and (place.get("displayName") or place.get("locationEmailAddress"))
        found["locations"] = [place] if named and not found.get("locations") else found.get("locations", [])
    for place in found.get("locations", []):
        place.setdefault("locationType", "default")
        if place.get("displayName"):
            place.setdefault("uniqueId", place["displayName"])
            place.setdefault("uniqueIdType", "private")


def check_whole(props: dict[str, Any]) -> None:
    """What must be true of the event that would come of it; GraphError 400 says what is not."""
    for name in ("start", "end"):
        moment = props.get(name)
        if not moment or not moment.get("dateTime") or not moment.get("timeZone"):
            raise invalid(f"The event needs '{name}' with dateTime and timeZone.")
        find_zone(moment["timeZone"])
    start, end = props["start"], props["end"]
    if instant(end) < instant(start):
        raise invalid("The start of the event must be before its end.")
    if props.get("isAllDay"):
        _check_all_day(wall(start), wall(end), start["timeZone"] == end["timeZone"])
    if props.get("reminderMinutesBeforeStart", 0) < 0:
        raise invalid("The property 'reminderMinutesBeforeStart' must not be negative.")
    if props.get("recurrence"):
        check_recurrence(props["recurrence"], start)


def _check_all_day(start: datetime, end: datetime, same_zone: bool) -> None:
    midnight = start.time() == end.time() == datetime.min.time()
    if not (midnight and same_zone and end - start >= timedelta(days=1)):
        raise invalid(
            "The Event.Start and Event.End properties of an all-day event must be at midnight, in the same time zone "
            "and at least 24 hours apart."
        )
