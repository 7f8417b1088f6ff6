"""Dates taken out of a series (EXDATE) and put into it (RDATE): read from texts, matched with the days of a rule."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Self

from addin.errors import InvalidInput
from addin.recurrence.bounds import Strand
from addin.recurrence.zones import wall_clock

LocalStart = datetime | date
_BASIC = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})(Z?))?")


def read_local(text: str, zone: str, field: str) -> LocalStart:
    """`2026-01-31T09:00:00`, `20260131T080000Z` or a date, as naive wall clock of the zone (a date stays one)."""
    match = _BASIC.fullmatch(text.strip())
    try:
        if not match:
            raise ValueError
        year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
        if match[4] is None:
            return date(year, month, day)
        naive = datetime.combine(date(year, month, day), time(hour, minute, second))
    except ValueError:
        raise InvalidInput(
            f"{field}: {text[:40]!r} is not a date or time such as 2026-01-31T09:00:00", field=field
        ) from None
    return wall_clock(naive.replace(tzinfo=UTC), zone) if match[7] else naive


@dataclass(frozen=True)
class Exclusions:
    """Starts (naive wall clock) and whole days that are taken out."""

    starts: frozenset[datetime]
    days: frozenset[date]
    timed: bool

    @classmethod
    def read(cls, values: Sequence[str | LocalStart], start: LocalStart, zone: str) -> Self:
        """From iCalendar or ISO texts, naive local starts, aware instants and dates."""
        starts, days = set(), set()
        for value in values:
            local = read_local(value, zone, "exdates") if isinstance(value, str) else value
            if isinstance(local, datetime) and local.tzinfo is not None:
                local = wall_clock(local, zone)
            if isinstance(local, datetime) and isinstance(start, datetime):
                starts.add(local)
            else:
                days.add(local.date() if isinstance(local, datetime) else local)
        return cls(frozenset(starts), frozenset(days), isinstance(start, datetime))

    def hits(self, strands: Sequence[Strand], warnings: list[str]) -> tuple[LocalStart, ...]:
        """The occurrences that are taken out, in order; warns about dates that meet none."""
        hit: set[LocalStart] = set()
        for strand in strands:
            for day in self.days | {moment.date() for moment in self.starts}:
                ordinal = day.toordinal()
                if strand.days.next(ordinal, day.year) != ordinal:
                    continue
                local = strand.start(ordinal)
                if day in self.days or local in self.starts:
                    hit.add(local)
        self._warn(hit, warnings)
        return tuple(sorted(hit, key=lambda local: local.isoformat()))

    def holds(self, local: LocalStart) -> bool:
        """Whether a start is taken out, alone or with its whole day."""
        return local in self.starts or (local.date() if isinstance(local, datetime) else local) in self.days

    def _warn(self, hit: set[LocalStart], warnings: list[str]) -> None:
        met = {local.date() if isinstance(local, datetime) else local for local in hit}
        missed = [*sorted(self.starts - hit), *sorted(self.days - met)]
        if missed:
            names = ", ".join(value.isoformat() for value in missed[:5])
            warnings.append(f"Excluded dates that the rule does not have were ignored: {names}.")
        if self.timed and self.days & met:
            warnings.append("Excluded dates without a time take out every meeting of that day.")


def added_starts(
    values: Sequence[str | LocalStart],
    start: LocalStart,
    zone: str,
    strands: Sequence[Strand],
    exclusions: Exclusions,
) -> list[LocalStart]:
    """RDATE values that the rule does not have already and EXDATE does not take out again, in order.

    Raises InvalidInput for a date where the series has times, and the other way round.
    """
    found: set[LocalStart] = set()
    for value in values:
        local = read_local(value, zone, "rdates") if isinstance(value, str) else value
        if isinstance(local, datetime) and local.tzinfo is not None:
            local = wall_clock(local, zone)
        if isinstance(local, datetime) is not isinstance(start, datetime):
            kind = "a time" if isinstance(start, datetime) else "a date"
            raise InvalidInput(f"rdates: {local.isoformat()} must be {kind} as the start is", field="rdates")
        if not exclusions.holds(local) and not any(_has(strand, local) for strand in strands):
            found.add(local)
    return sorted(found, key=lambda local: local.isoformat())


def _has(strand: Strand, local: LocalStart) -> bool:
    ordinal = local.toordinal()
    clock = local.time() if isinstance(local, datetime) else None
    return clock == strand.clock and strand.days.next(ordinal, local.year) == ordinal
