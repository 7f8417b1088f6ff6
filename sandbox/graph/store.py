"""The state of all mailboxes in memory and as JSON; it knows neither HTTP nor the rules of calendars."""

import base64
import threading
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.clock import SettableClock
from sandbox.people import TENANTS, Tenant, User

NAMESPACE = uuid.UUID("5a1c3f0e-7d2b-4b8e-9c11-0d5b3f6a7e21")


def new_change_key() -> str:
    """A fresh `changeKey`; the etag is made of it."""
    return base64.b64encode(uuid.uuid4().bytes + b"\x00\x00").decode()


@dataclass
class Change:
    """What one occurrence of a series has for its own."""

    props: dict[str, Any]
    extended: dict[str, Any]
    extensions: dict[str, dict[str, Any]]
    change_key: str
    created: str
    modified: str


@dataclass
class Item:
    """An event: a single one, or the master of a series with its exceptions and cancelled dates (ISO, original).

    `props` holds checked Graph properties; times in it are wall clock with the zone's name as they were sent.
    `uid` is shared by the organiser's item and its copies; `only_day` marks a copy of a single occurrence;
    `invited` holds the addresses (small letters) that an invitation went to.
    """

    key: str
    mailbox: str
    calendar: str
    uid: str
    organiser: str
    props: dict[str, Any]
    created: str
    modified: str
    change_key: str
    is_organiser: bool = True
    is_cancelled: bool = False
    draft: bool = False
    epoch: int = 0
    transaction: str | None = None
    only_day: str | None = None
    response: dict[str, str] = field(default_factory=dict)
    invited: list[str] = field(default_factory=list)
    extended: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, dict[str, Any]] = field(default_factory=dict)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    exceptions: dict[str, Change] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)

    @property
    def is_master(self) -> bool:
        return bool(self.props.get("recurrence"))


@dataclass
class Calendar:
    """A folder of events."""

    key: str
    name: str
    is_default: bool = False
    color: str = "auto"


@dataclass
class Message:
    """A mail in a folder of a mailbox, with its Graph properties."""

    key: str
    folder: str
    change_key: str
    props: dict[str, Any]


@dataclass
class Mailbox:
    """All that one person's mailbox holds. `editors` are the delegates' names; `gone` is a deleted person's."""

    user: User
    tenant: Tenant
    calendars: dict[str, Calendar] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    editors: list[str] = field(default_factory=list)
    gone: bool = False

    @property
    def id(self) -> str:
        return self.user.id

    def default_calendar(self) -> Calendar:
        return next(calendar for calendar in self.calendars.values() if calendar.is_default)


class Store:
    """Every mailbox of both tenants. Whoever reads or changes it holds `lock`."""

    def __init__(self, clock: SettableClock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._mailboxes: dict[str, Mailbox] = {}
        self.reset()

    def reset(self) -> None:
        """Empty mailboxes, each with its default calendar."""
        with self.lock:
            self._mailboxes = {user.id: _fresh(user, tenant) for tenant in TENANTS for user in tenant.users}

    def mailboxes(self) -> Iterator[Mailbox]:
        return (box for box in self._mailboxes.values() if not box.gone)

    def mailbox(self, name: str) -> Mailbox | None:
        """By object id, or in any letter case by user principal name; None for nobody and for who is deleted."""
        return next((box for box in self.mailboxes() if name == box.id or name.lower() == box.user.upn.lower()), None)

    def put_away(self, name: str, *, gone: bool) -> bool:
        """A person is deleted, or restored; False where nobody is called so."""
        found = [box for box in self._mailboxes.values() if name.lower() in (box.id, box.user.upn.lower())]
        for box in found:
            box.gone = gone
        return bool(found)

    def now(self) -> str:
        """The present as Graph writes a DateTimeOffset."""
        return f"{self.clock.now():%Y-%m-%dT%H:%M:%S.%f}0Z"

    def dump(self) -> dict[str, Any]:
        with self.lock:
            return {
                box.id: {
                    "calendars": [asdict(calendar) for calendar in box.calendars.values()],
                    "items": [asdict(item) for item in box.items.values()],
                    "messages": [asdict(message) for message in box.messages.values()],
                    "editors": box.editors,
                    "gone": box.gone,
                }
                for box in self._mailboxes.values()
            }

    def load(self, state: dict[str, Any]) -> None:
        self.reset()
        with self.lock:
            for mailbox_id, held in state.items():
                box = self._mailboxes[mailbox_id]
                box.calendars = {data["key"]: Calendar(**data) for data in held["calendars"]}
                box.items = {data["key"]: _read_item(data) for data in held["items"]}
                box.messages = {data["key"]: Message(**data) for data in held["messages"]}
                box.editors = list(held.get("editors", box.editors))
                box.gone = bool(held.get("gone", False))


def _fresh(user: User, tenant: Tenant) -> Mailbox:
    key = uuid.uuid5(NAMESPACE, f"{user.id}/calendar").hex  # the same on every start
    return Mailbox(user, tenant, {key: Calendar(key, "Calendar", is_default=True)}, editors=list(user.delegates))


def _read_item(data: dict[str, Any]) -> Item:
    changes = {day: Change(**change) for day, change in data["exceptions"].items()}
    return Item(**{**data, "exceptions": changes})
