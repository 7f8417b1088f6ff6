"""What the product needs from outside, as small protocols; it knows no implementation.

Every method may raise the errors of `addin.errors` and nothing else; times are zone-aware.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from addin.invitation.content import DialInNumber
from addin.model import (
    Engagement,
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
    Round,
    TokenState,
)
from addin.policy import Policy

Clock = Callable[[], datetime]
"""The present as a zone-aware instant."""


class Rooms(Protocol):
    """The account at ClickMeeting."""

    def check(self) -> None:
        """E1: the key works, else NotSignedIn."""

    def available(self, starts_at: datetime, duration: timedelta, *, room_id: int = 0) -> bool:
        """E8; True where the service does not offer the question."""

    def create(self, spec: RoomSpec, *, not_before: datetime) -> Room:
        """E5, at most one room: after a lost answer it is looked for (by `url_name`, then name, start and creation
        not before `not_before`); Permanent with reason `ambiguous` when several fit."""

    def find(self, spec: RoomSpec, *, not_before: datetime) -> Room | None:
        """The room that an earlier `create` of the same spec made, if it did."""

    def active(self) -> Iterable[Room]:
        """E2: every room of the account that is not over, however many pages that takes."""

    def get(self, room: Room) -> Room:
        """E4 by id, else by room ID or URL (U10); Missing when it is gone."""

    def edit(self, room: Room, change: RoomChange) -> Room:
        """E6; Missing when it is gone, Refused when it is finished (R41), SlotTaken (R40)."""

    def delete(self, room: Room) -> None:
        """E7; what is gone already counts as done."""

    def gateways(self) -> tuple[Gateway, ...]:
        """E24."""

    def generate_tokens(self, room: Room, how_many: int) -> tuple[str, ...]:
        """E10, exactly `how_many` new ones."""

    def tokens(self, room: Room) -> tuple[TokenState, ...]:
        """E11."""

    def withdraw_tokens(self, room: Room, tokens: Iterable[str]) -> None:
        """E13; unknown tokens count as withdrawn."""

    def token_of(self, room: Room, address: str) -> str | None:
        """E12: the token that ClickMeeting itself sent to this address, if any."""

    def invite(self, room: Room, *, address: str, language: str) -> None:
        """E15 for one person: ClickMeeting's own mail, with an own token in a token room (R2). OutcomeUnknown where the
        answer was lost: never sent again by itself."""

    def entry(
        self,
        room: Room,
        *,
        address: str,
        nickname: str,
        role: str,
        password: str | None = None,
        token: str | None = None,
    ) -> str:
        """E14: the link that lets this person in at once as `listener`, `presenter` or `host`; a secret."""


class Calendar(Protocol):
    """One mailbox's calendar."""

    def event(self, event_id: str) -> Event:
        """The event now, with key, pane properties, body, and for a series its exceptions; Missing when gone.
        NotAllowed where the mailbox is gone or closed, which is no evidence of anything."""

    def events_of(self, key: str, join_urls: Iterable[str], *, around: datetime) -> tuple[Event, ...]:
        """Every event that carries our key, the pane's mark, or one of the join URLs (searched around that date)."""

    def written_since(self, moment: datetime) -> Iterable[Event]:
        """Every event of the mailbox that was made or changed since then, to the last page; series as their masters.
        NotAllowed where something is hidden: what was not found is then no evidence."""

    def occurrences(self, event_id: str, *, after: datetime, before: datetime) -> tuple[Occurrence, ...]:
        """The dates of a series between two instants, moved ones included, cancelled ones absent."""

    def busy(self, *, after: datetime, before: datetime) -> tuple[Engagement, ...]:
        """What stands in the calendar between two instants and is not shown as free; series as their dates."""

    def update(self, event: Event, change: EventChange) -> Event:
        """One PATCH with If-Match; Changed when the event moved on meanwhile."""

    def settings(self) -> MailboxSettings:
        """Zone and language of the mailbox."""


class Mail(Protocol):
    """Sending from one mailbox."""

    def send(self, message: Message) -> None:
        """Hand over once; OutcomeUnknown where the answer was lost (never sent again by itself)."""


class Directory(Protocol):
    """What the tenant lets us know of its people."""

    def people(self, addresses: Iterable[str]) -> dict[str, Person]:
        """Who is known, by lower-case address; empty where the tenant did not grant it."""


class Subscriptions(Protocol):
    """Change notifications of one mailbox."""

    def create(
        self, *, notification_url: str, lifecycle_url: str, client_state: str, until: datetime
    ) -> tuple[str, datetime]:
        """Subscription id and the expiry that the service granted."""

    def renew(self, subscription_id: str, until: datetime) -> datetime:
        """The new expiry; Missing when it has to be made anew."""

    def delete(self, subscription_id: str) -> None:
        """What is gone already counts as done."""


class Delta(Protocol):
    """Rounds over what changed in one mailbox's calendar."""

    def begin(self, *, after: datetime, before: datetime) -> Round:
        """A first, full round over a window, which stays the window of all rounds that follow from it."""

    def go_on(self, link: str) -> Round:
        """What changed since the round that gave `link`; Missing where the service has forgotten it."""


class Office(Protocol):
    """Everything of Microsoft's that belongs to one mailbox, behind one door."""

    @property
    def hears(self) -> bool:
        """Whether changes of this mailbox can be subscribed to; else it has to be asked again and again."""

    @property
    def calendar(self) -> Calendar: ...

    @property
    def mail(self) -> Mail: ...

    @property
    def directory(self) -> Directory: ...

    @property
    def subscriptions(self) -> Subscriptions: ...

    @property
    def delta(self) -> Delta: ...


class Tenancy(Protocol):
    """What differs from mailbox to mailbox: the policy, and the account at ClickMeeting."""

    def policy(self, owner: Mailbox) -> Policy:
        """What holds for this mailbox now."""

    def account(self, owner: Mailbox) -> str:
        """The account that a new meeting of this mailbox gets its room in; "" is that of the settings."""

    def rooms(self, owner: Mailbox, account: str) -> Rooms:
        """The rooms of one of the tenant's accounts; NotAllowed where it was taken away."""

    def numbers(self, owner: Mailbox, account: str) -> tuple[DialInNumber, ...]:
        """The dial-in list of one of the tenant's accounts."""


class Store(Protocol):
    """Our own memory of meetings. Every change is one transaction together with the ledger row that it asks for."""

    def add(self, meeting: Meeting, *, due_at: datetime | None = None) -> Meeting: ...

    def meeting(self, meeting_id: str) -> Meeting:
        """Missing when there is none."""

    def save(
        self, meeting: Meeting, *, note: str | None = None, due_at: datetime | None = None, source: str | None = None
    ) -> Meeting:
        """Version plus one; Changed when somebody else saved meanwhile. `note` goes into the history in plain words,
        with where the change was heard of: `source`, else what the present tally says."""

    def find(
        self,
        *,
        tenant_id: str,
        key: str | None = None,
        event_id: str | None = None,
        ical_uid: str | None = None,
        room_url: str | None = None,
        owner_id: str | None = None,
    ) -> tuple[Meeting, ...]:
        """Meetings of one tenant that fit everything given."""

    def exclusive(self, subject: str) -> AbstractContextManager[None]:
        """Only one at a time works on `subject` (a meeting or a mailbox), across threads and processes."""
