"""Users, services and a dying server as one machine: everything that may go wrong between Outlook and ClickMeeting.

The store, the ledger, the notices, the worker and its looks are the product's own over a database file; calendar, mail
and ClickMeeting are fakes that keep what happened. What must hold is said in `Laws`, in the words of the promise.
"""

import atexit
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from desk_of_fakes import OWNER, Desk, FakeOffice, FakeRooms

from addin.composing import compose
from addin.dates import next_end, next_occurrence
from addin.delivering import own_token
from addin.errors import AddinError, Missing, OutcomeUnknown, Unavailable
from addin.finding import join_urls
from addin.invitation import body as invitation_body
from addin.model import (
    AccessType,
    AttendeeType,
    Choices,
    Delivery,
    Event,
    Meeting,
    MeetingState,
    Participant,
    Round,
    Sight,
    Strategy,
    Timing,
)
from addin.policy import Policy
from addin.rooming import finished
from addin.scheduling import Doors, Request, schedule
from server.looking import Looker, mark
from server.ops.figures import Figures
from server.ops.metrics import Metrics
from server.store import MAILBOX, MEETING, Notice, Seal, SqlStore, new_key, upgrade
from server.store.ledger import Claim
from server.store.mailboxes import subject_id
from server.watching import Watching
from server.work.backoff import Backoff
from server.work.worker import Worker
from tests.unit.invitation import rewritings

_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory: every commit of these stories is durable
KEY = new_key("storm")
SWEEP = timedelta(hours=1)
LEASE = timedelta(minutes=1)
CLOCKS_DIFFER = timedelta(minutes=5)
_STAMPS = re.compile(r"^(DTSTAMP|SEQUENCE|LAST-MODIFIED)[:;].*$", re.MULTILINE)
TOKEN = re.compile(r"T\d+X\d{3,}")
PEOPLE = tuple(Participant(f"{name}@contoso.example", name.title()) for name in ("paris", "toronto", "warsaw"))
GUEST = Participant("guest@fabrikam.example", "Guest", AttendeeType.GUEST)
READS = ("event", "events_of", "go_on", "begin", "renew", "get", "tokens", "find")
CHANGES = {
    "clickmeeting": ("create", "edit", "delete", "generate_tokens", "withdraw_tokens"),
    "graph": ("update", "send", "create_subscription"),
}


class Died(BaseException):
    """The process is gone at this point; nothing of it catches anything."""


@dataclass
class Trouble:
    """Strikes at one of the next boundaries: a service fails for some calls, or the process dies, before or after."""

    countdown: int = 0
    service: str = ""  # empty: the process dies
    after: bool = False
    calls: int = 1
    interrupted_sends: int = 0
    deaths: int = 0
    failures: int = 0

    @contextmanager
    def around(self, service: str, name: str, *, changes: bool) -> Iterator[None]:
        """One effect of ours upon `service` (`store` for our own database)."""
        strikes = self._strikes(service, changes)
        if strikes and not (self.after and changes):
            self._strike(name, done=False)
        yield
        if strikes and self.after and changes:
            self._strike(name, done=True)

    def _strikes(self, service: str, changes: bool) -> bool:
        if self.countdown == 0 or (self.service and self.service != service) or not (changes or self.service):
            return False
        self.countdown -= 1
        if self.countdown:
            return False
        self.calls -= 1
        self.countdown = 1 if self.calls > 0 and self.service else 0
        return True

    def _strike(self, name: str, *, done: bool) -> None:
        if not self.service:
            self.deaths += 1
            self.interrupted_sends += name == "send"
            raise Died
        self.failures += 1
        if not done:
            raise Unavailable("no answer")
        self.interrupted_sends += name == "send"
        raise OutcomeUnknown("the answer was lost")


