"""The Outlook stand-in's addresses: who may open what, office.js in one piece, clear refusals."""

import json
import re
from pathlib import Path

import pytest
from werkzeug.test import Client

from sandbox.entra.service import EntraService
from sandbox.graph.service import GraphService
from sandbox.outlook.service import OutlookService
from sandbox.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.make()
    made.base, made.http_base = "https://localhost:4430", "http://127.0.0.1:8080"
    made.office_js = tmp_path / "dist"
    for service in (EntraService(made), GraphService(made), OutlookService(made)):
        made.services[service.name] = service
    return made


@pytest.fixture
def web(world: World) -> Client:
    return Client(world.services["outlook"].wsgi()["/outlook"])


def configuration(text: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="config">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    read: dict[str, object] = json.loads(found[1])
    return read


def test_everybody_can_be_chosen(web: Client) -> None:
    page = web.get("/").text
    for upn in ("organiser@contoso.example", "room-aurora@contoso.example", "guest@fabrikam.example"):
        assert upn in page
    assert web.get("/nobody@contoso.example").status_code == 404


def test_only_a_delegate_opens_anothers_calendar(web: Client) -> None:
    assert web.get("/delegate@contoso.example?owner=organiser@contoso.example").status_code == 200
    assert web.get("/paris@contoso.example?owner=organiser@contoso.example").status_code == 403
    page = web.get("/delegate@contoso.example/compose?owner=organiser@contoso.example").text
    found = configuration(page)
    assert (found["upn"], found["owner"]) == ("delegate@contoso.example", "organiser@contoso.example")


def test_what_a_subject_holds_cannot_leave_the_configuration(web: Client) -> None:
    state = {
        "subject": "</script><script>alert(1)</script><!--", "start": 1_800_000_000_000, "end": 1_800_000_360_000,
        "zone": "UTC", "body": "",
    }  # fmt: skip
    saved = web.post("/api/organiser@contoso.example/save", json={"state": state, "send": False}).json
    assert saved is not None
    page = web.get("/organiser@contoso.example/compose", query_string={"id": saved["id"]}).text
    assert "<script>alert" not in page
    opened = configuration(page)["state"]
    assert isinstance(opened, dict)
    assert opened["subject"] == state["subject"]


def test_office_js_comes_with_what_it_looks_for_and_nothing_else_does(web: Client, world: World) -> None:
    missing = web.get("/office/office.js")
    assert missing.status_code == 404
    assert "npm ci" in missing.text
    assert world.office_js is not None
    (world.office_js / "en-us").mkdir(parents=True)
    (world.office_js / "office.js").write_text("window.real = 1;", "utf-8")
    (world.office_js / "en-us" / "office_strings.js").write_text("strings", "utf-8")
    served = web.get("/office/office.js")
    assert served.mimetype == "text/javascript"
    assert served.text.endswith("window.real = 1;")
    assert "Sys.StringBuilder" in served.text
    assert web.get("/office/en-us/office_strings.js").text == "strings"
    assert web.get("/office/../service.py").status_code == 404


def test_a_delegate_saves_into_the_owners_calendar(web: Client, world: World) -> None:
    state = {
        "subject": "By the delegate", "start": 1_800_000_000_000, "end": 1_800_003_600_000, "zone": "UTC", "body": "x",
        "attachments": [{"name": "room.ics", "base64String": "QUJD"}],
    }  # fmt: skip
    wanted = {"owner": "organiser@contoso.example", "state": state, "send": False}
    saved = web.post("/api/delegate@contoso.example/save", json=wanted).json
    assert saved is not None
    assert saved["organizer"]["address"] == "organiser@contoso.example"
    graph = world.services["graph"]
    assert isinstance(graph, GraphService)
    assert graph.client_event("organiser@contoso.example", saved["id"])["hasAttachments"] is True
    refused = web.post("/api/paris@contoso.example/save", json=wanted)
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "not complete"),
        ({"state": {"zone": "UTC"}}, "not complete"),
        ({"state": {"start": 2, "end": 1_800_000_000_000, "zone": "Nowhere Standard Time"}}, "not supported"),
    ],
)
def test_an_incomplete_appointment_is_refused_with_a_sentence(web: Client, body: object, sentence: str) -> None:
    answer = web.post("/api/organiser@contoso.example/save", json=body)
    assert answer.status_code == 400
    assert answer.json is not None
    assert sentence in answer.json["error"]


def test_the_token_is_the_persons_own(web: Client, world: World) -> None:
    answer = web.post("/api/paris@contoso.example/token", json={}).json
    assert answer is not None
    entra = world.services["entra"]
    assert isinstance(entra, EntraService)
    assert entra.signer.read(answer["token"])["preferred_username"] == "paris@contoso.example"


def test_settings_are_kept_per_person_and_in_the_state_file(web: Client, world: World) -> None:
    web.put("/api/organiser@contoso.example/settings", json={"kind": '"webinar"'})
    other = OutlookService(world)
    other.load(json.loads(json.dumps(world.services["outlook"].dump())))
    page = Client(other.wsgi()["/outlook"]).get("/organiser@contoso.example/compose").text
    assert configuration(page)["roamingSettings"] == {"kind": '"webinar"'}
    assert configuration(web.get("/paris@contoso.example/compose").text)["roamingSettings"] == {}
    world.services["outlook"].reset()
    assert configuration(web.get("/organiser@contoso.example/compose").text)["roamingSettings"] == {}


