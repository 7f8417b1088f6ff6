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
    if timing.recurrence is None:
        return timing.end_instant if timing.end_instant > after else None
    changed = tuple(moved)
    out = [datetime.combine(date.fromisoformat(day), timing.start.time()) for day in cancelled]
    planned = instances(
        timing.recurrence, timing.start, timing.zone, after=after - timing.duration + _INSTANT, before=None,
        cancelled=[*out, *(occurrence.original_start for occurrence in changed)],
    )  # fmt: skip
    first = next(planned, None)
    ends = [occurrence.end for occurrence in changed if occurrence.end > after]
    if first is not None:
        ends.append(first.start.astimezone(UTC) + timing.duration)
    return min(ends, default=None)


def is_end(timing: Timing, moved: Iterable[Occurrence], cancelled: Iterable[str], instant: datetime) -> bool:
    """Whether an occurrence ends at this very instant."""
    return next_end(timing, moved, cancelled, after=instant - _INSTANT) == instant
