"""Exceptions of a series: Graph's names for them, iCalendar's, and added dates."""

from datetime import UTC, date, datetime

import pytest

from addin.errors import InvalidInput, Unsupported
from addin.recurrence import Exceptions, from_rrule

WARSAW = "Europe/Warsaw"
START = datetime(2026, 3, 2, 9)


def test_graph_names_become_local_originals():
    found = Exceptions.from_graph(
        ["OID.AAMkADk=.2026-03-30", "2026-03-09"],
        [(datetime(2026, 3, 30, 7, tzinfo=UTC), datetime(2026, 3, 31, 8, tzinfo=UTC))],
        start=START,
        zone=WARSAW,
    )
    assert found.cancelled == (datetime(2026, 3, 9, 9), datetime(2026, 3, 30, 9))
    assert found.moved == {datetime(2026, 3, 30, 9): datetime(2026, 3, 31, 10)}
    assert found.cancelled_dates() == ("2026-03-09", "2026-03-30")
    assert found.original_instants(WARSAW) == (datetime(2026, 3, 30, 7, tzinfo=UTC),)


def test_they_are_written_as_icalendar_wants_and_read_back():
    found = Exceptions.from_graph(
        ["2026-03-09"],
        [(datetime(2026, 3, 16, 8, tzinfo=UTC), datetime(2026, 3, 17, 8, tzinfo=UTC))],
        start=START,
        zone=WARSAW,
    )
    assert found.exdates(WARSAW) == ("20260309T090000",)
    assert found.recurrence_ids(WARSAW) == (("20260316T090000", "20260317T090000"),)
    again = Exceptions.from_icalendar(
        found.exdates(WARSAW), dict(found.recurrence_ids(WARSAW)), start=START, zone=WARSAW
    )
    assert again == found


def test_in_utc_the_texts_carry_a_z():
    found = Exceptions.from_graph(["2026-03-09"], [], start=START, zone="UTC")
    assert found.exdates("UTC") == ("20260309T090000Z",)
    assert Exceptions.from_icalendar(["20260309T080000Z"], {}, start=START, zone=WARSAW).cancelled == (
        datetime(2026, 3, 9, 9),
    )


def test_all_day_exceptions_are_dates_in_every_zone():
    midnight = datetime(2026, 3, 9, tzinfo=UTC)
    for zone in (WARSAW, "America/New_York"):
        found = Exceptions.from_graph(
            ["OID.x.2026-03-16"], [(midnight, midnight.replace(day=10))], start=date(2026, 3, 2), zone=zone
        )
        assert found.cancelled == (date(2026, 3, 16),)
        assert found.moved == {date(2026, 3, 9): date(2026, 3, 10)}
        assert found.original_instants(zone) == (midnight,)
        assert found.exdates(zone) == ("20260316",)


def test_all_day_exceptions_told_at_local_midnight_are_the_same_date():
    local = datetime(2026, 3, 9, 5, tzinfo=UTC)
    found = Exceptions.from_graph([], [(local, local)], start=date(2026, 3, 2), zone="America/Chicago")
    assert found.moved == {date(2026, 3, 9): date(2026, 3, 9)}


def test_a_meeting_at_midnight_in_utc_is_no_all_day_meeting():
    midnight = datetime(2026, 3, 9, tzinfo=UTC)
    found = Exceptions.from_graph([], [(midnight, midnight)], start=datetime(2026, 3, 2, 1), zone=WARSAW)
    assert found.moved == {datetime(2026, 3, 9, 1): datetime(2026, 3, 9, 1)}


def test_what_has_no_date_or_no_zone_is_refused():
    with pytest.raises(InvalidInput, match="cancelledOccurrences"):
        Exceptions.from_graph(["OID.only"], [], start=START, zone=WARSAW)
    with pytest.raises(InvalidInput, match="originalStart"):
        Exceptions.from_graph([], [(datetime(2026, 3, 9), datetime(2026, 3, 9))], start=START, zone=WARSAW)
    with pytest.raises(InvalidInput, match="EXDATE"):
        Exceptions.from_icalendar(["20260309"], {}, start=START, zone=WARSAW)


def test_added_dates_become_single_events():
    found = from_rrule(
        "FREQ=DAILY;COUNT=3",
        start=START,
        zone=WARSAW,
        exdates=["2026-03-20T09:00:00", date(2026, 3, 22)],
        rdates=[
            "20260310T150000",
            datetime(2026, 3, 8, 9, tzinfo=UTC),
            "2026-03-03T09:00:00",
            "2026-03-03T10:00:00",
            "2026-03-20T09:00:00",
            "2026-03-22T11:00:00",
        ],
    )
    assert [one.start for one in found.series if one.recurrence is None] == [
        datetime(2026, 3, 3, 10),
        datetime(2026, 3, 8, 10),
        datetime(2026, 3, 10, 15),
    ]
    assert len(found.series) == 4


def test_added_dates_must_be_like_the_start_and_not_too_many():
    with pytest.raises(InvalidInput, match="rdates"):
        from_rrule("FREQ=DAILY", start=START, zone="UTC", rdates=["2026-03-20"])
    with pytest.raises(InvalidInput, match="rdates"):
        from_rrule("FREQ=DAILY", start=START.date(), zone="UTC", rdates=["2026-03-20T09:00:00"])
    many = [datetime(2026, 3, 2, 10, minute, second) for minute in range(5) for second in range(51)]
    with pytest.raises(Unsupported, match="RDATE"):
        from_rrule("FREQ=DAILY", start=START, zone="UTC", rdates=many)
