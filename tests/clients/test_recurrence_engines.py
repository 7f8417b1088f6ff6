"""Two other engines, rrule-temporal and ical.js, expand the same rules and files to the same dates as we do."""

import json
import re
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from addin.errors import AddinError
from addin.invitation.calendar_file import CalendarEvent, Override, write
from addin.recurrence import from_rrule, instances, occurrences

FOLDER = Path(__file__).parent / "recurrence_engines"
NEW_YORK = "America/New_York"
START = datetime(1997, 9, 2, 9)
LIMIT = date(2001, 12, 31)

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
RULES = [
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;UNTIL=20000330T140000Z",
    "FREQ=DAILY;BYMONTH=1;COUNT=40",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=30;COUNT=20",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=15",
    "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
    "FREQ=MONTHLY;INTERVAL=18;BYMONTHDAY=10,11,12,13,14,15;COUNT=10",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=30",
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=10",
    "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=8,9,10,11,12,13,14",
    "FREQ=MONTHLY;BYDAY=-2MO;COUNT=6",
    "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=15",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
    "FREQ=YEARLY;BYDAY=1MO",
    "FREQ=YEARLY;BYDAY=-1FR",
    "FREQ=YEARLY;BYYEARDAY=100",
    "FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,100,200;COUNT=9",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=6",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=11",
    *(f"FREQ=MONTHLY;BYDAY={ordinal}{day}" for ordinal in (1, 2, 3, 4, -1) for day in DAYS),
]


def _weekly_rules() -> list[str]:
    pairs = [("MO", "SU"), ("WE", "SA"), ("TU", "FR")]
    return [
        f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={one},{other};WKST={first}"
        for interval in (1, 2, 3)
        for one, other in pairs
        for first in DAYS
    ]


ALL_RULES = [*RULES, *_weekly_rules()]


@pytest.fixture(scope="module")
def ask():
    """Send lines to the engines and read their answers."""
    assert shutil.which("node"), "Node.js is needed for the other engines"
    if not (FOLDER / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, capture_output=True)

    def send(lines: list[dict]) -> list[dict]:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        done = subprocess.run(
            ["node", "expand.mjs"], cwd=FOLDER, input=text, capture_output=True, text=True, check=True, timeout=300
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    return send


@pytest.fixture(scope="module")
def temporal(ask) -> dict[str, list[str]]:
    """What rrule-temporal makes of every rule."""
    asked = [
        {
            "engine": "rrule-temporal",
            "rule": rule,
            "dtstart": "19970902T090000",
            "zone": NEW_YORK,
            "limit": LIMIT.isoformat(),
        }
        for rule in ALL_RULES
    ]
    return {rule: answer.get("starts", answer) for rule, answer in zip(ALL_RULES, ask(asked), strict=True)}


def ours(rule: str) -> list[str]:
    low, high = datetime(1997, 1, 1, tzinfo=UTC), datetime(2002, 1, 1, 5, tzinfo=UTC)
    found = occurrences(rule, START, NEW_YORK, after=low, before=high)
    return [one.replace(tzinfo=None).isoformat() for one in found]


def test_rrule_temporal_agrees_on_every_expansion(temporal):
    for rule, starts in temporal.items():
        assert starts == ours(rule), rule


def test_ical_js_agrees_on_every_expansion(ask):
    # Its iterator keeps UNTIL in UTC against a floating start, so rules with UNTIL are left to the file test. It
    # does not fully support BYWEEKNO, reads over BYSETPOS beside BYMONTHDAY, and shows a DTSTART off the rule.
    rules = [
        rule
        for rule in ALL_RULES
        if "UNTIL" not in rule
        and "BYWEEKNO" not in rule
        and not ("BYSETPOS" in rule and "BYMONTHDAY" in rule)
        and anchored(rule)
    ]
    first = {rule: ours(rule)[0] for rule in rules}
    asked = [
        {"engine": "ical.js", "rule": re.sub(";COUNT=.*", "", rule), "dtstart": first[rule], "limit": LIMIT.isoformat()}
        for rule in rules
    ]
    for rule, answer in zip(rules, ask(asked), strict=True):
        expected = ours(rule)
        given = answer.get("starts", [])
        if "COUNT" in rule:
            given = given[: len(expected)]
        assert given == expected, f"{rule}: {answer.get('error')}"


def anchored(rule: str) -> bool:
    """Whether starting at the first occurrence leaves the periods of the interval where they were."""
    return "INTERVAL" not in rule or "FREQ=WEEKLY" not in rule or ours(rule)[0][:10] < "1997-09-08"


EVENTS = [
    CalendarEvent(
        uid="weekly@contoso.example",
        title="Weekly",
        start=datetime(2026, 1, 6, 9),
        duration=timedelta(minutes=30),
        zone="Europe/Oslo",
        rrule="FREQ=WEEKLY;BYDAY=TU;UNTIL=20261231T080000Z",
        excluded=(datetime(2026, 1, 13, 9), datetime(2026, 4, 7, 9)),
        overrides=(Override(datetime(2026, 4, 14, 9), datetime(2026, 4, 15, 10), timedelta(minutes=45)),),
    ),
    CalendarEvent(
        uid="south@contoso.example",
        title="Monthly",
        start=datetime(2026, 1, 31, 21, 30),
        duration=timedelta(hours=1),
        zone="Pacific/Auckland",
        rrule="FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=30",
    ),
    CalendarEvent(
        uid="moving@contoso.example",
        title="Daily",
        start=datetime(2026, 1, 1, 12),
        duration=timedelta(hours=1),
        zone="Africa/Casablanca",
        rrule="FREQ=DAILY;COUNT=400",
    ),
    CalendarEvent(
        uid="utc@contoso.example",
        title="In UTC",
        start=datetime(2026, 1, 1, 12),
        duration=timedelta(hours=1),
        zone="UTC",
        rrule="FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TH,SU;COUNT=20",
        excluded=(datetime(2026, 1, 11, 12),),
    ),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.uid)
def test_ical_js_reads_our_files_with_the_same_dates(ask, event):
    text = write([event], now=datetime(2026, 1, 1, tzinfo=UTC)).decode()
    (answer,) = ask([{"engine": "ical.js-file", "text": text, "limit": "2028-12-31"}])
    assert "error" not in answer
    expected = [
        one.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        for one in instances(
            event.rrule,
            event.start,
            event.zone,
            after=datetime(2026, 1, 1, tzinfo=UTC),
            before=datetime(2028, 12, 31, tzinfo=UTC),
            cancelled=event.excluded,
            moved={override.original: override.start for override in event.overrides},
        )
    ]
    first = event.start
    given = answer["starts"][event.uid]
    if expected[0] != given[0]:
        # ical.js shows a DTSTART that is off its rule; everything after it must be the same.
        assert given[0].startswith((first - timedelta(days=1)).date().isoformat()[:8])
        given = given[1:]
    assert given == sorted(expected)


def test_the_series_that_outlook_gets_have_the_dates_of_rrule_temporal(temporal):
    low, high = datetime(1997, 1, 1, tzinfo=UTC), datetime(2002, 1, 1, 5, tzinfo=UTC)
    told = 0
    for rule, wanted in temporal.items():
        try:
            found = from_rrule(rule, start=START, zone=NEW_YORK)
        except AddinError:
            continue
        told += 1
        starts = sorted(
            moment.replace(tzinfo=None).isoformat()
            for one in found.series
            for moment in occurrences(one.recurrence, one.start, NEW_YORK, after=low, before=high)
        )
        assert starts == wanted, rule
    assert told > 100