class Calendar(FakeOffice):
    """The mailbox: every change is told in the next round, and by notification while a subscription stands."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[str, bool]] = []
        self.held: set[str] = set()
        self.forgotten = False
        self.made = 0

    delta = property(lambda self: self)
    subscriptions = property(lambda self: self)  # type: ignore[assignment]

    def changed(self, event_id: str, *, removed: bool = False) -> None:
        self.log.append((event_id, removed))

    def update(self, event: Event, change: Any) -> Event:
        now = super().update(event, change)
        self.changed(event.id)
        return now

    def begin(self, *, after: datetime, before: datetime) -> Round:
        return Round(tuple(Sight(event_id) for event_id in self.events), str(len(self.log)))

    def go_on(self, link: str) -> Round:
        if self.forgotten:
            self.forgotten = False
            raise Missing("forgotten", reason="resync")
        fresh = dict(self.log[int(link) :])
        return Round(tuple(Sight(one, removed=removed) for one, removed in fresh.items()), str(len(self.log)))

    def create(self, **asked: Any) -> tuple[str, datetime]:
        self.made += 1
        self.held.add(f"subscription-{self.made}")
        return f"subscription-{self.made}", asked["until"]

    def renew(self, subscription_id: str, until: datetime) -> datetime:
        if subscription_id not in self.held:
            raise Missing("gone")
        return until


@dataclass
class Client:
    """One of a user's clients. `stale` ones save the text that they opened; `rewriting` is what they make of it."""

    name: str
    rewriting: str | None = None
    stale: bool = False
    opened: dict[str, str] = field(default_factory=dict)

    def text(self, event: Event) -> str:
        """The body that a save of this client leaves."""
        body = self.opened.get(event.id, event.body) if self.stale else event.body
        self.opened[event.id] = event.body
        return rewritings.ALL[self.rewriting](body) if self.rewriting else event.body


@cache
def _empty_database() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="storm-", dir=_MEMORY if _MEMORY.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    upgrade(f"sqlite:///{folder}/empty.db")
    return folder


