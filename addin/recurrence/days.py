"""Sets of days as bits of a year, so that a repeating set costs its period and not its length; knows no rule language.

The Gregorian calendar has 14 kinds of year (seven weekdays for 1 January, leap or common) and repeats itself after
400 years, which are 146,097 days or 20,871 whole weeks. A rule made of months and years chooses in each year a set that
depends on the kind of the year and on the year's place in the rule's own interval, nothing else. Comparing two such
rules for every kind and every place therefore proves them equal for ever. A rule made of days and weeks repeats after
a fixed number of days and is compared over that.

Days are proleptic ordinals (`date.toordinal()`), weekdays count from Monday = 0, months from 1; bit 0 of a year's mask
is 1 January.
"""

from calendar import isleap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import accumulate
from math import gcd, lcm
from typing import Protocol

LAST_YEAR = 9999
KINDS = range(14)
_COMMON_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTH_LENGTHS = (_COMMON_LENGTHS, (31, 29, *_COMMON_LENGTHS[2:]))
"""Lengths of the twelve months, first of a common year, then of a leap year."""
MONTH_OFFSETS = tuple(tuple(accumulate(lengths, initial=0)) for lengths in MONTH_LENGTHS)
"""Day of the year (from 0) on which each month begins, with the year's length as a thirteenth."""
YEAR_LENGTHS = (365, 366)


def kind_of_year(year: int) -> int:
    """0..13: the weekday of 1 January, plus 7 in a leap year."""
    return _KIND_IN_CYCLE[year % 400]


def _find_kind(year: int) -> int:
    return date(year, 1, 1).weekday() + 7 * isleap(year)


_KIND_IN_CYCLE = tuple(_find_kind(year) for year in range(400, 800))


@lru_cache(maxsize=2048)
def first_day(year: int) -> int:
    """The ordinal of 1 January."""
    return date(year, 1, 1).toordinal()


