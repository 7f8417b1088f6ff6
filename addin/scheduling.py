"""The use cases, read top to bottom: schedule, change, cancel; it knows no HTTP, no storage and no page."""

import base64
import hashlib
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from addin.composing import Composed, Numbers, compose
from addin.errors import InvalidInput, Missing, SlotTaken
from addin.model import (
    AccessType,
    AttendeeType,
    Choices,
    Invitee,
    Mailbox,
    Meeting,
    MeetingState,
    Participant,
    RoomSpec,
    Strategy,
    Timing,
)
from addin.passwords import new_password
from addin.policy import Policy
from addin.ports import Clock, Office, Rooms, Store
from addin.recurrence import next_occurrence

_CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Doors:
    """Everything outside that the use cases speak to. `office` opens a mailbox; `numbers` gives the dial-in list."""

    rooms: Rooms
    store: Store
    clock: Clock
    office: Callable[[Mailbox], Office]
    numbers: Callable[[], Numbers]
    policy: Policy


@dataclass(frozen=True)
class Request:
    """What a person asks for in the compose window."""

    owner: Mailbox
    scheduler: Mailbox
    title: str
    timing: Timing
    choices: Choices
    participants: tuple[Participant, ...] = ()


@dataclass(frozen=True)
class Scheduled:
    """A meeting with the invitation to write into the appointment and sentences that the person should read."""

    meeting: Meeting
    invitation: Composed
    warnings: tuple[str, ...] = ()


def schedule(request: Request, doors: Doors, *, meeting_id: str | None = None) -> Scheduled:
    """Make the room and the invitation. The intent is kept before anything is made, so nothing is ever orphaned.

    `meeting_id` repeats an earlier press whose answer was lost: the same meeting and room come back (U30).
    Raises InvalidInput, SlotTaken (R40), Refused, NotAllowed, NotSignedIn, or a Retryable.
    """
    check(request, doors)
    meeting = _intended(request, doors, meeting_id)
    spec = room_spec(meeting)
    not_before = meeting.created_at - _CLOCK_TOLERANCE
    if meeting.room is None:
        room = doors.rooms.find(spec, not_before=not_before) if meeting.version > 1 else None
        if room is None and not _slot_is_free(meeting, doors):
            doors.store.save(replace(meeting, state=MeetingState.ENDED), note="The time is taken at ClickMeeting.")
            raise _taken()
        room = room or doors.rooms.create(spec, not_before=not_before)
        meeting = replace(meeting, room=room)
    meeting = _with_single_token(meeting, doors)
    meeting = doors.store.save(
        replace(meeting, state=MeetingState.DRAFT),
        note=f"Scheduled: room {meeting.room.pin if meeting.room else ''} made at ClickMeeting.",
        due_at=doors.clock() + doors.policy.draft_checks[0],
    )
    return Scheduled(meeting, compose(meeting, doors.numbers(), doors.policy), warnings(meeting))


def change(meeting_id: str, request: Request, doors: Doors) -> Scheduled:
    """Change title, times or choices from the pane before or after sending. R8 is never crossed: Refused `permanence`.

    The room is edited at once; what the calendar says later wins over times and people (principle 1).
    """
    from addin.following import apply_wish  # following builds on schedule; only this call leads back

    meeting = doors.store.meeting(meeting_id)
    check(request, doors)
    meeting = apply_wish(meeting, request, doors)
    return Scheduled(meeting, compose(meeting, doors.numbers(), doors.policy), warnings(meeting))


def cancel(meeting_id: str, doors: Doors) -> None:
    """The person takes the meeting off the appointment: the room goes at once, nobody was told of it by us."""
    meeting = doors.store.meeting(meeting_id)
    if meeting.state is MeetingState.ENDED:
        raise Missing("This meeting has already been taken off.")
    if meeting.room is not None:
        doors.rooms.delete(meeting.room)
    doors.store.save(
        replace(meeting, state=MeetingState.ENDED), note="Taken off the appointment; the room was deleted."
    )


def check(request: Request, doors: Doors) -> None:
    """Everything that can be refused without asking ClickMeeting; InvalidInput names the part and what to do."""
    timing, policy = request.timing, doors.policy
    if not request.title.strip():
        raise InvalidInput("Give the appointment a subject first.", field="title", reason="no-title")
    if timing.end <= timing.start:
        raise InvalidInput("The appointment ends before it starts. Set a later end.", field="end", reason="end")
    if len(request.participants) > policy.max_participants:
        raise InvalidInput(
            f"An appointment can have at most {policy.max_participants} participants. Remove some of them.",
            field="participants",
            reason="too-many-participants",
        )
    if request.choices.registration and timing.recurrence is not None:
        raise InvalidInput(
            "Registration is for single events. Turn registration off, or schedule single events.",
            field="registration",
            reason="registration-series",
        )
    now = doors.clock()
    if timing.recurrence is None:
        over = timing.start_instant <= now if strategy_for(request, policy) is Strategy.SINGLE else timing.end_instant <= now
    else:
        over = next_occurrence(timing.recurrence, timing.start, timing.zone, after=now) is None
    if over:
        raise InvalidInput(
            "The start lies in the past. Choose a time that is still to come.", field="start", reason="past"
        )


