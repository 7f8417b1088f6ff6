"""The API's shapes as they go over the wire, checked by pydantic; it knows no use case."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

Text = Annotated[str, StringConstraints(max_length=255)]
Address = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=320, pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+$")
]


class Shape(BaseModel):
    """Unknown members are refused, so that a misspelt wish is never silently ignored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ParticipantShape(Shape):
    """`guest`: somebody whom Outlook does not invite; we do, with an .ics."""

    address: Address
    name: Text = ""
    type: Literal["required", "optional", "resource", "guest"] = "required"


class RecurrenceShape(Shape):
    """Exactly one of the three spellings."""

    officejs: dict[str, Any] | None = None
    rrule: Annotated[str, StringConstraints(max_length=10_240)] | None = None
    graph: dict[str, Any] | None = None


class DialInShape(Shape):
    enabled: bool = False
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = None


class TimingRequest(Shape):
    """When. `start` and `end` with an offset are instants, without one wall clock in `time_zone`."""

    start: datetime
    end: datetime
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    all_day: bool = False
    recurrence: RecurrenceShape | None = None
    participants: list[ParticipantShape] = Field(default_factory=list, max_length=5000)


class SeriesRequest(TimingRequest):
    """A series to look at. With `clashes` the organiser's calendar is asked; `meeting_id` is the one it belongs to.

    `owner` is whose calendar it stands in, where a delegate schedules for somebody else.
    """

    language: Annotated[str, StringConstraints(max_length=35)] = "en"
    dates: Annotated[int, Field(ge=1, le=50)] = 10
    clashes: bool = False
    meeting_id: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")] | None = None
    owner: Address | None = None


class MeetingRequest(TimingRequest):
    """What the pane asks for. `owner` is whose calendar it stands in, where a delegate schedules for somebody else."""

    title: Text
    kind: Literal["meeting", "webinar"] = "meeting"
    access: Literal["open", "password", "token"] = "open"
    password: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    permanent: bool = False
    dial_in: DialInShape = Field(default_factory=DialInShape)
    language: Annotated[str, StringConstraints(max_length=35)] = "en"
    token_delivery: Literal["personal", "body"] = "personal"  # noqa: S105 - a way of telling, no token
    registration: bool = False
    room_per_date: bool = False
    lobby_message: Text = ""
    agenda: Annotated[str, StringConstraints(max_length=10_000)] = ""
    owner: Address | None = None

    @field_validator("title")
    @classmethod
    def _no_controls(cls, value: str) -> str:
        if any(ord(letter) < 32 for letter in value) or any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            raise ValueError("must be one line of text")
        return value


class MeetingChange(Shape):
    """Any part of a meeting request; what is absent stays as it is."""

    title: Text | None = None
    start: datetime | None = None
    end: datetime | None = None
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    all_day: bool | None = None
    recurrence: RecurrenceShape | None = None
    participants: Annotated[list[ParticipantShape], Field(max_length=5000)] | None = None
    kind: Literal["meeting", "webinar"] | None = None
    access: Literal["open", "password", "token"] | None = None
    password: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    permanent: bool | None = None
    dial_in: DialInShape | None = None
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    token_delivery: Literal["personal", "body"] | None = None
    registration: bool | None = None
    room_per_date: bool | None = None
    lobby_message: Text | None = None
    agenda: Annotated[str, StringConstraints(max_length=10_000)] | None = None


class MeetingPath(Shape):
    meeting_id: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]


class IdempotencyHeader(BaseModel):
    """RFC draft Idempotency-Key: one per press, repeated with each try of the same press."""

    idempotency_key: Annotated[str, StringConstraints(min_length=8, max_length=128)] = Field(alias="Idempotency-Key")


class BodyRequest(Shape):
    """The open appointment's body and what to do with our block in it."""

    op: Literal["put", "remove"]
    content_type: Literal["html", "text"] = "html"
    body: Annotated[str, StringConstraints(max_length=4_000_000)]


class EntryRequest(Shape):
    role: Literal["host", "presenter"]


class OptionalIdempotencyHeader(BaseModel):
    """As `IdempotencyHeader`, where a request without a key does no harm when it is repeated."""

    idempotency_key: Annotated[str, StringConstraints(min_length=8, max_length=128)] | None = Field(
        None, alias="Idempotency-Key"
    )


class InviteRequest(Shape):
    """Whom to tell (null: who has no personal invitation yet), and by whom (null: as the policy says)."""

    addresses: Annotated[list[Address], Field(max_length=500)] | None = None
    by: Literal["graph", "clickmeeting"] | None = None


class InvitedPerson(Shape):
    """`link` is this person's own signed link to our page; null for rooms, things and the organiser.

    `country` (ISO 3166) and `language` (BCP 47) are what the directory or the mail domain tells; null where unknown.
    """

    address: str
    name: str
    type: str
    declined: bool
    delivery: str
    has_token: bool
    link: str | None
    country: str | None
    language: str | None


