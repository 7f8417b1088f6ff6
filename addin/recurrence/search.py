"""Finds Graph patterns for a set of days: first by the fields of the rule, then by looking at the days themselves.

What is found here is a proposal. Nothing leaves the package before `proof` has compared it with the rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice
from math import lcm

from addin.recurrence.days import MONTH_LENGTHS, Days, DaySet, Linear, bits, first_day, kind_of_year
from addin.recurrence.graph import WEEKEND, WORKING_DAYS, Pattern, PatternType
from addin.recurrence.graph_days import LAST_INDEX, day_in_month, days_of
from addin.recurrence.proof import within_while_every_fourth_year_leaps
from addin.recurrence.rrule import parse
from addin.recurrence.rule import ALL_WEEKDAYS, Frequency, Rule

_MONTH_MULTIPLES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, 36, 48)
_PROBES = 12


@dataclass(frozen=True)
class Part:
    """One proposed series: a pattern and the ordinal of its first day."""

    pattern: Pattern
    first: int


@dataclass(frozen=True)
class Steps:
    """The intervals worth trying, in days, weeks and months, and the sets of weekdays, for one rule."""

    days: tuple[int, ...]
    weeks: tuple[int, ...]
    months: tuple[int, ...]
    weekday_sets: tuple[frozenset[int], ...]
    week_start: int


def steps_for(rule: Rule, days: Days) -> Steps:
    """What the rule's own interval suggests; intervals of months also in the multiples that leap years ask for."""
    interval = rule.interval
    period = days.days.period if isinstance(days.days, Linear) else 1
    months = {1}
    if rule.frequency is Frequency.MONTHLY:
        months = {interval, lcm(interval, 12)}
    if rule.frequency is Frequency.YEARLY:
        months = {12 * interval} if interval > 1 else {1}
    multiples = sorted({step * multiple for step in months for multiple in _MONTH_MULTIPLES})
    sets = {WORKING_DAYS, WEEKEND, ALL_WEEKDAYS}
    if len(rule.weekdays) > 1:
        sets.add(rule.weekdays)
    return Steps(
        days=tuple(sorted({1, period})),
        weeks=(lcm(period, 7) // 7,),
        months=tuple(multiples),
        weekday_sets=tuple(sorted(sets, key=sorted)),
        week_start=rule.week_start,
    )


@lru_cache(maxsize=1024)
def by_text(text: str, first: date) -> Pattern | None:
    """`by_fields` for the text of a rule, remembered."""
    return by_fields(parse(text), first)


def by_fields(rule: Rule, first: date) -> Pattern | None:
    """The pattern that says the same in Graph's own words, where the rule's parts have a field each; else None.

    `first` is the first day of the rule. Days that months may lack (29, 30, 31) are left to `by_days`.
    """
    if rule.bymonth and rule.frequency is not Frequency.YEARLY:
        return None
    if rule.byyearday or rule.byweekno:
        return None
    if rule.frequency is Frequency.DAILY and not (rule.byday or rule.bymonthday or rule.bysetpos):
        return Pattern(PatternType.DAILY, rule.interval)
    if rule.frequency is Frequency.WEEKLY and not rule.bysetpos:
        return _weekly(rule, first)
    if rule.frequency is Frequency.MONTHLY:
        return _in_month(rule, first, 0)
    if rule.frequency is Frequency.YEARLY and (
        len(rule.bymonth) == 1 or not (rule.bymonth or rule.byday or rule.bymonthday or rule.bysetpos)
    ):
        return _in_month(rule, first, rule.bymonth[0] if rule.bymonth else first.month)
    return None


def _weekly(rule: Rule, first: date) -> Pattern | None:
    weekdays = rule.weekdays or frozenset((first.weekday(),))
    return Pattern(PatternType.WEEKLY, rule.interval, weekdays, rule.week_start)


_CLAMPED = {(28, 29): 29, (28, 29, 30): 30, (28, 29, 30, 31): 31}


def _in_month(rule: Rule, first: date, month: int) -> Pattern | None:
    kinds = (
        (PatternType.ABSOLUTE_YEARLY, PatternType.RELATIVE_YEARLY)
        if month
        else (PatternType.ABSOLUTE_MONTHLY, PatternType.RELATIVE_MONTHLY)
    )
    if rule.byday:
        place = _place(rule)
        if place is None:
            return None
        return Pattern(kinds[1], rule.interval, place[1], index=place[0], month=month)
    day = 0
    longest = MONTH_LENGTHS[True][month - 1] if month else 31
    if len(rule.bymonthday) == 1 and not rule.bysetpos:
        day = rule.bymonthday[0] if rule.bymonthday[0] > 0 else longest if rule.bymonthday[0] == -1 else 0
    elif rule.bysetpos == (-1,):
        day = _CLAMPED.get(rule.bymonthday, 0)
    elif not rule.bymonthday and not rule.bysetpos:
        day = first.day
    return Pattern(kinds[0], rule.interval, day_of_month=day, month=month) if day else None


def _place(rule: Rule) -> tuple[int, frozenset[int]] | None:
    """Index and weekdays of BYDAY=2TU, or of BYDAY=<set>;BYSETPOS=2."""
    if rule.bymonthday:
        return None
    if len(rule.byday) == 1 and not rule.bysetpos:
        ordinal, weekday = rule.byday[0]
        index = LAST_INDEX if ordinal == -1 else ordinal
        return (index, frozenset((weekday,))) if 1 <= index <= LAST_INDEX and ordinal != LAST_INDEX else None
    if len(rule.bysetpos) != 1 or any(ordinal for ordinal, _ in rule.byday):
        return None
    position = rule.bysetpos[0]
    index = LAST_INDEX if position == -1 else position
    return (index, rule.weekdays) if 1 <= index <= LAST_INDEX and position != LAST_INDEX else None


def by_days(days: Days, steps: Steps, high: int, most: int) -> list[Part] | None:
    """At most `most` patterns that share out the days before the ordinal `high`, none overlapping; else None.

    Takes the earliest day not yet covered and gives it the densest pattern that begins there and meets only days
    that are wanted and free.
    """
    low = days.next(days.first)
    if low is None or low >= high:
        return None
    left = days.window(low, high)
    parts: list[Part] = []
    while left:
        if len(parts) == most:
            return None
        shift = (left & -left).bit_length() - 1
        found = _densest(days.days, left >> shift, low + shift, high, steps)
        if found is None:
            return None
        parts.append(Part(found[0], low + shift))
        left ^= found[1] << shift
    return parts


def _densest(wanted: DaySet, left: int, first: int, high: int, steps: Steps) -> tuple[Pattern, int] | None:
    for pattern in _candidates(left, first, steps):
        chosen = days_of(pattern, date.fromordinal(first))
        mask = Days(chosen, first).window(first, high)
        if not mask & ~left and within_while_every_fourth_year_leaps(wanted, chosen):
            return pattern, mask
    return None


def _candidates(left: int, first: int, steps: Steps) -> Iterator[Pattern]:
    if left & 0b1111111 == 0b1111111:
        yield Pattern(PatternType.DAILY, 1)
    # Every third day is denser than a weekly part of it; every 14th is better told in weeks.
    yield from _daily_candidates(left, [step for step in steps.days if step % 7])
    yield from _weekly_candidates(left, first, steps)
    yield from _daily_candidates(left, [step for step in steps.days if not step % 7])
    yield from _monthly_candidates(left, first, steps)


def _daily_candidates(left: int, steps: Sequence[int]) -> Iterator[Pattern]:
    return (Pattern(PatternType.DAILY, step) for step in steps if step > 1 and _meets(left, 0, step))


def _meets(left: int, begin: int, step: int) -> bool:
    """Whether the first days of a progression are all wanted, as far as `left` reaches."""
    length = left.bit_length()
    return all(left >> begin + step * turn & 1 for turn in range(_PROBES) if begin + step * turn < length)


def _weekly_candidates(left: int, first: int, steps: Steps) -> Iterator[Pattern]:
    weekday = (first - 1) % 7
    into_week = (weekday - steps.week_start) % 7
    for weeks in steps.weeks:
        step = 7 * weeks
        if not _meets(left, 0, step):
            continue
        fitting = {weekday}
        for other in range(7):
            distance = other - into_week
            begin = distance if distance >= 0 else distance + step
            if distance and _meets(left, begin, step):
                fitting.add((steps.week_start + other) % 7)
        yield Pattern(PatternType.WEEKLY, weeks, frozenset(fitting), steps.week_start)
        if len(fitting) > 1:
            yield Pattern(PatternType.WEEKLY, weeks, frozenset((weekday,)), steps.week_start)


def _monthly_candidates(left: int, first: int, steps: Steps) -> Iterator[Pattern]:
    begin = date.fromordinal(first)
    slots = list(_slots(begin, steps))
    for step in steps.months:
        for slot in slots:
            if _slot_fits(left, begin, slot, step):
                yield _with_interval(slot, begin.month, step)


def _slots(day: date, steps: Steps) -> Iterator[Pattern]:
    """Every way in which a pattern can choose this day of its month."""
    leap = kind_of_year(day.year) >= 7
    length = MONTH_LENGTHS[leap][day.month - 1]
    for number in (day.day, *(range(day.day + 1, 32) if day.day == length else ())):
        yield Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=number)
    sets = (frozenset((day.weekday(),)), *(chosen for chosen in steps.weekday_sets if day.weekday() in chosen))
    for weekdays in sets:
        members = [n for n in range(1, length + 1) if (day.weekday() + n - day.day) % 7 in weekdays]
        place = members.index(day.day) + 1
        if place < LAST_INDEX:
            yield Pattern(PatternType.RELATIVE_MONTHLY, weekdays=weekdays, index=place)
        if place == len(members):
            yield Pattern(PatternType.RELATIVE_MONTHLY, weekdays=weekdays, index=LAST_INDEX)


