"""Hours, minutes and seconds: listed one by one where few, and never counted over a change of the clock.

FREQ=HOURLY counts real hours, a series repeats on the wall clock; the two part at every change to or from summer time
(recurrence facts 4.13).
"""

from calendar import isleap, monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from addin.errors import Counterexample, InvalidInput, Unsupported
from addin.recurrence.bounds import MOST_SINGLES, Strand
from addin.recurrence.days import Days, PerYear, first_day
from addin.recurrence.rule import Frequency, Rule
from addin.recurrence.zones import load, wall_clock

_YEARS_AHEAD = 40
_MOST_STEPS = 20_000
_END_OF_TIME = datetime.combine(date.max, time.max)
_UNITS = {
    Frequency.HOURLY: timedelta(hours=1),
    Frequency.MINUTELY: timedelta(minutes=1),
    Frequency.SECONDLY: timedelta(seconds=1),
}
_DAY = timedelta(days=1)


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


def listed(rule: Rule, start: datetime, zone: str) -> list[Strand]:
    """The dates of a rule that ends, stepped one by one, as one strand for each time of day that occurs.

    Raises Unsupported where there are more than `MOST_SINGLES`, or where finding them would take too long; InvalidInput
    where there is none.
    """
    starts: list[datetime] = []
    for moment in _stepped(rule, start, _last_wall_clock(rule, zone)):
        if len(starts) == MOST_SINGLES:
            raise Unsupported(
                f"FREQ={rule.frequency}: more than {MOST_SINGLES} meetings, and too many times of day for series",
                part="FREQ",
            )
        starts.append(moment)
        if len(starts) == rule.count:
            break
    if not starts:
        raise InvalidInput(f"FREQ={rule.frequency}: no time fits before the rule ends", field="FREQ")
    by_clock: dict[time, list[int]] = {}
    for moment in starts:
        by_clock.setdefault(moment.time(), []).append(moment.toordinal())
    return [Strand(clock, _only(ordinals)) for clock, ordinals in sorted(by_clock.items())]


def _only(ordinals: list[int]) -> Days:
    def choose(year: int) -> int:
        begin = first_day(year)
        return sum(1 << ordinal - begin for ordinal in ordinals if 0 <= ordinal - begin < 365 + isleap(year))

    return Days(PerYear(choose), ordinals[0], ordinals[-1])


def _last_wall_clock(rule: Rule, zone: str) -> datetime:
    """UNTIL on the wall clock of the zone; the end of time where COUNT ends the rule."""
    if rule.until is None or rule.until.day.year == date.max.year:
        return _END_OF_TIME
    if rule.until.clock is None:
        return datetime.combine(rule.until.day, time.max)
    moment = datetime.combine(rule.until.day, rule.until.clock)
    return wall_clock(moment.replace(tzinfo=UTC), zone) if rule.until.utc else moment


def _stepped(rule: Rule, start: datetime, last: datetime) -> Iterator[datetime]:
    unit = _UNITS[rule.frequency]
    step = unit * rule.interval
    moment = start - (start - datetime.combine(start.date(), time())) % unit
    for _ in range(_MOST_STEPS):
        wait = _wait(rule, moment)
        if wait is None:
            for candidate in _within_unit(rule, moment, start):
                if candidate > last:
                    return
                if candidate >= start:
                    yield candidate
            wait = step
        turns = -(-wait // step)
        if moment > last or turns * step > _END_OF_TIME - moment:
            return
        moment += turns * step
    raise Unsupported(f"FREQ={rule.frequency}: its dates are too far apart to be listed", part="FREQ")


def _wait(rule: Rule, moment: datetime) -> timedelta | None:
    """How long nothing can fit from this hour, minute or second on; None where it fits."""
    day_of_year = moment.timetuple().tm_yday
    length = monthrange(moment.year, moment.month)[1]
    fits = (
        (not rule.bymonth or moment.month in rule.bymonth)
        and (not rule.byday or moment.weekday() in rule.weekdays)
        and (not rule.bymonthday or {moment.day, moment.day - length - 1} & set(rule.bymonthday))
        and (not rule.byyearday or {day_of_year, day_of_year - 366 - isleap(moment.year)} & set(rule.byyearday))
    )
    if not fits:
        return _DAY - (moment - datetime.combine(moment.date(), time()))
    if rule.byhour and moment.hour not in rule.byhour:
        return timedelta(hours=1, minutes=-moment.minute, seconds=-moment.second)
    if rule.frequency is Frequency.HOURLY:
        return None
    if rule.byminute and moment.minute not in rule.byminute:
        return timedelta(minutes=1, seconds=-moment.second)
    if rule.frequency is Frequency.SECONDLY and rule.bysecond and moment.second not in rule.bysecond:
        return timedelta(seconds=1)
    return None


def _within_unit(rule: Rule, moment: datetime, start: datetime) -> list[datetime]:
    """The starts that one hour (minute, second) stands for: BYMINUTE and BYSECOND expand what is longer."""
    if rule.frequency is Frequency.SECONDLY:
        return [moment]
    minutes = rule.byminute or (start.minute,) if rule.frequency is Frequency.HOURLY else (moment.minute,)
    seconds = rule.bysecond or (start.second,)
    return [moment.replace(minute=minute, second=second) for minute in minutes for second in seconds]
