"""Why a rule has no exact answer, told with the part at fault, a dated counter-example and the nearest rule."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from addin.errors import Counterexample, Permanent, Unsupported
from addin.recurrence.bounds import MOST_SERIES, MOST_SINGLES, Strand, strands
from addin.recurrence.days import Days
from addin.recurrence.proof import Difference, day_text, first_difference
from addin.recurrence.rrule import parse, write
from addin.recurrence.rule import Frequency, Rule

LocalStart = datetime | date
Convertible = Callable[[Rule, LocalStart], bool]
"""Whether a rule from a start has an exact answer of few series."""


def explain_refusal(rule: Rule, found: Sequence[Strand], start: LocalStart, convertible: Convertible) -> Unsupported:
    """The error to raise for a rule that neither series nor single events can hold.

    Rules that are near are tried in turn; the first that `convertible` accepts is offered, with the first date on
    which it parts from what was asked for.
    """
    part = part_at_fault(rule)
    message = f"{part}: no set of at most {MOST_SERIES} Outlook series falls on exactly these dates"
    if rule.endless:
        message += "; end the rule with UNTIL or COUNT to have its dates as single events"
    else:
        message += f", and there are more than {MOST_SINGLES} of them"
    for near in _near(rule):
        if not (_allowed(near) and convertible(near, start)):
            continue
        difference = _parting(found, near, start)
        if difference is None:
            continue
        message += (
            f". Nearest: {write(near)}, which parts from it on {day_text(difference.day)} "
            f"({'that date is missing' if difference.only_in == 'rule' else 'that date is added'})"
        )
        only_in = "rule" if difference.only_in == "rule" else "series"
        return Unsupported(
            message,
            part=part,
            counterexample=Counterexample(day_text(difference.day), only_in),
            nearest=write(near),
        )
    return Unsupported(message, part=part)


def _allowed(rule: Rule) -> bool:
    """Whether the RFC allows the parts of a changed rule together."""
    try:
        parse(write(rule))
    except Permanent:
        return False
    return True


def part_at_fault(rule: Rule) -> str:
    """The part that keeps the rule from being a series."""
    if rule.frequency.sub_daily:
        return "FREQ"
    if any(abs(ordinal) > 4 or ordinal < -1 for ordinal, _ in rule.byday):
        return "BYDAY"
    for name in ("byweekno", "byyearday", "bysetpos", "bymonthday"):
        if getattr(rule, name):
            return name.upper()
    if rule.bymonth and rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
        return "BYMONTH"
    if rule.interval > 1:
        return "INTERVAL"
    return "BYDAY" if rule.byday else "BYMONTH" if rule.bymonth else "FREQ"


def _parting(found: Sequence[Strand], near: Rule, start: LocalStart) -> Difference | None:
    other, _ = strands(near, start, "UTC")
    for strand in found:
        same_clock = [one.days for one in other if one.clock == strand.clock]
        wanted = Days(strand.days.days, strand.days.first, strand.days.last)
        difference = first_difference(wanted, same_clock or [Days(strand.days.days, strand.days.first, 0)])
        if difference is not None:
            return difference
    return None


def _near(rule: Rule) -> Iterator[Rule]:
    """Rules that people usually mean, or can live with, nearest first."""
    if rule.frequency.sub_daily:
        yield Rule(Frequency.DAILY, count=rule.count, until=rule.until)
        return
    ordinals = {ordinal for ordinal, _ in rule.byday}
    if rule.byday and ordinals <= {5, -5} and ordinals:
        yield replace(rule, byday=tuple((-1, day) for _, day in rule.byday))
    if any(ordinal < -1 for ordinal in ordinals):
        yield replace(rule, byday=tuple((max(1, 5 + o) if o < -1 else o, day) for o, day in rule.byday))
    if {4, -1} <= ordinals:
        yield replace(rule, byday=tuple((ordinal, day) for ordinal, day in rule.byday if ordinal != 4))
    if rule.byweekno or any(ordinal > 5 for ordinal in ordinals):
        yield _week_as_month(rule)
    if rule.byday and rule.bymonthday:
        yield _window_as_ordinal(rule)
        yield replace(rule, byday=())
        yield replace(rule, bymonthday=())
    if len(rule.bymonthday) == 1 and rule.bymonthday[0] < -1:
        day = max(32 + rule.bymonthday[0], 1)
        clamped = Rule(rule.frequency, rule.interval, bymonthday=tuple(range(28, day + 1)), bysetpos=(-1,))
        yield replace(clamped, bymonth=rule.bymonth) if day > 28 else replace(rule, bymonthday=(day,))
    if rule.bysetpos and all(position < -1 or position > 4 for position in rule.bysetpos):
        yield replace(rule, bysetpos=(-1,))
    if rule.bymonth and rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
        yield replace(rule, bymonth=())
    if rule.byday and not ordinals - {0} and rule.frequency in (Frequency.MONTHLY, Frequency.YEARLY):
        yield Rule(Frequency.WEEKLY, byday=rule.byday, count=rule.count, until=rule.until)
    if rule.interval > 1:
        yield replace(rule, interval=1)


def _week_as_month(rule: Rule) -> Rule:
    """Week 20 falls in the middle of May: the week's weekday counted within that month."""
    weeks = rule.byweekno or tuple(ordinal for ordinal, _ in rule.byday)
    week = weeks[0] if weeks[0] > 0 else 53 + weeks[0]
    middle = date.fromordinal(date(2026, 1, 1).toordinal() + min(7 * (week - 1) + 3, 364))
    ordinal = min((middle.day - 1) // 7 + 1, 4)
    byday = tuple((ordinal, day) for _, day in rule.byday) or ((ordinal, 0),)
    return replace(rule, byweekno=(), bymonth=(middle.month,), byday=byday)


def _window_as_ordinal(rule: Rule) -> Rule:
    """Tuesdays among the 2nd to the 8th are nearly first Tuesdays."""
    middle = sorted(rule.bymonthday)[len(rule.bymonthday) // 2]
    ordinal = -1 if middle < 0 or middle > 27 else min((middle - 1) // 7 + 1, 4)
    frequency, interval = rule.frequency, rule.interval
    if frequency is Frequency.DAILY:
        frequency, interval = Frequency.MONTHLY, 1
    byday = tuple((ordinal, day) for _, day in rule.byday)
    return replace(rule, frequency=frequency, interval=interval, bymonthday=(), byday=byday)


def refusals(error: Permanent) -> dict[str, str]:
    """The particulars of a refusal that a program may want: part, counter-example, nearest rule."""
    found = {}
    if isinstance(error, Unsupported):
        if error.counterexample is not None:
            found["counterexample"] = error.counterexample.date
        if error.nearest is not None:
            found["nearest"] = error.nearest
    if error.field:
        found["part"] = error.field
    return found
