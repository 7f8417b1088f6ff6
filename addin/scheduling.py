"""The use cases, read top to bottom: schedule, change, cancel; it knows no HTTP, no storage and no page."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from addin import dates
from addin.composing import Composed, Numbers, compose, countries_of
from addin.errors import AddinError, InvalidInput, Missing, Permanent, Refused, SlotTaken
from addin.links import Links
from addin.model import (
    AccessType,
    Choices,
    Invitee,
    Mailbox,
    Meeting,
    MeetingState,
    Participant,
    Person,
    Room,
    Strategy,
    Timing,
    TokenDelivery,
)
from addin.obtaining import obtain
from addin.passwords import new_password
from addin.policy import InvitationSender, LinkStyle, Policy
from addin.policy_rules import enforce
from addin.ports import Clock, Office, Rooms, Store, Tenancy
from addin.recurrence import next_occurrence
from addin.wanted import people, reads_the_text, room_difference, room_spec, strategy_for

CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Doors:
    """Everything outside that the use cases speak to. `office` opens a mailbox; `numbers` gives the dial-in list.

    `policy` and `rooms` are those of everybody until `at` or `of` says whose: every use case begins with that.
    """

    rooms: Rooms
    store: Store
    clock: Clock
    office: Callable[[Mailbox], Office]
    numbers: Callable[[], Numbers]
    policy: Policy
    links: Links
    tenancy: Tenancy | None = None
    account: str = ""

    def at(self, owner: Mailbox) -> "Doors":
        """As they are for a mailbox: its policy, and the account that a new meeting gets its room in."""
        return self if self.tenancy is None else self._of(owner, self.tenancy, self.tenancy.account(owner))

    def of(self, meeting: Meeting) -> "Doors":
        """As they are for a meeting: its owner's policy now, and the account that its room was made in."""
        return self if self.tenancy is None else self._of(meeting.owner, self.tenancy, meeting.account)

    def _of(self, owner: Mailbox, tenancy: Tenancy, account: str) -> "Doors":
        return replace(
            self,
            policy=tenancy.policy(owner),
            rooms=tenancy.rooms(owner, account),
            numbers=lambda: tenancy.numbers(owner, account),
            account=account,
        )


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

    `meeting_id` is the same for every try of one press: after a lost answer the same meeting and room come back (U30).
    Raises InvalidInput, SlotTaken (R40), Refused, NotAllowed, NotSignedIn, or a Retryable.
    """
    doors = doors.at(request.owner)
    check(request, doors)
    meeting, repeated = _intended(request, doors, meeting_id)
    doors = doors.of(meeting)
    if meeting.room is None:
        try:
            meeting = replace(meeting, room=_room(meeting, doors, repeated=repeated))
        except Permanent as error:
            doors.store.save(replace(meeting, state=MeetingState.ENDED), note=f"Not scheduled: {error}")
            raise
    meeting = _with_tokens_shown(meeting, doors)
    meeting = doors.store.save(
        replace(meeting, state=MeetingState.DRAFT),
        note=f"Scheduled: room {meeting.room.pin if meeting.room else ''} made at ClickMeeting.",
        due_at=doors.clock() + doors.policy.draft_checks[0],
    )
    return Scheduled(meeting, compose(meeting, doors.numbers(), doors.policy, doors.links), warnings(meeting))


def change(meeting_id: str, request: Request, doors: Doors) -> Scheduled:
    """Change title, times, people or choices from the pane. R8 is never crossed: Refused with reason `permanence`.

    The room is edited at once; what the calendar says later wins over times and people (principle 1).
    """
    meeting = doors.store.meeting(meeting_id)
    doors = doors.of(meeting)
    check(request, doors, before=meeting.choices)
    if meeting.state is MeetingState.ENDED or meeting.room is None:
        raise Missing("This meeting has already been taken off. Schedule it again.")
    strategy = strategy_for(request.timing, request.choices, doors.policy)
    if strategy is not meeting.strategy:
        raise Refused(
            "A room cannot change between scheduled and permanent. Remove the meeting and schedule it anew.",
            reason="permanence",
        )
    choices = _with_password(request.choices, meeting.choices.password)
    wanted = replace(
        meeting,
        title=request.title.strip(),
        timing=request.timing,
        choices=choices,
        participants=request.participants,
    )
    wanted = _with_date(wanted, doors)
    difference = room_difference(meeting, wanted)
    if difference is not None:
        wanted = replace(wanted, room=doors.rooms.edit(meeting.room, difference))
    wanted = _with_tokens_shown(_without_spoiled_tokens(meeting, wanted), doors)
    meeting = doors.store.save(wanted, note="Changed from the pane.", due_at=doors.clock())
    meeting = settle_withdrawals(meeting, doors)
    return Scheduled(meeting, compose(meeting, doors.numbers(), doors.policy, doors.links), warnings(meeting))


def cancel(meeting_id: str, doors: Doors) -> None:
    """The person takes the meeting off the appointment: the room goes at once, nobody was told of it by us.

    So does a room that was left over and is listed for it: the permanent one of a series that ended.
    """
    meeting = doors.store.meeting(meeting_id)
    if meeting.state is MeetingState.ENDED and meeting.attention is None:
        raise Missing("This meeting has already been taken off.")
    if meeting.room is not None:
        doors.of(meeting).rooms.delete(meeting.room)
    doors.store.save(
        replace(meeting, state=MeetingState.ENDED, attention=None),
        note="Taken off the appointment; the room was deleted.",
    )


def check(request: Request, doors: Doors, *, before: Choices | None = None) -> None:
    """Everything that can be refused without asking ClickMeeting; InvalidInput names the part and what to do.

    `before` are the choices of the meeting that is changed: what policy forbids now may stay as it is.
    """
    timing, policy = request.timing, doors.policy
    enforce(request.choices, policy, before=before)
    if not request.title.strip():
        raise InvalidInput("Give the appointment a subject first.", field="title", reason="no-title")
    if timing.end <= timing.start:
        raise InvalidInput("The appointment ends before it starts. Set a later end.", field="end", reason="end")
    if timing.end_instant <= timing.start_instant:
        raise InvalidInput(
            "The start falls into the hour that the clocks skip on that day. Choose another start.",
            field="start",
            reason="skipped-hour",
        )
    if timing.recurrence is not None and request.choices.permanent and request.choices.room_per_date:
        raise InvalidInput(
            "A permanent room is one for all dates. Choose either that or a room for each date.",
            field="room_per_date",
            reason="permanent-or-per-date",
        )
    if len(request.participants) > policy.max_participants:
        raise InvalidInput(
            f"An appointment can have at most {policy.max_participants} participants. Remove some of them.",
            field="participants",
            reason="too-many-participants",
        )
    now = doors.clock()
    if timing.recurrence is None:
        over = (
            timing.start_instant <= now
            if strategy_for(timing, request.choices, policy) is Strategy.SINGLE
            else timing.end_instant <= now
        )
    else:
        over = next_occurrence(timing.recurrence, timing.start, timing.zone, after=now) is None
    if over:
        raise in_the_past()


def in_the_past() -> InvalidInput:
    """The refusal of what is over already."""
    return InvalidInput(
        "The start lies in the past. Choose a time that is still to come.", field="start", reason="past"
    )


def warnings(meeting: Meeting) -> tuple[str, ...]:
    """What the person should know about a meeting as it is."""
    found = []
    if meeting.token_in_body:
        found.append(
            "The invitation holds the participant's own token. As soon as somebody else is invited, it changes."
        )
    if meeting.choices.token_delivery is TokenDelivery.BODY and meeting.choices.access is AccessType.TOKEN:
        found.append("Everybody who reads the invitation sees every participant's token.")
    each_date = meeting.choices.room_per_date and not meeting.choices.permanent
    if each_date and meeting.timing.recurrence is not None and meeting.strategy is Strategy.PERMANENT:
        found.append("The dates last longer than a scheduled room may, so that one permanent room is for all of them.")
    return tuple(found)


def _intended(request: Request, doors: Doors, meeting_id: str | None) -> tuple[Meeting, bool]:
    """The meeting as kept before anything is made, and whether an earlier try kept it already."""
    earlier = _earlier(doors, meeting_id)
    if earlier is not None and earlier.state is not MeetingState.ENDED:
        return earlier, True
    choices = _with_password(request.choices, None)
    now = doors.clock()
    meeting = Meeting(
        id=meeting_id or uuid.uuid4().hex,
        key=secrets.token_urlsafe(24),
        owner=request.owner,
        scheduler=request.scheduler,
        title=request.title.strip(),
        timing=request.timing,
        choices=choices,
        strategy=strategy_for(request.timing, request.choices, doors.policy),
        state=MeetingState.SCHEDULING,
        created_at=now,
        participants=request.participants,
        own_link=doors.policy.link_style is LinkStyle.OWN,
        account=doors.account,
    )
    meeting = with_countries(_with_date(meeting, doors), doors)
    due_at = now + doors.policy.draft_checks[-1]
    if earlier is not None:  # that try was refused; this one starts over under the same id
        return doors.store.save(replace(meeting, version=earlier.version), due_at=due_at), False
    return doors.store.add(meeting, due_at=due_at), False


def with_countries(meeting: Meeting, doors: Doors) -> Meeting:
    """Where the readers are, for the order of the numbers; the directory is asked only where numbers are wanted."""
    invited = [person.address for person in people(meeting.participants, meeting.owner)]
    known: dict[str, Person] = {}
    if meeting.choices.dial_in and not meeting.choices.dial_in_country:
        try:
            known = doors.office(meeting.owner).directory.people([*invited, meeting.owner.address])
        except AddinError:
            known = {}  # not granted, or no answer now: the mail domains say what they can
    own = countries_of([meeting.owner.address], known)
    return replace(meeting, reader_countries=countries_of(invited, known), owner_country=own[0] if own else None)


def _earlier(doors: Doors, meeting_id: str | None) -> Meeting | None:
    try:
        return doors.store.meeting(meeting_id) if meeting_id is not None else None
    except Missing:
        return None


def _with_password(choices: Choices, present: str | None) -> Choices:
    """A password room has a password: the person's, else the one it had, else a new one."""
    if choices.access is not AccessType.PASSWORD:
        return replace(choices, password=None)
    return replace(choices, password=choices.password or present or new_password())


