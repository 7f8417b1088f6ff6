"""Decides what is to be done so that room and people match the calendar; pure, it touches nothing and asks nobody."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from addin.actions import (
    Action,
    DeleteFormer,
    DeleteRoom,
    DoubtDeliveries,
    DropIntended,
    Invite,
    IssueTokens,
    Link,
    Remember,
    RewriteInvitation,
    WithdrawTokens,
)
from addin.dates import next_end
from addin.entitling import Entitlement, entitle, everybody
from addin.model import AttendeeType, Event, EventLink, Meeting, MeetingState, Room
from addin.policy import Policy
from addin.rooming import SERIES_OVER, Rooming, finished, in_use_until, room_for
from addin.telling import dates_told, people_told

_OF_THE_APPOINTMENT = ("title", "timing", "participants", "occurrences_changed", "cancelled_dates")


class Leads(StrEnum):
    """Where a person who follows the text of an appointment comes to."""

    HERE = "here"
    ELSEWHERE = "elsewhere"  # to an address of before, or to that of the appointment it was copied from
    NOWHERE = "nowhere"


def plan(
    meeting: Meeting,
    event: Event | None,
    room: Room | None,
    now: datetime,
    policy: Policy,
    *,
    refused: str | None = None,
    leads: Leads | None = None,
    damaged: bool = False,
) -> tuple[Action, ...]:
    """The actions, in the order in which they are to be done, that make what is into what should be.

    `event` is the event now (None: it is gone), `room` the room as last known or just read (None: it is gone).
    `refused` is the sentence with which ClickMeeting has just refused what the event wants: the room then stays as it
    is. `leads` says where the text of the event leads; None: that was not looked at. `damaged`: a part of the block
    is missing from it.
    Nothing differs: ().
    """
    if meeting.state is MeetingState.ENDED:
        return ()
    if event is None or event.is_cancelled:
        return _after_the_event(meeting, room, now, policy)
    if not event.is_organizer:
        return ()  # an attendee's copy says nothing about the meeting
    if leads is Leads.NOWHERE and meeting.seen_named:
        return (_let_go(),)
    if _long_over(meeting, event, now, policy):
        return (_over(event, room),)
    rooming = room_for(meeting, event, room, now, policy, refused=refused)
    invited = everybody(meeting, event, now=now, strategy=rooming.strategy, date=rooming.date)
    event = replace(event, participants=invited)
    entitled = entitle(meeting, event, strategy=rooming.strategy, replaced=rooming.replaced, now=now, policy=policy)
    if (meeting.room is None or room is None) and not rooming.replaced:
        entitled = Entitlement(doubtful=entitled.doubtful)  # nothing leads anywhere
    actions = _room_and_tokens(meeting, room, rooming, entitled, now)
    outdated = leads is Leads.ELSEWHERE and meeting.room is not None  # a client wrote an older text back, for one
    remembered = _remember(meeting, event, rooming, entitled, leads)
    mended = damaged and meeting.block_damaged and not meeting.block_mended and _is_changed(remembered)
    if entitled.rewrite or rooming.leads_elsewhere or outdated:
        actions.append(RewriteInvitation("the way in changed"))
        mended = False
    elif mended and not event.is_draft:
        actions.append(RewriteInvitation("a part of it was missing"))
    elif event.key != meeting.key:
        actions.append(Link())
    actions += _deliveries(entitled)
    if meeting.former_until is not None and now >= meeting.former_until:
        actions.append(DeleteFormer())
    remembered = _with_damage(remembered, meeting, damaged=damaged, mended=mended and not event.is_draft)
    if remembered.fields or remembered.notes or remembered.found_there:
        actions.append(remembered)
    return tuple(actions)


def _is_changed(remembered: Remember) -> bool:
    """Whether somebody changed the appointment itself, so that everybody was told something anyway."""
    return not remembered.fields.keys().isdisjoint(_OF_THE_APPOINTMENT)


def _with_damage(remembered: Remember, meeting: Meeting, *, damaged: bool, mended: bool) -> Remember:
    """Each write of the text mails everybody, so a damage waits for the next change, and is mended once."""
    wanted = {"block_damaged": damaged and not mended, "block_mended": meeting.block_mended or mended}
    fields = {name: value for name, value in wanted.items() if getattr(meeting, name) != value}
    notes = ("A part of the invitation was missing in the appointment; it was written whole again.",) if mended else ()
    return replace(remembered, fields={**remembered.fields, **fields}, notes=(*remembered.notes, *notes))


def _let_go() -> Remember:
    """The person's own hand: nothing is put back, and nothing is deleted that somebody may still have the link of."""
    told = "The invitation was taken out of the appointment, which is followed no more. The room stays at ClickMeeting."
    return Remember({"state": MeetingState.ENDED, "attention": None}, (told,))


