"""Decides who loses a token, who gets one and who is told of it; pure, it issues and sends nothing."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from addin.dates import is_end, next_end
from addin.model import (
    AccessType,
    AttendeeType,
    Delivery,
    Event,
    Invitee,
    Meeting,
    Occurrence,
    Participant,
    Strategy,
    Timing,
    TokenDelivery,
)
from addin.policy import InvitationSender, PersonalInvitations, Policy
from addin.wanted import people, reads_the_text


@dataclass(frozen=True)
class Entitlement:
    """What is to become of tokens and personal invitations, in the order in which it is to be done.

    `withdrawn` and `told` are addresses; `rewrite` says that the shared block shows tokens which changed, `spoiled`
    that those in it may not be read by who reads it now, `unsettled` that an earlier withdrawal was cut off,
    `abandoned` that an order of tokens was, which nobody needs any more. `renewal_due` is when to ask again.
    """

    withdrawn: tuple[str, ...] = ()
    issued: tuple[Participant, ...] = ()
    doubtful: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    unsettled: bool = False
    abandoned: bool = False
    rewrite: bool = False
    spoiled: bool = False
    renewal_due: datetime | None = None


def entitle(
    meeting: Meeting, event: Event, *, strategy: Strategy, replaced: bool, now: datetime, policy: Policy
) -> Entitlement:
    """`strategy` is what the meeting is to have, `replaced` whether another room takes over (its tokens with it)."""
    invited = people(event.participants, meeting.owner)
    concerned = meeting.choices.access is AccessType.TOKEN or any(_is_told(meeting, one, policy) for one in invited)
    coming = next_end(event.timing, event.exceptions, event.cancelled_dates, after=now) if concerned else None
    renewed = _renewed(meeting, event, strategy, now)
    held = {} if replaced else _held(meeting)
    misread = meeting.token_in_body and not _one_reader(meeting, invited)
    spoiled = meeting.token_in_body and (replaced or renewed or misread)
    addresses = {person.address for person in invited}
    withdrawn = tuple(held) if spoiled or renewed else tuple(one for one in held if one not in addresses)
    if replaced and misread:
        withdrawn = tuple(_held(meeting))  # its room stays for a while, and others read it now
    quiet = event.is_draft or coming is None  # nobody was invited yet, or there is nothing to be invited to
    kept = held.keys() - set(withdrawn)
    entitled = () if quiet else tuple(one for one in invited if one.address not in kept and not one.declined)
    issued = entitled if _tokens_are_ours(meeting, policy) else ()
    alone = meeting.token_in_body and not spoiled
    told = (
        () if quiet or alone else _told(meeting, event, invited, replaced or {*withdrawn, *_addresses(issued)}, policy)
    )
    listed = meeting.choices.access is AccessType.TOKEN and meeting.choices.token_delivery is TokenDelivery.BODY
    return Entitlement(
        withdrawn=withdrawn,
        issued=issued,
        doubtful=tuple(one.address for one in meeting.invitees if one.delivery is Delivery.INTENDED),
        told=told,
        unsettled=bool(meeting.to_withdraw),
        abandoned=meeting.token_order is not None and not issued and not replaced,
        rewrite=spoiled or meeting.block_outdated or (listed and not event.is_draft and bool(withdrawn or issued)),
        spoiled=spoiled,
        renewal_due=coming if _is_renewed(meeting, event, strategy) else None,
    )


def tells_personally(meeting: Meeting, policy: Policy) -> bool:
    """Whether participants of this meeting get a message of their own."""
    if policy.personal_invitations is PersonalInvitations.WHEN_PERSONAL:
        personal = meeting.choices.token_delivery is TokenDelivery.PERSONAL
        return meeting.choices.access is AccessType.TOKEN and personal
    return policy.personal_invitations is PersonalInvitations.ALWAYS


def told_by_clickmeeting(meeting: Meeting, policy: Policy) -> bool:
    """Whether ClickMeeting's own mails bring the tokens: then none is generated here (R2)."""
    return policy.invitation_sender is InvitationSender.CLICKMEETING and tells_personally(meeting, policy)