def _room(meeting: Meeting, doors: Doors, *, repeated: bool) -> Room:
    """At most one room for a meeting: a repeated press first looks for what the earlier one made (U30)."""
    spec, not_before = room_spec(meeting), meeting.created_at - CLOCK_TOLERANCE
    found = doors.rooms.find(spec, not_before=not_before) if repeated else None
    if found is not None:
        return found
    if not _slot_is_free(meeting, doors):
        raise _taken()
    return doors.rooms.create(spec, not_before=not_before)


def _with_date(meeting: Meeting, doors: Doors) -> Meeting:
    """A rolling series begins with a room for the date that is running or comes next."""
    if meeting.strategy is not Strategy.ROLLING:
        return meeting
    coming = dates.next_occurrence(
        meeting.timing, meeting.occurrences_changed, meeting.cancelled_dates, after=doors.clock()
    )
    return replace(meeting, room_date=coming)


def _slot_is_free(meeting: Meeting, doors: Doors) -> bool:
    spec = room_spec(meeting)
    if spec.starts_at is None or spec.duration is None:
        return True
    return doors.rooms.available(spec.starts_at, spec.duration)


def _taken() -> SlotTaken:
    return SlotTaken(
        "The ClickMeeting account has another event at that time. Choose another time or a permanent room.",
        field="start",
    )


