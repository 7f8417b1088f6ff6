"""The compose window's state and Graph's event say the same appointment, in both directions."""

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.outlook.appointment import changed_only, to_event, to_ews, to_state
from sandbox.outlook.offsets import offset_ranges
from sandbox.outlook.recurrence import from_graph, to_graph
from sandbox.people import ADD_IN_ID

CET = "Central European Standard Time"
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def state(**changes: Any) -> dict[str, Any]:
    return {
        "id": None, "seriesId": None, "subject": "Review", "location": "Desk",
        "locations": [{"id": "Desk", "type": "custom", "displayName": "Desk"}],
        "required": [{"address": "paris@contoso.example", "name": "Colleague in Paris"}], "optional": [],
        "start": milliseconds("2027-03-29T08:00:00"), "end": milliseconds("2027-03-29T09:00:00"), "zone": CET,
        "isAllDay": False, "recurrence": None, "sensitivity": "normal", "categories": [], "body": "<p>x</p>",
        "bodyType": "html", **changes,
    }  # fmt: skip


def graph_event(**changes: Any) -> dict[str, Any]:
    return {
        "id": "AAMk-_x", "seriesMasterId": None, "type": "singleInstance", "isOrganizer": True, "isCancelled": False,
        "isDraft": False, "subject": "Review", "locations": [{"displayName": "Desk", "locationType": "default"}],
        "attendees": [{
            "type": "required", "status": {"response": "accepted"},
            "emailAddress": {"address": "paris@contoso.example", "name": "Colleague in Paris"},
        }],
        "organizer": {"emailAddress": {"address": "organiser@contoso.example", "name": "Organiser"}},
        "start": {"dateTime": "2027-03-29T10:00:00.0000000", "timeZone": CET},
        "end": {"dateTime": "2027-03-29T11:00:00.0000000", "timeZone": CET}, "originalStartTimeZone": CET,
        "isAllDay": False, "sensitivity": "normal", "categories": [], "showAs": "busy",
        "responseStatus": {"response": "organizer"}, "body": {"contentType": "html", "content": "<p>x</p>"},
        "createdDateTime": "2027-01-04T09:00:00Z", "lastModifiedDateTime": "2027-01-04T09:00:01Z",
        "recurrence": None, "customProperties": {ADD_IN_ID: {"meeting": "m-1"}}, **changes,
    }  # fmt: skip


def test_times_are_written_as_the_zones_wall_clock() -> None:
    event = to_event(state())
    assert event["start"] == {"dateTime": "2027-03-29T10:00:00", "timeZone": CET}
    assert event["recurrence"] is None


def test_an_event_becomes_the_state_that_it_came_from() -> None:
    found = to_state(graph_event(), "Pacific Standard Time")
    assert found["id"] == to_ews("AAMk-_x") == "AAMk/+x"
    assert found["zone"] == CET
    assert found["start"] == state()["start"]
    assert found["required"] == [{"address": "paris@contoso.example", "name": "Colleague in Paris", "response": 3}]
    assert found["customProperties"] == {"meeting": "m-1"}
    assert changed_only(found, {**state(), "id": "x"}) == {}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"subject": "Other"}, {"subject"}),
        ({"start": milliseconds("2027-03-29T08:30:00")}, {"start"}),
        ({"body": "<p>y</p>"}, {"body"}),
        ({"body": None}, set()),
        ({"required": []}, {"attendees"}),
        ({"categories": ["Blue"]}, {"categories"}),
    ],
)
def test_only_what_changed_is_written(change: dict[str, Any], names: set[str]) -> None:
    before = to_state(graph_event(), CET)
    assert set(changed_only(before, {**state(), **change})) == names


def test_a_room_is_a_place_and_an_attendee() -> None:
    place = {"id": "room-aurora@contoso.example", "type": "room", "displayName": "Room Aurora"}
    event = to_event(state(locations=[place]))
    assert event["locations"][0]["locationEmailAddress"] == "room-aurora@contoso.example"
    assert [one["type"] for one in event["attendees"]] == ["required", "resource"]
    assert to_state(graph_event(locations=event["locations"]), CET)["locations"] == [place]


def test_an_occurrence_says_nothing_of_the_series() -> None:
    assert "recurrence" not in to_event(state(seriesId="AAMk"))


