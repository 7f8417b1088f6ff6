"""Issues and withdraws tokens and tells each participant the own one, at most once; it decides nothing."""

from collections.abc import Callable, Iterable, Mapping, MutableSet
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from addin import tally
from addin.actions import WithdrawTokens
from addin.composing import personal_message
from addin.dates import next_end
from addin.entitling import everybody, mark_of
from addin.errors import (
    AddinError,
    InvalidInput,
    Missing,
    NotAllowed,
    NotSignedIn,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Unavailable,
)
from addin.model import (
    AccessType,
    AttendeeType,
    Delivery,
    Event,
    Invitee,
    Meeting,
    MeetingState,
    Participant,
    Person,
    TokenDelivery,
)
from addin.obtaining import abandon, obtain
from addin.policy import InvitationSender
from addin.ports import Office
from addin.scheduling import Doors, settle_withdrawals
from addin.wanted import people

TOKENS_A_CALL = 100  # U13
MOST_AT_A_PRESS = 50
_LOST_IN_A_ROW = 3

Send = Callable[[Meeting, Invitee], str | None]
"""Tells one person once; returns the token where that made one."""


class RoomGone(Missing):
    """ClickMeeting does not know the room any more: the plan has to be made without it."""


def withdraw(action: WithdrawTokens, meeting: Meeting, doors: Doors) -> Meeting:
    """E13 for everything that these people hold; what ClickMeeting told them by itself is looked up first (E12)."""
    addresses, room = action.addresses, meeting.room
    if room is None:
        return meeting
    if action.abandoned:
        meeting = doors.store.save(abandon(meeting, doors.rooms))
    leaving = [invitee for invitee in meeting.invitees if invitee.address in addresses]
    tokens = [invitee.token for invitee in leaving if invitee.token]
    unread = (doors.rooms.token_of(room, invitee.address) for invitee in leaving if invitee.unread)
    tokens += [token for token in unread if token]
    kept = tuple(invitee for invitee in meeting.invitees if invitee.address not in addresses)
    if not leaving:
        return settle_withdrawals(meeting, doors)
    meeting = doors.store.save(
        replace(
            meeting,
            invitees=kept,
            token_in_body=False,
            block_outdated=_block_shows_tokens(meeting),
            to_withdraw=(*meeting.to_withdraw, *tokens),
        ),
        note=f"{len(tokens)} token{'s were' if len(tokens) != 1 else ' was'} withdrawn.",
    )
    return settle_withdrawals(meeting, doors)


def issue(persons: tuple[Participant, ...], meeting: Meeting, doors: Doors) -> Meeting:
    """E10 in batches, each kept before the next is asked for: an interruption costs no token."""
    for first in range(0, len(persons), TOKENS_A_CALL):
        if meeting.room is None:
            break
        batch = persons[first : first + TOKENS_A_CALL]
        meeting, tokens = obtain(meeting, meeting.room, len(batch), doors.rooms, doors.store)
        unread = {invitee.address for invitee in meeting.invitees if invitee.unread}
        fresh = {
            person.address: Invitee(person.address, person.name, token, unread=person.address in unread)
            for person, token in zip(batch, tokens, strict=True)
        }
        kept = tuple(invitee for invitee in meeting.invitees if invitee.address not in fresh)
        meeting = doors.store.save(
            replace(meeting, invitees=(*kept, *fresh.values()), block_outdated=_block_shows_tokens(meeting)),
            note=f"Tokens were issued to {len(fresh)} participant{'s' if len(fresh) != 1 else ''}.",
        )
    return settle_withdrawals(meeting, doors)


def doubt(addresses: Iterable[str], meeting: Meeting, doors: Doors) -> Meeting:
    """A send was intended and its end is unknown."""
    addresses = tuple(addresses)
    for _ in addresses:
        tally.mailed(Delivery.UNCERTAIN)
    return doors.store.save(
        with_delivery(meeting, dict.fromkeys(addresses, Delivery.UNCERTAIN)),
        note="It is uncertain whether a personal invitation arrived; it is not sent again by itself.",
    )


