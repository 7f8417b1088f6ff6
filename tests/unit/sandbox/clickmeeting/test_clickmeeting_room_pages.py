"""The stand-in's tokens, invitations, registration, statistics, and the room pages that people open."""

import re
from datetime import timedelta
from typing import Any

import pytest


def state(page: Any) -> str:
    found = re.search(r'data-state="(\w+)"', page.text)
    assert found is not None, page.text
    return found.group(1)


def path(room: dict[str, Any]) -> str:
    return "/" + str(room["name_url"])


def generate(standin: Any, room: dict[str, Any], how_many: int) -> list[str]:
    answer = standin.call("POST", f"conferences/{room['id']}/tokens", {"how_many": str(how_many)})
    assert answer.status_code == 200, answer.text
    return [item["token"] for item in answer.get_json()["access_tokens"]]


def test_an_open_room_asks_for_a_name_and_admits(standin: Any) -> None:
    room = standin.room()
    asked = standin.page(path(room))
    assert (asked.status_code, state(asked)) == (200, "asked")
    assert "Quarterly review" in asked.text
    assert "Monday 2026-11-23 10:12 to 13:12 (Europe/Warsaw)" in asked.text
    assert state(standin.page(path(room), {"nickname": " "})) == "refused"
    assert state(standin.page(path(room), {"nickname": "Ann"})) == "admitted"
    assert standin.service.rooms_seen()[0]["visits"][0]["nickname"] == "Ann"


def test_the_room_id_opens_the_room_too(standin: Any) -> None:
    room = standin.room()
    assert state(standin.page(f"/{room['room_pin']}")) == "asked"
    assert standin.page("/nothing").status_code == 404
    assert standin.page("/").status_code == 404


def test_what_people_typed_is_escaped(standin: Any) -> None:
    room = standin.room(name="<script>alert(1)</script>")
    page = standin.page(path(room), {"nickname": "<b>"})
    assert "<script>alert" not in page.text
    assert "<b>" not in page.text


def test_a_password_room_wants_its_password(standin: Any) -> None:
    room = standin.room(access_type="2", password="Winter2026")
    assert 'name="password"' in standin.page(path(room)).text
    assert standin.page(path(room), {"nickname": "Ann", "password": "winter2026"}).status_code == 403
    assert state(standin.page(path(room), {"nickname": "Ann", "password": "Winter2026"})) == "admitted"


def test_a_token_admits_once_by_address_or_by_form(standin: Any) -> None:
    """R39; a GET of the address is the use."""
    room = standin.room(access_type="3")
    first, second = generate(standin, room, 2)
    assert 'name="token"' in standin.page(path(room)).text
    assert state(standin.page(f"{path(room)}/{first}")) == "admitted"
    assert state(standin.page(f"{path(room)}/{first}")) == "refused"
    assert state(standin.page(path(room), {"nickname": "Ann", "token": second.lower()})) == "admitted"
    assert state(standin.page(f"{path(room)}/{second}")) == "refused"
    assert state(standin.page(f"{path(room)}/ZZZZZZ")) == "refused"
    used = standin.call("GET", f"conferences/{room['id']}/tokens").get_json()["access_tokens"]
    assert [item["first_use_date"] for item in used] == ["2026-11-23T10:12:30+01:00"] * 2


def test_tokens_look_like_real_ones(standin: Any) -> None:
    room = standin.room(access_type="3")
    tokens = generate(standin, room, 300)
    assert len(set(tokens)) == 300
    assert all(re.fullmatch("[346789CDEFGHKPQRTWXY]{6}", token) for token in tokens)
    for wrong in ("0", "1001", "-1", "many", ""):
        answer = standin.call("POST", f"conferences/{room['id']}/tokens", {"how_many": wrong})
        assert answer.status_code == 422


def test_only_token_rooms_have_tokens(standin: Any) -> None:
    """U14."""
    room = standin.room()
    for method, tail in (("GET", "tokens"), ("POST", "tokens"), ("DELETE", "tokens"), ("POST", "token")):
        assert standin.call(method, f"conferences/{room['id']}/{tail}").status_code == 422