def test_an_all_day_event_stays_at_midnight_of_its_zone() -> None:
    begin, finish = milliseconds("2027-03-27T23:00:00"), milliseconds("2027-03-28T22:00:00")
    event = to_event(state(start=begin, end=finish, isAllDay=True))
    assert event["start"]["dateTime"] == "2027-03-28T00:00:00"
    assert event["end"]["dateTime"] == "2027-03-29T00:00:00", "the day on which the clocks change has 23 hours"


def test_a_numbered_series_ends_on_its_last_date() -> None:
    pattern = {"type": "weekly", "interval": 2, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday", "index": "first"}
    limits = {"type": "numbered", "numberOfOccurrences": 3, "startDate": "2027-03-29", "recurrenceTimeZone": CET}
    found = from_graph({"pattern": pattern, "range": limits}, 600, 60)
    series = found["seriesTimeJson"]
    assert (series["endYear"], series["endMonth"], series["endDay"]) == (2027, 4, 26)


def properties_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    interval = st.fixed_dictionaries({"interval": st.integers(1, 20)})
    by_date = st.fixed_dictionaries({"dayOfMonth": st.integers(1, 31)})
    by_week = st.fixed_dictionaries(
        {
            "dayOfWeek": st.sampled_from([*DAYS, "day", "weekday", "weekendDay"]),
            "weekNumber": st.sampled_from(["first", "second", "third", "fourth", "last"]),
        }
    )
    month = st.fixed_dictionaries({"month": st.sampled_from(MONTHS)})
    parts = {
        "daily": [interval],
        "weekly": [
            interval.filter(lambda found: found["interval"] > 1),
            st.fixed_dictionaries(
                {
                    "days": st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
                    "firstDayOfWeek": st.sampled_from(DAYS),
                }
            ),
        ],
        "monthly": [interval, by_date | by_week],
        "yearly": [interval, month, by_date | by_week],
    }[kind]
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


@st.composite
def series(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["daily", "weekly", "monthly", "yearly"]))
    time: dict[str, Any] = {"startYear": 2027, "startMonth": 3, "startDay": 29, "startTimeMin": 600, "durationMin": 60}
    if draw(st.booleans()):
        time |= {"endYear": 2030, "endMonth": 12, "endDay": 31}
    else:
        time["noEndDate"] = True
    return {
        "recurrenceType": kind,
        "recurrenceProperties": draw(properties_of(kind)),
        "recurrenceTimeZone": {"name": CET},
        "seriesTimeJson": time,
    }


@given(series())
def test_a_series_survives_the_way_to_graph_and_back(recurrence: dict[str, Any]) -> None:
    there = to_graph(recurrence, date(2027, 3, 29), CET)
    assert from_graph(there, 600, 60) == recurrence


def test_every_weekday_is_a_pattern_of_its_own() -> None:
    recurrence = {
        "recurrenceType": "weekday", "recurrenceProperties": {}, "recurrenceTimeZone": {"name": CET},
        "seriesTimeJson": {"startYear": 2027, "startMonth": 3, "startDay": 29, "startTimeMin": 0, "durationMin": 30},
    }  # fmt: skip
    there = to_graph(recurrence, date(2027, 3, 29), CET)
    assert len(there["pattern"]["daysOfWeek"]) == 5
    assert from_graph(there, 0, 30)["recurrenceType"] == "weekday"


def test_an_unknown_series_is_refused() -> None:
    with pytest.raises(ValueError, match="hourly"):
        to_graph({"recurrenceType": "hourly", "seriesTimeJson": {}}, date(2027, 3, 29), CET)


@pytest.mark.parametrize(
    "zone", [CET, "Pacific Standard Time", "India Standard Time", "Lord Howe Standard Time", "UTC"]
)
def test_offset_ranges_follow_each_other_and_name_each_change(zone: str) -> None:
    from sandbox.graph.zones import find_zone

    found = offset_ranges(zone, datetime(2027, 5, 1, tzinfo=UTC))
    assert all(one["end"] == other["start"] for one, other in pairwise(found))
    rules = find_zone(zone)
    for one in found:
        for at in (int(one["start"]), int(one["end"]) - 1000):
            offset = datetime.fromtimestamp(at / 1000, UTC).astimezone(rules).utcoffset()
            assert offset is not None
            assert offset.total_seconds() / 60 == int(one["offset"]), f"{zone} at {at}"
