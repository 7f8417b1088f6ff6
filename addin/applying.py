"""Does what a plan says, one effect at a time, and keeps what came of it; it decides nothing."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from addin.actions import (
    Action,
    DeleteFormer,
    DeleteRoom,
    DoubtDeliveries,
    DropIntended,
    EditRoom,
    Invite,
    IssueTokens,
    Link,
    Remember,
    ReplaceRoom,
    RewriteInvitation,
    WithdrawTokens,
)
from addin.composing import compose
from addin.delivering import RoomGone, doubt, invite, issue, withdraw
from addin.errors import Changed, InvalidInput, Missing, Permanent, Refused, SlotTaken
from addin.finding import join_urls
from addin.invitation import body as invitation_body
from addin.model import Event, EventChange, IntendedRoom, Invitee, Meeting, Strategy
from addin.ports import Office
from addin.rooming import finished, former_until, session_end
from addin.scheduling import CLOCK_TOLERANCE, Doors
from addin.tally import Source
from addin.wanted import room_spec

_WRITE_ATTEMPTS = 3


class EventGone(Missing):
    """The event is not in the calendar any more, though it was a moment ago: the plan has to be made anew."""


class RoomRefused(Permanent):
    """ClickMeeting will not have the room as the event wants it: the plan has to leave it as it is, and say so."""


def apply(actions: Iterable[Action], meeting: Meeting, event: Event | None, office: Office, doors: Doors) -> Meeting:
    """Carry out `actions` in order, saving after each effect. A Retryable goes up: the plan is then made anew."""
    for action in actions:
        if isinstance(action, EditRoom | ReplaceRoom | DeleteRoom | DeleteFormer | DropIntended):
            meeting = _apply_to_room(action, meeting, doors)
        elif isinstance(action, WithdrawTokens | IssueTokens):
            meeting = _apply_to_tokens(action, meeting, doors)
        elif isinstance(action, DoubtDeliveries):
            meeting = doubt(action.addresses, meeting, doors)
        elif isinstance(action, Invite):
            meeting = invite(action.addresses, meeting, event, office, doors)
        elif event is not None and isinstance(action, Link | RewriteInvitation):
            meeting, event = _write_event(action, meeting, event, office, doors)
        elif isinstance(action, Remember):
            meeting = _remember(action, meeting, event, doors)
    return meeting


def _apply_to_room(
    action: EditRoom | ReplaceRoom | DeleteRoom | DeleteFormer | DropIntended, meeting: Meeting, doors: Doors
) -> Meeting:
    if isinstance(action, EditRoom):
        return _edit_room(action, meeting, doors)
    if isinstance(action, ReplaceRoom):
        return _replace_room(action, meeting, doors)
    if isinstance(action, DeleteFormer):
        return _delete_former(meeting, doors)
    if isinstance(action, DropIntended):
        return _drop_intended(meeting, doors)
    if meeting.room is not None:
        doors.rooms.delete(meeting.room)
    return meeting


def _apply_to_tokens(action: WithdrawTokens | IssueTokens, meeting: Meeting, doors: Doors) -> Meeting:
    try:
        if isinstance(action, WithdrawTokens):
            return withdraw(action, meeting, doors)
        return issue(action.people, meeting, doors)
    except Missing as error:
        raise RoomGone(str(error)) from error


def _edit_room(action: EditRoom, meeting: Meeting, doors: Doors) -> Meeting:
    if meeting.room is None:
        return meeting
    try:
        room = doors.rooms.edit(meeting.room, action.change)
    except Missing as error:
        raise RoomGone(str(error)) from error
    except (SlotTaken, Refused) as error:
        raise RoomRefused(f"The room could not follow the appointment: {error}") from error
    return doors.store.save(replace(meeting, room=room))


def _replace_room(action: ReplaceRoom, meeting: Meeting, doors: Doors) -> Meeting:
    """The same room for every try (U30). The one of before stays until its grace period ends; dates just follow on."""
    intended = IntendedRoom(action.strategy, action.title.strip() or meeting.title, action.timing, action.date)
    if meeting.intended_room != intended:
        meeting = _drop_intended(meeting, doors)
        meeting = doors.store.save(replace(meeting, intended_room=intended))
    becoming = _becoming(meeting, intended)
    left = len(becoming.former_rooms) > len(meeting.former_rooms)
    wanted = replace(
        becoming,
        former_until=former_until(meeting, doors.clock(), doors.policy) if left else meeting.former_until,
        invitees=tuple(Invitee(invitee.address, invitee.name) for invitee in meeting.invitees),
        token_in_body=False,
        block_outdated=meeting.block_outdated or left or meeting.room is None,
        intended_room=None,
        token_order=None,
        to_withdraw=(),  # the room that they belonged to is gone or over, or they were withdrawn before
    )
    spec, not_before = room_spec(wanted), meeting.created_at - CLOCK_TOLERANCE
    try:
        room = doors.rooms.find(spec, not_before=not_before) or doors.rooms.create(spec, not_before=not_before)
    except (SlotTaken, Refused) as error:
        raise RoomRefused(f"No room could be made for the appointment: {error}") from error
    return doors.store.save(replace(wanted, room=room), due_at=wanted.former_until)


def _becoming(meeting: Meeting, intended: IntendedRoom) -> Meeting:
    """The meeting as it will be with that room; the present one is then a former one, unless dates just follow on."""
    rolls_on = intended.strategy is Strategy.ROLLING and meeting.strategy is Strategy.ROLLING
    if rolls_on and intended.date and meeting.room_date:  # the same date once more: two rooms, two names
        rolls_on = intended.date.original_start != meeting.room_date.original_start
    left = meeting.room if not rolls_on else None
    return replace(
        meeting,
        strategy=intended.strategy,
        title=intended.title,
        timing=intended.timing,
        room_date=intended.date,
        former_rooms=(*meeting.former_rooms, left) if left else meeting.former_rooms,
    )


def _drop_intended(meeting: Meeting, doors: Doors) -> Meeting:
    """What an interrupted replacement left at ClickMeeting; nobody was ever told its address."""
    if meeting.intended_room is None:
        return meeting
    spec = room_spec(_becoming(meeting, meeting.intended_room))
    room = doors.rooms.find(spec, not_before=meeting.created_at - CLOCK_TOLERANCE)
    if room is not None:
        doors.rooms.delete(room)
    return doors.store.save(replace(meeting, intended_room=None))


def _delete_former(meeting: Meeting, doors: Doors) -> Meeting:
    """Finished ones keep their statistics; one with a session in it waits for its end (principle 8)."""
    now = doors.clock()
    left = [room for room in meeting.former_rooms if not finished(room, now)]
    running = session_end(meeting, left, now, begun_before=meeting.former_until)
    if running is not None:
        return doors.store.save(replace(meeting, former_until=running), due_at=running)
    for room in left:
        doors.rooms.delete(room)
    note = "The room that was replaced was deleted." if left else None
    return doors.store.save(replace(meeting, former_until=None), note=note)


def _write_event(
    action: Link | RewriteInvitation, meeting: Meeting, event: Event, office: Office, doors: Doors
) -> tuple[Meeting, Event]:
    """One PATCH; where the event moved on meanwhile it is read again and the change built anew (facts 1.9)."""
    for attempt in range(_WRITE_ATTEMPTS):
        change = EventChange(key=meeting.key)
        if isinstance(action, RewriteInvitation):
            change = _with_invitation(change, meeting, event, doors)
        if event.key == meeting.key and change.body is None and change.location is None:
            break  # it is so already: a write would mail every attendee for nothing
        try:
            event = office.calendar.update(event, change)
            break
        except Missing as error:
            raise EventGone(str(error)) from error
        except Changed:
            if attempt == _WRITE_ATTEMPTS - 1:
                raise
            event = _read_again(event, office)
    link = replace(meeting.event, etag=event.etag) if meeting.event is not None else None
    outdated = meeting.block_outdated and not isinstance(action, RewriteInvitation)
    if (link, outdated) != (meeting.event, meeting.block_outdated):
        meeting = doors.store.save(replace(meeting, event=link, block_outdated=outdated))
    return meeting, event


def _read_again(event: Event, office: Office) -> Event:
    try:
        return office.calendar.event(event.id)
    except Missing as error:
        raise EventGone(str(error)) from error


def is_damaged(meeting: Meeting, event: Event, doors: Doors) -> bool:
    """Whether a part of our block is missing from the event's text. What we wrote last ourselves is whole."""
    if meeting.room is None or (meeting.event is not None and meeting.event.etag == event.etag):
        return False
    block, where = _block(meeting, event, doors)
    try:
        return invitation_body.is_damaged(event.body, block, **where)
    except InvalidInput:
        return False


