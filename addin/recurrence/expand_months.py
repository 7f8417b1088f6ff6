"""What MONTHLY and YEARLY rules mean: which days they choose in a kind of year (RFC 5545 section 3.3.10).

Knows no times of day and nothing of Graph.
"""

from datetime import date
from functools import lru_cache
from math import lcm

from addin.recurrence.days import (
    LAST_YEAR,
    MONTH_LENGTHS,
    MONTH_OFFSETS,
    YEAR_LENGTHS,
    DaySet,
    PerYear,
    Yearly,
    bits,
    first_day,
    kind_of_year,
    progression_years,
)
from addin.recurrence.rule import Rule, Skip


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


def months_mask(kind: int, months: tuple[int, ...]) -> int:
    """All days of the given months in a kind of year."""
    lengths, offsets = MONTH_LENGTHS[kind >= 7], MONTH_OFFSETS[kind >= 7]
    return sum(((1 << lengths[month - 1]) - 1) << offsets[month - 1] for month in months)


def month_days_mask(kind: int, months: range | tuple[int, ...], days: tuple[int, ...], skip: Skip) -> int:
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


def year_days_mask(kind: int, days: tuple[int, ...], skip: Skip = Skip.OMIT) -> int:
    """BYYEARDAY; SKIP decides about day 366 of a common year."""
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


def _inmonths_mask(kind: int, rule: Rule, months: tuple[int, ...], default_day: int) -> int:
    """The days that a MONTHLY rule chooses in the given months, before BYSETPOS."""
    lengths, offsets = MONTH_LENGTHS[kind >= 7], MONTH_OFFSETS[kind >= 7]
    if not rule.bymonthday and not rule.byday:
        return month_days_mask(kind, months, (default_day,), rule.skip)
    mask = 0
    for month in months:
        days = _weekdays_in(kind, offsets[month - 1], lengths[month - 1], rule.byday) if rule.byday else -1
        if rule.bymonthday:
            days &= month_days_mask(kind, (month,), rule.bymonthday, rule.skip)
        mask |= days
    return mask


def monthly(rule: Rule, first: date, positions: tuple[int, ...] | None) -> DaySet:
    """The days of a MONTHLY rule whose months are counted from that of `first`."""
    anchor = 12 * first.year + first.month - 1
    years = progression_years(rule.interval)

    def choose(kind: int, phase: int) -> int:
        mask = 0
        for month in rule.bymonth or range(1, 13):
            if (12 * phase + month - 1 - anchor) % rule.interval == 0:
                mask |= pick(_inmonths_mask(kind, rule, (month,), first.day), positions)
        return mask

    return Yearly(years, choose)


def yearly(rule: Rule, first: date, positions: tuple[int, ...] | None) -> DaySet:
    """The days of a YEARLY rule whose years are counted from that of `first`."""
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
        return month_days_mask(kind, months or (first.month,), (first.day,), rule.skip)
    length = YEAR_LENGTHS[kind >= 7]
    mask = (1 << length) - 1
    if rule.bymonthday:
        mask &= month_days_mask(kind, months or range(1, 13), rule.bymonthday, rule.skip)
    elif months:
        mask &= months_mask(kind, months)
    if rule.byyearday:
        mask &= year_days_mask(kind, rule.byyearday, rule.skip)
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