def test_a_room_is_over_by_the_clock(standin: Any) -> None:
    room = standin.room(access_type="3")
    [token] = generate(standin, room, 1)
    standin.world.clock.advance(timedelta(hours=4).total_seconds())
    for page in (standin.page(path(room)), standin.page(f"{path(room)}/{token}"), standin.page(path(room), {})):
        assert (page.status_code, state(page)) == (410, "over")
    [listed] = standin.call("GET", f"conferences/{room['id']}/tokens").get_json()["access_tokens"]
    assert listed["first_use_date"] is None


def test_who_comes_early_waits_and_presenters_do_not(standin: Any) -> None:
    room = standin.room(starts_at="2026-12-03 10:00:00")
    assert "waiting room" in standin.page(path(room), {"nickname": "Ann"}).text
    entry = {"email": "host@contoso.example", "nickname": "Host", "role": "host"}
    answer = standin.call("POST", f"conferences/{room['id']}/room/autologin_hash", entry)
    assert "You are in the room" in standin.page(f"{path(room)}?l={answer.get_json()['autologin_hash']}").text


def test_a_personal_link_belongs_to_its_room(standin: Any) -> None:
    room, other = standin.room(), standin.room()
    entry = {"email": "ann@contoso.example", "nickname": "Ann", "role": "presenter"}
    link = standin.call("POST", f"conferences/{room['id']}/room/autologin_hash", entry).get_json()["autologin_hash"]
    assert 'data-role="presenter"' in standin.page(f"{path(room)}?l={link}").text
    for wrong in (f"{path(other)}?l={link}", f"{path(room)}?l={link[:-1]}0x", f"{path(room)}?l=", f"{path(room)}?l=_"):
        assert state(standin.page(wrong)) == "refused"
    host = standin.call("GET", f"conferences/{room['id']}").get_json()["conference"]["autologin_hash"]
    assert 'data-role="host"' in standin.page(f"{path(room)}?l={host}").text


@pytest.mark.parametrize("missing", ["email", "nickname", "role"])
def test_a_personal_link_needs_three_things(standin: Any, missing: str) -> None:
    room = standin.room()
    entry = {"email": "ann@contoso.example", "nickname": "Ann", "role": "listener"}
    del entry[missing]
    assert standin.call("POST", f"conferences/{room['id']}/room/autologin_hash", entry).status_code == 422


def test_an_invitation_carries_what_its_reader_needs(standin: Any) -> None:
    """R2, R22: an own token each, numbers and listener PIN where the gateway is on; no presenter PIN."""
    room = standin.room(**{"access_type": "3", "settings[phonegateway_enabled]": "1"})
    who = {"attendees[0][email]": "Ann@contoso.example", "attendees[1][email]": "ben@contoso.example"}
    answer = standin.call("POST", f"conferences/{room['id']}/invitation/email/en", who | {"role": "listener"})
    assert answer.get_json() == {"status": "OK"}
    ann, ben = standin.world.outbox.mails("ann@contoso.example") + standin.world.outbox.mails("ben@contoso.example")
    assert ann["details"]["token"] != ben["details"]["token"]
    assert f"{room['room_url']}/{ann['details']['token']}" in ann["text"]
    assert ann["details"]["listener_pin"] == room["phone_listener_pin"]
    assert len(ann["details"]["numbers"]) == 28
    assert str(room["phone_presenter_pin"]) not in ann["text"] + ann["html"]


def test_who_is_invited_again_keeps_an_unused_token(standin: Any) -> None:
    """U15; a used one is replaced."""
    room = standin.room(access_type="3")
    tokens = []
    for _ in range(2):
        standin.call(
            "POST", f"conferences/{room['id']}/invitation/email/pl", {"attendees[][email]": "ann@contoso.example"}
        )
        tokens.append(standin.world.outbox.mails()[-1]["details"]["token"])
    assert tokens[0] == tokens[1]
    standin.page(f"{path(room)}/{tokens[0]}")
    standin.call("POST", f"conferences/{room['id']}/invitation/email/pl", {"attendees[][email]": "ann@contoso.example"})
    third = standin.world.outbox.mails()[-1]["details"]["token"]
    assert third != tokens[0]
    assert standin.call("POST", f"conferences/{room['id']}/token", {"email": "ann@contoso.example"}).get_json() == [
        third
    ]


