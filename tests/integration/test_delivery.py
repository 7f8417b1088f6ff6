"""Tokens over real sockets: nobody reads another one's, no link scanner burns one, a press enters, a hand sends."""

import base64
import html
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from stage import ORGANISER, Stage, a_wish, an_event

from sandbox.people import TENANTS
from server.demo.running import running
from server.store import Seal, SqlStore

PARIS = {"address": "paris@contoso.example", "name": "Colleague in Paris"}
TORONTO = {"address": "toronto@contoso.example", "name": "Colleague in Toronto"}
WARSAW = {"address": "warsaw@contoso.example", "name": "Colleague in Warsaw"}
SETTINGS = {"sweep_seconds": 0.2, "log_level": "ERROR"}
_URL = re.compile(r"https?://[^\s<>\"']+")


@pytest.fixture(scope="module")
def discreet() -> Iterator[Stage]:
    """No token in any shared text."""
    with running(single_token_in_body=False, **SETTINGS) as started:
        yield Stage(started)


@pytest.fixture(scope="module")
def delegating() -> Iterator[Stage]:
    """ClickMeeting sends the personal invitations."""
    with running(invitation_sender="clickmeeting", **SETTINGS) as started:
        yield Stage(started)


def memory(stage: Stage) -> SqlStore:
    settings = stage.running.settings
    seal = Seal.from_setting(settings.encryption_keys.get_secret_value())
    return SqlStore(settings.database_url, seal, lambda: pytest.fail("reading needs no clock"))


def tokens(stage: Stage, meeting: dict[str, Any]) -> dict[str, str]:
    """Whose token is whose, from our own store: nobody else knows."""
    store = memory(stage)
    try:
        return {one.address: one.token for one in store.meeting(meeting["id"]).invitees if one.token}
    finally:
        store.close()


def live_tokens(stage: Stage, meeting: dict[str, Any]) -> set[str]:
    return {token["token"] for token in stage.outside.room(meeting["room"]["room_id"])["tokens"]}


def attendee(person: dict[str, Any]) -> dict[str, Any]:
    return {"type": "required", "emailAddress": person}


def get(stage: Stage, url: str, **more: Any) -> requests.Response:
    return requests.get(url, verify=stage.running.description["ca_file"], timeout=30, **more)


def press(stage: Stage, url: str) -> requests.Response:
    ca_file = stage.running.description["ca_file"]
    return requests.post(url, verify=ca_file, timeout=30, allow_redirects=False)


def links(stage: Stage, text: str) -> set[str]:
    return {html.unescape(url).rstrip(".,;)") for url in _URL.findall(text) if url.startswith(stage.base)}


def calendar_of(stage: Stage, upn: str) -> str:
    """Everything in a person's calendar, as the person's own client reads it."""
    description = stage.running.description
    tenant = next(one for one in description["tenants"] if any(user["upn"] == upn for user in one["users"]))
    person, client = next(user for user in tenant["users"] if user["upn"] == upn), tenant["clients"][1]
    token = stage.outside.call("POST", f"{description['base']}/entra/{tenant['id']}/oauth2/v2.0/token", data={
        "grant_type": "password", "username": upn, "password": person["password"], "client_id": client["id"],
        "client_secret": client["secret"], "scope": "https://graph.microsoft.com/Calendars.ReadWrite",
    })["access_token"]  # fmt: skip
    url = f"{description['graph']['url']}/me/events?$top=100"
    return str(stage.outside.call("GET", url, headers={"Authorization": f"Bearer {token}"}))


def in_full(mail: dict[str, Any]) -> str:
    """A mail with its attachments readable, however often they were encoded on the way."""
    text, part = str(mail), ""
    for attachment in mail["details"].get("attachments", []):
        part = str(attachment["content_bytes"])
        while re.fullmatch(r"[A-Za-z0-9+/=\s]{20,}", part):
            part = base64.b64decode(part).decode("utf-8", "replace")
        text += part
    return text


def everything_of(stage: Stage, upn: str) -> str:
    """All that reaches one person: mails with their parts, the calendar, and the pages behind every link in them."""
    text = "\n".join(in_full(mail) for mail in stage.mails(upn)) + calendar_of(stage, upn)
    pages = [get(stage, url).text for url in sorted(links(stage, text))]
    return "\n".join([text, *pages])


