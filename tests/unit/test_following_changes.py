"""Each kind of change in the calendar, one by one: what becomes of room, people, text and history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk_of_fakes import Desk
from desk_verbs import AT_TEN, HOUR, PARIS, ROLLING, WEEKLY, body_writes, followed, looked, room_url, scheduled, sent

from addin.errors import Changed, NotAllowed, OutcomeUnknown
from addin.following import look_at_meeting, next_look
from addin.invitation import body as invitation_body
from addin.model import (
    AccessType,
    AttendeeType,
    Choices,
    Delivery,
    Event,
    EventChange,
    Meeting,
    MeetingState,
    Occurrence,
    Participant,
    Strategy,
    Timing,
)

TOKENS = Choices(access=AccessType.TOKEN)
SECOND = WEEKLY.start_instant + timedelta(weeks=1)
TORONTO = Participant("toronto@contoso.example", "Colleague in Toronto")
WARSAW = Participant("warsaw@contoso.example", "Colleague in Warsaw")
AURORA = Participant("room-aurora@contoso.example", "Room Aurora", AttendeeType.RESOURCE)


def touched(desk: Desk, **fields: Any) -> Meeting:
    """Somebody changes the appointment, and we look."""
    desk.office.touch("event-1", **fields)
    return looked(desk)


def holders(meeting: Meeting) -> dict[str, str]:
    return {one.address: one.token for one in meeting.invitees if one.token}


def a_date(**fields: Any) -> Occurrence:
    """The second date of the series as an exception."""
    return replace(Occurrence(SECOND, SECOND, SECOND + HOUR, "occurrence-2", True), **fields)


def mails_to(desk: Desk, person: Participant) -> list[Any]:
    return [mail for mail in desk.office.sent if mail.to_address == person.address]


class TestTimes:
    def test_a_timed_appointment_made_all_day_gets_a_permanent_room_and_one_write(self) -> None:
        desk = Desk()
        first = followed(desk)
        whole = Timing(datetime(2026, 12, 1), datetime(2026, 12, 2), "Europe/Warsaw", all_day=True)
        after = touched(desk, timing=whole)
        assert after.strategy is Strategy.PERMANENT
        assert body_writes(desk) == 1
        assert room_url(after) in desk.office.events["event-1"].body
        assert room_url(first) not in desk.office.events["event-1"].body
        assert any("2026-12-01 (all day)" in note for note in desk.store.notes)
        back = touched(desk, timing=AT_TEN)
        assert (back.room, body_writes(desk)) == (after.room, 1), "a permanent room holds a timed appointment too"

    def test_what_outgrows_the_accounts_longest_event_gets_a_permanent_room(self) -> None:
        desk = Desk()
        followed(desk)
        after = touched(desk, timing=replace(AT_TEN, end=AT_TEN.start + desk.policy.longest_scheduled + HOUR))
        assert after.strategy is Strategy.PERMANENT
        assert after.attention is None
        assert room_url(after) in desk.office.events["event-1"].body

    def test_a_zone_alone_moves_the_room_and_says_so(self) -> None:
        desk = Desk()
        followed(desk)
        after = touched(desk, timing=replace(AT_TEN, zone="America/Toronto"))
        assert after.room is not None
        assert after.room.starts_at == datetime(2026, 12, 1, 15, tzinfo=UTC)
        assert "Moved to 2026-12-01 10:00 (America/Toronto)." in desk.store.notes
        assert body_writes(desk) == 0


class TestSeries:
    def test_made_a_series_and_unmade_again_each_by_one_write(self) -> None:
        desk = Desk()
        single = followed(desk)
        series = touched(desk, timing=WEEKLY, kind="seriesMaster")
        assert (series.strategy, body_writes(desk)) == (Strategy.PERMANENT, 1)
        assert any(note.startswith("Now repeats: ") for note in desk.store.notes)
        again = touched(desk, timing=AT_TEN, kind="singleInstance")
        assert (again.strategy, body_writes(desk)) == (Strategy.SINGLE, 2)
        assert "Repeats no more." in desk.store.notes
        text = desk.office.events["event-1"].body
        assert room_url(again) in text
        assert not any(url in text for url in (room_url(single), room_url(series)))

    def test_a_series_with_rooms_for_its_dates_that_is_unmade_keeps_one_block(self) -> None:
        desk = Desk()
        series = followed(desk, WEEKLY, ROLLING)
        single = touched(desk, timing=AT_TEN, kind="singleInstance")
        text = desk.office.events["event-1"].body
        own = desk.doors.links.join(series.id)
        count = invitation_body.find(text, content_type="html", join_url=room_url(single), former=(own,))
        assert (count, single.strategy) == (1, Strategy.SINGLE)
        assert own not in text

    @pytest.mark.parametrize("change", [
        {"pattern": {"type": "daily", "interval": 2}},
        {"range": {"type": "endDate", "startDate": "2026-12-01", "endDate": "2027-02-02"}},
        {"range": {"type": "noEnd", "startDate": "2026-12-01"}},
    ])  # fmt: skip
    def test_another_rule_or_range_leaves_room_link_and_text_and_is_told(self, change: dict[str, Any]) -> None:
        desk = Desk()
        before = followed(desk, WEEKLY)
        desk.rooms.calls.clear()
        assert WEEKLY.recurrence is not None
        after = touched(desk, timing=replace(WEEKLY, recurrence={**WEEKLY.recurrence, **change}))
        assert (after.room, desk.rooms.calls, body_writes(desk)) == (before.room, [], 0)
        assert after.timing.recurrence == {**WEEKLY.recurrence, **change}
        assert any(note.startswith("Repeats otherwise: ") for note in desk.store.notes)

    def test_a_range_that_ends_sooner_renews_nothing_more_and_a_longer_one_does_again(self) -> None:
        desk = Desk()
        meeting = followed(desk, WEEKLY, TOKENS)
        assert meeting.renewal_due == WEEKLY.end_instant
        assert WEEKLY.recurrence is not None
        once = {"type": "numbered", "startDate": "2026-12-01", "numberOfOccurrences": 1}
        touched(desk, timing=replace(WEEKLY, recurrence={**WEEKLY.recurrence, "range": once}))
        desk.now = WEEKLY.end_instant
        over = looked(desk)
        assert (holders(over), over.renewal_due) == ({}, None), "what is left of the last date's tokens goes"
        assert over.attention is not None
        again = touched(desk, timing=WEEKLY)
        assert again.attention is None
        assert again.renewal_due == WEEKLY.end_instant + timedelta(weeks=1)
        assert set(holders(again)) == {PARIS.address}

    def test_another_rule_gives_a_rolling_series_the_room_of_its_new_date(self) -> None:
        desk = Desk()
        first = followed(desk, WEEKLY, ROLLING)
        moved = replace(WEEKLY, start=datetime(2026, 12, 3, 10), end=datetime(2026, 12, 3, 11), recurrence={
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["thursday"], "firstDayOfWeek": "monday"},
            "range": {"type": "numbered", "startDate": "2026-12-03", "numberOfOccurrences": 2},
        })  # fmt: skip
        after = touched(desk, timing=moved)
        assert first.room is not None
        assert after.room is not None
        assert (after.room.id, after.room.starts_at) == (first.room.id, datetime(2026, 12, 3, 9, tzinfo=UTC))


class TestDates:
    def test_a_moved_date_that_goes_back_and_a_cancelled_one_that_returns_are_told(self) -> None:
        desk = Desk()
        followed(desk, WEEKLY)
        touched(desk, exceptions=(a_date(start=SECOND + HOUR, end=SECOND + 2 * HOUR),))
        touched(desk, exceptions=(), cancelled_dates=("2026-12-15",))
        restored = touched(desk, cancelled_dates=())
        told = [note for note in desk.store.notes if "date of" in note]
        assert told == [
            "The date of 2026-12-08 moved to 2026-12-08 10:00 UTC.",
            "The date of 2026-12-08 is back at its time.",
            "The date of 2026-12-15 was cancelled; the room stays.",
            "The date of 2026-12-15 was restored.",
        ]
        assert (restored.occurrences_changed, restored.cancelled_dates, body_writes(desk)) == ((), (), 0)

    def test_a_restored_date_gets_its_room_in_a_rolling_series(self) -> None:
        desk = Desk()
        followed(desk, WEEKLY, ROLLING)
        gone = touched(desk, cancelled_dates=("2026-12-01",))
        assert gone.room is not None
        assert gone.room.starts_at == SECOND
        back = touched(desk, cancelled_dates=())
        assert back.room is not None
        assert back.room.starts_at == WEEKLY.start_instant
        assert desk.rooms.calls.count("create") == 1, "the one room takes whichever date comes next"

    def test_who_is_added_to_one_date_gets_a_token_for_it_and_loses_it_when_it_is_over(self) -> None:
        desk = Desk()
        sent(desk, scheduled(desk, WEEKLY, TOKENS))
        before = touched(desk, participants=(PARIS, WARSAW))
        during = touched(desk, exceptions=(a_date(joined=(TORONTO,)),))
        assert set(holders(during)) == {PARIS.address, TORONTO.address, WARSAW.address}
        assert holders(during)[PARIS.address] == holders(before)[PARIS.address], "the others keep theirs"
        [mail] = mails_to(desk, TORONTO)
        assert "8 December 2026" in mail.text, mail.text
        assert "weekly" not in mail.text.lower(), "told of the one date, not of the series"
        assert "Colleague in Toronto is invited, for 2026-12-08 alone." in desk.store.notes
        for week in range(2):
            desk.now = WEEKLY.end_instant + timedelta(weeks=week)
            after = look_at_meeting(before.id, desk.doors)
            assert after is not None
        assert set(holders(after)) == {PARIS.address, WARSAW.address}
        assert len(desk.rooms.issued[after.room.id if after.room else 0]) == 2

    def test_who_is_taken_off_one_date_keeps_the_series(self) -> None:
        desk = Desk()
        before = followed(desk, WEEKLY, TOKENS)
        after = touched(desk, exceptions=(a_date(left=(PARIS.address,)),))
        assert holders(after) == holders(before)

    def test_in_a_rolling_series_a_dates_own_people_are_those_of_its_room(self) -> None:
        desk = Desk()
        first = WEEKLY.start_instant
        choices = Choices(access=AccessType.TOKEN, room_per_date=True)
        date = Occurrence(first, first, first + HOUR, "occurrence-1", True, joined=(TORONTO,), left=(PARIS.address,))
        meeting = scheduled(desk, WEEKLY, choices)
        desk.office.events["event-1"] = replace(sent(desk, meeting), exceptions=(date,))
        assert set(holders(looked(desk))) == {TORONTO.address}
        desk.now = WEEKLY.end_instant
        after = look_at_meeting(meeting.id, desk.doors)
        assert after is not None
        assert set(holders(after)) == {PARIS.address}, "the next date has the people of the series"


class TestPeople:
    @pytest.mark.parametrize("role", [AttendeeType.OPTIONAL, AttendeeType.REQUIRED])
    def test_required_and_optional_change_nothing_but_the_record(self, role: AttendeeType) -> None:
        desk = Desk()
        other = replace(
            PARIS, attendee_type=AttendeeType.OPTIONAL if role is AttendeeType.REQUIRED else PARIS.attendee_type
        )
        meeting = scheduled(desk, choices=TOKENS)
        desk.office.events["event-1"] = replace(sent(desk, meeting), participants=(other, TORONTO))
        before = looked(desk)
        desk.rooms.calls.clear()
        after = touched(desk, participants=(replace(PARIS, attendee_type=role), TORONTO))
        assert (holders(after), desk.rooms.calls, len(desk.office.sent)) == (holders(before), [], 2)
        assert f"Colleague in Paris is {role} now." in desk.store.notes

    def test_a_person_made_a_resource_loses_the_token_and_a_resource_made_a_person_gets_one(self) -> None:
        desk = Desk()
        meeting = scheduled(desk, choices=TOKENS)
        desk.office.events["event-1"] = replace(sent(desk, meeting), participants=(PARIS, TORONTO, AURORA))
        assert set(holders(looked(desk))) == {PARIS.address, TORONTO.address}
        swapped = (PARIS, replace(TORONTO, attendee_type=AttendeeType.RESOURCE),
                   replace(AURORA, attendee_type=AttendeeType.REQUIRED))  # fmt: skip
        after = touched(desk, participants=swapped)
        assert set(holders(after)) == {PARIS.address, AURORA.address}
        assert len(mails_to(desk, AURORA)) == 1
        assert len(mails_to(desk, TORONTO)) == 1

    def test_who_came_and_who_left_is_told_by_name_up_to_three(self) -> None:
        desk = Desk()
        followed(desk)
        touched(desk, participants=(TORONTO, WARSAW))
        assert "Colleague in Toronto and Colleague in Warsaw are invited." in desk.store.notes
        assert "Colleague in Paris is not invited any more." in desk.store.notes
        touched(desk, participants=tuple(Participant(f"p{number}@contoso.example") for number in range(4)))
        assert "4 people are invited." in desk.store.notes


class TestDamage:
    def damaged(self, desk: Desk) -> None:
        """A client swallows the closing line; the link survives."""
        text = desk.office.events["event-1"].body
        broken = text.replace("_" * 36, "")
        assert broken != text
        desk.office.touch("event-1", body=broken)

    def test_damage_alone_is_no_reason_for_a_mail_and_is_mended_with_the_next_change(self) -> None:
        desk = Desk()
        followed(desk)
        self.damaged(desk)
        looked(desk)
        looked(desk)
        assert body_writes(desk) == 0
        touched(desk, subject="Budget")
        assert body_writes(desk) == 1
        assert "_" * 36 in desk.office.events["event-1"].body
        assert desk.office.events["event-1"].body.count("Dear all") == 1
        touched(desk, subject="Budget 2027")
        assert body_writes(desk) == 1
        assert any("written whole again" in note for note in desk.store.notes)

    def test_what_is_broken_again_after_that_is_the_persons_own_hand(self) -> None:
        desk = Desk()
        followed(desk)
        for number in range(2):
            self.damaged(desk)
            looked(desk)
            touched(desk, subject=f"Budget {number}")
            assert body_writes(desk) == 1
        touched(desk, subject="Budget 3")
        assert body_writes(desk) == 1

    def test_a_change_of_the_link_mends_at_once(self) -> None:
        desk = Desk()
        followed(desk)
        self.damaged(desk)
        looked(desk)
        after = touched(desk, timing=WEEKLY, kind="seriesMaster")
        text = desk.office.events["event-1"].body
        assert body_writes(desk) == 1
        assert invitation_body.find(text, content_type="html", join_url=room_url(after)) == 1
        assert "_" * 36 in text

    def test_words_that_somebody_typed_into_the_block_are_no_damage(self) -> None:
        desk = Desk()
        followed(desk)
        text = desk.office.events["event-1"].body
        desk.office.touch("event-1", body=text.replace("_" * 36, "Please be on time. " + "_" * 36))
        looked(desk)
        touched(desk, subject="Budget")
        assert body_writes(desk) == 0

    def test_an_older_text_written_back_is_put_right_although_the_place_leads_right(self) -> None:
        desk = Desk()
        first = followed(desk)
        opened = desk.office.events["event-1"].body
        second = touched(desk, timing=WEEKLY, kind="seriesMaster")
        assert desk.office.events["event-1"].location == room_url(second)
        touched(desk, body=opened)
        text = desk.office.events["event-1"].body
        assert room_url(second) in text
        assert room_url(first) not in text
        writes = body_writes(desk)
        looked(desk)
        assert body_writes(desk) == writes

    def test_the_link_in_own_words_changes_with_the_room_and_no_block_is_added(self) -> None:
        desk = Desk()
        first = followed(desk)
        touched(desk, body=f"<p>Join at {room_url(first)}</p>")
        after = touched(desk, timing=WEEKLY, kind="seriesMaster")
        assert desk.office.events["event-1"].body == f"<p>Join at {room_url(after)}</p>"

    def test_the_link_alone_in_own_words_is_left_as_it_is(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        words = f"<p>Join at {room_url(meeting)}</p>"
        touched(desk, body=words)
        assert touched(desk, subject="Budget").state is MeetingState.FOLLOWED
        assert desk.office.events["event-1"].body == words


class TestInterruptedOrders:
    def interrupted(self, desk: Desk, *, after: bool) -> None:
        """The next order of tokens loses its answer, before or after ClickMeeting made them."""
        make = desk.rooms.generate_tokens

        def losing(*given: Any) -> tuple[str, ...]:
            desk.rooms.generate_tokens = make  # type: ignore[method-assign]
            if after:
                make(*given)
            raise OutcomeUnknown("the answer was lost")

        desk.rooms.generate_tokens = losing  # type: ignore[method-assign]

    @pytest.mark.parametrize("after", [True, False])
    def test_tokens_of_a_lost_answer_are_used_and_no_others_made(self, after: bool) -> None:
        desk = Desk()
        meeting = scheduled(desk, choices=TOKENS)
        by_hand = desk.rooms.generate_tokens(meeting.room, 2)  # type: ignore[arg-type]
        desk.office.events["event-1"] = replace(sent(desk, meeting), participants=(PARIS, TORONTO))
        self.interrupted(desk, after=after)
        with pytest.raises(OutcomeUnknown):
            looked(desk)
        found = looked(desk)
        assert found.room is not None
        live = set(desk.rooms.issued[found.room.id])
        assert live == {*by_hand, *holders(found).values()}, "nobody's tokens are in nobody's hands"
        assert len(holders(found)) == 2
        assert not set(by_hand) & set(holders(found).values()), "what somebody made by hand is somebody else's"
        assert found.token_order is None

    def test_what_a_lost_order_made_for_people_who_left_meanwhile_is_withdrawn(self) -> None:
        desk = Desk()
        meeting = scheduled(desk, choices=TOKENS)
        desk.office.events["event-1"] = replace(sent(desk, meeting), participants=(PARIS, TORONTO))
        self.interrupted(desk, after=True)
        with pytest.raises(OutcomeUnknown):
            looked(desk)
        after = touched(desk, participants=(TORONTO,))
        assert after.room is not None
        assert desk.rooms.issued[after.room.id] == list(holders(after).values())
        self.interrupted(desk, after=True)
        desk.office.touch("event-1", participants=(TORONTO, WARSAW))
        with pytest.raises(OutcomeUnknown):
            looked(desk)
        alone = touched(desk, participants=(TORONTO,))
        assert desk.rooms.issued[after.room.id] == list(holders(alone).values())
        assert alone.token_order is None


class TestOrganiserGone:
    def test_a_mailbox_that_is_gone_is_no_evidence_against_its_events(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        desk.office.fail["event"] = [NotAllowed("This person has no mailbox.", reason="no-mailbox")]
        with pytest.raises(NotAllowed):
            look_at_meeting(meeting.id, desk.doors)
        assert desk.store.meetings[meeting.id].state is MeetingState.FOLLOWED
        assert len(desk.rooms.live) == 1


class TestDoing:
    def test_a_write_that_meets_a_newer_event_is_read_again_and_built_from_it(self) -> None:
        desk = Desk()
        followed(desk)
        update, tries = desk.office.update, []

        def meddled(event: Event, change: EventChange) -> Event:
            tries.append(event.etag)
            if len(tries) == 1:  # somebody writes while we do
                desk.office.touch("event-1", body=event.body.replace("Dear all", "Dear friends"))
            return update(event, change)

        desk.office.update = meddled  # type: ignore[method-assign]
        desk.office.calls.clear()
        after = touched(desk, timing=WEEKLY, kind="seriesMaster")
        assert desk.office.calls == ["event", "update", "event", "update"]
        assert len(set(tries)) == 2
        text = desk.office.events["event-1"].body
        assert "Dear friends" in text
        assert room_url(after) in text

    def test_a_write_that_is_refused_again_and_again_comes_back_later(self) -> None:
        desk = Desk()
        followed(desk)
        desk.office.fail["update"] = [Changed("busy") for _ in range(3)]
        desk.office.touch("event-1", timing=WEEKLY, kind="seriesMaster")
        with pytest.raises(Changed):
            looked(desk)
        after = looked(desk)
        assert room_url(after) in desk.office.events["event-1"].body
        assert len(desk.rooms.live) == 2, "the room of before waits for its grace period"

    @pytest.mark.parametrize("fields", [
        {"subject": "Budget"},
        {"timing": replace(AT_TEN, end=datetime(2026, 12, 1, 12))},
        {"timing": WEEKLY, "kind": "seriesMaster"},
        {"participants": (PARIS, TORONTO)},
        {"subject": "Budget", "timing": WEEKLY, "kind": "seriesMaster", "participants": (TORONTO,)},
    ])  # fmt: skip
    @pytest.mark.parametrize("choices", [Choices(), TOKENS])
    def test_one_change_is_one_write_at_most_and_our_echo_none(self, fields: dict[str, Any], choices: Choices) -> None:
        desk = Desk()
        followed(desk, choices=choices)
        before = len(desk.office.patches)
        touched(desk, **fields)
        written = len(desk.office.patches) - before
        assert written <= 1
        for _ in range(3):
            looked(desk)
        assert len(desk.office.patches) - before == written

    @pytest.mark.parametrize("what", ["ends", "moved", "cancelled"])
    def test_the_link_leads_to_the_room_of_the_moment(self, what: str) -> None:
        desk = Desk()
        meeting = followed(desk, WEEKLY, ROLLING)
        first = WEEKLY.start_instant
        if what == "moved":
            date = Occurrence(first, first + 3 * HOUR, first + 4 * HOUR, "occurrence-1", True)
            touched(desk, exceptions=(date,))
            wanted = [(first + 3 * HOUR, first + 3 * HOUR), (first + 4 * HOUR, SECOND)]
        elif what == "cancelled":
            touched(desk, cancelled_dates=("2026-12-01",))
            wanted = [(first, SECOND), (SECOND + HOUR, SECOND + timedelta(weeks=1))]
        else:
            wanted = [(first, first), (first + HOUR, SECOND)]
        for moment, starts_at in wanted:
            desk.now = moment
            due = next_look(desk.store.meetings[meeting.id], moment - timedelta(seconds=1), desk.policy)
            assert due is not None
            look_at_meeting(meeting.id, desk.doors)
            room = desk.store.meetings[meeting.id].room
            assert room is not None
            assert room.starts_at == starts_at

    def test_an_uncertain_delivery_is_never_repeated_by_any_later_change(self) -> None:
        desk = Desk()
        meeting = scheduled(desk, choices=TOKENS)
        desk.office.events["event-1"] = replace(sent(desk, meeting), participants=(PARIS, TORONTO))
        desk.office.fail["send"] = [OutcomeUnknown("lost")]
        looked(desk)
        for number in range(3):
            touched(desk, subject=f"Budget {number}", timing=replace(AT_TEN, end=AT_TEN.end + number * HOUR))
        states = [one.delivery for one in desk.store.meetings[meeting.id].invitees]
        assert sorted(states) == sorted([Delivery.SENT, Delivery.UNCERTAIN])
        assert len(desk.office.sent) == 1
