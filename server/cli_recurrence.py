"""The commands `recurrence convert` and `recurrence explain`: JSON lines in and out; knows no server and no network."""

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click

from addin.errors import AddinError, InvalidInput, Permanent
from addin.recurrence import Series, from_rrule, to_rrule
from addin.recurrence.refusal import refusals

LocalStart = datetime | date


@click.group()
def recurrence() -> None:
    """Convert and explain recurrences."""


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{name}: must be a text", field=name)
    return value


def read_start(text: str, name: str) -> LocalStart:
    """`YYYY-MM-DDTHH:MM:SS` as naive datetime, `YYYY-MM-DD` as date. Raises InvalidInput."""
    try:
        if "T" not in text:
            return date.fromisoformat(text)
        start = datetime.fromisoformat(text)
        if start.tzinfo is not None or start.microsecond:
            raise ValueError
    except ValueError:
        raise InvalidInput(f"{name}: {text[:40]!r} is not local time such as 2026-01-31T09:00:00", field=name) from None
    return start


def write_start(start: LocalStart) -> str:
    """The text that `read_start` reads."""
    return start.isoformat()


def _series(one: Series) -> dict[str, Any]:
    found: dict[str, Any] = {"start": write_start(one.start)}
    if one.recurrence is not None:
        found["recurrence"] = one.recurrence
    return found


def forward(fields: dict[str, Any]) -> dict[str, Any]:
    """One line RRULE -> Graph."""
    start = read_start(_text(fields, "dtstart"), "dtstart")
    exdates = fields.get("exdates")
    if exdates is not None and not (isinstance(exdates, list) and all(isinstance(one, str) for one in exdates)):
        raise InvalidInput("exdates: must be a list of local times", field="exdates")
    found = from_rrule(_text(fields, "rrule"), start=start, zone=_text(fields, "tzid"), exdates=exdates or ())
    answer: dict[str, Any]
    if len(found.series) == 1 and found.series[0].recurrence is not None:
        answer = {"recurrence": found.series[0].recurrence}
        if found.series[0].start != start:
            answer["start"] = write_start(found.series[0].start)
    else:
        answer = {"series": [_series(one) for one in found.series]}
    if exdates is not None:
        answer["cancelled"] = [write_start(one) for one in found.cancelled]
    if found.warnings:
        answer["warnings"] = list(found.warnings)
    return answer


def backward(fields: dict[str, Any]) -> dict[str, Any]:
    """One line Graph -> RRULE."""
    start = read_start(_text(fields, "dtstart"), "dtstart")
    found = to_rrule(fields.get("recurrence"), start=start, zone=_text(fields, "tzid"))
    answer: dict[str, Any] = {"rrule": found.rrule}
    if found.start != start:
        answer["dtstart"] = write_start(found.start)
    if found.warnings:
        answer["warnings"] = list(found.warnings)
    return answer


def answer_line(line: str, work: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """The answer to one line; an error is an answer too."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": "this line is not JSON"}
    if not isinstance(fields, dict):
        return {"error": "a line must be a JSON object"}
    try:
        return work(fields)
    except AddinError as error:
        particulars = refusals(error) if isinstance(error, Permanent) else {}
        return {"unsupported": str(error), **particulars}


@recurrence.command()
@click.option("--reverse", is_flag=True, help="Graph recurrence to RRULE.")
def convert(reverse: bool) -> None:
    """Read JSON lines from standard input, write one JSON line for each."""
    work = backward if reverse else forward
    stream = sys.stdin.buffer
    for raw in stream:
        if not raw.strip():
            continue
        line = raw.decode("utf-8", errors="replace")
        sys.stdout.write(json.dumps(answer_line(line, work), ensure_ascii=True) + "\n")
        sys.stdout.flush()
