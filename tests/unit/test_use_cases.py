"""The use cases over in-memory ports: from the press of the button to the room's end, and what fails in between."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from desk_of_fakes import OWNER, Desk

from addin.composing import compose
from addin.errors import InvalidInput, Missing, NotAllowed, OutcomeUnknown, Refused, SlotTaken, Throttled, Unavailable
from addin.following import look_at_event, look_at_meeting
from addin.invitation import body as invitation_body
from addin.model import (
    AccessType,
    Choices,
    Delivery,
    Event,
    Meeting,
    MeetingState,
    Participant,
    Person,
    Strategy,
    Timing,
    TokenDelivery,
)
from addin.scheduling import Request, cancel, change, schedule

AT_TEN = Timing(datetime(2026, 12, 1, 10), datetime(2026, 12, 1, 11), "Europe/Warsaw")
WEEKLY = replace(AT_TEN, recurrence={
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
    "range": {"type": "noEnd", "startDate": "2026-12-01"},
})  # fmt: skip
PARIS = Participant("paris@contoso.example", "Colleague in Paris")
TORONTO = Participant("toronto@contoso.example", "Colleague in Toronto")
TOKENS = Choices(access=AccessType.TOKEN, dial_in=True)


def a_request(**fields: Any) -> Request:
    base = Request(OWNER, OWNER, "Quarterly review", AT_TEN, Choices(), (PARIS, TORONTO))
    return replace(base, **fields)


def sent(desk: Desk, meeting: Meeting, **fields: Any) -> Event:
    """The person sends the appointment with what the pane wrote."""
    composed = compose(meeting, desk.doors.numbers(), desk.policy, desk.doors.links)
    text = invitation_body.put("<p>Dear all</p>", composed.html, content_type="html", join_url=composed.join_url)
    base = Event(
        id="event-1", etag="1", ical_uid="uid-1", subject=meeting.title, timing=meeting.timing,
        participants=meeting.participants, organizer_address=OWNER.address, body=text, location=composed.location,
        pane_properties={"clickmeeting": meeting.key},
        kind="seriesMaster" if meeting.timing.recurrence else "singleInstance",
    )  # fmt: skip
    event = replace(base, **fields)
    desk.office.events[event.id] = event
    return event


def followed(desk: Desk, **fields: Any) -> Meeting:
    """A meeting scheduled, sent and seen."""
    meeting = schedule(a_request(**fields), desk.doors).meeting
    sent(desk, meeting)
    found = look_at_event(OWNER, "event-1", desk.doors)
    assert found is not None
    return found


def test_scheduling_keeps_the_intent_before_the_room_is_made() -> None:
    desk = Desk()
    desk.rooms.fail["create"] = [Unavailable("ClickMeeting does not answer.")]
    with pytest.raises(Unavailable):
        schedule(a_request(), desk.doors)
    [kept] = desk.store.meetings.values()
    assert kept.state is MeetingState.SCHEDULING
    assert desk.store.due, "a worker looks at it later: no room can be orphaned"


def test_a_repeated_press_finds_the_room_of_the_first_instead_of_making_a_second() -> None:
    desk = Desk()
    first = schedule(a_request(), desk.doors, meeting_id="a" * 32).meeting
    desk.store.meetings["a" * 32] = replace(first, room=None, state=MeetingState.SCHEDULING)
    again = schedule(a_request(), desk.doors, meeting_id="a" * 32).meeting
    assert again.room == first.room
    assert len(desk.rooms.live) == 1


def test_the_rooms_address_tells_nothing_of_the_subject_and_cannot_be_guessed() -> None:
    desk = Desk()
    one, two = (schedule(a_request(), desk.doors).meeting for _ in range(2))
    assert one.room is not None
    assert two.room is not None
    assert one.room.url_name != two.room.url_name
    assert len(one.room.url_name) >= 20
    assert "review" not in one.room.url


@pytest.mark.parametrize(("fields", "reason"), [
    ({"title": "  "}, "no-title"),
    ({"timing": replace(AT_TEN, end=AT_TEN.start)}, "end"),
    ({"timing": replace(AT_TEN, start=datetime(2026, 11, 1, 10), end=datetime(2026, 11, 1, 11))}, "past"),
    ({"participants": tuple(Participant(f"p{n}@contoso.example") for n in range(501))}, "too-many-participants"),
    ({"timing": replace(WEEKLY, start=datetime(2025, 12, 2, 10), end=datetime(2025, 12, 2, 11), recurrence={
        "pattern": WEEKLY.recurrence["pattern"],  # type: ignore[index]
        "range": {"type": "numbered", "startDate": "2025-12-02", "numberOfOccurrences": 3},
    })}, "past"),
    ({"timing": WEEKLY, "choices": Choices(permanent=True, room_per_date=True)}, "permanent-or-per-date"),
])  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_made(fields: dict[str, Any], reason: str) -> None:
    desk = Desk()
    with pytest.raises(InvalidInput) as caught:
        schedule(a_request(**fields), desk.doors)
    assert caught.value.reason == reason
    assert desk.rooms.calls == []
    assert desk.store.meetings == {}


def test_a_taken_slot_is_said_and_leaves_no_meeting_behind() -> None:
    desk = Desk()
    desk.rooms.free = False
    with pytest.raises(SlotTaken):
        schedule(a_request(), desk.doors)
    assert [meeting.state for meeting in desk.store.meetings.values()] == [MeetingState.ENDED]
    assert desk.rooms.live == {}


def test_a_running_series_may_still_be_scheduled() -> None:
    desk = Desk()
    begun = replace(WEEKLY, start=datetime(2026, 11, 3, 10), end=datetime(2026, 11, 3, 11))
    assert schedule(a_request(timing=begun), desk.doors).meeting.strategy is Strategy.PERMANENT


@pytest.mark.parametrize(("timing", "choices", "wanted"), [
    (AT_TEN, Choices(), Strategy.SINGLE),
    (WEEKLY, Choices(), Strategy.PERMANENT),
    (AT_TEN, Choices(permanent=True), Strategy.PERMANENT),
    (replace(AT_TEN, end=datetime(2026, 12, 1, 17)), Choices(), Strategy.PERMANENT),
    (Timing(datetime(2026, 12, 1), datetime(2026, 12, 2), "Europe/Warsaw", True), Choices(), Strategy.PERMANENT),
    (WEEKLY, Choices(room_per_date=True), Strategy.ROLLING),
    (WEEKLY, Choices(registration=True), Strategy.ROLLING),
    (AT_TEN, Choices(room_per_date=True), Strategy.SINGLE),
    (replace(WEEKLY, end=datetime(2026, 12, 1, 17)), Choices(room_per_date=True), Strategy.PERMANENT),
])  # fmt: skip
def test_the_room_fits_what_is_planned(timing: Timing, choices: Choices, wanted: Strategy) -> None:
    desk = Desk()
    meeting = schedule(a_request(timing=timing, choices=choices), desk.doors).meeting
    assert meeting.strategy is wanted
    assert meeting.room is not None
    assert meeting.room.permanent is (wanted is Strategy.PERMANENT)


def test_dates_too_long_for_rooms_of_their_own_are_said_to_share_one() -> None:
    long = replace(WEEKLY, end=datetime(2026, 12, 1, 17))
    done = schedule(a_request(timing=long, choices=Choices(room_per_date=True)), Desk().doors)
    assert any("one permanent room" in warning for warning in done.warnings)


def test_a_room_for_each_date_cannot_be_chosen_once_a_permanent_one_stands() -> None:
    desk = Desk()
    meeting = schedule(a_request(timing=WEEKLY), desk.doors).meeting
    with pytest.raises(Refused) as caught:
        change(meeting.id, a_request(timing=WEEKLY, choices=Choices(room_per_date=True)), desk.doors)
    assert caught.value.reason == "permanence"


def test_a_password_room_gets_a_password_that_can_be_read_out() -> None:
    meeting = schedule(a_request(choices=Choices(access=AccessType.PASSWORD)), Desk().doors).meeting
    assert meeting.choices.password is not None
    assert len(meeting.choices.password) == 10
    assert not set(meeting.choices.password) & set("il1oO0")


def test_nobody_is_told_anything_before_the_appointment_was_sent() -> None:
    desk = Desk()
    meeting = schedule(a_request(choices=TOKENS), desk.doors).meeting
    sent(desk, meeting, is_draft=True)
    look_at_event(OWNER, "event-1", desk.doors)
    assert desk.office.sent == []
    assert desk.rooms.issued == {}


def test_each_participant_gets_one_mail_with_the_own_token_and_nobody_elses() -> None:
    desk = Desk()
    desk.office.known[PARIS.address] = Person(PARIS.address, "FR", "fr", "Europe/Paris")
    meeting = followed(desk, choices=TOKENS)
    assert [message.to_address for message in desk.office.sent] == [PARIS.address, TORONTO.address]
    tokens = {invitee.address: invitee.token or "" for invitee in meeting.invitees}
    for message in desk.office.sent:
        text = message.html + message.text
        assert tokens[message.to_address] in text
        for address, token in tokens.items():
            assert address == message.to_address or token not in text, f"{address}'s token reached another person"
    assert {invitee.delivery for invitee in meeting.invitees} == {Delivery.SENT}
    look_at_event(OWNER, "event-1", desk.doors)
    assert len(desk.office.sent) == 2, "a second look mails nobody"


def test_our_own_write_of_the_key_is_followed_by_no_other_write() -> None:
    desk = Desk()
    followed(desk)
    assert [patch.key is not None and patch.body is None for patch in desk.office.patches] == [True]
    saves = desk.store.saves
    look_at_event(OWNER, "event-1", desk.doors)
    assert len(desk.office.patches) == 1, "our echo costs no write"
    assert desk.store.saves == saves


def test_the_room_moves_with_the_appointment_and_the_body_is_left_alone() -> None:
    desk = Desk()
    followed(desk)
    words = desk.office.events["event-1"].body
    later = replace(AT_TEN, start=datetime(2026, 12, 2, 14), end=datetime(2026, 12, 2, 15))
    desk.office.touch("event-1", timing=later, subject="Budget")
    meeting = look_at_event(OWNER, "event-1", desk.doors)
    assert meeting is not None
    assert meeting.room is not None
    assert meeting.room.starts_at == later.start_instant
    assert meeting.room.name == "Budget"
    assert desk.rooms.calls.count("edit") == 1, "one call for one change"
    assert desk.office.events["event-1"].body == words


def test_a_lost_answer_of_a_send_reads_uncertain_and_is_not_repeated() -> None:
    desk = Desk()
    desk.office.fail["send"] = [OutcomeUnknown("the answer was lost")]
    meeting = followed(desk, choices=TOKENS)
    states = {invitee.address: invitee.delivery for invitee in meeting.invitees}
    assert states == {PARIS.address: Delivery.UNCERTAIN, TORONTO.address: Delivery.SENT}
    look_at_event(OWNER, "event-1", desk.doors)
    assert [message.to_address for message in desk.office.sent] == [TORONTO.address]


def test_a_refused_address_does_not_stop_the_others() -> None:
    desk = Desk()
    desk.office.fail["send"] = [Refused("The address does not exist.")]
    meeting = followed(desk, choices=TOKENS)
    assert [invitee.delivery for invitee in meeting.invitees] == [Delivery.FAILED, Delivery.SENT]


def test_a_throttled_send_is_tried_again_later_and_arrives_once() -> None:
    desk = Desk()
    meeting = schedule(a_request(choices=TOKENS), desk.doors).meeting
    sent(desk, meeting)
    desk.office.fail["send"] = [Throttled("slow down", after=7)]
    with pytest.raises(Throttled):
        look_at_event(OWNER, "event-1", desk.doors)
    look_at_event(OWNER, "event-1", desk.doors)
    assert sorted(message.to_address for message in desk.office.sent) == [PARIS.address, TORONTO.address]


def test_a_process_that_died_between_intent_and_answer_leaves_an_uncertain_delivery() -> None:
    desk = Desk()
    meeting = schedule(a_request(choices=TOKENS), desk.doors).meeting
    sent(desk, meeting)

    class Died(BaseException):
        pass

    desk.office.fail["send"] = [Died()]  # type: ignore[list-item]
    with pytest.raises(Died):
        look_at_event(OWNER, "event-1", desk.doors)
    after = look_at_event(OWNER, "event-1", desk.doors)
    assert after is not None
    states = {invitee.address: invitee.delivery for invitee in after.invitees}
    assert states[PARIS.address] is Delivery.UNCERTAIN
    assert states[TORONTO.address] is Delivery.SENT
    assert [message.to_address for message in desk.office.sent] == [TORONTO.address]


def test_a_sole_participant_reads_the_token_in_the_body_and_gets_no_second_mail() -> None:
    desk = Desk()
    scheduled = schedule(a_request(choices=TOKENS, participants=(PARIS,)), desk.doors)
    [invitee] = scheduled.meeting.invitees
    assert invitee.token is not None
    assert invitee.token in scheduled.invitation.html
    sent(desk, scheduled.meeting)
    look_at_event(OWNER, "event-1", desk.doors)
    assert desk.office.sent == []
    desk.office.touch("event-1", participants=(PARIS, TORONTO))
    meeting = look_at_event(OWNER, "event-1", desk.doors)
    assert meeting is not None
    assert meeting.room is not None
    body = desk.office.events["event-1"].body
    assert invitee.token not in body, "the first token may not be read by the second participant"
    assert "Dear all" in body
    assert invitee.token not in desk.rooms.issued[meeting.room.id], "and it is withdrawn"
    assert [message.to_address for message in desk.office.sent] == [PARIS.address, TORONTO.address]


def test_tokens_in_the_body_are_listed_for_everybody_only_when_the_organiser_said_so() -> None:
    choices = replace(TOKENS, token_delivery=TokenDelivery.BODY)
    scheduled = schedule(a_request(choices=choices), Desk().doors)
    tokens = [invitee.token or "" for invitee in scheduled.meeting.invitees]
    assert len(tokens) == 2
    assert all(token in scheduled.invitation.html and token in scheduled.invitation.text for token in tokens)
    assert scheduled.warnings, "the person is told that everybody can read them"


def test_a_single_event_made_a_series_gets_a_new_room_and_one_body_write() -> None:
    desk = Desk()
    before = followed(desk)
    assert before.room is not None
    desk.office.touch("event-1", timing=WEEKLY, kind="seriesMaster")
    after = look_at_event(OWNER, "event-1", desk.doors)
    assert after is not None
    assert after.room is not None
    assert after.room.permanent
    body = desk.office.events["event-1"].body
    assert after.room.url in body
    assert before.room.url not in body
    assert "Dear all" in body
    assert before.room.url not in desk.office.events["event-1"].location
    assert sum(patch.body is not None for patch in desk.office.patches) == 1


def test_a_room_deleted_at_clickmeeting_is_replaced_when_the_appointment_moves() -> None:
    desk = Desk()
    before = followed(desk)
    desk.rooms.live.clear()
    desk.office.touch("event-1", subject="Budget")
    after = look_at_event(OWNER, "event-1", desk.doors)
    assert after is not None
    assert before.room is not None
    assert after.room is not None
    assert after.room.url != before.room.url
    assert after.room.url in desk.office.events["event-1"].body
    assert len(desk.rooms.live) == 1


def test_a_write_that_meets_a_newer_event_is_built_anew_from_it() -> None:
    desk = Desk()
    meeting = schedule(a_request(), desk.doors).meeting
    sent(desk, meeting)
    stale = desk.office.events["event-1"]
    original = desk.office.event

    def event(event_id: str) -> Event:
        found = original(event_id)
        if desk.office.calls.count("event") == 1:
            desk.office.touch("event-1", subject=stale.subject)  # somebody answers meanwhile
        return found

    desk.office.event = event  # type: ignore[method-assign]
    look_at_event(OWNER, "event-1", desk.doors)
    assert desk.office.events["event-1"].key == meeting.key


def test_a_deleted_appointment_takes_its_room_along_after_the_grace_period() -> None:
    desk = Desk()
    meeting = followed(desk)
    del desk.office.events["event-1"]
    look_at_event(OWNER, "event-1", desk.doors)
    assert len(desk.rooms.live) == 1
    assert desk.store.due[meeting.id] == desk.now + desk.policy.second_look, "a first 404 may be a mistake"
    gone_at = desk.now
    desk.now += desk.policy.second_look
    look_at_meeting(meeting.id, desk.doors)
    assert len(desk.rooms.live) == 1
    assert desk.store.due[meeting.id] == gone_at + desk.policy.grace
    desk.now = gone_at + desk.policy.grace
    look_at_meeting(meeting.id, desk.doors)
    assert desk.rooms.live == {}
    assert desk.store.meetings[meeting.id].state is MeetingState.ENDED


@pytest.mark.parametrize("mark", ["event-id", "key", "pane", "url"])
def test_an_event_is_recognised_by_whatever_survived(mark: str) -> None:
    desk = Desk()
    meeting = followed(desk)
    event = desk.office.events["event-1"]
    bare = replace(event, key=None, pane_properties={}, body="<p>x</p>", location="", subject="Budget")
    assert meeting.room is not None
    marked = {
        "event-id": bare,
        "key": replace(bare, key=meeting.key),
        "pane": replace(bare, pane_properties={"clickmeeting": meeting.key}),
        "url": replace(bare, location=meeting.room.url),
    }[mark]
    if mark != "event-id":
        desk.store.meetings[meeting.id] = replace(meeting, event=None, state=MeetingState.DRAFT)
    desk.office.events["event-1"] = marked
    found = look_at_event(OWNER, "event-1", desk.doors)
    assert found is not None
    assert found.id == meeting.id


def test_somebody_elses_event_with_our_link_is_not_ours() -> None:
    desk = Desk()
    meeting = followed(desk)
    other = replace(OWNER, user_id="another-id", address="delegate@contoso.example")
    desk.office.events["event-9"] = replace(desk.office.events["event-1"], id="event-9")
    assert look_at_event(other, "event-9", desk.doors) is None
    assert desk.store.meetings[meeting.id].event == meeting.event


def test_a_copied_appointment_does_not_take_over_the_meeting() -> None:
    desk = Desk()
    meeting = followed(desk)
    desk.office.events["event-2"] = replace(desk.office.events["event-1"], id="event-2", timing=WEEKLY)
    copy = look_at_event(OWNER, "event-2", desk.doors)
    assert copy is not None
    assert copy.id != meeting.id
    assert desk.store.meetings[meeting.id].timing == AT_TEN


def test_a_draft_is_found_when_no_notification_ever_came() -> None:
    desk = Desk()
    meeting = schedule(a_request(), desk.doors).meeting
    look_at_meeting(meeting.id, desk.doors)
    assert desk.store.due[meeting.id] > desk.now, "looked for again later"
    sent(desk, desk.store.meetings[meeting.id])
    look_at_meeting(meeting.id, desk.doors)
    assert desk.store.meetings[meeting.id].state is MeetingState.FOLLOWED


def test_an_occurrences_notification_looks_at_its_series() -> None:
    desk = Desk()
    followed(desk, timing=WEEKLY)
    master = desk.office.events["event-1"]
    desk.office.events["occurrence-3"] = replace(
        master, id="occurrence-3", kind="occurrence", series_master_id="event-1"
    )
    found = look_at_event(OWNER, "occurrence-3", desk.doors)
    assert found is not None
    assert found.event is not None
    assert found.event.event_id == "event-1"


def test_a_change_from_the_pane_edits_only_what_differs_and_never_the_permanence() -> None:
    desk = Desk()
    meeting = schedule(a_request(), desk.doors).meeting
    changed = change(meeting.id, a_request(title="Budget"), desk.doors).meeting
    assert changed.room is not None
    assert changed.room.name == "Budget"
    with pytest.raises(Refused) as caught:
        change(meeting.id, a_request(timing=WEEKLY), desk.doors)
    assert caught.value.reason == "permanence"
    assert len(desk.rooms.live) == 1


def test_taking_the_meeting_off_deletes_the_room_once() -> None:
    desk = Desk()
    meeting = schedule(a_request(), desk.doors).meeting
    cancel(meeting.id, desk.doors)
    assert desk.rooms.live == {}
    with pytest.raises(Missing):
        cancel(meeting.id, desk.doors)


def test_a_plan_without_the_feature_says_so_and_keeps_no_room() -> None:
    desk = Desk()
    desk.rooms.fail["create"] = [NotAllowed("Your plan has no phone gateway.")]
    with pytest.raises(NotAllowed):
        schedule(a_request(choices=Choices(dial_in=True)), desk.doors)
    assert [meeting.state for meeting in desk.store.meetings.values()] == [MeetingState.ENDED]


def test_the_invitation_never_holds_the_presenters_pin() -> None:
    desk = Desk()
    scheduled = schedule(a_request(choices=Choices(dial_in=True)), desk.doors)
    assert scheduled.meeting.room is not None
    shared = scheduled.invitation.html + scheduled.invitation.text
    digits = "".join(letter for letter in shared if letter.isdigit())
    assert str(scheduled.meeting.room.listener_pin) in digits
    assert str(scheduled.meeting.room.presenter_pin) not in digits


def test_moving_past_the_grace_period_needs_no_event_and_no_second_delete() -> None:
    desk = Desk()
    meeting = followed(desk)
    del desk.office.events["event-1"]
    look_at_meeting(meeting.id, desk.doors)
    desk.now += desk.policy.grace + timedelta(hours=1)
    look_at_meeting(meeting.id, desk.doors)
    look_at_meeting(meeting.id, desk.doors)
    assert desk.rooms.calls.count("delete") == 1