def test_another_clients_rewriting_can_be_ordered(web: Client, world: World) -> None:
    world.faults.set_switches({"outlook.rewriting": "classic"})
    state = {
        "subject": "x", "start": 1_800_000_000_000, "end": 1_800_003_600_000, "zone": "UTC", "bodyType": "html",
        "body": "<div id='a'>One</div>",
    }  # fmt: skip
    saved = web.post("/api/organiser@contoso.example/save", json={"state": state, "send": False}).json
    assert saved is not None
    assert "MsoNormal" in saved["body"]
    shown = web.post("/api/organiser@contoso.example/seen", json={"html": "<b>One</b>", "client": "text"}).json
    assert shown == {"html": "", "text": "One"}
    assert web.post("/api/organiser@contoso.example/seen", json={"html": "", "client": "none"}).status_code == 400


def test_custom_properties_are_taken_away_too_and_nothing_is_written_for_nothing(web: Client, world: World) -> None:
    state = {
        "subject": "x", "start": 1_800_000_000_000, "end": 1_800_003_600_000, "zone": "UTC", "bodyType": "html",
        "body": "One", "customProperties": {"meeting": "m-1"},
    }  # fmt: skip
    save = "/api/organiser@contoso.example/save"
    saved = web.post(save, json={"state": state, "send": False}).json
    assert saved is not None
    graph = world.services["graph"]
    assert isinstance(graph, GraphService)

    def event() -> dict[str, object]:
        found: dict[str, object] = graph.client_event("organiser@contoso.example", saved["id"])
        return found

    before = event()
    again = {**saved, "customProperties": {"meeting": "m-1"}, "body": None}
    web.post(save, json={"state": again, "send": False})
    assert event()["changeKey"] == before["changeKey"]
    web.post(save, json={"state": {**again, "customProperties": {}}, "send": False})
    assert list(event()["customProperties"].values()) == [{}]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outlook.requirement_set", "new"), ("outlook.permission_level", 4), ("outlook.permission_level", True),
        ("outlook.body_type", "rtf"), ("outlook.rewriting", "notes"), ("outlook.token_error", 0),
        ("outlook.office_faults", [{"dispatch": 18}]), ("outlook.office_faults", [{"dispatch": 18, "code": 0}]),
        ("outlook.office_faults", [{"dispatch": 18, "drop": True, "deny": True}]),
        ("outlook.office_faults", [{"dispatch": 18, "drop": False}]), ("outlook.office_faults", [{"drop": True}]),
        ("outlook.office_faults", [{"dispatch": 18, "delay": 10**9}]), ("outlook.office_faults", "all"),
        ("outlook.office_faults", [{"dispatch": 18, "drop": True, "times": 0}]), ("graph.shuffle", True),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_refused_and_changes_nothing(web: Client, name: str, value: object) -> None:
    before = web.get("/api/switches").json
    refused = web.put("/api/switches", json={"outlook.body_type": "text", name: value})
    assert refused.status_code == 400
    assert refused.json is not None
    assert name in refused.json["error"]
    assert web.get("/api/switches").json == before


def test_settings_reach_the_windows(web: Client, world: World) -> None:
    faults = [{"dispatch": 18, "code": 9020, "times": 2}, {"dispatch": 38, "behind": True}]
    wanted = {
        "outlook.requirement_set": "1.12", "outlook.permission_level": 2, "outlook.body_type": "text",
        "outlook.token_error": 13003, "outlook.rewriting": "classic", "outlook.office_faults": faults,
    }  # fmt: skip
    assert web.put("/api/switches", json=wanted).json == wanted
    found = configuration(web.get("/organiser@contoso.example/compose").text)
    assert (found["requirementSet"], found["permissionLevel"], found["tokenError"]) == ("1.12", 2, 13003)
    assert found["officeFaults"] == faults
    assert found["state"]["bodyType"] == "text"  # type: ignore[index]
    assert world.faults.switch("outlook.rewriting") == "classic"


def test_who_got_what_names_those_too_who_got_nothing(web: Client, world: World) -> None:
    state = {
        "subject": "Planning", "start": 1_800_000_000_000, "end": 1_800_003_600_000, "zone": "UTC", "bodyType": "html",
        "body": "x", "required": [{"address": "paris@contoso.example", "name": "Paris"}],
    }  # fmt: skip
    save = "/api/organiser@contoso.example/save"
    sent = web.post(save, json={"state": state, "send": True}).json
    assert sent is not None
    more = [*sent["required"], {"address": "guest@customer.example", "name": "Guest"}]
    web.post(save, json={"state": {**sent, "body": None, "required": more}, "send": False})
    found = web.get("/api/who").json
    assert found is not None
    (meeting,) = found["meetings"]
    assert (meeting["subject"], meeting["uid"]) == ("Planning", sent["uid"])
    got = {person["address"]: sum(len(own) for own in person["mails"].values()) for person in meeting["people"]}
    assert got == {"paris@contoso.example": 1, "guest@customer.example": 0}
    assert [one["mailbox"] for one in found["mails"]] == ["paris@contoso.example"]


def test_dragging_a_meeting_that_was_never_sent_tells_nobody(web: Client, world: World) -> None:
    state = {
        "subject": "Draft", "start": 1_800_000_000_000, "end": 1_800_003_600_000, "zone": "UTC", "bodyType": "html",
        "body": "x", "required": [{"address": "paris@contoso.example", "name": "Paris"}],
    }  # fmt: skip
    saved = web.post("/api/organiser@contoso.example/save", json={"state": state, "send": False}).json
    assert saved is not None
    moved = {"id": saved["id"], "start": 1_800_010_000_000, "end": 1_800_020_000_000}
    answer = web.post("/api/organiser@contoso.example/move", json=moved).json
    assert answer is not None
    assert (answer["start"], answer["end"]) == (moved["start"], moved["end"])
    assert world.outbox.mails() == []