def _block(meeting: Meeting, event: Event, doors: Doors) -> tuple[str, dict[str, Any]]:
    """The block in the event's form, and how it is found there."""
    composed = compose(meeting, doors.numbers(), doors.policy, doors.links)
    former = tuple(url for url in join_urls(meeting, doors) if url != composed.join_url)
    where = {"content_type": event.body_type, "join_url": composed.join_url, "former": former}
    block = composed.html if event.body_type == "html" else composed.text
    return block, {**where, "known": doors.policy.known_lines}


def _with_invitation(change: EventChange, meeting: Meeting, event: Event, doors: Doors) -> EventChange:
    block, where = _block(meeting, event, doors)
    try:
        current = invitation_body.is_current(event.body, block, **where)
        body = event.body if current else _put(event.body, block, where)
    except InvalidInput:
        return change  # a body that cannot be edited faithfully stays as the user has it
    return replace(
        change,
        body=body if body != event.body else None,
        body_type=event.body_type,
        location=_location(event.location, where["join_url"], where["former"]),
    )


def _put(body: str, block: str, where: dict[str, Any]) -> str:
    """The block in its place. Where only the address stands, in somebody's own words, that is exchanged and no more."""
    words = body
    if invitation_body.find(body, **where) == 0:
        for url in where["former"]:
            words = words.replace(url, where["join_url"])
    return words if words != body else invitation_body.put(body, block, **where)


def _location(present: str, join_url: str, former: tuple[str, ...]) -> str | None:
    wanted = present
    for url in former:
        wanted = wanted.replace(url, join_url)
    if not wanted.strip():
        wanted = join_url
    return wanted if wanted != present else None


def _remember(action: Remember, meeting: Meeting, event: Event | None, doors: Doors) -> Meeting:
    fields = dict(action.fields)
    if event is not None and "event" in fields:
        fields["event"] = replace(fields["event"], etag=event.etag)  # ours, after the last write
    wanted = replace(meeting, **fields)
    told: list[tuple[str | None, Source | None]] = [(note, Source.CLICKMEETING) for note in action.found_there]
    told += [(note, None) for note in action.notes]
    for note, source in told[:-1]:
        meeting = doors.store.save(meeting, note=note, source=source)
    note, source = told[-1] if told else (None, None)
    return doors.store.save(
        replace(wanted, version=meeting.version),
        note=note,
        source=source,
        due_at=doors.clock() + doors.policy.second_look if wanted.gone_at else fields.get("renewal_due"),
    )
