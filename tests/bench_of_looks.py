"""A worker's surroundings for unit tests: a real store on a file, mailbox and ClickMeeting in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from desk_of_fakes import OWNER, Desk, FakeOffice

from addin.composing import compose
from addin.errors import Missing
from addin.invitation import body as invitation_body
from addin.model import Choices, Event, Meeting, MeetingState, Round, Sight, Timing
from addin.scheduling import Request, schedule
from server.looking import Looker
from server.ops.figures import Figures
from server.ops.metrics import Metrics
from server.store import Notice, Seal, SqlStore, new_key, upgrade
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
    refusal: Exception | None = None
    calls: list[str] = field(default_factory=list)

    def begin(self, *, after: datetime, before: datetime) -> Round:
        self.calls.append("begin")
        if self.refusal is not None:
            raise self.refusal
        return Round((), None if self.endless else f"link-{len(self.calls)}")

    def go_on(self, link: str) -> Round:
        self.calls.append("go on")
        if self.refusal is not None:
            raise self.refusal
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
    renewed: int = 0
    refusal: Exception | None = None
    unknown: Exception = field(default_factory=lambda: Missing("gone"))

    def create(self, *, notification_url: str, lifecycle_url: str, client_state: str, until: datetime) -> Any:
        if self.refusal is not None:
            raise self.refusal
        self.made += 1
        self.held[f"subscription-{self.made}"] = until
        return f"subscription-{self.made}", until

    def renew(self, subscription_id: str, until: datetime) -> datetime:
        if subscription_id not in self.held:
            raise self.unknown
        self.renewed += 1
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
        figures = Figures(self.store.usage, lambda: self.desk.now)
        self.looker = Looker(doors, self.store, lambda: self.desk.now, watching, Metrics(), figures)
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