def invite(addresses: tuple[str, ...], meeting: Meeting, event: Event | None, office: Office, doors: Doors) -> Meeting:
    """By whom the policy says. Where the mailbox may not send, they wait for a person and the meeting goes on."""
    sender = _sender(doors.policy.invitation_sender, addresses, event, office, doors)
    try:
        seen = _as_it_stands(meeting, event, doors)
        return _tell(addresses, meeting, seen, sender, doors.policy.invitation_sender, doors, set())
    except NotAllowed as error:
        meeting = doors.store.meeting(meeting.id)
        waiting = {one.address for one in meeting.invitees if one.delivery is Delivery.NONE}.intersection(addresses)
        return doors.store.save(
            with_delivery(meeting, dict.fromkeys(waiting, Delivery.FAILED)),
            note=f"The personal invitations wait for somebody to send them from the pane: {error}",
        )


def invite_by_hand(
    meeting_id: str,
    addresses: Iterable[str] | None,
    by: InvitationSender | None,
    office: Office,
    doors: Doors,
    told: MutableSet[str] | None = None,
) -> Meeting:
    """A person presses: those named (None: who has none yet, or whose sending failed) are told, named ones again.

    At most `MOST_AT_A_PRESS` a time; who is left still reads `none`. Uncertain ones are sent again only when named.
    `told` are those whom an earlier try of the same press told, perhaps: they are left out, and it is kept up to date.
    Raises InvalidInput for who is not invited, Missing for a meeting that is over, NotAllowed where the mailbox may
    not send, or a Retryable; those told before it stay told.
    """
    meeting = doors.store.meeting(meeting_id)
    doors = doors.of(meeting)
    if meeting.room is None or meeting.state in (MeetingState.ENDED, MeetingState.GONE, MeetingState.SCHEDULING):
        raise Missing("This meeting has no room that anybody could be invited to.")
    broken_off = [one.address for one in meeting.invitees if one.delivery is Delivery.INTENDED]
    if broken_off:
        meeting = doubt(broken_off, meeting, doors)
    told = set() if told is None else told
    chosen = tuple(one for one in _chosen(meeting, addresses) if one.address not in told)[:MOST_AT_A_PRESS]
    sender = by or doors.policy.invitation_sender
    if meeting.choices.access is AccessType.TOKEN:
        meeting = _prepared(chosen, sender, meeting, doors)
    named = tuple(person.address for person in chosen)
    send = _sender(sender, named, None, office, doors)
    try:
        return _tell(named, meeting, meeting, send, sender, doors, told)
    except RoomGone:
        doors.store.save(doors.store.meeting(meeting.id), due_at=doors.clock())  # it gets another room at once
        raise


def waiting(meeting: Meeting) -> int:
    """How many of the invited nobody was told of yet, or in vain."""
    return len(_chosen(meeting, None))


def own_token(meeting: Meeting, address: str, doors: Doors) -> tuple[Meeting, str | None]:
    """The token of somebody at the door: the one kept, else what ClickMeeting told (E12), else a new one.

    None where this person is not invited (any more), or where the meeting is over.
    """
    doors = doors.of(meeting)
    held = next((one.token for one in meeting.invitees if one.address == address and one.token), None)
    person = next((one for one in people(meeting.participants, meeting.owner) if one.address == address), None)
    room = meeting.room
    if held or person is None or room is None or not _still_to_come(meeting, doors):
        return meeting, held
    meeting = _known(meeting, address, person.name)
    if _invitee(meeting, address).unread:
        held = doors.rooms.token_of(room, address)
    if not held:
        meeting, [held] = obtain(meeting, room, 1, doors.rooms, doors.store)
    meeting = replace(_changed(meeting, address, token=held, unread=False), block_outdated=_block_shows_tokens(meeting))
    return doors.store.save(meeting, note="A participant's token was issued."), held


def _still_to_come(meeting: Meeting, doors: Doors) -> bool:
    """A meeting may run over its time by as much as its room would outlive it."""
    lately = doors.clock() - doors.policy.grace
    return next_end(meeting.timing, meeting.occurrences_changed, meeting.cancelled_dates, after=lately) is not None