def bits(mask: int) -> Iterator[int]:
    """The positions of the ones, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def tiled(pattern: int, width: int, length: int) -> int:
    """`pattern` of `width` bits repeated until at least `length` bits are filled."""
    while width < length:
        pattern |= pattern << width
        width *= 2
    return pattern


class DaySet(Protocol):
    """An endless set of days, asked year by year.

    `years` is the number of years after which the choice in a year of a given kind repeats, 0 where no such number is
    known; `shape(kind, phase)` is the choice in a year of that kind whose number is `phase` modulo `years`.
    """

    @property
    def years(self) -> int: ...

    def year(self, year: int) -> int: ...

    def shape(self, kind: int, phase: int) -> int: ...


class Yearly:
    """Days chosen by the kind of the year and its place in a cycle of `years` years."""

    def __init__(self, years: int, choose: Callable[[int, int], int]) -> None:
        self.years = years
        self._choose = choose
        self._known: dict[tuple[int, int], int] = {}

    def shape(self, kind: int, phase: int) -> int:
        known = self._known.get((kind, phase))
        if known is None:
            known = self._known[kind, phase] = self._choose(kind, phase)
        return known

    def year(self, year: int) -> int:
        return self.shape(_KIND_IN_CYCLE[year % 400], year % self.years)


class Linear:
    """Days at fixed `offsets` (0 <= offset < period) of a period of `period` days counted from the ordinal `anchor`."""

    def __init__(self, period: int, anchor: int, offsets: tuple[int, ...] = (0,)) -> None:
        self.period = period
        self.anchor = anchor
        self.offsets = offsets
        self.years = 1 if 7 % period == 0 else 0
        self._tile = 0
        if period <= 366:
            self._tile = tiled(sum(1 << offset for offset in set(offsets)), period, 366 + period)

    def _span(self, first: int, length: int) -> int:
        if self._tile:
            return self._tile >> (first - self.anchor) % self.period & ((1 << length) - 1)
        mask = 0
        for offset in self.offsets:
            position = (self.anchor + offset - first) % self.period
            if position < length:
                mask |= 1 << position
        return mask

    def shape(self, kind: int, phase: int) -> int:
        # Only asked where the period divides a week: ordinal 1 is a Monday, so 1 + weekday stands for any such day.
        return self._span(1 + kind % 7, YEAR_LENGTHS[kind >= 7])

    def year(self, year: int) -> int:
        return self._span(first_day(year), YEAR_LENGTHS[_KIND_IN_CYCLE[year % 400] >= 7])


class Both:
    """The days that are in both sets. Periodic in years if both are."""

    def __init__(self, left: DaySet, right: DaySet) -> None:
        self.left = left
        self.right = right
        self.years = lcm(left.years, right.years)

    def shape(self, kind: int, phase: int) -> int:
        return self.left.shape(kind, phase % self.left.years) & self.right.shape(kind, phase % self.right.years)

    def year(self, year: int) -> int:
        return self.left.year(year) & self.right.year(year)


class PerYear:
    """Days found by asking `choose(year)` for each year; repeated after `cycle` years, 0 where that is not known."""

    years = 0

    def __init__(self, choose: Callable[[int], int], cycle: int = 0) -> None:
        self._choose = choose
        self.cycle = cycle
        self._known: dict[int, int] = {}

    def shape(self, kind: int, phase: int) -> int:
        raise ValueError("a set without a period has no shape")

    def year(self, year: int) -> int:
        known = self._known.get(year)
        if known is None:
            known = self._known[year] = self._choose(year)
        return known


@dataclass(frozen=True)
class Days:
    """A day set from the ordinal `first` on, to the ordinal `last` inclusive, or without end."""

    days: DaySet
    first: int
    last: int | None = None

    def year(self, year: int) -> int:
        """The mask of one year, cut to the bounds."""
        mask = self.days.year(year)
        begin = first_day(year)
        if begin < self.first:
            cut = self.first - begin
            mask = mask >> cut << cut
        if self.last is not None:
            room = self.last - begin + 1
            if room < 366:
                mask &= (1 << max(room, 0)) - 1
        return mask

    def ordinals(self, after: int | None = None, through_year: int = LAST_YEAR) -> Iterator[int]:
        """The days in order, from the ordinal `after` (inclusive) on."""
        begin = self.first if after is None else max(after, self.first)
        if begin > _LAST_ORDINAL:
            return
        year = date.fromordinal(max(begin, 1)).year
        end = LAST_YEAR if self.last is None else year_of(self.last)
        for number in range(year, min(end, through_year) + 1):
            base = first_day(number)
            for bit in bits(self.year(number)):
                if base + bit >= begin:
                    yield base + bit

    def next(self, after: int, through_year: int = LAST_YEAR) -> int | None:
        """The first day at or after the ordinal `after`, None if there is none."""
        return next(self.ordinals(after, through_year), None)

    def previous(self, before: int) -> int | None:
        """The last day at or before the ordinal `before`, None if there is none."""
        end = before if self.last is None else min(before, self.last)
        for number in range(year_of(end), year_of(self.first) - 1, -1):
            base = first_day(number)
            mask = self.year(number)
            if end - base < 366:
                mask &= (1 << end - base + 1) - 1
            if mask:
                return base + mask.bit_length() - 1
        return None

    def count(self, through: int) -> int:
        """How many days there are up to the ordinal `through`, inclusive."""
        if through < self.first:
            return 0
        cut = Days(self.days, self.first, through if self.last is None else min(through, self.last))
        return sum(cut.year(number).bit_count() for number in range(year_of(self.first), year_of(through) + 1))

    def window(self, low: int, high: int) -> int:
        """The days low <= day < high as one mask whose bit 0 is `low`."""
        mask = 0
        for number in range(year_of(low), year_of(high - 1) + 1):
            shift = first_day(number) - low
            chosen = self.year(number)
            mask |= chosen << shift if shift >= 0 else chosen >> -shift
        return mask & ((1 << (high - low)) - 1)


_LAST_ORDINAL = date.max.toordinal()


def year_of(ordinal: int) -> int:
    """The year of an ordinal, held within the years that dates can have."""
    return date.fromordinal(min(max(ordinal, 1), _LAST_ORDINAL)).year


def nth_ordinal(sets: list[Days], number: int) -> int | None:
    """The day on which the `number`-th member of all sets together falls; None if there are fewer by the year 9999.

    Whole years are counted by their masks, so the cost is one addition a year and set.
    """
    seen = 0
    for year in range(min(year_of(member.first) for member in sets), LAST_YEAR + 1):
        masks = [member.year(year) for member in sets]
        here = sum(mask.bit_count() for mask in masks)
        if seen + here >= number:
            positions = sorted(bit for mask in masks for bit in bits(mask))
            return first_day(year) + positions[number - seen - 1]
        seen += here
    return None


def progression_years(interval_months: int) -> int:
    """The number of years after which every `interval_months`-th month falls on the same months again."""
    return interval_months // gcd(interval_months, 12)
