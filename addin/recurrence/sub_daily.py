"""Whether hours, minutes and seconds can be counted on the wall clock: not where the clock is changed meanwhile.

FREQ=HOURLY counts real hours, a series repeats on the wall clock; the two part at every change to or from summer time
(recurrence facts 4.13).
"""

from datetime import date, datetime, time, timedelta

from addin.errors import Counterexample, Unsupported
from addin.recurrence.bounds import Strand
from addin.recurrence.rule import Rule
from addin.recurrence.zones import load

_YEARS_AHEAD = 40


def check_clock_changes(rule: Rule, found: list[Strand], zone: str) -> None:
    """Raise Unsupported where a change of the clock falls within the rule and shifts it.

    With an interval of 1 every hour (minute, second) is met whatever the clock does, so only times that a change
    skips or repeats are refused.
    """
    first = min(strand.days.first for strand in found)
    last = max(strand.days.last or first + 366 * _YEARS_AHEAD for strand in found)
    last = min(last, first + 366 * _YEARS_AHEAD)
    for change in _changes(date.fromordinal(first), date.fromordinal(last), zone):
        if rule.interval > 1 or any(_touched(change, strand.clock, zone) for strand in found):
            raise Unsupported(
                f"FREQ={rule.frequency}: the clock in {zone} changes on {change}, so counting hours leaves the "
                "wall clock of a series",
                part="FREQ",
                counterexample=Counterexample(change.isoformat(), "series"),
                nearest="FREQ=DAILY",
            )


def _changes(first: date, last: date, zone: str) -> list[date]:
    """The days within which the offset from UTC changes."""
    rules = load(zone)

    def offset(day: date) -> timedelta | None:
        return datetime.combine(day, time(), rules).utcoffset()

    found: list[date] = []
    step = 7
    day = first
    while day <= last:
        following = day + timedelta(days=step)
        if offset(day) != offset(following):
            found.extend(
                candidate
                for candidate in (day + timedelta(days=n) for n in range(step))
                if offset(candidate) != offset(candidate + timedelta(days=1))
            )
        day = following
    return [day for day in found if day <= last]


def _touched(change: date, clock: time | None, zone: str) -> bool:
    if clock is None:
        return False
    rules = load(zone)
    for day in (change - timedelta(days=1), change, change + timedelta(days=1)):
        moment = datetime.combine(day, clock, rules)
        if moment.utcoffset() != moment.replace(fold=1).utcoffset():
            return True
    return False
