"""Speed of recurrence conversions against dateutil's `rrulestr` parse, and of the next occurrence by age of a series.

    python bench/recurrence.py [--rounds N]

All sides run interleaved in one process on CPU time; medians of the rounds are printed as one JSON object. Nothing
here is a test: no time fails a build.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

from dateutil.rrule import rrulestr

from addin.recurrence import from_rrule, graph, next_occurrence, rrule
from addin.recurrence.back import endless_text, rule_of
from addin.recurrence.graph import Pattern, Range
from addin.recurrence.search import by_fields, by_text

START = datetime.fromisoformat("2026-01-13T09:00:00")
ZONE = "Europe/Warsaw"
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
PATTERNS = [
    {"type": "daily", "interval": 2},
    {"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"},
    {"type": "weekly", "interval": 1, "daysOfWeek": DAYS, "firstDayOfWeek": "monday"},
    {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 13},
    {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["tuesday"], "index": "second"},
    {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 13, "month": 1},
    {"type": "relativeYearly", "interval": 1, "daysOfWeek": ["tuesday"], "index": "second", "month": 1},
]
RECURRENCES = [
    {"pattern": pattern, "range": {"type": "noEnd", "startDate": "2026-01-13", "recurrenceTimeZone": ZONE}}
    for pattern in PATTERNS
]
RULES = [rrule.write(rule_of(graph.read_pattern(pattern))) for pattern in PATTERNS]
PARTITIONED = "FREQ=MONTHLY;BYMONTHDAY=31"


def there_and_back() -> None:
    """Graph pattern -> RRULE text -> Graph pattern, by fields, without proof and with no memory of earlier texts."""
    for recurrence in RECURRENCES:
        pattern, bounds = graph.read(recurrence)
        text = rrule.write(rule_of(pattern))
        found = by_fields(rrule.parse.__wrapped__(text), bounds.start)
        assert isinstance(found, Pattern)
        graph.write(found, Range(bounds.start, zone=bounds.zone))


def there_and_back_remembered() -> None:
    """The same as a server meets it, where a pattern and a text have been seen before."""
    for recurrence in RECURRENCES:
        pattern, bounds = graph.read(recurrence)
        found = by_text(endless_text(pattern), bounds.start)
        assert isinstance(found, Pattern)
        graph.write(found, Range(bounds.start, zone=bounds.zone))


def dateutil_parse() -> None:
    """The same rules read by dateutil, nothing else."""
    for text in RULES:
        rrulestr(text, dtstart=START)


def proved() -> None:
    """RRULE to Graph with the proof that both are the same for ever."""
    for text in RULES:
        from_rrule(text, start=START, zone=ZONE)


def partitioned() -> None:
    """A rule that becomes six series, proved."""
    for _ in RULES:
        from_rrule(PARTITIONED, start=datetime.fromisoformat("2026-01-31T09:00:00"), zone=ZONE)


def next_of(year: int, rule: str) -> Callable[[], None]:
    """The next occurrence, as of June 2026, of a series begun in January of a year."""
    start = datetime.fromisoformat(f"{year}-01-02T09:00:00")
    after = datetime(2026, 6, 1, tzinfo=UTC)

    def work() -> None:
        for _ in RULES:
            next_occurrence(rule, start, ZONE, after=after)

    return work


def measure(sides: dict[str, Callable[[], None]], rounds: int, repeats: int) -> dict[str, float]:
    """Median CPU microseconds of one conversion, the sides interleaved."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, work in sides.items():
            began = time.process_time()
            for _ in range(repeats):
                work()
            taken[name].append((time.process_time() - began) / repeats / len(RULES) * 1e6)
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    sides: dict[str, Callable[[], None]] = {
        "dateutil_parse": dateutil_parse,
        "there_and_back": there_and_back,
        "there_and_back_remembered": there_and_back_remembered,
        "with_proof": proved,
        "six_series_with_proof": partitioned,
    }
    for years in (1, 10, 30):
        sides[f"next_daily_begun_{years}_years_ago"] = next_of(2026 - years, "FREQ=DAILY")
        sides[f"next_monthly_begun_{years}_years_ago"] = next_of(2026 - years, "FREQ=MONTHLY;BYDAY=2TU")
    for work in sides.values():
        work()
    microseconds = measure(sides, arguments.rounds, repeats=40)
    parse = microseconds["dateutil_parse"]
    report = {
        "date": date.today().isoformat(),  # noqa: DTZ011 (a label for the reader)
        "microseconds": {name: round(value, 2) for name, value in microseconds.items()},
        "per_second": {name: round(1e6 / value) for name, value in microseconds.items()},
        "ratio_parse_to_there_and_back": round(parse / microseconds["there_and_back"], 2),
        "ratio_parse_to_there_and_back_remembered": round(parse / microseconds["there_and_back_remembered"], 2),
        "ratio_parse_to_proved": round(parse / microseconds["with_proof"], 3),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
