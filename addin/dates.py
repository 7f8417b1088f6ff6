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
    out = [datetime.combine(date.fromisoformat(day), timing.start.time()) for day in cancelled]
    planned = instances(
        timing.recurrence, timing.start, timing.zone, after=after - timing.duration + _INSTANT, before=None,
        cancelled=[*out, *(occurrence.original_start for occurrence in changed)],
    )  # fmt: skip
    first = next(planned, None)
    coming = [occurrence for occurrence in changed if occurrence.end > after]
    if first is not None:
        start = first.start.astimezone(UTC)
        coming.append(Occurrence(start, start, start + timing.duration))
    return min(coming, key=lambda occurrence: occurrence.end, default=None)


def is_end(timing: Timing, moved: Iterable[Occurrence], cancelled: Iterable[str], instant: datetime) -> bool:
    """Whether an occurrence ends at this very instant."""
    return next_end(timing, moved, cancelled, after=instant - _INSTANT) == instant
