"""Events as iCalendar files, written and read through the icalendar library; knows no mail and no Graph.

What is written holds a VTIMEZONE of its own for every zone used, UNTIL in UTC as the rule has it, EXDATE and
RECURRENCE-ID in the form of DTSTART (RFC 5545 sections 3.6.1, 3.8.4.4, 3.8.5.1).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from icalendar import Calendar, Event, vCalAddress, vRecur, vText

from addin.errors import InvalidInput
from addin.recurrence import vtimezone
from addin.recurrence.days import LAST_YEAR
from addin.recurrence.rrule import parse
from addin.recurrence.zones import UTC_NAME, load, to_iana

PRODUCT = "-//ClickMeeting for Outlook//EN"
MAXIMUM_BYTES = 1_000_000
_TIMEZONE_YEARS = 20

LocalStart = datetime | date


class Method(StrEnum):
    """What a file asks of its reader (RFC 5546)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class Person:
    """An organiser or attendee: mail address, and a name if one is known."""

    address: str
    name: str = ""


@dataclass(frozen=True)
class Override:
    """One changed occurrence: its original local start, its new one, and what else differs from the series."""

    original: LocalStart
    start: LocalStart
    duration: timedelta
    title: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class CalendarEvent:
    """One event or series. `start` is naive local wall clock in `zone` (a date: all day); so are exclusions."""

    uid: str
    title: str
    start: LocalStart
    duration: timedelta
    zone: str
    rrule: str | None = None
    excluded: tuple[LocalStart, ...] = ()
    added: tuple[LocalStart, ...] = ()
    overrides: tuple[Override, ...] = ()
    description: str = ""
    location: str = ""
    url: str = ""
    organiser: Person | None = None
    attendees: tuple[Person, ...] = ()
    sequence: int = 0


def write(events: Sequence[CalendarEvent], *, now: datetime, method: Method = Method.PUBLISH) -> bytes:
    """The events as one iCalendar file in UTF-8. `now` becomes DTSTAMP.

    Raises InvalidInput for a rule, zone or address that cannot be written.
    """
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method.value)
    for zone, (first, last) in _spans(events, now).items():
        calendar.add_component(vtimezone.build(zone, first, last))
    for event in events:
        calendar.add_component(_event(event, now, method))
        for override in event.overrides:
            calendar.add_component(_override(event, override, now, method))
    return bytes(calendar.to_ical())


def _spans(events: Sequence[CalendarEvent], now: datetime) -> dict[str, tuple[date, date]]:
    spans: dict[str, tuple[date, date]] = {}
    for event in events:
        zone = to_iana(event.zone)
        if zone == UTC_NAME or not isinstance(event.start, datetime):
            continue
        dates = [event.start.date(), *(override.start for override in event.overrides)]
        days = [one.date() if isinstance(one, datetime) else one for one in dates]
        last = date(min(max(max(days).year, now.year) + _TIMEZONE_YEARS, LAST_YEAR), 12, 31)
        first, end = spans.get(zone, (days[0], days[0]))
        spans[zone] = min(first, *days), max(end, last)
    return spans


def _when(value: LocalStart, zone: str) -> LocalStart:
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=UTC if zone == UTC_NAME else load(zone))


def _base(event: CalendarEvent, now: datetime, method: Method) -> Event:
    component = Event()
    component.add("UID", event.uid)
    component.add("DTSTAMP", now.astimezone(UTC).replace(microsecond=0))
    component.add("SEQUENCE", event.sequence)
    if method is Method.CANCEL:
        component.add("STATUS", "CANCELLED")
    if event.organiser is not None:
        component.add("ORGANIZER", _address(event.organiser))
    for attendee in event.attendees:
        address = _address(attendee)
        address.params["PARTSTAT"] = "NEEDS-ACTION"
        address.params["RSVP"] = "TRUE"
        component.add("ATTENDEE", address, encode=False)
    if event.description:
        component.add("DESCRIPTION", event.description)
    if event.url:
        component.add("URL", event.url)
    return component


