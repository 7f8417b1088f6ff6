"""Whether a set of Graph series falls on the same days as a rule: compared year by year, then for ever by period.

The argument. From the year in which the last series has begun, both sides are sets that repeat. If both are made of
months and years, each chooses by the kind of the year (14 kinds) and the year's place in its interval; equal for every
kind and every place of the common interval means equal for ever. If both are made of days and weeks, they are compared
over the least common multiple of their periods. Where neither holds, the years of the 400-year cycle are compared one
by one and the first difference is reported.

29 February needs one more argument: with every fourth year a leap year, as it is up to 2099, the sets may be the same
although 2100 parts them. Such an answer is given with a warning; one that only happens to agree for decades is not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import lcm

from addin.recurrence.days import KINDS, LAST_YEAR, Days, DaySet, Linear, bits, first_day, year_of

MOST_SHAPES = 20_000
_LONG = 30


@dataclass(frozen=True)
class Difference:
    """A day (ordinal) that only one side has, or that the series hold twice ("twice").

    "unproved": no difference was found, and no period is known that would rule one out later.
    """

    day: int
    only_in: str


def first_difference(rule: Days, series: Sequence[Days]) -> Difference | None:
    """The first day at which the series, taken together, are not the rule; None if there is none, ever."""
    first_year = year_of(min(days.first for days in (rule, *series)))
    if rule.last is not None and all(days.last is not None for days in series):
        return _both_end(rule, series, first_year)
    if rule.last is not None or any(days.last is not None for days in series):
        # One side ends and the other does not: some day tells them apart within a cycle.
        return _by_year(rule, series, first_year, min(first_year + 800, LAST_YEAR))
    settled = year_of(max(days.first for days in (rule, *series))) + 1
    found = _by_year(rule, series, first_year, min(settled, LAST_YEAR))
    if found is not None or same_for_ever(rule.days, [days.days for days in series]):
        return found
    cycle = _cycle(rule, series)
    end = min(settled + (cycle or 400), LAST_YEAR)
    found = _by_year(rule, series, settled, end)
    if found is None and not cycle:
        return Difference(first_day(end), "unproved")
    return found


def _both_end(rule: Days, series: Sequence[Days], first_year: int) -> Difference | None:
    """All sides end. Long rules are compared where the sides begin and end, and by period in between."""
    settled = year_of(max(days.first for days in (rule, *series))) + 1
    ends = [year_of(days.last or 0) for days in (rule, *series)]
    if min(ends) - settled > _LONG and same_for_ever(rule.days, [days.days for days in series]):
        return _by_year(rule, series, first_year, settled) or _by_year(rule, series, min(ends), max(ends))
    return _by_year(rule, series, first_year, max(ends))


def _cycle(rule: Days, series: Sequence[Days]) -> int:
    """After how many years both sides repeat in every respect; 0 where that is not known."""
    return lcm(400, *(getattr(days.days, "cycle", 0) or days.days.years for days in (rule, *series)))


def _by_year(rule: Days, series: Sequence[Days], first: int, last: int) -> Difference | None:
    for year in range(first, last + 1):
        found = _compare(rule.year(year), [days.year(year) for days in series])
        if found is not None:
            return Difference(first_day(year) + found.day, found.only_in)
    return None


def _compare(wanted: int, given: Sequence[int]) -> Difference | None:
    union = twice = 0
    for mask in given:
        twice |= union & mask
        union |= mask
    wrong = (union ^ wanted) | twice
    if not wrong:
        return None
    day = next(bits(wrong))
    if twice >> day & 1:
        return Difference(day, "twice")
    return Difference(day, "rule" if wanted >> day & 1 else "series")


def same_for_ever(rule: DaySet, series: Sequence[DaySet]) -> bool:
    """Whether the periods alone prove that the sets are equal and the series do not meet."""
    years = lcm(rule.years, *(days.years for days in series))
    if years:
        if years * len(KINDS) > MOST_SHAPES:
            return False
        return all(
            _compare(
                rule.shape(kind, phase % rule.years),
                [days.shape(kind, phase % days.years) for days in series],
            )
            is None
            for phase in range(years)
            for kind in KINDS
        )
    if not isinstance(rule, Linear):
        return False
    linear = [days for days in series if isinstance(days, Linear)]
    return len(linear) == len(series) and _same_linear(rule, linear)


def same_while_every_fourth_year_leaps(rule: DaySet, series: Sequence[DaySet]) -> bool:
    """Whether the sets are equal in any calendar whose every fourth year is a leap year, as ours is up to 2099.

    What is equal in this sense parts only where a century has no leap year; what merely happens to agree for some
    decades (a weekday rule met by intervals of 28 years) is not equal in this sense.
    """
    return _over_four_years(rule, series, lambda wanted, given: _compare(wanted, given) is None)


def within_while_every_fourth_year_leaps(rule: DaySet, series: DaySet) -> bool:
    """Whether a series never leaves the rule, in the same sense; True where the sets have no period in years."""
    if not lcm(rule.years, series.years):
        return True
    return _over_four_years(rule, [series], lambda wanted, given: not given[0] & ~wanted)


def _over_four_years(rule: DaySet, series: Sequence[DaySet], agree: Callable[[int, Sequence[int]], bool]) -> bool:
    years = lcm(4, rule.years, *(days.years for days in series))
    if not years or 7 * years > MOST_SHAPES:
        return False
    return all(
        agree(
            rule.shape(kind, phase % rule.years),
            [days.shape(kind, phase % days.years) for days in series],
        )
        for phase in range(years)
        for kind in (KINDS[7:] if phase % 4 == 0 else KINDS[:7])
    )


def _same_linear(rule: Linear, series: Sequence[Linear]) -> bool:
    period = lcm(rule.period, *(days.period for days in series))
    size = sum(len(days.offsets) * (period // days.period) for days in (rule, *series))
    if size > MOST_SHAPES:
        return False

    def members(side: Linear) -> set[int]:
        turns = range(0, period, side.period)
        return {(side.anchor + offset + turn) % period for offset in side.offsets for turn in turns}

    parts = [members(days) for days in series]
    union = set().union(*parts)
    return union == members(rule) and len(union) == sum(map(len, parts))


def day_text(ordinal: int) -> str:
    """An ordinal as an ISO date, for messages."""
    return date.fromordinal(ordinal).isoformat()
