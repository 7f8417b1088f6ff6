"""RRULE to Graph: the one place that decides which answer is given, and gives none without a proof.

Order of answers: one series by its fields, one series found by its days, a partition into at most 12 series, single
events (at most 250, only where the rule ends), else Unsupported with the part at fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from addin.errors import InvalidInput, Permanent, Unsupported
from addin.recurrence import graph
from addin.recurrence.bounds import MOST_LISTED, MOST_SERIES, MOST_SINGLES, Strand, strands
from addin.recurrence.days import Days
from addin.recurrence.exclusions import Exclusions, added_starts
from addin.recurrence.graph import MOST_OCCURRENCES, Pattern, PatternType, Range
from addin.recurrence.graph_days import bounded, days_of
from addin.recurrence.proof import Difference, day_text, first_difference, same_while_every_fourth_year_leaps
from addin.recurrence.refusal import explain_refusal
from addin.recurrence.rrule import parse
from addin.recurrence.rule import Rule
from addin.recurrence.search import Part, by_days, by_fields, by_text, steps_for, whole_set
from addin.recurrence.sub_daily import check_clock_changes, listed
from addin.recurrence.zones import UTC_NAME, to_iana

HORIZON = date(2096, 1, 1)
"""Until here an answer must be exact even where it cannot be for ever (29 February; 2100 is no leap year)."""

_YEARS_SEARCHED = 60
"""Long enough for every part of a partition to begin and to show its leap years; the proof does not depend on it."""

LocalStart = datetime | date


@dataclass(frozen=True)
class Series:
    """One event to create: its naive local start (a date: all day) and Graph's recurrence, None for a single event."""

    start: LocalStart
    recurrence: dict[str, Any] | None = None


