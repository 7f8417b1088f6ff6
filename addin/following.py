"""From a hint that something changed to a meeting that matches its event again; it decides and hosts nothing."""

from dataclasses import replace
from datetime import datetime

from addin.applying import RoomGone, apply
from addin.errors import Missing
from addin.model import Event, Mailbox, Meeting, MeetingState
from addin.ports import Office
from addin.reconcile import plan
from addin.scheduling import Doors

_OCCURRENCES = ("occurrence", "exception")


def look_at_event(mailbox: Mailbox, event_id: str, doors: Doors) -> Meeting | None:
    """An event of this mailbox may have changed. None when it is none of ours."""
    office = doors.office(mailbox)
    known = doors.store.find(tenant_id=mailbox.tenant_id, owner_id=mailbox.user_id, event_id=event_id)
    try:
        event: Event | None = office.calendar.event(event_id)
        if event is not None and event.kind in _OCCURRENCES and event.series_master_id:
            event = office.calendar.event(event.series_master_id)
    except Missing:
        event = None
    if event is None:
        return _follow(known[0], None, office, doors) if known else None
    meeting = recognise(event, mailbox, doors)
    return _follow(meeting, event, office, doors) if meeting is not None else None


def look_at_meeting(meeting_id: str, doors: Doors) -> Meeting | None:
    """A meeting is due: read its event again, or look for the appointment that it was made for."""
    meeting = doors.store.meeting(meeting_id)
    if meeting.state is MeetingState.ENDED:
        return None
    office = doors.office(meeting.owner)
    if meeting.event is not None:
        try:
            event: Event | None = office.calendar.event(meeting.event.event_id)
        except Missing:
            event = None
        meeting = _follow(meeting, event, office, doors)
        if meeting.state is MeetingState.GONE and meeting.gone_at is not None:
            doors.store.save(meeting, due_at=meeting.gone_at + doors.policy.grace)
        return meeting
    urls = [meeting.room.url] if meeting.room else []
    found = office.calendar.events_of(meeting.key, urls, around=meeting.timing.start_instant)
    ours = [event for event in found if event.is_organizer and not event.is_cancelled]
    if ours:
        return _follow(meeting, min(ours, key=lambda event: event.id), office, doors)
    _look_again_later(meeting, doors)
    return meeting


def recognise(event: Event, mailbox: Mailbox, doors: Doors) -> Meeting | None:
    """Whose event it is, by what survives rewriting (principle 5), always within the mailbox's owner."""
    if not event.is_organizer:
        return None
    keys = [key for key in (event.key, event.pane_properties.get("clickmeeting")) if key]
    candidates = [
        *doors.store.find(tenant_id=mailbox.tenant_id, owner_id=mailbox.user_id, event_id=event.id),
        *(
            meeting
            for key in keys
            for meeting in doors.store.find(tenant_id=mailbox.tenant_id, owner_id=mailbox.user_id, key=key)
        ),
    ]
    if not candidates:
        owned = doors.store.find(tenant_id=mailbox.tenant_id, owner_id=mailbox.user_id)
        text = f"{event.location}\n{event.body}"
        candidates = [meeting for meeting in owned if meeting.room is not None and meeting.room.url in text]
    for meeting in candidates:
        if meeting.event is None or meeting.event.event_id == event.id:
            return meeting
    return None


def _follow(meeting: Meeting, event: Event | None, office: Office, doors: Doors) -> Meeting:
    with doors.store.exclusive(f"following:{meeting.id}"):
        meeting = doors.store.meeting(meeting.id)
        actions = plan(meeting, event, meeting.room, doors.clock(), doors.policy)
        try:
            return apply(actions, meeting, event, office, doors)
        except RoomGone:
            meeting = doors.store.meeting(meeting.id)
            actions = plan(meeting, event, None, doors.clock(), doors.policy)
            return apply(actions, meeting, event, office, doors)


def _look_again_later(meeting: Meeting, doors: Doors) -> None:
    """The pauses grow; after the last one the draft stays listed and is looked for no more (principle 8)."""
    next_look = next_draft_check(meeting, doors.clock(), doors)
    if next_look is not None:
        doors.store.save(replace(meeting), due_at=next_look)


def next_draft_check(meeting: Meeting, now: datetime, doors: Doors) -> datetime | None:
    """When an appointment that was not seen yet is looked for again."""
    checks = (meeting.created_at + pause for pause in doors.policy.draft_checks)
    return next((check for check in checks if check > now), None)