def _address(person: Person) -> vCalAddress:
    if not person.address.isprintable() or person.address.count("@") != 1 or " " in person.address:
        raise InvalidInput(f"{person.address[:60]!r} is not a mail address", field="address")
    address = vCalAddress(f"mailto:{person.address}")
    if person.name:
        # A parameter cannot hold control characters or double quotes (RFC 5545 section 3.2).
        name = "".join(character for character in person.name if character.isprintable())
        address.params["CN"] = vText(name.replace('"', "'"))
    return address


def _event(event: CalendarEvent, now: datetime, method: Method) -> Event:
    zone = to_iana(event.zone)
    component = _base(event, now, method)
    component.add("SUMMARY", event.title)
    if event.location:
        component.add("LOCATION", event.location)
    component.add("DTSTART", _when(event.start, zone))
    component.add("DTEND", _when(event.start + event.duration, zone))
    if event.rrule is not None:
        parse(event.rrule)
        component.add("RRULE", vRecur.from_ical(event.rrule.upper().removeprefix("RRULE:")))
    if event.excluded:
        component.add("EXDATE", [_when(one, zone) for one in event.excluded])
    if event.added:
        component.add("RDATE", [_when(one, zone) for one in event.added])
    return component


def _override(event: CalendarEvent, override: Override, now: datetime, method: Method) -> Event:
    zone = to_iana(event.zone)
    component = _base(event, now, method)
    component.add("SUMMARY", event.title if override.title is None else override.title)
    location = event.location if override.location is None else override.location
    if location:
        component.add("LOCATION", location)
    component.add("RECURRENCE-ID", _when(override.original, zone))
    component.add("DTSTART", _when(override.start, zone))
    component.add("DTEND", _when(override.start + override.duration, zone))
    return component


def read(data: bytes) -> list[CalendarEvent]:
    """The events of an iCalendar file, each with its overridden instances, in the order of the file.

    Raises InvalidInput for what is no calendar, is larger than `MAXIMUM_BYTES`, names an unknown zone or holds an
    override without its series.
    """
    if len(data) > MAXIMUM_BYTES:
        raise InvalidInput(f"the calendar file is larger than {MAXIMUM_BYTES} bytes", field="file")
    try:
        calendar = Calendar.from_ical(data)
        components = list(calendar.walk("VEVENT"))
        found = _gather(components)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        # The library raises these for broken lines, missing properties and wrong value types alike.
        raise InvalidInput(f"the calendar file cannot be read: {error}", field="file") from error
    if not found:
        raise InvalidInput("the calendar file holds no event", field="file")
    return found


def _gather(components: Sequence[Any]) -> list[CalendarEvent]:
    overrides: dict[str, list[Override]] = {}
    masters: dict[str, Any] = {}
    for component in components:
        uid = str(component["UID"])
        if "RECURRENCE-ID" in component:
            overrides.setdefault(uid, []).append(_read_override(component))
        elif uid in masters:
            raise InvalidInput(f"two events have the UID {uid[:60]!r}", field="UID")
        else:
            masters[uid] = component
    orphans = overrides.keys() - masters.keys()
    if orphans:
        raise InvalidInput(
            f"the file changes an occurrence of {min(orphans)[:60]!r} without holding the series", field="RECURRENCE-ID"
        )
    return [_read_event(component, overrides.get(uid, [])) for uid, component in masters.items()]