@dataclass(frozen=True)
class Conversion:
    """The whole answer: events to create, the occurrences of them to delete afterwards, what should be known."""

    series: tuple[Series, ...]
    cancelled: tuple[LocalStart, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Answer:
    """A proposal for one strand that has been proved: series as (pattern, range), or single days."""

    series: tuple[tuple[Pattern, Range], ...] = ()
    singles: tuple[int, ...] = ()
    parts_from: int | None = None
    """The ordinal from which the answer stops being exact, after the horizon."""


def from_rrule(
    rrule: str,
    *,
    start: LocalStart,
    zone: str,
    exdates: Sequence[str | LocalStart] = (),
    rdates: Sequence[str | LocalStart] = (),
) -> Conversion:
    """The Graph series that fall on exactly the days of an RRULE.

    `start` is DTSTART as naive local wall clock (a date: all day), `zone` a Windows or IANA name; it is written into
    `recurrenceTimeZone` as given, so that it equals the event's own. `exdates` are naive local starts, aware instants
    or iCalendar texts, and so are `rdates`; a Graph series cannot hold added dates, so each becomes a single event.

    Raises InvalidInput naming the part at fault, Unsupported where no exact answer exists (with a counter-example and
    the nearest rule where there is one).
    """
    if isinstance(start, datetime) and start.tzinfo is not None:
        raise InvalidInput("start: give the naive wall clock of the series, and its zone apart", field="start")
    rule = parse(rrule)
    to_iana(zone)
    try:
        found, warnings = strands(rule, start, zone)
    except Unsupported:
        if rule.endless or rule.bysetpos or not rule.frequency.sub_daily or not isinstance(start, datetime):
            raise
        found, warnings = listed(rule, start, zone), []
    if rule.frequency.sub_daily:
        check_clock_changes(rule, found, zone)
    answers = _answers(rule, found, by_text(rrule, _day(start)))
    if answers is None:
        answers = _as_singles(rule, found, start)
    series = sorted(
        (one for strand, answer in zip(found, answers, strict=True) for one in _written(strand, answer, zone)),
        key=lambda one: _sort_key(one.start),
    )
    _warn(series, answers, start, warnings)
    exclusions = Exclusions.read(exdates, start, zone)
    cancelled = exclusions.hits(found, warnings)
    added = [Series(one) for one in added_starts(rdates, start, zone, found, exclusions)]
    if len(added) > MOST_SINGLES:
        raise Unsupported(
            f"RDATE: {len(added)} added dates; at most {MOST_SINGLES} single events are made", part="RDATE"
        )
    return Conversion((*series, *added), cancelled, tuple(dict.fromkeys(warnings)))


def _day(start: LocalStart) -> date:
    return start.date() if isinstance(start, datetime) else start


def _sort_key(start: LocalStart) -> datetime:
    return start if isinstance(start, datetime) else datetime.combine(start, time())


def _answers(rule: Rule, found: list[Strand], proposed: Pattern | None) -> list[_Answer] | None:
    """One proved answer per strand, at most 12 series together; None where that is not possible."""
    if len(found) > MOST_SERIES:
        return None
    answers: list[_Answer] = []
    for strand in found:
        room = MOST_SERIES - sum(len(answer.series) + len(answer.singles) for answer in answers)
        answer = _one_strand(rule, strand, proposed, room)
        if answer is None:
            return None
        answers.append(answer)
    return answers


def _one_strand(rule: Rule, strand: Strand, proposed: Pattern | None, room: int) -> _Answer | None:
    days, counted = strand.days, rule.count is not None
    first = days.next(days.first)
    assert first is not None
    answer = _proved(days, [Part(proposed, first)], counted=counted) if proposed is not None else None
    if answer is not None:
        return answer
    steps = steps_for(rule, days)
    parts = by_days(Days(days.days, days.first), steps, days.first + _YEARS_SEARCHED * 366, MOST_SERIES)
    if (parts is None or len(parts) > 1) and days.last is not None:
        whole = whole_set(days, steps, MOST_LISTED)
        answer = _proved(days, [whole], counted=counted) if whole is not None else None
        if answer is not None:
            return answer
    answer = _proved(days, parts, counted=counted) if parts is not None else None
    return answer if answer is not None and len(answer.series) + len(answer.singles) <= room else None


def _proved(days: Days, parts: Sequence[Part], *, counted: bool) -> _Answer | None:
    """The parts with their ends, if they are the days: for ever, to the end of the rule, or at least to the horizon."""
    series: list[tuple[Pattern, Range]] = []
    singles: list[int] = []
    for part in parts:
        begin = date.fromordinal(part.first)
        share = Days(days_of(part.pattern, begin), part.first, days.last)
        if share.last is None:
            series.append((part.pattern, Range(begin)))
            continue
        last = share.previous(share.last)
        if last == part.first and len(parts) > 1:
            singles.append(part.first)
        elif last is not None:
            count = share.count(last) if counted else None
            end = date.fromordinal(last) if count is None or count > MOST_OCCURRENCES else None
            series.append((part.pattern, Range(begin, end, None if end else count)))
    difference = _difference(days, series, singles)
    if difference is None:
        return _Answer(tuple(series), tuple(singles))
    if (
        (days.last is None or days.last >= HORIZON.toordinal())
        and difference.day >= HORIZON.toordinal() > days.first
        and same_while_every_fourth_year_leaps(
            days.days, [days_of(pattern, bounds.start) for pattern, bounds in series]
        )
    ):
        return _Answer(tuple(series), tuple(singles), difference.day)
    return None


def _difference(days: Days, series: Sequence[tuple[Pattern, Range]], singles: Sequence[int]) -> Difference | None:
    given = [bounded(pattern, bounds) for pattern, bounds in series]
    for single in singles:
        given.append(Days(days_of(Pattern(PatternType.DAILY), date.fromordinal(single)), single, single))
    return first_difference(days, given)


def _as_singles(rule: Rule, found: list[Strand], start: LocalStart) -> list[_Answer]:
    """Every date as an event of its own, where the rule ends and there are few enough."""
    if not rule.endless and sum(_few(strand.days) for strand in found) <= MOST_SINGLES:
        return [_Answer(singles=tuple(strand.days.ordinals())) for strand in found]
    raise explain_refusal(rule, found, start, _convertible)


def _convertible(rule: Rule, start: LocalStart) -> bool:
    try:
        return _answers(rule, strands(rule, start, UTC_NAME)[0], by_fields(rule, _day(start))) is not None
    except Permanent:
        return False


def _few(days: Days) -> int:
    """How many days there are, counted no further than is needed to know that there are too many."""
    return sum(1 for _ in islice(days.ordinals(), MOST_SINGLES + 1))


def _written(strand: Strand, answer: _Answer, zone: str) -> list[Series]:
    written = [
        Series(
            strand.start(bounds.start.toordinal()),
            graph.write(pattern, replace(bounds, zone=zone)),
        )
        for pattern, bounds in answer.series
    ]
    return written + [Series(strand.start(day)) for day in answer.singles]


def _warn(series: Sequence[Series], answers: Sequence[_Answer], start: LocalStart, warnings: list[str]) -> None:
    first = series[0].start
    if first != start:
        warnings.append(f"DTSTART {start.isoformat()} is not a date of the rule: the first is {first.isoformat()}.")
    for answer in answers:
        for pattern, _ in answer.series:
            warnings.extend(graph.warnings_about(pattern))
        if answer.parts_from is not None:
            warnings.append(
                f"Exact to the end of {HORIZON.year - 1}; from {day_text(answer.parts_from)} on the dates would part, "
                "because that year is divisible by four and yet has no 29 February."
            )