def with_delivery(meeting: Meeting, states: Mapping[str, Delivery]) -> Meeting:
    """The meeting with these deliveries, by address."""
    return replace(
        meeting,
        invitees=tuple(
            replace(one, delivery=states[one.address]) if one.address in states else one for one in meeting.invitees
        ),
    )


def _tell(
    addresses: tuple[str, ...],
    meeting: Meeting,
    seen: Meeting,
    send: Send,
    by: InvitationSender,
    doors: Doors,
    told: MutableSet[str],
) -> Meeting:
    """Each at most once (principle 8): the intent is kept before the call. One that fails does not stop the others.

    `told` holds whom the call was begun for and not certainly in vain.
    """
    names = {one.address: one.name for one in seen.participants}
    mark = mark_of(seen.timing, seen.occurrences_changed, seen.cancelled_dates)
    makes_token = by is InvitationSender.CLICKMEETING and meeting.choices.access is AccessType.TOKEN
    note, lost = None, 0
    for address in addresses:
        meeting = _known(meeting, address, names.get(address, ""))
        earlier = _invitee(meeting, address)
        intended = {"delivery": Delivery.INTENDED, "told": mark, "unread": makes_token or earlier.unread}
        meeting = doors.store.save(_changed(meeting, address, **intended), note=note)
        told.add(address)
        try:
            token = send(meeting, _invitee(meeting, address))
            read = {"token": token, "unread": False} if token else {}
            meeting, note, lost = _changed(meeting, address, delivery=Delivery.SENT, **read), None, 0
            tally.mailed(Delivery.SENT)
        except OutcomeUnknown as error:
            note, lost = f"It is uncertain whether {address} got the personal invitation.", lost + 1
            meeting = _changed(meeting, address, delivery=Delivery.UNCERTAIN)
            tally.mailed(Delivery.UNCERTAIN)
            if lost == _LOST_IN_A_ROW:  # the service is ill: the others are spared its uncertainty
                doors.store.save(meeting, note=note)
                raise Unavailable(str(error), after=error.after) from error
        except (Retryable, NotAllowed, NotSignedIn, RoomGone):  # certainly not sent: as free as before
            told.discard(address)
            before = {"delivery": earlier.delivery, "told": earlier.told, "unread": earlier.unread}
            doors.store.save(_changed(meeting, address, **before))
            raise
        except Permanent as error:
            told.discard(address)
            note = f"{address} could not be sent a personal invitation: {error}"
            meeting = _changed(meeting, address, delivery=Delivery.FAILED, unread=earlier.unread)
            tally.mailed(Delivery.FAILED)
    return doors.store.save(meeting, note=note) if addresses else meeting


def _sender(
    by: InvitationSender, addresses: tuple[str, ...], event: Event | None, office: Office, doors: Doors
) -> Send:
    if by is InvitationSender.CLICKMEETING:
        return lambda meeting, invitee: _told_by_clickmeeting(meeting, invitee, doors)
    known, numbers = _known_people(addresses, office), doors.numbers()

    def send(meeting: Meeting, invitee: Invitee) -> None:
        person = known.get(invitee.address, Person(invitee.address))
        shown = _for_reader(_as_it_stands(meeting, event, doors), invitee.address, doors.clock())
        now = doors.clock() if _is_guest(shown, invitee.address) else None
        office.mail.send(personal_message(shown, invitee, person, numbers, doors.links, calendar_at=now))

    return send


def _told_by_clickmeeting(meeting: Meeting, invitee: Invitee, doors: Doors) -> str | None:
    """E15 for one address (U17), then the token that it made (E12); one that shows itself settles a lost answer."""
    if meeting.room is None:
        raise Missing("This meeting has no room that anybody could be invited to.")
    lost: OutcomeUnknown | None = None
    try:
        doors.rooms.invite(meeting.room, address=invitee.address, language=meeting.choices.language)
    except OutcomeUnknown as error:
        lost = error
    except Missing as error:
        raise RoomGone(str(error)) from error
    token = None
    if meeting.choices.access is AccessType.TOKEN:
        try:
            token = doors.rooms.token_of(meeting.room, invitee.address)
        except AddinError:
            token = None  # it was told all the same; its token is read when it is needed
    if lost is not None and token is None:
        raise lost
    return token


