"""Graph's JSON into the product's words: zones, floating days, padding, marks (Graph facts 1.1, 1.2, 1.6, 2)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.errors import InvalidInput, Unavailable
from addin.graph import KEY_PROPERTY, pane_property
from addin.graph.event_json import (
    read_cancelled,
    read_event,
    read_offset,
    read_pane_properties,
    read_recurrence,
    windows_of,
    write_change,
    write_instant,
)
from addin.model import AttendeeType, Event, EventChange

PANE = pane_property("c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01")


def at(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": f"{text}.0000000", "timeZone": zone}


def shown(**changes: Any) -> dict[str, Any]:
    """An event as Graph answers it under Prefer UTC: made in Warsaw for ten o'clock in winter."""
    return {
        "@odata.etag": 'W/"1"',
        "id": "AAMkA=",
        "iCalUId": "040000",
        "subject": "Planning",
        "start": at("2026-12-01T09:00:00"),
        "end": at("2026-12-01T10:00:00"),
        "originalStartTimeZone": "Central European Standard Time",
        "isAllDay": False,
        "type": "singleInstance",
        "body": {"contentType": "html", "content": "<p>x</p>"},
        "organizer": {"emailAddress": {"name": "Organiser", "address": "Organiser@Contoso.example"}},
        "attendees": [],
        "recurrence": None,
        **changes,
    }


def read(**changes: Any) -> Event:
    return read_event(shown(**changes), key_property=KEY_PROPERTY, pane_property=PANE)


def weekly(**span: Any) -> dict[str, Any]:
    return {
        "pattern": {"type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": ["tuesday"],
                    "firstDayOfWeek": "monday", "index": "first"},
        "range": {"type": "noEnd", "startDate": "2026-12-01", "endDate": "0001-01-01", "numberOfOccurrences": 0,
                  "recurrenceTimeZone": "Romance Standard Time", **span},
    }  # fmt: skip


def test_times_are_wall_clock_in_the_zone_the_event_was_made_in() -> None:
    timing = read().timing
    assert (timing.start, timing.end) == (datetime(2026, 12, 1, 10), datetime(2026, 12, 1, 11))
    assert (timing.zone, timing.zone_name) == ("Europe/Warsaw", "Central European Standard Time")
    assert timing.start_instant == datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_a_series_is_told_in_the_zone_of_its_pattern_not_of_its_making() -> None:
    timing = read(type="seriesMaster", recurrence=weekly()).timing
    assert (timing.zone, timing.zone_name) == ("Europe/Paris", "Romance Standard Time")


def test_an_answer_in_another_zone_than_asked_for_is_read_in_the_zone_it_names() -> None:
    timing = read(
        start=at("2026-12-01T10:00:00", "Europe/Warsaw"), end=at("2026-12-01T11:00:00", "Europe/Warsaw")
    ).timing
    assert timing.start == datetime(2026, 12, 1, 10)


def test_pacific_time_is_not_eight_hours_off() -> None:
    timing = read(
        start=at("2026-12-01T18:00:00"), end=at("2026-12-01T19:00:00"), originalStartTimeZone="Pacific Standard Time"
    ).timing
    assert (timing.start, timing.zone) == (datetime(2026, 12, 1, 10), "America/Los_Angeles")


def test_the_second_half_past_two_of_the_night_stays_the_second() -> None:
    timing = read(start=at("2026-10-25T01:30:00"), end=at("2026-10-25T02:30:00")).timing
    assert timing.start.replace(fold=0) == datetime(2026, 10, 25, 2, 30)
    assert timing.start_instant == datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "the instant is exact"


@pytest.mark.parametrize(
    ("start", "zone"),
    [
        (at("2026-12-01T00:00:00"), "Central European Standard Time"),
        (at("2026-11-30T23:00:00"), "Central European Standard Time"),
        (at("2026-12-01T05:00:00"), "Eastern Standard Time"),
        (at("2026-12-01T00:00:00", "Eastern Standard Time"), "Eastern Standard Time"),
    ],
)
def test_an_all_day_event_keeps_its_day_in_whatever_zone_it_is_told(start: dict[str, str], zone: str) -> None:
    shift = timedelta(days=1)
    end = at((datetime.fromisoformat(start["dateTime"]) + shift).strftime("%Y-%m-%dT%H:%M:%S"), start["timeZone"])
    timing = read(isAllDay=True, start=start, end=end, originalStartTimeZone=zone).timing
    assert (timing.start, timing.end) == (datetime(2026, 12, 1), datetime(2026, 12, 2))
    assert timing.all_day


