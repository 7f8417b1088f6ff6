"""From a hint that something changed to a meeting that matches its event again; it decides and hosts nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from addin.alerting import alert
from addin.applying import EventGone, RoomRefused, apply, is_damaged
from addin.dates import next_end
from addin.delivering import RoomGone
from addin.errors import Changed, Missing
from addin.finding import join_urls, leading, names, recognise
from addin.model import Event, Mailbox, Meeting, MeetingState, Room, Strategy
from addin.policy import Policy
from addin.ports import Office
from addin.reconcile import Leads, plan
from addin.rooming import NOT_SENT, finished, in_use_until, session_end
from addin.scheduling import CLOCK_TOLERANCE, Doors
from addin.wanted import room_spec

_PLANS = 3
_OCCURRENCES = ("occurrence", "exception")


@dataclass
class Look:
    """One look at several events of a mailbox. Each is read once, and a series once for all its dates."""

    mailbox: Mailbox
    doors: Doors
    _covered: set[str] = field(default_factory=set)
    _series: dict[str, str] = field(default_factory=dict)

    def covers(self, event_id: str) -> bool:
        """Whether what was read already answers for this event."""
        return event_id in self._covered

    def series_of(self, event_id: str) -> str | None:
        """The series that this event was found to be a date of."""
        return self._series.get(event_id)

    def at(self, event_id: str) -> Meeting | None:
        """This event may have changed. None when it is none of ours, or was answered for before."""
        if self.covers(event_id):
            return None
        office = self.doors.office(self.mailbox)
        event = self._read(event_id, office)
        if event is not None and event.kind in _OCCURRENCES and event.series_master_id:
            self._series[event_id] = event.series_master_id
            if self.covers(event.series_master_id):
                return None
            event = self._read(event.series_master_id, office)
        if event is not None:
            meeting = recognise(event, self.mailbox, office, self.doors.at(self.mailbox))
            if meeting is None:
                return None
            late = meeting.event is None and _is_settled(meeting, self.doors)
            return _follow(meeting, event, office, self.doors, read_room=late)
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
    """A meeting is due: read its event and room again, or look for the appointment that it was made for."""
    meeting = doors.store.meeting(meeting_id)
    if meeting.state is MeetingState.ENDED:
        return None
    doors = doors.of(meeting)
    office = doors.office(meeting.owner)
    if meeting.event is not None:
        return _look_at_followed(meeting, meeting.event.event_id, office, doors)
    found = office.calendar.events_of(meeting.key, join_urls(meeting, doors), around=meeting.timing.start_instant)
    ours = [event for event in found if event.is_organizer and not event.is_cancelled]
    look = Look(meeting.owner, doors)
    # read whole: a search shows a series without what became of its dates; the others are copies made since
    seen = [look.at(event.id) for event in sorted(ours, key=lambda event: event.id)]
    found_meeting = next((one for one in seen if one is not None and one.id == meeting.id), None)
    if found_meeting is not None:
        return found_meeting
    return _look_again_later(doors.store.meeting(meeting.id), office, doors)


def _look_at_followed(meeting: Meeting, event_id: str, office: Office, doors: Doors) -> Meeting:
    try:
        event: Event | None = office.calendar.event(event_id)
    except Missing:
        event = None
    if event is None and meeting.gone_at is not None and doors.clock() >= meeting.gone_at + doors.policy.grace:
        moved = _under_another_id(meeting, office, doors)  # before the room goes for good
        if moved is not None:
            return moved
    meeting = _follow(meeting, event, office, doors, read_room=_is_settled(meeting, doors) and event is not None)
    if meeting.state is MeetingState.GONE and meeting.gone_at is not None:
        now = doors.clock()
        soonest = now + doors.policy.second_look
        after = in_use_until(meeting, meeting.room, now, doors.policy) or soonest
        doors.store.save(meeting, due_at=max(after, soonest))
    return meeting


def _under_another_id(meeting: Meeting, office: Office, doors: Doors) -> Meeting | None:
    """Moved to another calendar, or pasted anew, while nobody told us: the appointment carries our mark still."""
    look = Look(meeting.owner, doors)
    for event_id in sorted(copies_of([meeting], office)):
        found = look.at(event_id)
        if found is not None and found.id == meeting.id:
            return found
    return None


def _is_settled(meeting: Meeting, doors: Doors) -> bool:
    """A room just made is not asked for again."""
    return doors.clock() >= meeting.created_at + doors.policy.check


def copies_of(meetings: Iterable[Meeting], office: Office) -> list[str]:
    """Events that carry the mark of one of these meetings and are not its own: moved, or copied while nobody told."""
    return [
        event.id
        for meeting in meetings
        if meeting.event is not None
        for event in office.calendar.events_of(meeting.key, (), around=meeting.timing.start_instant)
        if event.id != meeting.event.event_id
    ]


def _follow(meeting: Meeting, event: Event | None, office: Office, doors: Doors, *, read_room: bool = False) -> Meeting:
    """Plan and apply until it holds: a room that turns out to be gone or refused leads to another plan."""
    with doors.store.exclusive(f"meeting:{meeting.id}"):
        meeting = doors.store.meeting(meeting.id)
        doors = doors.of(meeting)
        room = _read_room(meeting, doors) if read_room else meeting.room
        refused: str | None = None
        for _ in range(_PLANS):
            leads = None if event is None else leading(event, join_urls(meeting, doors))
            damaged = event is not None and leads is Leads.HERE and is_damaged(meeting, event, doors)
            actions = plan(
                meeting, event, room, doors.clock(), doors.policy, refused=refused, leads=leads, damaged=damaged
            )
            try:
                return alert(apply(actions, meeting, event, office, doors), office, doors)
            except RoomGone:
                room = _read_room(doors.store.meeting(meeting.id), doors)
                if room is not None:
                    raise  # it is there: what is missing is something else
            except EventGone:
                event = _still_there(event, office)
            except RoomRefused as error:
                refused = str(error)
            meeting = doors.store.meeting(meeting.id)
        raise Changed("The room changed again and again while it was brought in step.")


def _still_there(event: Event | None, office: Office) -> Event | None:
    """The event once more; None where somebody deleted it while it was brought in step."""
    try:
        return None if event is None else office.calendar.event(event.id)
    except Missing:
        return None


def _read_room(meeting: Meeting, doors: Doors) -> Room | None:
    """What ClickMeeting has now: somebody may have renamed, moved or deleted it there."""
    if meeting.room is None:
        return None
    try:
        return doors.rooms.get(meeting.room)
    except Missing:
        return None


def _look_again_later(meeting: Meeting, office: Office, doors: Doors) -> Meeting:
    """Not in the calendar. The pauses grow; at the bound the whole mailbox is read, and only that is evidence.

    Where the calendar cannot be read this is never reached: the room stays, and is listed (principle 8).
    """
    now = doors.clock()
    checks = [*doors.policy.draft_checks, doors.policy.draft_bound]
    bound = meeting.created_at + doors.policy.draft_bound
    next_look = next((meeting.created_at + pause for pause in checks if meeting.created_at + pause > now), None)
    if next_look is not None:
        attention = NOT_SENT if next_look == bound else None
        note = attention if attention != meeting.attention else None
        meeting = doors.store.save(replace(meeting, attention=attention), note=note, due_at=next_look)
        return alert(meeting, office, doors)
    rooms = () if meeting.room is None else (meeting.room,)
    last = bound + doors.policy.draft_bound  # dates without a pause do not keep it for ever
    running = session_end(meeting, rooms, now, begun_before=last)
    if running is not None:
        return doors.store.save(meeting, due_at=running)
    urls = join_urls(meeting, doors)
    not_before = meeting.created_at - CLOCK_TOLERANCE
    for event in office.calendar.written_since(not_before):
        marks = {event.key, *event.pane_properties.values()}
        if event.is_organizer and not event.is_cancelled and (meeting.key in marks or names(event, urls)):
            found = Look(meeting.owner, doors).at(event.id)
            if found is not None and found.id == meeting.id:
                return found
    room = meeting.room or doors.rooms.find(room_spec(meeting), not_before=not_before)  # one whose making was cut off
    if room is not None and not finished(room, now):
        doors.rooms.delete(room)
    note = "No appointment was ever sent: a reading of the whole calendar did not find it. The room was deleted."
    return doors.store.save(replace(meeting, state=MeetingState.ENDED, attention=None), note=note)


def next_look(meeting: Meeting, now: datetime, policy: Policy) -> datetime | None:
    """When a followed meeting is looked at again although nobody told of a change; None where that is settled else.

    Once a day, and when a date of a rolling series ends, so that the room of the next one is made.
    """
    if meeting.state is not MeetingState.FOLLOWED:
        return None
    moments = [now + policy.check]
    if meeting.former_until is not None:
        moments.append(max(meeting.former_until, now + policy.second_look))
    if meeting.renewal_due is not None:
        moments.append(max(meeting.renewal_due, now + policy.second_look))
    if meeting.strategy is Strategy.ROLLING:
        end = next_end(meeting.timing, meeting.occurrences_changed, meeting.cancelled_dates, after=now)
        if end is not None:
            moments.append(end)
    return min(moments)
