"""Decides which room an appointment needs and what has to change about the present one; pure, it asks nobody."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from addin.actions import Action, EditRoom, ReplaceRoom
from addin.dates import next_end, next_occurrence
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
    """`held_back`: the times of the event were not applied to the room. `leads_elsewhere`: the shared link changes.

    `found_there` is told of what somebody changed at ClickMeeting. `date` is the date of a rolling series that the room
    is for once the actions are done.
    """

    strategy: Strategy
    actions: tuple[Action, ...] = ()
    notes: tuple[str, ...] = ()
    found_there: tuple[str, ...] = ()
    attention: str | None = None
    held_back: bool = False
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
        return Rooming(meeting.strategy, attention=refused, held_back=True, date=meeting.room_date)
    strategy = _strategy(meeting, event, policy)
    timing, moved = event.timing, _when(event.timing) != _when(meeting.timing)
    date = _date(event, now) if strategy is Strategy.ROLLING else None
    over = next_end(timing, event.exceptions, event.cancelled_dates, after=now) is None
    new_for = _why_replaced(meeting, room, strategy, date, moved=moved, over=over, now=now)
    if new_for is not None and not over:
        return _replaced(meeting, event, strategy, date, new_for)
    if room is None:
        return Rooming(meeting.strategy, date=meeting.room_date)  # nothing is to come that would need one
    held_back = strategy is Strategy.SINGLE and moved and timing.start_instant <= now
    change, notes, found_there = _change(meeting, event, room, strategy, date, moved=moved and not held_back)
    attention = INTO_THE_PAST if held_back else None
    if over and strategy is Strategy.PERMANENT and timing.recurrence is not None:
        attention = SERIES_OVER
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


def finished(room: Room, now: datetime) -> bool:
    """R41: it can be neither edited nor entered again."""
    return not room.active or (room.ends_at is not None and room.ends_at <= now)


def in_session(room: Room | None, now: datetime) -> bool:
    """Whether people may be in a scheduled room now; such a room is never deleted."""
    if room is None or room.starts_at is None or room.ends_at is None:
        return False
    return room.active and room.starts_at <= now < room.ends_at


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
    shifted = known is not None and (room.starts_at, room.ends_at) != (known.starts_at, known.ends_at)
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
    if strategy is Strategy.SINGLE and moved and finished(room, now):
        return "the old one is over and cannot be used again"
    if strategy is Strategy.ROLLING and date is not None and _begins_anew(meeting, room, date, now):
        return f"the next date is {date.start:%Y-%m-%d %H:%M} UTC"
    return None


def _begins_anew(meeting: Meeting, room: Room, date: Occurrence, now: datetime) -> bool:
    """The room's own date is over; one that was merely moved or cancelled leaves a room that can take another date."""
    return finished(room, now) and (
        meeting.room_date is None or date.original_start != meeting.room_date.original_start
    )


def _date(event: Event, now: datetime) -> Occurrence | None:
    return next_occurrence(event.timing, event.exceptions, event.cancelled_dates, after=now)


def _span(date: Occurrence | None) -> tuple[datetime, datetime] | None:
    return None if date is None else (date.start, date.end)


def _when(timing: Timing) -> tuple[Any, ...]:
    return (timing.start, timing.end, timing.zone, timing.all_day, timing.recurrence)
