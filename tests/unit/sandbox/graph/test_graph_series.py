"""Series of the Graph stand-in: expansion, exceptions, cancelled dates, views."""

from datetime import date
from typing import Any

import pytest

from sandbox.graph.pattern import dates

VIEW = "/me/calendarView?startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-04-01T00:00:00Z"


def starts(rows: list[dict[str, Any]]) -> list[str]:
    return [row["start"]["dateTime"][:16] for row in rows]


def moved(day: str) -> dict[str, Any]:
    return {
        "start": {"dateTime": f"{day}T14:00:00", "timeZone": "Europe/Warsaw"},
        "end": {"dateTime": f"{day}T15:00:00", "timeZone": "Europe/Warsaw"},
    }


def expand(pattern: dict[str, Any], start: str, count: int) -> list[str]:
    limits = {"type": "numbered", "startDate": start, "numberOfOccurrences": count}
    found = dates({"pattern": {"interval": 1, **pattern}, "range": limits}, date(2200, 1, 1))
    return [day.isoformat() for day in found]


@pytest.mark.parametrize(
    ("pattern", "start", "expected"),
    [
        pytest.param({"type": "daily", "interval": 3}, "2026-01-30", ["2026-01-30", "2026-02-02", "2026-02-05"],
                     id="daily"),
        pytest.param({"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday", "sunday"], "firstDayOfWeek": "monday"},
                     "1997-08-05", ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"], id="weekly from Monday"),
        pytest.param({"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday", "sunday"], "firstDayOfWeek": "sunday"},
                     "1997-08-05", ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"], id="weekly from Sunday"),
        pytest.param({"type": "absoluteMonthly", "dayOfMonth": 31}, "2026-01-31",
                     ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"], id="day 31 is clamped"),
        pytest.param({"type": "absoluteYearly", "dayOfMonth": 29, "month": 2}, "2024-02-29",
                     ["2024-02-29", "2025-02-28", "2026-02-28"], id="29 February is clamped"),
        pytest.param({"type": "relativeMonthly", "interval": 2, "daysOfWeek": ["thursday"], "index": "first"},
                     "2017-08-29", ["2017-09-07", "2017-11-02", "2018-01-04"], id="counted from the first hit"),
        pytest.param({"type": "relativeMonthly", "index": "last",
                      "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"]},
                     "2026-01-30", ["2026-01-30", "2026-02-27", "2026-03-31"], id="last weekday is one day a month"),
        pytest.param({"type": "relativeMonthly", "index": "fourth", "daysOfWeek": ["monday"]},
                     "2026-03-01", ["2026-03-23", "2026-04-27"], id="fourth is not last"),
        pytest.param({"type": "relativeYearly", "index": "second", "daysOfWeek": ["thursday", "friday"], "month": 5},
                     "2026-01-01", ["2026-05-07", "2027-05-07"], id="several days are merged"),
    ],
)  # fmt: skip
def test_patterns_expand_as_exchange_does(pattern: dict[str, Any], start: str, expected: list[str]) -> None:
    assert expand(pattern, start, len(expected)) == expected


def test_a_series_keeps_its_wall_clock_over_the_change_of_clocks(desk: Any) -> None:
    master = desk.series()
    assert master["type"] == "seriesMaster"
    assert starts(desk.instances(master["id"], "2027-03-20", "2027-04-06")) == [
        "2027-03-22T09:00",
        "2027-03-29T08:00",
        "2027-04-05T08:00",
    ]


def test_answers_are_padded(desk: Any) -> None:
    master = desk.series(recurrence=desk.weekly(recurrenceTimeZone="Europe/Warsaw"))
    assert master["recurrence"] == {
        "pattern": {"type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": ["monday"],
                    "firstDayOfWeek": "sunday", "index": "first"},
        "range": {"type": "noEnd", "startDate": "2027-03-01", "endDate": "0001-01-01",
                  "recurrenceTimeZone": "Europe/Warsaw", "numberOfOccurrences": 0},
    }  # fmt: skip


DAILY = {"type": "daily", "interval": 1}
FOR_EVER = {"type": "noEnd", "startDate": "2027-03-01"}


