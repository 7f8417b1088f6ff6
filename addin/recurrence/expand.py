"""What an RRULE means: for each time of day the set of days on which it falls (RFC 5545 section 3.3.10).

Knows nothing of Graph: this is one of the two sides that a proof compares. COUNT and UNTIL are not applied here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import product
from math import gcd

from addin.errors import InvalidInput, Unsupported
from addin.recurrence.days import YEAR_LENGTHS, Both, DaySet, Linear, PerYear, Yearly, bits, first_day, kind_of_year
from addin.recurrence.expand_months import month_days_mask, monthly, months_mask, pick, year_days_mask, yearly
from addin.recurrence.rule import ALL_WEEKDAYS, Frequency, Rule, Skip

MOST_TIMES = 300
"""More times a day than this are never expanded: no answer holds so many meetings."""


@dataclass(frozen=True)
class Timed:
    """The days of one time of day; `clock` is None for an all-day series."""

    clock: time | None
    days: DaySet


def expand(rule: Rule, start: datetime | date) -> tuple[list[Timed], list[str]]:
    """The rule's days per time of day, unbounded on both sides, and warnings about parts that had to be ignored.

    `start` is DTSTART as naive wall clock, or a date for an all-day series. Raises Unsupported for what engines read
    in different ways, so that no reading of ours is ever a wrong one.
    """
    warnings: list[str] = []
    if not isinstance(start, datetime):
        rule = _without_times(rule, warnings)
        clocks: list[time | None] = [None]
    elif rule.frequency.sub_daily:
        return _expand_sub_daily(rule, start), warnings
    else:
        clocks = list(_clocks(rule, start))
    first = start.date() if isinstance(start, datetime) else start
    _refuse_ambiguous(rule)
    choose = _MAKERS[rule.frequency]
    if not rule.bysetpos:
        days = choose(rule, first, None)
        return [Timed(clock, days) for clock in clocks], warnings
    shared = _positions_by_clock(rule.bysetpos, len(clocks))
    return [Timed(clocks[place], choose(rule, first, positions)) for place, positions in shared.items()], warnings


def _without_times(rule: Rule, warnings: list[str]) -> Rule:
    if rule.frequency.sub_daily:
        raise InvalidInput(f"FREQ={rule.frequency}: an all-day series repeats by days or longer", field="FREQ")
    if not (rule.byhour or rule.byminute or rule.bysecond):
        return rule
    # RFC 5545: these parts MUST be ignored where DTSTART is a date.
    warnings.append("BYHOUR, BYMINUTE and BYSECOND have no meaning for an all-day series and were ignored.")
    return Rule(
        **{
            name: getattr(rule, name)
            for name in rule.__dataclass_fields__
            if name not in ("byhour", "byminute", "bysecond")
        }
    )


def _clocks(rule: Rule, start: datetime) -> list[time]:
    hours, minutes = rule.byhour or (start.hour,), rule.byminute or (start.minute,)
    seconds = rule.bysecond or (start.second,)
    if len(hours) * len(minutes) * len(seconds) > MOST_TIMES:
        raise Unsupported("BYMINUTE: more meetings a day than a series can hold", part="BYMINUTE")
    return [time(*clock) for clock in product(hours, minutes, seconds)]


def _positions_by_clock(positions: tuple[int, ...], times: int) -> dict[int, tuple[int, ...]]:
    """BYSETPOS counts days times clocks; told apart into positions among the days, for each clock."""
    found: dict[int, list[int]] = {}
    for position in positions:
        day, clock = divmod(abs(position) - 1, times)
        if position > 0:
            found.setdefault(clock, []).append(day + 1)
        else:
            found.setdefault(times - 1 - clock, []).append(-day - 1)
    return {clock: tuple(found[clock]) for clock in sorted(found)}


def _refuse_ambiguous(rule: Rule) -> None:
    if rule.skip is not Skip.OMIT and (
        any(day < -28 for day in rule.bymonthday)
        or (rule.skip is Skip.FORWARD and (rule.byday or 366 in rule.byyearday))
    ):
        raise Unsupported(f"SKIP={rule.skip} with these days is read differently by programs", part="SKIP")
    if not rule.byweekno:
        return
    if not (rule.byday or rule.bymonthday or rule.byyearday):
        raise Unsupported(
            "BYWEEKNO without BYDAY: some programs take one day of that week, others all seven; name the weekday",
            part="BYWEEKNO",
        )
    if _reaches_into_two_years(rule):
        raise Unsupported(
            "BYWEEKNO: the first and last weeks reach into two years, and programs count them differently",
            part="BYWEEKNO",
        )


# Days and weeks


def _reaches_into_two_years(rule: Rule) -> bool:
    """Whether BYWEEKNO may choose days in January of last year's week, or in December of next year's.

    There programs part: with an interval or BYSETPOS it is not clear which year such a day belongs to, and dateutil
    takes other days of weeks 52 and 53 than ISO 8601, which the RFC follows.
    """
    edges = [week for week in rule.byweekno if abs(week) in (1, 52, 53)]
    if not edges:
        return False
    if rule.interval > 1 or rule.bysetpos or not rule.weekdays:
        return True
    places = {(weekday - rule.week_start) % 7 for weekday in rule.weekdays}
    late, early = bool({52, 53} & set(edges)), bool({-52, -53} & set(edges))
    return (late and max(places) > 3) or (early and min(places) < 3)


def _daily(rule: Rule, first: date, positions: tuple[int, ...] | None) -> DaySet:
    if positions is not None and not {1, -1} & set(positions):
        return Yearly(1, lambda kind, phase: 0)
    return _filtered(_on_weekdays(rule.interval, first.toordinal(), rule.weekdays), rule)


def _on_weekdays(step: int, anchor: int, weekdays: frozenset[int]) -> Linear:
    """Every `step`-th day from `anchor` that is one of `weekdays` (none given: all)."""
    if not weekdays or weekdays == ALL_WEEKDAYS:
        return Linear(step, anchor)
    repeats = 7 // gcd(step, 7)
    offsets = tuple(step * turn for turn in range(repeats) if (anchor + step * turn - 1) % 7 in weekdays)
    return Linear(step * repeats, anchor, offsets)


def _filtered(days: Linear, rule: Rule) -> DaySet:
    """Days limited by BYMONTH, BYMONTHDAY and BYYEARDAY."""
    bymonth = () if len(rule.bymonth) == 12 else rule.bymonth
    bymonthday = () if set(rule.bymonthday) >= set(range(1, 32)) else rule.bymonthday
    if not (bymonth or bymonthday or rule.byyearday):
        return days

    def choose(kind: int, phase: int) -> int:
        mask = (1 << YEAR_LENGTHS[kind >= 7]) - 1
        if bymonth:
            mask &= months_mask(kind, bymonth)
        if bymonthday:
            mask &= month_days_mask(kind, range(1, 13), bymonthday, Skip.OMIT)
        if rule.byyearday:
            mask &= year_days_mask(kind, rule.byyearday)
        return mask

    return Both(days, Yearly(1, choose))


def _weekly(rule: Rule, first: date, positions: tuple[int, ...] | None) -> DaySet:
    weekdays = rule.weekdays or frozenset((first.weekday(),))
    begin = first.toordinal() - (first.weekday() - rule.week_start) % 7
    offsets = sum(1 << (weekday - rule.week_start) % 7 for weekday in weekdays)
    if positions is None or not rule.bymonth or len(rule.bymonth) == 12:
        return _filtered(Linear(7 * rule.interval, begin, tuple(bits(pick(offsets, positions)))), rule)
    return PerYear(lambda year: _picked_weeks(rule, begin, offsets, positions, year))


def _picked_weeks(rule: Rule, begin: int, offsets: int, positions: tuple[int, ...], year: int) -> int:
    """BYSETPOS among the days of each week that BYMONTH lets through, for the weeks that touch one year."""
    low = first_day(year)
    high = low + YEAR_LENGTHS[kind_of_year(year) >= 7]
    step = 7 * rule.interval
    week = low - (low - begin) % step
    mask = 0
    while week < high:
        # A week that begins in December 9999 ends where dates do.
        within = [day for day in bits(offsets) if week + day <= date.max.toordinal()]
        allowed = sum(1 << day for day in within if date.fromordinal(week + day).month in rule.bymonth)
        for day in bits(pick(allowed, positions)):
            if low <= week + day < high:
                mask |= 1 << week + day - low
        week += step
    return mask


_MAKERS: dict[Frequency, Callable[[Rule, date, tuple[int, ...] | None], DaySet]] = {
    Frequency.DAILY: _daily,
    Frequency.WEEKLY: _weekly,
    Frequency.MONTHLY: monthly,
    Frequency.YEARLY: yearly,
}


# Hours, minutes, seconds


def _expand_sub_daily(rule: Rule, start: datetime) -> list[Timed]:
    """Times of day reached by stepping `interval` hours, minutes or seconds on a clock that knows no summer time."""
    if rule.bysetpos:
        raise Unsupported(f"BYSETPOS with FREQ={rule.frequency} chooses within less than a day", part="BYSETPOS")
    return [Timed(clock, _filtered(days, rule)) for clock, days in _stepped(rule, start)]


_UNITS = {Frequency.HOURLY: 24, Frequency.MINUTELY: 1440, Frequency.SECONDLY: 86400}


def _stepped(rule: Rule, start: datetime) -> list[tuple[time, Linear]]:
    per_day = _UNITS[rule.frequency]
    began = {
        Frequency.HOURLY: start.hour,
        Frequency.MINUTELY: start.hour * 60 + start.minute,
        Frequency.SECONDLY: start.hour * 3600 + start.minute * 60 + start.second,
    }[rule.frequency]
    common = gcd(rule.interval, per_day)
    step, turns = rule.interval // common, per_day // common
    inverse = pow(turns, -1, step) if step > 1 else 0
    anchor = start.date().toordinal()
    found: list[tuple[time, Linear]] = []
    for unit in range(began % common, per_day, common):
        for clock in _clocks_of_unit(rule, start, unit):
            if len(found) >= MOST_TIMES:
                raise Unsupported(
                    f"FREQ={rule.frequency}: more than {MOST_TIMES} meetings a day; a series has one",
                    part="FREQ",
                )
            # per_day * day + unit = began (modulo interval), divided by what they have in common.
            day = (began - unit) // common * inverse % step
            found.append((clock, _on_weekdays(step, anchor + day, rule.weekdays)))
    return found


def _clocks_of_unit(rule: Rule, start: datetime, unit: int) -> list[time]:
    """The clock times that one hour, minute or second of the day stands for, after BYHOUR, BYMINUTE and BYSECOND."""
    if rule.frequency is Frequency.HOURLY:
        hour, minutes, seconds = unit, rule.byminute or (start.minute,), rule.bysecond or (start.second,)
    elif rule.frequency is Frequency.MINUTELY:
        hour, minute = divmod(unit, 60)
        minutes, seconds = (minute,), rule.bysecond or (start.second,)
    else:
        hour, rest = divmod(unit, 3600)
        minutes, seconds = (rest // 60,), (rest % 60,)
    if rule.byhour and hour not in rule.byhour:
        return []
    return [
        time(hour, minute, second)
        for minute in minutes
        for second in seconds
        if (not rule.byminute or minute in rule.byminute) and (not rule.bysecond or second in rule.bysecond)
    ]
