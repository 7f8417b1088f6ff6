"""Decides which room an appointment needs and what has to change about the present one; pure, it asks nobody."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from addin.actions import Action, EditRoom, ReplaceRoom
from addin.dates import next_end, next_occurrence, running_until
from addin.model import Event, Meeting, Occurrence, Room, RoomChange, Strategy, Timing
from addin.policy import Policy
from addin.telling import times_told
from addin.wanted import room_name, strategy_for

NOT_SENT = "The appointment was not found in the calendar yet. Send it, or take the meeting off."
GONE_THERE = "the old one is gone from ClickMeeting"
INTO_THE_PAST = "The appointment was moved into the past; its room stays as it was."
SERIES_OVER = "The series is over. Its permanent room stays at ClickMeeting until somebody deletes it there."


@dataclass(frozen=True)
class Rooming:
    """`held_back`: the times of the event were not applied to the room; `refused`: nothing was.

    `leads_elsewhere`: the shared link changes. `found_there` is told of what somebody changed at ClickMeeting. `date`
    is the date of a rolling series that the room is for once the actions are done.
    """

    strategy: Strategy
    actions: tuple[Action, ...] = ()
    notes: tuple[str, ...] = ()
    found_there: tuple[str, ...] = ()
    attention: str | None = None
    held_back: bool = False
    refused: bool = False
    leads_elsewhere: bool = False
    date: Occurrence | None = None

    @property
    def replaced(self) -> bool:
        """Whether another room takes over."""
        return any(isinstance(action, ReplaceRoom) for action in self.actions)


def room_for(
    meeting: Meeting, event: Event, room: Room | None, now: datetime, policy: Policy, *, refused: str | None = None
) -> Rooming:
    """What becomes of the room. `refused` is what ClickMeeting has just said to the same wish: the room then stays."""
    if refused is not None:
        return Rooming(meeting.strategy, attention=refused, held_back=True, refused=True, date=meeting.room_date)
    strategy = _strategy(meeting, event, policy)
    timing, moved = event.timing, _when(event.timing) != _when(meeting.timing)
    date = _date(event, now) if strategy is Strategy.ROLLING else None
    over = next_end(timing, event.exceptions, event.cancelled_dates, after=now) is None
    new_for = _why_replaced(meeting, room, strategy, date, moved=moved, over=over, now=now)
    if new_for is not None and not over:
        return _replaced(meeting, event, strategy, date, new_for)
    if room is None:
        return Rooming(meeting.strategy, date=meeting.room_date)  # nothing is to come that would need one
    if finished(room, now):  # R41: never edited; what it was for is only remembered
        told = tuple(times_told(meeting.timing, event.timing)) if moved else ()
        return Rooming(meeting.strategy, (), told, attention=_over(event, room, over), date=date or meeting.room_date)
    held_back = strategy is Strategy.SINGLE and moved and timing.start_instant <= now
    change, notes, found_there = _change(meeting, event, room, strategy, date, moved=moved and not held_back)
    attention = INTO_THE_PAST if held_back else _over(event, room, over)
    why = " ".join((*notes, *found_there))
    edits = (EditRoom(change, why),) if change != RoomChange(permanent=room.permanent) else ()
    return Rooming(
        meeting.strategy if held_back else strategy,
        edits,
        notes,
        found_there,
        attention,
        held_back=held_back,
        date=date or meeting.room_date,
    )


def _over(event: Event, room: Room, over: bool) -> str | None:
    """What a person has to know of a series that is over."""
    return SERIES_OVER if over and room.permanent and event.timing.recurrence is not None else None


def finished(room: Room, now: datetime) -> bool:
    """R41: it can be neither edited nor entered again."""
    return not room.active or (room.ends_at is not None and room.ends_at <= now)


def session_end(
    meeting: Meeting, rooms: Iterable[Room], now: datetime, *, begun_before: datetime | None = None
) -> datetime | None:
    """Until when people may be in one of these rooms of the meeting (never deleted before), None where nobody is.

    A scheduled room says so itself; a permanent one is judged by what is on in the calendar, moved and cancelled dates
    counted. `begun_before`: dates that would begin later are none any more, as those of a series that is gone.
    """
    rooms = [room for room in rooms if room.active]
    ends = [room.ends_at for room in rooms if room.starts_at and room.ends_at and room.starts_at <= now < room.ends_at]
    if any(room.permanent or meeting.strategy is Strategy.ROLLING for room in rooms):
        on = running_until(
            meeting.timing, meeting.occurrences_changed, meeting.cancelled_dates, at=now, begun_before=begun_before
        )
        ends += [on] if on is not None else []
    return max(ends, default=None)


def in_use_until(meeting: Meeting, room: Room | None, now: datetime, policy: Policy) -> datetime | None:
    """Until when a meeting whose event is gone still needs its rooms, or None. Its dates begin no more after grace."""
    rooms = (*meeting.former_rooms, *((room,) if room is not None else ()))
    gone = meeting.gone_at + policy.grace if meeting.gone_at is not None else None
    waits = [gone, meeting.former_until, session_end(meeting, rooms, now, begun_before=gone)]
    return max((moment for moment in waits if moment is not None and moment > now), default=None)


def former_until(meeting: Meeting, now: datetime, policy: Policy) -> datetime:
    """When the present room, which is about to be replaced, may go: after grace and any session that began by then."""
    after = now + policy.grace
    rooms = (meeting.room,) if meeting.room is not None else ()
    ends = (session_end(meeting, rooms, moment) for moment in (now, after))
    return max([after, *(end for end in ends if end is not None)])


def _replaced(meeting: Meeting, event: Event, strategy: Strategy, date: Occurrence | None, why: str) -> Rooming:
    rolls_on = strategy is Strategy.ROLLING and meeting.strategy is Strategy.ROLLING and meeting.room is not None
    action = ReplaceRoom(strategy, event.subject, event.timing, why, date)
    notes, made = tuple(times_told(meeting.timing, event.timing)), (f"A new room was made: {why}.",)
    if why == GONE_THERE:
        return Rooming(strategy, (action,), notes, made, leads_elsewhere=not rolls_on, date=date)
    return Rooming(strategy, (action,), (*notes, *made), leads_elsewhere=not rolls_on, date=date)


def _change(
    meeting: Meeting, event: Event, room: Room, strategy: Strategy, date: Occurrence | None, *, moved: bool
) -> tuple[RoomChange, tuple[str, ...], tuple[str, ...]]:
    """What differs, how that is told, and what was changed at ClickMeeting itself, which is put back."""
    change, notes, found_there = RoomChange(permanent=room.permanent), [], []
    name, known = room_name(event.subject), meeting.room
    if name and name != room_name(meeting.title):
        change = replace(change, name=name)
        notes.append("The room was renamed.")
    elif name and known is not None and room.name != known.name:
        change = replace(change, name=name)
        found_there.append("The room was renamed at ClickMeeting; its name was put back.")
    if moved:
        notes += times_told(meeting.timing, event.timing)
    shifted = _is_moved_there(meeting, room)
    if shifted and not moved:
        found_there.append("The room was moved at ClickMeeting; its time was put back.")
    if strategy is Strategy.SINGLE and (moved or shifted):
        timing = event.timing if moved else meeting.timing
        change = replace(change, starts_at=timing.start_instant, duration=timing.duration, zone=timing.zone)
    elif strategy is Strategy.ROLLING and date is not None and (shifted or _span(date) != _span(meeting.room_date)):
        change = replace(
            change, starts_at=date.start, duration=date.end - date.start, zone=event.timing.zone
        )  # R8: `permanent` goes along unchanged
    return change, tuple(notes), tuple(found_there)


def _strategy(meeting: Meeting, event: Event, policy: Policy) -> Strategy:
    """Another kind of room only where the event became (or stopped being) a series or outgrew a scheduled room.

    A permanent room stays one: it holds shorter times too, and its link is known.
    """
    wanted = strategy_for(event.timing, meeting.choices, policy)
    repeats, repeated = event.timing.recurrence is not None, meeting.timing.recurrence is not None
    if meeting.strategy is not Strategy.PERMANENT or repeats != repeated:
        return wanted
    return meeting.strategy


def _why_replaced(
    meeting: Meeting,
    room: Room | None,
    strategy: Strategy,
    date: Occurrence | None,
    *,
    moved: bool,
    over: bool,
    now: datetime,
) -> str | None:
    if room is None:
        if meeting.room is None and meeting.former_urls:
            return "a copied appointment has one of its own"
        return GONE_THERE
    if strategy is not meeting.strategy:
        return "a room cannot change between scheduled and permanent"
    if not finished(room, now):
        return None  # one whose date was merely moved or cancelled can take another one
    put_off = meeting.timing.start_instant > now and _is_moved_there(meeting, room)  # not one that was closed early
    if strategy is Strategy.SINGLE and (moved or put_off):
        return "the old one is over and cannot be used again"
    if strategy is Strategy.ROLLING and date is not None and _span(date) != _span(meeting.room_date):
        return f"the next date is {date.start:%Y-%m-%d %H:%M} UTC"
    return None


def _is_moved_there(meeting: Meeting, room: Room) -> bool:
    """Whether somebody gave it other times at ClickMeeting."""
    known = meeting.room
    return known is not None and (room.starts_at, room.ends_at) != (known.starts_at, known.ends_at)


def _date(event: Event, now: datetime) -> Occurrence | None:
    return next_occurrence(event.timing, event.exceptions, event.cancelled_dates, after=now)


def _span(date: Occurrence | None) -> tuple[datetime, datetime] | None:
    return None if date is None else (date.start, date.end)


def _when(timing: Timing) -> tuple[Any, ...]:
    return (timing.start, timing.end, timing.zone, timing.all_day, timing.recurrence)
