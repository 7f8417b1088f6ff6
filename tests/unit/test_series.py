"""A series looked at before it is scheduled: next dates, changes of the clocks here and elsewhere, clashes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from addin.model import Engagement, Occurrence, Timing
from addin.series import SeriesDate, next_dates, windows, with_clashes

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def weekly(start: datetime = datetime(2027, 3, 1, 10), zone: str = "Europe/Warsaw", **range_: Any) -> Timing:
    day = start.strftime("%A").lower()
    recurrence = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [day], "firstDayOfWeek": "monday"},
        "range": {"type": "noEnd", "startDate": start.date().isoformat()} | range_,
    }
    return Timing(start, start + HOUR, zone, recurrence=recurrence)


def starts(dates: tuple[SeriesDate, ...]) -> list[str]:
    return [day.start.strftime("%m-%d %H:%M%z") for day in dates]


def test_the_next_dates_follow_the_present_on_the_wall_clock_of_the_series() -> None:
    dates, more = next_dates(weekly(), after=NOW, how_many=4)
    assert starts(dates) == ["03-08 10:00+0100", "03-15 10:00+0100", "03-22 10:00+0100", "03-29 10:00+0200"]
    assert more
    assert [day.offset_changed for day in dates] == [False, False, False, True]
    assert all(day.end - day.start == HOUR for day in dates)


def test_a_running_date_still_counts_and_an_ended_series_has_no_more() -> None:
    timing = weekly(type="numbered", numberOfOccurrences=2)
    dates, more = next_dates(timing, after=datetime(2027, 3, 1, 9, 30, tzinfo=UTC), how_many=4)
    assert starts(dates) == ["03-01 10:00+0100", "03-08 10:00+0100"]
    assert not more
    assert next_dates(timing, after=datetime(2027, 4, 1, tzinfo=UTC), how_many=4) == ((), False)


def test_exactly_as_many_as_there_are_is_no_more() -> None:
    assert not next_dates(weekly(type="numbered", numberOfOccurrences=3), after=NOW, how_many=2)[1]


def test_people_elsewhere_see_another_time_in_the_weeks_between_two_changes_of_the_clocks() -> None:
    """America turns its clocks on 14 March 2027, Europe on the 28th."""
    dates, _ = next_dates(weekly(), after=NOW, how_many=4, zones=("America/Toronto", "Europe/Paris", "Europe/Warsaw"))
    told = {day.start.day: [one.strftime("%H:%M") for one in day.elsewhere] for day in dates}
    assert told == {8: [], 15: ["05:00"], 22: [], 29: ["04:00"]}


def test_moved_and_cancelled_dates_are_told_as_they_stand() -> None:
    original = datetime(2027, 3, 15, 9, tzinfo=UTC)
    moved = Occurrence(original, original + timedelta(days=1, hours=4), original + timedelta(days=1, hours=6))
    dates, _ = next_dates(
        weekly(), after=NOW, how_many=3, zones=("America/Toronto",), moved=[moved], cancelled=["2027-03-22"]
    )
    assert starts(dates) == ["03-08 10:00+0100", "03-16 14:00+0100", "03-29 10:00+0200"]
    assert dates[1].end - dates[1].start == 2 * HOUR
    assert dates[1].elsewhere == (), "a moved date is at another time anyway"


def test_whole_days_have_no_clock() -> None:
    start = datetime(2027, 3, 27)
    timing = Timing(
        start, start + timedelta(days=1), "Europe/Warsaw", all_day=True,
        recurrence={"pattern": {"type": "daily", "interval": 1}, "range": {"type": "noEnd", "startDate": "2027-03-27"}},
    )  # fmt: skip
    dates, _ = next_dates(timing, after=NOW, how_many=3, zones=("America/Toronto",))
    assert [day.end.strftime("%d %H:%M") for day in dates] == ["28 00:00", "29 00:00", "30 00:00"]
    assert not any(day.offset_changed or day.elsewhere for day in dates)


def test_clashes_are_what_stands_at_the_same_time_but_not_the_series_itself() -> None:
    dates, _ = next_dates(weekly(), after=NOW, how_many=2)
    first = dates[0].start.astimezone(UTC)
    busy = [
        Engagement(first - HOUR, first, "Just before", "a"),
        Engagement(first + HOUR, first + 2 * HOUR, "Just after", "b"),
        Engagement(first + HOUR / 2, first + HOUR, "Meanwhile", "c"),
        Engagement(first, first + HOUR, "The series", "d", "own"),
        Engagement(first, first + HOUR, "Meanwhile", "e"),
    ]
    assert [day.clashes for day in dates] == [None, None], "nobody looked yet"
    assert [day.clashes for day in with_clashes(dates, busy, own="own")] == [("Meanwhile",), ()]
    assert with_clashes(dates, busy)[0].clashes == ("Meanwhile", "The series")


def test_close_dates_are_looked_at_at_once_and_far_ones_one_by_one() -> None:
    dates, _ = next_dates(weekly(), after=NOW, how_many=3)
    assert windows(dates, timedelta(days=92)) == ((dates[0].start, dates[2].end),)
    assert windows(dates, timedelta(days=10)) == tuple((day.start, day.end) for day in dates)
    assert windows((), timedelta(days=10)) == ()