def guests(meeting: Meeting, event: Event) -> tuple[Participant, ...]:
    """Who is invited by us alone: on our list, on Outlook's not."""
    listed = {person.address for person in event.participants}
    return tuple(
        person
        for person in meeting.participants
        if person.attendee_type is AttendeeType.GUEST and person.address not in listed
    )


def everybody(
    meeting: Meeting, event: Event, *, now: datetime, strategy: Strategy, date: Occurrence | None
) -> tuple[Participant, ...]:
    """Whom the room is for: Outlook's list and our guests, with what single dates have for their own.

    A permanent room is for whoever is invited to any date to come; one of a rolling series for its own date's people.
    """
    dates = [one for one in event.exceptions if one.end > now]
    missing: set[str] = set()
    if strategy is Strategy.ROLLING:
        dates = [one for one in dates if date is not None and one.original_start == date.original_start]
        missing = {address for one in dates for address in one.left}
    found = {person.address: person for person in event.participants if person.address not in missing}
    for person in (person for one in dates for person in one.joined):
        found.setdefault(person.address, person)
    return (*found.values(), *(one for one in guests(meeting, event) if one.address not in found))


def mark_of(timing: Timing, moved: Iterable[Occurrence], cancelled: Iterable[str]) -> str:
    """A short mark of the times that somebody was told; another one for other times."""
    dates = [(one.original_start, one.start, one.end) for one in moved]
    parts = (timing.start, timing.end, timing.zone, timing.all_day, timing.recurrence, dates, list(cancelled))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _held(meeting: Meeting) -> dict[str, Invitee]:
    """Who has a token in the room; one that ClickMeeting told may be known to it alone."""
    if meeting.choices.access is not AccessType.TOKEN:
        return {}
    return {invitee.address: invitee for invitee in meeting.invitees if invitee.token or invitee.unread}


def _tokens_are_ours(meeting: Meeting, policy: Policy) -> bool:
    return meeting.choices.access is AccessType.TOKEN and not told_by_clickmeeting(meeting, policy)


def _one_reader(meeting: Meeting, invited: tuple[Participant, ...]) -> bool:
    """The token in the body still belongs to the one person who reads it (principle 4)."""
    holders = {invitee.address for invitee in meeting.invitees if invitee.token}
    readers = {person.address for person in invited if reads_the_text(person)}
    return len(holders) == 1 and readers == holders == _addresses(invited)


def _is_renewed(meeting: Meeting, event: Event, strategy: Strategy) -> bool:
    """R39: the room of a series stays and its tokens work once; where each date has a room, each has its tokens."""
    series = event.timing.recurrence is not None and strategy is Strategy.PERMANENT
    return series and meeting.choices.access is AccessType.TOKEN and not event.is_draft


def _renewed(meeting: Meeting, event: Event, strategy: Strategy, now: datetime) -> bool:
    due = meeting.renewal_due
    if due is None or due > now or not _is_renewed(meeting, event, strategy):
        return False
    return is_end(event.timing, event.exceptions, event.cancelled_dates, due)


def _told(
    meeting: Meeting, event: Event, invited: tuple[Participant, ...], anew: bool | set[str], policy: Policy
) -> tuple[str, ...]:
    """Who gets a message: `anew` (True: everybody) because the way in changed, the others if they had none yet."""
    mark = mark_of(event.timing, event.exceptions, event.cancelled_dates)
    known = {invitee.address: invitee for invitee in meeting.invitees}

    def waits(person: Participant) -> bool:
        before = known.get(person.address, Invitee(person.address))
        if anew is True or (anew and person.address in anew) or before.delivery is Delivery.NONE:
            return True
        guest = person.attendee_type is AttendeeType.GUEST and policy.invitation_sender is InvitationSender.GRAPH
        return guest and before.delivery is Delivery.SENT and before.told != mark

    return tuple(
        person.address
        for person in invited
        if not person.declined and _is_told(meeting, person, policy) and waits(person)
    )


def _is_told(meeting: Meeting, person: Participant, policy: Policy) -> bool:
    """A guest hears of the meeting from us alone."""
    if person.attendee_type is AttendeeType.GUEST:
        return policy.personal_invitations is not PersonalInvitations.NEVER
    return tells_personally(meeting, policy)


def _addresses(persons: tuple[Participant, ...]) -> set[str]:
    return {person.address for person in persons}
