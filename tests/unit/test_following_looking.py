"""Looks of the workers over a real store: what a mailbox costs, what a sweep finds, what a refusal leaves behind."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk_of_fakes import NOW, OWNER, Desk, FakeOffice

from addin.composing import compose
from addin.errors import Missing, NotAllowed, Unavailable
from addin.invitation import body as invitation_body
from addin.model import Choices, Event, Meeting, MeetingState, Round, Sight, Timing
from addin.rounds import look_round
from addin.scheduling import Request, schedule
from server.looking import Looker, mark
from server.ops.metrics import Metrics
from server.store import MAILBOX, MEETING, Notice, Seal, SqlStore, new_key, upgrade
from server.store.mailboxes import subject_id
from server.watching import Watching

SUBJECT = subject_id(OWNER)
AT_TEN = Timing(datetime(2026, 12, 1, 10), datetime(2026, 12, 1, 11), "Europe/Warsaw")
WEEKLY = replace(AT_TEN, recurrence={
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
    "range": {"type": "noEnd", "startDate": "2026-12-01"},
})  # fmt: skip


@dataclass
class Delta:
    """Rounds that show `changed` once; `forgotten` makes the next link unknown, `endless` gives no link."""

    changed: list[str] = field(default_factory=list)
    forgotten: bool = False
    endless: bool = False
    calls: list[str] = field(default_factory=list)

    def begin(self, *, after: datetime, before: datetime) -> Round:
        self.calls.append("begin")
        return Round((), None if self.endless else f"link-{len(self.calls)}")

    def go_on(self, link: str) -> Round:
        self.calls.append("go on")
        if self.forgotten:
            self.forgotten = False
            raise Missing("forgotten", reason="resync")
        sights, self.changed = tuple(Sight(event_id) for event_id in self.changed), []
        return Round(sights, None if self.endless else f"link-{len(self.calls)}")


@dataclass
class Subscriptions:
    """Those that the service holds."""

    held: dict[str, datetime] = field(default_factory=dict)
    made: int = 0

    def create(self, *, notification_url: str, lifecycle_url: str, client_state: str, until: datetime) -> Any:
        self.made += 1
        self.held[f"subscription-{self.made}"] = until
        return f"subscription-{self.made}", until

    def renew(self, subscription_id: str, until: datetime) -> datetime:
        if subscription_id not in self.held:
            raise Missing("gone")
        self.held[subscription_id] = until
        return until


class Office(FakeOffice):
    """A mailbox with rounds and subscriptions."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds = Delta()
        self.watched = Subscriptions()

    delta = property(lambda self: self.rounds)
    subscriptions = property(lambda self: self.watched)  # type: ignore[assignment]


class Bench:
    """A worker's surroundings: a real store on a file, everything outside in memory."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder}/store.db"
        upgrade(url)
        self.desk = Desk(office=Office())
        self.office: Any = self.desk.office
        self.store = SqlStore(url, Seal.from_setting(new_key("test")), lambda: self.desk.now)
        doors = replace(self.desk.doors, store=self.store, clock=lambda: self.desk.now)
        watching = Watching("https://addin.example.com", timedelta(minutes=4200))
        self.looker = Looker(doors, self.store, lambda: self.desk.now, watching, Metrics())
        self.doors = doors

    def followed(self, number: str = "event-1", timing: Timing = AT_TEN) -> Meeting:
        meeting = schedule(Request(OWNER, OWNER, "Review", timing, Choices()), self.doors).meeting
        composed = compose(meeting, self.doors.numbers(), self.doors.policy, self.doors.links)
        text = invitation_body.put("<p>Dear all</p>", composed.html, content_type="html", join_url=composed.join_url)
        self.office.events[number] = Event(
            id=number, etag="1", ical_uid=f"uid-{number}", subject="Review", timing=timing, participants=(), body=text,
            organizer_address=OWNER.address, location=composed.location, pane_properties={"clickmeeting": meeting.key},
            kind="seriesMaster" if timing.recurrence else "singleInstance",
        )  # fmt: skip
        self.hint(number)
        self.work()
        found = self.store.meeting(meeting.id)
        assert found.state is MeetingState.FOLLOWED
        self.office.calls.clear()
        self.office.rounds.calls.clear()
        return found

    def hint(self, *event_ids: str, change: str = "updated") -> None:
        self.store.notices.accept([Notice(OWNER.tenant_id, OWNER.user_id, one, change) for one in event_ids])

    def work(self) -> None:
        """Whatever is due now, until nothing is."""
        for _ in range(20):
            claims = self.store.ledger.claim(10, timedelta(minutes=1))
            if not claims:
                return
            for claim in claims:
                self.looker.look(claim.kind, claim.subject_id)
                self.store.ledger.finish(claim)
        raise AssertionError("the work never ends")


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


def test_a_calendar_out_of_reach_is_said_once_in_every_meeting_and_tried_again(bench: Bench) -> None:
    first, second = bench.followed("event-1"), bench.followed("event-2")
    refusal = NotAllowed("The consent was withdrawn.")
    for _ in range(2):
        mark(bench.store, MAILBOX, SUBJECT, refusal)
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
