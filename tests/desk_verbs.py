"""Verbs over the desk of fakes: a scheduled, a sent, a followed meeting, and a look at its appointment."""

from dataclasses import replace
from datetime import datetime, timedelta

from desk_of_fakes import OWNER, Desk

from addin.composing import compose
from addin.following import look_at_event
from addin.invitation import body as invitation_body
from addin.model import Choices, Event, Meeting, Participant, Timing
from addin.scheduling import Request, schedule

AT_TEN = Timing(datetime(2026, 12, 1, 10), datetime(2026, 12, 1, 11), "Europe/Warsaw")
WEEKLY = replace(AT_TEN, recurrence={
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
    "range": {"type": "numbered", "startDate": "2026-12-01", "numberOfOccurrences": 4},
})  # fmt: skip
PARIS = Participant("paris@contoso.example", "Colleague in Paris")
ROLLING = Choices(registration=True)
HOUR = timedelta(hours=1)


def scheduled(desk: Desk, timing: Timing = AT_TEN, choices: Choices | None = None) -> Meeting:
    return schedule(Request(OWNER, OWNER, "Review", timing, choices or Choices(), (PARIS,)), desk.doors).meeting


def sent(desk: Desk, meeting: Meeting, number: str = "event-1") -> Event:
    composed = compose(meeting, desk.doors.numbers(), desk.policy, desk.doors.links)
    text = invitation_body.put("<p>Dear all</p>", composed.html, content_type="html", join_url=composed.join_url)
    event = Event(
        id=number, etag="1", ical_uid=f"uid-{number}", subject=meeting.title, timing=meeting.timing,
        participants=meeting.participants, organizer_address=OWNER.address, body=text, location=composed.location,
        pane_properties={"clickmeeting": meeting.key},
        kind="seriesMaster" if meeting.timing.recurrence else "singleInstance",
    )  # fmt: skip
    desk.office.events[number] = event
    return event


def looked(desk: Desk, number: str = "event-1") -> Meeting:
    found = look_at_event(OWNER, number, desk.doors)
    assert found is not None
    return found


def followed(desk: Desk, timing: Timing = AT_TEN, choices: Choices | None = None) -> Meeting:
    sent(desk, scheduled(desk, timing, choices))
    return looked(desk)


def body_writes(desk: Desk) -> int:
    return sum(patch.body is not None for patch in desk.office.patches)


def room_url(meeting: Meeting) -> str:
    assert meeting.room is not None
    return meeting.room.url
