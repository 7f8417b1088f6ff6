"""What an RRULE means: for each time of day the set of days on which it falls (RFC 5545 section 3.3.10).

Knows nothing of Graph: this is one of the two sides that a proof compares. COUNT and UNTIL are not applied here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from itertools import product
from math import gcd, lcm

from addin.errors import InvalidInput, Unsupported
from addin.recurrence.days import (
    LAST_YEAR,
    MONTH_LENGTHS,
    MONTH_OFFSETS,
    YEAR_LENGTHS,
    Both,
    DaySet,
    Linear,
    PerYear,
    Yearly,
    bits,
    first_day,
    kind_of_year,
    progression_years,
)
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
    if (rule.interval > 1 or rule.bysetpos) and any(abs(week) in (1, 52, 53) for week in rule.byweekno):
        raise Unsupported(
            "BYWEEKNO: the first and last weeks reach into two years, and programs count them differently",
            part="BYWEEKNO",
        )


def pick(mask: int, positions: tuple[int, ...] | None) -> int:
    """The members of a set at the given BYSETPOS positions; all of them where no positions are given."""
    if positions is None:
        return mask
    members = list(bits(mask))
    chosen = 0
    for position in positions:
        index = position - 1 if position > 0 else len(members) + position
        if 0 <= index < len(members):
            chosen |= 1 << members[index]
    return chosen


# Days and weeks


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
            mask &= _months(kind, bymonth)
        if bymonthday:
            mask &= _month_days(kind, range(1, 13), bymonthday, Skip.OMIT)
        if rule.byyearday:
            mask &= _year_days(kind, rule.byyearday)
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
        allowed = sum(1 << day for day in bits(offsets) if date.fromordinal(week + day).month in rule.bymonth)
        for day in bits(pick(allowed, positions)):
            if low <= week + day < high:
                mask |= 1 << week + day - low
        week += step
    return mask


# Months and years


def _months(kind: int, months: tuple[int, ...]) -> int:
    lengths, offsets = MONTH_LENGTHS[kind >= 7], MONTH_OFFSETS[kind >= 7]
    return sum(((1 << lengths[month - 1]) - 1) << offsets[month - 1] for month in months)


def _month_days(kind: int, months: range | tuple[int, ...], days: tuple[int, ...], skip: Skip) -> int:
    """BYMONTHDAY in the given months; SKIP decides about a day that the month does not have (RFC 7529)."""
    lengths, offsets = MONTH_LENGTHS[kind >= 7], MONTH_OFFSETS[kind >= 7]
    mask = 0
    for month in months:
        length, offset = lengths[month - 1], offsets[month - 1]
        for day in days:
            place = day - 1 if day > 0 else length + day
            if 0 <= place < length:
                mask |= 1 << offset + place
            elif place >= length and skip is Skip.BACKWARD:
                mask |= 1 << offset + length - 1
            elif place >= length and skip is Skip.FORWARD:
                mask |= 1 << offset + length
    return mask


def _year_days(kind: int, days: tuple[int, ...], skip: Skip = Skip.OMIT) -> int:
    length = YEAR_LENGTHS[kind >= 7]
    mask = 0
    for day in days:
        place = day - 1 if day > 0 else length + day
        if 0 <= place < length:
            mask |= 1 << place
        elif place >= length and skip is Skip.BACKWARD:
            mask |= 1 << length - 1
    return mask


def _weekdays_in(kind: int, low: int, length: int, byday: tuple[tuple[int, int], ...]) -> int:
    """BYDAY within `length` days from the day `low` of the year: every such weekday, or only the numbered one."""
    jan1 = kind % 7
    mask = 0
    for ordinal, weekday in byday:
        place = (weekday - jan1 - low) % 7
        hits = (length - place + 6) // 7
        if not ordinal:
            mask |= sum(1 << low + place + 7 * turn for turn in range(hits))
        elif abs(ordinal) <= hits:
            mask |= 1 << low + place + 7 * (ordinal - 1 if ordinal > 0 else hits + ordinal)
    return mask


def _in_months(kind: int, rule: Rule, months: tuple[int, ...], default_day: int) -> int:
    """The days that a MONTHLY rule chooses in the given months, before BYSETPOS."""
    lengths, offsets = MONTH_LENGTHS[kind >= 7], MONTH_OFFSETS[kind >= 7]
    if not rule.bymonthday and not rule.byday:
        return _month_days(kind, months, (default_day,), rule.skip)
    mask = 0
    for month in months:
        days = _weekdays_in(kind, offsets[month - 1], lengths[month - 1], rule.byday) if rule.byday else -1
        if rule.bymonthday:
            days &= _month_days(kind, (month,), rule.bymonthday, rule.skip)
        mask |= days
    return mask


def _monthly(rule: Rule, first: date, positions: tuple[int, ...] | None) -> DaySet:
    anchor = 12 * first.year + first.month - 1
    years = progression_years(rule.interval)

    def choose(kind: int, phase: int) -> int:
        mask = 0
        for month in rule.bymonth or range(1, 13):
            if (12 * phase + month - 1 - anchor) % rule.interval == 0:
                mask |= pick(_in_months(kind, rule, (month,), first.day), positions)
        return mask

    return Yearly(years, choose)


def _yearly(rule: Rule, first: date, positions: tuple[int, ...] | None) -> DaySet:
    if rule.byweekno:

        def choose_year(year: int) -> int:
            if (year - first.year) % rule.interval:
                return 0
            return pick(_year_choice(kind_of_year(year), rule, first) & _weeks(year, rule), positions)

        return PerYear(choose_year, cycle=lcm(400, rule.interval))

    def choose(kind: int, phase: int) -> int:
        if (phase - first.year) % rule.interval:
            return 0
        return pick(_year_choice(kind, rule, first), positions)

    return Yearly(rule.interval, choose)


def _year_choice(kind: int, rule: Rule, first: date) -> int:
    months = rule.bymonth
    if not (rule.bymonthday or rule.byday or rule.byyearday or rule.byweekno):
        return _month_days(kind, months or (first.month,), (first.day,), rule.skip)
    length = YEAR_LENGTHS[kind >= 7]
    mask = (1 << length) - 1
    if rule.bymonthday:
        mask &= _month_days(kind, months or range(1, 13), rule.bymonthday, rule.skip)
    elif months:
        mask &= _months(kind, months)
    if rule.byyearday:
        mask &= _year_days(kind, rule.byyearday, rule.skip)
    if rule.byday:
        # Numbered weekdays count within the months of BYMONTH, else within the year.
        lengths, offsets = MONTH_LENGTHS[kind >= 7], MONTH_OFFSETS[kind >= 7]
        if months:
            mask &= sum(_weekdays_in(kind, offsets[m - 1], lengths[m - 1], rule.byday) for m in months)
        else:
            mask &= _weekdays_in(kind, 0, length, rule.byday)
    return mask


def _first_week(year: int, week_start: int) -> int:
    """The ordinal on which week 1 of a year begins: the first week with at least four days in that year."""
    low = first_day(year)
    into_week = (low - 1 - week_start) % 7
    return low - into_week if into_week <= 3 else low - into_week + 7


@lru_cache(maxsize=256)
def _week_days(numbers: tuple[int, ...], weeks: int) -> int:
    """The days, from the first of week 1, of the chosen weeks of a year that has so many weeks."""
    mask = 0
    for number in numbers:
        place = number - 1 if number > 0 else weeks + number
        if 0 <= place < weeks:
            mask |= 0b1111111 << 7 * place
    return mask


def _weeks(year: int, rule: Rule) -> int:
    """The days of a year that lie in one of the weeks of BYWEEKNO, also those that its neighbours count."""
    low = first_day(year)
    length = YEAR_LENGTHS[kind_of_year(year) >= 7]
    mask = 0
    for week_year in range(max(year - 1, 1), min(year + 1, LAST_YEAR - 1) + 1):
        begin = _first_week(week_year, rule.week_start)
        weeks = (_first_week(week_year + 1, rule.week_start) - begin) // 7
        chosen = _week_days(rule.byweekno, weeks)
        mask |= chosen << begin - low if begin >= low else chosen >> low - begin
    return mask & ((1 << length) - 1)


_MAKERS: dict[Frequency, Callable[[Rule, date, tuple[int, ...] | None], DaySet]] = {
    Frequency.DAILY: _daily,
    Frequency.WEEKLY: _weekly,
    Frequency.MONTHLY: _monthly,
    Frequency.YEARLY: _yearly,
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
