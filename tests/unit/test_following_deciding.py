"""What following decides beyond the plain move: copies, rolling rooms, refusals, ends, and what a person took out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk_of_fakes import OWNER, Desk
from desk_verbs import AT_TEN, HOUR, ROLLING, WEEKLY, body_writes, followed, looked, room_url, scheduled, sent

from addin.errors import InvalidInput, Missing, NotAllowed, SlotTaken
from addin.following import Look, copies_of, look_at_event, look_at_meeting, next_look
from addin.model import (
    AccessType,
    Choices,
    Event,
    Meeting,
    MeetingState,
    Occurrence,
    Strategy,
)
from addin.scheduling import cancel


def copied(desk: Desk, number: str = "event-2", **fields: Any) -> Event:
    """A copy as Outlook makes it: the same text and properties, another id and iCalUId."""
    later = replace(AT_TEN, start=datetime(2026, 12, 9, 10), end=datetime(2026, 12, 9, 11))
    wanted = {"id": number, "ical_uid": f"uid-{number}", "timing": later} | fields
    desk.office.events[number] = replace(desk.office.events["event-1"], **wanted)
    return desk.office.events[number]


class TestCopies:
    def test_a_copy_gets_a_room_of_its_own_by_one_write_and_says_so(self) -> None:
        desk = Desk()
        original = followed(desk)
        copied(desk)
        before = len(desk.office.patches)
        copy = looked(desk, "event-2")
        assert copy.id != original.id
        assert room_url(copy) != room_url(original)
        assert len(desk.rooms.live) == 2
        text = desk.office.events["event-2"].body + desk.office.events["event-2"].location
        assert room_url(copy) in text
        assert room_url(original) not in text
        assert "Dear all" in text
        assert len(desk.office.patches) == before + 1
        assert room_url(original) in desk.office.events["event-1"].body, "the original is left as it was"
        assert any("copy of another appointment" in note for note in desk.store.notes)

    def test_a_second_look_at_a_copy_makes_no_third_meeting(self) -> None:
        desk = Desk()
        followed(desk)
        copied(desk)
        first = looked(desk, "event-2")
        patches = len(desk.office.patches)
        again = looked(desk, "event-2")
        assert again.id == first.id
        assert len(desk.store.meetings) == 2
        assert len(desk.office.patches) == patches

    def test_a_copy_of_a_copy_is_a_copy_too(self) -> None:
        desk = Desk()
        followed(desk)
        copied(desk)
        second = looked(desk, "event-2")
        desk.office.events["event-3"] = replace(desk.office.events["event-2"], id="event-3", ical_uid="uid-3")
        third = looked(desk, "event-3")
        assert len({room_url(second), room_url(third)}) == 2
        assert room_url(second) not in desk.office.events["event-3"].body

    def test_an_appointment_under_another_id_stays_the_same_meeting(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        desk.office.events["event-7"] = replace(desk.office.events.pop("event-1"), id="event-7")
        found = looked(desk, "event-7")
        assert found.id == meeting.id
        assert found.event is not None
        assert found.event.event_id == "event-7"
        assert len(desk.rooms.live) == 1

    def test_a_link_that_somebody_quotes_is_no_copy(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        words = f"<p>Preparation for {room_url(meeting)}</p>"
        copied(desk, body=words, location="Room Aurora", key=None, pane_properties={})
        assert look_at_event(OWNER, "event-2", desk.doors) is None
        assert desk.office.events["event-2"].body == words

    def test_an_appointment_moved_while_nobody_told_keeps_its_room_past_the_grace_period(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        desk.office.events["event-7"] = replace(desk.office.events.pop("event-1"), id="event-7")
        look_at_meeting(meeting.id, desk.doors)
        assert desk.store.meetings[meeting.id].state is MeetingState.GONE
        desk.now += desk.policy.grace
        found = look_at_meeting(meeting.id, desk.doors)
        assert found is not None
        assert found.event is not None
        assert (found.state, found.event.event_id) == (MeetingState.FOLLOWED, "event-7")
        assert len(desk.rooms.live) == 1

    def test_a_copy_that_nobody_told_of_is_found_by_comparing(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        copied(desk)
        assert copies_of([meeting], desk.office) == ["event-2"]

    def test_an_appointment_copied_before_it_was_first_seen_gives_two_meetings(self) -> None:
        desk = Desk()
        meeting = scheduled(desk)
        sent(desk, meeting)
        copied(desk)
        look_at_meeting(meeting.id, desk.doors)
        followed_events = {one.event.event_id for one in desk.store.meetings.values() if one.event is not None}
        assert followed_events == {"event-1", "event-2"}
        assert len(desk.rooms.live) == 2

    def test_a_copy_made_of_a_meeting_long_over_gets_a_room(self) -> None:
        desk = Desk()
        old = followed(desk)
        desk.now = AT_TEN.end_instant + desk.policy.followed_after_end + HOUR
        assert looked(desk).state is MeetingState.ENDED
        coming = replace(AT_TEN, start=datetime(2027, 1, 12, 10), end=datetime(2027, 1, 12, 11))
        copied(desk, timing=coming)
        copy = looked(desk, "event-2")
        assert copy.id != old.id
        assert copy.room is not None
        assert copy.room.starts_at == coming.start_instant

    def test_a_copy_whose_time_is_taken_waits_and_is_mended_when_moved_on(self) -> None:
        desk = Desk()
        original = followed(desk)
        copied(desk)
        desk.rooms.fail["create"] = [SlotTaken("The account has another event at that time.")]
        copy = looked(desk, "event-2")
        assert copy.room is None
        assert copy.attention is not None
        assert room_url(original) in desk.office.events["event-2"].body
        desk.office.touch("event-2", timing=replace(AT_TEN, start=datetime(2026, 12, 10, 10),
                                                    end=datetime(2026, 12, 10, 11)))  # fmt: skip
        mended = looked(desk, "event-2")
        assert mended.attention is None
        assert room_url(mended) in desk.office.events["event-2"].body


class TestRolling:
    @pytest.mark.parametrize("choices", [ROLLING, Choices(room_per_date=True)])
    def test_a_series_with_registration_or_by_choice_has_one_room_a_date_behind_one_link(
        self, choices: Choices
    ) -> None:
        desk = Desk()
        meeting = followed(desk, WEEKLY, choices)
        assert meeting.strategy is Strategy.ROLLING
        own = desk.doors.links.join(meeting.id)
        assert own in desk.office.events["event-1"].body
        assert room_url(meeting) not in desk.office.events["event-1"].body, "nothing that changes with the room"
        assert meeting.room is not None
        assert meeting.room.starts_at == WEEKLY.start_instant
        assert not meeting.room.permanent

    def test_the_next_room_is_made_when_the_previous_date_ends_without_any_mail(self) -> None:
        desk = Desk()
        first = followed(desk, WEEKLY, ROLLING)
        writes = len(desk.office.patches)
        assert next_look(first, desk.now, desk.policy) is not None
        desk.now = WEEKLY.start_instant + timedelta(minutes=30)
        assert looked(desk).room == first.room, "a running date keeps its room"
        assert next_look(looked(desk), desk.now, desk.policy) == WEEKLY.end_instant
        desk.now = WEEKLY.end_instant
        second = look_at_meeting(first.id, desk.doors)
        assert second is not None
        assert second.room is not None
        assert second.room.starts_at == WEEKLY.start_instant + timedelta(weeks=1)
        assert room_url(second) != room_url(first)
        assert len(desk.office.patches) == writes
        desk.now += desk.policy.grace + HOUR
        look_at_meeting(first.id, desk.doors)
        assert len(desk.rooms.live) == 2, "the room of a date that was keeps its statistics"

    @pytest.mark.parametrize("what", ["moved", "cancelled"])
    def test_moved_and_cancelled_dates_count(self, what: str) -> None:
        desk = Desk()
        first = followed(desk, WEEKLY, ROLLING)
        second = WEEKLY.start_instant + timedelta(weeks=1)
        if what == "moved":
            exception = Occurrence(second, second + 5 * HOUR, second + 6 * HOUR, "occurrence-2", True)
            desk.office.touch("event-1", exceptions=(exception,))
            wanted = exception.start
        else:
            desk.office.touch("event-1", cancelled_dates=("2026-12-08",))
            wanted = second + timedelta(weeks=1)
        looked(desk)
        desk.now = WEEKLY.end_instant
        after = look_at_meeting(first.id, desk.doors)
        assert after is not None
        assert after.room is not None
        assert after.room.starts_at == wanted

    def test_dates_that_outgrow_a_scheduled_room_share_a_permanent_one(self) -> None:
        desk = Desk()
        first = followed(desk, WEEKLY, Choices(room_per_date=True))
        desk.office.touch("event-1", timing=replace(WEEKLY, end=WEEKLY.start + 7 * HOUR))
        after = looked(desk)
        assert after.strategy is Strategy.PERMANENT
        assert room_url(after) != room_url(first)
        assert room_url(after) in desk.office.events["event-1"].body
        desk.office.touch("event-1", timing=WEEKLY)
        assert looked(desk).room == after.room, "what is permanent stays: its link is known"

    def test_a_date_moved_before_its_time_moves_its_room(self) -> None:
        desk = Desk()
        first = followed(desk, WEEKLY, ROLLING)
        original = WEEKLY.start_instant
        moved = Occurrence(original, original + 2 * HOUR, original + 3 * HOUR, "occurrence-1", True)
        desk.office.touch("event-1", exceptions=(moved,))
        after = looked(desk)
        assert after.room is not None
        assert after.room.id == first.room.id if first.room else False
        assert after.room.starts_at == moved.start

    def test_after_the_last_date_no_room_is_made(self) -> None:
        desk = Desk()
        meeting = followed(desk, WEEKLY, ROLLING)
        for week in range(4):
            desk.now = WEEKLY.end_instant + timedelta(weeks=week)
            look_at_meeting(meeting.id, desk.doors)
        assert desk.rooms.calls.count("create") == 4
        desk.now += desk.policy.followed_after_end + HOUR
        ended = look_at_meeting(meeting.id, desk.doors)
        assert ended is not None
        assert ended.state is MeetingState.ENDED

    def test_a_room_made_by_a_try_that_died_is_used(self) -> None:
        desk = Desk()
        first = followed(desk, WEEKLY, ROLLING)
        desk.now = WEEKLY.end_instant
        real, died = desk.store.save, []

        def save(meeting: Meeting, **more: Any) -> Meeting:
            if meeting.room != first.room and not died:
                died.append(True)
                raise KeyboardInterrupt
            return real(meeting, **more)

        desk.store.save = save  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            look_at_meeting(first.id, desk.doors)
        look_at_meeting(first.id, desk.doors)
        assert len(desk.rooms.live) == 2


class TestRefusals:
    def test_a_taken_slot_is_told_once_and_mended_when_moved_on(self) -> None:
        desk = Desk()
        before = followed(desk)
        later = replace(AT_TEN, start=datetime(2026, 12, 2, 14), end=datetime(2026, 12, 2, 15))
        desk.office.touch("event-1", timing=later)
        desk.rooms.fail["edit"] = [SlotTaken("Another event then.") for _ in range(3)]
        for _ in range(3):
            marked = looked(desk)
            assert marked.attention is not None
        assert marked.room == before.room
        assert sum("Another event then" in note for note in desk.store.notes) == 1
        desk.office.touch("event-1", timing=replace(later, start=datetime(2026, 12, 3, 14),
                                                    end=datetime(2026, 12, 3, 15)))  # fmt: skip
        mended = looked(desk)
        assert mended.attention is None
        assert mended.room is not None
        assert mended.room.starts_at == datetime(2026, 12, 3, 13, tzinfo=UTC)

    def test_people_are_followed_while_the_slot_is_taken(self) -> None:
        desk = Desk()
        followed(desk)
        desk.office.touch("event-1", participants=(), timing=replace(AT_TEN, end=datetime(2026, 12, 1, 12)))
        desk.rooms.fail["edit"] = [SlotTaken("Another event then.")]
        assert looked(desk).participants == ()

    def test_a_meeting_moved_into_the_past_and_back_is_mended(self) -> None:
        desk = Desk()
        followed(desk)
        desk.office.touch("event-1", timing=replace(AT_TEN, start=datetime(2026, 11, 20, 10),
                                                    end=datetime(2026, 11, 20, 11)), subject="Budget")  # fmt: skip
        marked = looked(desk)
        assert marked.attention is not None
        assert marked.room is not None
        assert marked.room.name == "Budget", "what can be followed is followed"
        desk.office.touch("event-1", timing=AT_TEN)
        assert looked(desk).attention is None
        assert desk.rooms.calls.count("create") == 1


class TestTheRoomItself:
    def test_what_was_changed_at_clickmeeting_is_put_back(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        assert meeting.room is not None
        desk.now += desk.policy.check
        elsewhere = AT_TEN.start_instant + 3 * HOUR
        desk.rooms.live[meeting.room.id] = replace(
            meeting.room, name="Renamed there", starts_at=elsewhere, ends_at=elsewhere + HOUR
        )
        look_at_meeting(meeting.id, desk.doors)
        now = desk.rooms.live[meeting.room.id]
        assert (now.name, now.starts_at) == ("Review", AT_TEN.start_instant)
        edits = desk.rooms.calls.count("edit")
        look_at_meeting(meeting.id, desk.doors)
        assert desk.rooms.calls.count("edit") == edits

    def test_a_room_deleted_there_is_replaced_by_the_daily_comparison(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        desk.now += desk.policy.check
        desk.rooms.live.clear()
        after = look_at_meeting(meeting.id, desk.doors)
        assert after is not None
        assert room_url(after) in desk.office.events["event-1"].body
        assert body_writes(desk) == 1

    def test_a_room_deleted_before_its_appointment_was_found_is_replaced_at_first_sight(self) -> None:
        desk = Desk()
        meeting = scheduled(desk)
        sent(desk, meeting)
        desk.rooms.live.clear()
        desk.now += desk.policy.check
        found = look_at_meeting(meeting.id, desk.doors)
        assert found is not None
        assert room_url(found) != room_url(meeting)
        assert room_url(found) in desk.office.events["event-1"].body

    def test_the_room_that_was_replaced_goes_after_its_grace_period(self) -> None:
        desk = Desk()
        before = followed(desk)
        desk.office.touch("event-1", timing=WEEKLY, kind="seriesMaster")
        after = looked(desk)
        assert before.room is not None
        assert before.room.id in desk.rooms.live, "who still has the old link gets in"
        desk.now += desk.policy.grace
        look_at_meeting(after.id, desk.doors)
        assert set(desk.rooms.live) == {after.room.id if after.room else 0}
        assert room_url(after) in desk.office.events["event-1"].body


class TestEnds:
    def test_an_appointment_that_is_over_ends_and_keeps_its_room(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        desk.now = AT_TEN.end_instant + HOUR
        assert looked(desk).state is MeetingState.FOLLOWED, "it may still be moved on"
        desk.now = AT_TEN.end_instant + desk.policy.followed_after_end
        assert looked(desk).state is MeetingState.ENDED
        assert len(desk.rooms.live) == 1
        assert next_look(desk.store.meetings[meeting.id], desk.now, desk.policy) is None

    def test_an_old_appointment_that_is_tidied_away_keeps_its_archive(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        desk.now = AT_TEN.end_instant + HOUR
        del desk.office.events["event-1"]
        look_at_meeting(meeting.id, desk.doors)
        desk.now += desk.policy.grace + HOUR
        look_at_meeting(meeting.id, desk.doors)
        assert desk.store.meetings[meeting.id].state is MeetingState.ENDED
        assert "delete" not in desk.rooms.calls

    def test_no_room_is_deleted_while_people_are_in_it(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        desk.now = AT_TEN.start_instant - timedelta(minutes=20)
        del desk.office.events["event-1"]
        look_at_meeting(meeting.id, desk.doors)
        desk.now = AT_TEN.start_instant + timedelta(minutes=20)
        look_at_meeting(meeting.id, desk.doors)
        assert "delete" not in desk.rooms.calls
        assert desk.store.due[meeting.id] == AT_TEN.end_instant

    def test_a_series_that_is_over_lists_its_permanent_room(self) -> None:
        desk = Desk()
        meeting = followed(desk, WEEKLY)
        desk.now = WEEKLY.end_instant + timedelta(weeks=3)
        over = look_at_meeting(meeting.id, desk.doors)
        assert over is not None
        assert over.attention is not None
        assert "permanent room" in over.attention
        desk.now += desk.policy.followed_after_end
        ended = look_at_meeting(meeting.id, desk.doors)
        assert ended is not None
        assert (ended.state, ended.attention) == (MeetingState.ENDED, over.attention)
        assert len(desk.rooms.live) == 1
        cancel(meeting.id, desk.doors)
        assert desk.rooms.live == {}, "a person may delete it from the list"
        assert desk.store.meetings[meeting.id].attention is None
        with pytest.raises(Missing):
            cancel(meeting.id, desk.doors)

    def test_a_meeting_moved_on_after_its_end_gets_a_new_room(self) -> None:
        desk = Desk()
        before = followed(desk)
        desk.now = AT_TEN.end_instant + HOUR
        desk.office.touch("event-1", timing=replace(AT_TEN, start=datetime(2026, 12, 5, 10),
                                                    end=datetime(2026, 12, 5, 11)))  # fmt: skip
        after = looked(desk)
        assert room_url(after) != room_url(before), "R41"
        assert room_url(after) in desk.office.events["event-1"].body


class TestTakenOut:
    def test_an_invitation_taken_out_by_hand_is_respected(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        desk.office.touch("event-1", body="<p>Dear all, we meet in person.</p>", location="Room Aurora")
        assert looked(desk).state is MeetingState.ENDED
        patches = len(desk.office.patches)
        desk.office.touch("event-1", subject="In person")
        assert look_at_event(OWNER, "event-1", desk.doors) is None
        assert len(desk.office.patches) == patches
        assert len(desk.rooms.live) == 1
        assert look_at_meeting(meeting.id, desk.doors) is None

    def test_a_link_left_in_the_place_is_still_an_invitation(self) -> None:
        desk = Desk()
        followed(desk)
        desk.office.touch("event-1", body="<p>Dear all</p>", subject="Budget")
        after = looked(desk)
        assert after.state is MeetingState.FOLLOWED
        assert after.room is not None
        assert after.room.name == "Budget"
        assert desk.office.events["event-1"].body == "<p>Dear all</p>", "and not put back"

    def test_a_link_wrapped_by_a_scanner_is_still_an_invitation(self) -> None:
        desk = Desk()
        meeting = followed(desk)
        wrapped = "https://links.example/?url=" + room_url(meeting).replace(":", "%3A").replace("/", "%2F")
        desk.office.touch("event-1", body=f'<a href="{wrapped}&amp;data=x">Join</a>', location="")
        assert looked(desk).state is MeetingState.FOLLOWED


class TestDrafts:
    def checks(self, desk: Desk, meeting: Meeting) -> None:
        for pause in desk.policy.draft_checks:
            desk.now = meeting.created_at + pause
            look_at_meeting(meeting.id, desk.doors)

    def test_a_draft_that_was_never_sent_is_listed_then_deleted_on_evidence(self) -> None:
        desk = Desk()
        long_ago = replace(AT_TEN, start=datetime(2026, 12, 21, 10), end=datetime(2026, 12, 21, 11))
        meeting = scheduled(desk, long_ago)
        self.checks(desk, meeting)
        listed = desk.store.meetings[meeting.id]
        assert listed.attention is not None
        assert len(desk.rooms.live) == 1
        assert "written_since" not in desk.office.calls
        desk.now = meeting.created_at + desk.policy.draft_bound
        look_at_meeting(meeting.id, desk.doors)
        assert desk.rooms.live == {}
        assert "written_since" in desk.office.calls
        assert desk.store.meetings[meeting.id].state is MeetingState.ENDED

    def test_a_calendar_that_cannot_be_read_is_no_evidence(self) -> None:
        desk = Desk()
        long_ago = replace(AT_TEN, start=datetime(2026, 12, 21, 10), end=datetime(2026, 12, 21, 11))
        meeting = scheduled(desk, long_ago)
        desk.now = meeting.created_at + desk.policy.draft_bound
        desk.office.fail["written_since"] = [NotAllowed("No consent.")]
        with pytest.raises(NotAllowed):
            look_at_meeting(meeting.id, desk.doors)
        assert len(desk.rooms.live) == 1

    def test_an_appointment_of_ours_in_an_unusable_zone_counts_as_found(self) -> None:
        desk = Desk()
        long_ago = replace(AT_TEN, start=datetime(2026, 12, 21, 10), end=datetime(2026, 12, 21, 11))
        meeting = scheduled(desk, long_ago)
        sent(desk, meeting)
        desk.now = meeting.created_at + desk.policy.draft_bound
        desk.office.events_of = lambda *_, **__: ()  # type: ignore[method-assign]
        desk.office.fail["event"] = [InvalidInput("The zone is customised.", field="timeZone")]
        with pytest.raises(InvalidInput):
            look_at_meeting(meeting.id, desk.doors)
        assert len(desk.rooms.live) == 1

    def test_a_draft_found_at_the_last_moment_is_followed(self) -> None:
        desk = Desk()
        long_ago = replace(AT_TEN, start=datetime(2026, 12, 21, 10), end=datetime(2026, 12, 21, 11))
        meeting = scheduled(desk, long_ago)
        self.checks(desk, meeting)
        sent(desk, meeting)
        found = looked(desk)
        assert (found.state, found.attention) == (MeetingState.FOLLOWED, None)


class TestCost:
    def test_many_dates_of_one_series_cost_two_reads(self) -> None:
        desk = Desk()
        followed(desk, WEEKLY)
        starts = [WEEKLY.start_instant + timedelta(weeks=week) for week in range(4)]
        moved = tuple(
            Occurrence(start, start + HOUR, start + 2 * HOUR, f"occurrence-{number}", True)
            for number, start in enumerate(starts)
        )
        desk.office.touch("event-1", exceptions=moved)
        master = desk.office.events["event-1"]
        for date in moved:
            desk.office.events[date.event_id] = replace(
                master, id=date.event_id, kind="exception", series_master_id="event-1"
            )
        desk.office.calls.clear()
        look = Look(OWNER, desk.doors)
        for date in moved:
            look.at(date.event_id)
        look.at("event-1")
        assert desk.office.calls == ["event", "event"]

    def test_one_change_costs_one_read_one_edit_and_no_write(self) -> None:
        desk = Desk()
        followed(desk, choices=Choices(access=AccessType.PASSWORD))
        desk.office.calls.clear()
        desk.rooms.calls.clear()
        desk.office.touch("event-1", subject="Budget", timing=replace(AT_TEN, end=datetime(2026, 12, 1, 12)))
        looked(desk)
        looked(desk)
        assert desk.office.calls == ["event", "event"]
        assert desk.rooms.calls == ["edit"]
