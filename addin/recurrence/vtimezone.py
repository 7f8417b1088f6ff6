"""VTIMEZONE components (RFC 5545 section 3.6.5) from the rules of a zone; knows nothing of events.

Zones that change their clock by one rule a year are written with RRULEs, which every calendar reads and which hold for
ever; others with the dates of the years asked for. Onsets are local times told with the offset before the change, as
the RFC wants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from addin.recurrence.rule import DAY_CODES
from addin.recurrence.zones import load, to_iana

_YEARS_OF_RULE = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Change:
    """One change of the clock: onset as local time before it, the offsets around it, the new abbreviation."""

    onset: datetime
    before: timedelta
    after: timedelta
    name: str
    daylight: bool


def _at(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(load(zone))


def _offset(instant: datetime, zone: str) -> timedelta:
    return _at(instant, zone).utcoffset() or timedelta()


def _changes(zone: str, first_year: int, last_year: int) -> list[_Change]:
    """Every change of the offset within the years, found by days and then halved down to the second."""
    found = []
    moment = datetime.combine(date(first_year, 1, 1), time(), UTC)
    end = datetime.combine(date(last_year, 12, 31), time(), UTC)
    while moment < end:
        following = moment + _DAY
        if _offset(moment, zone) != _offset(following, zone):
            found.append(_locate(moment, following, zone))
        moment = following
    return found


def _locate(low: datetime, high: datetime, zone: str) -> _Change:
    before = _offset(low, zone)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if _offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    new = _at(high, zone)
    return _Change(
        onset=(high + before).replace(tzinfo=None),
        before=before,
        after=_offset(high, zone),
        name=new.tzname() or "",
        daylight=bool(new.dst()),
    )


def _yearly_rule(changes: Sequence[_Change]) -> tuple[int, int, int] | None:
    """Month, ordinal and weekday that all the changes of successive years share; None if they share none."""
    first = changes[0]
    same = {(c.onset.month, c.onset.weekday(), c.onset.time(), c.before, c.after) for c in changes}
    years = [c.onset.year for c in changes]
    if len(same) > 1 or years != list(range(years[0], years[0] + len(years))):
        return None
    for ordinal in (-1, 1, 2, 3, 4):
        if all(_ordinal_fits(change.onset, ordinal) for change in changes):
            return first.onset.month, ordinal, first.onset.weekday()
    return None


def _ordinal_fits(onset: datetime, ordinal: int) -> bool:
    if ordinal == -1:
        return (onset + 7 * _DAY).month != onset.month
    return (onset.day - 1) // 7 + 1 == ordinal


def build(zone: str, first: date, last: date, tzid: str | None = None) -> Timezone:
    """The VTIMEZONE of a zone, right for the dates from `first` to `last` and, where a rule exists, for ever after.

    `tzid` is the name to write; the IANA name if none is given.
    """
    name = to_iana(zone)
    component = Timezone()
    component.add("TZID", tzid or name)
    base = max(first.year - 1, 2)
    changes = _changes(name, base, min(max(last.year + 1, base + _YEARS_OF_RULE), 9998))
    _add(component, [_standing(name, base)], None)
    for daylight in (True, False):
        mine = [change for change in changes if change.daylight is daylight]
        since, rule = _last_rule(mine)
        _add(component, mine[:since], None)
        if rule is not None:
            _add(component, mine[since : since + 1], rule)
    return component


def _last_rule(changes: Sequence[_Change]) -> tuple[int, tuple[int, int, int] | None]:
    """From which change on one yearly rule holds to the end, and the rule; all single where no rule lasts."""
    for since in range(len(changes) - _YEARS_OF_RULE + 1):
        rule = _yearly_rule(changes[since:])
        if rule is not None:
            return since, rule
    return len(changes), None


def _standing(zone: str, year: int) -> _Change:
    """What holds before the first change that is told."""
    instant = datetime.combine(date(year, 1, 1), time(), UTC)
    offset, here = _offset(instant, zone), _at(instant, zone)
    onset = datetime.combine(date(year - 1, 12, 31), time())
    return _Change(onset, offset, offset, here.tzname() or "", bool(here.dst()))


def _add(component: Timezone, changes: Sequence[_Change], rule: tuple[int, int, int] | None) -> None:
    for change in changes:
        part = TimezoneDaylight() if change.daylight else TimezoneStandard()
        part.add("DTSTART", change.onset)
        part.add("TZOFFSETFROM", change.before)
        part.add("TZOFFSETTO", change.after)
        part.add("TZNAME", change.name)
        if rule is not None:
            month, ordinal, weekday = rule
            part.add("RRULE", vRecur(FREQ="YEARLY", BYMONTH=month, BYDAY=f"{ordinal}{DAY_CODES[weekday]}"))
        component.add_component(part)
