"""Why a rule has no exact answer, told with the part at fault, a dated counter-example and the nearest rule."""

from collections.abc import Sequence
from datetime import date, datetime

from addin.errors import Unsupported
from addin.recurrence.bounds import MOST_SERIES, MOST_SINGLES, Strand
from addin.recurrence.rule import Rule


def explain_refusal(rule: Rule, found: Sequence[Strand], start: datetime | date) -> Unsupported:
    """The error to raise for a rule that neither series nor single events can hold."""
    part = part_at_fault(rule)
    if rule.endless:
        message = f"{part}: no set of at most {MOST_SERIES} Outlook series falls on exactly these dates"
    else:
        message = (
            f"{part}: no set of at most {MOST_SERIES} Outlook series falls on exactly these dates, "
            f"and there are more than {MOST_SINGLES} of them"
        )
    return Unsupported(message, part=part)


def part_at_fault(rule: Rule) -> str:
    """The part that keeps the rule from being a series."""
    if rule.frequency.sub_daily:
        return "FREQ"
    for name in ("byweekno", "byyearday", "bysetpos", "bymonthday", "byday", "bymonth", "interval"):
        if getattr(rule, name) not in ((), 1):
            return name.upper()
    return "FREQ"
