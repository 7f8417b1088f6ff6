"""Shows an entry as Graph answers it: zones, padding, defaults, selection; it changes nothing."""

from dataclasses import dataclass
from typing import Any

from sandbox.graph import rewriting
from sandbox.graph.event_input import DEFAULTS
from sandbox.graph.identifiers import Reference, make_id
from sandbox.graph.preferences import Preferences
from sandbox.graph.recurrence_input import padded
from sandbox.graph.series import Entry, shift_zone, utc_text
from sandbox.graph.store import Mailbox, Store
from sandbox.graph.zones import windows_name

NEVER = "0001-01-01T00:00:00Z"
NO_RESPONSE = {"response": "none", "time": NEVER}
EXTRA = {"cancelledOccurrences"}  # only when selected
PROPERTIES = (
    "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "transactionId",
    "originalStartTimeZone", "originalEndTimeZone", "iCalUId", "reminderMinutesBeforeStart", "isReminderOn",
    "hasAttachments", "subject", "bodyPreview", "importance", "sensitivity", "isAllDay", "isCancelled", "isOrganizer",
    "responseRequested", "seriesMasterId", "showAs", "type", "webLink", "onlineMeetingUrl", "isOnlineMeeting",
    "onlineMeetingProvider", "allowNewTimeProposals", "isDraft", "hideAttendees", "originalStart", "responseStatus",
    "body", "start", "end", "location", "locations", "recurrence", "attendees", "organizer", "onlineMeeting",
)  # fmt: skip
_PLAIN = (
    "categories", "reminderMinutesBeforeStart", "isReminderOn", "subject", "importance", "sensitivity", "isAllDay",
    "responseRequested", "showAs", "isOnlineMeeting", "onlineMeetingProvider", "allowNewTimeProposals", "hideAttendees",
)  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """For whom an entry is shown: what was preferred, the zone for times, and whether private items are hidden."""

    preferences: Preferences
    zone: str | None = None
    hides_private: bool = False

    @property
    def immutable(self) -> bool:
        return self.preferences.immutable_ids


def show_event(store: Store, mailbox: Mailbox, entry: Entry, reader: Reader) -> dict[str, Any]:
    """All declared properties of the entry, with `@odata.etag`."""
    props = {**DEFAULTS, **entry.props()}
    item, change = entry.item, entry.change
    private = reader.hides_private and props["sensitivity"] in ("private", "confidential")
    answer: dict[str, Any] = {
        "@odata.etag": entry.etag,
        "id": make_id(entry.reference(), immutable=reader.immutable),
        "createdDateTime": change.created if change else item.created,
        "lastModifiedDateTime": change.modified if change else item.modified,
        "changeKey": entry.change_key,
        "transactionId": item.transaction,
        **{name: props[name] for name in _PLAIN},
        "originalStartTimeZone": windows_name(props["start"]["timeZone"]),
        "originalEndTimeZone": windows_name(props["end"]["timeZone"]),
        "iCalUId": occurrence_uid(entry),
        "hasAttachments": bool(item.attachments),
        "isCancelled": bool(props.get("isCancelled", item.is_cancelled)),
        "isOrganizer": item.is_organiser,
        "seriesMasterId": make_id(Entry(item).reference(), immutable=reader.immutable) if entry.day else None,
        "type": entry.kind,
        "webLink": f"https://outlook.office365.com/owa/?itemid={make_id(entry.reference())}&exvsurl=1&path=/calendar/item",
        "onlineMeetingUrl": None,
        "isDraft": item.draft,
        "responseStatus": _own_response(item, props),
        "recurrence": padded(props["recurrence"]) if props["recurrence"] else None,
        "attendees": _attendees(props),
        "organizer": organizer(store, item.organiser),
        "onlineMeeting": props.get("onlineMeeting"),
        **_body(props, reader),
        **_times(props, reader.zone),
        **_places(props),
    }
    original = entry.original_start()
    if original is not None:
        answer["originalStart"] = utc_text(original)
    if private:
        _hide(answer)
    return {"@odata.etag": answer.pop("@odata.etag"), **{name: answer[name] for name in PROPERTIES if name in answer}}


def occurrence_uid(entry: Entry) -> str:
    """`iCalUId`: the same in all copies, with the date inside for each occurrence of a series."""
    uid, day = entry.item.uid, entry.day
    return uid if day is None else f"{uid[:32]}{day.year:04X}{day.month:02X}{day.day:02X}{uid[40:]}"


def cancelled_occurrences(entry: Entry) -> list[str]:
    """`OID.<id>.YYYY-MM-DD` of each deleted occurrence."""
    base = make_id(Reference("e", entry.item.mailbox, entry.item.key), immutable=True).rstrip("=")
    return [f"OID.{base}.{day}" for day in sorted(entry.item.cancelled)]


def organizer(store: Store, upn: str) -> dict[str, Any]:
    """The organiser as a recipient."""
    box = store.mailbox(upn)
    return {"emailAddress": {"name": box.user.name if box else upn, "address": upn}}


def _own_response(item: Any, props: dict[str, Any]) -> dict[str, str]:
    if item.is_organiser:
        return {"response": "organizer", "time": NEVER}
    found: dict[str, str] = props.get("response") or item.response or {"response": "notResponded", "time": NEVER}
    return found


def _attendees(props: dict[str, Any]) -> list[dict[str, Any]]:
    shown = []
    for attendee in props["attendees"]:
        person = {
            "type": attendee["type"],
            "status": attendee.get("status", NO_RESPONSE),
            "emailAddress": {
                "name": attendee["emailAddress"]["name"],
                "address": attendee["emailAddress"]["address"],
            },
        }
        if attendee.get("proposedNewTime"):
            person["proposedNewTime"] = attendee["proposedNewTime"]
        shown.append(person)
    return shown


def _body(props: dict[str, Any], reader: Reader) -> dict[str, Any]:
    source = props["body"]["content"]
    preferences = reader.preferences
    shown = source if preferences.allow_unsafe or not source else rewriting.without_unsafe(source)
    as_text = preferences.body_type == "text"
    return {
        "body": {
            "contentType": "text" if as_text else "html",
            "content": rewriting.to_text(shown) if as_text else shown,
        },
        "bodyPreview": rewriting.preview(shown),
    }


def _times(props: dict[str, Any], zone: str | None) -> dict[str, Any]:
    all_day = props["isAllDay"]
    return {
        name: shift_zone(props[name], zone or props[name]["timeZone"], all_day=all_day) for name in ("start", "end")
    }


def _places(props: dict[str, Any]) -> dict[str, Any]:
    places = props["locations"]
    if not places:
        return {"location": {"displayName": "", "locationType": "default", "uniqueIdType": "unknown", "address": {},
                             "coordinates": {}}, "locations": []}  # fmt: skip
    return {"location": {"displayName": "", "uniqueIdType": "unknown", **places[0]}, "locations": places}


def _hide(answer: dict[str, Any]) -> None:
    """A private event of another's calendar: that the time is taken, and nothing else (Graph facts 1.1)."""
    answer.update(subject="Private Appointment", bodyPreview="", body={"contentType": "html", "content": ""})
    answer.update(attendees=[], categories=[], **_places({"locations": []}))
