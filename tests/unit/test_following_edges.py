"""Where following could go wrong unseen: sessions that run, edits that are refused, things that vanish in between."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bench_of_looks import WEEKLY as EVERY_WEEK
from bench_of_looks import Bench
from desk_of_fakes import Desk
from desk_verbs import AT_TEN, PARIS, ROLLING, WEEKLY, body_writes, followed, looked, room_url, scheduled

from addin.errors import Missing, Refused, SlotTaken, Unavailable
from addin.following import look_at_meeting
from addin.model import AccessType, Choices, Event, EventChange, Meeting, MeetingState, Occurrence, Participant, Timing
from addin.policy import InvitationSender, Policy
from addin.rooming import SERIES_OVER
from server.store import MEETING

TORONTO = Participant("toronto@contoso.example", "Colleague in Toronto")
TOKENS = Choices(access=AccessType.TOKEN)
IN_SESSION = datetime(2026, 12, 8, 9, 10, tzinfo=UTC)  # the second date of WEEKLY lasts from 9 to 10 UTC
DATE = datetime(2026, 12, 8, 9, tzinfo=UTC)
LATER = replace(AT_TEN, start=datetime(2026, 12, 2, 14), end=datetime(2026, 12, 2, 15))
FREE = replace(AT_TEN, start=datetime(2026, 12, 3, 14), end=datetime(2026, 12, 3, 15))
NEXT_WEEK = replace(AT_TEN, start=datetime(2026, 12, 15, 10), end=datetime(2026, 12, 15, 11))
AN_HOUR_EARLIER = replace(AT_TEN, start=datetime(2026, 12, 1, 9), end=datetime(2026, 12, 1, 10))
PERMANENT = replace(Choices(), permanent=True)


def again(desk: Desk, meeting: Meeting) -> Meeting:
    look_at_meeting(meeting.id, desk.doors)
    return desk.store.meeting(meeting.id)


class TestRunningSessions:
    def a_series_gone_at(self, now: datetime, **event: Any) -> tuple[Desk, Meeting]:
        desk = Desk()
        meeting = followed(desk, WEEKLY)
        if event:
            desk.office.touch("event-1", **event)
        desk.now = now
        again(desk, meeting)
        del desk.office.events["event-1"]
        return desk, again(desk, meeting)

    def test_a_permanent_room_outlives_its_series_until_the_running_date_ends(self) -> None:
        desk, meeting = self.a_series_gone_at(IN_SESSION)
        desk.now = IN_SESSION + timedelta(minutes=31)
        assert again(desk, meeting).state is MeetingState.GONE
        assert desk.rooms.live, "people are in it"
        assert desk.store.due[meeting.id] == datetime(2026, 12, 8, 10, tzinfo=UTC), "looked at as the session ends"
        desk.now = datetime(2026, 12, 8, 10, tzinfo=UTC)
        assert again(desk, meeting).state is MeetingState.ENDED
        assert not desk.rooms.live

    def test_a_date_that_was_moved_onto_now_keeps_the_room_too(self) -> None:
        night = datetime(2026, 12, 9, 20, tzinfo=UTC)
        moved = Occurrence(DATE, night, night + timedelta(hours=2), changed=True)
        desk, meeting = self.a_series_gone_at(night + timedelta(minutes=5), exceptions=(moved,))
        desk.now = night + timedelta(minutes=45)
        assert again(desk, meeting).state is MeetingState.GONE
        assert desk.rooms.live
        desk.now = night + timedelta(hours=2)
        assert again(desk, meeting).state is MeetingState.ENDED

    def test_a_date_that_was_cancelled_keeps_nothing(self) -> None:
        desk, meeting = self.a_series_gone_at(IN_SESSION, cancelled_dates=("2026-12-08",))
        desk.now = IN_SESSION + timedelta(minutes=31)
        assert again(desk, meeting).state is MeetingState.ENDED
        assert not desk.rooms.live

    def test_a_single_appointment_with_a_permanent_room_is_judged_by_its_own_times(self) -> None:
        desk = Desk()
        meeting = followed(desk, choices=PERMANENT)
        desk.now = AT_TEN.start_instant + timedelta(minutes=5)
        del desk.office.events["event-1"]
        again(desk, meeting)
        desk.now += timedelta(minutes=40)
        assert again(desk, meeting).state is MeetingState.GONE
        assert desk.rooms.live

    def test_dates_without_a_pause_end_with_the_one_that_ran(self) -> None:
        whole = Timing(datetime(2026, 12, 1), datetime(2026, 12, 2), "Europe/Warsaw", all_day=True, recurrence={
            "pattern": {"type": "daily", "interval": 1}, "range": {"type": "noEnd", "startDate": "2026-12-01"},
        })  # fmt: skip
        desk = Desk()
        meeting = followed(desk, whole)
        desk.now = IN_SESSION
        del desk.office.events["event-1"]
        again(desk, meeting)
        desk.now += timedelta(hours=1)
        assert again(desk, meeting).state is MeetingState.GONE
        desk.now = datetime(2026, 12, 9, 0, tzinfo=UTC)
        assert again(desk, meeting).state is MeetingState.ENDED, "the dates of a gone series begin no more"

    def test_a_former_permanent_room_waits_for_the_session_in_it(self) -> None:
        desk = Desk()
        meeting = followed(desk, WEEKLY)
        desk.now = IN_SESSION
        desk.office.touch("event-1", timing=NEXT_WEEK)
        assert len(again(desk, meeting).former_rooms) == 1
        desk.now = IN_SESSION + timedelta(minutes=31)
        again(desk, meeting)
        assert len(desk.rooms.live) == 2, "the room of the series is in use until ten"
        desk.now = datetime(2026, 12, 8, 10, tzinfo=UTC)
        again(desk, meeting)
        assert len(desk.rooms.live) == 1

    def test_a_former_room_in_use_outlives_even_the_end_of_its_appointment(self) -> None:
        desk = Desk()
        meeting = followed(desk, WEEKLY)
        desk.now = IN_SESSION
        desk.office.touch("event-1", timing=NEXT_WEEK)
        again(desk, meeting)
        del desk.office.events["event-1"]
        again(desk, meeting)
        desk.now = IN_SESSION + timedelta(minutes=31)
        assert again(desk, meeting).state is MeetingState.GONE
        assert len(desk.rooms.live) == 2
        desk.now = datetime(2026, 12, 8, 10, tzinfo=UTC)
        assert again(desk, meeting).state is MeetingState.ENDED
        assert not desk.rooms.live

    def test_a_draft_in_session_is_not_deleted(self) -> None:
        desk = Desk()
        meeting = scheduled(desk, WEEKLY)
        desk.now = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
        again(desk, meeting)
        assert desk.rooms.live
        desk.now = datetime(2026, 12, 1, 10, tzinfo=UTC)
        assert again(desk, meeting).state is MeetingState.ENDED
        assert not desk.rooms.live


class TestRefusedEdits:
    def test_a_name_refused_with_a_taken_slot_is_given_with_the_next_move(self) -> None:
        desk = Desk()
        followed(desk)
        desk.rooms.fail["edit"] = [SlotTaken("taken")]
        desk.office.touch("event-1", subject="Budget", timing=LATER)
        refused = looked(desk)
        assert refused.attention is not None
        assert desk.rooms.live[1].name == "Review"
        desk.office.touch("event-1", timing=FREE)
        mended = looked(desk)
        assert desk.rooms.live[1].name == "Budget"
        assert desk.rooms.live[1].starts_at == FREE.start_instant
        assert (mended.title, mended.attention) == ("Budget", None)

    def test_a_refused_name_of_a_permanent_room_needs_a_person_until_it_is_taken(self) -> None:
        desk = Desk()
        followed(desk, WEEKLY)
        desk.rooms.fail["edit"] = [Refused("not this name"), Refused("not this name")]
        desk.office.touch("event-1", subject="Budget <2027>")
        first = looked(desk)
        second = looked(desk)
        assert first.attention == second.attention is not None, "it does not go away by itself"
        assert len([mail for mail in desk.office.sent if mail.to_address == first.owner.address]) == 1
        desk.office.touch("event-1", subject="Budget 2027")
        assert looked(desk).attention is None
        assert desk.rooms.live[1].name == "Budget 2027"


class TestSpoiledTokens:
    @pytest.mark.parametrize("error", [Unavailable("away"), SlotTaken("taken"), Refused("no")])
    def test_the_sole_token_is_withdrawn_before_the_room_is_edited(self, error: Exception) -> None:
        desk = Desk()
        meeting = followed(desk, choices=TOKENS)
        assert meeting.token_in_body
        [spoiled] = desk.rooms.issued[1]
        desk.rooms.calls.clear()
        desk.rooms.fail["edit"] = [error]
        desk.office.touch("event-1", subject="Budget", participants=(PARIS, TORONTO))
        if isinstance(error, Unavailable):
            with pytest.raises(Unavailable):
                looked(desk)
        else:
            looked(desk)
        assert desk.rooms.calls.index("withdraw_tokens") < desk.rooms.calls.index("edit")
        assert spoiled not in desk.rooms.issued[1]
        assert spoiled not in desk.office.events["event-1"].body or isinstance(error, Unavailable)

    def test_the_sole_token_is_withdrawn_before_another_room_takes_over(self) -> None:
        desk = Desk()
        followed(desk, choices=TOKENS)
        [spoiled] = desk.rooms.issued[1]
        desk.rooms.calls.clear()
        desk.rooms.fail["create"] = [Unavailable("away")]
        desk.office.touch("event-1", timing=WEEKLY, kind="seriesMaster", participants=(PARIS, TORONTO))
        with pytest.raises(Unavailable):
            looked(desk)
        assert spoiled not in desk.rooms.issued[1]
        meeting = looked(desk)
        held = {one.token for one in meeting.invitees}
        assert len(held) == 2
        assert held == set(desk.rooms.issued[2])
        assert [mail.to_address for mail in desk.office.sent] == [PARIS.address, TORONTO.address]


class TestRoomsGone:
    def test_somebody_invited_to_a_room_that_is_gone_leads_to_another_one(self) -> None:
        desk = Desk()
        before = followed(desk, choices=TOKENS)
        desk.rooms.live.clear()
        desk.rooms.fail["generate_tokens"] = [Missing("There is no such room.")]
        desk.office.touch("event-1", participants=(PARIS, TORONTO))
        meeting = looked(desk)
        assert room_url(meeting) != room_url(before)
        assert room_url(meeting) in desk.office.events["event-1"].body
        assert meeting.attention is None
        assert {one.token for one in meeting.invitees} == set(desk.rooms.issued[2])

    def test_so_does_an_invitation_that_clickmeeting_sends(self) -> None:
        desk = Desk(policy=Policy(invitation_sender=InvitationSender.CLICKMEETING))
        before = followed(desk, choices=TOKENS)
        desk.rooms.live.clear()
        desk.rooms.fail["invite"] = [Missing("There is no such room.")]
        desk.office.touch("event-1", participants=(PARIS, TORONTO))
        meeting = looked(desk)
        assert room_url(meeting) != room_url(before)
        assert {one.delivery for one in meeting.invitees} == {"sent"}

    def test_a_room_that_is_there_all_the_same_is_not_replaced(self) -> None:
        desk = Desk()
        meeting = followed(desk, choices=TOKENS)
        desk.rooms.fail["generate_tokens"] = [Missing("There is no such thing.")]
        desk.office.touch("event-1", participants=(PARIS, TORONTO))
        with pytest.raises(Missing):
            looked(desk)
        assert list(desk.rooms.live) == [1]
        assert desk.store.meeting(meeting.id).room == meeting.room


class TestFinishedRooms:
    def test_the_name_of_what_is_over_is_only_remembered(self) -> None:
        desk = Desk()
        followed(desk)
        desk.now = datetime(2026, 12, 2, 9, tzinfo=UTC)
        desk.rooms.calls.clear()
        desk.rooms.fail["edit"] = [Refused("over (R41)")]
        desk.office.touch("event-1", subject="Minutes")
        meeting = looked(desk)
        assert "edit" not in desk.rooms.calls
        assert (meeting.title, meeting.attention) == ("Minutes", None)
        assert desk.office.sent == []
        assert not any("renamed" in note for note in desk.store.notes)

    def test_nobody_is_asked_about_new_times_of_what_is_over(self) -> None:
        desk = Desk()
        followed(desk)
        desk.now = datetime(2026, 12, 2, 9, tzinfo=UTC)
        desk.office.touch("event-1", timing=AN_HOUR_EARLIER)
        meeting = looked(desk)
        assert meeting.attention is None
        assert desk.office.sent == []
        desk.office.touch("event-1", timing=FREE)
        assert len(looked(desk).former_rooms) == 1, "what is moved on to the future gets a room of its own"

    def test_a_date_of_a_rolling_series_that_moves_on_after_its_room_was_over_gets_another_room(self) -> None:
        desk = Desk()
        before = followed(desk, WEEKLY, ROLLING)
        desk.now = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
        start = datetime(2026, 12, 2, 9, tzinfo=UTC)
        first = datetime(2026, 12, 1, 9, tzinfo=UTC)
        desk.office.touch("event-1", exceptions=(Occurrence(first, start, start + timedelta(hours=1), changed=True),))
        desk.rooms.fail["edit"] = [Refused("over (R41)")]
        writes = body_writes(desk)
        meeting = looked(desk)
        assert room_url(meeting) != room_url(before)
        assert meeting.room is not None
        assert meeting.room.starts_at == start
        assert meeting.attention is None
        assert body_writes(desk) == writes, "our own link leads to the room of the moment"

    def test_a_room_moved_into_the_past_at_clickmeeting_is_replaced(self) -> None:
        desk = Desk()
        before = followed(desk)
        desk.now = datetime(2026, 11, 26, 9, tzinfo=UTC)
        ended = datetime(2026, 11, 25, 9, tzinfo=UTC)
        desk.rooms.live[1] = replace(desk.rooms.live[1], starts_at=ended - timedelta(hours=1), ends_at=ended)
        meeting = again(desk, before)
        assert room_url(meeting) != room_url(before)
        assert "edit" not in desk.rooms.calls


class TestEventsGoneMeanwhile:
    def vanishing(self, desk: Desk) -> None:
        """The person deletes the appointment between our read and our write."""

        def update(event: Event, change: EventChange) -> Event:
            desk.office.events.pop(event.id, None)
            raise Missing("It is not in the mailbox any more.")

        desk.office.update = update  # type: ignore[method-assign]

    def test_a_write_to_a_deleted_appointment_is_its_end_and_nobody_is_asked(self) -> None:
        desk = Desk()
        followed(desk)
        self.vanishing(desk)
        desk.office.touch("event-1", timing=WEEKLY, kind="seriesMaster")
        meeting = looked(desk)
        assert (meeting.state, meeting.attention, meeting.gone_at) == (MeetingState.GONE, None, desk.now)
        assert desk.office.sent == []
        desk.now += timedelta(minutes=31)
        assert again(desk, meeting).state is MeetingState.ENDED
        assert not desk.rooms.live, "neither the new room nor the former one is left"

    def test_a_write_that_misses_what_is_there_is_tried_with_what_is_read_again(self) -> None:
        desk = Desk()
        followed(desk)
        desk.office.fail["update"] = [Missing("moved meanwhile")]
        desk.office.touch("event-1", timing=WEEKLY, kind="seriesMaster")
        meeting = looked(desk)
        assert meeting.state is MeetingState.FOLLOWED
        assert room_url(meeting) in desk.office.events["event-1"].body

    def test_whoever_deletes_the_appointment_is_asked_no_more(self) -> None:
        desk = Desk()
        followed(desk)
        desk.rooms.fail["edit"] = [SlotTaken("taken")]
        desk.office.touch("event-1", timing=LATER)
        assert looked(desk).attention is not None
        del desk.office.events["event-1"]
        meeting = looked(desk)
        assert (meeting.state, meeting.attention) == (MeetingState.GONE, None)


class TestEnds:
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        made = Bench(tmp_path)
        yield made
        made.store.close()

    def test_retention_keeps_what_is_listed_for_its_room_until_somebody_takes_it_away(self, bench: Bench) -> None:
        until = {"type": "endDate", "startDate": "2026-12-01", "endDate": "2026-12-08"}
        assert EVERY_WEEK.recurrence is not None
        meeting = bench.followed(timing=replace(EVERY_WEEK, recurrence={**EVERY_WEEK.recurrence, "range": until}))
        for day in (9, 17):
            bench.desk.now = datetime(2026, 12, day, tzinfo=UTC)
            bench.store.ledger.ask(MEETING, meeting.id)
            bench.work()
        over = bench.store.meeting(meeting.id)
        assert (over.state, over.attention) == (MeetingState.ENDED, SERIES_OVER)
        bench.desk.now += timedelta(days=400)
        assert bench.store.subjects.forget_older(over.owner, bench.desk.now) == 0
        assert [one.id for one in bench.store.find(tenant_id=over.owner.tenant_id)] == [meeting.id]
        bench.store.save(replace(over, attention=None))
        assert bench.store.subjects.forget_older(over.owner, bench.desk.now + timedelta(days=1)) == 1

    def test_a_series_that_ended_unseen_is_listed_all_the_same(self) -> None:
        desk = Desk()
        meeting = followed(desk, WEEKLY)
        desk.now = datetime(2027, 2, 1, tzinfo=UTC)
        over = again(desk, meeting)
        assert (over.state, over.attention) == (MeetingState.ENDED, SERIES_OVER)

    def test_a_question_about_what_is_long_over_is_asked_no_more(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        desk.rooms.fail["edit"] = [SlotTaken("taken")]
        desk.office.touch("event-1", timing=LATER)
        looked(desk)
        desk.now = datetime(2026, 12, 20, tzinfo=UTC)
        over = again(desk, meeting)
        assert (over.state, over.attention) == (MeetingState.ENDED, None)