class Storm:
    """A server over a file, its surroundings, and what the users know of their own doings."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - chance of a test, drawn by hypothesis
        self.desk = Desk(
            rooms=FakeRooms(), office=Calendar(), policy=Policy(check=SWEEP, draft_bound=timedelta(days=40))
        )
        self.office: Any = self.desk.office
        self.trouble = Trouble()
        self.clients = (Client("phone"), Client("web", "web_2025"), Client("desktop", "word", stale=True))
        self.undelivered: list[tuple[str, str]] = []
        self.deleted: dict[str, Event] = {}
        self.taken_out: set[str] = set()
        self.presses = 0
        self.latest = self.desk.now
        self._file = _empty_database() / f"{seed}-{id(self)}.db"
        shutil.copy(_empty_database() / "empty.db", self._file)
        self._wire()
        self.start()

    # the server

    def start(self) -> None:
        """A process begins: nothing of an earlier one is left but the file."""
        self.store = SqlStore(f"sqlite:///{self._file}", Seal.from_setting(KEY), self.clock, patience_s=5)
        for name in ("add", "save"):
            setattr(self.store, name, self._around("store", name, getattr(self.store, name)))
        accept = self.store.notices.accept
        self.store.notices.accept = self._around("store", "accept", accept)  # type: ignore[method-assign]
        self.doors: Doors = replace(self.desk.doors, store=self.store, clock=self.clock)
        watching = Watching("https://addin.example.com", timedelta(minutes=4200), sweep=SWEEP, idle_sweep=SWEEP)
        figures = Figures(self.store.usage, self.clock)
        looker = Looker(self.doors, self.store, self.clock, watching, Metrics(), figures)
        backoff = Backoff(timedelta(seconds=1), timedelta(minutes=10))
        self.worker = Worker(
            self.store, looker.look, lambda kind, subject, error: mark(self.doors, kind, subject, error), lease=LEASE,
            backoff=backoff,
        )  # fmt: skip

    def restart(self) -> None:
        self.store.close()
        self.start()

    def close(self) -> None:
        self.store.close()
        for file in self._file.parent.glob(f"{self._file.name}*"):
            file.unlink()

    def jump(self, minutes: int) -> None:
        self.latest = max(self.latest, self.desk.now)
        self.desk.now += timedelta(minutes=minutes)

    def clock(self) -> datetime:
        return self.desk.now

    def work(self, most: int) -> bool:
        """Whatever is due now, at most so many subjects; False where there was more, or where the process died."""
        done = 0
        while claims := self.store.ledger.claim(2, LEASE):
            for claim in claims:
                if done == most:
                    self._let_lie(claim)
                    continue
                done += 1
                try:
                    self.worker.work(claim)
                except Died:
                    self.restart()
                    return False
            if done == most:
                return False
        return True

    def _let_lie(self, claim: Claim) -> None:
        self.store.ledger.put_back(claim)

    def meetings(self) -> list[Meeting]:
        return list(self.store.find(tenant_id=OWNER.tenant_id, owner_id=OWNER.user_id))

    # what may go wrong

    def _wire(self) -> None:
        rooms: Any = self.desk.rooms
        for service, port, names in (
            ("clickmeeting", rooms, (*CHANGES["clickmeeting"], "get", "tokens", "find")),
            ("graph", self.office, ("update", "send", "create", "event", "events_of", "go_on", "begin", "renew")),
        ):
            for name in names:
                setattr(port, name, self._around(service, name, getattr(port, name)))

    def _around(self, service: str, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        changes = name not in READS

        def wired(*arguments: Any, **named: Any) -> Any:
            with self.trouble.around(service, name, changes=changes):
                return call(*arguments, **named)

        return wired

    def notify(self, event_id: str, change: str) -> None:
        """30 in 100 notifications are lost, 30 doubled; without a subscription there are none."""
        fate = self.chance.random()
        if self.office.held and fate >= 0.3:
            self.undelivered += [(event_id, change)] * (2 if fate >= 0.7 else 1)

    def deliver(self, share: float) -> None:
        """Some of what is on its way arrives, in any order. What we could not keep Microsoft sends again."""
        self.chance.shuffle(self.undelivered)
        count = round(len(self.undelivered) * share)
        arriving, self.undelivered = self.undelivered[:count], self.undelivered[count:]
        for event_id, change in arriving:
            try:
                self.store.notices.accept([Notice(OWNER.tenant_id, OWNER.user_id, event_id, change)])
            except Died:
                self.undelivered.append((event_id, change))
                self.restart()

    # users

    def pick(self, index: int) -> str:
        ids = sorted(self.office.events)
        return str(ids[index % len(ids)])

    def save(self, event_id: str, client: Client, **fields: Any) -> None:
        """A user saves in one of the clients: what was changed there, and the text as that client has it."""
        event = self.office.events[event_id]
        fields.setdefault("body", client.text(event))
        if fields["body"] is None or event_id in self.taken_out:
            fields["body"] = event.body
        self.office.touch(event_id, **fields)
        self.office.changed(event_id)
        self.notify(event_id, "updated")

    def press_and_send(self, timing: Timing, choices: Choices, people: tuple[Participant, ...]) -> None:
        """The press is repeated until it is answered, with the same key; then the appointment is sent."""
        self.presses += 1
        number = f"{self.presses:032}"
        wanted = Request(OWNER, OWNER, f"Review {self.presses}", timing, choices, people)
        while True:
            try:
                with self.store.exclusive(f"meeting:{number}"):
                    meeting = schedule(wanted, self.doors, meeting_id=number).meeting
                self.store.ledger.ask(MAILBOX, subject_id(OWNER))
                break
            except Died:
                self.restart()
            except AddinError:
                continue
        composed = compose(meeting, self.doors.numbers(), self.doors.policy, self.doors.links)
        text = invitation_body.put("<p>Dear all</p>", composed.html, content_type="html", join_url=composed.join_url)
        event = Event(
            id=f"event-{self.presses}", etag="1", ical_uid=f"uid-{self.presses}", subject=meeting.title, timing=timing,
            participants=tuple(one for one in people if one.attendee_type is not AttendeeType.GUEST), body=text,
            organizer_address=OWNER.address, location=composed.location,
            pane_properties={"clickmeeting": meeting.key},
            kind="seriesMaster" if timing.recurrence else "singleInstance",
        )  # fmt: skip
        self.arrive(event)

    def arrive(self, event: Event) -> None:
        self.office.events[event.id] = event
        self.office.changed(event.id)
        self.notify(event.id, "created")

    def leave(self, event_id: str) -> None:
        self.deleted[event_id] = self.office.events.pop(event_id)
        self.office.changed(event_id, removed=True)
        self.notify(event_id, "deleted")

    def come_through_the_page(self, meeting: Meeting, address: str) -> None:
        """A participant follows a link of ours and presses."""
        try:
            with self.store.exclusive(f"meeting:{meeting.id}"):
                own_token(self.store.meeting(meeting.id), address, self.doors)
        except Died:
            self.restart()
        except AddinError:
            pass

    # afterwards

    def sweep(self) -> None:
        """Calm; the regular sweep has come round once. Where the clock was set back it comes by the later clock."""
        self.trouble.countdown = 0
        self.desk.now = self.latest = max(self.latest, self.desk.now) + SWEEP + timedelta(minutes=1)
        assert self.work(500), "the work never ends"

    def effects(self) -> Counter[str]:
        quiet = {"get", "event", "written_since", "tokens", "token_of"}
        return Counter(name for name in (*self.desk.rooms.calls, *self.office.calls) if name not in quiet)

    def look_at_everything(self) -> None:
        notices = [
            Notice(OWNER.tenant_id, OWNER.user_id, one, "updated") for one in (*self.office.events, *self.deleted)
        ]
        self.store.notices.accept(notices)
        for meeting in self.meetings():
            self.store.ledger.ask(MEETING, meeting.id)
        assert self.work(500), "the work never ends"


class Laws:
    """The promise, clause by clause."""

    def __init__(self, storm: Storm) -> None:
        self.storm = storm
        self.now = storm.desk.now
        self.meetings = storm.meetings()
        self.followed = [one for one in self.meetings if one.state is MeetingState.FOLLOWED]
        self.live = storm.desk.rooms.live

    def hold(self) -> None:
        self.no_orphan_room()
        self.no_double_room()
        self.no_participant_was_mailed_twice_for_one_change()
        self.no_mail_was_lost_without_a_word()
        self.uncertain_are_at_most_the_interrupted_sends()
        for event in self.storm.office.events.values():
            if event.id in self.storm.taken_out:
                self.what_was_taken_out_stays_out(event)
            elif next_end(event.timing, event.exceptions, event.cancelled_dates, after=self.now) is not None:
                self.converged(event)

    def no_orphan_room(self) -> None:
        held = {room.id for one in self.meetings for room in (one.room, *one.former_rooms) if room is not None}
        usable = {number for number, room in self.live.items() if not finished(room, self.now + CLOCKS_DIFFER)}
        assert usable <= held, "a room that no meeting knows of"

    def no_double_room(self) -> None:
        held = Counter(room.id for one in self.meetings for room in (one.room, *one.former_rooms) if room is not None)
        assert all(count == 1 for count in held.values()), "a room that two meetings hold"
        events = Counter(one.event.event_id for one in self.followed if one.event is not None)
        assert all(count == 1 for count in events.values()), "an appointment that two meetings follow"
        for meeting in self.followed:
            spare = [room for room in meeting.former_rooms if room.id in self.live and not finished(room, self.now)]
            assert not spare or meeting.former_until is not None, "a replaced room that nobody will delete"

    def no_participant_was_mailed_twice_for_one_change(self) -> None:
        """A guest hears of new times from us alone, with the token of before; nobody else is told one again."""
        others = [mail for mail in self.storm.office.sent if mail.calendar is None]
        told = Counter(token for mail in others for token in set(TOKEN.findall(mail.text)))
        assert all(count == 1 for count in told.values()), f"a token was told more than once: {told}"
        last: dict[tuple[str, str], tuple[str, str]] = {}
        for mail in self.storm.office.sent:
            about = (mail.to_address, mail.subject if mail.to_address == OWNER.address else _meeting_of(mail.html))
            said = (mail.text, _STAMPS.sub("", mail.calendar or ""))
            assert last.get(about) != said, f"{mail.to_address} was told the same twice"
            last[about] = said

    def no_mail_was_lost_without_a_word(self) -> None:
        mails = [(mail.to_address, mail.text) for mail in self.storm.office.sent]
        for meeting in self.meetings:
            assert meeting.attention_mail is not Delivery.INTENDED or meeting.state is MeetingState.ENDED
            for one in meeting.invitees:
                if meeting.state is MeetingState.FOLLOWED:
                    assert one.delivery is not Delivery.INTENDED, "a send whose end nobody asked after"
                if one.delivery is Delivery.SENT and one.token:
                    arrived = any(one.token in text for to, text in mails if to == one.address)
                    assert arrived, f"{one.address} reads as told and was not"

    def uncertain_are_at_most_the_interrupted_sends(self) -> None:
        uncertain = sum(one.delivery is Delivery.UNCERTAIN for meeting in self.meetings for one in meeting.invitees)
        uncertain += sum(meeting.attention_mail is Delivery.UNCERTAIN for meeting in self.meetings)
        assert uncertain <= self.storm.trouble.interrupted_sends

    def what_was_taken_out_stays_out(self, event: Event) -> None:
        assert "rooms.example" not in event.body, "put back against the will"

    def converged(self, event: Event) -> None:
        """Room, text and people are as the calendar has them; the invitation leads to a live room."""
        [meeting] = [one for one in self.followed if one.event is not None and one.event.event_id == event.id]
        assert meeting.attention is None
        assert meeting.room is not None
        assert meeting.room.id in self.live, "an invitation without a live room"
        room = self.live[meeting.room.id]
        assert room.name == event.subject
        if meeting.strategy is not Strategy.PERMANENT:
            date = next_occurrence(event.timing, event.exceptions, event.cancelled_dates, after=self.now)
            assert date is not None
            assert (room.starts_at, room.ends_at) == (date.start, date.end)
        assert event.timing.recurrence is None or meeting.strategy is not Strategy.SINGLE
        urls = join_urls(meeting, self.storm.doors)
        assert urls[0] in event.body, "the appointment leads elsewhere"
        block = {"content_type": "html", "join_url": urls[0], "former": urls[1:]}
        assert invitation_body.find(event.body, **block) == 1, "not one block"
        for other in self.meetings:
            if other.id != meeting.id and other.room is not None:
                assert other.room.url not in event.body + event.location, "the appointment leads into another's room"
        self._people(meeting, event)

    def _people(self, meeting: Meeting, event: Event) -> None:
        invited = {one.address for one in event.participants if one.attendee_type is not AttendeeType.RESOURCE}
        guests = {one.address for one in meeting.participants if one.attendee_type is AttendeeType.GUEST}
        told = {one.address for one in meeting.invitees if one.delivery in (Delivery.SENT, Delivery.UNCERTAIN)}
        assert guests <= told, "a guest was not told"
        if meeting.choices.access is not AccessType.TOKEN or meeting.room is None:
            return
        held = {one.address: one.token for one in meeting.invitees if one.token}
        assert set(held) == invited | guests, "who is invited holds a token, nobody else"
        assert set(held.values()) <= set(self.storm.desk.rooms.issued.get(meeting.room.id, ())), (
            "a told token admits nobody"
        )
        if meeting.token_in_body:
            assert all(token in event.body for token in held.values())
        else:
            assert invited <= told, "somebody was not told"
            assert not any(token in event.body for token in held.values()), "a personal token stands in the text"


def _meeting_of(html: str) -> str:
    found = re.search(r"https://(?:addin\.example\.com/j/(\w+)|rooms\.example/(\w+))", html)
    return found.group(0) if found else ""