def settle_withdrawals(meeting: Meeting, doors: Doors) -> Meeting:
    """E13 for what is kept as to be withdrawn. It was kept first, so that no interruption leaves a token good."""
    if not meeting.to_withdraw:
        return meeting
    if meeting.room is not None:
        doors.rooms.withdraw_tokens(meeting.room, meeting.to_withdraw)
    return doors.store.save(replace(meeting, to_withdraw=()))


def _without_spoiled_tokens(before: Meeting, wanted: Meeting) -> Meeting:
    """Tokens in the block that somebody else would read after this change are to be withdrawn (principle 4); so is
    what leavers hold where the block lists everybody's."""
    if before.choices.access is not AccessType.TOKEN or before.room is None:
        return wanted
    listed = before.choices.token_delivery is TokenDelivery.BODY
    if wanted.choices.access is not AccessType.TOKEN:  # tokens admit nobody any more
        bare = tuple(replace(invitee, token=None) for invitee in wanted.invitees)
        return replace(wanted, invitees=bare, token_in_body=False, block_outdated=before.token_in_body or listed)
    invited = {person.address for person in people(wanted.participants, wanted.owner)}
    holders = {invitee.address for invitee in wanted.invitees if invitee.token}
    delivery = wanted.choices.token_delivery
    if delivery is not before.choices.token_delivery or (before.token_in_body and invited != holders):
        spoiled = holders if before.token_in_body or listed else set()
    else:
        spoiled = holders - invited if listed else set()
    outdated = wanted.block_outdated or delivery is not before.choices.token_delivery
    if not spoiled:
        return replace(wanted, block_outdated=outdated)
    gone = tuple(invitee.token for invitee in wanted.invitees if invitee.token and invitee.address in spoiled)
    left = (replace(one, token=None) if one.address in spoiled else one for one in wanted.invitees)
    kept = tuple(one for one in left if one.address not in spoiled or one.unread)
    unsettled = (*wanted.to_withdraw, *gone)
    return replace(wanted, invitees=kept, token_in_body=False, block_outdated=True, to_withdraw=unsettled)