def _slot_fits(left: int, begin: date, slot: Pattern, step: int) -> bool:
    origin = begin.toordinal()
    length = left.bit_length()
    months = begin.year * 12 + begin.month - 1
    for turn in range(1, _PROBES):
        year, month = divmod(months + turn * step, 12)
        if year > 9999:
            return True
        place = first_day(year) + day_in_month(slot, kind_of_year(year), month + 1) - origin
        if place >= length:
            return True
        if not left >> place & 1:
            return False
    return True


def _with_interval(slot: Pattern, month: int, step: int) -> Pattern:
    if step % 12:
        return Pattern(slot.type, step, slot.weekdays, day_of_month=slot.day_of_month, index=slot.index)
    kind = PatternType.ABSOLUTE_YEARLY if slot.type.absolute else PatternType.RELATIVE_YEARLY
    return Pattern(kind, step // 12, slot.weekdays, day_of_month=slot.day_of_month, index=slot.index, month=month)


def whole_set(days: Days, steps: Steps, most_days: int) -> Part | None:
    """One pattern that, ended after the last of a few days, is exactly these days; else None.

    Two days only are taken for a pattern of months or years: any two days are "every n days, twice".
    """
    last = days.last
    low = days.next(days.first)
    if last is None or low is None or sum(1 for _ in islice(days.ordinals(), most_days + 1)) > most_days:
        return None
    window = days.window(low, last + 1)
    gaps = list(bits(window))[:3]
    if len(gaps) < 2:
        return None
    gap = gaps[1]
    more = Steps(
        days=(gap,) if len(gaps) > 2 else (),
        weeks=tuple(sorted({1, gap // 7 or 1, *steps.weeks})) if len(gaps) > 2 else (),
        months=tuple(sorted({*steps.months, *range(1, 13)})) if len(gaps) > 2 else steps.months[:1],
        weekday_sets=steps.weekday_sets,
        week_start=steps.week_start,
    )
    for pattern in _candidates(window, low, more):
        if Days(days_of(pattern, date.fromordinal(low)), low, last).window(low, last + 1) == window:
            return Part(pattern, low)
    return None
