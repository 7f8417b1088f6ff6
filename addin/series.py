"""A series as its organiser looks at it: the next dates, what they collide with, where clocks change; it makes nothing.

Pure: what stands in the calendar and where the participants live is handed in.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from addin.model import Engagement, Occurrence, Timing
from addin.recurrence import instances


@dataclass(frozen=True)
class SeriesDate:
    """One date. `start` and `end` are aware, in the zone of the series.

    `offset_changed`: the clocks of the series' zone stand otherwise than on the date before. `elsewhere` are zones
    whose people see another clock time than on the date before, with that time. `clashes` are None where nobody looked.
    """

    start: datetime
    end: datetime
    offset_changed: bool = False
    elsewhere: tuple[datetime, ...] = ()
    clashes: tuple[str, ...] | None = None


def next_dates(
    timing: Timing, *, after: datetime, how_many: int, zones: Collection[str] = (),
    moved: Iterable[Occurrence] = (), cancelled: Iterable[str] = (),
) -> tuple[tuple[SeriesDate, ...], bool]:  # fmt: skip
    """The dates that end later than the instant `after`, at most `how_many`, in order; and whether more follow.

    `zones` (IANA) are those of the participants. `moved` are the exceptions of a series that stands in the calendar,
    `cancelled` the ISO dates taken out of it.
    """
    zone = ZoneInfo(timing.zone)
    changed = {one.original_start.astimezone(zone).replace(tzinfo=None): one for one in moved}
    found = instances(
        timing.recurrence, timing.start, timing.zone, after=after - timing.duration + timedelta(microseconds=1),
        before=None, moved={original: one.start for original, one in changed.items()},
        cancelled=[datetime.combine(date.fromisoformat(day), timing.start.time()) for day in cancelled],
    )  # fmt: skip
    dates: list[SeriesDate] = []
    for one in islice(found, how_many):
        exception = changed.get(one.original) if one.moved else None
        end = exception.end.astimezone(zone) if exception else _end(timing, one.start)
        shown = SeriesDate(one.start, end)
        if dates and not timing.all_day:
            shown = _with_shift(dates[-1], shown, [name for name in zones if name != timing.zone])
        dates.append(shown)
    return tuple(dates), next(found, None) is not None


def _end(timing: Timing, start: datetime) -> datetime:
    """Clock time for a whole day, real time else: an hour stays an hour over a change of the clocks."""
    if timing.all_day:
        return start + (timing.end - timing.start)  # both in one zone: Python adds wall clock
    return (start.astimezone(UTC) + timing.duration).astimezone(start.tzinfo)


def _with_shift(before: SeriesDate, one: SeriesDate, zones: list[str]) -> SeriesDate:
    """A moved date is at another time anyway: there only the clocks count."""
    turned = one.start.utcoffset() != before.start.utcoffset()
    there = [(before.start.astimezone(ZoneInfo(name)), one.start.astimezone(ZoneInfo(name))) for name in zones]
    same_clock = one.start.time() == before.start.time()
    elsewhere = tuple(now for then, now in there if same_clock and now.time() != then.time())
    return replace(one, offset_changed=turned, elsewhere=elsewhere)


def with_clashes(
    dates: Iterable[SeriesDate], engagements: Collection[Engagement], *, own: str | None = None
) -> tuple[SeriesDate, ...]:
    """The dates with the subjects of what stands at the same time; `own` is the event id of the series itself."""
    others = [one for one in engagements if own is None or own not in (one.event_id, one.series_id)]

    def clashes(day: SeriesDate) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.subject for one in others if one.start < day.end and day.start < one.end))

    return tuple(replace(day, clashes=clashes(day)) for day in dates)


def windows(dates: Collection[SeriesDate], longest: timedelta) -> tuple[tuple[datetime, datetime], ...]:
    """What to look at in the calendar: one window over close dates, else one for each date."""
    if not dates:
        return ()
    ordered = sorted(dates, key=lambda day: day.start)
    last = max(day.end for day in ordered)
    if last - ordered[0].start <= longest:
        return ((ordered[0].start, last),)
    return tuple((day.start, day.end) for day in ordered)
