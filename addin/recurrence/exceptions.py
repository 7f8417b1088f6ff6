"""What differs from a series, as Graph tells it and as iCalendar writes it; knows no pattern.

Graph names a deleted occurrence by its original date (`OID.<id>.YYYY-MM-DD`) and a moved one by `originalStart`, always
in UTC (Graph facts 1.3); iCalendar names both by the original start on the wall clock of the series (EXDATE,
RECURRENCE-ID). The original wall clock is the key here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Self

from addin.errors import InvalidInput
from addin.recurrence.exclusions import LocalStart, read_local
from addin.recurrence.zones import UTC_NAME, localise, to_iana, wall_clock


@dataclass(frozen=True)
class Exceptions:
    """Cancelled original starts, and original start -> new start; naive wall clock of the series, dates if all-day."""

    cancelled: tuple[LocalStart, ...]
    moved: Mapping[LocalStart, LocalStart]

    @classmethod
    def from_graph(
        cls,
        cancelled: Iterable[str],
        moved: Iterable[tuple[datetime, datetime]],
        *,
        start: LocalStart,
        zone: str,
    ) -> Self:
        """From `cancelledOccurrences` (ids or their dates) and pairs (`originalStart`, new start) of aware instants.

        `start` is the naive start of the series, whose time of day a cancelled date stands for. Raises InvalidInput for
        an id without a date and for naive instants.
        """
        clock = start.time() if isinstance(start, datetime) else None
        gone: list[LocalStart] = []
        for identity in cancelled:
            day = _date_of(identity)
            gone.append(day if clock is None else datetime.combine(day, clock))
        pairs = {
            _local(original, zone, all_day=clock is None): _local(target, zone, all_day=clock is None)
            for original, target in moved
        }
        return cls(tuple(sorted(gone, key=lambda one: one.isoformat())), pairs)

    @classmethod
    def from_icalendar(cls, exdates: Iterable[str], moved: Mapping[str, str], *, start: LocalStart, zone: str) -> Self:
        """From the texts of EXDATE, and of RECURRENCE-ID -> DTSTART; texts in UTC are told in the zone."""
        timed = isinstance(start, datetime)

        def read(text: str, name: str) -> LocalStart:
            local = read_local(text, zone, name)
            if isinstance(local, datetime) is not timed:
                raise InvalidInput(f"{name}: {text[:40]!r} must be {'a time' if timed else 'a date'} as the start is")
            return local

        gone = sorted({read(text, "EXDATE") for text in exdates}, key=lambda one: one.isoformat())
        pairs = {read(original, "RECURRENCE-ID"): read(target, "DTSTART") for original, target in moved.items()}
        return cls(tuple(gone), pairs)

    def exdates(self, zone: str) -> tuple[str, ...]:
        """EXDATE values: dates, UTC times with Z, or local times that go with a TZID of the zone."""
        return tuple(_text(one, zone) for one in self.cancelled)

    def recurrence_ids(self, zone: str) -> tuple[tuple[str, str], ...]:
        """Pairs of RECURRENCE-ID and DTSTART values, in the order of the originals."""
        pairs = sorted(self.moved.items(), key=lambda pair: pair[0].isoformat())
        return tuple((_text(original, zone), _text(target, zone)) for original, target in pairs)

    def original_instants(self, zone: str) -> tuple[datetime, ...]:
        """`originalStart` of the moved occurrences, in UTC and in order, as Graph names them."""
        return tuple(sorted(_instant(original, zone) for original in self.moved))

    def cancelled_dates(self) -> tuple[str, ...]:
        """The dates with which the ids of cancelled occurrences end."""
        return tuple(one.isoformat()[:10] for one in self.cancelled)


def _date_of(identity: str) -> date:
    try:
        return date.fromisoformat(identity[-10:])
    except ValueError:
        raise InvalidInput(
            f"cancelledOccurrences: {identity[-40:]!r} does not end in a date", field="cancelledOccurrences"
        ) from None


def _local(instant: datetime, zone: str, *, all_day: bool) -> LocalStart:
    if instant.tzinfo is None:
        raise InvalidInput("originalStart: give an instant with its zone", field="originalStart")
    if all_day and instant.astimezone(UTC).time() == time():
        # Graph tells an all-day occurrence at midnight UTC whatever the zone of the mailbox.
        return instant.astimezone(UTC).date()
    local = wall_clock(instant, zone)
    return local.date() if all_day else local


def _instant(local: LocalStart, zone: str) -> datetime:
    if isinstance(local, datetime):
        return localise(local, zone).astimezone(UTC)
    return datetime(local.year, local.month, local.day, tzinfo=UTC)


def _text(local: LocalStart, zone: str) -> str:
    compact = local.isoformat().replace("-", "").replace(":", "")
    return compact + ("Z" if isinstance(local, datetime) and to_iana(zone) == UTC_NAME else "")
