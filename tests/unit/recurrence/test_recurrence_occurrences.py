"""When a series takes place: zones, gaps and folds, exceptions, and the next occurrence whatever the age."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin.errors import InvalidInput
from addin.recurrence import instances, next_instance, next_occurrence, occurrences
from addin.recurrence.days import Days
from addin.recurrence.occurrences import _strands

WARSAW = "Europe/Warsaw"
DAILY = "FREQ=DAILY"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_the_wall_clock_repeats_over_both_changes():
    spring = occurrences(DAILY, datetime(2026, 3, 1, 9), WARSAW, after=utc(2026, 3, 28), before=utc(2026, 3, 31))
    assert [one.isoformat() for one in spring] == [
        "2026-03-28T09:00:00+01:00",
        "2026-03-29T09:00:00+02:00",
        "2026-03-30T09:00:00+02:00",
    ]


def test_a_time_in_the_gap_is_read_with_the_offset_before_it():
    found = occurrences(DAILY, datetime(2026, 3, 1, 2, 30), WARSAW, after=utc(2026, 3, 28), before=utc(2026, 3, 31))
    assert [one.isoformat() for one in found] == [
        "2026-03-28T02:30:00+01:00",
        "2026-03-29T03:30:00+02:00",
        "2026-03-30T02:30:00+02:00",
    ]


def test_of_a_time_that_comes_twice_the_first_is_meant():
    found = occurrences(DAILY, datetime(2026, 3, 1, 2, 30), WARSAW, after=utc(2026, 10, 25), before=utc(2026, 10, 26))
    assert [one.astimezone(UTC) for one in found] == [utc(2026, 10, 25, 0, 30)]


def test_bounds_are_inclusive_below_and_exclusive_above():
    start = datetime(2026, 1, 5, 9)
    found = occurrences(DAILY, start, "UTC", after=utc(2026, 1, 6, 9), before=utc(2026, 1, 8, 9))
    assert found == [utc(2026, 1, 6, 9), utc(2026, 1, 7, 9)]


def test_instants_are_asked_for_in_any_zone():
    tokyo = datetime(2026, 1, 6, 18, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert next_occurrence(DAILY, datetime(2026, 1, 5, 9), "UTC", after=tokyo) == utc(2026, 1, 6, 9)


def test_cancelled_moved_and_added_occurrences():
    start = datetime(2026, 1, 5, 9)
    found = list(
        instances(
            "FREQ=DAILY;COUNT=5",
            start,
            "UTC",
            after=utc(2026, 1, 1),
            before=utc(2026, 2, 1),
            cancelled=[datetime(2026, 1, 6, 9)],
            moved={datetime(2026, 1, 7, 9): datetime(2026, 1, 10, 15), utc(2026, 1, 8, 9): utc(2026, 1, 5, 8)},
            added=[datetime(2026, 1, 20, 9), datetime(2026, 1, 9, 9), datetime(2026, 1, 6, 9)],
        )
    )
    assert [(one.start, one.original.day, one.moved) for one in found] == [
        (utc(2026, 1, 5, 8), 8, True),
        (utc(2026, 1, 5, 9), 5, False),
        (utc(2026, 1, 9, 9), 9, False),
        (utc(2026, 1, 10, 15), 7, True),
        (utc(2026, 1, 20, 9), 20, False),
    ]


def test_an_occurrence_moved_out_of_the_span_is_not_in_it_and_one_moved_in_is():
    start = datetime(2026, 1, 5, 9)
    moved = {datetime(2026, 1, 7, 9): datetime(2026, 2, 1, 9), datetime(2026, 1, 20, 9): datetime(2026, 1, 8, 7)}
    found = occurrences(DAILY, start, "UTC", after=utc(2026, 1, 7), before=utc(2026, 1, 9), moved=moved)
    assert found == [utc(2026, 1, 8, 7), utc(2026, 1, 8, 9)]


def test_bounds_count_for_moved_occurrences_as_for_others():
    start = datetime(2026, 1, 5, 9)
    moved = {datetime(2026, 1, 20, 9): datetime(2026, 1, 7, 7), datetime(2026, 1, 21, 9): datetime(2026, 1, 8, 7)}
    found = occurrences(DAILY, start, "UTC", after=utc(2026, 1, 7, 7), before=utc(2026, 1, 8, 7), moved=moved)
    assert found == [utc(2026, 1, 7, 7), utc(2026, 1, 7, 9)]


def test_a_moved_occurrence_keeps_its_place_in_the_count():
    start = datetime(2026, 1, 5, 9)
    moved = {datetime(2026, 1, 7, 9): datetime(2026, 3, 1, 9)}
    found = occurrences("FREQ=DAILY;COUNT=3", start, "UTC", after=utc(2026, 1, 1), before=utc(2027, 1, 1), moved=moved)
    assert found == [utc(2026, 1, 5, 9), utc(2026, 1, 6, 9), utc(2026, 3, 1, 9)]


def test_next_skips_what_was_cancelled_and_ends_with_the_series():
    start = datetime(2026, 1, 5, 9)
    rule = "FREQ=DAILY;COUNT=3"
    cancelled = [datetime(2026, 1, 6, 9)]
    assert next_occurrence(rule, start, "UTC", after=utc(2026, 1, 5, 10), cancelled=cancelled) == utc(2026, 1, 7, 9)
    assert next_occurrence(rule, start, "UTC", after=utc(2026, 1, 7, 10)) is None
    assert next_instance(rule, start, "UTC", after=utc(2026, 1, 7, 10)) is None


def test_a_graph_recurrence_and_a_single_event_are_asked_the_same_way():
    recurrence = {
        "pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
        "range": {"type": "numbered", "startDate": "2026-01-31", "numberOfOccurrences": 3},
    }
    start = datetime(2026, 1, 31, 9)
    found = occurrences(recurrence, start, "UTC", after=utc(2026, 1, 1), before=utc(2027, 1, 1))
    assert found == [utc(2026, 1, 31, 9), utc(2026, 2, 28, 9), utc(2026, 3, 31, 9)]
    single = occurrences(None, start, "UTC", after=utc(2026, 1, 1), before=utc(2027, 1, 1))
    assert single == [utc(2026, 1, 31, 9)]


def test_an_all_day_series_begins_at_midnight_of_its_zone():
    found = occurrences(DAILY, date(2026, 3, 1), WARSAW, after=utc(2026, 3, 29), before=utc(2026, 3, 31))
    assert [one.isoformat() for one in found] == ["2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00"]


def test_several_times_a_day_come_in_order():
    found = instances("FREQ=DAILY;BYHOUR=15,9", datetime(2026, 1, 5, 9), "UTC", after=utc(2026, 1, 5), before=None)
    assert [one.start.hour for one in islice(found, 4)] == [9, 15, 9, 15]


def test_naive_bounds_are_refused():
    with pytest.raises(InvalidInput, match="zone"):
        next_occurrence(DAILY, datetime(2026, 1, 5, 9), "UTC", after=datetime(2026, 1, 5))
    with pytest.raises(InvalidInput, match="zone"):
        occurrences(DAILY, datetime(2026, 1, 5, 9), "UTC", after=utc(2026, 1, 5), before=datetime(2026, 1, 6))


def test_an_old_series_is_asked_no_more_years_than_a_young_one(monkeypatch):
    asked: list[int] = []
    year = Days.year

    def counted(self, number):
        asked.append(number)
        return year(self, number)

    monkeypatch.setattr(Days, "year", counted)
    costs = []
    for begun in (1995, 2016, 2025):
        asked.clear()
        start = datetime(begun, 1, 1, 9)
        _strands(DAILY, start, WARSAW)
        asked.clear()
        assert next_occurrence(DAILY, start, WARSAW, after=utc(2026, 6, 1)) is not None
        costs.append(len(asked))
    assert costs[0] == costs[1] == costs[2] == 1


starts = st.datetimes(datetime(2005, 1, 1), datetime(2030, 12, 31)).map(lambda d: d.replace(microsecond=0))
rules = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=17",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;BYHOUR=2,14",
        "FREQ=WEEKLY;COUNT=700",
    ]
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rule=rules, start=starts, after=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
@pytest.mark.parametrize("zone", [WARSAW, "America/Santiago"])
def test_next_is_the_first_that_a_full_expansion_has(references, zone, rule, start, after):
    after = after.replace(tzinfo=UTC)
    limit = date(2037, 1, 1)
    every = [
        moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for moment in references.rule_starts(rule, start, zone, limit)
    ]
    wanted = next((moment for moment in sorted(every) if moment >= after), None)
    found = next_occurrence(rule, start, zone, after=after)
    if wanted is None:
        assert found is None or found > datetime(2037, 1, 1, tzinfo=UTC)
    else:
        assert found == wanted
        assert found.tzinfo == ZoneInfo(zone)


def test_moved_to_an_all_day_date():
    found = occurrences(
        DAILY,
        date(2026, 1, 5),
        "UTC",
        after=utc(2026, 1, 5),
        before=utc(2026, 1, 8),
        cancelled=[date(2026, 1, 7)],
        moved={date(2026, 1, 6): date(2026, 1, 5) + timedelta(days=2)},
    )
    assert found == [utc(2026, 1, 5), utc(2026, 1, 7)]
