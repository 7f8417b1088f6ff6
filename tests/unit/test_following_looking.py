"""Looks of the workers over a real store: what a mailbox costs, what a sweep finds, what a refusal leaves behind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from bench_of_looks import SUBJECT, WEEKLY, Bench, Delta
from desk_of_fakes import NOW, OWNER
from structlog.testing import capture_logs

from addin.errors import NotAllowed, Stopped, Unavailable
from addin.model import Event, MeetingState
from addin.rounds import look_round
from server.looking import mark
from server.store import MAILBOX, MEETING
from server.store.audit import Act


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_a_burst_of_hints_is_one_read_and_no_round(bench: Bench) -> None:
    bench.followed()
    for _ in range(20):
        bench.hint("event-1")
    bench.work()
    assert bench.office.calls == ["event"]
    assert bench.office.rounds.calls == []


def test_a_sweep_finds_what_nobody_told_of_and_costs_little(bench: Bench) -> None:
    meeting = bench.followed()
    bench.office.touch("event-1", subject="Budget")
    bench.office.rounds.changed = ["event-1"]
    bench.desk.now += timedelta(minutes=61)
    bench.work()
    assert bench.store.meeting(meeting.id).title == "Budget"
    assert bench.office.rounds.calls == ["go on"]
    assert bench.office.calls.count("event") <= 2


def test_a_sweep_proves_the_subscription_and_makes_a_lost_one_anew(bench: Bench) -> None:
    meeting = bench.followed()
    bench.office.watched.held.clear()
    bench.office.touch("event-1", subject="While nobody listened")
    bench.desk.now += timedelta(minutes=61)
    bench.work()
    assert len(bench.office.watched.held) == 1
    assert bench.store.meeting(meeting.id).title == "While nobody listened", "everything known was compared"


@pytest.mark.parametrize("what", ["forgotten", "endless"])
def test_after_a_gap_everything_known_is_compared(bench: Bench, what: str) -> None:
    meeting = bench.followed()
    bench.office.touch("event-1", subject="In the gap")
    setattr(bench.office.rounds, what, True)
    bench.desk.now += timedelta(minutes=61)
    bench.work()
    assert bench.store.meeting(meeting.id).title == "In the gap"


def test_a_death_between_round_and_looks_loses_nothing(bench: Bench) -> None:
    meeting = bench.followed()
    bench.office.touch("event-1", subject="Budget")
    bench.office.rounds.changed = ["event-1"]
    bench.desk.now += timedelta(minutes=61)
    bench.office.fail["event"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        bench.work()
    bench.desk.now += timedelta(minutes=2)
    bench.work()
    assert bench.store.meeting(meeting.id).title == "Budget"


def test_a_hint_that_cannot_be_followed_now_stays_and_holds_up_nobody(bench: Bench) -> None:
    first, second = bench.followed("event-1"), bench.followed("event-2")
    bench.office.touch("event-1", subject="One")
    bench.office.touch("event-2", subject="Two")
    bench.hint("event-1", "event-2")
    bench.office.fail["event"] = [Unavailable("no answer")]
    with pytest.raises(Unavailable):
        bench.looker.look(MAILBOX, SUBJECT)
    titles = {bench.store.meeting(one.id).title for one in (first, second)}
    assert len(titles & {"One", "Two"}) == 1
    bench.looker.look(MAILBOX, SUBJECT)
    assert {bench.store.meeting(one.id).title for one in (first, second)} == {"One", "Two"}


def test_a_fault_at_one_event_holds_up_neither_the_others_nor_the_round(bench: Bench) -> None:
    poisoned, sound = bench.followed("event-1"), bench.followed("event-2")
    bench.office.touch("event-1", subject="One")
    bench.office.touch("event-2", subject="Two")
    read, tries = bench.office.calendar.event, []

    def event(event_id: str) -> Event:
        if event_id == "event-1":
            tries.append(bench.desk.now)
            raise ValueError("a fault of ours")
        return read(event_id)

    bench.office.event = event
    bench.desk.now += timedelta(minutes=61)
    bench.hint("event-1", "event-2")
    with capture_logs() as logs:
        bench.work()
        assert bench.store.meeting(sound.id).title == "Two"
        assert bench.office.rounds.calls == ["go on"]
        assert [hint.event_id for hint in bench.store.notices.seen(OWNER.tenant_id, OWNER.user_id)] == ["event-1"]
        assert bench.looker.metrics.looks.labels(MAILBOX, "fault")._value.get() == 1
        while len(tries) < 10:
            before = len(tries)
            bench.hint("event-2")
            bench.work()
            assert len(tries) == before, "left alone during its pause"
            bench.desk.now = next_due(bench)
            bench.work()
    told, *others = [line for line in logs if line["event"] == "unexpected"]
    assert isinstance(told["exc_info"], ValueError)
    assert len(others) == 9
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[-1] > 4 * pauses[0] > timedelta(0)
    assert "ValueError" in str(bench.store.meeting(poisoned.id).attention), "a person is told in the end"
    assert bench.store.meeting(sound.id).attention is None
    bench.office.event = read
    bench.desk.now += timedelta(hours=7)
    bench.work()
    assert bench.store.meeting(poisoned.id).title == "One"


def test_more_hints_than_one_look_takes_are_all_looked_at_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.looking.AT_ONCE", 20)
    meeting = bench.followed("zzz-event")
    bench.office.touch("zzz-event", subject="Budget")
    bench.hint(*[f"a{number:05}" for number in range(50)], "zzz-event", change="deleted")
    bench.work()
    assert bench.store.notices.seen(OWNER.tenant_id, OWNER.user_id) == ()
    assert bench.store.meeting(meeting.id).title == "Budget"


def test_what_cannot_be_done_after_a_hint_at_one_date_is_said_by_its_series(bench: Bench) -> None:
    meeting = bench.followed(timing=WEEKLY)
    series = bench.office.events["event-1"]
    bench.office.events["date-1"] = replace(series, id="date-1", kind="exception", series_master_id="event-1")
    bench.office.touch("event-1", subject="Budget")
    bench.desk.rooms.fail["edit"] = [NotAllowed("The plan does not allow this.")]
    bench.hint("date-1")
    bench.work()
    assert bench.store.meeting(meeting.id).attention == "The plan does not allow this."
    bench.desk.now += timedelta(days=1, minutes=1)
    bench.work()
    assert bench.store.meeting(meeting.id).title == "Budget"
    assert bench.store.meeting(meeting.id).attention is None


def next_due(bench: Bench) -> datetime:
    """When the mailbox is looked at again."""
    due = bench.store.ledger.next_due()
    assert due is not None
    return due


def test_deleted_dates_whose_series_nobody_named_cost_one_round(bench: Bench) -> None:
    meeting = bench.followed(timing=WEEKLY)
    bench.office.touch("event-1", cancelled_dates=("2026-12-08", "2026-12-15"))
    bench.office.rounds.changed = ["event-1"]
    bench.hint("date-1", "date-2", change="deleted")
    bench.work()
    assert bench.store.meeting(meeting.id).cancelled_dates == ("2026-12-08", "2026-12-15")
    assert bench.office.calls == ["event"]
    assert bench.office.rounds.calls == ["go on"]


def test_a_mailbox_with_nothing_to_follow_is_left_alone_until_its_slow_sweep(bench: Bench) -> None:
    meeting = bench.followed()
    bench.store.save(replace(meeting, state=MeetingState.ENDED))
    for hours in range(1, 24):
        bench.desk.now = NOW + timedelta(hours=hours)
        bench.hint("event-1", "another")
        bench.work()
    assert bench.office.calls == []
    assert bench.office.rounds.calls == []
    bench.desk.now = NOW + timedelta(hours=25)
    bench.work()
    assert bench.office.rounds.calls == ["go on"]


def test_an_appointment_that_comes_back_long_after_its_end_is_found_by_the_slow_sweep(bench: Bench) -> None:
    meeting = bench.followed()
    event = bench.office.events.pop("event-1")
    bench.hint("event-1", change="deleted")
    bench.work()
    bench.desk.now += timedelta(minutes=31)
    bench.work()
    assert bench.store.meeting(meeting.id).state is MeetingState.ENDED
    bench.office.events["event-1"] = event
    bench.office.rounds.changed = ["event-1"]
    bench.desk.now += timedelta(hours=25)
    bench.work()
    [back] = [one for one in bench.store.find(tenant_id=OWNER.tenant_id) if one.state is MeetingState.FOLLOWED]
    assert back.room is not None
    assert back.room.url in bench.office.events["event-1"].body
    due = bench.store.ledger.next_due()
    assert due is not None
    assert due <= bench.desk.now + timedelta(hours=1), "and its mailbox is swept as often as others again"


def test_a_calendar_out_of_reach_is_said_once_in_every_meeting_and_tried_again(bench: Bench) -> None:
    first, second = bench.followed("event-1"), bench.followed("event-2")
    refusal = NotAllowed("The consent was withdrawn.")
    for _ in range(2):
        mark(bench.doors, MAILBOX, SUBJECT, refusal)
    for meeting in (first, second):
        assert "consent" in str(bench.store.meeting(meeting.id).attention)
        assert sum("consent" in note.text for note in bench.store.history(meeting.id)) == 1
    bench.office.fail["event"] = [refusal]
    with pytest.raises(NotAllowed):
        bench.looker.look(MEETING, first.id)
    bench.desk.now += timedelta(days=1, minutes=1)
    bench.work()
    assert bench.store.meeting(first.id).attention is None, "and taken back when it can be read again"


def test_every_four_weeks_a_new_window_is_begun_before_the_old_one_is_left() -> None:
    rounds = Delta(changed=["event-1"])
    now = datetime(2026, 11, 23, tzinfo=UTC)
    seen = look_round(rounds, link="link-0", last_round=now - timedelta(days=29), now=now)
    assert rounds.calls == ["begin", "go on"]
    assert seen.event_ids == ("event-1",)
    assert not seen.gap
    rounds.calls.clear()
    look_round(rounds, link=seen.link, last_round=now, now=now + timedelta(minutes=1))
    assert rounds.calls == ["go on"]


@pytest.mark.parametrize("stale", [False, True], ids=["stopped", "gone-on-a-moment-ago"])
def test_what_comes_due_while_stopped_is_kept(bench: Bench, stale: bool) -> None:
    meeting = bench.followed()
    if not stale:
        bench.store.switches.stop(OWNER.tenant_id, "Administrator", Act(OWNER.tenant_id, "admin", "stopped"))
    bench.store.ledger.ask(MEETING, meeting.id)
    [claim] = bench.store.ledger.claim(1, timedelta(minutes=1), only=(MEETING, meeting.id))
    bench.office.fail["event"] = [Stopped("An administrator has stopped it.")]
    bench.looker.look(claim.kind, claim.subject_id)
    assert bench.store.ledger.finish(claim)
    bench.office.fail.clear()
    pause = timedelta(seconds=2) if stale else timedelta(hours=1)
    only = (MEETING, meeting.id)
    bench.desk.now += pause - timedelta(seconds=1)
    assert bench.store.ledger.claim(1, timedelta(minutes=1), only=only) == []
    bench.desk.now += timedelta(seconds=1)
    assert len(bench.store.ledger.claim(1, timedelta(minutes=1), only=only)) == 1