class InvitedAnswer(Shape):
    """`waiting` counts who was told nothing yet, or in vain."""

    participants: list[InvitedPerson]
    waiting: int


class MeetingsQuery(BaseModel):
    """`attention`: only those that need a person (true), or only those that do not (false)."""

    attention: bool | None = None


class OptionsQuery(BaseModel):
    """`owner`: whose calendar the appointment stands in, where a delegate schedules for somebody else."""

    owner: Address | None = None


class DialInQuery(BaseModel):
    country: Annotated[str, StringConstraints(pattern="^[A-Za-z]{2}$")] | None = None


class RoomAnswer(Shape):
    room_id: int
    url: str


class InvitationAnswer(Shape):
    html: str
    text: str
    location: str


class ParticipantAnswer(Shape):
    address: str
    name: str
    delivery: str
    has_token: bool


class CallsAnswer(Shape):
    graph: int
    clickmeeting: int


class HistoryAnswer(Shape):
    """`source`: notification, round, clock, pane, participant, admin or clickmeeting; empty where nobody knows."""

    time: datetime
    text: str
    source: str
    calls: CallsAnswer


class FollowingAnswer(Shape):
    """How changes of the appointment are heard of; `minutes` is the pause where the calendar is asked by and by."""

    by: Literal["notifications", "polling", "not-yet"]
    minutes: int | None


class MeetingAnswer(Shape):
    """A meeting as its organiser may see it; never the key of the account, hashes or participants' tokens."""

    id: str
    state: str
    title: str
    start: str
    end: str
    time_zone: str
    all_day: bool
    recurrence_text: str | None
    kind: str
    access: str
    password: str | None
    strategy: str
    permanent: bool
    dial_in: DialInShape
    language: str
    token_delivery: str
    registration: bool
    room_per_date: bool
    lobby_message: str
    agenda: str
    room: RoomAnswer | None
    join_url: str | None
    invitation: InvitationAnswer | None = None
    pane_properties: dict[str, str] | None = None
    participants: list[ParticipantAnswer]
    warnings: list[str]
    attention: str | None
    following: FollowingAnswer
    history: list[HistoryAnswer] | None = None


class MeetingsAnswer(Shape):
    meetings: list[MeetingAnswer]


class BodyAnswer(Shape):
    body: str
    changed: bool


class EntryAnswer(Shape):
    url: str


class NumberAnswer(Shape):
    country: str
    location: str
    e164: str
    display: str


class NumbersAnswer(Shape):
    numbers: list[NumberAnswer]


class PreviewAnswer(Shape):
    html: str
    text: str
    recurrence_text: str | None
    warnings: list[str]


class ElsewhereAnswer(Shape):
    time_zone: str
    start: datetime


class SeriesDateAnswer(Shape):
    """`start` and `end` with the offset of the series' zone. `clashes` is null where the calendar was not read.

    `offset_changed`: the clocks changed since the date before. `elsewhere`: times in participants' zones, with their
    offset, where these people see another clock time than on the date before.
    """

    start: datetime
    end: datetime
    offset_changed: bool
    elsewhere: list[ElsewhereAnswer]
    clashes: list[str] | None


class SeriesAnswer(Shape):
    """`sentence` is null for a single event. `more`: further dates follow those told."""

    sentence: str | None
    time_zone: str
    all_day: bool
    dates: list[SeriesDateAnswer]
    more: bool


class OptionsAnswer(BaseModel):
    """What may be chosen. `defaults` are parts of a meeting request, `locks` say why a choice cannot be changed."""

    languages: list[str]
    kinds: list[str]
    access_types: list[str]
    defaults: dict[str, Any]
    locks: dict[str, str]
    dial_in_countries: list[dict[str, str]]
    max_participants: int
    add_by_default: bool
    organiser: dict[str, str]


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    reason: str
    field: str | None = None
    claims: str | None = None
    nearest: str | None = None
    nearest_text: str | None = None
    counterexample: dict[str, str] | None = None
    retry_after: int | None = None
    meeting_id: str | None = None
    consent_url: str | None = None


_ANYWHERE = (400, 401, 413, 415, 422, 429, 500)


def answers(statuses: tuple[int, ...], success: dict[int, type[BaseModel] | None] | None = None) -> dict[Any, Any]:
    """The answers of a route for the OpenAPI document: what it gives, and a problem for each of `statuses`.

    What can happen to any call (a broken body, too many calls) is added.
    """
    told = {"content": {"application/problem+json": {"schema": Problem.model_json_schema()}}}
    return {**(success or {}), **{status: dict(told) for status in sorted({*statuses, *_ANYWHERE})}}
