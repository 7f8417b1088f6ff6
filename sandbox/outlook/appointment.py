"""Turns an appointment between the compose window's state and Graph's event; it knows neither pages nor the store."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.graph.zones import find_zone, to_utc, to_wall, windows_name
from sandbox.outlook.recurrence import from_graph, to_graph
from sandbox.people import ADD_IN_ID, find_user

_MEASURED = ("subject", "body", "start", "end", "isAllDay", "locations", "attendees", "recurrence", "categories",
             "sensitivity")  # fmt: skip


def to_event(state: dict[str, Any]) -> dict[str, Any]:
    """The event that a window's state stands for. ValueError or KeyError where the state is not complete.

    `body` None means that nobody touched it: it is left out.
    """
    zone = (state.get("recurrence") or {}).get("recurrenceTimeZone", {}).get("name") or state["zone"]
    if state.get("isAllDay"):
        zone = state["zone"]
    start, end = _wall(state["start"], zone), _wall(state["end"], zone)
    event: dict[str, Any] = {
        "subject": state.get("subject") or "",
        "start": {"dateTime": start.isoformat(), "timeZone": zone},
        "end": {"dateTime": end.isoformat(), "timeZone": zone},
        "isAllDay": bool(state.get("isAllDay")),
        "locations": [_place(location) for location in state.get("locations") or []],
        "attendees": _attendees(state),
        "sensitivity": state.get("sensitivity") or "normal",
        "categories": list(state.get("categories") or []),
    }
    if state.get("body") is not None:
        kind = "text" if state.get("bodyType") == "text" else "html"
        event["body"] = {"contentType": kind, "content": state["body"]}
    if not state.get("seriesId"):
        recurrence = state.get("recurrence")
        event["recurrence"] = to_graph(recurrence, start.date(), zone) if recurrence else None
    return event


def to_state(event: dict[str, Any], mailbox_zone: str) -> dict[str, Any]:
    """The window's state of an event that the Graph stand-in gave; times become milliseconds since the epoch."""
    zone = _known(event.get("originalStartTimeZone")) or mailbox_zone
    if event["isAllDay"]:
        zone = event["start"]["timeZone"]
    start, end = _instant(event["start"]), _instant(event["end"])
    attendees = event.get("attendees") or []
    state: dict[str, Any] = {
        "id": to_ews(event["id"]),
        "uid": event.get("iCalUId"),
        "seriesId": to_ews(event["seriesMasterId"]) if event.get("seriesMasterId") else None,
        "isSeriesMaster": event["type"] == "seriesMaster",
        "isOrganizer": event["isOrganizer"],
        "isSent": bool(attendees) and not event.get("isDraft", False),
        "isCancelled": event["isCancelled"],
        "subject": event["subject"],
        "location": "; ".join(place["displayName"] for place in event["locations"]),
        "locations": [_location(place) for place in event["locations"]],
        "required": [_person(one) for one in attendees if one["type"] == "required"],
        "optional": [_person(one) for one in attendees if one["type"] == "optional"],
        "organizer": _address(event["organizer"]["emailAddress"]),
        "start": round(start.timestamp() * 1000),
        "end": round(end.timestamp() * 1000),
        "zone": zone,
        "isAllDay": event["isAllDay"],
        "sensitivity": event["sensitivity"],
        "categories": event["categories"],
        "showAs": event["showAs"],
        "response": event["responseStatus"]["response"],
        "body": event["body"]["content"],
        "bodyType": event["body"]["contentType"],
        "created": _milliseconds(event["createdDateTime"]),
        "modified": _milliseconds(event["lastModifiedDateTime"]),
        "customProperties": (event.get("customProperties") or {}).get(ADD_IN_ID, {}),
        "recurrence": None,
    }
    if event.get("recurrence"):
        wall = to_wall(start, event["recurrence"]["range"]["recurrenceTimeZone"])
        minutes = round((end - start) / timedelta(minutes=1))
        state["recurrence"] = from_graph(event["recurrence"], wall.hour * 60 + wall.minute, minutes)
    return state


def changed_only(before: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """What of `state` differs from the event as it was: only that is written, as Outlook does."""
    wanted = to_event(state)
    former = to_event({**before, "body": before["body"] if "body" in wanted else None})
    return {name: wanted[name] for name in _MEASURED if name in wanted and wanted[name] != former.get(name)}


def to_ews(graph_id: str) -> str:
    """The form of an id that Office.js hands out; `convertToRestId` makes Graph's of it."""
    return graph_id.replace("-", "/").replace("_", "+")


def _wall(milliseconds: float, zone: str) -> datetime:
    return to_wall(datetime.fromtimestamp(milliseconds / 1000, UTC).replace(microsecond=0), zone)


def _instant(time: dict[str, str]) -> datetime:
    return to_utc(datetime.fromisoformat(time["dateTime"][:19]), time["timeZone"])


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _known(zone: str | None) -> str | None:
    if not zone or zone.startswith("tzone:"):
        return None
    find_zone(zone)
    return windows_name(zone)


def _attendees(state: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        {"type": kind, "emailAddress": {"address": person["address"], "name": person.get("name") or person["address"]}}
        for kind in ("required", "optional")
        for person in state.get(kind) or []
    ]
    rooms = [place for place in state.get("locations") or [] if place["type"] == "room"]
    found += [
        {"type": "resource", "emailAddress": {"address": room["id"], "name": room.get("displayName") or room["id"]}}
        for room in rooms
    ]
    return found


def _place(location: dict[str, Any]) -> dict[str, Any]:
    if location["type"] == "room":
        return {
            "displayName": location.get("displayName") or location["id"],
            "locationEmailAddress": location["id"],
            "locationType": "conferenceRoom",
        }
    return {"displayName": location.get("displayName") or location["id"], "locationType": "default"}


def _location(place: dict[str, Any]) -> dict[str, Any]:
    address = place.get("locationEmailAddress")
    if address and find_user(address):
        return {"id": address, "type": "room", "displayName": place["displayName"]}
    return {"id": place["displayName"], "type": "custom", "displayName": place["displayName"]}


def _person(attendee: dict[str, Any]) -> dict[str, Any]:
    response = {"organizer": 1, "tentativelyAccepted": 2, "accepted": 3, "declined": 4}
    return {**_address(attendee["emailAddress"]), "response": response.get(attendee["status"]["response"], 0)}


def _address(given: dict[str, str]) -> dict[str, str]:
    return {"address": given["address"], "name": given["name"]}
