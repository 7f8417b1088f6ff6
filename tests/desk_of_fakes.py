"""Plain in-memory ports for the use cases; each records its calls and can be told to fail at the next one."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from addin.errors import Changed, Missing
from addin.invitation.dialin import table
from addin.links import Links
from addin.model import (
    AccessType,
    Event,
    EventChange,
    Gateway,
    Mailbox,
    MailboxSettings,
    Meeting,
    Message,
    Occurrence,
    Person,
    Room,
    RoomChange,
    RoomSpec,
    TokenState,
)
from addin.policy import Policy
from addin.scheduling import Doors

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OWNER = Mailbox("tenant", "organiser-id", "organiser@contoso.example", "Organiser")


@dataclass
class Failing:
    """`fail[name] = [error, ...]`: the next calls raise these, one each, before their effect; None goes on."""

    fail: dict[str, list[Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def called(self, name: str) -> None:
        self.calls.append(name)
        error = self.fail[name].pop(0) if self.fail.get(name) else None
        if error is not None:
            raise error


@dataclass
class FakeRooms(Failing):
    live: dict[int, Room] = field(default_factory=dict)
    specs: dict[str, int] = field(default_factory=dict)
    issued: dict[int, list[str]] = field(default_factory=dict)
    told: list[tuple[str, str | None]] = field(default_factory=list)
    free: bool = True
    _next: int = 1
    _made: int = 0

    def check(self) -> None: ...

    def available(self, starts_at: datetime, duration: timedelta, *, room_id: int = 0) -> bool:
        return self.free

    def create(self, spec: RoomSpec, *, not_before: datetime) -> Room:
        self.called("create")
        number, self._next = self._next, self._next + 1
        room = Room(
            id=number, pin=500_000_000 + number, name=spec.name, url=f"https://rooms.example/{spec.url_name}",
            kind=spec.kind, access=spec.access, permanent=spec.permanent, active=True, starts_at=spec.starts_at,
            ends_at=spec.starts_at + spec.duration if spec.starts_at and spec.duration else None, zone=spec.zone,
            listener_pin=700_000_000 + number, presenter_pin=800_000_000 + number, url_name=spec.url_name,
        )  # fmt: skip
        self.live[number] = room
        self.specs[spec.url_name] = number
        return room

    def find(self, spec: RoomSpec, *, not_before: datetime) -> Room | None:
        return self.live.get(self.specs.get(spec.url_name, 0))

    def get(self, room: Room) -> Room:
        self.called("get")
        if room.id not in self.live:
            raise Missing("The room is gone.")
        return self.live[room.id]

    def edit(self, room: Room, change: RoomChange) -> Room:
        self.called("edit")
        if room.id not in self.live:
            raise Missing("The room is gone.")
        now = self.live[room.id]
        now = replace(now, name=change.name or now.name, starts_at=change.starts_at or now.starts_at)
        if change.starts_at and change.duration:
            now = replace(now, ends_at=change.starts_at + change.duration)
        self.live[room.id] = now
        return now

    def delete(self, room: Room) -> None:
        self.called("delete")
        self.live.pop(room.id, None)

    def gateways(self) -> tuple[Gateway, ...]:
        return ()

    def generate_tokens(self, room: Room, how_many: int) -> tuple[str, ...]:
        self.called("generate_tokens")
        held = self.issued.setdefault(room.id, [])
        fresh = tuple(f"T{room.id}X{self._made + number:03}" for number in range(how_many))
        self._made += how_many
        held.extend(fresh)
        return fresh

    def tokens(self, room: Room) -> tuple[TokenState, ...]:
        told = {token: address for address, token in self.told}
        return tuple(TokenState(token, told.get(token)) for token in self.issued.get(room.id, []))

    def withdraw_tokens(self, room: Room, tokens: Iterable[str]) -> None:
        self.called("withdraw_tokens")
        gone = set(tokens)
        self.issued[room.id] = [token for token in self.issued.get(room.id, []) if token not in gone]

    def invite(self, room: Room, *, address: str, language: str) -> None:
        self.called("invite")
        token = self.generate_tokens(room, 1)[0] if room.access is AccessType.TOKEN else None
        self.told.append((address, token))

    def token_of(self, room: Room, address: str) -> str | None:
        self.called("token_of")
        live = self.issued.get(room.id, [])
        return next((token for told, token in reversed(self.told) if told == address and token in live), None)

    def entry(
        self, room: Room, *, address: str, nickname: str, role: str, password: str | None = None,
        token: str | None = None,
    ) -> str:  # fmt: skip
        return f"{room.url}?l=hash"


@dataclass
class FakeStore:
    meetings: dict[str, Meeting] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    due: dict[str, datetime] = field(default_factory=dict)
    saves: int = 0

    def add(self, meeting: Meeting, *, due_at: datetime | None = None) -> Meeting:
        return self._keep(replace(meeting, version=1), None, due_at)

    def meeting(self, meeting_id: str) -> Meeting:
        if meeting_id not in self.meetings:
            raise Missing("There is no such meeting.")
        return self.meetings[meeting_id]

    def save(
        self, meeting: Meeting, *, note: str | None = None, due_at: datetime | None = None, source: str | None = None
    ) -> Meeting:
        if self.meetings[meeting.id].version != meeting.version:
            raise Changed("saved by somebody else meanwhile")
        self.saves += 1
        return self._keep(replace(meeting, version=meeting.version + 1), note, due_at)

    def find(
        self, *, tenant_id: str, key: str | None = None, event_id: str | None = None, ical_uid: str | None = None,
        room_url: str | None = None, owner_id: str | None = None,
    ) -> tuple[Meeting, ...]:  # fmt: skip
        def fits(meeting: Meeting) -> bool:
            return (
                meeting.owner.tenant_id == tenant_id
                and owner_id in (None, meeting.owner.user_id)
                and key in (None, meeting.key)
                and event_id in (None, meeting.event.event_id if meeting.event else "")
                and room_url in (None, meeting.room.url if meeting.room else "")
            )

        return tuple(meeting for meeting in self.meetings.values() if fits(meeting))

    @contextmanager
    def exclusive(self, subject: str) -> Iterator[None]:
        yield

    def _keep(self, meeting: Meeting, note: str | None, due_at: datetime | None) -> Meeting:
        self.meetings[meeting.id] = meeting
        if note:
            self.notes.append(note)
        if due_at:
            self.due[meeting.id] = due_at
        return meeting


@dataclass
class FakeOffice(Failing):
    """Calendar, mail and directory of one mailbox."""

    events: dict[str, Event] = field(default_factory=dict)
    sent: list[Message] = field(default_factory=list)
    known: dict[str, Person] = field(default_factory=dict)
    patches: list[EventChange] = field(default_factory=list)
    hears: bool = True

    @property
    def calendar(self) -> "FakeOffice":
        return self

    mail = directory = subscriptions = calendar

    def event(self, event_id: str) -> Event:
        self.called("event")
        if event_id not in self.events:
            raise Missing("The event is gone.")
        return self.events[event_id]

    def events_of(self, key: str, join_urls: Iterable[str], *, around: datetime) -> tuple[Event, ...]:
        urls = tuple(join_urls)
        return tuple(
            event for event in self.events.values()
            if key in (event.key, event.pane_properties.get("clickmeeting")) or any(url in event.body for url in urls)
        )  # fmt: skip

    def written_since(self, moment: datetime) -> tuple[Event, ...]:
        self.called("written_since")
        return tuple(self.events.values())

    def occurrences(self, event_id: str, *, after: datetime, before: datetime) -> tuple[Occurrence, ...]:
        return ()

    def update(self, event: Event, change: EventChange) -> Event:
        self.called("update")
        if self.events[event.id].etag != event.etag:
            raise Changed("the event changed meanwhile")
        self.patches.append(change)
        fields = {"key": change.key, "body": change.body, "location": change.location}
        wanted = {name: value for name, value in fields.items() if value is not None}
        now = replace(self.events[event.id], etag=event.etag + "+", **wanted)
        self.events[event.id] = now
        return now

    def touch(self, event_id: str, **fields: object) -> None:
        """Somebody changes the event in Outlook."""
        event = self.events[event_id]
        self.events[event_id] = replace(event, etag=event.etag + "'", **fields)  # type: ignore[arg-type]

    def settings(self) -> MailboxSettings:
        return MailboxSettings("Europe/Warsaw", "en")

    def send(self, message: Message) -> None:
        self.called("send")
        self.sent.append(message)

    def people(self, addresses: Iterable[str]) -> dict[str, Person]:
        return {address: self.known[address] for address in addresses if address in self.known}


@dataclass
class Desk:
    """Everything together, with a clock that is set by hand."""

    rooms: FakeRooms = field(default_factory=FakeRooms)
    store: FakeStore = field(default_factory=FakeStore)
    office: FakeOffice = field(default_factory=FakeOffice)
    now: datetime = NOW
    policy: Policy = field(default_factory=Policy)

    @property
    def doors(self) -> Doors:
        return Doors(
            rooms=self.rooms, store=self.store, clock=lambda: self.now,
            office=lambda mailbox: self.office,  # type: ignore[arg-type,return-value]
            numbers=table, policy=self.policy, links=Links("https://addin.example.com", bytes(32)),
        )  # fmt: skip