def all_mailboxes() -> list[str]:
    return [user.upn for tenant in TENANTS for user in tenant.users if user.role != "room"]


def story(stage: Stage, *wishes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """One becomes two, one leaves and another comes; returns the meeting and whose every token ever was."""
    organiser = stage.organiser()
    wish = a_wish(access="token", participants=[PARIS], title=f"Review {uuid.uuid4().hex[:6]}", **(wishes or ({},))[0])
    meeting = organiser.schedule(wish)
    event = organiser.send(meeting, an_event(wish), "<p>Dear all</p>")
    owners: dict[str, str] = {}
    for persons in ([PARIS], [PARIS, TORONTO], [PARIS, WARSAW]):
        organiser.change(event["id"], {"attendees": [attendee(person) for person in persons]})
        wanted = {person["address"] for person in persons}
        held: dict[str, str] = stage.outside.until(
            f"{len(persons)} participants hold tokens",
            lambda wanted=wanted: settled_tokens(stage, meeting, wanted),  # type: ignore[misc]
        )
        owners |= {token: address for address, token in held.items()}
    return meeting, owners


def settled_tokens(stage: Stage, meeting: dict[str, Any], wanted: set[str]) -> dict[str, str] | None:
    held = tokens(stage, meeting)
    if set(held) != wanted or live_tokens(stage, meeting) != set(held.values()):
        return None
    now = stage.organiser().meeting(meeting["id"])
    told = all(one["delivery"] == "sent" for one in now["participants"])
    return held if told or now["token_delivery"] == "body" or len(wanted) == 1 else None


def readers_of_foreign_tokens(stage: Stage, owners: dict[str, str]) -> list[str]:
    return [
        f"{upn} can read the token of {owner}"
        for upn in all_mailboxes()
        if upn != ORGANISER
        for text in [everything_of(stage, upn)]
        for token, owner in owners.items()
        if owner != upn and token in text
    ]


def test_nobody_ever_gets_anything_with_another_ones_token_in_it(discreet: Stage) -> None:
    meeting, owners = story(discreet)
    assert len(owners) == 3, "three people had a token each"
    for token, owner in owners.items():
        assert token in everything_of(discreet, owner), f"{owner} was told the own token"
    assert readers_of_foreign_tokens(discreet, owners) == []
    gone = {token for token, owner in owners.items() if owner == TORONTO["address"]}
    assert gone & live_tokens(discreet, meeting) == set()


def test_a_sole_participants_token_admits_nobody_once_others_may_have_read_it(stage: Stage) -> None:
    meeting, owners = story(stage)
    admitting = {token: owner for token, owner in owners.items() if token in live_tokens(stage, meeting)}
    assert {*admitting.values()} == {PARIS["address"], WARSAW["address"]}
    assert readers_of_foreign_tokens(stage, admitting) == []


def test_tokens_in_the_body_are_read_by_all_who_are_invited_and_by_nobody_else(stage: Stage) -> None:
    _, owners = story(stage, {"token_delivery": "body"})
    present = [token for token, owner in owners.items() if owner != TORONTO["address"]]
    for person in (PARIS, WARSAW):
        text = calendar_of(stage, person["address"])
        assert all(token in text for token in present), "that is what the organiser chose"
        assert stage.mails(person["address"], "mail") == [], "no second mail tells it again"
    others = [
        upn for upn in all_mailboxes() if upn not in (ORGANISER, *(one["address"] for one in (PARIS, TORONTO, WARSAW)))
    ]
    for upn in others:
        text = everything_of(stage, upn)
        assert not any(token in text for token in owners), upn


def followed(stage: Stage, **fields: Any) -> dict[str, Any]:
    organiser = stage.organiser()
    wish = a_wish(**({"access": "token", "participants": [PARIS, TORONTO]} | fields))
    meeting = organiser.schedule(wish)
    organiser.send(meeting, an_event(wish), "<p>Dear all</p>")
    return until_told(stage, meeting, {"sent"})


def until_told(stage: Stage, meeting: dict[str, Any], states: set[str]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        now = stage.organiser().meeting(meeting["id"])
        return now if {one["delivery"] for one in now["participants"]} == states else None

    return stage.outside.until(f"every delivery reads {states}", look)


def test_a_link_scanner_burns_no_token_and_changes_nothing(stage: Stage) -> None:
    meeting = followed(stage, dial_in={"enabled": True})
    before = state_of_the_world(stage, meeting)
    found = set().union(*(links(stage, str(mail)) for upn in all_mailboxes() for mail in stage.mails(upn)))
    assert len([url for url in found if "/j/" in url]) >= 2, "each personal mail has a link to our page"
    for url in sorted(found):
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = requests.request(method, url, verify=stage.running.description["ca_file"], timeout=30)
            assert answer.status_code < 500, f"{method} {url}"
        get(stage, url + "?utm_source=scanner")
    assert state_of_the_world(stage, meeting) == before


def state_of_the_world(stage: Stage, meeting: dict[str, Any]) -> Any:
    rooms = [{key: room[key] for key in ("room_pin", "name", "status", "tokens")} for room in stage.rooms()]
    assert all(token["first_use_date"] is None for room in rooms for token in room["tokens"])
    mails = sum(len(stage.mails(upn)) for upn in all_mailboxes())
    store = memory(stage)
    version = store.meeting(meeting["id"]).version
    store.close()
    return rooms, mails, version, stage.organiser().meeting(meeting["id"])


@pytest.mark.parametrize(("language", "direction"), [
    ("fr", "ltr"), ("de", "ltr"), ("es", "ltr"), ("pt", "ltr"), ("it", "ltr"), ("nl", "ltr"), ("pl", "ltr"),
    ("ru", "ltr"), ("ar", "rtl"), ("en", "ltr"),
])  # fmt: skip
def test_the_page_speaks_the_readers_language_and_needs_no_script(
    stage: Stage, language: str, direction: str, once: Callable[[], dict[str, Any]]
) -> None:
    link = next(one["link"] for one in invited(stage, once())["participants"] if one["link"])
    answer = get(stage, link, headers={"Accept-Language": f"{language};q=0.9, xx"})
    assert f'<html lang="{language}" dir="{direction}">' in answer.text
    assert "<script" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert '<form method="post"><button type="submit">' in answer.text


@pytest.fixture
def once(stage: Stage, request: pytest.FixtureRequest) -> Callable[[], dict[str, Any]]:
    """A scheduled meeting that tests share which only look."""

    def made() -> dict[str, Any]:
        return dict(stage.organiser().schedule(a_wish(access="token", participants=[PARIS, TORONTO])))

    return made


def invited(stage: Stage, meeting: dict[str, Any]) -> dict[str, Any]:
    answer = stage.api("GET", f"/api/v1/meetings/{meeting['id']}/participants")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_press_on_the_page_enters_with_the_own_token_and_no_other(stage: Stage) -> None:
    meeting = followed(stage)
    shown = {one["address"]: one["link"] for one in invited(stage, meeting)["participants"]}
    held = tokens(stage, meeting)
    assert not any(token in str(shown) for token in held.values()), "a link to copy never holds the token"
    answer = press(stage, shown[PARIS["address"]])
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{meeting['room']['url']}/{held[PARIS['address']]}"
    assert "You are in" in get(stage, answer.headers["Location"]).text
    used = [token for token in stage.outside.room(meeting["room"]["room_id"])["tokens"] if token["first_use_date"]]
    assert [token["token"] for token in used] == [held[PARIS["address"]]]


def test_a_link_that_was_changed_by_hand_opens_nothing(stage: Stage) -> None:
    meeting = followed(stage)
    paris, toronto = (one["link"] for one in invited(stage, meeting)["participants"])
    mixed = "/".join([*paris.split("/")[:-1], toronto.split("/")[-1]])
    for answer in (press(stage, mixed), get(stage, mixed), press(stage, paris + "x"), get(stage, paris[:-1])):
        assert answer.status_code == 404
        assert not any(token in answer.text for token in tokens(stage, meeting).values())


def test_a_leavers_link_says_that_there_is_no_token_any_more(stage: Stage) -> None:
    organiser = stage.organiser()
    wish = a_wish(access="token", participants=[PARIS, TORONTO])
    meeting = organiser.schedule(wish)
    event = organiser.send(meeting, an_event(wish), "<p>Dear all</p>")
    until_told(stage, meeting, {"sent"})
    link = next(one["link"] for one in invited(stage, meeting)["participants"] if one["address"] == TORONTO["address"])
    organiser.change(event["id"], {"attendees": [attendee(PARIS)]})
    stage.outside.until("Toronto is gone", lambda: len(invited(stage, meeting)["participants"]) == 1 or None)
    assert press(stage, link).status_code == 410


def test_links_to_copy_lead_in_before_anything_was_sent(stage: Stage) -> None:
    meeting = stage.organiser().schedule(a_wish(access="token", participants=[PARIS, TORONTO]))
    found = invited(stage, meeting)
    assert [one["has_token"] for one in found["participants"]] == [False, False]
    assert found["waiting"] == 2
    answer = press(stage, found["participants"][0]["link"])
    assert answer.status_code == 303
    assert "You are in" in get(stage, answer.headers["Location"]).text
    assert press(stage, found["participants"][0]["link"]).headers["Location"] == answer.headers["Location"]


def tell(stage: Stage, meeting: dict[str, Any], *, key: str | None = None, **body: Any) -> requests.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return stage.api("POST", f"/api/v1/meetings/{meeting['id']}/invitations", json=body, headers=headers)


def test_without_a_sent_appointment_a_press_sends_our_mails_once(stage: Stage) -> None:
    meeting = stage.organiser().schedule(a_wish(access="token", participants=[PARIS, TORONTO]))
    answer = tell(stage, meeting, addresses=None, by="graph")
    assert answer.status_code == 200, answer.text
    assert answer.json()["waiting"] == 0
    assert tell(stage, meeting, addresses=None, by="graph").status_code == 200
    held = tokens(stage, meeting)
    for person in (PARIS, TORONTO):
        [mail] = stage.mails(person["address"], "mail")
        assert held[person["address"]] in mail["text"]


def test_a_named_person_is_told_again_but_not_by_the_repetition_of_a_request(stage: Stage) -> None:
    meeting = followed(stage)
    key = uuid.uuid4().hex
    for _ in range(2):
        answer = tell(stage, meeting, key=key, addresses=[PARIS["address"]], by="graph")
        assert answer.status_code == 200, answer.text
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert len(stage.mails(PARIS["address"], "mail")) == 2


def test_a_mailbox_that_may_not_send_leaves_clickmeetings_own_invitation(stage: Stage) -> None:
    stage.faults(
        {"service": "graph", "method": "POST", "path": "sendMail", "status": 403, "times": 9,
         "body": {"error": {"code": "ErrorAccessDenied", "message": "Access is denied."}}},
    )  # fmt: skip
    organiser = stage.organiser()
    wish = a_wish(access="token", participants=[PARIS, TORONTO])
    meeting = organiser.schedule(wish)
    organiser.send(meeting, an_event(wish), "<p>Dear all</p>")
    until_told(stage, meeting, {"failed"})
    assert organiser.meeting(meeting["id"])["state"] == "followed", "following needs no right to send"
    refused = tell(stage, meeting, addresses=None, by="graph")
    assert refused.status_code == 403
    assert refused.json()["reason"] == "sending-not-allowed"
    assert refused.json()["detail"].endswith(".")
    answer = tell(stage, meeting, addresses=None, by="clickmeeting")
    assert {one["delivery"] for one in answer.json()["participants"]} == {"sent"}
    held = tokens(stage, meeting)
    assert live_tokens(stage, meeting) == set(held.values()), "one token each"
    for person in (PARIS, TORONTO):
        sent = [mail for mail in stage.mails(person["address"]) if mail["source"] == "clickmeeting"]
        assert len(sent) == 1
        assert held[person["address"]] in str(sent)


def test_a_stranger_can_be_neither_told_nor_looked_up(stage: Stage) -> None:
    meeting = stage.organiser().schedule(a_wish(access="token", participants=[PARIS, TORONTO]))
    answer = tell(stage, meeting, addresses=["stranger@fabrikam.example"])
    assert (answer.status_code, answer.json()["reason"]) == (422, "not-invited")
    assert tell(stage, meeting, addresses=None, by="pigeon").status_code == 422
    other = stage.token("organiser@fabrikam.example")
    for method, path in (("GET", "participants"), ("POST", "invitations")):
        answer = stage.api(method, f"/api/v1/meetings/{meeting['id']}/{path}", token=other, json={"addresses": None})
        assert answer.status_code == 404


def test_clickmeeting_sends_where_the_policy_says_so_and_its_tokens_are_read(delegating: Stage) -> None:
    meeting = followed(delegating)
    held = tokens(delegating, meeting)
    assert live_tokens(delegating, meeting) == set(held.values()), "none was generated beside ClickMeeting's"
    for person in (PARIS, TORONTO):
        assert delegating.mails(person["address"], "mail") == [], "no mail of ours"
        [mail] = [one for one in delegating.mails(person["address"]) if one["source"] == "clickmeeting"]
        assert held[person["address"]] in str(mail)
    everybody = {token: address for address, token in held.items()}
    for person in (PARIS, TORONTO):
        text = "\n".join(str(mail) for mail in delegating.mails(person["address"]))
        foreign = [token for token, owner in everybody.items() if owner != person["address"] and token in text]
        assert foreign == []


def test_a_guest_gets_the_appointment_as_a_file_and_an_attendee_does_not(stage: Stage) -> None:
    guest = {"address": "guest@fabrikam.example", "name": "Guest from Fabrikam", "type": "guest"}
    organiser = stage.organiser()
    wish = a_wish(access="token", participants=[PARIS, TORONTO, guest])
    meeting = organiser.schedule(wish)
    event = an_event(wish)
    event["attendees"] = [one for one in event["attendees"] if one["emailAddress"]["address"] != guest["address"]]
    organiser.send(meeting, event, "<p>Dear all</p>")
    until_told(stage, meeting, {"sent"})
    [mail] = stage.mails(guest["address"], "mail")
    assert "BEGIN:VCALENDAR" in in_full(mail)
    [other] = stage.mails(PARIS["address"], "mail")
    assert "BEGIN:VCALENDAR" not in in_full(other)
    owners = {token: address for address, token in tokens(stage, meeting).items()}
    assert len(owners) == 3
    assert readers_of_foreign_tokens(stage, owners) == [], "the file holds nobody's token but the guest's"


def test_as_a_date_of_a_series_ends_everybody_gets_a_new_token_and_the_old_ones_admit_nobody(stage: Stage) -> None:
    end = datetime.now(UTC).replace(microsecond=0, tzinfo=None) + timedelta(seconds=6)
    start = end - timedelta(hours=1)
    daily = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "noEnd", "startDate": start.date().isoformat(), "recurrenceTimeZone": "UTC"},
    }
    wish = a_wish(
        access="token", participants=[PARIS, TORONTO], start=start.isoformat(), end=end.isoformat(), time_zone="UTC",
        recurrence={"graph": daily},
    )  # fmt: skip
    organiser = stage.organiser()
    meeting = organiser.schedule(wish)
    organiser.send(meeting, an_event(wish) | {"recurrence": daily}, "<p>Dear all</p>")
    first = stage.outside.until(
        "the first tokens are told", lambda: settled_tokens(stage, meeting, {PARIS["address"], TORONTO["address"]})
    )
    second: dict[str, str] = stage.outside.until(
        "the date has ended and the tokens are new",
        lambda: renewed_tokens(stage, meeting, first),
    )
    assert set(second) == set(first)
    assert live_tokens(stage, meeting) == set(second.values()), "left-over ones are withdrawn (R39)"
    for address, token in second.items():
        told = stage.mails(address, "mail")
        assert len(told) == 2
        assert sum(token in mail["text"] for mail in told) == 1


def renewed_tokens(stage: Stage, meeting: dict[str, Any], first: dict[str, str]) -> dict[str, str] | None:
    held = settled_tokens(stage, meeting, set(first))
    return held if held and not set(held.values()) & set(first.values()) else None
