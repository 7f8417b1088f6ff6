"""When the occurrences of an appointment end, moved and cancelled ones counted; pure, it asks no calendar."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from addin.model import Occurrence, Timing
from addin.recurrence import instances

_INSTANT = timedelta(microseconds=1)


def next_end(
    timing: Timing, moved: Iterable[Occurrence], cancelled: Iterable[str], *, after: datetime
) -> datetime | None:
    """The first end (UTC) of an occurrence later than the instant `after`; None when nothing is to come.

    `moved` are the exceptions of the series, `cancelled` the ISO dates of the starts that were taken out.
    """
    coming = next_occurrence(timing, moved, cancelled, after=after)
    return None if coming is None else coming.end


def next_occurrence(
    timing: Timing, moved: Iterable[Occurrence], cancelled: Iterable[str], *, after: datetime
) -> Occurrence | None:
    """The occurrence that ends first after the instant `after`, running or to come; None when nothing is to come."""
    if timing.recurrence is None:
        single = Occurrence(timing.start_instant, timing.start_instant, timing.end_instant)
        return single if single.end > after else None
    changed = tuple(moved)
    planned = instances(
        timing.recurrence, timing.start, timing.zone, after=after - timing.duration + _INSTANT, before=None,
        cancelled=_taken_out(timing, changed, cancelled),
    )  # fmt: skip
    first = next(planned, None)
    coming = [occurrence for occurrence in changed if occurrence.end > after]
    if first is not None:
        start = first.start.astimezone(UTC)
        coming.append(Occurrence(start, start, start + timing.duration))
    return min(coming, key=lambda occurrence: occurrence.end, default=None)


def running_until(
    timing: Timing,
    moved: Iterable[Occurrence],
    cancelled: Iterable[str],
    *,
    at: datetime,
    begun_before: datetime | None = None,
) -> datetime | None:
    """The last end (UTC) of what is on at the instant `at`; None when nothing is, or it did not begin in time."""
    changed = tuple(moved)
    on = [(one.start, one.end) for one in changed]
    if timing.recurrence is None:
        on = [(timing.start_instant, timing.end_instant)]
    else:
        planned = instances(
            timing.recurrence, timing.start, timing.zone, after=at - timing.duration + _INSTANT, before=at + _INSTANT,
            cancelled=_taken_out(timing, changed, cancelled),
        )  # fmt: skip
        starts = (one.start.astimezone(UTC) for one in planned)
        on += [(start, start + timing.duration) for start in starts]
    last = at + _INSTANT if begun_before is None else begun_before
    return max((end for start, end in on if start <= at < end and start < last), default=None)


def is_end(timing: Timing, moved: Iterable[Occurrence], cancelled: Iterable[str], instant: datetime) -> bool:
    """Whether an occurrence ends at this very instant."""
    return next_end(timing, moved, cancelled, after=instant - _INSTANT) == instant


def _taken_out(timing: Timing, moved: Iterable[Occurrence], cancelled: Iterable[str]) -> list[datetime]:
    """Starts of the rule at which nothing happens: local ones of cancelled dates, instants of moved ones."""
    out = [datetime.combine(date.fromisoformat(day), timing.start.time()) for day in cancelled]
    return [*out, *(occurrence.original_start for occurrence in moved)]