def test_a_single_event_in_a_custom_zone_is_told_in_utc() -> None:
    timing = read(originalStartTimeZone="tzone://Microsoft/Custom").timing
    assert (timing.start, timing.zone) == (datetime(2026, 12, 1, 9), "UTC")


def test_a_series_in_a_custom_zone_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="tzone://Microsoft/Custom"):
        read(type="seriesMaster", recurrence=weekly(recurrenceTimeZone="tzone://Microsoft/Custom"))


@pytest.mark.parametrize(
    ("padded", "kept"),
    [
        ({"type": "weekly", "interval": 2, "month": 0, "dayOfMonth": 0, "daysOfWeek": ["monday"],
          "firstDayOfWeek": "sunday", "index": "first"},
         {"type": "weekly", "interval": 2, "daysOfWeek": ["monday"], "firstDayOfWeek": "sunday"}),
        ({"type": "daily", "interval": 1, "month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first"},
         {"type": "daily", "interval": 1}),
        ({"type": "absoluteMonthly", "interval": 1, "month": 0, "dayOfMonth": 31, "index": "first"},
         {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}),
        ({"type": "relativeYearly", "interval": 1, "month": 11, "dayOfMonth": 0, "daysOfWeek": ["thursday"],
          "index": "fourth"},
         {"type": "relativeYearly", "interval": 1, "daysOfWeek": ["thursday"], "index": "fourth", "month": 11}),
    ],
)  # fmt: skip
def test_padding_of_patterns_is_taken_off(padded: dict[str, Any], kept: dict[str, Any]) -> None:
    span = weekly()["range"]
    found = read_recurrence({"pattern": padded, "range": span})
    assert found is not None
    assert found["pattern"] == kept


@pytest.mark.parametrize(
    ("span", "kept"),
    [
        ({"type": "noEnd"}, {"type": "noEnd"}),
        ({"type": "numbered", "numberOfOccurrences": 7}, {"type": "numbered", "numberOfOccurrences": 7}),
        ({"type": "endDate", "endDate": "2027-01-05"}, {"type": "endDate", "endDate": "2027-01-05"}),
    ],
)
def test_the_year_one_never_comes_back_out_of_a_range(span: dict[str, Any], kept: dict[str, Any]) -> None:
    found = read_recurrence(weekly(**span))
    assert found is not None
    assert found["range"] == {**kept, "startDate": "2026-12-01", "recurrenceTimeZone": "Romance Standard Time"}


def test_people_are_told_once_in_lower_case_with_their_answer() -> None:
    people = read(
        attendees=[
            {"type": "required", "emailAddress": {"address": "Paris@Contoso.example", "name": "Paris"},
             "status": {"response": "declined"}},
            {"type": "optional", "emailAddress": {"address": "paris@contoso.example", "name": "again"}},
            {"type": "resource", "emailAddress": {"address": "room@contoso.example", "name": "Room"}},
            {"type": "panelist", "emailAddress": {"address": "new@contoso.example"}},
            {"type": "required", "emailAddress": {"name": "a list without address"}},
        ]
    ).participants  # fmt: skip
    assert [(each.address, each.attendee_type, each.declined) for each in people] == [
        ("paris@contoso.example", AttendeeType.REQUIRED, True),
        ("room@contoso.example", AttendeeType.RESOURCE, False),
        ("new@contoso.example", AttendeeType.REQUIRED, False),
    ]


def test_our_key_is_found_whatever_case_the_guid_is_in_but_only_under_its_exact_name() -> None:
    mine = {"id": KEY_PROPERTY.replace("e005aaf9", "E005AAF9"), "value": "k-1"}
    other = {"id": KEY_PROPERTY.replace("ClickMeetingKey", "clickmeetingkey"), "value": "k-2"}
    assert read(singleValueExtendedProperties=[other, mine]).key == "k-1"
    assert read(singleValueExtendedProperties=[other]).key is None
    assert read().key is None


def test_what_the_pane_wrote_is_read_from_its_json() -> None:
    value = json.dumps({"clickmeeting": "m-1", "count": 2})
    event = read(singleValueExtendedProperties=[{"id": PANE, "value": value}])
    assert event.pane_properties == {"clickmeeting": "m-1", "count": "2"}


