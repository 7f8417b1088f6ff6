"""Tokens and personal entries: one person, once, as what was said (R1, R39)."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from addin.errors import InvalidInput, OutcomeUnknown, Refused
from addin.model import AccessType, Room
from sandbox.people import CLICKMEETING_KEY


@pytest.fixture
def room(account: Any) -> Room:
    """A room with token access."""
    made: Room = account.create(access=AccessType.TOKEN)
    return made


@pytest.mark.parametrize("how_many", [1, 100, 101, 250])
def test_as_many_fresh_tokens_as_asked_for(account: Any, room: Room, counted: Any, how_many: int) -> None:
    counted()
    tokens = account.rooms.generate_tokens(room, how_many)
    assert counted() == -(-how_many // 100), "at most 100 a call (U13)"
    assert len(set(tokens)) == how_many
    assert [state.token for state in account.rooms.tokens(room)] == list(tokens)
    assert all(state.used_at is None and state.address is None for state in account.rooms.tokens(room))


def test_no_token_costs_no_call(account: Any, room: Room, counted: Any) -> None:
    counted()
    assert account.rooms.generate_tokens(room, 0) == ()
    account.rooms.withdraw_tokens(room, [])
    assert counted() == 0


def test_tokens_whose_answer_was_lost_are_told_as_unknown(account: Any, room: Room) -> None:
    account.fault(method="POST", path="/tokens$", after_effect=True, status=504)
    with pytest.raises(OutcomeUnknown):
        account.rooms.generate_tokens(room, 3)
    assert len(account.rooms.tokens(room)) == 3


def test_a_token_admits_once(account: Any, room: Room) -> None:
    """R39; opening the address is the use, so that a link scanner burns it."""
    [token] = account.rooms.generate_tokens(room, 1)
    assert account.visit(f"{room.url}/{token}").status_code == 200
    assert account.visit(f"{room.url}/{token}").status_code == 403
    [state] = account.rooms.tokens(room)
    assert abs(state.used_at - account.now) < timedelta(seconds=5)


def test_a_withdrawn_token_admits_nobody(account: Any, room: Room) -> None:
    gone, kept = account.rooms.generate_tokens(room, 2)
    account.rooms.withdraw_tokens(room, [gone, "ZZZZZZ"])
    assert account.visit(f"{room.url}/{gone}").status_code == 403
    assert account.visit(f"{room.url}/{kept}").status_code == 200
    account.rooms.withdraw_tokens(room, ["ZZZZZZ"])
    account.rooms.withdraw_tokens(room, [gone])
    assert len(account.rooms.tokens(room)) == 1


def test_tokens_are_withdrawn_in_batches_and_from_a_room_that_moved(account: Any, room: Room, counted: Any) -> None:
    tokens = account.rooms.generate_tokens(room, 130)
    counted()
    account.rooms.withdraw_tokens(room, tokens[:120])
    assert counted() == 2
    service = account.desk.world.services["clickmeeting"]
    state = service.dump()
    state["account"]["rooms"][0]["id"] += 5
    service.load(state)
    account.rooms.withdraw_tokens(room, tokens[120:125])
    [seen] = account.seen()
    assert len(seen["tokens"]) == 5, "the tokens of the room under its new id are gone"
    account.rooms.delete(room)
    account.rooms.withdraw_tokens(room, tokens)


@pytest.mark.parametrize("shape", ["list", "object", "string"])
def test_the_token_of_an_address_in_each_shape(account: Any, room: Room, shape: str) -> None:
    account.switch(token_answer=shape)
    assert account.rooms.token_of(room, "paris@contoso.example") is None
    _invite(account, room, "paris@contoso.example")
    token = account.rooms.token_of(room, "Paris@contoso.example")
    assert account.visit(f"{room.url}/{token}").status_code == 200


def test_the_token_of_an_address_is_searched_where_the_question_is_not_offered(account: Any, room: Room) -> None:
    _invite(account, room, "paris@contoso.example")
    account.fault(method="POST", path="/token$", status=404)
    token = account.rooms.token_of(room, "paris@contoso.example")
    assert token in {seen["token"] for seen in account.seen()[0]["tokens"]}


@pytest.mark.parametrize("role", ["listener", "presenter", "host"])
def test_a_personal_entry_admits_in_its_role(account: Any, role: str) -> None:
    """E14."""
    room = account.create()
    link = account.rooms.entry(room, address="paris@contoso.example", nickname="Ann <b>", role=role)
    assert link.startswith(f"{room.url}?l=")
    assert account.visit(link).status_code == 200
    [visit] = account.seen()[0]["visits"]
    assert (visit["role"], visit["email"], visit["nickname"]) == (role, "paris@contoso.example", "Ann <b>")


def test_a_personal_entry_needs_what_the_room_needs(account: Any) -> None:
    someone = {"address": "paris@contoso.example", "nickname": "Ann", "role": "listener"}
    closed = account.create(access=AccessType.PASSWORD, password="Winter2026")
    with pytest.raises(Refused) as caught:
        account.rooms.entry(closed, **someone, password="Summer")
    assert caught.value.field == "password"
    assert account.visit(account.rooms.entry(closed, **someone, password="Winter2026")).status_code == 200
    room = account.create(access=AccessType.TOKEN, url_name="m" + "t" * 23)
    [token] = account.rooms.generate_tokens(room, 1)
    with pytest.raises(Refused):
        account.rooms.entry(room, **someone)
    link = account.rooms.entry(room, **someone, token=token)
    assert account.visit(link).status_code == 200
    assert account.rooms.tokens(room)[0].used_at is not None
    with pytest.raises(Refused):
        account.rooms.entry(room, **someone, token=token)


def test_a_personal_entry_of_another_role_is_not_asked_for(account: Any, counted: Any) -> None:
    room = account.create()
    counted()
    with pytest.raises(InvalidInput):
        account.rooms.entry(room, address="paris@contoso.example", nickname="Ann", role="owner")
    assert counted() == 0


def _invite(account: Any, room: Room, address: str) -> None:
    """ClickMeeting's own invitation, which the product does not use."""
    requests.post(
        f"{account.settings.url}/conferences/{room.id}/invitation/email/en",
        data={"attendees[0][email]": address},
        headers={"X-Api-Key": CLICKMEETING_KEY},
        verify=account.settings.ca_file,
        timeout=10,
    ).raise_for_status()
