"""Rooms read from every shape of answer that was seen, and written as the API documents it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.clickmeeting.shapes import create_parameters, edit_parameters, read_room
from addin.errors import InvalidInput
from addin.model import AccessType, Kind, RoomChange, RoomSpec

START = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
ANSWER: dict[str, Any] = {
    "id": 4200017,
    "room_type": "meeting",
    "room_pin": 518204773,
    "name": "Ann &amp; &quot;Bob&#039;s&quot;",
    "name_url": "quarterly_review",
    "starts_at": "2026-12-03T10:00:00+01:00",
    "ends_at": "2026-12-03T11:20:00+01:00",
    "access_type": 3,
    "status": "active",
    "timezone": "Europe/Warsaw",
    "created_at": "2026-11-23T09:12:16+01:00",
    "permanent_room": False,
    "access_role_hashes": {"host": "0123456789abcdef0123456789abcdef"},
    "room_url": "https://acme.clickmeeting.example/quarterly_review",
    "phone_presenter_pin": 641920385,
    "phone_listener_pin": 275118640,
    "settings": {"phonegateway_enabled": False},
    "autologin_hash": "deadbeef" * 16,
}


def spec(**changes: Any) -> RoomSpec:
    values: dict[str, Any] = {
        "name": "Review",
        "kind": Kind.MEETING,
        "access": AccessType.OPEN,
        "permanent": False,
        "url_name": "mabc",
        "zone": "Europe/Warsaw",
        "starts_at": START,
        "duration": timedelta(minutes=80),
    }
    return RoomSpec(**(values | changes))


@pytest.mark.parametrize("wrapper", ["room", "conference", None])
def test_a_room_in_each_wrapper(wrapper: str | None) -> None:
    room = read_room({wrapper: ANSWER} if wrapper else ANSWER)
    assert room is not None
    assert (room.id, room.pin, room.name, room.access) == (4200017, 518204773, 'Ann & "Bob\'s"', AccessType.TOKEN)
    assert (room.starts_at, room.ends_at) == (START, START + timedelta(minutes=80))
    assert (room.listener_pin, room.presenter_pin, room.dial_in) == (275118640, 641920385, False)
    assert (room.active, room.permanent, room.url_name) == (True, False, "quarterly_review")


def test_types_that_vary_are_read_alike() -> None:
    """2.2: numbers as text, booleans as numbers or text."""
    varied = ANSWER | {
        "id": "4200017",
        "room_pin": "518204773",
        "access_type": "3",
        "permanent_room": "0",
        "phone_listener_pin": "275118640",
        "settings": {"phonegateway_enabled": "0"},
    }
    assert read_room(varied) == read_room(ANSWER)
    for yes in (True, 1, "1", "true"):
        room = read_room(ANSWER | {"permanent_room": yes, "settings": {"phonegateway_enabled": yes}})
        assert room is not None
        assert room.permanent
        assert room.dial_in


def test_what_is_missing_is_unknown() -> None:
    """U22: no key is no answer."""
    bare = read_room({"id": 1, "room_url": "https://acme.clickmeeting.example/x"})
    assert bare is not None
    assert (bare.dial_in, bare.starts_at, bare.listener_pin, bare.zone) == (None, None, None, None)
    assert read_room(ANSWER | {"settings": []}).dial_in is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "data",
    [
        None, [], "404 Not Found", {}, {"room": None}, {"room": []}, {"id": 1}, {"id": True, "room_url": "https://x"},
        {"id": "x", "room_url": "https://x"}, {"id": 1, "room_url": "javascript:alert(1)"}, {"id": 1, "room_url": None},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_room_is_none(data: object) -> None:
    assert read_room(data) is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(ANSWER)), _json))
def test_no_answer_breaks_the_reading(odd: dict[str, Any]) -> None:
    read_room(ANSWER | odd)
    read_room({"room": odd})


def test_neither_hash_nor_presenter_pin_shows_in_a_room() -> None:
    shown = repr(read_room(ANSWER))
    assert not any(secret in shown for secret in ("deadbeef", "0123456789abcdef", "641920385"))


def test_a_scheduled_room_is_written_with_offset_and_zone() -> None:
    """U7, 2.1."""
    assert create_parameters(spec(dial_in=True)) == {
        "name": "Review",
        "room_type": "meeting",
        "permanent_room": False,
        "access_type": 1,
        "custom_room_url_name": "mabc",
        "timezone": "Europe/Warsaw",
        "registration": {"enabled": False},
        "settings": {"show_on_personal_page": False, "phonegateway_enabled": True},
        "lobby_enabled": False,
        "starts_at": "2026-12-03T10:00:00+01:00",
        "duration": "1:20",
    }


def test_a_permanent_room_is_written_without_times() -> None:
    assert not {"starts_at", "duration"} & set(create_parameters(spec(permanent=True)))


def test_a_password_goes_only_to_a_password_room() -> None:
    assert "password" not in create_parameters(spec(password="Winter2026"))
    assert create_parameters(spec(access=AccessType.PASSWORD, password="Winter2026"))["password"] == "Winter2026"


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (timedelta(minutes=5), "0:05"),
        (timedelta(hours=2), "2:00"),
        (timedelta(minutes=59, seconds=1), "1:00"),
        (timedelta(hours=24), "24:00"),
    ],
)
def test_a_duration_is_hours_and_minutes(duration: timedelta, written: str) -> None:
    assert create_parameters(spec(duration=duration))["duration"] == written


def test_a_start_across_the_change_of_the_clocks_keeps_its_instant() -> None:
    before, after = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    starts = [create_parameters(spec(starts_at=moment))["starts_at"] for moment in (before, after)]
    assert starts == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]


def test_times_of_an_edit_bring_the_present_permanence_along() -> None:
    """2.1, R8."""
    assert edit_parameters(RoomChange(permanent=False, duration=timedelta(hours=1))) == {
        "permanent_room": False,
        "duration": "1:00",
    }
    assert edit_parameters(RoomChange(permanent=False, name="New")) == {"name": "New"}
    assert edit_parameters(RoomChange(permanent=False)) == {}
    zone_only = RoomChange(permanent=True, starts_at=START, duration=timedelta(hours=1), zone="Asia/Tokyo")
    assert edit_parameters(zone_only) == {"permanent_room": True, "timezone": "Asia/Tokyo"}


def test_a_lobby_text_is_taken_away_again() -> None:
    assert edit_parameters(RoomChange(permanent=True, lobby_message="")) == {
        "lobby_enabled": False,
        "lobby_description": "",
    }


def test_a_start_without_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="zone"):
        create_parameters(spec(starts_at=START.replace(tzinfo=None)))


def test_control_characters_do_not_travel() -> None:
    parameters = create_parameters(spec(name=" a\x00b\u202e\r\nc\td ", lobby_message="one\x1b\ntwo"))
    assert parameters["name"] == "ab c d"
    assert parameters["lobby_description"] == "one\ntwo"