def _with_tokens_shown(meeting: Meeting, doors: Doors) -> Meeting:
    """Who reads an own token in the block: everybody where that was chosen, else a sole participant (principle 4)."""
    if meeting.choices.access is not AccessType.TOKEN or meeting.room is None:
        return meeting
    invited = people(meeting.participants, meeting.owner)
    everybody = meeting.choices.token_delivery is TokenDelivery.BODY
    unsent = meeting.state in (MeetingState.SCHEDULING, MeetingState.DRAFT) and not meeting.invitees
    alone = len(invited) == 1 and reads_the_text(invited[0])
    if not everybody and not (unsent and alone and sole_in_body(doors.policy)):
        return meeting
    holders = {invitee.address for invitee in meeting.invitees if invitee.token}
    missing = [person for person in invited if person.address not in holders]
    tokens: tuple[str, ...] = ()
    if missing:
        meeting, tokens = obtain(meeting, meeting.room, len(missing), doors.rooms, doors.store)
    unread = {invitee.address for invitee in meeting.invitees if invitee.unread}
    fresh = tuple(
        Invitee(person.address, person.name, token, unread=person.address in unread)
        for person, token in zip(missing, tokens, strict=True)
    )
    added = {invitee.address for invitee in fresh}
    kept = tuple(invitee for invitee in meeting.invitees if invitee.address not in added)
    outdated = meeting.block_outdated or (bool(fresh) and meeting.event is not None)
    return replace(meeting, invitees=(*kept, *fresh), token_in_body=not everybody, block_outdated=outdated)


def sole_in_body(policy: Policy) -> bool:
    """Where ClickMeeting tells tokens none is made here (R2), so none can stand in the block."""
    return policy.single_token_in_body and policy.invitation_sender is InvitationSender.GRAPH
