"""Whose event this is, by what survives rewriting (design principle 5), and what a copy becomes; it changes no room."""

import hashlib
import html
import secrets
from collections.abc import Iterator
from urllib.parse import unquote

from addin.dates import next_end
from addin.errors import InvalidInput, Missing
from addin.invitation import body as invitation_body
from addin.model import Event, Mailbox, Meeting, MeetingState, Strategy
from addin.policy import LinkStyle
from addin.ports import Office
from addin.reconcile import Leads
from addin.scheduling import Doors
from addin.wanted import strategy_for

_PANE_MARK = "clickmeeting"
_COPIED = "A copy of another appointment: it becomes a meeting with a room of its own."
_BACK = "The appointment is back after its end: it becomes a meeting with a room of its own."


def recognise(event: Event, mailbox: Mailbox, office: Office, doors: Doors) -> Meeting | None:
    """The meeting of this event, always within the mailbox's owner; a copied appointment gets a meeting of its own.

    None when it is none of ours, an attendee's copy, or was let go.
    """
    if not event.is_organizer:
        return None
    own = doors.store.find(tenant_id=mailbox.tenant_id, owner_id=mailbox.user_id, event_id=event.id)
    followed = [meeting for meeting in own if meeting.state is not MeetingState.ENDED]
    if followed:
        return followed[0]
    others = [meeting for meeting in _marked(event, mailbox, doors) if meeting.id not in {one.id for one in own}]
    awaited = next((one for one in others if one.event is None and one.state is not MeetingState.ENDED), None)
    if awaited is not None:
        return awaited
    if own:
        return _anew(own[-1], event, doors, _BACK) if _may_come_back(own[-1], doors) else None
    original = next((one for one in others if one.event is not None), None)
    if original is None:
        return None
    if original.state is not MeetingState.ENDED and not _is_there(original, office):
        return original  # moved to another calendar, or cut and pasted: the same appointment under another id
    return _anew(original, event, doors, _COPIED)


def join_urls(meeting: Meeting, doors: Doors) -> tuple[str, ...]:
    """Every address that stands, or stood, for this meeting in an appointment, the present one first."""
    present = [meeting.room.url] if meeting.room is not None else []
    own = doors.links.join(meeting.id)
    ordered = [own, *present] if meeting.own_link or meeting.strategy is Strategy.ROLLING else [*present, own]
    return (*ordered, *(room.url for room in meeting.former_rooms), *meeting.former_urls)


def leading(event: Event, urls: tuple[str, ...]) -> Leads:
    """Where the event's text leads, of a meeting's addresses with the present one first.

    A client may have written back an older text while the place leads right: that is not right.
    """
    if names(event, urls[1:]):
        return Leads.ELSEWHERE
    return Leads.HERE if names(event, urls[:1]) else Leads.NOWHERE


def names(event: Event, urls: tuple[str, ...]) -> bool:
    """Whether location or body hold one of the addresses, however they were escaped on their way (Graph facts 1.3)."""
    text = f"{event.location}\n{event.body}"
    if any(url in text for url in urls):
        return True
    plain = unquote(html.unescape(text)).lower()
    return any(url.lower() in plain for url in urls)


def _marked(event: Event, mailbox: Mailbox, doors: Doors) -> Iterator[Meeting]:
    """Meetings whose key, pane mark or address the event carries, in that order."""
    for key in (event.key, event.pane_properties.get(_PANE_MARK)):
        if key:
            yield from doors.store.find(tenant_id=mailbox.tenant_id, owner_id=mailbox.user_id, key=key)
    if "http" not in event.body and "http" not in event.location:
        return
    owned = doors.store.find(tenant_id=mailbox.tenant_id, owner_id=mailbox.user_id)
    yield from (meeting for meeting in owned if meeting.room is not None and names(event, join_urls(meeting, doors)))


def _is_there(meeting: Meeting, office: Office) -> bool:
    if meeting.event is None:
        return False
    try:
        return not office.calendar.event(meeting.event.event_id).is_cancelled
    except Missing:
        return False


def _may_come_back(meeting: Meeting, doors: Doors) -> bool:
    """Ended because its appointment was gone or over, not because somebody took the meeting off."""
    since = doors.clock() - doors.policy.followed_after_end
    over = next_end(meeting.timing, meeting.occurrences_changed, meeting.cancelled_dates, after=since) is None
    return meeting.gone_at is not None or over


def _anew(original: Meeting, event: Event, doors: Doors, note: str) -> Meeting | None:
    """A meeting with the same choices, the same one for every look at this event.

    None where the event does not hold the invitation, or is over. Its room is made by the plan, which finds none, and
    its link replaces the original's in the event.
    """
    urls = join_urls(original, doors)
    if not _holds_invitation(event, urls) or _is_over(event, doors):
        return None
    number = hashlib.sha256(f"copy:{original.key}:{event.ical_uid or event.id}".encode()).hexdigest()[:32]
    try:
        earlier = doors.store.meeting(number)
        return None if earlier.state is MeetingState.ENDED else earlier
    except Missing:
        pass
    now = doors.clock()
    meeting = Meeting(
        id=number,
        key=secrets.token_urlsafe(24),
        owner=original.owner,
        scheduler=original.scheduler,
        title=event.subject.strip() or original.title,
        timing=event.timing,
        choices=original.choices,
        strategy=strategy_for(event.timing, original.choices, doors.policy),
        state=MeetingState.SCHEDULING,
        created_at=now,
        participants=event.participants,
        former_urls=urls,
        own_link=doors.policy.link_style is LinkStyle.OWN,
        account=doors.account,
        reader_countries=original.reader_countries,
        owner_country=original.owner_country,
    )
    meeting = doors.store.add(meeting, due_at=now + doors.policy.second_look)
    return doors.store.save(meeting, note=note)


def _holds_invitation(event: Event, urls: tuple[str, ...]) -> bool:
    """A block, or the address as the place: a link that somebody quoted in another appointment is no invitation."""
    if any(event.location.strip() == url for url in urls):
        return True
    try:
        return invitation_body.find(event.body, content_type=event.body_type, join_url=urls[0], former=urls[1:]) > 0
    except InvalidInput:
        return False


def _is_over(event: Event, doors: Doors) -> bool:
    return event.is_cancelled or (
        next_end(event.timing, event.exceptions, event.cancelled_dates, after=doors.clock()) is None
    )
