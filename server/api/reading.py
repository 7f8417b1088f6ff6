"""From the API's shapes to a use case's request, zones and recurrence included; it refuses, but it decides nothing."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from addin.errors import InvalidInput, Unsupported
from addin.messages import LANGUAGES, known
from addin.model import (
    AccessType,
    AttendeeType,
    Choices,
    Kind,
    Mailbox,
    Meeting,
    Participant,
    Timing,
    TokenDelivery,
)
from addin.recurrence import Conversion, from_officejs, from_rrule, zones
from addin.recurrence.officejs import OfficeSeries
from addin.scheduling import Request
from server.api.shapes import (
    DialInShape,
    MeetingChange,
    MeetingRequest,
    ParticipantShape,
    RecurrenceShape,
    TimingRequest,
)

_CHOICES = ("kind", "access", "permanent", "language", "registration", "room_per_date", "token_delivery")


def read_request(shape: MeetingRequest, owner: Mailbox, scheduler: Mailbox) -> Request:
    """The request as the use cases want it. InvalidInput or Unsupported name the part at fault."""
    return Request(
        owner=owner,
        scheduler=scheduler,
        title=shape.title,
        timing=read_timing(shape),
        choices=_choices(shape),
        participants=read_participants(shape.participants),
    )


def merged(meeting: Meeting, change: MeetingChange) -> MeetingRequest:
    """A whole request out of a meeting as it is and the parts that are to change."""
    given = change.model_dump(exclude_unset=True)
    timing, choices = meeting.timing, meeting.choices
    present: dict[str, Any] = {
        "title": meeting.title,
        "start": timing.start,
        "end": timing.end,
        "time_zone": timing.zone_name or timing.zone,
        "all_day": timing.all_day,
        "recurrence": {"graph": timing.recurrence} if timing.recurrence else None,
        "participants": [
            {"address": one.address, "name": one.name, "type": one.attendee_type} for one in meeting.participants
        ],
        "kind": choices.kind,
        "access": choices.access,
        "password": choices.password,
        "permanent": choices.permanent,
        "dial_in": DialInShape(enabled=choices.dial_in, country=choices.dial_in_country).model_dump(),
        "language": choices.language,
        "token_delivery": choices.token_delivery,
        "registration": choices.registration,
        "room_per_date": choices.room_per_date,
        "lobby_message": choices.lobby_message,
        "agenda": choices.agenda,
    }
    wanted = {name: value for name, value in given.items() if value is not None or name in ("recurrence", "password")}
    if "start" in wanted and "end" not in wanted:
        wanted["end"] = wanted["start"] + (timing.end - timing.start)
    return MeetingRequest.model_validate(present | wanted)


def read_timing(shape: TimingRequest) -> Timing:
    """When, on the wall clock of the zone that decides; InvalidInput or Unsupported name the part at fault."""
    zone = zones.to_iana(shape.time_zone)
    if (shape.start.tzinfo is None) != (shape.end.tzinfo is None):
        raise InvalidInput("Give start and end both with an offset, or both without one.", field="end")
    start, end = _wall_clock(shape.start, zone), _wall_clock(shape.end, zone)
    if shape.all_day and (start.time() != time() or end.time() != time()):
        raise InvalidInput("An all-day appointment starts and ends at midnight.", field="start")
    recurrence = None
    if shape.recurrence is not None:
        start, end, recurrence, zone = _series(shape.recurrence, start, end, zone, shape.all_day)
    return Timing(start, end, zone, shape.all_day, recurrence, shape.time_zone)


def _wall_clock(moment: datetime, zone: str) -> datetime:
    naive = moment if moment.tzinfo is None else zones.wall_clock(moment, zone)
    return naive.replace(microsecond=0)


def _series(
    shape: RecurrenceShape, start: datetime, end: datetime, zone: str, all_day: bool
) -> tuple[datetime, datetime, dict[str, Any], str]:
    """The series as Graph holds it, with its first real start and the zone that it repeats in."""
    given = [part for part in (shape.officejs, shape.rrule, shape.graph) if part is not None]
    if len(given) != 1:
        raise InvalidInput("Give the recurrence as exactly one of officejs, rrule, graph.", field="recurrence")
    if shape.graph is not None:
        return start, end, shape.graph, zone
    if shape.rrule is not None:
        converted = _converted(shape.rrule, start.date() if all_day else start, zone)
        if len(converted.series) != 1 or converted.series[0].recurrence is None:
            raise Unsupported(
                "Outlook cannot hold this recurrence as one series. Choose a simpler one.", part="recurrence"
            )
        first = _as_datetime(converted.series[0].start)
        return first, first + (end - start), dict(converted.series[0].recurrence), zone
    office: OfficeSeries = from_officejs(shape.officejs or {})
    return office.start, office.start + office.duration, dict(office.recurrence), office.zone


def _converted(rrule: str, start: datetime | date, zone: str) -> Conversion:
    """A refusal that knows a near rule also tells it as a series, so that it can be put into words."""
    try:
        return from_rrule(rrule, start=start, zone=zone)
    except Unsupported as error:
        if error.nearest is not None:
            near = from_rrule(error.nearest, start=start, zone=zone).series
            error.nearest_series = dict(near[0].recurrence) if len(near) == 1 and near[0].recurrence else None
        raise


def _as_datetime(value: datetime | date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def read_language(tag: str) -> str:
    """Our language for a tag; InvalidInput where there is no invitation in it."""
    language = known(tag)
    if language is None:
        raise InvalidInput(
            f"There is no invitation in “{tag}”. Choose one of: {', '.join(LANGUAGES)}.", field="language"
        )
    return language


def completed(choices: Choices, shape: MeetingRequest, defaults: Choices) -> Choices:
    """The policy's `defaults` for every choice that the request does not name."""
    left = {name: getattr(defaults, name) for name in _CHOICES if name not in shape.model_fields_set}
    if "dial_in" not in shape.model_fields_set:
        left |= {"dial_in": defaults.dial_in, "dial_in_country": defaults.dial_in_country}
    return replace(choices, **left)


def _choices(shape: MeetingRequest) -> Choices:
    language = read_language(shape.language)
    return Choices(
        kind=Kind(shape.kind),
        access=AccessType(shape.access),
        password=shape.password,
        permanent=shape.permanent,
        dial_in=shape.dial_in.enabled,
        dial_in_country=shape.dial_in.country,
        language=language,
        registration=shape.registration,
        room_per_date=shape.room_per_date,
        token_delivery=TokenDelivery(shape.token_delivery),
        lobby_message=shape.lobby_message.strip(),
        agenda=shape.agenda.strip(),
    )


def read_participants(shapes: list[ParticipantShape]) -> tuple[Participant, ...]:
    """Each address once."""
    found = {shape.address: Participant(shape.address, shape.name, AttendeeType(shape.type)) for shape in shapes}
    return tuple(found.values())
