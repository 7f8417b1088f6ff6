"""Decides what is to be done so that room and people match the calendar; pure, it touches nothing and asks nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from addin.entitling import Entitlement, entitle, guests
from addin.model import (
    Event,
    EventLink,
    Meeting,
    MeetingState,
    Participant,
    Room,
    RoomChange,
    Strategy,
)
from addin.policy import Policy
from addin.wanted import room_name, strategy_for


@dataclass(frozen=True)
class EditRoom:
    """PUT only what differs (E6)."""

    change: RoomChange
    why: str


@dataclass(frozen=True)
class ReplaceRoom:
    """A new room takes over: R8 forbids the switch, R41 the revival, or the old one is gone."""

    strategy: Strategy
    title: str
    timing: Any
    why: str


@dataclass(frozen=True)
class DeleteRoom:
    """The event is gone and its grace period over (principle 8)."""

    why: str


@dataclass(frozen=True)
class WithdrawTokens:
    """Tokens of people who left, or that stood where others can now read them (E13)."""

    addresses: tuple[str, ...]


@dataclass(frozen=True)
class IssueTokens:
    """An own token for each of these people (R1)."""

    people: tuple[Participant, ...]


@dataclass(frozen=True)
class RewriteInvitation:
    """The link or the token in the shared block changed: one PATCH of the body."""

    why: str


@dataclass(frozen=True)
class Link:
    """Write our key onto the event, so that it is found again whatever happens to its body."""


@dataclass(frozen=True)
class DoubtDeliveries:
    """A send was intended and its end is unknown: it reads uncertain and waits for a person."""

    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Invite:
    """A personal invitation to each of these addresses, at most once."""

    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Remember:
    """What is now so, to be kept once everything before it is done."""

    fields: Mapping[str, Any]
    notes: tuple[str, ...] = field(default=())


Action = (
    EditRoom | ReplaceRoom | DeleteRoom | WithdrawTokens | IssueTokens | RewriteInvitation | Link | DoubtDeliveries
    | Invite | Remember
)  # fmt: skip


def plan(meeting: Meeting, event: Event | None, room: Room | None, now: datetime, policy: Policy) -> tuple[Action, ...]:
    """The actions, in the order in which they are to be done, that make what is into what should be.

    `event` is the event now (None: it is gone), `room` the room as last known (None: it is gone). Nothing differs: ().
    """
    if meeting.state is MeetingState.ENDED:
        return ()
    if event is None or event.is_cancelled:
        return _after_the_event(meeting, now, policy)
    if not event.is_organizer:
        return ()  # an attendee's copy says nothing about the meeting
    event = replace(event, participants=(*event.participants, *guests(meeting, event)))
    room_actions, notes, attention = _room(meeting, event, room, now, policy)
    replaced = any(isinstance(action, ReplaceRoom) for action in room_actions)
    strategy = _strategy(meeting, event, policy)
    entitled = entitle(meeting, event, strategy=strategy, replaced=replaced, now=now, policy=policy)
    actions = [*room_actions, *_tokens(entitled)]
    if entitled.rewrite or replaced:
        actions.append(RewriteInvitation("the way in changed"))
    elif event.key != meeting.key:
        actions.append(Link())
    actions += _deliveries(entitled)
    remembered = _remember(meeting, event, attention, notes, entitled)
    if remembered.fields or remembered.notes:
        actions.append(remembered)
    return tuple(actions)


def _after_the_event(meeting: Meeting, now: datetime, policy: Policy) -> tuple[Action, ...]:
    if meeting.gone_at is None:
        fields = {"state": MeetingState.GONE, "gone_at": now}
        return (Remember(fields, ("The appointment is gone from the calendar; the room waits for its grace period.",)),)
    if now < meeting.gone_at + policy.grace:
        return ()
    ended = Remember({"state": MeetingState.ENDED}, ("The room was deleted after its appointment.",))
    return (DeleteRoom("the appointment is gone"), ended)


def _room(
    meeting: Meeting, event: Event, room: Room | None, now: datetime, policy: Policy
) -> tuple[list[Action], list[str], str | None]:
    """Actions on the room, notes for the history, and why a person is needed."""
    timing = event.timing
    moved = _when(timing) != _when(meeting.timing)
    strategy = _strategy(meeting, event, policy)
    if strategy is Strategy.SINGLE and moved and timing.start_instant <= now:
        return [], [], "The appointment was moved into the past; its room stays as it was."
    finished = room is not None and strategy is Strategy.SINGLE and _finished(room, now)
    if room is None or strategy is not meeting.strategy or (finished and moved):
        why = _why_replaced(room, finished)
        return [ReplaceRoom(strategy, event.subject, timing, why)], [f"A new room was made: {why}."], None
    change = RoomChange(permanent=room.permanent)
    notes = []
    if room_name(event.subject) != room_name(meeting.title) and room_name(event.subject):
        change = replace(change, name=room_name(event.subject))
        notes.append("The room was renamed.")
    if moved:
        notes.append(f"Moved to {timing.start:%Y-%m-%d %H:%M} ({timing.zone}).")
        if strategy is Strategy.SINGLE:
            change = replace(
                change, starts_at=timing.start_instant, duration=timing.duration, zone=timing.zone
            )  # R8: `permanent` goes along unchanged
    differs = change != RoomChange(permanent=room.permanent)
    return ([EditRoom(change, " ".join(notes))] if differs else []), notes, None


def _strategy(meeting: Meeting, event: Event, policy: Policy) -> Strategy:
    """Another kind of room only where the event became (or stopped being) a series or outgrew a scheduled room."""
    wanted = strategy_for(event.timing, meeting.choices, policy)
    repeats, repeated = event.timing.recurrence is not None, meeting.timing.recurrence is not None
    if meeting.strategy is Strategy.SINGLE or repeats != repeated:
        return wanted
    return meeting.strategy


def _why_replaced(room: Room | None, finished: bool) -> str:
    if room is None:
        return "the old one is gone from ClickMeeting"
    if finished:
        return "the old one is over and cannot be used again"
    return "a room cannot change between scheduled and permanent"


def _finished(room: Room, now: datetime) -> bool:
    return not room.active or (room.ends_at is not None and room.ends_at <= now)


def _when(timing: Any) -> tuple[object, ...]:
    return (timing.start, timing.end, timing.zone, timing.all_day, timing.recurrence)


def _tokens(entitled: Entitlement) -> list[Action]:
    actions: list[Action] = []
    if entitled.withdrawn:
        actions.append(WithdrawTokens(entitled.withdrawn))
    if entitled.issued:
        actions.append(IssueTokens(entitled.issued))
    return actions


def _deliveries(entitled: Entitlement) -> list[Action]:
    """Personal invitations, only after the appointment was seen as sent and its text is right."""
    actions: list[Action] = []
    if entitled.doubtful:
        actions.append(DoubtDeliveries(entitled.doubtful))
    if entitled.told:
        actions.append(Invite(entitled.told))
    return actions


def _remember(
    meeting: Meeting, event: Event, attention: str | None, notes: list[str], entitled: Entitlement
) -> Remember:
    wanted: dict[str, Any] = {
        "title": event.subject.strip() or meeting.title,
        "timing": meeting.timing if attention else event.timing,
        "participants": event.participants,
        "event": _link(meeting, event),
        "state": MeetingState.FOLLOWED,
        "gone_at": None,
        "attention": attention,
        "occurrences_changed": event.exceptions,
        "cancelled_dates": event.cancelled_dates,
        "token_in_body": meeting.token_in_body and not entitled.spoiled,
        "renewal_due": entitled.renewal_due,
    }
    told = list(notes)
    if meeting.event is None:
        told.append("Found in the calendar.")
    elif meeting.state is MeetingState.GONE:
        told.append("The appointment is back.")
    told += _dates_told(meeting, event)
    if attention and attention != meeting.attention:
        told.append(attention)
    fields = {name: value for name, value in wanted.items() if getattr(meeting, name) != value}
    return Remember(fields, tuple(told))


def _link(meeting: Meeting, event: Event) -> EventLink:
    """The etag changes with every answer of an attendee; it is kept only as it was when we last wrote."""
    etag = meeting.event.etag if meeting.event else event.etag
    return EventLink(event.id, event.ical_uid, etag)


def _dates_told(meeting: Meeting, event: Event) -> list[str]:
    before = {occurrence.original_start: occurrence for occurrence in meeting.occurrences_changed}
    told = [
        f"The date of {occurrence.original_start:%Y-%m-%d} moved to {occurrence.start:%Y-%m-%d %H:%M} UTC."
        for occurrence in event.exceptions
        if before.get(occurrence.original_start) != occurrence
    ]
    return told + [
        f"The date of {date} was cancelled; the room stays."
        for date in event.cancelled_dates
        if date not in meeting.cancelled_dates
    ]
