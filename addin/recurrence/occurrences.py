"""When a series takes place: occurrences between two instants and the next one, with what was cancelled or moved.

An occurrence is known by its original start (naive local wall clock). Time is asked for and given as aware instants;
the cost of an answer depends on the span asked for and not on the age of the series.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from heapq import merge
from typing import Any

from addin.errors import InvalidInput
from addin.recurrence import graph
from addin.recurrence.bounds import Strand, strands
from addin.recurrence.graph_days import bounded
from addin.recurrence.rrule import parse
from addin.recurrence.zones import load, localise, to_iana, wall_clock

LocalStart = datetime | date
_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Instance:
    """One meeting of a series: its start as an aware datetime in the zone of the series, and its original start."""

    start: datetime
    original: datetime = field(compare=False)
    moved: bool = field(default=False, compare=False)


@lru_cache(maxsize=256)
def _rule_strands(text: str, start: LocalStart, zone: str) -> tuple[Strand, ...]:
    return tuple(strands(parse(text), start, zone)[0])


def _strands(recurrence: str | Mapping[str, Any] | None, start: LocalStart, zone: str) -> Sequence[Strand]:
    if isinstance(recurrence, str):
        return _rule_strands(recurrence, start, zone)
    clock = start.time() if isinstance(start, datetime) else None
    if recurrence is None:
        day = start.date() if isinstance(start, datetime) else start
        recurrence = graph.write(graph.Pattern(graph.PatternType.DAILY), graph.Range(day, count=1))
    return (Strand(clock, bounded(*graph.read(recurrence))),)


def _local(value: LocalStart, zone: str) -> datetime:
    """A naive local start of a date, a naive local or an aware datetime."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value if value.tzinfo is None else wall_clock(value, zone)


def _aware(value: LocalStart, zone: str) -> datetime:
    local = _local(value, zone)
    return value.astimezone(load(zone)) if isinstance(value, datetime) and value.tzinfo else localise(local, zone)


def _plain(strand: Strand, zone: str, after: datetime, before: datetime | None) -> Iterator[Instance]:
    low = max(wall_clock(after, zone).date() - _DAY if after.year > 1 else after.date(), date.min)
    for ordinal in strand.days.ordinals(low.toordinal()):
        naive = datetime.combine(date.fromordinal(ordinal), strand.clock or time())
        start = localise(naive, zone)
        if before is not None and start.astimezone(UTC) >= before:
            return
        if start.astimezone(UTC) >= after:
            yield Instance(start, naive)


def instances(
    recurrence: str | Mapping[str, Any] | None,
    start: LocalStart,
    zone: str,
    *,
    after: datetime,
    before: datetime | None,
    cancelled: Collection[LocalStart] = (),
    moved: Mapping[LocalStart, LocalStart] | None = None,
    added: Collection[LocalStart] = (),
) -> Iterator[Instance]:
    """Every occurrence that starts at or after the instant `after` and before `before` (None: without end), in order.

    `recurrence` is an RRULE, a Graph recurrence or None for a single event; `start` the naive local start. `cancelled`
    (EXDATE), the keys of `moved` (RECURRENCE-ID -> new start) and `added` (RDATE) are naive local starts or aware
    instants. Raises InvalidInput for a naive `after` or `before`.
    """
    if after.tzinfo is None or (before is not None and before.tzinfo is None):
        raise InvalidInput("after and before are instants: give them with a zone", field="after")
    zone = to_iana(zone)
    after = after.astimezone(UTC)
    before = before.astimezone(UTC) if before is not None else None
    changes = {_local(original, zone): target for original, target in (moved or {}).items()}
    gone = {_local(one, zone) for one in cancelled} | changes.keys()

    def inside(one: Instance) -> bool:
        instant = one.start.astimezone(UTC)
        return instant >= after and (before is None or instant < before)

    extra = [Instance(_aware(target, zone), original, moved=True) for original, target in changes.items()]
    extra += [Instance(_aware(one, zone), _local(one, zone)) for one in added if _local(one, zone) not in gone]
    planned = merge(*(_plain(strand, zone, after, before) for strand in _strands(recurrence, start, zone)))
    seen: datetime | None = None
    for one in merge((one for one in planned if one.original not in gone), sorted(filter(inside, extra))):
        if not one.moved and one.original == seen:
            continue
        seen = one.original
        yield one


def next_instance(
    recurrence: str | Mapping[str, Any] | None,
    start: LocalStart,
    zone: str,
    *,
    after: datetime,
    cancelled: Collection[LocalStart] = (),
    moved: Mapping[LocalStart, LocalStart] | None = None,
    added: Collection[LocalStart] = (),
) -> Instance | None:
    """The first occurrence that starts at or after the instant `after`; None when the series is over."""
    found = instances(recurrence, start, zone, after=after, before=None, cancelled=cancelled, moved=moved, added=added)
    return next(found, None)


def occurrences(
    recurrence: str | Mapping[str, Any] | None,
    start: LocalStart,
    zone: str,
    *,
    after: datetime,
    before: datetime,
    cancelled: Collection[LocalStart] = (),
    moved: Mapping[LocalStart, LocalStart] | None = None,
    added: Collection[LocalStart] = (),
) -> list[datetime]:
    """The starts of `instances`, as aware datetimes in the zone of the series."""
    found = instances(
        recurrence, start, zone, after=after, before=before, cancelled=cancelled, moved=moved, added=added
    )
    return [one.start for one in found]


def next_occurrence(
    recurrence: str | Mapping[str, Any] | None,
    start: LocalStart,
    zone: str,
    *,
    after: datetime,
    cancelled: Collection[LocalStart] = (),
    moved: Mapping[LocalStart, LocalStart] | None = None,
    added: Collection[LocalStart] = (),
) -> datetime | None:
    """The start of the next instance at or after the instant `after`; None when the series is over."""
    found = next_instance(recurrence, start, zone, after=after, cancelled=cancelled, moved=moved, added=added)
    return None if found is None else found.start
