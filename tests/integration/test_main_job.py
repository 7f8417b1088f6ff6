"""The main job over real sockets: scheduled, sent, found again, followed; and what a capture of it shows."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from stage import ORGANISER, Stage, a_wish, an_event

from server.demo.client import Outside
from server.demo.running import running
from server.demo.story import Story

PEOPLE = [
    {"address": "paris@contoso.example", "name": "Colleague in Paris"},
    {"address": "toronto@contoso.example", "name": "Colleague in Toronto"},
]


def sent(stage: Stage, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A meeting and its event, scheduled, sent and followed."""
    organiser = stage.organiser()
    wish = a_wish(**{"participants": PEOPLE, **fields})
    meeting = organiser.schedule(wish)
    event = organiser.send(meeting, an_event(wish), "<p>Dear all, bring figures.</p>")
    stage.outside.until(
        "the event is found",
        lambda: organiser.meeting(meeting["id"])["state"] == "followed" and personal_done(stage, meeting),
    )
    return meeting, event


def personal_done(stage: Stage, meeting: dict[str, Any]) -> bool:
    now = stage.organiser().meeting(meeting["id"])
    return now["access"] != "token" or all(one["delivery"] == "sent" for one in now["participants"])


def room_of(stage: Stage, meeting: dict[str, Any]) -> dict[str, Any]:
    return stage.outside.room(meeting["room"]["room_id"])


def graph_writes(stage: Stage, before: int) -> int:
    return stage.outside.counts().get("graph", 0) - before


def test_people_are_followed(stage: Stage) -> None:
    meeting, event = sent(stage, access="token")
    organiser = stage.organiser()
    newcomer = {
        "type": "required",
        "emailAddress": {"address": "warsaw@contoso.example", "name": "Colleague in Warsaw"},
    }
    kept = [person for person in event["attendees"] if person["emailAddress"]["address"].startswith("paris")]
    organiser.change(event["id"], {"attendees": [*kept, newcomer]})
    stage.outside.until("the newcomer is invited", lambda: stage.mails("warsaw@contoso.example", "mail"))
    live = stage.outside.until(
        "the leaver's token is withdrawn",
        lambda: list(room_of(stage, meeting)["tokens"]) if len(room_of(stage, meeting)["tokens"]) == 2 else None,
    )
    gone = stage.mails("toronto@contoso.example", "mail")[0]["text"]
    assert not any(token["token"] in gone for token in live), "the token that Toronto was told admits nobody any more"
    assert len(stage.mails("paris@contoso.example", "mail")) == 1, "who stayed is not mailed again"


def test_the_subject_renames_the_room(stage: Stage) -> None:
    meeting, event = sent(stage)
    stage.organiser().change(event["id"], {"subject": "Review & <outlook> “2027”"})
    stage.outside.until(
        "the room has the new name", lambda: room_of(stage, meeting)["name"] == "Review & <outlook> “2027”"
    )


def test_a_cancelled_event_is_remembered_and_keeps_its_room_for_the_grace_period(stage: Stage) -> None:
    meeting, event = sent(stage)
    organiser = stage.organiser()
    organiser.graph("POST", f"/me/events/{event['id']}/cancel", json={"comment": "Not needed any more."})
    stage.outside.until("the meeting knows", lambda: organiser.meeting(meeting["id"])["state"] == "gone")
    assert room_of(stage, meeting)["status"] == "active"


def test_our_own_writes_cause_no_writes(stage: Stage) -> None:
    _, event = sent(stage)
    stage.settled()
    etag = stage.organiser().graph("GET", f"/me/events/{event['id']}")["@odata.etag"]
    stage.settled()
    assert stage.organiser().graph("GET", f"/me/events/{event['id']}")["@odata.etag"] == etag


def test_the_users_words_and_the_block_both_stand_in_everybodys_copy(stage: Stage) -> None:
    meeting, _ = sent(stage, access="password", dial_in={"enabled": True})
    [mail] = stage.mails("paris@contoso.example", "invitation")
    assert "Dear all, bring figures." in mail["html"]
    assert meeting["join_url"] in mail["html"]
    assert meeting["password"] in mail["html"]
    assert str(room_of(stage, meeting)["phone_listener_pin"]) in mail["html"].replace(" ", "")


def test_dial_in_is_off_unless_asked_for(stage: Stage) -> None:
    meeting, _ = sent(stage)
    assert room_of(stage, meeting)["settings"]["phonegateway_enabled"] is False, "R24"
    assert "PIN" not in meeting["invitation"]["text"]
    assert room_of(stage, meeting)["settings"]["show_on_personal_page"] is False


def test_a_graph_that_fails_for_a_while_delays_and_loses_nothing(stage: Stage) -> None:
    meeting, event = sent(stage)
    later = datetime.fromisoformat(meeting["start"]) + timedelta(days=2)
    get = {"service": "graph", "method": "GET", "path": r"/events/"}
    stage.faults(
        get | {"status": 503, "body": "<html>busy</html>", "times": 2},
        get | {"status": 429, "headers": {"Retry-After": "1"}, "times": 1,
               "body": {"error": {"code": "ApplicationThrottled", "message": "slow"}}},
        get | {"status": 404, "times": 1, "body": {"error": {"code": "ErrorItemNotFound", "message": "not yet"}}},
    )  # fmt: skip
    patch = {
        "start": {"dateTime": later.isoformat(), "timeZone": "Europe/Warsaw"},
        "end": {"dateTime": (later + timedelta(hours=1)).isoformat(), "timeZone": "Europe/Warsaw"},
    }
    stage.organiser().change(event["id"], patch)
    wanted = later.isoformat()[:16]
    stage.outside.until(
        "the room has moved", lambda: str(room_of(stage, meeting)["starts_at"]).startswith(wanted) or None
    )
    assert len(stage.rooms()) == 1