def strategy_for(request: Request, policy: Policy) -> Strategy:
    """Design, rooms for a series: a permanent room for every series, and for what a scheduled one cannot hold."""
    timing = request.timing
    if timing.recurrence is not None or request.choices.permanent or timing.all_day:
        return Strategy.PERMANENT
    return Strategy.PERMANENT if timing.duration > policy.longest_scheduled else Strategy.SINGLE


def room_spec(meeting: Meeting) -> RoomSpec:
    """The room a meeting wants. The URL name comes from its secret key and tells nothing of the subject."""
    scheduled = meeting.strategy is Strategy.SINGLE
    choices = meeting.choices
    return RoomSpec(
        name=meeting.title[:255],
        kind=choices.kind,
        access=choices.access,
        permanent=not scheduled,
        url_name=_url_name(meeting.key, len(meeting.former_rooms)),
        zone=meeting.timing.zone,
        starts_at=meeting.timing.start_instant if scheduled else None,
        duration=meeting.timing.duration if scheduled else None,
        password=choices.password if choices.access is AccessType.PASSWORD else None,
        dial_in=choices.dial_in,
        registration=choices.registration,
        lobby_message="\n\n".join(part for part in (choices.lobby_message, choices.agenda) if part)[:255],
    )


def people(participants: tuple[Participant, ...], owner: Mailbox) -> tuple[Participant, ...]:
    """Who gets a way in of the own: neither rooms and things, nor the organiser, nor the same address twice."""
    found: dict[str, Participant] = {}
    for participant in participants:
        if participant.attendee_type is not AttendeeType.RESOURCE and participant.address != owner.address.lower():
            found.setdefault(participant.address, participant)
    return tuple(found.values())


def warnings(meeting: Meeting) -> tuple[str, ...]:
    """What the person should know about a meeting as it is."""
    found = []
    if meeting.token_in_body:
        found.append("The invitation holds the participant's own token. As soon as somebody else is invited, it changes.")
    if meeting.choices.token_delivery.value == "body" and meeting.choices.access is AccessType.TOKEN:
        found.append("Everybody who reads the invitation sees every participant's token.")
    return tuple(found)


def _intended(request: Request, doors: Doors, meeting_id: str | None) -> Meeting:
    if meeting_id is not None:
        try:
            return doors.store.meeting(meeting_id)
        except Missing:
            pass  # the earlier press came no further than its key
    choices = request.choices
    if choices.access is AccessType.PASSWORD and not choices.password:
        choices = replace(choices, password=new_password())
    now = doors.clock()
    meeting = Meeting(
        id=meeting_id or uuid.uuid4().hex,
        key=secrets.token_urlsafe(24),
        owner=request.owner,
        scheduler=request.scheduler,
        title=request.title.strip(),
        timing=request.timing,
        choices=choices,
        strategy=strategy_for(request, doors.policy),
        state=MeetingState.SCHEDULING,
        created_at=now,
        participants=request.participants,
    )
    return doors.store.add(meeting, due_at=now + doors.policy.draft_checks[-1])


def _slot_is_free(meeting: Meeting, doors: Doors) -> bool:
    if meeting.strategy is not Strategy.SINGLE:
        return True
    return doors.rooms.available(meeting.timing.start_instant, meeting.timing.duration)


def _taken() -> SlotTaken:
    return SlotTaken(
        "The ClickMeeting account has another event at that time. Choose another time or a permanent room.", field="start"
    )


def _with_single_token(meeting: Meeting, doors: Doors) -> Meeting:
    """With exactly one participant the token stands in the body (principle 4)."""
    if meeting.choices.access is not AccessType.TOKEN or meeting.room is None or meeting.invitees:
        return meeting
    invited = people(meeting.participants, meeting.owner)
    everybody = meeting.choices.token_delivery.value == "body"
    if not everybody and not (len(invited) == 1 and doors.policy.single_token_in_body):
        return meeting
    tokens = doors.rooms.generate_tokens(meeting.room, len(invited)) if invited else ()
    invitees = tuple(
        Invitee(person.address, person.name, token) for person, token in zip(invited, tokens, strict=True)
    )
    return replace(meeting, invitees=invitees, token_in_body=not everybody)


def _url_name(key: str, generation: int) -> str:
    digest = hashlib.sha256(f"room:{generation}:{key}".encode()).digest()
    return "m" + base64.b32encode(digest).decode()[:23].lower()
