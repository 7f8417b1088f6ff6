"""The words of the product as frozen data; it knows no service's shapes, no storage and no network."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo


class Kind(StrEnum):
    """What ClickMeeting calls `room_type`."""

    MEETING = "meeting"
    WEBINAR = "webinar"


class AccessType(StrEnum):
    """R1: who may come in."""

    OPEN = "open"
    PASSWORD = "password"  # noqa: S105 - the name of a kind of access
    TOKEN = "token"  # noqa: S105 - the name of a kind of access


class Strategy(StrEnum):
    """Which rooms an event gets (design, rooms for a series)."""

    SINGLE = "single"
    PERMANENT = "permanent"
    ROLLING = "rolling"


class TokenDelivery(StrEnum):
    """Where a participant's own token is told: in an own mail, or in the shared body."""

    PERSONAL = "personal"
    BODY = "body"


class AttendeeType(StrEnum):
    """How Outlook invites somebody; a resource is a room or a thing, a guest stands on our list alone."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    RESOURCE = "resource"
    GUEST = "guest"


class MeetingState(StrEnum):
    """Where a meeting stands between the press of the button and its end."""

    SCHEDULING = "scheduling"  # the intent is kept, the room may not exist yet
    DRAFT = "draft"  # the room exists, the appointment was not yet seen in the calendar
    FOLLOWED = "followed"  # linked to its event, the room follows
    GONE = "gone"  # the event is gone or cancelled; the room waits for its grace period
    ENDED = "ended"  # nothing is kept in step any more


class Delivery(StrEnum):
    """What became of one personal invitation (design principle 8: at most once)."""

    NONE = "none"
    INTENDED = "intended"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"


@dataclass(frozen=True)
class Participant:
    """Somebody invited. `address` is lower case and is the identity."""

    address: str
    name: str = ""
    attendee_type: AttendeeType = AttendeeType.REQUIRED
    declined: bool = False


@dataclass(frozen=True)
class Invitee:
    """What a participant has from us: an own token (secret) and the state of the personal invitation.

    `told` marks the times that a guest was told: Outlook tells guests of no change, so we do. `unread` says that
    ClickMeeting may have told this person a token by itself which it was not asked for yet (E12).
    """

    address: str
    name: str = ""
    token: str | None = field(default=None, repr=False)
    delivery: Delivery = Delivery.NONE
    told: str = ""
    unread: bool = False


@dataclass(frozen=True)
class Timing:
    """When: wall clock in `zone` (IANA), which decides over daylight saving. `recurrence` is Graph's pattern and range.

    `start` and `end` are naive; for an all-day event they stand at midnight and `end` is exclusive.
    `zone_name` is the name that the calendar used (often a Windows name), kept to write back the same.
    """

    start: datetime
    end: datetime
    zone: str
    all_day: bool = False
    recurrence: dict[str, Any] | None = None
    zone_name: str = ""

    @property
    def start_instant(self) -> datetime:
        """The first start as an instant in UTC."""
        return self.start.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def end_instant(self) -> datetime:
        """The first end as an instant in UTC."""
        return self.end.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def duration(self) -> timedelta:
        """Real time between start and end."""
        return self.end_instant - self.start_instant


@dataclass(frozen=True)
class Choices:
    """What the person (or policy) chose for the meeting; these never come from the calendar."""

    kind: Kind = Kind.MEETING
    access: AccessType = AccessType.OPEN
    password: str | None = field(default=None, repr=False)
    permanent: bool = False
    dial_in: bool = False
    dial_in_country: str | None = None
    language: str = "en"
    registration: bool = False
    room_per_date: bool = False
    token_delivery: TokenDelivery = TokenDelivery.PERSONAL
    lobby_message: str = ""
    agenda: str = ""


@dataclass(frozen=True)
class Room:
    """A ClickMeeting conference without its secrets. `starts_at`, `ends_at` are absent for permanent rooms.

    `id` is for API paths only; `pin` is the room ID that people see; PINs are for callers (R22).
    `dial_in` is None where the answer does not say whether the gateway is on (U22).
    """

    id: int
    pin: int
    name: str
    url: str
    kind: Kind
    access: AccessType
    permanent: bool
    active: bool
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    zone: str | None = None
    listener_pin: int | None = None
    presenter_pin: int | None = field(default=None, repr=False)
    dial_in: bool | None = None
    created_at: datetime | None = None
    url_name: str = ""


@dataclass(frozen=True)
class RoomSpec:
    """A room to be made. `starts_at` is zone-aware; `url_name` is unguessable and finds the room again (U30)."""

    name: str
    kind: Kind
    access: AccessType
    permanent: bool
    url_name: str
    zone: str
    starts_at: datetime | None = None
    duration: timedelta | None = None
    password: str | None = field(default=None, repr=False)
    dial_in: bool = False
    registration: bool = False
    lobby_message: str = ""


@dataclass(frozen=True)
class RoomChange:
    """What is to be different about a room; None leaves it. `permanent` is the present value, never a new one (R8)."""

    permanent: bool
    name: str | None = None
    kind: Kind | None = None
    starts_at: datetime | None = None
    duration: timedelta | None = None
    zone: str | None = None
    access: AccessType | None = None
    password: str | None = field(default=None, repr=False)
    dial_in: bool | None = None
    lobby_message: str | None = None


@dataclass(frozen=True)
class TokenState:
    """One token of a room as ClickMeeting lists it (R39: single use)."""

    token: str = field(repr=False)
    address: str | None = None
    used_at: datetime | None = None


@dataclass(frozen=True)
class Gateway:
    """A dial-in number as the provider gives it: `country` ISO 3166 upper case, `number` as printed."""

    country: str
    location: str
    number: str


@dataclass(frozen=True)
class Occurrence:
    """One date of a series, known by its original start; all instants in UTC.

    `joined` are invited to this date and not to the series, `left` the addresses of whom it is the other way round.
    """

    original_start: datetime
    start: datetime
    end: datetime
    event_id: str = ""
    changed: bool = False
    joined: tuple[Participant, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Engagement:
    """Something that keeps the owner of a calendar busy: a single event or one date of a series; instants in UTC."""

    start: datetime
    end: datetime
    subject: str = ""
    event_id: str = ""
    series_id: str | None = None


@dataclass(frozen=True)
class Event:
    """The Outlook item as it stands now. `key` is our extended property, `pane_properties` what the pane wrote.

    `kind` is Graph's `type`: singleInstance, seriesMaster, occurrence, exception.
    """

    id: str
    etag: str
    ical_uid: str
    subject: str
    timing: Timing
    participants: tuple[Participant, ...]
    kind: str = "singleInstance"
    series_master_id: str | None = None
    original_start: datetime | None = None
    is_organizer: bool = True
    is_cancelled: bool = False
    is_draft: bool = False
    organizer_address: str = ""
    body: str = field(default="", repr=False)
    body_type: str = "html"
    location: str = ""
    key: str | None = None
    pane_properties: dict[str, str] = field(default_factory=dict, repr=False)
    exceptions: tuple[Occurrence, ...] = ()
    cancelled_dates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sight:
    """Something seen in a round. Removed ones have only the id; a date of a series names its series.

    A deleted date is not told as removed: its series is told again, and what is missing has to be noticed.
    """

    event_id: str
    etag: str = ""
    series_master_id: str | None = None
    removed: bool = False


@dataclass(frozen=True)
class Round:
    """What one round over a calendar saw, each id once, with its latest etag.

    `link` starts the next round; None where this one did not come to an end, so that the next begins afresh.
    """

    sights: tuple[Sight, ...]
    link: str | None


@dataclass(frozen=True)
class EventChange:
    """One PATCH of an event; None leaves a part. Body and location mail every attendee, the key does not (1.8)."""

    body: str | None = field(default=None, repr=False)
    body_type: str = "html"
    location: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class EventLink:
    """Which event a meeting belongs to, and its etag after our own last write (to know our echo)."""

    event_id: str
    ical_uid: str
    etag: str = ""


@dataclass(frozen=True)
class Mailbox:
    """A calendar's owner: tenant and object id are the identity, never the address."""

    tenant_id: str
    user_id: str
    address: str = ""
    name: str = ""