def _prepared(chosen: tuple[Participant, ...], sender: InvitationSender, meeting: Meeting, doors: Doors) -> Meeting:
    """Our mail needs a token to tell; ClickMeeting's makes an own one, so that an earlier one goes (R1: one each)."""
    holders = {invitee.address for invitee in meeting.invitees if invitee.token}
    if sender is InvitationSender.GRAPH:
        return issue(tuple(one for one in chosen if one.address not in holders), meeting, doors)
    holders |= {invitee.address for invitee in meeting.invitees if invitee.unread}
    earlier = tuple(one.address for one in chosen if one.address in holders)
    return withdraw(WithdrawTokens(earlier), meeting, doors) if earlier else meeting


def _chosen(meeting: Meeting, addresses: Iterable[str] | None) -> tuple[Participant, ...]:
    invited = people(meeting.participants, meeting.owner)
    if addresses is None:
        free = (Delivery.NONE, Delivery.FAILED)
        states = {invitee.address: invitee.delivery for invitee in meeting.invitees}
        return tuple(one for one in invited if not one.declined and states.get(one.address, Delivery.NONE) in free)
    wanted = tuple(dict.fromkeys(address.lower() for address in addresses))
    found = {person.address: person for person in invited}
    for address in wanted:
        if address not in found:
            raise InvalidInput(
                f"{address} is not among the participants. Add this person to the appointment first.",
                field="addresses",
                reason="not-invited",
            )
    return tuple(found[address] for address in wanted)


def _as_it_stands(meeting: Meeting, event: Event | None, doors: Doors) -> Meeting:
    """The meeting as the calendar has it at this moment: what is told is what is so, not what was."""
    if event is None:
        return meeting
    return replace(
        meeting,
        title=event.subject.strip() or meeting.title,
        timing=event.timing,
        participants=everybody(meeting, event, now=doors.clock(), strategy=meeting.strategy, date=meeting.room_date),
        occurrences_changed=event.exceptions,
        cancelled_dates=event.cancelled_dates,
    )


def _for_reader(meeting: Meeting, address: str, now: datetime) -> Meeting:
    """Who is invited to one date of a series is told of that date."""
    coming = sorted((one for one in meeting.occurrences_changed if one.end > now), key=lambda one: one.start)
    first = next((one for one in coming if any(person.address == address for person in one.joined)), None)
    if first is None:
        return meeting
    zone = ZoneInfo(meeting.timing.zone)
    start, end = (moment.astimezone(zone).replace(tzinfo=None) for moment in (first.start, first.end))
    return replace(meeting, timing=replace(meeting.timing, start=start, end=end, recurrence=None))


def _is_guest(meeting: Meeting, address: str) -> bool:
    return any(one.address == address and one.attendee_type is AttendeeType.GUEST for one in meeting.participants)


def _known_people(addresses: tuple[str, ...], office: Office) -> dict[str, Person]:
    try:
        return office.directory.people(addresses)
    except Permanent:
        return {}  # the tenant did not grant it: numbers and language then follow from what is known otherwise


def _invitee(meeting: Meeting, address: str) -> Invitee:
    return next(invitee for invitee in meeting.invitees if invitee.address == address)


def _known(meeting: Meeting, address: str, name: str) -> Meeting:
    if any(invitee.address == address for invitee in meeting.invitees):
        return meeting
    return replace(meeting, invitees=(*meeting.invitees, Invitee(address, name)))


def _changed(meeting: Meeting, address: str, **fields: Any) -> Meeting:
    """The meeting with other values beside this address."""
    return replace(
        meeting,
        invitees=tuple(replace(one, **fields) if one.address == address else one for one in meeting.invitees),
    )


def _block_shows_tokens(meeting: Meeting) -> bool:
    listed = meeting.choices.access is AccessType.TOKEN and meeting.choices.token_delivery is TokenDelivery.BODY
    return meeting.block_outdated or meeting.token_in_body or listed
