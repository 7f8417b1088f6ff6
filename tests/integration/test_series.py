"""A series looked at over the API: sentence, dates, clashes in the real calendar, refusals; nothing is made."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from stage import ZONE, Stage, an_event

START = "2027-03-08T10:00:00"


def a_series(**fields: Any) -> dict[str, Any]:
    wish: dict[str, Any] = {
        "start": START,
        "end": "2027-03-08T10:30:00",
        "time_zone": ZONE,
        "recurrence": {"rrule": "FREQ=WEEKLY;COUNT=12"},
        "participants": [{"address": "paris@contoso.example", "name": "Colleague in Paris"}],
    }
    return wish | fields


def look(stage: Stage, status: int = 200, **fields: Any) -> dict[str, Any]:
    answer = stage.api("POST", "/api/v1/series", json=a_series(**fields))
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def occupy(stage: Stage, subject: str, day: str, **more: Any) -> None:
    """Something else that the organiser has to do on that day from 10:15 to 11:00."""
    wish = {"title": subject, "start": f"{day}T10:15:00", "end": f"{day}T11:00:00", "time_zone": ZONE}
    stage.organiser().graph("POST", "/me/events", json=an_event(wish) | more)


def test_sentence_dates_and_changes_of_the_clocks(stage: Stage) -> None:
    found = look(stage, language="fr", dates=4)
    assert "lundi" in found["sentence"]
    assert [day["start"] for day in found["dates"]] == [
        "2027-03-08T10:00:00+01:00", "2027-03-15T10:00:00+01:00", "2027-03-22T10:00:00+01:00",
        "2027-03-29T10:00:00+02:00",
    ]  # fmt: skip
    assert [day["offset_changed"] for day in found["dates"]] == [False, False, False, True]
    assert found["more"] is True
    assert {day["clashes"] for day in found["dates"]} == {None}, "nobody asked to look"
    assert look(stage, dates=20)["more"] is False
    assert stage.rooms() == []


def test_people_whose_country_is_known_are_told_their_other_time(stage: Stage) -> None:
    """Japan's clocks never change; the mail domain tells where the guest is."""
    guest = {"address": "guest@example.jp", "name": "Guest", "type": "guest"}
    dates = look(stage, dates=4, participants=[guest])["dates"]
    assert [day["elsewhere"] for day in dates[:3]] == [[], [], []]
    assert dates[3]["elsewhere"] == [{"time_zone": "Asia/Tokyo", "start": "2027-03-29T17:00:00+09:00"}]


def test_clashes_come_from_the_organisers_calendar(stage: Stage) -> None:
    occupy(stage, "Dentist", "2027-03-15")
    occupy(stage, "Reading hour", "2027-03-22", showAs="free")
    found = look(stage, dates=3, clashes=True)
    assert [day["clashes"] for day in found["dates"]] == [[], ["Dentist"], []]
    far = look(stage, dates=3, clashes=True, recurrence={"rrule": "FREQ=MONTHLY;INTERVAL=3"})
    assert [day["clashes"] for day in far["dates"]] == [[], [], []]


def test_a_calendar_that_does_not_answer_is_no_clash_and_no_failure(stage: Stage) -> None:
    stage.faults({"service": "graph", "path": "/calendarView", "status": 403, "times": 20})
    try:
        found = look(stage, dates=2, clashes=True)
    finally:
        stage.faults()
    assert [day["clashes"] for day in found["dates"]] == [None, None]


def test_the_series_is_no_clash_with_itself(stage: Stage) -> None:
    wish = a_series(title="Weekly") | {"start": "2027-04-05T15:00:00", "end": "2027-04-05T15:30:00"}
    made = stage.schedule(wish).json()
    event = an_event(wish | {"title": "Weekly", "recurrence": None}) | {
        "recurrence": {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday"},
            "range": {"type": "numbered", "startDate": "2027-04-05", "numberOfOccurrences": 12},
        }
    }
    stage.organiser().send(made, event, "<p>Hello</p>")
    stage.outside.until(
        "the series is followed",
        lambda: stage.api("GET", f"/api/v1/meetings/{made['id']}").json()["state"] == "followed" or None,
    )
    timing = {name: wish[name] for name in ("start", "end")}
    assert look(stage, dates=2, clashes=True, **timing)["dates"][0]["clashes"] == ["Weekly"]
    assert look(stage, dates=2, clashes=True, meeting_id=made["id"], **timing)["dates"][0]["clashes"] == []


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"recurrence": {"rrule": "FREQ=MONTHLY;BYDAY=5MO"}}, "unsupported", "BYDAY"),
        ({"recurrence": {"rrule": "FREQ=WEEKLY;UNTIL=20200101T000000Z"}}, None, None),
        ({"time_zone": "Nowhere Standard Time"}, "time-zone", "timeZone"),
        ({"language": "tlh"}, "invalid", "language"),
        ({"dates": 0}, "invalid", "dates"),
        ({"meeting_id": "0" * 32}, "missing", None),
    ],
)
def test_what_scheduling_would_refuse_is_refused(
    stage: Stage, fields: dict[str, Any], reason: str | None, field: str | None
) -> None:
    answer = stage.api("POST", "/api/v1/series", json=a_series(**fields))
    assert answer.status_code in (404, 422), answer.text
    problem = answer.json()
    assert reason is None or problem["reason"] == reason
    assert field is None or problem["field"] == field
    assert problem["detail"].endswith((".", "?"))


def test_a_series_that_is_over_and_the_nearest_possible(stage: Stage) -> None:
    past = datetime.fromisoformat("2020-03-02T10:00:00")
    over = {"start": past.isoformat(), "end": (past + timedelta(hours=1)).isoformat()}
    assert look(stage, 422, **over)["reason"] == "past"
    refused = look(stage, 422, recurrence={"rrule": "FREQ=MONTHLY;BYDAY=5MO"})
    assert refused["nearest"].startswith("FREQ="), refused
    assert refused["nearest_text"] == "on the last Monday of every month", refused


def test_another_persons_meeting_is_not_there(stage: Stage) -> None:
    made = stage.schedule(a_series(title="Mine")).json()
    token = stage.token("organiser@fabrikam.example")
    answer = stage.api("POST", "/api/v1/series", json=a_series(meeting_id=made["id"]), token=token)
    assert answer.status_code == 404


def test_a_series_that_stands_is_told_in_the_readers_language(stage: Stage) -> None:
    """The invitation is French, the organiser's Outlook German."""
    made = stage.schedule(a_series(title="Told", language="fr")).json()
    assert "lundi" in made["recurrence_text"]
    path = f"/api/v1/meetings/{made['id']}"
    assert "Montag" in stage.api("GET", path, headers={"Accept-Language": "de-DE"}).json()["recurrence_text"]


def test_the_31st_of_each_month_as_the_pane_sends_it_keeps_every_month(stage: Stage) -> None:
    """Outlook takes the last day of a shorter month (recurrence facts); the pane's own test holds the same file."""
    sent = json.loads((Path(__file__).parent.parent / "data/recurrence/pane_monthly_31.json").read_text("utf-8"))
    timing = {name: value for name, value in sent.items() if name != "title"}
    found = look(stage, dates=5, **timing)
    days = [day["start"][:16] for day in found["dates"]]
    assert days == [f"2027-{day}T10:00" for day in ("01-31", "02-28", "03-31", "04-30", "05-31")]
    made = stage.schedule(sent)
    assert made.status_code == 201, made.text
    assert made.json()["recurrence_text"] == found["sentence"]
