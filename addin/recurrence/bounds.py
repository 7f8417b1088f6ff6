"""Where a rule ends: COUNT and UNTIL shared out over the times of day of an expansion. Knows nothing of Graph."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import lcm

from addin.errors import InvalidInput, Unsupported
from addin.recurrence.days import LAST_YEAR, Days, DaySet, Linear, nth_ordinal, year_of
from addin.recurrence.expand import Timed, expand
from addin.recurrence.rule import Rule
from addin.recurrence.zones import localise, wall_clock

MOST_SINGLES = 250
MOST_SERIES = 12
MOST_LISTED = 1000
FIRST_YEAR, FINAL_YEAR = 1601, 4500
"""Outlook's calendar begins in 1601 and ends in 4500."""


@dataclass(frozen=True)
class Strand:
    """The bounded days of one time of day; `clock` is None for an all-day series. `days.last` None: without end."""

    clock: time | None
    days: Days

    def start(self, ordinal: int) -> datetime | date:
        """The naive local start on one day."""
        day = date.fromordinal(ordinal)
        return day if self.clock is None else datetime.combine(day, self.clock)


def strands(rule: Rule, start: datetime | date, zone: str) -> tuple[list[Strand], list[str]]:
    """The rule from DTSTART on and up to its end, one strand per time of day that has at least one day.

    Raises InvalidInput where nothing is left (UNTIL before the start, 30 February), Unsupported for an end that cannot
    be told (COUNT past the year 9999) or more times of day than an answer can hold.
    """
    timed, warnings = expand(rule, start)
    day = start.date() if isinstance(start, datetime) else start
    if not FIRST_YEAR <= day.year <= FINAL_YEAR:
        raise InvalidInput(
            f"start: {day} is outside the years {FIRST_YEAR}..{FINAL_YEAR} that Outlook keeps", field="start"
        )
    began = start.time() if isinstance(start, datetime) else None
    if len(timed) > MOST_SERIES and rule.until is None and (rule.count is None or rule.count > MOST_SINGLES):
        raise Unsupported(
            f"{_times_part(rule)}: {len(timed)} or more meetings a day; at most {MOST_SERIES} series are made",
            part=_times_part(rule),
        )
    found = [Strand(one.clock, Days(one.days, _first(one, day, began))) for one in timed]
    if rule.until is not None:
        found = _until(rule, found, start, zone, warnings)
    found = _not_empty(found)
    if not found:
        raise _nothing(rule)
    if rule.count is not None:
        found = _counted(rule, found)
    return found, warnings


def _first(timed: Timed, day: date, began: time | None) -> int:
    passed = timed.clock is not None and began is not None and timed.clock < began
    return day.toordinal() + passed


def _not_empty(found: list[Strand]) -> list[Strand]:
    """Without the strands that have no day. Times of day mostly share one set of days, which is searched once."""
    known: dict[tuple[int, int, int | None], bool] = {}
    kept = []
    for strand in found:
        days = strand.days
        key = (id(days.days), days.first, days.last)
        if key not in known:
            known[key] = days.next(days.first, _search_limit(days)) is not None
        if known[key]:
            kept.append(strand)
    return kept


def _search_limit(days: Days) -> int:
    """A set with a period in years is searched for one whole cycle, any other for the 400 years of the calendar."""
    return min(year_of(days.first) + lcm(400, days.days.years or 1), LAST_YEAR)


def _times_part(rule: Rule) -> str:
    return "FREQ" if rule.frequency.sub_daily else "BYMINUTE" if len(rule.byminute) > 1 else "BYHOUR"


def _nothing(rule: Rule) -> InvalidInput:
    if rule.until is not None:
        return InvalidInput("UNTIL: the rule has no date between DTSTART and UNTIL", field="UNTIL")
    names = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYDAY", "BYMONTH")
    part = next((name for name in names if getattr(rule, name.lower())), "RRULE")
    return InvalidInput(f"{part}: no date ever fits this rule", field=part)


def _until(rule: Rule, found: list[Strand], start: datetime | date, zone: str, warnings: list[str]) -> list[Strand]:
    until = rule.until
    assert until is not None
    kept = []
    for strand in found:
        if strand.clock is None or until.clock is None:
            last = until.day.toordinal()
        elif until.utc:
            last = _last_before(datetime.combine(until.day, until.clock, UTC), strand.clock, zone)
        else:
            last = until.day.toordinal() - (strand.clock > until.clock)
        kept.append(Strand(strand.clock, Days(strand.days.days, strand.days.first, last)))
    if isinstance(start, datetime) and until.clock is None:
        warnings.append(f"UNTIL is a date, DTSTART has a time: the whole of {until.day} was taken as included.")
    elif isinstance(start, datetime) and not until.utc:
        warnings.append("UNTIL is not in UTC: it was read as wall clock of the series.")
    elif not isinstance(start, datetime) and until.clock is not None:
        warnings.append(f"UNTIL has a time, the series is all-day: the date {until.day} was taken.")
    return kept


def _last_before(until: datetime, clock: time, zone: str) -> int:
    """The last day on which `clock` in `zone` is not after the instant UNTIL."""
    if until.year == LAST_YEAR:
        return date.max.toordinal()
    day = wall_clock(until, zone).date()
    for candidate in (day + timedelta(days=1), day):
        if localise(datetime.combine(candidate, clock), zone) <= until:
            return candidate.toordinal()
    return day.toordinal() - 1


def _repeats(days: DaySet) -> bool:
    """Whether a set has a period, in years or in days."""
    return bool(days.years) or isinstance(days, Linear)


def _counted(rule: Rule, found: list[Strand]) -> list[Strand]:
    count = rule.count
    assert count is not None
    if count > MOST_LISTED and any(not _repeats(strand.days.days) for strand in found):
        raise Unsupported(f"COUNT={count}: more than {MOST_LISTED} dates that follow no period", part="COUNT")
    day = nth_ordinal([strand.days for strand in found], count)
    if day is None:
        raise Unsupported(f"COUNT={count}: the series would run past the year {LAST_YEAR}", part="COUNT")
    left = count - sum(strand.days.count(day - 1) for strand in found)
    kept = []
    for strand in sorted(found, key=lambda strand: strand.clock or time.min):
        last = day - 1
        if left and strand.days.next(day, date.fromordinal(day).year) == day:
            last, left = day, left - 1
        if strand.days.count(last):
            kept.append(Strand(strand.clock, Days(strand.days.days, strand.days.first, last)))
    return kept
