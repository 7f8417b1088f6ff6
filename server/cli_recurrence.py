"""The commands `recurrence convert` and `recurrence explain`: JSON lines in and out; knows no server and no network."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import click
from babel.dates import format_datetime

from addin.errors import AddinError, InvalidInput, Permanent
from addin.messages import LANGUAGES
from addin.recurrence import Series, from_rrule, instances, phrase, to_rrule
from addin.recurrence.refusal import refusals

LocalStart = datetime | date
_DATES_SHOWN = 10


@click.group()
def recurrence() -> None:
    """Convert and explain recurrences."""


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{name}: must be a text", field=name)
    return value


def _zone(fields: dict[str, Any], start: LocalStart) -> str:
    """The zone; an all-day series may do without one."""
    if fields.get("tzid") is None and not isinstance(start, datetime):
        return "UTC"
    return _text(fields, "tzid")


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
    found = from_rrule(_text(fields, "rrule"), start=start, zone=_zone(fields, start), exdates=exdates or ())
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
    found = to_rrule(fields.get("recurrence"), start=start, zone=_zone(fields, start))
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


def _answer_lines(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """One JSON line out for each line in, flushed before the next is read."""
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", errors="replace")
        sys.stdout.write(json.dumps(answer_line(line, work), ensure_ascii=True) + "\n")
        sys.stdout.flush()


@recurrence.command()
@click.option("--reverse", is_flag=True, help="From a Graph recurrence to an RRULE.")
def convert(reverse: bool) -> None:
    """Read JSON lines from standard input, write one JSON line for each.

    A line is {"rrule", "dtstart", "tzid"[, "exdates"]}, or with --reverse {"recurrence", "dtstart", "tzid"}.
    """
    _answer_lines(backward if reverse else forward)


def explain_fields(fields: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A rule told in words: the sentence of each series, the next ten starts after `now`, what Outlook will hold."""
    rule = _text(fields, "rrule")
    start = read_start(_text(fields, "dtstart"), "dtstart")
    zone = _zone(fields, start)
    language = _text(fields, "language") if fields.get("language") is not None else "en"
    answer = forward(fields)
    found = from_rrule(rule, start=start, zone=zone)
    told = [phrase(one.recurrence, language) for one in found.series if one.recurrence is not None]
    upcoming = islice(instances(rule, start, zone, after=now, before=None), _DATES_SHOWN)
    return {
        "sentences": told,
        "single_events": sum(1 for one in found.series if one.recurrence is None),
        "next": [one.start.isoformat() for one in upcoming],
        "outlook": answer,
    }


def _tell(answer: dict[str, Any], language: str) -> None:
    if "unsupported" in answer or "error" in answer:
        click.echo(answer.get("unsupported") or answer.get("error"), err=True)
        raise click.exceptions.Exit(1)
    for sentence in answer["sentences"]:
        click.echo(sentence)
    if answer["single_events"]:
        click.echo(f"{answer['single_events']} single events")
    for warning in answer["outlook"].get("warnings", ()):
        click.echo(f"Note: {warning}")
    click.echo("Next dates:" if answer["next"] else "The series is over.")
    for start in answer["next"]:
        moment = datetime.fromisoformat(start)
        click.echo("  " + format_datetime(moment, "full", locale="en_GB" if language == "en" else language[:2]))
    click.echo("Outlook holds:")
    click.echo(json.dumps(answer["outlook"], indent=2, ensure_ascii=True))


@recurrence.command()
@click.argument("rule", required=False)
@click.option("--start", help="Local start, 2026-01-31T09:00:00, or a date for an all-day series.")
@click.option("--zone", default="UTC", show_default=True, help="Windows or IANA name of the time zone.")
@click.option("--language", default="en", show_default=True, help=f"One of {', '.join(LANGUAGES)}.")
@click.option("--after", help="Show dates from this moment on (ISO 8601 with zone); now if not given.")
def explain(rule: str | None, start: str | None, zone: str, language: str, after: str | None) -> None:
    """Tell an RRULE in words, with its next ten dates and what Outlook will hold.

    Without RULE: reads JSON lines {"rrule", "dtstart", "tzid"[, "language"]} and writes one JSON line for each.
    """
    now = _moment(after)
    if rule is None:
        _answer_lines(lambda fields: explain_fields(fields, now))
        return
    if start is None:
        raise click.UsageError("give --start, the first local start of the series")
    line = json.dumps({"rrule": rule, "dtstart": start, "tzid": zone, "language": language})
    _tell(answer_line(line, lambda fields: explain_fields(fields, now)), language)


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--after: {text!r} is not a moment such as 2026-01-31T09:00:00+01:00") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
