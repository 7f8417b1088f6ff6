"""The plan: what differs between calendar and room becomes actions, and nothing else does."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.actions import (
    Action,
    DeleteRoom,
    DoubtDeliveries,
    EditRoom,
    Invite,
    IssueTokens,
    Link,
    Remember,
    ReplaceRoom,
    RewriteInvitation,
    WithdrawTokens,
)
from addin.model import (
    AccessType,
    AttendeeType,
    Choices,
    Delivery,
    Event,
    EventLink,
    Invitee,
    Kind,
    Mailbox,
    Meeting,
    MeetingState,
    Occurrence,
    Participant,
    Room,
    Strategy,
    Timing,
    TokenDelivery,
)
from addin.policy import PersonalInvitations, Policy
from addin.reconcile import plan

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OWNER = Mailbox("tenant", "organiser-id", "organiser@contoso.example", "Organiser")
WARSAW = "Europe/Warsaw"
AT_TEN = Timing(datetime(2026, 12, 1, 10), datetime(2026, 12, 1, 11), WARSAW)
WEEKLY = replace(
    AT_TEN,
    recurrence={
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
        "range": {"type": "noEnd", "startDate": "2026-12-01"},
    },
)
PARIS = Participant("paris@contoso.example", "Colleague in Paris")
TORONTO = Participant("toronto@contoso.example", "Colleague in Toronto")
AURORA = Participant("room-aurora@contoso.example", "Room Aurora", AttendeeType.RESOURCE)
ROOM = Room(
    id=4200017, pin=518204773, name="Review", url="https://rooms.example/mabc", kind=Kind.MEETING,
    access=AccessType.OPEN, permanent=False, active=True, starts_at=AT_TEN.start_instant, ends_at=AT_TEN.end_instant,
    zone=WARSAW,
)  # fmt: skip
POLICY = Policy()


def a_meeting(**fields: Any) -> Meeting:
    base = Meeting(
        id="0" * 32, key="secret-key", owner=OWNER, scheduler=OWNER, title="Review", timing=AT_TEN, choices=Choices(),
        strategy=Strategy.SINGLE, state=MeetingState.FOLLOWED, created_at=NOW - timedelta(hours=1), room=ROOM,
        event=EventLink("event-1", "uid-1", 'W/"1"'),
    )  # fmt: skip
    return replace(base, **fields)


def an_event(**fields: Any) -> Event:
    base = Event(
        id="event-1", etag='W/"2"', ical_uid="uid-1", subject="Review", timing=AT_TEN, participants=(),
        key="secret-key", organizer_address=OWNER.address,
    )  # fmt: skip
    return replace(base, **fields)


def of_kind(actions: Iterable[Action], kind: type) -> list[Any]:
    return [action for action in actions if isinstance(action, kind)]


def effects(actions: Iterable[Action]) -> list[Action]:
    return [action for action in actions if not isinstance(action, Remember)]


def with_tokens(*people: Participant, delivery: Delivery = Delivery.SENT) -> tuple[Invitee, ...]:
    return tuple(Invitee(person.address, person.name, f"TOK{n:03}", delivery) for n, person in enumerate(people))


def token_choices(**fields: Any) -> Choices:
    return Choices(access=AccessType.TOKEN, **fields)


def test_nothing_differs_nothing_is_done() -> None:
    assert plan(a_meeting(), an_event(), ROOM, NOW, POLICY) == ()


def test_an_answer_of_an_attendee_changes_only_the_etag_and_so_nothing() -> None:
    assert plan(a_meeting(), an_event(etag='W/"99"'), ROOM, NOW, POLICY) == ()


def test_a_moved_event_edits_start_duration_and_zone_with_the_present_permanence() -> None:
    later = Timing(datetime(2026, 12, 2, 14), datetime(2026, 12, 2, 15, 30), "Europe/Paris")
    actions = plan(a_meeting(), an_event(timing=later), ROOM, NOW, POLICY)
    [edit] = of_kind(actions, EditRoom)
    assert edit.change.starts_at == datetime(2026, 12, 2, 13, tzinfo=UTC)
    assert edit.change.duration == timedelta(minutes=90)
    assert edit.change.zone == "Europe/Paris"
    assert edit.change.permanent is False, "R8: the value in force goes along"
    assert edit.change.name is None
    assert of_kind(actions, RewriteInvitation) == [], "the shared invitation holds no time: a move writes no body"


def test_wall_clock_decides_when_only_the_zone_changes() -> None:
    there = replace(AT_TEN, zone="America/Toronto")
    [edit] = of_kind(plan(a_meeting(), an_event(timing=there), ROOM, NOW, POLICY), EditRoom)
    assert edit.change.starts_at == datetime(2026, 12, 1, 15, tzinfo=UTC)


def test_a_new_subject_renames_the_room_and_touches_nothing_else() -> None:
    actions = plan(a_meeting(), an_event(subject="Quarterly review"), ROOM, NOW, POLICY)
    [edit] = effects(actions)
    assert isinstance(edit, EditRoom)
    assert edit.change.name == "Quarterly review"
    assert edit.change.starts_at is None


def test_an_emptied_subject_keeps_the_rooms_name() -> None:
    assert effects(plan(a_meeting(), an_event(subject="  "), ROOM, NOW, POLICY)) == []


def test_a_permanent_room_is_not_edited_when_its_series_moves() -> None:
    meeting = a_meeting(strategy=Strategy.PERMANENT, timing=WEEKLY, room=replace(ROOM, permanent=True))
    moved = replace(WEEKLY, start=datetime(2026, 12, 1, 15), end=datetime(2026, 12, 1, 16))
    actions = plan(meeting, an_event(timing=moved, kind="seriesMaster"), meeting.room, NOW, POLICY)
    assert effects(actions) == []
    [remembered] = of_kind(actions, Remember)
    assert remembered.fields["timing"] == moved


def test_one_moved_date_of_a_series_is_told_and_kept() -> None:
    meeting = a_meeting(strategy=Strategy.PERMANENT, timing=WEEKLY, room=replace(ROOM, permanent=True))
    original = datetime(2026, 12, 8, 9, tzinfo=UTC)
    date = Occurrence(original, original + timedelta(hours=3), original + timedelta(hours=4), "occurrence-2", True)
    actions = plan(meeting, an_event(timing=WEEKLY, kind="seriesMaster", exceptions=(date,)), meeting.room, NOW, POLICY)
    assert effects(actions) == []
    [remembered] = of_kind(actions, Remember)
    assert remembered.fields["occurrences_changed"] == (date,)
    assert any("2026-12-08" in note for note in remembered.notes)


@pytest.mark.parametrize(("before", "after", "wanted"), [
    (AT_TEN, WEEKLY, Strategy.PERMANENT),
    (WEEKLY, AT_TEN, Strategy.SINGLE),
])  # fmt: skip
def test_single_and_series_change_places_by_a_new_room_and_one_body_write(
    before: Timing, after: Timing, wanted: Strategy
) -> None:
    strategy = Strategy.SINGLE if before.recurrence is None else Strategy.PERMANENT
    room = replace(ROOM, permanent=strategy is Strategy.PERMANENT)
    actions = plan(a_meeting(timing=before, strategy=strategy, room=room), an_event(timing=after), room, NOW, POLICY)
    [replaced] = of_kind(actions, ReplaceRoom)
    assert replaced.strategy is wanted
    assert of_kind(actions, EditRoom) == [], "R8: never by editing"
    assert len(of_kind(actions, RewriteInvitation)) == 1


def test_a_chosen_permanent_room_stays_permanent_for_a_single_event() -> None:
    room = replace(ROOM, permanent=True, starts_at=None, ends_at=None)
    meeting = a_meeting(strategy=Strategy.PERMANENT, choices=Choices(permanent=True), room=room)
    moved = replace(AT_TEN, start=datetime(2026, 12, 1, 12), end=datetime(2026, 12, 1, 13))
    assert effects(plan(meeting, an_event(timing=moved), room, NOW, POLICY)) == []


def test_a_move_into_the_past_leaves_the_room_and_asks_once() -> None:
    past = replace(AT_TEN, start=datetime(2026, 11, 20, 10), end=datetime(2026, 11, 20, 11))
    first = plan(a_meeting(), an_event(timing=past), ROOM, NOW, POLICY)
    assert effects(first) == []
    [remembered] = of_kind(first, Remember)
    assert "past" in remembered.fields["attention"]
    assert "timing" not in remembered.fields, "what was applied to the room is what is remembered"
    again = plan(a_meeting(**remembered.fields), an_event(timing=past), ROOM, NOW, POLICY)
    assert again == (), "the organiser is told once"


def test_a_finished_room_is_replaced_not_edited() -> None:
    over = replace(ROOM, active=False)
    later = replace(AT_TEN, start=datetime(2026, 12, 3, 10), end=datetime(2026, 12, 3, 11))
    actions = plan(a_meeting(room=over), an_event(timing=later), over, NOW, POLICY)
    assert len(of_kind(actions, ReplaceRoom)) == 1, "R41"
    assert of_kind(actions, EditRoom) == []


def test_a_room_gone_from_the_account_is_replaced_and_the_link_written_once() -> None:
    actions = plan(a_meeting(), an_event(), None, NOW, POLICY)
    assert len(of_kind(actions, ReplaceRoom)) == 1
    assert len(of_kind(actions, RewriteInvitation)) == 1


def test_the_key_is_written_once_on_first_sight_without_a_body() -> None:
    actions = plan(a_meeting(event=None, state=MeetingState.DRAFT), an_event(key=None), ROOM, NOW, POLICY)
    assert effects(actions) == [Link()]


def test_tokens_go_to_everybody_but_rooms_and_the_organiser_only_after_sending() -> None:
    meeting = a_meeting(choices=token_choices(), event=None, state=MeetingState.DRAFT)
    people = (PARIS, TORONTO, AURORA, Participant(OWNER.address))
    draft = plan(meeting, an_event(participants=people, is_draft=True), ROOM, NOW, POLICY)
    assert of_kind(draft, IssueTokens) == []
    assert of_kind(draft, Invite) == []
    sent = plan(meeting, an_event(participants=people), ROOM, NOW, POLICY)
    [issue] = of_kind(sent, IssueTokens)
    assert issue.people == (PARIS, TORONTO)
    [invite] = of_kind(sent, Invite)
    assert invite.addresses == (PARIS.address, TORONTO.address)
    assert sent.index(issue) < sent.index(invite)


def test_who_leaves_loses_the_token_and_who_comes_gets_one() -> None:
    meeting = a_meeting(choices=token_choices(), participants=(PARIS,), invitees=with_tokens(PARIS))
    actions = plan(meeting, an_event(participants=(TORONTO,)), ROOM, NOW, POLICY)
    assert of_kind(actions, WithdrawTokens) == [WithdrawTokens((PARIS.address,))]
    assert of_kind(actions, IssueTokens) == [IssueTokens((TORONTO,))]
    assert of_kind(actions, Invite) == [Invite((TORONTO.address,))]
    assert of_kind(actions, RewriteInvitation) == [], "the shared block held no token"


def test_the_sole_participants_token_in_the_body_is_withdrawn_before_anything_else_is_done() -> None:
    meeting = a_meeting(
        choices=token_choices(), participants=(PARIS,), token_in_body=True,
        invitees=with_tokens(PARIS, delivery=Delivery.NONE),
    )  # fmt: skip
    alone = plan(meeting, an_event(participants=(PARIS,)), ROOM, NOW, POLICY)
    assert effects(alone) == [], "it stands in the body: no mail of its own"
    actions = effects(plan(meeting, an_event(participants=(PARIS, TORONTO)), ROOM, NOW, POLICY))
    assert actions[0] == WithdrawTokens((PARIS.address,))
    assert actions[1] == IssueTokens((PARIS, TORONTO))
    assert isinstance(actions[2], RewriteInvitation)
    assert actions[3] == Invite((PARIS.address, TORONTO.address))


def test_a_sole_participant_who_is_exchanged_does_not_inherit_the_token_in_the_body() -> None:
    meeting = a_meeting(
        choices=token_choices(), participants=(PARIS,), token_in_body=True,
        invitees=with_tokens(PARIS, delivery=Delivery.NONE),
    )  # fmt: skip
    actions = effects(plan(meeting, an_event(participants=(TORONTO,)), ROOM, NOW, POLICY))
    assert WithdrawTokens((PARIS.address,)) in actions
    assert any(isinstance(action, RewriteInvitation) for action in actions)
    assert Invite((TORONTO.address,)) in actions


def test_an_interrupted_send_reads_uncertain_and_is_never_repeated() -> None:
    meeting = a_meeting(
        choices=token_choices(), participants=(PARIS,), invitees=with_tokens(PARIS, delivery=Delivery.INTENDED)
    )
    actions = plan(meeting, an_event(participants=(PARIS,)), ROOM, NOW, POLICY)
    assert effects(actions) == [DoubtDeliveries((PARIS.address,))]


@pytest.mark.parametrize("choices", [
    Choices(),
    Choices(access=AccessType.PASSWORD, password="abcd2345"),
    token_choices(token_delivery=TokenDelivery.BODY),
])  # fmt: skip
def test_nobody_gets_a_second_mail_where_nothing_personal_is_to_be_told(choices: Choices) -> None:
    meeting = a_meeting(choices=choices, participants=(PARIS, TORONTO), invitees=with_tokens(PARIS, TORONTO))
    event = an_event(participants=(PARIS, TORONTO))
    assert of_kind(plan(meeting, event, ROOM, NOW, POLICY), Invite) == []


def test_policy_decides_whether_personal_mails_go_out_at_all() -> None:
    meeting = a_meeting(participants=(PARIS,))
    event = an_event(participants=(PARIS,))
    always = Policy(personal_invitations=PersonalInvitations.ALWAYS)
    assert of_kind(plan(meeting, event, ROOM, NOW, always), Invite) == [Invite((PARIS.address,))]
    never = Policy(personal_invitations=PersonalInvitations.NEVER)
    tokens = a_meeting(choices=token_choices())
    assert of_kind(plan(tokens, event, ROOM, NOW, never), Invite) == []


def test_nobody_is_invited_to_what_is_over() -> None:
    meeting = a_meeting(choices=token_choices(), participants=(PARIS,))
    late = AT_TEN.end_instant + timedelta(minutes=1)
    assert of_kind(plan(meeting, an_event(participants=(PARIS,)), ROOM, late, POLICY), Invite) == []


def test_a_gone_event_ends_the_room_only_after_its_grace_period() -> None:
    first = plan(a_meeting(), None, ROOM, NOW, POLICY)
    assert effects(first) == []
    gone = a_meeting(**of_kind(first, Remember)[0].fields)
    assert gone.state is MeetingState.GONE
    assert plan(gone, None, ROOM, NOW + POLICY.grace - timedelta(seconds=1), POLICY) == ()
    last = plan(gone, None, ROOM, NOW + POLICY.grace, POLICY)
    assert len(of_kind(last, DeleteRoom)) == 1
    assert a_meeting(**of_kind(last, Remember)[0].fields).state is MeetingState.ENDED


def test_an_event_that_comes_back_within_the_grace_period_keeps_its_room() -> None:
    gone = a_meeting(state=MeetingState.GONE, gone_at=NOW)
    actions = plan(gone, an_event(), ROOM, NOW + timedelta(minutes=5), POLICY)
    assert effects(actions) == []
    assert of_kind(actions, Remember)[0].fields["state"] is MeetingState.FOLLOWED


def test_an_attendees_copy_and_an_ended_meeting_are_left_alone() -> None:
    assert plan(a_meeting(), an_event(is_organizer=False, subject="Other"), ROOM, NOW, POLICY) == ()
    assert plan(a_meeting(state=MeetingState.ENDED), an_event(subject="Other"), ROOM, NOW, POLICY) == ()


starts = st.datetimes(datetime(2026, 11, 24), datetime(2027, 6, 1)).map(lambda at: at.replace(second=0, microsecond=0))
zones = st.sampled_from(["Europe/Warsaw", "America/Toronto", "Pacific/Auckland", "UTC"])
timings = st.builds(
    lambda start, minutes, zone, weekly: Timing(
        start, start + timedelta(minutes=minutes), zone, recurrence=WEEKLY.recurrence if weekly else None
    ),
    starts, st.integers(5, 300), zones, st.booleans(),
)  # fmt: skip
groups = st.lists(st.sampled_from([PARIS, TORONTO, AURORA]), unique=True, max_size=3).map(tuple)
events = st.builds(
    an_event, subject=st.sampled_from(["Review", "Budget"]), timing=timings, participants=groups,
    is_draft=st.booleans(), key=st.sampled_from([None, "secret-key"]),
)  # fmt: skip
choice_sets = st.sampled_from([Choices(), token_choices(), token_choices(token_delivery=TokenDelivery.BODY)])


def as_done(meeting: Meeting, event: Event, actions: Iterable[Action]) -> tuple[Meeting, Event]:
    """The state of the world after every action succeeded, told without the code that applies them."""
    for action in actions:
        match action:
            case EditRoom():
                assert meeting.room is not None
                change = action.change
                meeting = replace(meeting, room=replace(
                    meeting.room, name=change.name or meeting.room.name,
                    starts_at=change.starts_at or meeting.room.starts_at,
                    ends_at=change.starts_at + change.duration if change.starts_at and change.duration else None,
                ))  # fmt: skip
            case ReplaceRoom():
                bare = tuple(Invitee(one.address, one.name) for one in meeting.invitees)
                room = replace(ROOM, permanent=action.strategy is Strategy.PERMANENT, ends_at=None)
                meeting = replace(meeting, room=room, strategy=action.strategy, invitees=bare, token_in_body=False)
            case WithdrawTokens():
                kept = tuple(one for one in meeting.invitees if one.address not in action.addresses)
                meeting = replace(meeting, invitees=kept, token_in_body=False)
            case IssueTokens():
                fresh = tuple(Invitee(person.address, person.name, "NEWTOK") for person in action.people)
                held = {one.address for one in fresh}
                meeting = replace(
                    meeting, invitees=(*(one for one in meeting.invitees if one.address not in held), *fresh)
                )
            case Invite():
                sent = tuple(
                    replace(one, delivery=Delivery.SENT) if one.address in action.addresses else one
                    for one in meeting.invitees
                )
                meeting = replace(meeting, invitees=sent)
            case Link() | RewriteInvitation():
                event = replace(event, key=meeting.key)
            case Remember():
                meeting = replace(meeting, **action.fields)
    return meeting, event


@given(events, choice_sets, st.booleans())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(event: Event, choices: Choices, sole: bool) -> None:
    holds = sole and choices.access is AccessType.TOKEN
    meeting = a_meeting(
        choices=choices,
        participants=(PARIS,),
        invitees=with_tokens(PARIS, delivery=Delivery.NONE) if holds else (),
        token_in_body=holds and choices.token_delivery is TokenDelivery.PERSONAL,
    )
    meeting, event = as_done(meeting, event, plan(meeting, event, meeting.room, NOW, POLICY))
    again = plan(meeting, event, meeting.room, NOW, POLICY)
    assert again == (), f"still to do after everything was done: {again}"


@given(events, choice_sets)
def test_nobody_holds_a_token_who_is_not_invited(event: Event, choices: Choices) -> None:
    meeting = a_meeting(choices=choices, invitees=with_tokens(PARIS, TORONTO) if choices.access == "token" else ())
    after, _ = as_done(meeting, event, plan(meeting, event, meeting.room, NOW, POLICY))
    invited = {person.address for person in event.participants if person.attendee_type is not AttendeeType.RESOURCE}
    holders = {invitee.address for invitee in after.invitees if invitee.token}
    assert holders <= invited
