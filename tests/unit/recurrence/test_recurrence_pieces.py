"""The pieces on their own: sets of days against plain dates, texts, proposals by fields, proofs, nearest rules."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin.errors import InvalidInput, Unsupported
from addin.recurrence import from_rrule, vtimezone
from addin.recurrence.bounds import strands
from addin.recurrence.days import (
    MONTH_OFFSETS,
    Both,
    Days,
    Linear,
    PerYear,
    Yearly,
    bits,
    first_day,
    kind_of_year,
    nth_ordinal,
    progression_years,
    tiled,
    year_of,
)
from addin.recurrence.graph import Pattern, PatternType
from addin.recurrence.graph_days import days_of
from addin.recurrence.proof import (
    Difference,
    first_difference,
    same_for_ever,
    same_while_every_fourth_year_leaps,
    within_while_every_fourth_year_leaps,
)
from addin.recurrence.rrule import parse, write
from addin.recurrence.rule import DAY_CODES, Frequency, Rule, Skip, Until
from addin.recurrence.search import Part, by_days, by_fields, steps_for

# Days


def ordinal(*parts: int) -> int:
    return date(*parts).toordinal()


def test_kinds_of_year():
    assert kind_of_year(2024) == 7 + 0
    assert kind_of_year(2026) == 3
    assert kind_of_year(2000) == 7 + 5
    assert kind_of_year(2100) == 4
    assert [MONTH_OFFSETS[leap][2] for leap in (0, 1)] == [59, 60]
    assert MONTH_OFFSETS[1][12] == 366


def test_bits_and_tiles():
    assert list(bits(0b101001)) == [0, 3, 5]
    assert list(bits(0)) == []
    assert tiled(0b001, 3, 7) & 0b1111111 == 0b1001001


def test_years_of_ordinals_stay_within_what_dates_have():
    assert year_of(0) == 1
    assert year_of(10**9) == 9999
    assert first_day(2026) == ordinal(2026, 1, 1)


@pytest.mark.parametrize(("months", "years"), [(1, 1), (2, 1), (5, 5), (12, 1), (18, 3), (24, 2), (7, 7)])
def test_progressions_of_months_repeat_after_whole_years(months, years):
    assert progression_years(months) == years


linears = st.builds(
    lambda period, anchor, offsets: Linear(period, anchor, tuple(sorted({offset % period for offset in offsets}))),
    st.integers(1, 1000),
    st.integers(730_000, 740_000),
    st.lists(st.integers(0, 999), min_size=1, max_size=4),
)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    days=linears, first=st.integers(735_000, 739_000), span=st.integers(0, 1500), asked=st.integers(734_000, 741_000)
)
def test_bounded_days_are_what_plain_dates_say(days, first, span, asked):
    last = first + span
    plain = [day for day in range(first, last + 1) if (day - days.anchor) % days.period in days.offsets]
    bounded = Days(days, first, last)
    assert list(bounded.ordinals()) == plain
    assert bounded.next(asked) == next((day for day in plain if day >= asked), None)
    assert bounded.previous(asked) == next((day for day in reversed(plain) if day <= asked), None)
    assert bounded.count(asked) == sum(day <= asked for day in plain)
    window = bounded.window(first - 3, last + 4)
    assert [first - 3 + bit for bit in bits(window)] == plain
    number = max(1, len(plain) // 2)
    expected = plain[number - 1] if plain else None
    assert nth_ordinal([Days(days, first)], number) == expected or not plain


def test_the_nth_of_several_sets_counts_them_together():
    odd = Days(Linear(2, 735_001), 735_001)
    even = Days(Linear(2, 735_000), 735_000)
    assert [nth_ordinal([odd, even], number) for number in (1, 2, 3, 400)] == [735_000, 735_001, 735_002, 735_399]
    assert nth_ordinal([Days(Linear(1, 1), 735_000, 735_001)], 3) is None


def test_weekly_sets_have_a_shape_by_the_kind_of_the_year():
    mondays = Linear(7, ordinal(2026, 1, 5))
    for year in (2024, 2026, 2027, 2100):
        assert mondays.shape(kind_of_year(year), 0) == mondays.year(year)
    assert (mondays.years, Linear(2, 1).years, Linear(1, 1).years, Linear(14, 1).years) == (1, 0, 1, 0)


def test_both_is_the_intersection():
    mondays = Linear(7, ordinal(2026, 1, 5))
    january = Yearly(1, lambda kind, phase: (1 << 31) - 1)
    every_second = Yearly(2, lambda kind, phase: (1 << 366) - 1 if phase == 0 else 0)
    both = Both(mondays, january)
    assert [bit + 1 for bit in bits(both.year(2026))] == [5, 12, 19, 26]
    assert both.shape(kind_of_year(2026), 0) == both.year(2026)
    assert Both(january, every_second).years == 2
    assert Both(january, every_second).shape(3, 1) == 0
    assert Both(Linear(2, 1), january).years == 0


def test_a_set_without_period_has_no_shape_and_asks_once_a_year():
    asked = []

    def choose(year: int) -> int:
        asked.append(year)
        return 1

    days = PerYear(choose)
    assert (days.year(2026), days.year(2026), asked) == (1, 1, [2026])
    with pytest.raises(ValueError):
        days.shape(0, 0)


# Text

rules = st.builds(
    Rule,
    frequency=st.sampled_from([Frequency.MONTHLY, Frequency.YEARLY]),
    interval=st.integers(1, 2_147_483_647),
    week_start=st.integers(0, 6),
    bymonth=st.sets(st.integers(1, 12)).map(sorted).map(tuple),
    bymonthday=st.sets(st.integers(-31, 31).filter(bool)).map(sorted).map(tuple),
    byday=st.sets(st.tuples(st.integers(-5, 5), st.integers(0, 6))).map(sorted).map(tuple),
    byhour=st.sets(st.integers(0, 23)).map(sorted).map(tuple),
    byminute=st.sets(st.integers(0, 59)).map(sorted).map(tuple),
    bysecond=st.sets(st.integers(0, 59)).map(sorted).map(tuple),
    skip=st.sampled_from(Skip),
    count=st.none() | st.integers(1, 10**9),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rule=rules)
def test_what_is_written_is_read_back(rule):
    assert parse(write(rule)) == rule
    assert parse("rrule:" + write(rule).lower()) == rule


@pytest.mark.parametrize(
    ("until", "text"),
    [
        (Until(date(2026, 12, 31)), "UNTIL=20261231"),
        (Until(date(2026, 12, 31), time(9, 5, 7)), "UNTIL=20261231T090507"),
        (Until(date(2026, 12, 31), time(22), utc=True), "UNTIL=20261231T220000Z"),
    ],
)
def test_until_is_written_and_read(until, text):
    rule = Rule(Frequency.DAILY, until=until)
    assert write(rule) == f"FREQ=DAILY;{text}"
    assert parse(write(rule)) == rule


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("FREQ=YEARLY;BYMONTH=0", "BYMONTH: '0' is not in 1..12"),
        ("FREQ=YEARLY;BYMONTHDAY=40", "BYMONTHDAY: '40' is not in 1..31 or -31..-1"),
        ("FREQ=YEARLY;BYMONTH=+1", "BYMONTH: '+1' is not in 1..12"),
        ("FREQ=DAILY;INTERVAL=2147483648", "INTERVAL: '2147483648' is not a whole number from 1 to 2147483647"),
        ("FREQ=DAILY;COUNT=-1", "COUNT: '-1' is not a whole number from 1 to 2147483647"),
        ("FREQ=YEARLY;BYDAY=-54MO", "BYDAY: '-54MO': the number before the weekday must be 1..53 or -53..-1"),
        ("FREQ=DAILY;BYSECOND=60", "BYSECOND=60: no meeting begins on a leap second"),
    ],
)
def test_messages_say_what_is_allowed(rule, message):
    with pytest.raises((InvalidInput, Unsupported)) as caught:
        parse(rule)
    assert str(caught.value) == message


def test_a_leap_second_ends_with_its_minute():
    assert parse("FREQ=DAILY;UNTIL=20161231T235960Z").until == Until(date(2016, 12, 31), time(23, 59, 59), utc=True)


def test_the_longest_text_that_is_read():
    text = "FREQ=DAILY;BYHOUR=9" + ",9" * 990
    assert len(text) == 1999
    assert parse(text) == Rule(Frequency.DAILY, byhour=(9,))
    assert parse(text + ";") == parse(text)
    with pytest.raises(InvalidInput, match="2001 characters"):
        parse(text + ",9")


# Proposals by fields

TUESDAY = frozenset((1,))
WORKING = frozenset(range(5))
BY_FIELDS = [
    ("FREQ=DAILY;INTERVAL=3", Pattern(PatternType.DAILY, 3)),
    ("FREQ=DAILY;BYDAY=MO", None),
    ("FREQ=DAILY;BYMONTH=1", None),
    ("FREQ=DAILY;BYMONTHDAY=1", None),
    ("FREQ=WEEKLY", Pattern(PatternType.WEEKLY, 1, TUESDAY, 0)),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;WKST=SU", Pattern(PatternType.WEEKLY, 2, frozenset((2,)), 6)),
    ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1", None),
    ("FREQ=WEEKLY;BYMONTH=1", None),
    ("FREQ=MONTHLY;BYMONTHDAY=1", Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=1)),
    ("FREQ=MONTHLY;BYMONTHDAY=7", Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=7)),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=31)),
    ("FREQ=MONTHLY;BYMONTHDAY=-2", None),
    ("FREQ=MONTHLY;BYMONTHDAY=7,8", None),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1", Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=29)),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=30)),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=31)),
    ("FREQ=MONTHLY;BYMONTHDAY=27,28;BYSETPOS=-1", None),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=1", None),
    ("FREQ=MONTHLY", Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=13)),
    ("FREQ=MONTHLY;BYDAY=2TU", Pattern(PatternType.RELATIVE_MONTHLY, weekdays=TUESDAY, index=2)),
    ("FREQ=MONTHLY;BYDAY=4TU", Pattern(PatternType.RELATIVE_MONTHLY, weekdays=TUESDAY, index=4)),
    ("FREQ=MONTHLY;BYDAY=-1TU", Pattern(PatternType.RELATIVE_MONTHLY, weekdays=TUESDAY, index=5)),
    ("FREQ=MONTHLY;BYDAY=5TU", None),
    ("FREQ=MONTHLY;BYDAY=-2TU", None),
    ("FREQ=MONTHLY;BYDAY=1TU,2TU", None),
    ("FREQ=MONTHLY;BYDAY=TU", None),
    ("FREQ=MONTHLY;BYDAY=2TU;BYMONTHDAY=9", None),
    ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=3", Pattern(PatternType.RELATIVE_MONTHLY, weekdays=TUESDAY, index=3)),
    (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        Pattern(PatternType.RELATIVE_MONTHLY, weekdays=WORKING, index=5),
    ),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=5", None),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", None),
    ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1,2", None),
    ("FREQ=MONTHLY;BYDAY=1MO,1TU;BYSETPOS=1", None),
    ("FREQ=MONTHLY;BYMONTH=1;BYMONTHDAY=5", None),
    ("FREQ=YEARLY", Pattern(PatternType.ABSOLUTE_YEARLY, day_of_month=13, month=1)),
    ("FREQ=YEARLY;BYMONTH=3;INTERVAL=2", Pattern(PatternType.ABSOLUTE_YEARLY, 2, day_of_month=13, month=3)),
    ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5", Pattern(PatternType.ABSOLUTE_YEARLY, day_of_month=5, month=3)),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", Pattern(PatternType.ABSOLUTE_YEARLY, day_of_month=29, month=2)),
    ("FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=-1", Pattern(PatternType.ABSOLUTE_YEARLY, day_of_month=30, month=4)),
    ("FREQ=YEARLY;BYMONTH=4;BYDAY=-1TU", Pattern(PatternType.RELATIVE_YEARLY, weekdays=TUESDAY, index=5, month=4)),
    ("FREQ=YEARLY;BYMONTH=3,4;BYMONTHDAY=5", None),
    ("FREQ=YEARLY;BYMONTHDAY=5", None),
    ("FREQ=YEARLY;BYDAY=1TU", None),
    ("FREQ=YEARLY;BYYEARDAY=5", None),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=TU", None),
]


@pytest.mark.parametrize(("text", "pattern"), BY_FIELDS, ids=[text for text, _ in BY_FIELDS])
def test_proposals_by_fields(text, pattern):
    assert by_fields(parse(text), date(2026, 1, 13)) == pattern


def test_a_partition_has_the_fewest_parts_that_begin_where_they_fall():
    rule = parse("FREQ=MONTHLY;BYMONTHDAY=30")
    (strand,), _ = strands(rule, date(2026, 1, 30), "UTC")
    days = strand.days
    parts = by_days(days, steps_for(rule, days), days.first + 366 * 20, 12)
    assert parts == [
        Part(Pattern(PatternType.ABSOLUTE_MONTHLY, 2, day_of_month=30), ordinal(2026, 1, 30)),
        Part(Pattern(PatternType.ABSOLUTE_MONTHLY, 4, day_of_month=30), ordinal(2026, 4, 30)),
        Part(Pattern(PatternType.ABSOLUTE_YEARLY, 1, day_of_month=30, month=6), ordinal(2026, 6, 30)),
        Part(Pattern(PatternType.ABSOLUTE_YEARLY, 1, day_of_month=30, month=10), ordinal(2026, 10, 30)),
    ]
    assert by_days(days, steps_for(rule, days), days.first + 366 * 20, 3) is None
    assert by_days(days, steps_for(rule, days), days.first, 12) is None


# Proofs


def pattern_days(pattern: Pattern, *start: int, last: int | None = None) -> Days:
    begin = date(*start)
    return Days(days_of(pattern, begin), begin.toordinal(), last)


def test_equal_sets_have_no_difference():
    monthly = Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=15)
    half = Pattern(PatternType.ABSOLUTE_MONTHLY, 2, day_of_month=15)
    whole = pattern_days(monthly, 2026, 1, 15)
    parts = [pattern_days(half, 2026, 1, 15), pattern_days(half, 2026, 2, 15)]
    assert first_difference(whole, parts) is None
    assert same_for_ever(whole.days, [part.days for part in parts])
    assert not same_for_ever(whole.days, [parts[0].days])


def test_a_difference_names_its_day_and_side():
    monthly = pattern_days(Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=15), 2026, 1, 15)
    late = pattern_days(Pattern(PatternType.ABSOLUTE_MONTHLY, day_of_month=15), 2026, 2, 15)
    assert first_difference(monthly, [late]) == Difference(ordinal(2026, 1, 15), "rule")
    assert first_difference(late, [monthly]) == Difference(ordinal(2026, 1, 15), "series")
    assert first_difference(monthly, [monthly, late]) == Difference(ordinal(2026, 2, 15), "twice")


def test_ends_are_compared():
    daily = Pattern(PatternType.DAILY)
    endless = pattern_days(daily, 2026, 1, 1)
    short = pattern_days(daily, 2026, 1, 1, last=ordinal(2026, 6, 1))
    long = pattern_days(daily, 2026, 1, 1, last=ordinal(2099, 6, 1))
    longer = pattern_days(daily, 2026, 1, 1, last=ordinal(2099, 6, 2))
    assert first_difference(endless, [short]) == Difference(ordinal(2026, 6, 2), "rule")
    assert first_difference(short, [endless]) == Difference(ordinal(2026, 6, 2), "series")
    assert first_difference(short, [short]) is None
    assert first_difference(long, [long]) is None
    assert first_difference(long, [longer]) == Difference(ordinal(2099, 6, 2), "series")
    assert first_difference(longer, [long]) == Difference(ordinal(2099, 6, 2), "rule")


def test_long_sets_that_part_in_the_middle_are_noticed():
    leap_day = Yearly(1, lambda kind, phase: 1 << 59 if kind >= 7 else 0)
    rule = Days(leap_day, ordinal(2024, 2, 29), ordinal(2110, 1, 1))
    series = pattern_days(
        Pattern(PatternType.ABSOLUTE_YEARLY, 4, day_of_month=29, month=2), 2024, 2, 29, last=ordinal(2110, 1, 1)
    )
    assert first_difference(rule, [series]) == Difference(ordinal(2100, 2, 28), "series")


def test_29_february_is_the_same_while_every_fourth_year_leaps():
    leap_day = Yearly(1, lambda kind, phase: 1 << 59 if kind >= 7 else 0)
    every_fourth = days_of(Pattern(PatternType.ABSOLUTE_YEARLY, 4, day_of_month=29, month=2), date(2024, 2, 29))
    every = days_of(Pattern(PatternType.ABSOLUTE_YEARLY, 1, day_of_month=29, month=2), date(2024, 2, 29))
    assert not same_for_ever(leap_day, [every_fourth])
    assert same_while_every_fourth_year_leaps(leap_day, [every_fourth])
    assert not same_while_every_fourth_year_leaps(leap_day, [every])
    assert within_while_every_fourth_year_leaps(every, every_fourth)
    assert within_while_every_fourth_year_leaps(leap_day, every_fourth)
    assert not within_while_every_fourth_year_leaps(leap_day, every)
    assert within_while_every_fourth_year_leaps(Linear(2, 1), Linear(4, 1))


def test_sets_of_days_are_compared_over_their_common_period():
    assert same_for_ever(Linear(6, 1, (0, 2, 4)), [Linear(2, 3)])
    assert same_for_ever(Linear(3, 1), [Linear(6, 1), Linear(6, 4)])
    assert not same_for_ever(Linear(3, 1), [Linear(6, 1), Linear(6, 5)])
    assert not same_for_ever(Linear(3, 1), [Linear(3, 1), Linear(6, 4)])
    assert not same_for_ever(Linear(2, 1), [PerYear(lambda year: 0)])
    assert not same_for_ever(PerYear(lambda year: 0), [Linear(2, 1)])


def test_no_period_and_no_difference_is_not_a_proof():
    same = PerYear(lambda year: 1)
    rule, series = Days(same, ordinal(2026, 1, 1)), Days(same, ordinal(2026, 1, 1))
    found = first_difference(rule, [series])
    assert found is not None
    assert found.only_in == "unproved"
    known = PerYear(lambda year: 1, cycle=400)
    assert first_difference(Days(known, ordinal(2026, 1, 1)), [Days(known, ordinal(2026, 1, 1))]) is None


# Refusals

NEAREST = [
    ("FREQ=MONTHLY;BYDAY=5TU", "FREQ=MONTHLY;BYDAY=-1TU"),
    ("FREQ=MONTHLY;BYDAY=-2TU", "FREQ=MONTHLY;BYDAY=3TU"),
    ("FREQ=MONTHLY;BYDAY=-4TU", "FREQ=MONTHLY;BYDAY=1TU"),
    ("FREQ=MONTHLY;BYDAY=4TU,-1TU", "FREQ=MONTHLY;BYDAY=-1TU"),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=TU", "FREQ=YEARLY;BYMONTH=5;BYDAY=3TU"),
    ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=TU", "FREQ=YEARLY;BYMONTH=12;BYDAY=4TU"),
    ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=TU", "FREQ=YEARLY;BYMONTH=1;BYDAY=1TU"),
    ("FREQ=YEARLY;BYWEEKNO=-30;BYDAY=TU", "FREQ=YEARLY;BYMONTH=6;BYDAY=1TU"),
    ("FREQ=YEARLY;BYWEEKNO=31;BYDAY=TU", "FREQ=YEARLY;BYMONTH=8;BYDAY=1TU"),
    ("FREQ=YEARLY;BYDAY=20TU", "FREQ=YEARLY;BYMONTH=5;BYDAY=3TU"),
    ("FREQ=YEARLY;BYDAY=6TU", "FREQ=YEARLY;BYMONTH=2;BYDAY=2TU"),
    ("FREQ=MONTHLY;BYDAY=-5TU", "FREQ=MONTHLY;BYDAY=-1TU"),
    ("FREQ=MONTHLY;BYDAY=-3TU", "FREQ=MONTHLY;BYDAY=2TU"),
    ("FREQ=MONTHLY;BYMONTHDAY=-4", "FREQ=MONTHLY;BYMONTHDAY=28"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=5", "FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=-1"),
    ("FREQ=DAILY;BYDAY=TU;BYMONTHDAY=-8,-7,-6", "FREQ=MONTHLY;BYDAY=-1TU"),
    ("FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=13", "FREQ=MONTHLY;BYDAY=2TU"),
    ("FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "FREQ=MONTHLY;BYDAY=1TU"),
    ("FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=25,26,27,28,29,30,31", "FREQ=MONTHLY;BYDAY=-1TU"),
    ("FREQ=MONTHLY;BYMONTHDAY=-2", "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
    ("FREQ=MONTHLY;BYMONTHDAY=-6", "FREQ=MONTHLY;BYMONTHDAY=26"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    ("FREQ=DAILY;BYMONTH=1", "FREQ=DAILY"),
    ("FREQ=WEEKLY;BYMONTH=1;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TU"),
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TU"),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TU"),
    ("FREQ=DAILY;INTERVAL=2;BYMONTHDAY=5", "FREQ=DAILY;BYMONTHDAY=5"),
]


@pytest.mark.parametrize(("rule", "nearest"), NEAREST, ids=[rule for rule, _ in NEAREST])
def test_the_nearest_rule_is_offered_with_the_date_that_parts(rule, nearest, references):
    start = datetime(2026, 1, 13, 9)
    with pytest.raises(Unsupported) as caught:
        from_rrule(rule, start=start, zone="UTC")
    error = caught.value
    assert error.nearest == nearest
    limit = date(2040, 1, 1)
    wanted = set(references.rule_starts(rule, start, "UTC", limit))
    near = set(references.rule_starts(nearest, start, "UTC", limit))
    first = min(wanted ^ near)
    assert error.counterexample is not None
    assert error.counterexample.date == first.date().isoformat()
    assert error.counterexample.only_in == ("rule" if first in wanted else "series")
    assert nearest in str(error)
    assert ("missing" if first in wanted else "added") in str(error)


PARTS = [
    ("FREQ=DAILY;INTERVAL=2;BYMONTH=5", "BYMONTH"),
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "INTERVAL"),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=TU", "BYDAY"),
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=5TU", "BYDAY"),
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=-2TU", "BYDAY"),
    ("FREQ=DAILY;INTERVAL=2;BYDAY=TU;BYMONTH=5", "BYMONTH"),
    ("FREQ=SECONDLY;COUNT=251", "FREQ"),
    ("FREQ=SECONDLY;INTERVAL=11;BYMONTH=2;BYMONTHDAY=30;COUNT=5", "FREQ"),
    ("FREQ=MINUTELY;COUNT=251", "FREQ"),
    ("FREQ=YEARLY;BYYEARDAY=100,200,300,310,320", "BYYEARDAY"),
    ("FREQ=MONTHLY;BYDAY=MO,5TU", "BYDAY"),
]


@pytest.mark.parametrize(("rule", "part"), PARTS, ids=[rule for rule, _ in PARTS])
def test_the_part_at_fault(rule, part):
    with pytest.raises(Unsupported) as caught:
        from_rrule(rule, start=datetime(2026, 1, 13, 9), zone="UTC")
    assert caught.value.part == part


def test_a_week_counted_from_the_end_of_the_year_can_be_a_last_weekday():
    found = from_rrule("FREQ=YEARLY;BYWEEKNO=-40;BYDAY=TU", start=datetime(2026, 3, 31, 9), zone="UTC")
    assert found.series[0].recurrence["pattern"] == {
        "type": "relativeYearly",
        "interval": 1,
        "daysOfWeek": ["tuesday"],
        "index": "last",
        "month": 3,
    }
    assert found.warnings == ()


def test_a_long_finite_rule_says_that_there_are_too_many_dates():
    with pytest.raises(Unsupported, match="more than 250 of them"):
        from_rrule("FREQ=MONTHLY;BYDAY=5TU;UNTIL=20990101T000000Z", start=datetime(2026, 1, 13, 9), zone="UTC")


# VTIMEZONE


def lines(zone: str, first: date, last: date) -> list[str]:
    text = vtimezone.build(zone, first, last).to_ical().decode()
    return [line for line in text.split("\r\n") if line]


def test_a_zone_with_yearly_rules_is_written_with_them():
    assert lines("Europe/Warsaw", date(2026, 5, 1), date(2026, 6, 1)) == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Warsaw",
        "BEGIN:STANDARD",
        "DTSTART:20241231T000000",
        "TZNAME:CET",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:20250330T020000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:20251026T030000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]


def test_the_ordinals_of_a_zone_are_told():
    york = lines("America/New_York", date(2026, 5, 1), date(2026, 6, 1))
    assert [line for line in york if line.startswith(("RRULE", "DTSTART"))] == [
        "DTSTART:20241231T000000",
        "DTSTART:20250309T020000",
        "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
        "DTSTART:20251102T020000",
        "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
    ]
    asuncion = lines("America/Asuncion", date(2013, 5, 1), date(2013, 6, 1))
    assert "RRULE:FREQ=YEARLY;BYDAY=4SU;BYMONTH=3" in asuncion


def test_a_zone_of_changed_rules_has_single_changes_before_the_rule_that_lasts():
    york = lines("America/New_York", date(2004, 5, 1), date(2026, 6, 1))
    starts = [line for line in york if line.startswith("DTSTART")]
    assert starts[:6] == [
        "DTSTART:20021231T000000",
        "DTSTART:20030406T020000",
        "DTSTART:20040404T020000",
        "DTSTART:20050403T020000",
        "DTSTART:20060402T020000",
        "DTSTART:20070311T020000",
    ]
    assert york.count("RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3") == 1
    assert york.count("RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11") == 1


def test_a_zone_without_changes_has_one_part_and_a_name_may_be_given():
    assert lines("Asia/Kolkata", date(2026, 1, 1), date(2026, 1, 1)).count("BEGIN:STANDARD") == 1
    named = vtimezone.build("Asia/Kolkata", date(2026, 1, 1), date(2026, 1, 1), "India").to_ical().decode()
    assert "TZID:India" in named


# Times of day


def test_times_of_day_share_the_ends_of_a_rule(references):
    start = datetime(2026, 1, 5, 12)
    for ending in ("COUNT=7", "UNTIL=20260108T083000Z", "UNTIL=20260108T083000", "COUNT=1"):
        rule = f"FREQ=DAILY;BYHOUR=8,12,20;{ending}"
        found = from_rrule(rule, start=start, zone="UTC")
        given = references.series_starts([(one.start, one.recurrence) for one in found.series], date(2030, 1, 1))
        assert given == references.rule_starts(rule, start, "UTC", date(2030, 1, 1)), rule


def test_set_positions_count_days_times_clocks(references):
    start = datetime(2026, 1, 5, 8)
    for positions in ("1", "-1", "2,5", "-4,3", "6,-6"):
        rule = f"FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=8,12,20;BYSETPOS={positions}"
        found = from_rrule(rule, start=start, zone="UTC")
        given = references.series_starts([(one.start, one.recurrence) for one in found.series], date(2027, 1, 1))
        assert given == references.rule_starts(rule, start, "UTC", date(2027, 1, 1)), rule


EXPANDED = [
    "FREQ=DAILY;BYMONTH=1,2,12",
    "FREQ=DAILY;BYMONTHDAY=1,29,-1,-31",
    "FREQ=DAILY;INTERVAL=5;BYDAY=MO,SU;BYMONTH=3",
    "FREQ=WEEKLY;BYMONTH=2,3;BYDAY=SA,SU",
    "FREQ=MONTHLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYMONTHDAY=1,31,-30,-1",
    "FREQ=MONTHLY;BYMONTH=1,2;BYMONTHDAY=1,-1",
    "FREQ=MONTHLY;INTERVAL=5;BYDAY=1MO,-1SU,5WE,-5TH",
    "FREQ=MONTHLY;BYMONTH=2;BYDAY=TU",
    "FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=1,2,3,-3",
    "FREQ=MONTHLY;BYDAY=MO,SU;BYSETPOS=1,-1,3",
    "FREQ=YEARLY;INTERVAL=3;BYMONTH=1,2",
    "FREQ=YEARLY;BYMONTH=1,2,12;BYDAY=1MO,-1SU",
    "FREQ=YEARLY;BYMONTH=2,12;BYDAY=SU",
    "FREQ=YEARLY;BYMONTH=1,2;BYMONTHDAY=1,-1,29",
    "FREQ=YEARLY;BYMONTH=1;BYDAY=FR;BYMONTHDAY=1,2,13",
    "FREQ=YEARLY;BYDAY=1MO,53MO,-1SU,-53FR,20WE",
    "FREQ=YEARLY;BYYEARDAY=1,60,366,-1,-366",
    "FREQ=YEARLY;BYMONTH=1,3;BYYEARDAY=1,31,60,61",
    "FREQ=YEARLY;BYYEARDAY=1,60,100;BYDAY=MO,TU,WE",
    "FREQ=YEARLY;BYMONTHDAY=1,15;BYSETPOS=1,-1",
    "FREQ=YEARLY;BYWEEKNO=2,20,51,-2;BYDAY=MO,SU",
    "FREQ=YEARLY;BYWEEKNO=10;BYMONTH=3;BYDAY=WE",
]


@pytest.mark.parametrize("rule", EXPANDED)
@pytest.mark.parametrize("start", [date(1996, 1, 1), date(1999, 12, 31)], ids=str)
def test_every_part_is_expanded_as_dateutil_does(rule, start, references):
    # Thirty years hold every kind of year: 2024 is a leap year that begins on a Monday.
    found, _ = strands(parse(rule), start, "UTC")
    given = [date.fromordinal(day) for strand in found for day in strand.days.ordinals(through_year=2029)]
    wanted = references.rule_starts(f"{rule};UNTIL=20291231", start, "UTC", date(2029, 12, 31))
    assert given == [moment.date() for moment in wanted]


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("FREQ=SECONDLY;INTERVAL=13;BYSECOND=10,11;COUNT=100", datetime(2026, 1, 5, 9, 40, 40)),
        ("FREQ=MINUTELY;INTERVAL=7;BYYEARDAY=-1;COUNT=9", datetime(2028, 12, 30, 9, 40, 40)),
        (
            "FREQ=HOURLY;INTERVAL=7;BYMINUTE=0,10,20,30,45;BYSECOND=0,5,10,15,20,25;COUNT=99",
            datetime(2026, 1, 5, 9, 40, 40),
        ),
        ("FREQ=MINUTELY;INTERVAL=7;COUNT=99", datetime(2026, 1, 5, 9, 40, 40)),
    ],
)
def test_listed_times_begin_within_their_hour_and_minute(rule, start, references):
    found = from_rrule(rule, start=start, zone="UTC")
    limit = date(2030, 1, 1)
    given = references.series_starts([(one.start, one.recurrence) for one in found.series], limit)
    assert given == references.rule_starts(rule, start, "UTC", limit)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY;INTERVAL=5;COUNT=40",
        "FREQ=HOURLY;INTERVAL=50",
        "FREQ=HOURLY;INTERVAL=12;BYDAY=MO,TU",
        "FREQ=HOURLY;BYHOUR=9,17;BYMINUTE=0,45",
        "FREQ=MINUTELY;INTERVAL=480",
        "FREQ=MINUTELY;INTERVAL=95;COUNT=30",
        "FREQ=MINUTELY;BYHOUR=9;BYMINUTE=7,8",
        "FREQ=SECONDLY;INTERVAL=7201;COUNT=60",
        "FREQ=SECONDLY;INTERVAL=86400",
        "FREQ=SECONDLY;COUNT=250",
        "FREQ=SECONDLY;INTERVAL=7;BYHOUR=17;BYMINUTE=30;BYSECOND=0,1,2,3;COUNT=9",
        "FREQ=MINUTELY;INTERVAL=7;COUNT=200",
        "FREQ=MINUTELY;COUNT=70",
        "FREQ=MINUTELY;INTERVAL=7;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19;COUNT=50",
        "FREQ=MINUTELY;INTERVAL=7;BYDAY=SA;BYHOUR=9,10;BYSECOND=0,30;UNTIL=20260120T000000Z",
        "FREQ=MINUTELY;INTERVAL=7;BYMONTH=12;BYMONTHDAY=-1;BYMINUTE=5;COUNT=10",
        "FREQ=MINUTELY;INTERVAL=7;BYYEARDAY=-1,40;COUNT=20",
        "FREQ=MINUTELY;INTERVAL=7;BYMONTHDAY=-1;BYHOUR=3;COUNT=20",
        "FREQ=MINUTELY;INTERVAL=7;BYMONTHDAY=9,-9;BYHOUR=3;COUNT=20",
        "FREQ=SECONDLY;INTERVAL=13;BYHOUR=0,23;BYSECOND=10,11;COUNT=100",
        "FREQ=MINUTELY;INTERVAL=7;UNTIL=20260105",
        "FREQ=MINUTELY;INTERVAL=7;UNTIL=20260105T120000",
        "FREQ=HOURLY;INTERVAL=7;BYMINUTE=0,10,20,30,40;BYSECOND=0,5,10,15,20,25,30;COUNT=100",
        "FREQ=HOURLY;COUNT=24",
        "FREQ=HOURLY;UNTIL=20260107T000000Z",
        "FREQ=HOURLY;INTERVAL=24;BYMONTH=3;COUNT=40",
        "FREQ=HOURLY;INTERVAL=24;BYYEARDAY=60;COUNT=4",
    ],
)
def test_hours_minutes_and_seconds_are_stepped(rule, references):
    start = datetime(2026, 1, 5, 9, 7, 3)
    found = from_rrule(rule, start=start, zone="UTC")
    limit = date(2027, 1, 1)
    given = references.series_starts([(one.start, one.recurrence) for one in found.series], limit)
    assert given == references.rule_starts(rule, start, "UTC", limit)


@pytest.mark.parametrize(
    "rule",
    [
        f"FREQ=YEARLY;BYWEEKNO={week};BYDAY={days};WKST={first};COUNT=12"
        for first, early, late in (("MO", "MO,TH", "TH,SU"), ("SU", "SU,WE", "WE,SA"))
        for week, days in ((1, early), (1, late), (20, early), (52, early), (53, early), (-1, late), (-53, late))
    ],
)
def test_week_numbers_are_counted_as_dateutil_counts_them(rule, references):
    start = datetime(2020, 1, 1, 9)
    found = from_rrule(rule, start=start, zone="UTC")
    limit = date(2099, 1, 1)
    given = references.series_starts([(one.start, one.recurrence) for one in found.series], limit)
    assert given == references.rule_starts(rule, start, "UTC", limit)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU;COUNT=3",
        "FREQ=YEARLY;BYWEEKNO=52;BYDAY=FR;COUNT=3",
        "FREQ=YEARLY;BYWEEKNO=-53;BYDAY=WE;COUNT=3",
        "FREQ=YEARLY;BYWEEKNO=-52;BYDAY=MO;COUNT=3",
        "FREQ=YEARLY;BYWEEKNO=1;BYMONTHDAY=1;COUNT=3",
        "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,TU;BYSETPOS=1;COUNT=3",
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO;COUNT=3",
    ],
)
def test_weeks_that_programs_count_differently_are_refused(rule):
    with pytest.raises(Unsupported) as caught:
        from_rrule(rule, start=datetime(2020, 1, 1, 9), zone="UTC")
    assert caught.value.part == "BYWEEKNO"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;INTERVAL=2;BYMONTH=3,4;BYDAY=MO,WE,FR;BYSETPOS=-1;COUNT=20",
        "FREQ=WEEKLY;BYMONTH=1,12;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=1,-1;COUNT=90",
        "FREQ=WEEKLY;BYMONTH=1;BYDAY=MO,FR,SU;BYSETPOS=2;WKST=SU;COUNT=40",
    ],
)
def test_the_weeks_of_a_rule_with_months_and_positions(rule, references):
    start = datetime(2026, 3, 2, 9)
    found = from_rrule(rule, start=start, zone="UTC")
    limit = date(2040, 1, 1)
    given = references.series_starts([(one.start, one.recurrence) for one in found.series], limit)
    assert given == references.rule_starts(rule, start, "UTC", limit)


def test_until_in_utc_is_compared_as_an_instant_on_the_day_of_a_change():
    # 00:30Z on 25 October is 02:30 in Warsaw for the first time, 01:30Z for the second.
    for clock, last in (("002959", "2026-10-24"), ("003000", "2026-10-25"), ("013000", "2026-10-25")):
        found = from_rrule(
            f"FREQ=DAILY;UNTIL=20261025T{clock}Z", start=datetime(2026, 10, 20, 2, 30), zone="Europe/Warsaw"
        )
        assert found.series[0].recurrence["range"]["endDate"] == last


def test_weeks_at_the_end_of_time_are_no_trouble():
    rule = "FREQ=WEEKLY;BYMONTH=1,12;BYDAY=MO,SU;BYSETPOS=1"
    (strand,), _ = strands(parse(rule), datetime(2026, 1, 5, 9), "UTC")
    assert date(9999, 12, 27).toordinal() in set(strand.days.ordinals(date(9999, 12, 1).toordinal()))
    with pytest.raises(Unsupported, match="more than 250"):
        from_rrule(rule + ";UNTIL=99991231T235959Z", start=datetime(2026, 1, 5, 9), zone="UTC")


def test_until_in_the_last_year_is_no_trouble():
    found = from_rrule("FREQ=DAILY;UNTIL=99991231T235959Z", start=datetime(2026, 1, 5, 9), zone="Pacific/Kiritimati")
    assert found.series[0].recurrence["range"]["endDate"] == "9999-12-31"


def test_hours_that_meet_a_change_of_the_clock_are_refused_to_the_last_day():
    rule, zone = "FREQ=HOURLY;INTERVAL=2;UNTIL={}", "Europe/Warsaw"
    before = from_rrule(rule.format("20260328T200000Z"), start=datetime(2026, 3, 28, 12), zone=zone)
    assert len(before.series) == 5
    for start in (datetime(2026, 3, 29), datetime(2026, 3, 22), datetime(2026, 3, 27)):
        with pytest.raises(Unsupported, match="2026-03-29"):
            from_rrule(rule.format("20260329T100000Z"), start=start, zone=zone)


def test_hours_that_a_change_neither_skips_nor_repeats_may_be_met():
    for hour, fits in ((1, True), (2, False), (3, True)):
        rule, start = f"FREQ=HOURLY;BYHOUR={hour}", datetime(2026, 1, 5, hour)
        if fits:
            assert len(from_rrule(rule, start=start, zone="Europe/Warsaw").series) == 1
        else:
            with pytest.raises(Unsupported):
                from_rrule(rule, start=start, zone="Europe/Warsaw")


def test_day_codes_are_in_the_order_of_weekdays():
    assert DAY_CODES[datetime(2026, 1, 5, tzinfo=UTC).weekday()] == "MO"
    assert timedelta(days=1) * 7 == timedelta(weeks=1)