def test_a_write_that_meets_a_newer_event_is_made_again(stage: Stage) -> None:
    stage.faults(
        {"service": "graph", "method": "PATCH", "path": r"/events/", "status": 412, "times": 1,
         "body": {"error": {"code": "ErrorIrresolvableConflict", "message": "stale"}}},
    )  # fmt: skip
    meeting, _ = sent(stage)
    assert stage.organiser().meeting(meeting["id"])["attention"] is None


def test_a_claims_challenge_in_the_background_waits_for_the_person(stage: Stage) -> None:
    meeting, event = sent(stage)
    organiser = stage.organiser()
    challenge = 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'
    stage.faults(
        {"service": "graph", "method": "GET", "path": r"/events/", "status": 401, "times": 20,
         "headers": {"WWW-Authenticate": challenge},
         "body": {"error": {"code": "InvalidAuthenticationToken", "message": "claims"}}},
        entra__interaction_required=True,
    )  # fmt: skip
    organiser.change(event["id"], {"subject": "Renamed"})
    stage.settled()
    assert room_of(stage, meeting)["name"] == "Quarterly review"
    stage.faults()
    stage.schedule(a_wish())  # the person is back in the pane, with a fresh token
    organiser.change(event["id"], {"subject": "Renamed again"})
    stage.outside.until("followed again", lambda: room_of(stage, meeting)["name"] == "Renamed again" or None)


def test_a_notification_with_a_wrong_client_state_does_nothing(stage: Stage) -> None:
    _, event = sent(stage)
    stage.settled()
    graph: Any = stage.running.desk.world.services["graph"]
    [number] = [one.id for one in graph._subscriptions.active()]
    before = stage.outside.counts().get("graph", 0)
    forged = {
        "subscriptionId": number, "clientState": "guessed", "tenantId": stage.outside.tenant["id"],
        "changeType": "updated", "resource": f"Users/x/Events/{event['id']}", "resourceData": {"id": event["id"]},
    }  # fmt: skip
    assert stage.api("POST", "/hooks/graph", json={"value": [forged]}).status_code == 202
    stage.settled()
    assert stage.outside.counts().get("graph", 0) == before


class Quiet:
    """Hears the story without showing it."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_: None


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], str, list[str], set[str]]:
    """The story told once with a capture: its lines, their text, what was untrue, and every secret of that run."""
    file = tmp_path_factory.mktemp("capture") / "capture.jsonl"
    with running(capture=file, log_level="ERROR") as stage:
        settings = stage.settings
        outside = Outside(stage.description)
        story = Story(outside, Quiet(), settings.add_in_id, f"{settings.application_uri}/{settings.api_scope}")
        story.tell()
        tokens = {token["token"] for room in outside.rooms() for token in room["tokens"]}
        registered = set(stage.desk.world.secrets._values)
        secrets = tokens | registered | {stage.description["clickmeeting"]["api_key"]}
    text = Path(file).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()], text, story.untrue, secrets


def test_the_story_is_true(captured: Any) -> None:
    assert captured[2] == []


def test_a_capture_of_the_story_holds_no_secret(captured: Any) -> None:
    lines, text, _, secrets = captured
    assert len(secrets) > 5, "the run had tokens, keys and passwords to hide"
    found = sorted(secret[:2] + "…" for secret in secrets if secret in text)
    assert found == [], "secrets in the capture"
    assert re.search(r"eyJ[\w-]+\.[\w-]+\.", text) is None, "a web token in the capture"
    blanked = [line for line in lines if line["request_headers"].get("Authorization") == "***"]
    assert blanked, "the headers are there, blanked"


def test_a_capture_has_the_promised_members(captured: Any) -> None:
    for line in captured[0]:
        assert set(line) == {
            "time", "service", "method", "path", "request_headers", "request_json", "status", "response_headers",
            "response_json",
        }  # fmt: skip
        assert line["service"] in {"clickmeeting", "graph", "entra", "webhook", "outlook"}
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
    forms = [
        line["request_json"] for line in captured[0]
        if line["service"] == "clickmeeting" and line["method"] == "POST" and "availability" not in line["path"]
    ]  # fmt: skip
    assert any(isinstance(form, dict) and form.get("settings[phonegateway_enabled]") in ("0", "1") for form in forms)


def test_a_move_costs_two_graph_calls_at_most(stage: Stage) -> None:
    meeting, event = sent(stage)
    stage.settled()
    organiser = stage.organiser()
    before = stage.outside.counts()
    later = datetime.fromisoformat(meeting["start"]) + timedelta(days=1)
    organiser.change(event["id"], {
        "start": {"dateTime": later.isoformat(), "timeZone": "Europe/Warsaw"},
        "end": {"dateTime": (later + timedelta(hours=1)).isoformat(), "timeZone": "Europe/Warsaw"},
    })  # fmt: skip
    stage.outside.until(
        "the room has moved",
        lambda: str(room_of(stage, meeting)["starts_at"]).startswith(later.isoformat()[:16]) or None,
    )
    stage.settled()
    after = stage.outside.counts()
    ours = after["graph"] - before.get("graph", 0) - 1  # the person's own PATCH
    assert ours <= 2
    assert after["clickmeeting"] - before.get("clickmeeting", 0) == 1
    assert organiser.upn == ORGANISER
