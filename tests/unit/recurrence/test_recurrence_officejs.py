"""Office.js recurrence: read as the pane sends it, written back the same, its gaps told."""

import itertools
from copy import deepcopy
from datetime import date, datetime, timedelta

import pytest

from addin.errors import InvalidInput, Unsupported
from addin.recurrence import from_officejs, to_officejs

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKS = ["first", "second", "third", "fourth", "last"]
WORDS = [*DAYS, "day", "weekday", "weekendDay"]


def series(kind: str, start: str, end: str | None = None, **properties) -> dict:
    return {
        "recurrenceType": kind,
        "recurrenceProperties": properties,
        "recurrenceTimeZone": {"name": "Central European Standard Time"},
        "seriesTime": {"startDate": start, "endDate": end, "startTime": "09:30", "duration": 45},
    }


def all_series():
    for end in (None, "2027-03-03"):
        yield series("daily", "2026-01-05", end, interval=3)
        yield series("weekday", "2026-01-05", end, firstDayOfWeek="mon")
        for first, size in itertools.product(("sun", "mon"), (1, 2, 3)):
            yield series("weekly", "2026-01-05", end, interval=2, days=DAYS[:size], firstDayOfWeek=first)
        for day in (5, 28, 29, 30, 31):
            yield series("monthly", f"2026-01-{day:02}", end, interval=2, dayOfMonth=day)
        for number, month in enumerate(MONTHS, 1):
            yield series("yearly", f"2026-{number:02}-15", end, interval=1, dayOfMonth=15, month=month)
        for week, word in itertools.product(WEEKS, WORDS):
            yield series("monthly", "2026-01-01", end, interval=1, weekNumber=week, dayOfWeek=word)
            yield series("yearly", "2026-05-01", end, interval=1, weekNumber=week, dayOfWeek=word, month="may")


def test_office_to_graph_to_office_is_the_identity():
    for source in all_series():
        found = from_officejs(source)
        expected = deepcopy(source)
        expected["seriesTime"]["startDate"] = found.start.date().isoformat()
        again = to_officejs(found.recurrence, start=found.start, zone="Europe/Warsaw", duration=found.duration)
        assert again == expected


def test_a_series_is_read_whole():
    source = series("monthly", "2026-01-01", interval=1, weekNumber="second", dayOfWeek="weekendDay")
    found = from_officejs(source)
    assert found.start == datetime(2026, 1, 4, 9, 30)
    assert found.duration == timedelta(minutes=45)
    assert found.zone == "Europe/Warsaw"
    assert found.rrule == "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=2"
    assert found.recurrence == {
        "pattern": {
            "type": "relativeMonthly",
            "interval": 1,
            "daysOfWeek": ["saturday", "sunday"],
            "index": "second",
        },
        "range": {
            "type": "noEnd",
            "startDate": "2026-01-04",
            "recurrenceTimeZone": "Central European Standard Time",
        },
    }
    assert any("2026-01-04" in warning for warning in found.warnings)


def test_an_end_date_becomes_until():
    found = from_officejs(series("daily", "2026-01-05", "2026-03-30", interval=1))
    assert found.rrule == "FREQ=DAILY;UNTIL=20260330T073000Z"
    assert found.recurrence["range"]["endDate"] == "2026-03-30"


def test_seconds_in_the_start_time_are_read_over():
    source = series("daily", "2026-01-05", interval=1)
    source["seriesTime"]["startTime"] = "09:30:00:000"
    assert from_officejs(source).start == datetime(2026, 1, 5, 9, 30)


def test_a_missing_first_day_is_sunday():
    found = from_officejs(series("weekly", "2026-01-05", interval=2, days=["mon"]))
    assert found.recurrence["pattern"]["firstDayOfWeek"] == "sunday"


def test_a_count_becomes_the_date_of_the_last_occurrence():
    recurrence = {
        "pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
        "range": {"type": "numbered", "startDate": "2026-01-31", "numberOfOccurrences": 2},
    }
    found = to_officejs(recurrence, start=datetime(2026, 1, 31, 9), zone="UTC", duration=timedelta(hours=1))
    assert found["seriesTime"] == {
        "startDate": "2026-01-31",
        "endDate": "2026-02-28",
        "startTime": "09:00",
        "duration": 60,
    }
    assert found["recurrenceTimeZone"] == {"name": "UTC"}


def test_an_odd_set_has_no_word():
    recurrence = {
        "pattern": {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["thursday", "friday"], "index": "first"},
        "range": {"type": "noEnd", "startDate": "2026-01-01"},
    }
    with pytest.raises(Unsupported, match="thu, fri"):
        to_officejs(recurrence, start=datetime(2026, 1, 1, 9), zone="UTC", duration=timedelta(hours=1))


BROKEN = [
    ("recurrenceType", "hourly"),
    ("recurrenceType", None),
    ("recurrenceProperties", 5),
    ("recurrenceProperties", {"interval": 0, "days": ["mon"]}),
    ("recurrenceProperties", {"interval": True, "days": ["mon"]}),
    ("recurrenceProperties", {"interval": 1}),
    ("recurrenceProperties", {"interval": 1, "days": ["weekday"]}),
    ("recurrenceProperties", {"interval": 1, "days": [5]}),
    ("recurrenceProperties", {"interval": 1, "days": ["mon"], "firstDayOfWeek": "never"}),
    ("recurrenceTimeZone", {}),
    ("recurrenceTimeZone", {"name": "Nowhere Standard Time"}),
    ("seriesTime", {}),
    ("seriesTime", {"startDate": "2026-01-05", "startTime": "25:00", "duration": 30}),
    ("seriesTime", {"startDate": "2026-01-05", "startTime": 9, "duration": 30}),
    ("seriesTime", {"startDate": "2026-01-05", "startTime": "09:00", "duration": -1}),
    ("seriesTime", {"startDate": "2026-01-05", "endDate": "2026-01-04", "startTime": "09:00", "duration": 30}),
]


@pytest.mark.parametrize(("field", "value"), BROKEN, ids=[f"{n} {field}" for n, (field, _) in enumerate(BROKEN)])
def test_what_the_pane_should_not_send_is_refused(field, value):
    source = series("weekly", "2026-01-05", interval=1, days=["mon"])
    source[field] = value
    with pytest.raises(InvalidInput) as caught:
        from_officejs(source)
    assert caught.value.field


def test_yearly_needs_a_month_and_relative_a_week():
    with pytest.raises(InvalidInput, match="month"):
        from_officejs(series("yearly", "2026-01-05", interval=1, dayOfMonth=5))
    with pytest.raises(InvalidInput, match="weekNumber"):
        from_officejs(series("monthly", "2026-01-05", interval=1, dayOfWeek="mon"))
    with pytest.raises(InvalidInput, match="dayOfWeek"):
        from_officejs(series("monthly", "2026-01-05", interval=1, weekNumber="first", dayOfWeek="noday"))
    with pytest.raises(InvalidInput):
        from_officejs([])


def test_a_count_past_all_years_is_refused():
    recurrence = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": date(2026, 1, 1).isoformat(), "numberOfOccurrences": 10_000_000},
    }
    with pytest.raises(InvalidInput, match="9999"):
        to_officejs(recurrence, start=datetime(2026, 1, 1, 9), zone="UTC", duration=timedelta(hours=1))
