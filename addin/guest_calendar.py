"""The appointment as an .ics for a guest whom Outlook does not invite; it knows no mail and no token."""

from datetime import date, datetime

from addin.invitation.calendar_file import CalendarEvent, LocalStart, Method, Override, Person, write
from addin.model import Meeting
from addin.recurrence import to_rrule
from addin.recurrence.zones import wall_clock


def guest_calendar(meeting: Meeting, join_url: str, own_host: str, now: datetime) -> str:
    """An iCalendar text that a later one replaces: same UID, higher SEQUENCE (RFC 5545 3.8.7.4).

    It is published and asks for no answer: Outlook does not know the guest and could not count one (RFC 5546 3.2.1).
    """
    timing = meeting.timing
    rrule, start = None, _local(timing.start, timing.all_day)
    if timing.recurrence is not None:
        converted = to_rrule(timing.recurrence, start=start, zone=timing.zone)
        rrule, start = converted.rrule, converted.start
    event = CalendarEvent(
        uid=f"{meeting.id}@{own_host}",
        title=meeting.title,
        start=start,
        duration=timing.end - timing.start,
        zone=timing.zone,
        rrule=rrule,
        excluded=tuple(_start_on(day, timing.start, timing.all_day) for day in meeting.cancelled_dates),
        overrides=_overrides(meeting),
        location=join_url,
        url=join_url,
        organiser=Person(meeting.owner.address, meeting.owner.name) if meeting.owner.address else None,
        sequence=max(0, int((now - meeting.created_at).total_seconds() // 60)),
    )
    return write([event], now=now, method=Method.PUBLISH).decode("utf-8")


def _overrides(meeting: Meeting) -> tuple[Override, ...]:
    zone, all_day = meeting.timing.zone, meeting.timing.all_day
    return tuple(
        Override(
            original=_local(wall_clock(one.original_start, zone), all_day),
            start=_local(wall_clock(one.start, zone), all_day),
            duration=one.end - one.start,
        )
        for one in meeting.occurrences_changed
    )


def _start_on(day: str, start: datetime, all_day: bool) -> LocalStart:
    return _local(datetime.combine(date.fromisoformat(day), start.time()), all_day)


def _local(start: datetime, all_day: bool) -> LocalStart:
    return start.date() if all_day else start
