"""Addresses single events, masters and occurrences alike and expands series; it changes nothing but what it is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.graph import pattern
from sandbox.graph.errors import GraphError, not_found
from sandbox.graph.identifiers import ReadId, Reference
from sandbox.graph.store import Change, Item, Mailbox
from sandbox.graph.zones import to_utc, to_wall

_EVER = date(9998, 12, 31)


def wall(moment: dict[str, str]) -> datetime:
    """The wall-clock time of a stored `{dateTime, timeZone}`."""
    return datetime.fromisoformat(moment["dateTime"])


def instant(moment: dict[str, str]) -> datetime:
    """The instant of a stored `{dateTime, timeZone}`."""
    return to_utc(wall(moment), moment["timeZone"])


@dataclass(frozen=True)
class Entry:
    """One thing that has an id in a calendar: an item, or (with `day`, its original date) an occurrence of it."""

    item: Item
    day: date | None = None

    @property
    def change(self) -> Change | None:
        """What the occurrence has for its own; None for anything but an exception."""
        return self.item.exceptions.get(self.day.isoformat()) if self.day else None

    @property
    def kind(self) -> str:
        """The value of `type`."""
        if self.day is not None:
            return "exception" if self.change else "occurrence"
        return "seriesMaster" if self.item.is_master else "singleInstance"

    @property
    def change_key(self) -> str:
        return self.change.change_key if self.change else self.item.change_key

    @property
    def etag(self) -> str:
        return f'W/"{self.change_key}"'

    @property
    def extended(self) -> dict[str, Any]:
        return self.change.extended if self.change else self.item.extended

    @property
    def extensions(self) -> dict[str, dict[str, Any]]:
        return self.change.extensions if self.change else self.item.extensions

    def reference(self) -> Reference:
        item = self.item
        return Reference("e", item.mailbox, item.key, item.calendar, self.day, item.epoch if self.day else 0)

    def props(self) -> dict[str, Any]:
        """The properties in force: those of the item, moved to the occurrence's day, under its own changes."""
        if self.day is None:
            return self.item.props
        found = {**self.item.props, "recurrence": None, **scheduled_times(self.item, self.day)}
        if self.change:
            found.update(self.change.props)
        return found

    def original_start(self) -> datetime | None:
        """The instant where the pattern had put an occurrence."""
        return instant(scheduled_times(self.item, self.day)["start"]) if self.day else None

    def span(self) -> tuple[datetime, datetime]:
        """Start and end as instants."""
        props = self.props()
        return instant(props["start"]), instant(props["end"])


def series_zone(item: Item) -> str:
    """The zone whose wall clock the series keeps."""
    zone: str = item.props["recurrence"]["range"]["recurrenceTimeZone"]
    return zone


def scheduled_times(item: Item, day: date) -> dict[str, dict[str, str]]:
    """Start and end of the occurrence of `day` by the pattern alone, in the zone of the series."""
    zone = series_zone(item)
    first = to_wall(instant(item.props["start"]), zone)
    length = to_wall(instant(item.props["end"]), zone) - first
    start = datetime.combine(day, first.time())
    return {
        "start": {"dateTime": start.isoformat(), "timeZone": zone},
        "end": {"dateTime": (start + length).isoformat(), "timeZone": zone},
    }


def days_of(item: Item, until: date = _EVER) -> Iterator[date]:
    """Original dates of the occurrences that were not cancelled, up to `until`."""
    cancelled = set(item.cancelled)
    for day in pattern.dates(item.props["recurrence"], until):
        if day.isoformat() not in cancelled:
            yield day


def entries_between(item: Item, start: datetime, end: datetime) -> list[Entry]:
    """What a calendar view shows of `item` between two instants: never a master."""
    if not item.is_master:
        return [Entry(item)] if _touches(Entry(item), start, end) else []
    length = item_length(item)
    first = _earlier(start, length + timedelta(days=2))
    last = end.date() + timedelta(days=2)
    found = []
    for day in days_of(item, _latest_day(item, last)):
        entry = Entry(item, day)
        if (first <= day <= last or entry.change) and _touches(entry, start, end):
            found.append(entry)
    return found


def _earlier(moment: datetime, by: timedelta) -> date:
    """The day `by` earlier; the first there is where an item is longer than that."""
    try:
        return (moment - by).date()
    except OverflowError:
        return date.min


def exceptions_of(item: Item) -> list[Entry]:
    """Every exception of a series, by original date."""
    return [Entry(item, date.fromisoformat(day)) for day in sorted(item.exceptions)]


def item_length(item: Item) -> timedelta:
    """From start to end."""
    return instant(item.props["end"]) - instant(item.props["start"])


def _latest_day(item: Item, last: date) -> date:
    """Moved occurrences may stand before their original date, so those are looked at too."""
    return max([last, *(date.fromisoformat(day) for day in item.exceptions)])


def _touches(entry: Entry, start: datetime, end: datetime) -> bool:
    begins, ends = entry.span()
    return begins < end and (ends > start or begins == ends >= start)


def find_entry(mailbox: Mailbox, read: ReadId) -> Entry:
    """The entry that an id names; 404 for one that is gone, was moved away or belongs to an older pattern."""
    item = mailbox.items.get(read.key)
    if read.kind != "e" or item is None or not read.fits(mailbox.id, item.calendar):
        raise not_found()
    if read.day is None:
        return Entry(item)
    if not item.is_master or read.epoch != item.epoch or not has_day(item, read.day):
        raise not_found()
    return Entry(item, read.day)


def has_day(item: Item, day: date) -> bool:
    """Whether the pattern has an occurrence on `day` that was not cancelled."""
    return any(found == day for found in days_of(item, day))


def check_boundaries(entry: Entry, start: dict[str, str]) -> None:
    """400 where an occurrence would stand on or past the day of its neighbour (Graph facts 2)."""
    assert entry.day is not None
    zone = series_zone(entry.item)
    target = to_wall(instant(start), zone).date()
    before = after = None
    for day in days_of(entry.item):
        if day < entry.day:
            before = day
        elif day > entry.day:
            after = day
            break
    shown = [_shown_day(entry.item, day, zone) if day else None for day in (before, after)]
    if (shown[0] and target <= shown[0]) or (shown[1] and target >= shown[1]):
        raise GraphError(
            400,
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        )


def _shown_day(item: Item, day: date, zone: str) -> date:
    return to_wall(Entry(item, day).span()[0], zone).date()


def shift_zone(moment: dict[str, str], zone: str, *, all_day: bool) -> dict[str, str]:
    """A stored time as an answer shows it, in `zone`; days of all-day events float with the reader."""
    shown = wall(moment) if all_day else to_wall(instant(moment), zone)
    return {"dateTime": f"{shown:%Y-%m-%dT%H:%M:%S}.{shown.microsecond:06d}0", "timeZone": zone}


def utc_text(moment: datetime) -> str:
    """A DateTimeOffset in UTC without fractions, as `originalStart` is written."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