def _read_event(component: Any, overrides: Sequence[Override]) -> CalendarEvent:
    start, zone = _read_start(component, "DTSTART")
    rules = _as_list(component.get("RRULE"))
    if len(rules) > 1:
        raise InvalidInput("the event has more than one RRULE; keep one", field="RRULE")
    rrule = rules[0].to_ical().decode() if rules else None
    if rrule is not None:
        parse(rrule)
    organiser = component.get("ORGANIZER")
    return CalendarEvent(
        uid=str(component["UID"]),
        title=str(component.get("SUMMARY", "")),
        start=start,
        duration=_read_duration(component, start),
        zone=zone,
        rrule=rrule,
        excluded=tuple(_dates(component, "EXDATE", zone)),
        added=tuple(_dates(component, "RDATE", zone)),
        overrides=tuple(_in_zone(override, zone, component) for override in overrides),
        description=str(component.get("DESCRIPTION", "")),
        location=str(component.get("LOCATION", "")),
        url=str(component.get("URL", "")),
        organiser=_read_person(organiser) if organiser is not None else None,
        attendees=tuple(_read_person(one) for one in _as_list(component.get("ATTENDEE"))),
        sequence=int(component.get("SEQUENCE", 0)),
    )


def _read_person(prop: Any) -> Person:
    address = str(prop)
    address = address[7:] if address[:7].lower() == "mailto:" else address
    return Person(address, str(prop.params.get("CN", "")))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _zone_of(prop: Any, value: datetime) -> str:
    name = prop.params.get("TZID")
    if name:
        return to_iana(str(name))
    if value.tzinfo is not None:
        return UTC_NAME
    raise InvalidInput("a time without a zone means another instant to every reader; name its zone", field="DTSTART")


def _read_start(component: Any, name: str) -> tuple[LocalStart, str]:
    prop = component[name]
    value = prop.dt
    if not isinstance(value, datetime):
        return value, UTC_NAME
    return value.replace(tzinfo=None), _zone_of(prop, value)


def _read_duration(component: Any, start: LocalStart) -> timedelta:
    if "DTEND" in component:
        end, end_zone = _read_start(component, "DTEND")
        _, zone = _read_start(component, "DTSTART")
        if isinstance(end, datetime) and isinstance(start, datetime):
            if end_zone == zone:
                return end - start
            instant = end.replace(tzinfo=load(end_zone)).astimezone(load(zone)).replace(tzinfo=None)
            return instant - start
        if isinstance(end, datetime) or isinstance(start, datetime):
            raise InvalidInput("DTSTART and DTEND must both be dates or both be times", field="DTEND")
        return end - start
    if "DURATION" in component:
        duration: timedelta = component["DURATION"].dt
        return duration
    return timedelta() if isinstance(start, datetime) else timedelta(days=1)


def _dates(component: Any, name: str, zone: str) -> Iterator[LocalStart]:
    for prop in _as_list(component.get(name)):
        for item in prop.dts:
            value = item.dt
            if isinstance(value, datetime) and value.tzinfo is not None:
                own = prop.params.get("TZID")
                if not own or to_iana(str(own)) != zone:
                    value = value.astimezone(load(zone))
                value = value.replace(tzinfo=None)
            if not isinstance(value, date):
                raise InvalidInput(f"{name}: periods are not dates of a series", field=name)
            yield value


def _read_override(component: Any) -> Override:
    start, _ = _read_start(component, "DTSTART")
    return Override(
        original=_aware(component["RECURRENCE-ID"]),
        start=_aware(component["DTSTART"]),
        duration=_read_duration(component, start),
        title=str(component.get("SUMMARY", "")),
        location=str(component.get("LOCATION", "")),
    )


def _aware(prop: Any) -> LocalStart:
    value = prop.dt
    if not isinstance(value, datetime):
        assert isinstance(value, date)
        return value
    return value.replace(tzinfo=load(_zone_of(prop, value)))


def _in_zone(override: Override, zone: str, series: Any) -> Override:
    """The override with naive starts in the zone of its series, and only what differs from the series."""

    def local(value: LocalStart) -> LocalStart:
        if not isinstance(value, datetime):
            return value
        return value.astimezone(load(zone)).replace(tzinfo=None, fold=0)

    title, location = str(series.get("SUMMARY", "")), str(series.get("LOCATION", ""))
    return Override(
        original=local(override.original),
        start=local(override.start),
        duration=override.duration,
        title=None if override.title == title else override.title,
        location=None if override.location == location else override.location,
    )