@given(st.text())
def test_whatever_stands_in_the_panes_property_reading_does_not_fail(value: str) -> None:
    assert isinstance(read_pane_properties(value), dict)


def test_exceptions_and_cancelled_dates_of_a_series() -> None:
    event = read(
        type="seriesMaster",
        recurrence=weekly(),
        exceptionOccurrences=[
            {"id": "x1", "type": "exception", "originalStart": "2026-12-08T09:00:00Z", "isCancelled": False,
             "start": at("2026-12-09T13:00:00"), "end": at("2026-12-09T14:00:00")},
        ],
        cancelledOccurrences=["OID.AAMkA=.2026-12-22", "OID.AAMkA=.2026-12-15", "not a date"],
    )  # fmt: skip
    assert event.cancelled_dates == ("2026-12-15", "2026-12-22")
    (moved,) = event.exceptions
    assert moved.original_start == datetime(2026, 12, 8, 9, tzinfo=UTC)
    assert moved.start == datetime(2026, 12, 9, 13, tzinfo=UTC)
    assert moved.changed


def test_a_date_with_people_of_its_own_tells_who_joined_and_who_left() -> None:
    def person(name: str) -> dict[str, Any]:
        return {"type": "required", "emailAddress": {"address": f"{name}@contoso.example", "name": name}}

    times = {"start": at("2026-12-08T09:00:00"), "end": at("2026-12-08T10:00:00")}
    event = read(
        type="seriesMaster",
        recurrence=weekly(),
        attendees=[person("paris"), person("warsaw")],
        exceptionOccurrences=[
            {"id": "x1", "type": "exception", "attendees": [person("paris"), person("toronto")], **times},
            {"id": "x2", "type": "exception", **times},
        ],
    )
    told, silent = event.exceptions
    assert [one.address for one in told.joined] == ["toronto@contoso.example"]
    assert told.left == ("warsaw@contoso.example",)
    assert (silent.joined, silent.left) == ((), ()), "no list is no other list"


def test_cancelled_dates_may_be_missing() -> None:
    assert read_cancelled(None) == ()


@pytest.mark.parametrize(
    "broken",
    [{"start": None}, {"start": at("2026-12-01T09:00:00+01:00")}, {"id": None, "attendees": ["x"]}, {"organizer": "x"}],
)
def test_an_answer_that_is_no_event_is_an_outage_not_a_crash(broken: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        read(**broken)


def test_a_change_holds_only_what_is_different() -> None:
    event = read(location={"displayName": "Room 1"}, singleValueExtendedProperties=[{"id": KEY_PROPERTY, "value": "k"}])
    same = EventChange(body="<p>x</p>", location="Room 1", key="k")
    assert write_change(event, same, key_property=KEY_PROPERTY) == {}, "each PATCH of a body mails everybody"
    assert write_change(event, EventChange(key="k2"), key_property=KEY_PROPERTY) == {
        "singleValueExtendedProperties": [{"id": KEY_PROPERTY, "value": "k2"}]
    }
    assert write_change(event, EventChange(body="y", body_type="text", location=""), key_property=KEY_PROPERTY) == {
        "body": {"contentType": "text", "content": "y"},
        "location": {"displayName": ""},
    }


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2095, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
ZONES = st.sampled_from(["Europe/Warsaw", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])


@given(INSTANTS, ZONES)
def test_the_instant_survives_whatever_the_zone(moment: datetime, zone: str) -> None:
    begin, end = (
        at(moment.strftime("%Y-%m-%dT%H:%M:%S")),
        at((moment + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")),
    )
    timing = read(start=begin, end=end, originalStartTimeZone=zone).timing
    assert timing.start_instant == moment
    assert timing.start == moment.astimezone(ZoneInfo(timing.zone)).replace(tzinfo=None)


@given(INSTANTS)
def test_instants_written_are_read_again(moment: datetime) -> None:
    assert read_offset(write_instant(moment)) == moment


@given(INSTANTS, st.integers(0, 8000), st.integers(1, 1825))
def test_pieces_of_a_span_cover_it_without_gap_or_overlap(start: datetime, days: int, longest: int) -> None:
    end = start + timedelta(days=days)
    pieces = windows_of(start, end, timedelta(days=longest))
    assert all(late - early <= timedelta(days=longest) for early, late in pieces)
    assert [early for early, _ in pieces[1:]] == [late for _, late in pieces[:-1]]
    assert (pieces[0][0], pieces[-1][1]) == (start, end) if days else pieces == []