@dataclass(frozen=True)
class MailboxSettings:
    """What the person set in Outlook: IANA zone and BCP 47 language."""

    zone: str
    language: str


@dataclass(frozen=True)
class Person:
    """What the directory tells of somebody, where the tenant granted that; None is unknown."""

    address: str
    country: str | None = None
    language: str | None = None
    zone: str | None = None


@dataclass(frozen=True)
class Message:
    """A mail to one person. `calendar` is an .ics text for who is not on the Outlook attendee list."""

    to_address: str
    to_name: str
    subject: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    calendar: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class IntendedRoom:
    """A room that is to take over: kept before it is asked for, so that it is found again if that is interrupted."""

    strategy: Strategy
    title: str
    timing: Timing
    date: Occurrence | None = None


@dataclass(frozen=True)
class TokenOrder:
    """Tokens asked for (E10), kept before the call: whatever stands in the room beyond `before` came of it."""

    room_id: int
    before: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Meeting:
    """What we keep in step: one per Outlook single event or series.

    `id` is public (API, links); `key` is the secret that the event carries; `version` counts saves.
    `title`, `timing`, `participants` are what was last applied to the room; `attention` says why a person is needed,
    `attention_told` marks the sentences that the organiser was mailed, `attention_mail` how the last mail ended;
    `reader_countries` (ISO 3166, of participants, as known at scheduling) and `owner_country` order the numbers;
    `token_in_body` is true while the only participant's token stands in the shared body (design principle 4), and
    `block_outdated` from the moment that the block shows a room or token of before until it is written anew, so
    that no interruption between the two leaves it; so are tokens kept in `to_withdraw` until ClickMeeting let go of
    them. `block_damaged` says that a part of it was seen missing, which is mended with the next change of the
    appointment, once (`block_mended`): afterwards it is the person's own hand. `renewal_due` is when the tokens of a
    series are next renewed: as an occurrence ends (R39). `own_link` says that the shared block prints our link instead
    of the room's; `account` is whose rooms these are at ClickMeeting ("": the account of the settings). Both stay as
    they were when the meeting was made.
    """

    id: str
    key: str = field(repr=False)
    owner: Mailbox
    scheduler: Mailbox
    title: str
    timing: Timing
    choices: Choices
    strategy: Strategy
    state: MeetingState
    created_at: datetime
    participants: tuple[Participant, ...] = ()
    invitees: tuple[Invitee, ...] = ()
    room: Room | None = None
    former_rooms: tuple[Room, ...] = ()
    event: EventLink | None = None
    gone_at: datetime | None = None
    token_in_body: bool = False
    reader_countries: tuple[str, ...] = ()
    owner_country: str | None = None
    attention: str | None = None
    occurrences_changed: tuple[Occurrence, ...] = ()
    cancelled_dates: tuple[str, ...] = ()
    to_withdraw: tuple[str, ...] = field(default=(), repr=False)
    block_outdated: bool = False
    block_damaged: bool = False
    block_mended: bool = False
    renewal_due: datetime | None = None
    room_date: Occurrence | None = None
    former_urls: tuple[str, ...] = ()
    former_until: datetime | None = None
    seen_named: bool = False
    own_link: bool = False
    account: str = ""
    intended_room: IntendedRoom | None = None
    token_order: TokenOrder | None = None
    attention_told: tuple[str, ...] = ()
    attention_mail: Delivery = Delivery.NONE
    version: int = 0