@pytest.mark.parametrize(
    ("language", "form"),
    [
        ("xx", {"attendees[][email]": "ann@contoso.example"}),
        ("en", {}),
        ("en", {"attendees[0][email]": "ann@contoso.example", "attendees[1][email]": "nobody"}),
        ("en", {"attendees[][email]": "ann@contoso.example", "template": "fancy"}),
        ("en", {"attendees[][email]": "ann@contoso.example", "role": "host"}),
    ],
)
def test_a_wrong_invitation_sends_nothing(standin: Any, language: str, form: dict[str, str]) -> None:
    """U16, U17."""
    room = standin.room()
    assert standin.call("POST", f"conferences/{room['id']}/invitation/email/{language}", form).status_code == 422
    assert standin.world.outbox.mails() == []


def test_registration_gives_an_own_link_and_is_no_error_twice(standin: Any) -> None:
    """R4, 2.6."""
    person = {"registration[1]": "Ann", "registration[2]": "Example", "registration[3]": "ann@contoso.example"}
    closed = standin.room()
    assert standin.call("POST", f"conferences/{closed['id']}/registration", person).status_code == 422
    room = standin.room(**{"registration[enabled]": "1"})
    where = f"conferences/{room['id']}/registration"
    first = standin.call("POST", where, person | {"confirmation_email[enabled]": "1"}).get_json()
    assert first["exist"] == 0
    assert standin.call("POST", where, person).get_json() == first | {"exist": 1}
    assert len(standin.world.outbox.mails("ann@contoso.example")) == 1
    assert state(standin.page(first["url"].removeprefix("https://localhost:9/rooms"))) == "admitted"
    [listed] = standin.call("GET", f"conferences/{room['id']}/registrations/all").get_json()
    assert listed["fields"] == {"First Name": "Ann", "Last Name": "Example", "Email Address": "ann@contoso.example"}
    assert listed["registration_confirmed"] == "null"
    for wrong in ({"registration[3]": "x"}, {"registration[1]": ""}):
        assert standin.call("POST", where, person | wrong).status_code == 422


def test_statistics_of_a_permanent_room_are_split_by_session(standin: Any) -> None:
    """R21."""
    room = standin.room(permanent_room="1")
    for name, pause in (("Ann", timedelta(minutes=5)), ("Ben", timedelta(days=7)), ("Ann", timedelta())):
        standin.page(path(room), {"nickname": name})
        standin.world.clock.advance(pause.total_seconds())
    sessions = standin.call("GET", f"conferences/{room['id']}/sessions").get_json()
    assert [session["total_visitors"] for session in sessions] == [2, 1]
    where = f"conferences/{room['id']}/sessions/{sessions[0]['id']}"
    detail = standin.call("GET", where).get_json()
    assert [person["login"] for person in detail["attendees"]] == ["Ann", "Ben"]
    assert set(detail["pdf"]) == {"en", "pl", "ru", "de", "es"}
    attendees = standin.call("GET", f"{where}/attendees").get_json()
    assert [person["role"] for person in attendees] == ["listener", "listener"]
    assert standin.call("GET", f"{where}/generate-pdf/en").get_json()["status"] == "FINISHED"
    last = f"conferences/{room['id']}/sessions/{sessions[1]['id']}/generate-pdf/en"
    assert standin.call("GET", last).get_json()["status"] == "IN PROGRESS"
    assert standin.call("GET", f"{where}/registrations").get_json() == []
    assert standin.call("GET", f"conferences/{room['id']}/sessions/1").status_code == 404


def test_no_secret_can_be_seen_in_a_capture(standin: Any) -> None:
    room = standin.room(access_type="3")
    [token] = generate(standin, room, 1)
    entry = {"email": "ann@contoso.example", "nickname": "Ann", "role": "listener", "token": token}
    link = standin.call("POST", f"conferences/{room['id']}/room/autologin_hash", entry).get_json()["autologin_hash"]
    standin.call("POST", f"conferences/{room['id']}/invitation/email/en", {"attendees[][email]": "ben@contoso.example"})
    other = standin.world.outbox.mails()[-1]["details"]["token"]
    text = f"see {room['room_url']}/{token} or ?l={link} or {other}"
    blanked = standin.world.secrets.blank(text)
    assert not {secret for secret in (token, link, other) if secret in blanked}
