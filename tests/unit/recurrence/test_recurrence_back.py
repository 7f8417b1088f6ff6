"""Graph to RRULE and back: the same dates, the identity on what Outlook's dialogue makes, padded answers read."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin.errors import InvalidInput, Unsupported
from addin.recurrence import from_rrule, to_rrule

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DIALOGUE_SETS = [[day] for day in DAYS] + [DAYS[:5], DAYS[5:], DAYS]
INDEXES = ["first", "second", "third", "fourth", "last"]
ZONE = "Europe/Warsaw"


def dialogue_patterns():
    for interval in (1, 2, 3):
        yield {"type": "daily", "interval": interval}
        for size, begin in itertools.product((1, 2, 3, 5, 7), ("sunday", "monday", "saturday")):
            named = sorted({DAYS[(3 * n + size) % 7] for n in range(size)}, key=DAYS.index)
            yield {"type": "weekly", "interval": interval, "daysOfWeek": named, "firstDayOfWeek": begin}
        for day in range(1, 32):
            yield {"type": "absoluteMonthly", "interval": interval, "dayOfMonth": day}
        for named, index in itertools.product(DIALOGUE_SETS, INDEXES):
            yield {"type": "relativeMonthly", "interval": interval, "daysOfWeek": named, "index": index}
    for month, day in itertools.product(range(1, 13), (1, 15, 28, 29, 30, 31)):
        longest = 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
        if day <= longest:
            yield {"type": "absoluteYearly", "interval": 1, "dayOfMonth": day, "month": month}
    for named, index, month in itertools.product(DIALOGUE_SETS, INDEXES, (1, 2, 12)):
        yield {"type": "relativeYearly", "interval": 1, "daysOfWeek": named, "index": index, "month": month}


PATTERNS = list(dialogue_patterns())
RANGES = [{"type": "noEnd"}, {"type": "numbered", "numberOfOccurrences": 7}, {"type": "endDate"}]


def fit(pattern: dict, range_: dict, references) -> tuple[dict, datetime]:
    """The recurrence with a startDate (and endDate) that are occurrences."""
    for day in range(400):
        start = date(2026, 1, 1) + timedelta(days=day)
        if pattern.get("month", start.month) != start.month:
            continue
        recurrence = {"pattern": pattern, "range": {"type": "noEnd", "startDate": start.isoformat()}}
        try:
            references.graph_days(recurrence, start)
        except AssertionError:
            continue
        found = {**range_, "startDate": start.isoformat(), "recurrenceTimeZone": ZONE}
        if range_["type"] == "endDate":
            days = references.graph_days(recurrence, date(2029, 12, 31))
            found["endDate"] = days[min(5, len(days) - 1)].isoformat()
        return {"pattern": pattern, "range": found}, datetime(start.year, start.month, start.day, 9)
    raise AssertionError(f"no day fits {pattern}")


@pytest.mark.parametrize("range_", RANGES, ids=lambda range_: range_["type"])
def test_graph_to_rrule_to_graph_is_the_identity_on_the_dialogue(range_, references):
    for pattern in PATTERNS:
        recurrence, start = fit(pattern, range_, references)
        back = to_rrule(recurrence, start=start, zone=ZONE)
        assert back.start == start
        again = from_rrule(back.rrule, start=start, zone=ZONE)
        assert len(again.series) == 1, f"{pattern} became {back.rrule}"
        assert again.series[0].recurrence["range"] == recurrence["range"], back.rrule
        assert again.series[0].recurrence["pattern"] == pattern, back.rrule


def test_the_rule_has_the_same_dates(references):
    limit = date(2031, 12, 31)
    for pattern in PATTERNS:
        recurrence, start = fit(pattern, {"type": "noEnd"}, references)
        rule = to_rrule(recurrence, start=start, zone=ZONE).rrule
        wanted = references.series_starts([(start, recurrence)], limit)
        assert references.rule_starts(rule, start, ZONE, limit) == wanted, f"{pattern} became {rule}"


def noend(pattern: dict, start: str) -> dict:
    return {"pattern": pattern, "range": {"type": "noEnd", "startDate": start}}


SPELLINGS = [
    ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, "2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    (
        {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 30},
        "2026-01-30",
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
    ),
    (
        {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 29},
        "2026-01-29",
        "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1",
    ),
    (
        {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 29, "month": 2},
        "2024-02-29",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
    ),
    (
        {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 31, "month": 4},
        "2026-04-30",
        "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=-1",
    ),
    (
        {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 30, "month": 4},
        "2026-04-30",
        "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=30",
    ),
    (
        {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["tuesday", "monday"], "index": "first"},
        "2026-01-05",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1",
    ),
    (
        {"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday"], "firstDayOfWeek": "sunday"},
        "2026-01-06",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU",
    ),
    (
        {"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday"]},
        "2026-01-06",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU",
    ),
]


@pytest.mark.parametrize(("pattern", "start", "rule"), SPELLINGS, ids=[rule for _, _, rule in SPELLINGS])
def test_clamping_and_sets_are_written_as_every_engine_reads_them(pattern, start, rule):
    found = to_rrule(noend(pattern, start), start=date.fromisoformat(start), zone="UTC")
    assert found.rrule == rule
    assert str(found) == rule


PADDING = {"month": 0, "dayOfMonth": 0, "index": "first", "firstDayOfWeek": "sunday", "daysOfWeek": []}


def test_padded_answers_are_read_by_type_alone():
    padded = {
        "pattern": {**PADDING, "type": "daily", "interval": 2},
        "range": {
            "type": "noEnd",
            "startDate": "2026-01-05",
            "endDate": "0001-01-01",
            "numberOfOccurrences": 0,
            "recurrenceTimeZone": "",
        },
    }
    assert to_rrule(padded, start=datetime(2026, 1, 5, 9), zone=ZONE).rrule == "FREQ=DAILY;INTERVAL=2"
    padded["range"] |= {"type": "numbered", "numberOfOccurrences": 3}
    assert to_rrule(padded, start=datetime(2026, 1, 5, 9), zone=ZONE).rrule == "FREQ=DAILY;INTERVAL=2;COUNT=3"


def test_the_interval_is_counted_from_the_first_occurrence_as_microsoft_shows():
    pattern = {"type": "relativeMonthly", "interval": 2, "daysOfWeek": ["thursday"], "index": "first"}
    found = to_rrule(noend(pattern, "2017-08-29"), start=datetime(2017, 8, 29, 9), zone=ZONE)
    assert found.rrule == "FREQ=MONTHLY;INTERVAL=2;BYDAY=1TH"
    assert found.start == datetime(2017, 9, 7, 9)
    assert any("2017-09-07" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("pattern", "start", "first"),
    [
        ({"type": "absoluteMonthly", "interval": 3, "dayOfMonth": 10}, "2026-01-11", "2026-02-10"),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, "2026-12-31", "2026-12-31"),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 5}, "2026-12-06", "2027-01-05"),
        ({"type": "absoluteYearly", "interval": 2, "dayOfMonth": 29, "month": 2}, "2026-03-01", "2027-02-28"),
        ({"type": "relativeYearly", "interval": 1, "daysOfWeek": ["monday"], "index": "last", "month": 5},
         "2026-01-01", "2026-05-25"),
        ({"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "sunday"},
         "2026-01-07", "2026-01-12"),
        ({"type": "weekly", "interval": 2, "daysOfWeek": ["friday"], "firstDayOfWeek": "sunday"},
         "2026-01-07", "2026-01-09"),
    ],
)  # fmt: skip
def test_a_start_off_the_pattern_moves_to_the_first_occurrence(pattern, start, first):
    found = to_rrule(noend(pattern, start), start=date.fromisoformat(start), zone="UTC")
    assert found.start == date.fromisoformat(first)


def test_weeks_that_could_be_counted_in_two_ways_are_refused():
    for first_day in ("monday", "sunday", "saturday"):
        pattern = {"type": "weekly", "interval": 2, "daysOfWeek": ["monday"], "firstDayOfWeek": first_day}
        with pytest.raises(Unsupported, match="startDate"):
            to_rrule(noend(pattern, "2026-01-07"), start=datetime(2026, 1, 7, 9), zone=ZONE)
    pattern["firstDayOfWeek"] = "tuesday"
    found = to_rrule(noend(pattern, "2026-01-07"), start=datetime(2026, 1, 7, 9), zone=ZONE)
    assert found.start == datetime(2026, 1, 12, 9)


def test_until_is_the_instant_of_the_last_day_in_utc():
    recurrence = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "endDate", "startDate": "2026-03-01", "endDate": "2026-03-30", "recurrenceTimeZone": ZONE},
    }
    assert to_rrule(recurrence, start=datetime(2026, 3, 1, 9), zone=ZONE).rrule == "FREQ=DAILY;UNTIL=20260330T070000Z"
    assert to_rrule(recurrence, start=date(2026, 3, 1), zone=ZONE).rrule == "FREQ=DAILY;UNTIL=20260330"
    recurrence["range"]["recurrenceTimeZone"] = "Pacific/Auckland"
    found = to_rrule(recurrence, start=datetime(2026, 3, 1, 9), zone="Pacific/Auckland")
    assert found.rrule == "FREQ=DAILY;UNTIL=20260329T200000Z"


def test_another_zone_than_the_event_is_refused_and_another_name_for_it_is_not():
    recurrence = noend({"type": "daily", "interval": 1}, "2026-01-05")
    recurrence["range"]["recurrenceTimeZone"] = "Central European Standard Time"
    assert to_rrule(recurrence, start=datetime(2026, 1, 5, 9), zone="Europe/Oslo").rrule == "FREQ=DAILY"
    recurrence["range"]["recurrenceTimeZone"] = "GMT Standard Time"
    with pytest.raises(Unsupported, match="GMT Standard Time"):
        to_rrule(recurrence, start=datetime(2026, 1, 5, 9), zone="Europe/Oslo")


BAD_RANGE = {"type": "noEnd", "startDate": "2026-01-05"}
BAD_PATTERN = {"type": "daily", "interval": 1}
BAD = [
    (None, "recurrence"),
    ({}, "pattern"),
    ({"pattern": BAD_PATTERN}, "range"),
    ({"pattern": {"type": "hourly", "interval": 1}, "range": BAD_RANGE}, "type"),
    ({"pattern": {"type": "daily"}, "range": BAD_RANGE}, "interval"),
    ({"pattern": {"type": "daily", "interval": 0}, "range": BAD_RANGE}, "interval"),
    ({"pattern": {"type": "daily", "interval": True}, "range": BAD_RANGE}, "interval"),
    ({"pattern": {"type": "daily", "interval": "1"}, "range": BAD_RANGE}, "interval"),
    ({"pattern": {"type": "weekly", "interval": 1}, "range": BAD_RANGE}, "daysOfWeek"),
    ({"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": []}, "range": BAD_RANGE}, "daysOfWeek"),
    ({"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["weekday"]}, "range": BAD_RANGE}, "daysOfWeek"),
    (
        {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "noday"},
            "range": BAD_RANGE,
        },
        "firstDayOfWeek",
    ),
    ({"pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 32}, "range": BAD_RANGE}, "dayOfMonth"),
    ({"pattern": {"type": "absoluteMonthly", "interval": 1}, "range": BAD_RANGE}, "dayOfMonth"),
    ({"pattern": {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 1}, "range": BAD_RANGE}, "month"),
    ({"pattern": {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 1, "month": 13}, "range": BAD_RANGE}, "month"),
    (
        {
            "pattern": {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["monday"], "index": "fifth"},
            "range": BAD_RANGE,
        },
        "index",
    ),
    ({"pattern": BAD_PATTERN, "range": {"type": "forever", "startDate": "2026-01-05"}}, "range.type"),
    ({"pattern": BAD_PATTERN, "range": {"type": "noEnd"}}, "startDate"),
    ({"pattern": BAD_PATTERN, "range": {"type": "noEnd", "startDate": "20260105"}}, "startDate"),
    ({"pattern": BAD_PATTERN, "range": {"type": "noEnd", "startDate": "2026-01-06"}}, "startDate"),
    ({"pattern": BAD_PATTERN, "range": {**BAD_RANGE, "type": "endDate"}}, "endDate"),
    ({"pattern": BAD_PATTERN, "range": {**BAD_RANGE, "type": "endDate", "endDate": "2026-01-04"}}, "endDate"),
    ({"pattern": BAD_PATTERN, "range": {**BAD_RANGE, "type": "numbered"}}, "numberOfOccurrences"),
    (
        {"pattern": BAD_PATTERN, "range": {**BAD_RANGE, "type": "numbered", "numberOfOccurrences": 2**31 - 1}},
        "numberOfOccurrences",
    ),
    ({"pattern": BAD_PATTERN, "range": {**BAD_RANGE, "recurrenceTimeZone": 5}}, "recurrenceTimeZone"),
    (
        {
            "pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 4},
            "range": {**BAD_RANGE, "type": "endDate", "endDate": "2026-02-03"},
        },
        "endDate",
    ),
]


@pytest.mark.parametrize(("recurrence", "field"), BAD, ids=[f"{n} {field}" for n, (_, field) in enumerate(BAD)])
def test_what_cannot_be_read_names_the_field(recurrence, field):
    with pytest.raises(InvalidInput) as caught:
        to_rrule(recurrence, start=datetime(2026, 1, 5, 9), zone=ZONE)
    assert caught.value.field == field
    assert str(caught.value).startswith(field)


def test_a_start_with_a_zone_is_not_taken():
    with pytest.raises(InvalidInput, match="naive"):
        to_rrule(noend(BAD_PATTERN, "2026-01-05"), start=datetime(2026, 1, 5, tzinfo=UTC), zone=ZONE)


def test_an_odd_set_of_days_is_written_with_a_warning():
    pattern = {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["thursday", "friday"], "index": "second"}
    found = to_rrule(noend(pattern, "2026-05-07"), start=date(2026, 5, 7), zone="UTC")
    assert found.rrule == "FREQ=MONTHLY;BYDAY=TH,FR;BYSETPOS=2"
    assert any("merged" in warning for warning in found.warnings)


patterns = st.one_of(
    st.fixed_dictionaries({"type": st.just("daily"), "interval": st.integers(1, 999)}),
    st.fixed_dictionaries(
        {
            "type": st.just("weekly"),
            "interval": st.integers(1, 99),
            "daysOfWeek": st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
            "firstDayOfWeek": st.sampled_from(DAYS),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("absoluteMonthly"),
            "interval": st.integers(1, 99),
            "dayOfMonth": st.integers(1, 31),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("relativeMonthly"),
            "interval": st.integers(1, 99),
            "daysOfWeek": st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
            "index": st.sampled_from(INDEXES),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("relativeYearly"),
            "interval": st.integers(1, 8),
            "daysOfWeek": st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
            "index": st.sampled_from(INDEXES),
            "month": st.integers(1, 12),
        }
    ),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(pattern=patterns, start=st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_any_pattern_and_its_rule_fall_on_the_same_days(references, pattern, start):
    try:
        back = to_rrule(noend(pattern, start.isoformat()), start=start, zone="UTC")
    except Unsupported as error:
        assert error.part == "startDate"  # noqa: PT017 (the only refusal that a sound pattern may meet)
        return
    again = from_rrule(back.rrule, start=back.start, zone="UTC")
    limit = date(back.start.year + 25, 1, 1)
    series = [(one.start, one.recurrence) for one in again.series]
    assert references.series_starts(series, limit) == references.rule_starts(back.rrule, back.start, "UTC", limit)
    moved = noend(pattern, back.start.isoformat())
    moved["pattern"] = {**pattern}
    wanted = references.series_starts([(back.start, moved)], limit)
    assert references.series_starts(series, limit) == wanted
