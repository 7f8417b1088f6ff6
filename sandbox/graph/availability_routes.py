"""Free and busy, meeting times and the translation of ids over HTTP; it changes nothing."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response

from sandbox.graph import edm
from sandbox.graph.door import Door, object_payload, reply, visit
from sandbox.graph.errors import GraphError, bad_request, invalid
from sandbox.graph.event_routes import ROOTS
from sandbox.graph.identifiers import Reference, from_ews, make_id, read_id, to_ews
from sandbox.graph.parts import Parts
from sandbox.graph.series import Entry, entries_between, instant, shift_zone
from sandbox.graph.store import Mailbox

_SLOT = edm.record({"start": edm.moment, "end": edm.moment}, "microsoft.graph.timeSlot")
_PERSON = edm.record(
    {"type": edm.text, "emailAddress": edm.record({"address": edm.text, "name": edm.optional_text}, "emailAddress")},
    "microsoft.graph.attendeeBase",
)
_DIGITS = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "workingElsewhere": "4", "unknown": "2"}
_SCOPES = {"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite", "Calendars.Read.Shared",
           "Calendars.ReadWrite.Shared"}  # fmt: skip
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?")
_FORMS = ("restId", "restImmutableEntryId", "ewsId", "entryId", "immutableEntryId")


class AvailabilityRoutes:
    """The views; each runs under the store's lock."""

    def __init__(self, door: Door, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        door.mount([f"{root}/calendar/getSchedule" for root in ROOTS], "POST", self.schedule)
        door.mount([f"{root}/findMeetingTimes" for root in ROOTS], "POST", self.meeting_times)
        door.mount([f"{root}/translateExchangeIds" for root in ROOTS], "POST", self.translate)

    def schedule(self) -> Response:
        visit().caller.require(_SCOPES)
        data = {key[:1].lower() + key[1:]: value for key, value in object_payload().items() if "@odata." not in key}
        people = edm.list_of(edm.text)(data.get("schedules"), "schedules")
        if not 1 <= len(people) <= 20:
            raise invalid("Between 1 and 20 schedules can be asked for.")
        minutes = edm.integer(data.get("availabilityViewInterval", 30), "availabilityViewInterval")
        if not 5 <= minutes <= 1440:
            raise invalid("The availabilityViewInterval must be from 5 to 1440 minutes.")
        start, end = (instant(edm.moment(data.get(name), name)) for name in ("startTime", "endTime"))
        if end <= start or end - start >= timedelta(days=62):
            raise invalid("The time window must be positive and shorter than 62 days.")
        return reply({"value": [self._schedule_of(address, start, end, minutes) for address in people]})

    def _schedule_of(self, address: str, start: datetime, end: datetime, minutes: int) -> dict[str, Any]:
        box = self._store.mailbox(address)
        if box is None:
            error = {"message": "The mailbox could not be found.", "responseCode": "ErrorMailRecipientNotFound"}
            return {"scheduleId": address, "availabilityView": "", "error": error}
        taken = _taken(box, start, end)
        hours = {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": box.user.zone},
        }
        return {
            "scheduleId": address,
            "availabilityView": _view(taken, start, end, timedelta(minutes=minutes)),
            "scheduleItems": [_schedule_item(entry, visit().zone) for entry in taken],
            "workingHours": hours,
        }

    def meeting_times(self) -> Response:
        visit().caller.require({"Calendars.Read.Shared", "Calendars.ReadWrite.Shared", "Calendars.Read",
                                "Calendars.ReadWrite"})  # fmt: skip
        data = object_payload()
        length = _duration(data.get("meetingDuration") or "PT30M")
        boxes = [visit().target, *self._invited(edm.list_of(_PERSON)(data.get("attendees") or [], "attendees"))]
        suggestions: list[dict[str, Any]] = []
        for start, end in self._slots(data):
            moment = start
            while moment + length <= end and len(suggestions) < 5:
                if not any(_taken(box, moment, moment + length) for box in boxes):
                    suggestions.append(_suggestion(moment, moment + length))
                moment += timedelta(minutes=30)
        reason = "" if suggestions else "AttendeesUnavailable"
        return reply({"emptySuggestionsReason": reason, "meetingTimeSuggestions": suggestions})

    def _invited(self, attendees: list[dict[str, Any]]) -> list[Mailbox]:
        found = [self._store.mailbox(each.get("emailAddress", {}).get("address", "")) for each in attendees]
        return [box for box in found if box is not None]

    def _slots(self, data: dict[str, Any]) -> list[tuple[datetime, datetime]]:
        constraint = data.get("timeConstraint") or {}
        if not isinstance(constraint, dict):
            raise invalid("The timeConstraint is an object.")
        slots = edm.list_of(_SLOT)(constraint.get("timeSlots") or constraint.get("timeslots") or [], "timeSlots")
        if any(set(slot) != {"start", "end"} for slot in slots):
            raise invalid("A time slot needs start and end.")
        if slots:
            return [(instant(slot["start"]), instant(slot["end"])) for slot in slots]
        tomorrow = self._parts.world.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        return [(tomorrow, tomorrow + timedelta(hours=8))]

    def translate(self) -> Response:
        visit().caller.require({"User.Read", "User.ReadBasic", "User.Read.All", "User.ReadBasic.All"})
        data = {key[:1].lower() + key[1:]: value for key, value in object_payload().items()}
        ids = edm.list_of(edm.text)(data.get("inputIds"), "inputIds")
        source, target = (edm.one_of(*_FORMS)(data.get(name), name) for name in ("sourceIdType", "targetIdType"))
        if len(ids) > 1000:
            raise bad_request("At most 1000 ids can be translated at once.")
        return reply({"value": [self._translated(each, source, target) for each in ids]})

    def _translated(self, text: str, source: str, target: str) -> dict[str, Any]:
        box = visit().target
        try:
            read = read_id(from_ews(text) if source in ("ewsId", "entryId") else text)
        except GraphError:
            return {
                "sourceId": text,
                "errorDetails": {"code": "ErrorInvalidIdMalformed", "message": "Id is malformed."},
            }
        item = box.items.get(read.key)
        folder = item.calendar if item else ""
        reference = Reference(read.kind, box.id, read.key, folder, read.day, read.epoch)
        made = make_id(reference, immutable="mmutable" in target)
        return {"sourceId": text, "targetId": to_ews(made) if target in ("ewsId", "entryId") else made}


def _taken(box: Mailbox, start: datetime, end: datetime) -> list[Entry]:
    """What stands between two instants and does not leave the time free."""
    found = [entry for item in box.items.values() for entry in entries_between(item, start, end)]
    return [entry for entry in found if entry.props()["showAs"] != "free"]


def _view(taken: list[Entry], start: datetime, end: datetime, step: timedelta) -> str:
    """One digit for each step: the strongest of what touches it."""
    spans = [(*entry.span(), _DIGITS[entry.props()["showAs"]]) for entry in taken]
    view, moment = "", start
    while moment < end:
        inside = [digit for begins, ends, digit in spans if begins < moment + step and ends > moment]
        view += max(inside, default="0")
        moment += step
    return view


def _schedule_item(entry: Entry, zone: str) -> dict[str, Any]:
    props = entry.props()
    return {
        "isPrivate": props["sensitivity"] == "private",
        "status": props["showAs"],
        "subject": props["subject"],
        "location": (props["locations"] or [{}])[0].get("displayName") or "",
        "start": shift_zone(props["start"], zone, all_day=False),
        "end": shift_zone(props["end"], zone, all_day=False),
    }


def _duration(text: Any) -> timedelta:
    found = _DURATION.fullmatch(str(text))
    if found is None or not any(found.groups()):
        raise invalid("The meetingDuration is not an ISO 8601 duration of hours and minutes.")
    return timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0))


def _suggestion(start: datetime, end: datetime) -> dict[str, Any]:
    def shown(moment: datetime) -> dict[str, str]:
        return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}

    return {
        "confidence": 100.0,
        "organizerAvailability": "free",
        "suggestionReason": "Suggested because it is one of the nearest times when all attendees are available.",
        "meetingTimeSlot": {"start": shown(start), "end": shown(end)},
        "attendeeAvailability": [],
        "locations": [],
    }
