"""A round over one calendar: what changed since the last one, and whether anything may have been missed.

It hosts nothing and decides nothing; what it saw is only a hint to look at.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from addin.errors import Missing
from addin.model import Round
from addin.ports import Delta

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=28)
_BEHIND = timedelta(days=2)
_AHEAD = timedelta(days=400)


@dataclass(frozen=True)
class Seen:
    """`event_ids` changed since the last round, a series for all its dates; `link` starts the next round.

    `gap` is true where something may have changed unseen: everything known has to be compared with the calendar.
    """

    event_ids: tuple[str, ...]
    link: str | None
    gap: bool


def look_round(delta: Delta, *, link: str | None, last_round: datetime | None, now: datetime) -> Seen:
    """What changed since `last_round`. A forgotten link (410) or a round that did not end means a gap.

    The window stands in the link for ever (Graph facts 4), so every four weeks a new one is begun; that is done before
    the old one is asked for the last time, so that nothing falls between them.
    """
    current = last_round is not None and _window(last_round) == _window(now)
    fresh = None if link is not None and current else _begin(delta, now)
    changed = _changed(delta, link)
    if changed is None or changed.link is None:
        fresh = fresh or _begin(delta, now)
        return Seen(_ids(changed), fresh.link, gap=True)
    return Seen(_ids(changed), fresh.link if fresh else changed.link, gap=False)


def _changed(delta: Delta, link: str | None) -> Round | None:
    if link is None:
        return None
    try:
        return delta.go_on(link)
    except Missing:
        return None


def _begin(delta: Delta, now: datetime) -> Round:
    first = _EPOCH + _window(now) * _STEP
    return delta.begin(after=first - _BEHIND, before=first + _STEP + _AHEAD)


def _window(moment: datetime) -> int:
    """Which span of four weeks a moment lies in: rounds of one span share their window."""
    return (moment - _EPOCH) // _STEP


def _ids(changed: Round | None) -> tuple[str, ...]:
    if changed is None:
        return ()
    return tuple(dict.fromkeys(sight.series_master_id or sight.event_id for sight in changed.sights))
