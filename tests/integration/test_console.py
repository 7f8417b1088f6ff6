"""The console over sockets: who gets in, tenants apart on every route, and what an administrator's hand does."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from console_visitor import ADMIN, OTHER_ADMIN, Administrator, heading, routes, signed_in, told
from stage import Stage, a_wish, an_event

from addin.policy import Policy
from addin.policy_layers import FIELDS
from addin.policy_rules import texts
from server.store import Seal, SqlStore
from server.store.audit import Act
from server.store.policies import KeptLayer

DOCUMENTED = Path(__file__).parents[2] / "docs" / "console.md"
STOPPED = "Your organisation's administrator has stopped ClickMeeting for Outlook for now."
NEW_KEY = "eu-another-key-of-the-same-account-0001"


@pytest.fixture(scope="module")
def admin(shared_stage: Stage) -> Administrator:
    return signed_in(shared_stage)


@pytest.fixture(scope="module")
def other_admin(shared_stage: Stage) -> Administrator:
    return signed_in(shared_stage, OTHER_ADMIN)


@pytest.fixture(scope="module")
def store(shared_stage: Stage) -> Iterator[SqlStore]:
    settings = shared_stage.running.settings
    seal = Seal.from_setting(settings.encryption_keys.get_secret_value())
    opened = SqlStore(settings.database_url, seal, lambda: datetime.now(UTC))
    yield opened
    opened.close()


def tenant(stage: Stage) -> str:
    return str(stage.running.description["tenants"][0]["id"])


def test_nobody_gets_in_without_the_role(stage: Stage) -> None:
    stranger = Administrator(stage)
    refused = stranger.sign_in("organiser@contoso.example")
    assert refused.status_code == 403
    assert "does not have the role ClickMeeting.Admin" in told(refused)
    assert "assign it to you" in told(refused)
    assert heading(stranger.get("")) == "Administration"


def test_without_a_session_every_route_leads_to_the_sign_in(stage: Stage) -> None:
    stranger = Administrator(stage)
    for method, path in routes():
        where = re.sub("<[^>]*>", "1", path)
        if path in ("sign-in", "sign-in/return", "page.css", "welcome"):
            continue
        answer = stranger.get(where) if method == "GET" else stranger.post(where)
        expected = (200, "Administration") if method == "GET" else (401, "Your session is over")
        assert (answer.status_code, heading(answer)) == expected, path


def test_a_sign_in_belongs_to_one_browser_and_is_good_once(stage: Stage) -> None:
    mine, foreign = Administrator(stage), Administrator(stage)
    form = mine.come_back(ADMIN)
    stolen = foreign.send(form)
    assert stolen.status_code == 401
    assert "another browser" in told(stolen)
    assert mine.send(form).status_code == 401, "whoever brought it first used it up"
    form = mine.come_back(ADMIN)
    assert heading(mine.send(form)) == "Overview"
    assert mine.send(form).status_code == 401


def test_cookie_and_headers_are_the_strict_ones(stage: Stage) -> None:
    browser = Administrator(stage)
    target, fields = browser.come_back(ADMIN)
    answer = browser.session.post(target, data=fields, allow_redirects=False, timeout=60)
    [cookie] = [one for one in answer.raw.headers.getlist("Set-Cookie") if "console=" in one]
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    for path in ("", "meetings", "policies/tenant", "nowhere"):
        page = browser.get(path)
        policy = page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert page.headers["Cache-Control"] == "no-store"
    frame = browser.get("templates/tenant/en/preview")
    assert frame.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'; sandbox")


def test_signing_out_ends_the_session_wherever_its_cookie_went(stage: Stage) -> None:
    browser = signed_in(stage)
    kept = dict(browser.session.cookies)
    assert heading(browser.post("sign-out")) == "You are signed out"
    again = requests.get(f"{stage.base}/admin/", cookies=kept, verify=browser.session.verify, timeout=60)
    assert heading(again) == "Administration"


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": None, "Sec-Fetch-Site": "same-site"},
    {"Origin": None, "Sec-Fetch-Site": None},
    {"Origin": "null", "Sec-Fetch-Site": None},
])  # fmt: skip
def test_a_change_from_another_sites_page_is_refused(
    stage: Stage, admin: Administrator, store: SqlStore, headers: dict[str, str]
) -> None:
    before = store.policies.revision(tenant(stage))
    answer = admin.post("stop", headers=headers)
    assert answer.status_code == 403
    assert "did not come from a page of this console" in told(answer)
    assert store.policies.revision(tenant(stage)) == before


def test_two_tenants_are_apart_on_every_route(
    stage: Stage, admin: Administrator, other_admin: Administrator, store: SqlStore
) -> None:
    made = stage.schedule(a_wish(title="Unmistakable", participants=[{"address": "apart@example.net"}])).json()
    key = stage.running.description["clickmeeting"]["api_key"]
    assert "took the key" in told(
        admin.post("accounts", {"name": "Pelican", "scope": "user:", "person": "x@y.example", "key": key})
    )
    [account] = [one for one in store.accounts.all(tenant(stage)) if one.name == "Pelican"]
    group = {"version": "0", "name": "Flamingo", "save": "1", "default_kind": "webinar", "why": "x"}
    assert "Saved" in told(admin.post("policies/flamingo1", group))
    owner = store.meeting(made["id"]).owner
    places = {"meeting_id": made["id"], "layer_id": "flamingo1", "account_id": account.id, "user_id": owner.user_id,
              "tag": "en", "version": "1", "anything": "nowhere"}  # fmt: skip

    def whole() -> tuple[Any, ...]:
        mine = tenant(stage)
        meeting = replace(store.meeting(made["id"]), version=0)  # a look saves it anew
        entries = [entry.text for entry in store.audit.all(mine)]
        return store.policies.all(mine), store.accounts.all(mine), store.switches.stopped(mine), meeting, entries

    before = whole()
    person = {"address": "apart@example.net"}
    forms = {"people": person, "people/export": person, "people/erase": person, "policies": {"name": "Heron"}}
    for method, path in routes():
        if path in ("sign-in", "sign-in/return", "sign-out"):
            continue
        where = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: places[found.group(1)], path)
        searched = {"params": {"q": "Unmistakable"}} if path == "meetings" else {}
        answer = other_admin.get(where, **searched) if method == "GET" else other_admin.post(where, forms.get(path))
        assert answer.status_code < 500, (path, told(answer))
        for secret in ("Unmistakable</a>", "Pelican", "Flamingo", owner.address, made["room"]["url"]):
            assert secret not in answer.text, (method, path, secret)
    assert whole() == before, "another tenant's administrator changed something"
    assert other_admin.get(f"meetings/{made['id']}").status_code == 404
    assert "Unmistakable" in admin.get("meetings", params={"q": "unmistak"}).text
    other_admin.post("go-on")


def test_the_switch_stops_everything_at_once_and_what_waited_is_caught_up_with(
    stage: Stage, admin: Administrator
) -> None:
    made, organiser = stage.schedule(a_wish()).json(), stage.organiser()
    event = organiser.send(made, an_event(a_wish()), "<p>Agenda</p>")
    stage.outside.until(
        "followed", lambda: stage.api("GET", f"/api/v1/meetings/{made['id']}").json()["state"] == "followed"
    )
    assert stage.api("GET", "/api/v1/options").json()["stopped"] is None
    stage.settled()
    assert heading(admin.post("stop", {"why": "A test"})) == "Overview"
    rooms = stage.rooms()

    assert stage.api("GET", "/api/v1/options").json()["stopped"].startswith(STOPPED)
    refused = stage.schedule(a_wish(title="Not now"))
    assert (refused.status_code, refused.json()["reason"]) == (503, "stopped")
    assert refused.json()["detail"].startswith(STOPPED)
    assert stage.api("DELETE", f"/api/v1/meetings/{made['id']}").status_code == 503
    organiser.change(event["id"], {"subject": "Renamed while stopped"})
    stage.settled()
    assert stage.rooms() == rooms
    assert "Everything is stopped" in told(admin.get(""))
    fabrikam = stage.api("GET", "/api/v1/options", token=stage.token("organiser@fabrikam.example"))
    assert fabrikam.json()["stopped"] is None

    admin.post("go-on")
    stage.outside.until("caught up", lambda: [room["name"] for room in stage.rooms()] == ["Renamed while stopped"])
    assert stage.schedule(a_wish(title="Now", permanent=True)).status_code == 201


def test_what_differs_is_told_and_a_retry_puts_it_right(stage: Stage, admin: Administrator) -> None:
    wish = a_wish(title="Before")
    made, organiser = stage.schedule(wish).json(), stage.organiser()
    event = organiser.send(made, an_event(wish), "<p>Agenda</p>")
    stage.outside.until(
        "followed", lambda: stage.api("GET", f"/api/v1/meetings/{made['id']}").json()["state"] == "followed"
    )
    stage.settled()
    assert "Everything is in step." in told(admin.post(f"meetings/{made['id']}/compare"))
    stage.faults(graph__notification_loss=1.0)
    organiser.change(event["id"], {"subject": "After"})
    shown = told(admin.post(f"meetings/{made['id']}/compare"))
    assert "Change the room" in shown
    assert "The room was renamed." in shown
    assert [room["name"] for room in stage.rooms()] == ["Before"], "comparing changes nothing"
    assert "looked at now" in told(admin.post(f"meetings/{made['id']}/retry"))
    stage.outside.until("put right", lambda: [room["name"] for room in stage.rooms()] == ["After"])
    stage.faults()
    assert "The room was renamed." in told(admin.get(f"meetings/{made['id']}"))
    room, own = made["room"], f"{stage.base}/j/{made['id']}"
    for words in ("after", str(room["room_id"]), room["url"], own, made["id"], "organiser@contoso.example"):
        assert f"/admin/meetings/{made['id']}" in admin.get("meetings", params={"q": words}).text, words
    assert "organiser@contoso.example" in told(admin.get("mailboxes"))
    assert re.search(r"[1-9]\d* calls to Microsoft Graph", told(admin.get("mailboxes")))


def test_a_deletion_is_put_off_or_undone_and_the_room_left_over_is_listed(
    stage: Stage, admin: Administrator, store: SqlStore
) -> None:
    wish = a_wish(title="To be kept")
    made, organiser = stage.schedule(wish).json(), stage.organiser()
    event = organiser.send(made, an_event(wish), "<p>Agenda</p>")

    def state() -> str:
        return str(store.meeting(made["id"]).state)

    stage.outside.until("followed", lambda: state() == "followed")
    assert admin.post(f"meetings/{made['id']}/keep").status_code == 422
    organiser.graph("DELETE", f"/me/events/{event['id']}")
    stage.outside.until("gone", lambda: state() == "gone")
    before = store.meeting(made["id"]).gone_at
    assert "put off" in told(admin.post(f"meetings/{made['id']}/keep"))
    after = store.meeting(made["id"]).gone_at
    assert before is not None
    assert after is not None
    assert after > before
    assert "no room without a meeting" in told(admin.post("attention"))
    assert "followed no more" in told(admin.post(f"meetings/{made['id']}/let-go"))
    assert state() == "ended"
    assert [room["name"] for room in stage.rooms()] == ["To be kept"]
    assert "To be kept" in told(admin.post("attention"))
    assert admin.post(f"meetings/{made['id']}/let-go").status_code == 422


def test_a_policy_that_contradicts_itself_is_refused_and_an_earlier_version_brought_back(
    stage: Stage, admin: Administrator, store: SqlStore
) -> None:
    def versions() -> list[dict[str, Any]]:
        return [one.wishes for one in store.policies.versions(tenant(stage), "tenant")]

    refused = admin.post("policies/tenant", {"version": "0", "save": "1", "kinds": "webinar"})
    assert refused.status_code == 422
    assert "default_kind: meeting is not allowed. Add it to kinds, or choose among webinar." in told(refused)
    assert versions() == []
    form = {"version": "0", "default_access": "password", "who": "organiser@contoso.example"}
    previewed = told(admin.post("policies/tenant", form | {"preview": "1"}))
    assert "What would change for organiser@contoso.example" in previewed
    assert "Access, by default Open Password" in previewed
    assert versions() == []
    assert "Saved" in told(admin.post("policies/tenant", form | {"save": "1", "why": "First"}))
    stale = admin.post("policies/tenant", form | {"save": "1", "why": "Late"})
    assert stale.status_code == 409
    assert stage.schedule(a_wish(title="By policy")).json()["access"] == "password"
    template = {"version": "1", "footer": "<script>x</script><b>Contoso</b>", "why": "Brand"}
    assert "Contoso" in told(admin.post("templates/tenant/en/preview", template | {"client": "text"}))
    assert "<script" not in admin.post("templates/tenant/en/preview", template).text
    assert "Saved" in told(admin.post("templates/tenant/en", template))
    bad = admin.post("templates/tenant/en", {"version": "2", "logo_url": "http://example.com/logo.png"})
    assert bad.status_code == 422
    assert "must begin with https://" in told(bad)
    assert "Saved" in told(admin.post("policies/tenant", {"version": "2", "save": "1", "why": "Nothing"}))
    assert set(versions()[0]) == {"template"}, "the form of the policy leaves the template as it is"
    brought = admin.post("policies/tenant/versions/1")
    assert "Access, by default Open Password" in told(brought)
    assert "As in version 1" in brought.text
    assert len(versions()) == 3


def test_a_key_is_replaced_while_everything_is_stopped_and_an_account_without_its_group_is_told(
    stage: Stage, admin: Administrator, store: SqlStore
) -> None:
    mine, key = tenant(stage), stage.running.description["clickmeeting"]["api_key"]
    act = Act(mine, "admin", "policy.saved")
    store.policies.save(mine, KeptLayer("heron1", 0, name="Herons", members=("organiser@contoso.example",)), act)
    stage.outside.until("the group is known", lambda: "Herons" in admin.get("accounts").text)
    assert "took the key" in told(admin.post("accounts", {"name": "Heron", "scope": "group:heron1", "key": key}))
    [account] = [one for one in store.accounts.all(mine) if one.name == "Heron"]
    assert "The group was removed" not in told(admin.get("accounts"))
    made = stage.schedule(a_wish(title="Heron", permanent=True)).json()
    assert store.meeting(made["id"]).account == account.id
    admin.post("stop", {"why": "A key leaked"})
    stage.faults(clickmeeting__api_key=NEW_KEY)
    assert "wrong or was revoked" in told(admin.post(f"accounts/{account.id}/check"))
    answer = told(admin.post(f"accounts/{account.id}/key", {"key": NEW_KEY}))
    assert "took the new key" in answer
    assert "could not be shown" in answer
    assert "takes this key" in told(admin.post(f"accounts/{account.id}/check"))
    assert store.accounts.get(mine, account.id).key == NEW_KEY
    stage.faults()
    admin.post("go-on")
    answer = told(admin.post(f"accounts/{account.id}/key", {"key": key}))
    assert "took the new key" in answer
    assert "could not be shown" not in answer, "its room was opened"
    assert stage.api("DELETE", f"/api/v1/meetings/{made['id']}").status_code == 204
    [layer] = [one for one in store.policies.present(mine) if one.id == "heron1"]
    store.policies.save(mine, replace(layer, removed=True), act)
    stage.outside.until("told", lambda: "The group was removed" in told(admin.get("accounts")))
    admin.post(f"accounts/{account.id}/retire")
    assert "The group was removed" not in told(admin.get("accounts"))


def test_keys_are_checked_before_they_are_taken_and_the_account_of_the_person_is_used(
    stage: Stage, admin: Administrator, store: SqlStore
) -> None:
    mine = {"name": "Organiser's", "scope": "user:", "person": "organiser@contoso.example"}
    accounts = len(store.accounts.all(tenant(stage)))
    refused = admin.post("accounts", mine | {"key": "eu-revoked"})
    assert refused.status_code == 422
    assert "wrong or was revoked. Make a new one" in told(refused)
    assert len(store.accounts.all(tenant(stage))) == accounts
    key = stage.running.description["clickmeeting"]["api_key"]
    assert "took the key" in told(admin.post("accounts", mine | {"key": key}))
    assert key not in admin.get("accounts").text
    [account] = [one for one in store.accounts.all(tenant(stage)) if one.name == mine["name"]]
    added = [one.detail for one in store.audit.all(tenant(stage)) if one.action == "account.added"]
    whom = store.subjects.mark(tenant(stage), mine["person"])
    assert f"Organiser's for user {whom}" in added, "the log proves for whom it was, and tells it to nobody"
    made = stage.schedule(a_wish(title="In the account")).json()
    assert store.meeting(made["id"]).account == account.id

    stage.faults(clickmeeting__api_key=NEW_KEY)  # its owner made a new key: the old one is revoked
    revoked = admin.post(f"accounts/{account.id}/check")
    assert "wrong or was revoked" in told(revoked)
    stage.faults(
        {
            "service": "clickmeeting",
            "method": "GET",
            "path": r"conferences/(\d+|active|inactive)",
            "status": 404,
            "times": 30,
        },
        clickmeeting__api_key=NEW_KEY,
    )
    foreign = admin.post(f"accounts/{account.id}/key", {"key": NEW_KEY})
    assert foreign.status_code == 422
    assert "key of another ClickMeeting account" in told(foreign)
    assert "tick the box" in told(foreign), "the old key cannot say any more whose rooms they were"
    assert store.accounts.get(tenant(stage), account.id).key == key
    sure = admin.post(f"accounts/{account.id}/key", {"key": NEW_KEY, "sure": "yes"})
    assert "took the new key. That it is of the same account could not be shown" in told(sure)
    stage.faults(clickmeeting__api_key=NEW_KEY)
    assert "took the new key" in told(admin.post(f"accounts/{account.id}/key", {"key": NEW_KEY}))
    later = stage.schedule(a_wish(title="Under the new key", permanent=True))
    assert later.status_code == 201
    other = stage.schedule(a_wish(title="Settings", permanent=True), token=stage.token("paris@contoso.example"))
    assert other.status_code == 502, "the key of the settings was revoked as well"

    assert "Retire the account first" in told(admin.post(f"accounts/{account.id}/remove"))
    admin.post(f"accounts/{account.id}/retire")
    assert "2 meetings still have their rooms" in told(admin.post(f"accounts/{account.id}/remove"))
    for meeting_id in (made["id"], later.json()["id"]):
        stage.outside.until(
            "taken off",
            lambda meeting_id=meeting_id: stage.api("DELETE", f"/api/v1/meetings/{meeting_id}").status_code == 204,
        )
    assert "Removed." in told(admin.post(f"accounts/{account.id}/remove"))
    stage.faults()


def test_the_audit_log_proves_itself_without_this_server(stage: Stage, admin: Administrator) -> None:
    assert "entries hold" in told(admin.get("audit", params={"verify": "1"}))
    lines = [json.loads(line) for line in admin.get("audit/export").text.splitlines()]
    before = "0" * 64
    for number, line in enumerate(lines, 1):
        assert json.loads(line["entry"])["number"] == number
        assert line["digest"] == hashlib.sha256(f"{before}\n{line['entry']}".encode()).hexdigest()
        before = line["digest"]
    actions = [json.loads(line["entry"])["action"] for line in lines]
    assert {"signed-in", "stopped", "went-on", "policy.saved", "account.added", "audit.exported"} <= set(actions)
    assert "eu-" not in json.dumps(lines)


def test_a_persons_data_is_handed_over_and_erased_by_address(stage: Stage, admin: Administrator) -> None:
    person = "leaver@fabrikam.example"
    made = stage.schedule(a_wish(title="With a leaver", permanent=True, participants=[{"address": person}])).json()
    assert "1 meetings that are followed" in told(admin.post("people", {"address": person.upper()}))
    assert json.loads(admin.post("people/export", {"address": person}).text)["meetings"][0]["title"] == "With a leaver"
    stage.api("DELETE", f"/api/v1/meetings/{made['id']}")
    assert "Erased from 1 meetings." in told(admin.post("people/erase", {"address": person}))
    assert json.loads(admin.post("people/export", {"address": person}).text)["meetings"] == []
    assert admin.post("people", {"address": "nobody"}).status_code == 422
    assert person not in admin.get("audit/export").text


def test_the_console_speaks_french_and_says_the_same(stage: Stage, admin: Administrator) -> None:
    french = admin.get("", headers={"Accept-Language": "fr-CH, en;q=0.5"})
    assert heading(french) == "Vue d'ensemble"
    assert '<html lang="fr">' in french.text


def test_both_languages_hold_the_same_messages_with_the_same_places() -> None:
    folder = Path(__file__).parents[2] / "server" / "admin"
    english, french = (json.loads((folder / "messages" / f"{tag}.json").read_text("utf-8")) for tag in ("en", "fr"))
    assert list(english) == list(french)
    for key, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", french[key])), key


def test_every_part_of_a_policy_has_a_name_and_every_wish_a_field(admin: Administrator) -> None:
    english = json.loads((Path(__file__).parents[2] / "server" / "admin" / "messages" / "en.json").read_text("utf-8"))
    assert [name for name in texts(Policy()) if f"part.{name}" not in english] == []
    form = admin.get("policies/tenant").text
    missing = [name for name in FIELDS if f'name="{name}"' not in form and name not in ("locks", "template")]
    assert missing == []


def test_the_page_about_the_console_names_every_area_and_the_role(admin: Administrator) -> None:
    written = DOCUMENTED.read_text("utf-8")
    areas = re.findall(r'<li><a href="[^"]*"[^>]*>([^<]*)</a>', admin.get("").text)
    assert len(areas) == 9
    for area in areas:
        assert f"**{area.replace('&#39;', chr(39))}**" in written
    assert "ClickMeeting.Admin" in written
    assert "/admin/sign-in/return" in written
