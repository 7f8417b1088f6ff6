"""From a hint that something changed to a meeting that matches its event again; it decides and hosts nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from addin.applying import RoomGone, apply
from addin.errors import Missing
from addin.finding import recognise
from addin.model import Event, Mailbox, Meeting, MeetingState
from addin.ports import Office
from addin.reconcile import plan
from addin.scheduling import Doors

_OCCURRENCES = ("occurrence", "exception")


@dataclass
class Look:
    """One look at several events of a mailbox. Each is read once, and a series once for all its dates."""

    mailbox: Mailbox
    doors: Doors
    _covered: set[str] = field(default_factory=set)

    def covers(self, event_id: str) -> bool:
        """Whether what was read already answers for this event."""
        return event_id in self._covered

    def at(self, event_id: str) -> Meeting | None:
        """This event may have changed. None when it is none of ours, or was answered for before."""
        if self.covers(event_id):
            return None
        office = self.doors.office(self.mailbox)
        event = self._read(event_id, office)
        if event is not None and event.kind in _OCCURRENCES and event.series_master_id:
            if self.covers(event.series_master_id):
                return None
            event = self._read(event.series_master_id, office)
        if event is not None:
            meeting = recognise(event, self.mailbox, office, self.doors)
            return _follow(meeting, event, office, self.doors) if meeting is not None else None
        known = self.doors.store.find(
            tenant_id=self.mailbox.tenant_id, owner_id=self.mailbox.user_id, event_id=event_id
        )
        return _follow(known[0], None, office, self.doors) if known else None

    def _read(self, event_id: str, office: Office) -> Event | None:
        try:
            event = office.calendar.event(event_id)
        except Missing:
            return None
        self._covered |= {event_id, event.id, *(occurrence.event_id for occurrence in event.exceptions)}
        return event


def look_at_event(mailbox: Mailbox, event_id: str, doors: Doors) -> Meeting | None:
    """An event of this mailbox may have changed. None when it is none of ours."""
    return Look(mailbox, doors).at(event_id)


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
        elif meeting.state is MeetingState.FOLLOWED and meeting.renewal_due is not None:
            doors.store.save(meeting, due_at=meeting.renewal_due)  # whatever asked for this look took its place
        return meeting
    urls = [meeting.room.url] if meeting.room else []
    found = office.calendar.events_of(meeting.key, urls, around=meeting.timing.start_instant)
    ours = [event for event in found if event.is_organizer and not event.is_cancelled]
    if ours:  # a search shows a series without what became of its dates: it is read whole
        return Look(meeting.owner, doors).at(min(ours, key=lambda event: event.id).id)
    _look_again_later(meeting, doors)
    return meeting


def copies_of(meetings: Iterable[Meeting], office: Office) -> list[str]:
    """Events that carry the mark of one of these meetings and are not its own: moved, or copied while nobody told."""
    return [
        event.id
        for meeting in meetings
        if meeting.event is not None
        for event in office.calendar.events_of(meeting.key, (), around=meeting.timing.start_instant)
        if event.id != meeting.event.event_id
    ]


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
