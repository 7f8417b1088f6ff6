"""Tokens and personal invitations over in-memory ports: who gets one, by whom, at most once, and who never does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk_of_fakes import OWNER, Desk
from icalendar import Calendar

from addin.composing import compose
from addin.delivering import MOST_AT_A_PRESS, invite_by_hand, own_token, waiting
from addin.errors import InvalidInput, Missing, NotAllowed, OutcomeUnknown, Refused, Unavailable
from addin.following import look_at_event, look_at_meeting, next_look
from addin.invitation import body as invitation_body
from addin.links import Links
from addin.model import (
    AccessType,
    AttendeeType,
    Choices,
    Delivery,
    Event,
    Meeting,
    MeetingState,
    Occurrence,
    Participant,
    Timing,
    TokenDelivery,
)
from addin.policy import InvitationSender, PersonalInvitations, Policy
from addin.scheduling import Request, change, schedule

AT_TEN = Timing(datetime(2026, 12, 1, 10), datetime(2026, 12, 1, 11), "Europe/Warsaw")
WEEKLY = replace(AT_TEN, recurrence={
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
    "range": {"type": "numbered", "startDate": "2026-12-01", "numberOfOccurrences": 3},
})  # fmt: skip
PARIS = Participant("paris@contoso.example", "Colleague in Paris")
TORONTO = Participant("toronto@contoso.example", "Colleague in Toronto")
WARSAW = Participant("warsaw@contoso.example", "Colleague in Warsaw")
GUEST = Participant("guest@fabrikam.example", "Guest", AttendeeType.GUEST)
TOKENS = Choices(access=AccessType.TOKEN)
LISTED = replace(TOKENS, token_delivery=TokenDelivery.BODY)
BY_CLICKMEETING = Policy(invitation_sender=InvitationSender.CLICKMEETING)


def a_request(**fields: Any) -> Request:
    return replace(Request(OWNER, OWNER, "Quarterly review", AT_TEN, TOKENS, (PARIS, TORONTO)), **fields)


def scheduled(desk: Desk, **fields: Any) -> Meeting:
    return schedule(a_request(**fields), desk.doors).meeting


def send(desk: Desk, meeting: Meeting, **fields: Any) -> None:
    """Outlook's part: the appointment with what the pane wrote; guests do not stand on Outlook's list."""
    composed = compose(meeting, desk.doors.numbers(), desk.policy, desk.doors.links)
    event = Event(
        id="event-1", etag="1", ical_uid="uid-1", subject=meeting.title, timing=meeting.timing,
        participants=tuple(one for one in meeting.participants if one.attendee_type is not AttendeeType.GUEST),
        organizer_address=OWNER.address, location=composed.location,
        body=invitation_body.put("<p>Dear all</p>", composed.html, content_type="html", join_url=composed.join_url),
        pane_properties={"clickmeeting": meeting.key},
        kind="seriesMaster" if meeting.timing.recurrence else "singleInstance",
    )  # fmt: skip
    desk.office.events["event-1"] = replace(event, **fields)


def look(desk: Desk) -> Meeting:
    found = look_at_event(OWNER, "event-1", desk.doors)
    assert found is not None, "the event is known"
    return found


def followed(desk: Desk, **fields: Any) -> Meeting:
    send(desk, scheduled(desk, **fields))
    return look(desk)


def mailed(desk: Desk) -> list[str]:
    """Who was sent a personal invitation, in order."""
    return [message.to_address for message in desk.office.sent if message.to_address != OWNER.address]


def tokens(meeting: Meeting) -> dict[str, str]:
    return {invitee.address: invitee.token or "" for invitee in meeting.invitees}


def states(meeting: Meeting) -> dict[str, Delivery]:
    return {invitee.address: invitee.delivery for invitee in meeting.invitees}


def live(desk: Desk, meeting: Meeting) -> set[str]:
    assert meeting.room is not None
    return set(desk.rooms.issued.get(meeting.room.id, []))


class Died(BaseException):
    """The process ends here."""


def crowd(size: int) -> tuple[Participant, ...]:
    return tuple(Participant(f"p{number}@contoso.example") for number in range(size))


# --- the shared block -------------------------------------------------------------------------------------------


def test_a_second_participant_added_in_the_pane_never_reads_the_first_ones_token() -> None:
    desk = Desk()
    meeting = scheduled(desk, participants=(PARIS,))
    [first] = tokens(meeting).values()
    changed = change(meeting.id, a_request(participants=(PARIS, TORONTO)), desk.doors)
    assert first not in changed.invitation.html + changed.invitation.text
    assert first not in live(desk, changed.meeting), "whatever a copy of the text shows, it admits nobody"
    send(desk, changed.meeting)
    assert sorted(tokens(look(desk))) == sorted([PARIS.address, TORONTO.address])
    assert sorted(mailed(desk)) == sorted([PARIS.address, TORONTO.address])


def test_listed_tokens_are_withdrawn_when_they_shall_be_personal_again() -> None:
    desk = Desk()
    meeting = followed(desk, choices=LISTED)
    before = set(tokens(meeting).values())
    change(meeting.id, a_request(choices=TOKENS), desk.doors)
    after = look(desk)
    assert before & live(desk, after) == set()
    body = desk.office.events["event-1"].body
    assert not any(token in body for token in before | set(tokens(after).values()))
    assert sorted(mailed(desk)) == sorted([PARIS.address, TORONTO.address])


def test_a_list_in_the_body_follows_who_comes_and_goes() -> None:
    desk = Desk()
    meeting = followed(desk, choices=LISTED)
    left = tokens(meeting)[TORONTO.address]
    desk.office.touch("event-1", participants=(PARIS, WARSAW))
    after = look(desk)
    body = desk.office.events["event-1"].body
    assert left not in body
    assert all(token in body for token in tokens(after).values())
    assert set(tokens(after)) == {PARIS.address, WARSAW.address}
    assert mailed(desk) == []


def test_a_process_that_died_before_the_block_was_written_anew_leaves_no_old_token_in_it() -> None:
    desk = Desk()
    meeting = followed(desk, participants=(PARIS,))
    [first] = tokens(meeting).values()
    desk.office.touch("event-1", participants=(PARIS, TORONTO))
    desk.office.fail["update"] = [Died()]  # type: ignore[list-item]
    with pytest.raises(Died):
        look(desk)
    look(desk)
    assert first not in desk.office.events["event-1"].body
    assert mailed(desk) == [PARIS.address, TORONTO.address]


def test_a_sole_guest_is_told_by_mail_since_guests_read_no_appointment() -> None:
    desk = Desk()
    meeting = followed(desk, participants=(GUEST,))
    assert not meeting.token_in_body
    [mail] = desk.office.sent
    [invitee] = meeting.invitees
    assert invitee.token is not None
    assert mail.to_address == GUEST.address
    assert invitee.token in mail.text
    assert invitee.token not in desk.office.events["event-1"].body


@pytest.mark.parametrize("policy", [Policy(single_token_in_body=False), BY_CLICKMEETING], ids=["policy", "sender"])
def test_policy_keeps_every_token_out_of_the_block(policy: Policy) -> None:
    desk = Desk(policy=policy)
    meeting = scheduled(desk, participants=(PARIS,))
    assert tokens(meeting) == {}
    assert desk.rooms.issued == {}


def test_nobody_holds_a_token_any_more_when_the_room_becomes_open() -> None:
    desk = Desk()
    meeting = followed(desk, participants=(PARIS,))
    [token] = tokens(meeting).values()
    changed = change(meeting.id, a_request(participants=(PARIS,), choices=Choices()), desk.doors).meeting
    assert list(tokens(changed).values()) == [""]
    look(desk)
    assert token not in desk.office.events["event-1"].body


# --- at most once -----------------------------------------------------------------------------------------------


def test_five_hundred_participants_get_tokens_in_batches_and_one_mail_each() -> None:
    desk = Desk()
    meeting = followed(desk, participants=crowd(500))
    assert desk.rooms.calls.count("generate_tokens") == 5, "at most a hundred a call"
    assert len(set(mailed(desk))) == len(mailed(desk)) == 500
    assert len(set(tokens(meeting).values())) == 500
    assert set(states(meeting).values()) == {Delivery.SENT}


def test_an_interruption_between_batches_costs_no_token_twice() -> None:
    desk = Desk()
    send(desk, scheduled(desk, participants=crowd(250)))
    generate = desk.rooms.generate_tokens

    def generate_tokens(room: Any, how_many: int) -> tuple[str, ...]:
        if desk.rooms.calls.count("generate_tokens") == 2:
            desk.rooms.calls.append("interrupted")
            desk.rooms.generate_tokens = generate  # type: ignore[method-assign]
            raise Unavailable("ClickMeeting does not answer.")
        return generate(room, how_many)

    desk.rooms.generate_tokens = generate_tokens  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        look(desk)
    meeting = look(desk)
    assert len(live(desk, meeting)) == 250, "what was kept is not made again"
    assert len(mailed(desk)) == 250


def test_a_lost_answer_and_a_bad_address_hold_up_nobody_else() -> None:
    desk = Desk()
    desk.office.fail["send"] = [OutcomeUnknown("lost"), Refused("The address does not exist.")]
    meeting = followed(desk, participants=(PARIS, TORONTO, WARSAW))
    wanted = [Delivery.UNCERTAIN, Delivery.FAILED, Delivery.SENT]
    assert [states(meeting)[one.address] for one in (PARIS, TORONTO, WARSAW)] == wanted
    assert states(look(desk)) == states(meeting), "none of them is told again by itself"
    assert mailed(desk) == [WARSAW.address]


def test_a_mail_service_that_loses_every_answer_is_left_alone_after_three() -> None:
    desk = Desk()
    send(desk, scheduled(desk, participants=crowd(10)))
    desk.office.fail["send"] = [OutcomeUnknown("lost")] * 10
    with pytest.raises(Unavailable):
        look(desk)
    [meeting] = desk.store.meetings.values()
    assert list(states(meeting).values()).count(Delivery.UNCERTAIN) == 3
    desk.office.fail.clear()
    meeting = look(desk)
    assert list(states(meeting).values()).count(Delivery.SENT) == 7


def test_a_mailbox_that_may_not_send_keeps_the_meeting_followed_and_waits_for_a_person() -> None:
    desk = Desk()
    desk.office.fail["send"] = [NotAllowed("Mail.Send is missing.")]
    meeting = followed(desk)
    assert meeting.state is MeetingState.FOLLOWED
    assert set(states(meeting).values()) == {Delivery.FAILED}
    assert desk.office.calls.count("send") == 1, "what one may not the others may not"
    assert any("pane" in note for note in desk.store.notes)
    told = invite_by_hand(meeting.id, None, InvitationSender.CLICKMEETING, desk.office, desk.doors)
    assert set(states(told).values()) == {Delivery.SENT}
    assert mailed(desk) == []


def test_who_is_invited_while_the_appointment_moves_is_told_the_new_time() -> None:
    desk = Desk()
    followed(desk)
    later = replace(AT_TEN, start=datetime(2026, 12, 3, 15), end=datetime(2026, 12, 3, 16))
    desk.office.touch("event-1", timing=later, subject="Budget", participants=(PARIS, TORONTO, WARSAW))
    look(desk)
    message = desk.office.sent[-1]
    assert message.to_address == WARSAW.address
    assert message.to_name == WARSAW.name
    assert "Budget" in message.subject
    assert "December 3" in message.text or "3 December" in message.text


# --- ClickMeeting's own invitation ------------------------------------------------------------------------------


def test_clickmeetings_own_invitation_brings_the_token_and_none_is_generated_here() -> None:
    desk = Desk(policy=BY_CLICKMEETING)
    meeting = followed(desk)
    assert [address for address, _ in desk.rooms.told] == [PARIS.address, TORONTO.address]
    assert tokens(meeting) == dict(desk.rooms.told), "read by E12"
    assert len(live(desk, meeting)) == 2, "one each (R1)"
    assert mailed(desk) == []
    look(desk)
    assert len(desk.rooms.told) == 2


def test_a_lost_answer_of_clickmeetings_invitation_is_settled_by_the_token_it_made() -> None:
    desk = Desk(policy=BY_CLICKMEETING)
    told = desk.rooms.invite

    def invite(room: Any, *, address: str, language: str) -> None:
        told(room, address=address, language=language)
        if address == PARIS.address:
            raise OutcomeUnknown("the answer was lost")

    desk.rooms.invite = invite  # type: ignore[method-assign]
    assert set(states(followed(desk)).values()) == {Delivery.SENT}
    assert len(desk.rooms.told) == 2


def test_a_lost_invitation_that_made_no_token_stays_uncertain() -> None:
    desk = Desk(policy=BY_CLICKMEETING)
    desk.rooms.fail["invite"] = [OutcomeUnknown("the answer was lost")]
    meeting = followed(desk)
    assert states(meeting)[PARIS.address] is Delivery.UNCERTAIN
    assert states(look(desk)) == states(meeting)


def test_who_leaves_loses_a_token_that_only_clickmeeting_knew() -> None:
    desk = Desk(policy=BY_CLICKMEETING)
    desk.rooms.fail["token_of"] = [Unavailable("later"), Unavailable("later")]
    meeting = followed(desk)
    assert list(tokens(meeting).values()) == ["", ""], "told, the tokens not read yet"
    desk.office.touch("event-1", participants=(PARIS,))
    after = look(desk)
    assert live(desk, after) == {dict(desk.rooms.told)[PARIS.address]}


def test_who_is_asked_for_later_keeps_the_token_that_clickmeeting_told() -> None:
    desk = Desk(policy=BY_CLICKMEETING)
    desk.rooms.fail["token_of"] = [Unavailable("later"), Unavailable("later")]
    meeting = followed(desk)
    meeting, token = own_token(meeting, PARIS.address, desk.doors)
    assert token == dict(desk.rooms.told)[PARIS.address]
    assert len(live(desk, meeting)) == 2, "none beside it (R1)"


# --- by hand ----------------------------------------------------------------------------------------------------


def test_nothing_is_sent_again_by_hand_unless_it_is_named() -> None:
    desk = Desk()
    desk.office.fail["send"] = [OutcomeUnknown("lost"), Refused("no")]
    meeting = followed(desk, participants=(PARIS, TORONTO, WARSAW))
    told = invite_by_hand(meeting.id, None, None, desk.office, desk.doors)
    assert mailed(desk) == [WARSAW.address, TORONTO.address], "the failed one, not the uncertain one"
    assert states(told)[PARIS.address] is Delivery.UNCERTAIN
    again = invite_by_hand(meeting.id, [PARIS.address.upper()], None, desk.office, desk.doors)
    assert states(again)[PARIS.address] is Delivery.SENT
    assert tokens(again) == tokens(meeting), "the same person keeps the same token"


def test_without_a_calendar_a_press_still_tells_everybody_once() -> None:
    desk = Desk()
    meeting = scheduled(desk, participants=crowd(MOST_AT_A_PRESS + 5))
    told = invite_by_hand(meeting.id, None, None, desk.office, desk.doors)
    assert waiting(told) == 5
    told = invite_by_hand(meeting.id, None, None, desk.office, desk.doors)
    assert waiting(told) == 0
    invite_by_hand(meeting.id, None, None, desk.office, desk.doors)
    assert len(set(mailed(desk))) == len(mailed(desk)) == MOST_AT_A_PRESS + 5


def test_a_press_over_a_broken_one_leaves_the_interrupted_message_uncertain() -> None:
    desk = Desk()
    meeting = scheduled(desk)
    desk.office.fail["send"] = [Died()]  # type: ignore[list-item]
    with pytest.raises(Died):
        invite_by_hand(meeting.id, None, None, desk.office, desk.doors)
    told = invite_by_hand(meeting.id, None, None, desk.office, desk.doors)
    assert states(told) == {PARIS.address: Delivery.UNCERTAIN, TORONTO.address: Delivery.SENT}


def test_a_refused_press_leaves_everything_as_it_was() -> None:
    desk = Desk()
    meeting = scheduled(desk)
    desk.office.fail["send"] = [NotAllowed("Mail.Send is missing.")]
    with pytest.raises(NotAllowed):
        invite_by_hand(meeting.id, None, InvitationSender.GRAPH, desk.office, desk.doors)
    assert set(states(desk.store.meetings[meeting.id]).values()) == {Delivery.NONE}


def test_only_the_invited_can_be_named_and_only_while_there_is_a_room() -> None:
    desk = Desk()
    meeting = scheduled(desk)
    with pytest.raises(InvalidInput) as caught:
        invite_by_hand(meeting.id, ["stranger@fabrikam.example"], None, desk.office, desk.doors)
    assert caught.value.field == "addresses"
    desk.store.meetings[meeting.id] = replace(meeting, state=MeetingState.ENDED)
    with pytest.raises(Missing):
        invite_by_hand(meeting.id, None, None, desk.office, desk.doors)


def test_clickmeetings_invitation_by_hand_replaces_the_token_that_we_had_made() -> None:
    desk = Desk()
    meeting = followed(desk)
    before = tokens(meeting)[PARIS.address]
    told = invite_by_hand(meeting.id, [PARIS.address], InvitationSender.CLICKMEETING, desk.office, desk.doors)
    assert before not in live(desk, told)
    assert tokens(told)[PARIS.address] == dict(desk.rooms.told)[PARIS.address]


# --- who is never told ------------------------------------------------------------------------------------------


def test_rooms_things_and_the_organiser_get_nothing() -> None:
    desk = Desk()
    others = (Participant("room-aurora@contoso.example", "Aurora", AttendeeType.RESOURCE), Participant(OWNER.address))
    meeting = followed(desk, participants=(PARIS, TORONTO, *others))
    assert mailed(desk) == [PARIS.address, TORONTO.address]
    assert set(tokens(meeting)) == {PARIS.address, TORONTO.address}


@pytest.mark.parametrize("sender", InvitationSender)
def test_policy_can_keep_every_personal_invitation_back(sender: InvitationSender) -> None:
    desk = Desk(policy=Policy(personal_invitations=PersonalInvitations.NEVER, invitation_sender=sender))
    meeting = followed(desk, participants=(PARIS, TORONTO, GUEST))
    assert mailed(desk) == []
    assert desk.rooms.told == []
    assert len(live(desk, meeting)) == 3, "the links to copy lead in all the same"


# --- renewal ----------------------------------------------------------------------------------------------------


def test_tokens_of_a_series_are_renewed_as_each_occurrence_ends_and_withdrawn_after_the_last() -> None:
    desk = Desk()
    meeting = followed(desk, timing=WEEKLY)
    first, [room_id] = set(tokens(meeting).values()), list(desk.rooms.live)
    end = datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert desk.store.due[meeting.id] == end, "looked at as the first occurrence ends"
    desk.now = end
    renewed = look_at_meeting(meeting.id, desk.doors)
    assert renewed is not None
    second = set(tokens(renewed).values())
    assert first & set(desk.rooms.issued[room_id]) == set(), "left-over ones are withdrawn"
    assert len(second) == 2
    assert len(mailed(desk)) == 4
    assert renewed.renewal_due == end + timedelta(weeks=1)
    look(desk)
    assert len(mailed(desk)) == 4, "a look in between renews nothing"
    for week in (1, 2):
        desk.now = end + timedelta(weeks=week)
        look_at_meeting(meeting.id, desk.doors)
    assert desk.rooms.issued[room_id] == [], "after the last one nobody holds a token"
    assert len(mailed(desk)) == 6
    look(desk)
    assert desk.rooms.issued[room_id] == []


def test_moved_and_cancelled_dates_count_for_the_renewal() -> None:
    desk = Desk()
    followed(desk, timing=WEEKLY)
    original = datetime(2026, 12, 1, 9, tzinfo=UTC)
    moved = Occurrence(original, original + timedelta(days=2), original + timedelta(days=2, hours=1), "o-1", True)
    desk.office.touch("event-1", exceptions=(moved,), cancelled_dates=("2026-12-08",))
    meeting = look(desk)
    assert meeting.renewal_due == moved.end
    desk.now = moved.end
    after = look_at_meeting(meeting.id, desk.doors)
    assert after is not None
    assert after.renewal_due == datetime(2026, 12, 15, 10, tzinfo=UTC), "the cancelled date renews nothing"


def test_who_declined_gets_no_token_at_the_renewal() -> None:
    desk = Desk()
    meeting = followed(desk, timing=WEEKLY)
    desk.office.touch("event-1", participants=(PARIS, replace(TORONTO, declined=True)))
    look(desk)
    assert meeting.renewal_due is not None
    desk.now = meeting.renewal_due
    after = look_at_meeting(meeting.id, desk.doors)
    assert after is not None
    assert set(tokens(after)) == {PARIS.address}
    assert mailed(desk)[2:] == [PARIS.address]
    desk.office.touch("event-1", participants=(PARIS, TORONTO))
    assert set(tokens(look(desk))) == {PARIS.address, TORONTO.address}, "who accepts after all gets one"


def test_a_date_that_moved_on_unheard_is_not_taken_for_an_end() -> None:
    desk = Desk()
    meeting = followed(desk, timing=WEEKLY)
    held = tokens(meeting)
    original = datetime(2026, 12, 1, 9, tzinfo=UTC)
    moved = Occurrence(original, original + timedelta(days=1), original + timedelta(days=1, hours=1), "o-1", True)
    desk.office.touch("event-1", exceptions=(moved,))
    assert meeting.renewal_due is not None
    desk.now = meeting.renewal_due
    after = look_at_meeting(meeting.id, desk.doors)
    assert after is not None
    assert tokens(after) == held
    assert desk.store.due[meeting.id] == moved.end


def test_whoever_looked_the_next_look_comes_as_the_occurrence_ends() -> None:
    desk = Desk()
    meeting = followed(desk, timing=WEEKLY)
    assert meeting.renewal_due is not None
    assert next_look(meeting, meeting.renewal_due - timedelta(hours=2), desk.policy) == meeting.renewal_due


# --- guests -----------------------------------------------------------------------------------------------------


def test_only_a_guest_gets_the_appointment_as_a_calendar_file() -> None:
    desk = Desk()
    meeting = followed(desk, timing=WEEKLY, participants=(PARIS, TORONTO, GUEST))
    files = {message.to_address: message.calendar for message in desk.office.sent}
    assert files[PARIS.address] is None
    assert files[TORONTO.address] is None
    [event] = Calendar.from_ical(files[GUEST.address] or "").walk("VEVENT")
    assert event["DTSTART"].dt.isoformat() == "2026-12-01T10:00:00+01:00"
    assert event["RRULE"]["COUNT"] == [3]
    assert not any(token in (files[GUEST.address] or "") for token in tokens(meeting).values())
    assert GUEST.address in {one.address for one in meeting.participants}, "kept, though Outlook knows nothing of it"


def test_a_guest_of_an_open_room_is_told_since_nobody_else_tells() -> None:
    desk = Desk()
    followed(desk, choices=Choices(), participants=(PARIS, GUEST))
    assert mailed(desk) == [GUEST.address]


def test_a_guest_is_told_once_more_when_the_appointment_moves_and_not_otherwise() -> None:
    desk = Desk()
    meeting = followed(desk, choices=Choices(), participants=(PARIS, GUEST))
    desk.office.touch("event-1", subject="Budget")
    look(desk)
    assert len(mailed(desk)) == 1
    desk.now += timedelta(hours=1)
    later = replace(AT_TEN, start=datetime(2026, 12, 2, 14), end=datetime(2026, 12, 2, 15))
    desk.office.touch("event-1", timing=later)
    look(desk)
    look(desk)
    assert mailed(desk) == [GUEST.address, GUEST.address]
    before, after = (Calendar.from_ical(message.calendar or "").walk("VEVENT")[0] for message in desk.office.sent)
    assert before["UID"] == after["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"], "so that it replaces the earlier one"
    assert meeting.id in str(after["UID"])


def test_a_guest_whom_outlook_now_invites_too_is_an_attendee() -> None:
    desk = Desk()
    followed(desk, participants=(PARIS, TORONTO, GUEST))
    desk.office.touch("event-1", participants=(PARIS, TORONTO, replace(GUEST, attendee_type=AttendeeType.REQUIRED)))
    meeting = look(desk)
    assert len(meeting.participants) == 3
    assert len(mailed(desk)) == 3


def test_a_cancelled_appointment_names_the_guests_whom_nobody_told() -> None:
    desk = Desk()
    followed(desk, participants=(PARIS, GUEST))
    del desk.office.events["event-1"]
    look(desk)
    assert [note for note in desk.store.notes if GUEST.address in note and "yourself" in note]


# --- links ------------------------------------------------------------------------------------------------------


def test_a_link_signed_with_an_earlier_key_still_opens_and_one_with_a_key_taken_out_does_not() -> None:
    old, new = Links("https://addin.example.com", b"o" * 32), b"n" * 32
    reference, person, signature = old.personal("m" * 32, PARIS.address).rsplit("/", 3)[1:]
    assert Links("https://addin.example.com", new, (b"o" * 32,)).person(reference, person, signature) == PARIS.address
    with pytest.raises(Missing):
        Links("https://addin.example.com", new).person(reference, person, signature)


def test_a_press_makes_the_missing_token_once_and_none_for_who_is_not_invited() -> None:
    desk = Desk()
    meeting = scheduled(desk)
    meeting, token = own_token(meeting, PARIS.address, desk.doors)
    assert token in live(desk, meeting)
    assert own_token(meeting, PARIS.address, desk.doors)[1] == token
    assert own_token(meeting, "stranger@fabrikam.example", desk.doors)[1] is None
    desk.now = AT_TEN.end_instant + desk.policy.grace
    assert own_token(meeting, TORONTO.address, desk.doors)[1] is None, "there is nothing to come any more"
    assert own_token(meeting, OWNER.address, desk.doors)[1] is None


def test_a_guests_update_that_could_not_be_sent_goes_out_with_the_next_look() -> None:
    desk = Desk()
    meeting = followed(desk, choices=Choices(), participants=(PARIS, GUEST))
    desk.office.sent.clear()
    later = replace(AT_TEN, start=datetime(2026, 12, 2, 14), end=datetime(2026, 12, 2, 15))
    desk.office.touch("event-1", timing=later)
    desk.office.fail["send"] = [Unavailable("away")]
    with pytest.raises(Unavailable):
        look_at_meeting(meeting.id, desk.doors)
    for _ in range(3):
        look_at_meeting(meeting.id, desk.doors)
    assert [mail.to_address for mail in desk.office.sent] == [GUEST.address], "told, and told once"


def test_a_press_that_meets_a_room_gone_says_so_and_has_it_replaced_at_once() -> None:
    desk = Desk(policy=BY_CLICKMEETING)
    meeting = followed(desk, participants=(PARIS,))
    desk.rooms.live.clear()
    desk.rooms.fail["invite"] = [Missing("There is no such room.")]
    desk.store.due.clear()
    with pytest.raises(Missing):
        invite_by_hand(meeting.id, [PARIS.address], None, desk.office, desk.doors)
    [paris] = desk.store.meeting(meeting.id).invitees
    assert paris.delivery is not Delivery.FAILED
    assert desk.store.due[meeting.id] == desk.now
