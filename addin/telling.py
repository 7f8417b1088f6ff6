"""Says in plain words what changed about an appointment, for a meeting's history; it decides nothing."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from addin.model import AttendeeType, Event, Meeting, Occurrence, Participant, Timing
from addin.recurrence import phrase

_MOST_NAMES = 3
_ROLES = {
    AttendeeType.REQUIRED: "required",
    AttendeeType.OPTIONAL: "optional",
    AttendeeType.RESOURCE: "a resource",
    AttendeeType.GUEST: "a guest",
}


def when(timing: Timing) -> str:
    """A start as a person reads it."""
    return f"{timing.start:%Y-%m-%d} (all day)" if timing.all_day else f"{timing.start:%Y-%m-%d %H:%M} ({timing.zone})"


def times_told(before: Timing, after: Timing) -> list[str]:
    """What moved: the time, the length, and how the appointment repeats."""
    told = []
    if (before.start, before.zone, before.all_day) != (after.start, after.zone, after.all_day):
        told.append(f"Moved to {when(after)}.")
    elif before.end != after.end:
        told.append(f"Now ends at {after.end:%Y-%m-%d %H:%M} ({after.zone}).")
    if before.recurrence != after.recurrence:
        told.append(_repetition_told(before, after))
    return told


def people_told(before: Iterable[Participant], after: Iterable[Participant]) -> list[str]:
    """Who came, who left, whose part is another now."""
    old, new = ({person.address: person for person in group} for group in (before, after))
    told = []
    for verb, some in (("invited", new.keys() - old.keys()), ("not invited any more", old.keys() - new.keys())):
        if some:
            names = _names([(old | new)[address] for address in (*old, *new) if address in some])
            told.append(f"{names} {'is' if len(some) == 1 else 'are'} {verb}.")
    return told + [
        f"{_name(person)} is {_ROLES[person.attendee_type]} now."
        for address, person in new.items()
        if address in old and old[address].attendee_type is not person.attendee_type
    ]


def dates_told(meeting: Meeting, event: Event) -> list[str]:
    """What became of single dates of a series."""
    before = {occurrence.original_start: occurrence for occurrence in meeting.occurrences_changed}
    after = {occurrence.original_start: occurrence for occurrence in event.exceptions}
    told = []
    for original, date in after.items():
        earlier = before.get(original)
        if _span(earlier) != _span(date) and (earlier is not None or date.start != original):
            told.append(f"The date of {original:%Y-%m-%d} moved to {date.start:%Y-%m-%d %H:%M} UTC.")
        told += [
            f"{line[:-1]}, for {date.start:%Y-%m-%d} alone."
            for line in people_told(earlier.joined if earlier else (), date.joined)
        ]
    if event.timing == meeting.timing:
        told += [
            f"The date of {original:%Y-%m-%d} is back at its time."
            for original, date in before.items()
            if original not in after and date.start != original and not _is_cancelled(original, event)
        ]
    cancelled, restored = (
        [day for day in group if day not in other]
        for group, other in (
            (event.cancelled_dates, meeting.cancelled_dates),
            (meeting.cancelled_dates, event.cancelled_dates),
        )
    )
    told += [f"The date of {day} was cancelled; the room stays." for day in cancelled]
    if event.timing == meeting.timing:
        told += [f"The date of {day} was restored." for day in restored]
    return told


def _repetition_told(before: Timing, after: Timing) -> str:
    if after.recurrence is None:
        return "Repeats no more."
    how = phrase(after.recurrence, "en")
    return f"{'Now repeats' if before.recurrence is None else 'Repeats otherwise'}: {how}."


def _span(date: Occurrence | None) -> tuple[datetime, datetime] | None:
    return None if date is None else (date.start, date.end)


def _is_cancelled(original: datetime, event: Event) -> bool:
    day = original.astimezone(ZoneInfo(event.timing.zone)).date()
    return day.isoformat() in event.cancelled_dates


def _names(people: list[Participant]) -> str:
    if len(people) > _MOST_NAMES:
        return f"{len(people)} people"
    names = [_name(person) for person in people]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _name(person: Participant) -> str:
    return person.name or person.address
