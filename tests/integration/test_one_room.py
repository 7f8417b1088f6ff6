"""One appointment never gets two rooms, and never the address of one that is gone: what a used key leads to."""

import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from stage import ORGANISER, ZONE, Stage, a_wish, an_event

from server.api import reading
from server.auth import consent

DELEGATE = "delegate@contoso.example"


def written(stage: Stage, meeting_id: str, **edit: str) -> Any:
    body = {"op": "put", "content_type": "html", "body": "<p>Hello</p>"} | edit
    return stage.api("POST", f"/api/v1/meetings/{meeting_id}/body", json=body)


def test_a_meeting_taken_off_is_not_given_again_under_its_key(stage: Stage) -> None:
    wish, key = a_wish(), uuid.uuid4().hex
    made = stage.schedule(wish, key=key).json()
    assert stage.api("DELETE", f"/api/v1/meetings/{made['id']}").status_code == 204
    again = stage.schedule(wish, key=key)
    assert (again.status_code, again.json()["reason"]) == (422, "idempotency")
    assert "meeting_id" not in again.json()
    assert stage.schedule(wish).json()["id"] != made["id"]


def test_the_invitation_of_a_meeting_taken_off_is_not_written(stage: Stage) -> None:
    made = stage.schedule(a_wish()).json()
    text = written(stage, made["id"]).json()["body"]
    assert stage.api("DELETE", f"/api/v1/meetings/{made['id']}").status_code == 204
    refused = written(stage, made["id"])
    assert (refused.status_code, refused.json()["reason"]) == (409, "ended")
    assert refused.json()["detail"].endswith(".")
    assert written(stage, made["id"], op="remove", body=text).json() == {"body": "<p>Hello</p>", "changed": True}


def test_another_request_under_a_key_names_the_meeting_it_made(stage: Stage) -> None:
    key = uuid.uuid4().hex
    made = stage.schedule(a_wish(access="password", password="Apples2026"), key=key).json()
    other = stage.schedule(a_wish(access="password", password="Pears20266"), key=key)
    assert (other.status_code, other.json()["reason"], other.json()["meeting_id"]) == (422, "idempotency", made["id"])
    assert len(stage.rooms()) == 1


def test_two_requests_at_once_under_one_key_make_one_room(stage: Stage) -> None:
    key = uuid.uuid4().hex
    wishes = [a_wish(access="open"), a_wish(access="token")]
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda wish: stage.schedule(wish, key=key), wishes))
    made, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert made.status_code == 201
    assert refused.json()["reason"] in ("in-flight", "idempotency")
    assert refused.json().get("meeting_id", made.json()["id"]) == made.json()["id"]
    assert len(stage.rooms()) == 1


def test_a_missing_consent_names_the_link_with_everything_that_is_asked(stage: Stage) -> None:
    stage.graph_control("share", mailbox=ORGANISER, delegate="warsaw@contoso.example", role="write")
    stage.faults(entra__consent_missing=True)
    try:
        token = stage.token("warsaw@contoso.example")
        refused = stage.schedule(a_wish(owner=ORGANISER), token=token)
        looked = stage.api("GET", f"/api/v1/options?owner={ORGANISER}", token=token)
    finally:
        stage.faults()
    for answer in (refused, looked):
        assert (answer.status_code, answer.json()["reason"]) == (403, "consent")
        link = urlsplit(answer.json()["consent_url"])
        scopes = parse_qs(link.query)["scope"][0].split()
        settings = stage.running.settings
        assert {settings.graph_scope_prefix + name for name in consent.permissions(settings)} < set(scopes)
        assert any(name.endswith("/Calendars.ReadWrite.Shared") for name in scopes)
        assert str(stage.running.description["tenants"][0]["id"]) in link.path


def test_a_delegate_sees_what_collides_in_the_owners_calendar(stage: Stage) -> None:
    for upn, subject, day in ((ORGANISER, "Dentist", "2027-05-10"), (DELEGATE, "Own affairs", "2027-05-03")):
        wish = {"title": subject, "start": f"{day}T10:15:00", "end": f"{day}T11:00:00", "time_zone": ZONE}
        stage.organiser(upn).graph("POST", "/me/events", json=an_event(wish))
    stage.graph_control("share", mailbox=ORGANISER, delegate=DELEGATE, role="write")
    series = {
        "start": "2027-05-03T10:00:00", "end": "2027-05-03T10:30:00", "time_zone": ZONE, "owner": ORGANISER,
        "recurrence": {"rrule": "FREQ=WEEKLY;COUNT=2"}, "clashes": True,
    }  # fmt: skip
    token = stage.token(DELEGATE)
    found = stage.api("POST", "/api/v1/series", json=series, token=token).json()
    assert [day["clashes"] for day in found["dates"]] == [[], ["Dentist"]]
    stranger = stage.token("toronto@contoso.example")
    for answer in (
        stage.api("POST", "/api/v1/series", json=series, token=stranger),
        stage.api("GET", f"/api/v1/options?owner={ORGANISER}", token=stranger),
        stage.api("POST", "/api/v1/invitation/preview", json=a_wish(owner=ORGANISER), token=stranger),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (403, "not-delegate")


def test_a_zone_nobody_knows_says_what_to_do_in_outlook(stage: Stage) -> None:
    refused = stage.schedule(a_wish(time_zone="Mars Standard Time")).json()
    assert refused["reason"] == "time-zone"
    assert refused["detail"].endswith("Choose another time zone in the appointment.")
    office = {"recurrenceType": "daily", "recurrenceProperties": {"interval": 1},
        "recurrenceTimeZone": {"name": "Mars Standard Time"},
        "seriesTime": {"startDate": "2027-01-11", "endDate": "2027-01-20", "startTime": "10:00:00", "duration": 30},
    }  # fmt: skip
    wish = a_wish(recurrence={"officejs": office})
    told = stage.api("POST", "/api/v1/series", json={k: v for k, v in wish.items() if k != "title"},
        headers={"Accept-Language": "de"}).json()  # fmt: skip
    assert (told["reason"], told["detail"].split(".")[1].strip()) == (
        "time-zone",
        "Wählen Sie im Termin eine andere Zeitzone",
    )


def test_two_changes_at_once_do_not_lose_one_another(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is held where it has read what stands; the second comes meanwhile."""
    meeting = stage.organiser().schedule(a_wish(access="password", password="Before123"))
    path, read, held, go_on = f"/api/v1/meetings/{meeting['id']}", reading.merged, Event(), Event()

    def merged(*known: Any) -> Any:
        wish = read(*known)
        if not held.is_set():
            held.set()
            go_on.wait(20)
        return wish

    monkeypatch.setattr(reading, "merged", merged)
    with ThreadPoolExecutor(2) as people:
        first = people.submit(stage.api, "PATCH", path, json={"title": "Changed by the first"})
        assert held.wait(20)
        second = people.submit(stage.api, "PATCH", path, json={"password": "Second123"})
        wait([second], timeout=0.5)  # it is answered now if nothing keeps it waiting
        go_on.set()
        assert [first.result().status_code, second.result().status_code] == [200, 200]
    found = stage.organiser().meeting(meeting["id"])
    assert (found["title"], found["password"]) == ("Changed by the first", "Second123")
