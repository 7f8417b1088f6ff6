"""What room and which people a meeting wants, judged from times and choices alone; it compares and changes nothing."""

import base64
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from addin.model import (
    AccessType,
    AttendeeType,
    Choices,
    Mailbox,
    Meeting,
    Participant,
    RoomChange,
    RoomSpec,
    Strategy,
    Timing,
)
from addin.policy import Policy

_NAME_LIMIT = 255  # the official plugin's form caps name and lobby text here (2.1)


def strategy_for(timing: Timing, choices: Choices, policy: Policy) -> Strategy:
    """Design, rooms for a series: a permanent room for every series, and for what a scheduled one cannot hold.

    Registration, or the wish for one room a date (statistics), asks for a room of its own for each date.
    """
    fits = not timing.all_day and timing.duration <= policy.longest_scheduled
    if choices.permanent or not fits:
        return Strategy.PERMANENT
    if timing.recurrence is None:
        return Strategy.SINGLE
    return Strategy.ROLLING if choices.registration or choices.room_per_date else Strategy.PERMANENT


def room_spec(meeting: Meeting) -> RoomSpec:
    """The room a meeting wants. The URL name comes from its secret key and tells nothing of the subject."""
    starts_at, duration = _slot(meeting)
    choices = meeting.choices
    lobby = "\n\n".join(part for part in (choices.lobby_message, choices.agenda) if part)
    return RoomSpec(
        name=room_name(meeting.title),
        kind=choices.kind,
        access=choices.access,
        permanent=meeting.strategy is Strategy.PERMANENT,
        url_name=url_name(meeting.key, _generation(meeting)),
        zone=meeting.timing.zone,
        starts_at=starts_at,
        duration=duration,
        password=choices.password if choices.access is AccessType.PASSWORD else None,
        dial_in=choices.dial_in,
        registration=choices.registration,
        lobby_message=lobby[:_NAME_LIMIT],
    )


def _slot(meeting: Meeting) -> tuple[datetime | None, timedelta | None]:
    """When a scheduled room is open: the whole event, or the date of a rolling series that it is for."""
    if meeting.strategy is Strategy.SINGLE:
        return meeting.timing.start_instant, meeting.timing.duration
    if meeting.strategy is Strategy.ROLLING and meeting.room_date is not None:
        return meeting.room_date.start, meeting.room_date.end - meeting.room_date.start
    return None, None


def _generation(meeting: Meeting) -> str:
    """What tells the rooms of one meeting apart, the same for every try to make one of them."""
    number = str(len(meeting.former_rooms))
    return f"{number}:{meeting.room_date.original_start.isoformat()}" if meeting.room_date is not None else number


def room_difference(meeting: Meeting, wanted: Meeting) -> RoomChange | None:
    """What has to be edited so that the room of `meeting` is as `wanted` has it; None when nothing differs (E6)."""
    before, after = room_spec(meeting), room_spec(replace(wanted, former_rooms=meeting.former_rooms))
    nothing = RoomChange(permanent=before.permanent)  # R8: the present value goes along, never another
    change = RoomChange(
        permanent=before.permanent,
        name=after.name if after.name != before.name else None,
        kind=after.kind if after.kind is not before.kind else None,
        lobby_message=after.lobby_message if after.lobby_message != before.lobby_message else None,
        dial_in=after.dial_in if after.dial_in != before.dial_in else None,
    )
    if (after.access, after.password) != (before.access, before.password):
        change = replace(change, access=after.access, password=after.password)
    if (after.starts_at, after.duration, after.zone) != (before.starts_at, before.duration, before.zone):
        change = replace(change, starts_at=after.starts_at, duration=after.duration, zone=after.zone)
    return change if change != nothing else None


def room_name(title: str) -> str:
    """A subject as a room's name."""
    return title.strip()[:_NAME_LIMIT]


def people(participants: tuple[Participant, ...], owner: Mailbox) -> tuple[Participant, ...]:
    """Who gets a way in of the own: neither rooms and things, nor the organiser, nor the same address twice."""
    found: dict[str, Participant] = {}
    for participant in participants:
        if participant.attendee_type is not AttendeeType.RESOURCE and participant.address != owner.address.lower():
            found.setdefault(participant.address, participant)
    return tuple(found.values())


def is_ours(name: str) -> bool:
    """Whether a room's URL name has the form of those that `url_name` gives."""
    return len(name) == 24 and name.startswith("m") and set(name[1:]) <= set("abcdefghijklmnopqrstuvwxyz234567")


def reads_the_text(person: Participant) -> bool:
    """Outlook brings the appointment to everybody on its list; a guest of ours gets a mail."""
    return person.attendee_type is not AttendeeType.GUEST


def url_name(key: str, generation: str) -> str:
    """24 characters that nobody can guess without the key; another one for each room that follows another."""
    digest = hashlib.sha256(f"room:{generation}:{key}".encode()).digest()
    return "m" + base64.b32encode(digest).decode()[:23].lower()