@pytest.mark.parametrize(
    "recurrence",
    [
        pytest.param({"pattern": DAILY}, id="no range"),
        pytest.param({"pattern": {"type": "weekly", "interval": 1}, "range": FOR_EVER}, id="weekly without days"),
        pytest.param({"pattern": {"type": "daily"}, "range": FOR_EVER}, id="no interval"),
        pytest.param({"pattern": DAILY, "range": {**FOR_EVER, "startDate": "2027-03-02"}}, id="start on another day"),
        pytest.param({"pattern": DAILY, "range": {**FOR_EVER, "startDate": "2027-03-01T00:00:00"}},
                     id="time for a date"),
        pytest.param({"pattern": DAILY, "range": {**FOR_EVER, "type": "endDate", "endDate": "0001-01-01"}},
                     id="padding written back"),
        pytest.param({"pattern": DAILY, "range": {**FOR_EVER, "type": "numbered", "numberOfOccurrences": 1000}},
                     id="over 999"),
        pytest.param({"pattern": {"type": "absoluteMonthly", "interval": 1}, "range": FOR_EVER},
                     id="monthly without day"),
        pytest.param({"pattern": {"type": "hourly", "interval": 1}, "range": FOR_EVER}, id="no such pattern"),
        pytest.param({"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["weekday"]}, "range": FOR_EVER},
                     id="no such day"),
    ],
)  # fmt: skip
def test_an_incomplete_recurrence_is_refused(desk: Any, recurrence: dict[str, Any]) -> None:
    assert desk.call("POST", "/me/events", desk.event(recurrence=recurrence)).status == 400


def test_the_list_holds_masters_and_the_view_holds_occurrences(desk: Any) -> None:
    desk.series(subject="Series")
    desk.create(subject="Single")
    listed = desk.call("GET", "/me/events?$orderby=subject").json["value"]
    assert [(row["subject"], row["type"]) for row in listed] == [
        ("Series", "seriesMaster"),
        ("Single", "singleInstance"),
    ]
    view = desk.call("GET", VIEW).json["value"]
    assert {row["type"] for row in view} == {"occurrence", "singleInstance"}
    assert all(row["recurrence"] is None for row in view)
    assert starts(view) == sorted(starts(view))


def test_both_ends_of_a_window_are_needed(desk: Any) -> None:
    master = desk.series()
    assert desk.call("GET", f"/me/events/{master['id']}/instances").code == "ErrorInvalidParameter"
    assert desk.call("GET", "/me/calendarView?startDateTime=2027-03-01T00:00:00Z").code == "ErrorInvalidParameter"


def test_a_moved_occurrence_becomes_an_exception_and_keeps_its_original_start(desk: Any) -> None:
    master = desk.series()
    second = desk.instances(master["id"])[1]
    answer = desk.call("PATCH", f"/me/events/{second['id']}", moved("2027-03-09"))
    assert answer.status == 200
    assert answer.json["type"] == "exception"
    assert answer.json["id"] == second["id"]
    assert answer.json["originalStart"] == "2027-03-08T09:00:00Z"
    assert answer.json["seriesMasterId"] == master["id"]
    assert answer.json["iCalUId"] != master["iCalUId"]
    assert starts(desk.instances(master["id"]))[:3] == ["2027-03-01T09:00", "2027-03-09T13:00", "2027-03-15T09:00"]
    shown = desk.call("GET", f"/me/events/{master['id']}?$expand=exceptionOccurrences").json
    assert [each["id"] for each in shown["exceptionOccurrences"]] == [second["id"]]


@pytest.mark.parametrize("day", ["2027-03-01", "2027-03-15", "2027-03-20", "2027-02-20"])
def test_an_occurrence_cannot_stand_on_or_past_its_neighbours_day(desk: Any, day: str) -> None:
    second = desk.instances(desk.series()["id"])[1]
    answer = desk.call("PATCH", f"/me/events/{second['id']}", moved(day))
    assert (answer.status, answer.code) == (400, "ErrorOccurrenceCrossingBoundary")


def test_a_deleted_occurrence_is_listed_only_where_it_is_asked_for(desk: Any) -> None:
    master = desk.series()
    second = desk.instances(master["id"])[1]
    assert desk.call("DELETE", f"/me/events/{second['id']}").status == 204
    assert "2027-03-08T09:00" not in starts(desk.instances(master["id"]))
    assert "cancelledOccurrences" not in desk.call("GET", f"/me/events/{master['id']}").json
    shown = desk.call("GET", f"/me/events/{master['id']}?$select=cancelledOccurrences").json
    assert [each.rpartition(".")[2] for each in shown["cancelledOccurrences"]] == ["2027-03-08"]
    assert desk.call("GET", f"/me/events/{second['id']}").status == 404


def test_a_deleted_occurrence_still_counts(desk: Any) -> None:
    master = desk.series(recurrence=desk.weekly(type="numbered", numberOfOccurrences=4))
    desk.call("DELETE", f"/me/events/{desk.instances(master['id'])[1]['id']}")
    assert len(desk.instances(master["id"], end="2027-12-01")) == 3


def test_a_new_pattern_forgets_exceptions_and_renews_the_ids(desk: Any) -> None:
    master = desk.series()
    second = desk.instances(master["id"])[1]
    desk.call("PATCH", f"/me/events/{second['id']}", moved("2027-03-09"))
    desk.call("PATCH", f"/me/events/{master['id']}", {"subject": "Other"})
    assert desk.call("GET", f"/me/events/{second['id']}").status == 200, "a new subject leaves the dates alone"
    shorter = desk.weekly(type="endDate", endDate="2027-03-15")
    answer = desk.call("PATCH", f"/me/events/{master['id']}", {"recurrence": shorter})
    assert answer.status == 200
    assert starts(desk.instances(master["id"])) == ["2027-03-01T09:00", "2027-03-08T09:00", "2027-03-15T09:00"]
    assert desk.call("GET", f"/me/events/{second['id']}").status == 404


def test_a_series_moves_with_its_master(desk: Any) -> None:
    master = desk.series()
    desk.call("PATCH", f"/me/events/{master['id']}", moved("2027-03-01"))
    assert starts(desk.instances(master["id"]))[:2] == ["2027-03-01T13:00", "2027-03-08T13:00"]


def test_a_single_event_becomes_a_series_and_a_series_single(desk: Any) -> None:
    event = desk.create()
    made = desk.call("PATCH", f"/me/events/{event['id']}", {"recurrence": desk.weekly()})
    assert made.json["type"] == "seriesMaster"
    unmade = desk.call("PATCH", f"/me/events/{event['id']}", {"recurrence": None})
    assert unmade.json["type"] == "singleInstance"
    assert len(desk.call("GET", VIEW).json["value"]) == 1


def test_exceptions_have_their_own_extended_properties(desk: Any) -> None:
    key = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name MeetingKey"
    master = desk.series(singleValueExtendedProperties=[{"id": key, "value": "old"}])
    first, second = desk.instances(master["id"])[:2]
    desk.call("PATCH", f"/me/events/{second['id']}", {"subject": "Own"})
    desk.call("PATCH", f"/me/events/{master['id']}", {"singleValueExtendedProperties": [{"id": key, "value": "new"}]})
    expand = f"$expand=singleValueExtendedProperties($filter=id eq '{key}')"

    def value(event_id: str) -> str:
        return desk.call("GET", f"/me/events/{event_id}?{expand}").json["singleValueExtendedProperties"][0]["value"]

    assert [value(each["id"]) for each in (master, first, second)] == ["new", "new", "old"]


def test_deleting_the_last_occurrence_deletes_the_series(desk: Any) -> None:
    master = desk.series(recurrence=desk.weekly(type="numbered", numberOfOccurrences=1))
    desk.call("DELETE", f"/me/events/{desk.instances(master['id'])[0]['id']}")
    assert desk.call("GET", f"/me/events/{master['id']}").status == 404


def test_an_occurrence_longer_than_all_time_before_the_window_is_shown(desk: Any) -> None:
    end = {"dateTime": "4499-01-01T10:00:00", "timeZone": "UTC"}
    start = {"dateTime": "2027-03-01T10:00:00", "timeZone": "UTC"}
    once = desk.recurring({"type": "daily"}, type="numbered", numberOfOccurrences=1)
    answer = desk.call("POST", "/me/events", desk.event(start=start, end=end, recurrence=once))
    assert answer.status == 201, answer.json
    shown = desk.call("GET", "/me/calendarView?startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-05-01T00:00:00Z")
    assert shown.status == 200
    assert len(shown.json["value"]) == 1