def _over(event: Event, room: Room | None) -> Remember:
    """Nothing about what is over needs a person any more, but for a permanent room that was left."""
    listed = room is not None and room.permanent and event.timing.recurrence is not None
    fields = {"state": MeetingState.ENDED, "attention": SERIES_OVER if listed else None}
    return Remember(fields, ("The appointment is over; it is followed no more.",))


def _long_over(meeting: Meeting, event: Event, now: datetime, policy: Policy) -> bool:
    """Nothing of it is to come, and nobody moved it on for a while."""
    since = now - policy.followed_after_end
    is_over = next_end(event.timing, event.exceptions, event.cancelled_dates, after=since) is None
    return is_over and meeting.event is not None and meeting.former_until is None


def _after_the_event(meeting: Meeting, room: Room | None, now: datetime, policy: Policy) -> tuple[Action, ...]:
    if meeting.gone_at is None:
        fields = {"state": MeetingState.GONE, "gone_at": now, "attention": None}
        notes = ["The appointment is gone from the calendar; the room waits for its grace period."]
        uninformed = [one.address for one in meeting.participants if one.attendee_type is AttendeeType.GUEST]
        if uninformed:
            notes.append(f"Outlook told no guest of it. Tell them yourself: {', '.join(uninformed)}.")
        return (Remember(fields, tuple(notes)),)
    if in_use_until(meeting, room, now, policy) is not None:
        return ()
    over = {"state": MeetingState.ENDED, "attention": None}
    former: list[Action] = [] if meeting.former_until is None else [DeleteFormer()]
    if meeting.intended_room is not None:
        former.append(DropIntended())
    if room is not None and finished(room, now):
        told = "The appointment is gone and its room is over; the room stays in ClickMeeting's archive."
        return (*former, Remember(over, (told,)))
    ended = Remember(over, ("The room was deleted after its appointment.",))
    return (*former, DeleteRoom("the appointment is gone"), ended)


def _room_and_tokens(
    meeting: Meeting, room: Room | None, rooming: Rooming, entitled: Entitlement, now: datetime
) -> list[Action]:
    """Withdrawals before anything else (principle 4), in the room that they belong to; new tokens in what is then."""
    actions: list[Action] = []
    usable = room is not None and not (rooming.replaced and finished(room, now))
    if usable and (entitled.withdrawn or entitled.unsettled or entitled.abandoned):
        actions.append(WithdrawTokens(entitled.withdrawn, entitled.abandoned))
    if meeting.intended_room is not None and not rooming.replaced:
        actions.append(DropIntended())
    actions += rooming.actions
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


def _remember(meeting: Meeting, event: Event, rooming: Rooming, entitled: Entitlement, leads: Leads | None) -> Remember:
    wanted: dict[str, Any] = {
        "title": meeting.title if rooming.refused else event.subject.strip() or meeting.title,
        "timing": meeting.timing if rooming.held_back else event.timing,
        "participants": event.participants,
        "event": _link(meeting, event),
        "state": MeetingState.FOLLOWED,
        "gone_at": None,
        "attention": rooming.attention,
        "occurrences_changed": event.exceptions,
        "cancelled_dates": event.cancelled_dates,
        "token_in_body": meeting.token_in_body and not entitled.spoiled,
        "renewal_due": entitled.renewal_due,
        "room_date": rooming.date,
        "seen_named": meeting.seen_named or leads in (Leads.HERE, Leads.ELSEWHERE),
    }
    told = list(rooming.notes)
    if meeting.event is None:
        told.append("Found in the calendar.")
    elif meeting.state is MeetingState.GONE:
        told.append("The appointment is back.")
    told += [*people_told(meeting.participants, event.participants), *dates_told(meeting, event)]
    if rooming.attention and rooming.attention != meeting.attention:
        told.append(rooming.attention)
    fields = {name: value for name, value in wanted.items() if getattr(meeting, name) != value}
    return Remember(fields, tuple(told), rooming.found_there)


def _link(meeting: Meeting, event: Event) -> EventLink:
    """The etag changes with every answer of an attendee; it is kept only as it was when we last wrote."""
    etag = meeting.event.etag if meeting.event else event.etag
    return EventLink(event.id, event.ical_uid, etag)
