"""Reads and writes the text of an RRULE (RFC 5545 section 3.3.10, RFC 7529 section 4); knows nothing of what it means.

What the RFC forbids is refused here with the part named; what the RFC says to ignore is ignored where it is used.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from addin.errors import InvalidInput, Unsupported
from addin.recurrence.rule import DAY_CODES, Frequency, Rule, Skip, Until

MAXIMUM_LENGTH = 2_000
MAXIMUM_INTERVAL = 2_147_483_647
"""Graph keeps the interval in an Int32 (Graph facts 1.1)."""

_UNTIL = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_DIGITS = re.compile(r"[0-9]{1,10}")
_SIGNED = re.compile(r"[+-]?[0-9]{1,3}")
_WEEKDAY = {code: number for number, code in enumerate(DAY_CODES)}


def invalid(part: str, message: str) -> InvalidInput:
    """The error for a part that the RFC does not allow so."""
    return InvalidInput(f"{part}: {message}", field=part)


def _positive(part: str, text: str) -> int:
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= MAXIMUM_INTERVAL:
        raise invalid(part, f"{text[:40]!r} is not a whole number from 1 to {MAXIMUM_INTERVAL}")
    return int(text)


def _numbers(low: int, high: int, *, signed: bool) -> Callable[[str, str], tuple[int, ...]]:
    def read(part: str, text: str) -> tuple[int, ...]:
        found = set()
        for item in text.split(","):
            value = int(item) if _SIGNED.fullmatch(item) else None
            size = abs(value) if signed and value is not None else value
            if value is None or size is None or not low <= size <= high or (not signed and not item.isdigit()):
                around = f"{low}..{high}" + (f" or -{high}..-{low}" if signed else "")
                raise invalid(part, f"{item[:40]!r} is not in {around}")
            found.add(value)
        return tuple(sorted(found))

    return read


def _byday(part: str, text: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for item in text.split(","):
        match = _BYDAY.fullmatch(item)
        if not match:
            raise invalid(part, f"{item[:40]!r} is not a weekday such as MO, 2TU or -1FR")
        ordinal = int(match[1] or 0)
        if match[1] and not 1 <= abs(ordinal) <= 53:
            raise invalid(part, f"{item!r}: the number before the weekday must be 1..53 or -53..-1")
        found.add((ordinal, _WEEKDAY[match[2]]))
    return tuple(sorted(found))


def _until(part: str, text: str) -> Until:
    match = _UNTIL.fullmatch(text)
    try:
        if not match:
            raise ValueError
        year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
        clock = time(hour, minute, min(second, 59)) if match[4] else None
        return Until(date(year, month, day), clock, bool(match[7]))
    except ValueError:
        raise invalid(part, f"{text[:40]!r} is neither a date (20261231) nor a time (20261231T220000Z)") from None


def _frequency(part: str, text: str) -> Frequency:
    if text not in Frequency.__members__:
        raise invalid(part, f"{text[:40]!r} is not one of {', '.join(Frequency)}")
    return Frequency(text)


def _week_start(part: str, text: str) -> int:
    if text not in _WEEKDAY:
        raise invalid(part, f"{text[:40]!r} is not a weekday (MO..SU)")
    return _WEEKDAY[text]


def _skip(part: str, text: str) -> Skip:
    if text not in Skip.__members__:
        raise invalid(part, f"{text[:40]!r} is not one of {', '.join(Skip)}")
    return Skip(text)


def _rscale(part: str, text: str) -> str:
    if text != "GREGORIAN":
        raise Unsupported(f"{part}={text[:40]}: Outlook keeps a series in the Gregorian calendar here", part=part)
    return text


_READERS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "FREQ": ("frequency", _frequency),
    "INTERVAL": ("interval", _positive),
    "COUNT": ("count", _positive),
    "UNTIL": ("until", _until),
    "WKST": ("week_start", _week_start),
    "BYMONTH": ("bymonth", _numbers(1, 12, signed=False)),
    "BYWEEKNO": ("byweekno", _numbers(1, 53, signed=True)),
    "BYYEARDAY": ("byyearday", _numbers(1, 366, signed=True)),
    "BYMONTHDAY": ("bymonthday", _numbers(1, 31, signed=True)),
    "BYDAY": ("byday", _byday),
    "BYHOUR": ("byhour", _numbers(0, 23, signed=False)),
    "BYMINUTE": ("byminute", _numbers(0, 59, signed=False)),
    "BYSECOND": ("bysecond", _numbers(0, 60, signed=False)),
    "BYSETPOS": ("bysetpos", _numbers(1, 366, signed=True)),
    "SKIP": ("skip", _skip),
    "RSCALE": ("rscale", _rscale),
}


@lru_cache(maxsize=1024)
def parse(text: str) -> Rule:
    """The rule that the text means. Takes an `RRULE:` prefix, any order and any case.

    Raises InvalidInput naming the part for what RFC 5545 forbids, Unsupported for another calendar than the Gregorian.
    """
    if len(text) > MAXIMUM_LENGTH:
        raise invalid("RRULE", f"{len(text)} characters long; at most {MAXIMUM_LENGTH} are read")
    body = text.strip().upper().removeprefix("RRULE:").removesuffix(";")
    found: dict[str, Any] = {}
    for item in body.split(";"):
        name, equals, value = item.partition("=")
        reader = _READERS.get(name)
        if reader is None or not equals:
            raise invalid("RRULE", f"{item[:40]!r} is not a part of a recurrence rule")
        if reader[0] in found:
            raise invalid(name, "stands twice; keep one")
        found[reader[0]] = reader[1](name, value)
    if "frequency" not in found:
        raise invalid("FREQ", "is missing; every rule needs one")
    if "skip" in found and "rscale" not in found and found["skip"] is not Skip.OMIT:
        # RFC 7529 section 4.1 asks for RSCALE; without it the meaning is still plain, the calendar is Gregorian.
        found["rscale"] = "GREGORIAN"
    found.pop("rscale", None)
    rule = Rule(**found)
    _check(rule)
    return rule


def _check(rule: Rule) -> None:
    """The table of RFC 5545 section 3.3.10: which parts may not stand together."""
    frequency = rule.frequency
    if rule.count is not None and rule.until is not None:
        raise invalid("COUNT", "COUNT and UNTIL must not stand together; keep one")
    if rule.byweekno and frequency is not Frequency.YEARLY:
        raise invalid("BYWEEKNO", f"is only allowed with FREQ=YEARLY, not with FREQ={frequency}")
    if rule.byyearday and frequency in (Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY):
        raise invalid("BYYEARDAY", f"is not allowed with FREQ={frequency}")
    if rule.bymonthday and frequency is Frequency.WEEKLY:
        raise invalid("BYMONTHDAY", "is not allowed with FREQ=WEEKLY")
    if any(ordinal for ordinal, _ in rule.byday):
        if frequency not in (Frequency.MONTHLY, Frequency.YEARLY):
            raise invalid("BYDAY", f"numbered weekdays are not allowed with FREQ={frequency}")
        if rule.byweekno:
            raise invalid("BYDAY", "numbered weekdays are not allowed together with BYWEEKNO")
    if 60 in rule.bysecond:
        raise Unsupported("BYSECOND=60: no meeting begins on a leap second", part="BYSECOND")
    others = (rule.bymonth, rule.byweekno, rule.byyearday, rule.bymonthday, rule.byday)
    if rule.bysetpos and not any((*others, rule.byhour, rule.byminute, rule.bysecond)):
        raise invalid("BYSETPOS", "needs another BY part to choose from")


def until_text(until: Until) -> str:
    """UNTIL as the RFC writes it, without the name of the part."""
    if until.clock is None:
        return until.day.isoformat().replace("-", "")
    return re.sub("[-:]", "", datetime.combine(until.day, until.clock).isoformat()) + ("Z" if until.utc else "")


def _joined(values: tuple[int, ...]) -> str:
    return ",".join(map(str, values))


def write(rule: Rule) -> str:
    """The rule as text, without the `RRULE:` prefix, parts in the order of the RFC's examples."""
    parts = [f"FREQ={rule.frequency}"]
    if rule.skip is not Skip.OMIT:
        parts.insert(0, "RSCALE=GREGORIAN")
        parts.append(f"SKIP={rule.skip}")
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    if rule.week_start:
        parts.append(f"WKST={DAY_CODES[rule.week_start]}")
    for name in ("bymonth", "byweekno", "byyearday", "bymonthday"):
        values = getattr(rule, name)
        if values:
            parts.append(f"{name.upper()}={_joined(values)}")
    if rule.byday:
        parts.append("BYDAY=" + ",".join(f"{ordinal or ''}{DAY_CODES[day]}" for ordinal, day in rule.byday))
    for name in ("byhour", "byminute", "bysecond", "bysetpos"):
        values = getattr(rule, name)
        if values:
            parts.append(f"{name.upper()}={_joined(values)}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    if rule.until is not None:
        parts.append(f"UNTIL={until_text(rule.until)}")
    return ";".join(parts)
