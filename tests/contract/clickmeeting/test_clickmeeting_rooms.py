"""Rooms: what is asked for is what stands at the service, and what comes back says the same."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addin.errors import InvalidInput, Missing, NotAllowed, NotSignedIn, Permanent, Refused, SlotTaken
from addin.model import AccessType, Kind, RoomChange

PARIS = ZoneInfo("Europe/Paris")


def test_the_key_is_checked(account: Any) -> None:
    account.rooms.check()
    with pytest.raises(NotSignedIn, match="API key"):
        account.with_settings(api_key="us" + "0" * 40).check()
    account.switch(api_key="eu" + "1" * 40)
    with pytest.raises(NotSignedIn):
        account.rooms.check()


def test_a_scheduled_room_is_as_asked_for(account: Any) -> None:
    spec = account.spec(kind=Kind.WEBINAR, dial_in=True, lobby_message="Please wait.", registration=True)
    room = account.rooms.create(spec, not_before=account.now)
    assert (room.name, room.kind, room.access, room.permanent) == (spec.name, Kind.WEBINAR, AccessType.OPEN, False)
    assert room.starts_at == spec.starts_at
    assert room.ends_at == spec.starts_at + spec.duration
    assert room.starts_at.utcoffset() == spec.starts_at.astimezone(PARIS).utcoffset()
    assert (room.zone, room.active, room.dial_in, room.url_name) == ("Europe/Paris", True, True, spec.url_name)
    assert room.url == f"{account.desk.world.base}/rooms/{spec.url_name}"
    assert 100_000_000 <= room.pin <= 999_999_999
    assert room.listener_pin
    [seen] = account.seen()
    assert (seen["lobby_enabled"], seen["lobby_description"]) == (True, "Please wait.")
    assert seen["registration_enabled"] == 1
    assert account.rooms.get(room) == room


def test_a_room_is_kept_off_the_public_page_and_the_gateway_stays_off_unless_asked_for(account: Any) -> None:
    """R24 and 2.1: shown on the personal page by default, so the client says no."""
    room = account.create()
    [seen] = account.seen()
    assert seen["settings"]["show_on_personal_page"] is False
    assert seen["settings"]["phonegateway_enabled"] is False
    assert room.dial_in is False


def test_a_permanent_room_has_no_times(account: Any) -> None:
    """R19."""
    room = account.create(permanent=True, starts_at=None, duration=None)
    assert room.permanent
    assert (room.starts_at, room.ends_at) == (None, None)
    account.pass_time(timedelta(days=400))
    assert account.rooms.get(room).active


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"create_status": 200},
        {"string_codes": True},
        {"bare_errors": True},
        {"delete_answer": "string"},
        {"hide_phonegateway": True},
        {"echo_password": True},
        {"strict": False},
    ],
    ids=str,
)
def test_the_life_of_a_room_in_every_shape_of_answer(account: Any, switches: dict[str, Any]) -> None:
    account.switch(**switches)
    room = account.create(access=AccessType.PASSWORD, password="Winter2026")
    assert room.dial_in is (None if "hide_phonegateway" in switches else False)
    edited = account.rooms.edit(room, RoomChange(permanent=False, name="Renamed"))
    assert (edited.name, edited.url, edited.id) == ("Renamed", room.url, room.id)
    with pytest.raises(Refused):
        account.rooms.generate_tokens(room, 1)
    account.rooms.delete(room)
    assert account.seen() == []
    account.rooms.delete(room)
    with pytest.raises(Missing):
        account.rooms.get(room)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(
        st.one_of(st.sampled_from("&<>\"'#;+%=[]\\ é漢😀"), st.characters(exclude_categories=("C", "Z"))),
        min_size=1,
        max_size=60,
    ).filter(str.strip)
)
def test_a_name_comes_back_as_it_was_sent(account: Any, name: str) -> None:
    account.control("reset", {})
    room = account.create(name=name)
    assert room.name == " ".join(name.split()), "white space is one space, as in any subject line"
    assert account.rooms.find(account.spec(name=name), not_before=room.created_at) == room


def test_an_edit_sends_only_what_changes(account: Any) -> None:
    room = account.create(access=AccessType.PASSWORD, password="Winter2026", dial_in=True)
    before = account.seen()[0]
    later = account.start + timedelta(days=3)
    change = RoomChange(permanent=False, starts_at=later, duration=timedelta(minutes=61, seconds=5), zone="Asia/Tokyo")
    edited = account.rooms.edit(room, change)
    assert edited.starts_at == later
    assert edited.ends_at == later + timedelta(minutes=62), "part minutes are rounded up"
    assert edited.zone == "Asia/Tokyo"
    moved = {"starts_at", "ends_at", "ccc", "timezone", "timezone_offset", "created_at", "updated_at"}
    after = account.seen()[0]
    assert {name: after[name] for name in after if name not in moved} == {
        name: before[name] for name in before if name not in moved
    }


def test_each_part_of_a_room_can_be_changed(account: Any) -> None:
    room = account.create()
    change = RoomChange(
        permanent=False,
        kind=Kind.WEBINAR,
        access=AccessType.PASSWORD,
        password="Spring2027",
        dial_in=True,
        lobby_message="Soon.",
    )
    edited = account.rooms.edit(room, change)
    assert (edited.kind, edited.access, edited.dial_in) == (Kind.WEBINAR, AccessType.PASSWORD, True)
    assert account.visit(edited.url, nickname="N", password="wrong").status_code == 403
    assert account.visit(edited.url, nickname="N", password="Spring2027").status_code == 200


def test_a_change_of_nothing_makes_no_change(account: Any, counted: Any) -> None:
    room = account.create()
    counted()
    assert account.rooms.edit(room, RoomChange(permanent=False)) == room
    assert counted() == 1


def test_permanence_never_changes(account: Any, counted: Any) -> None:
    """R8: the client does not even ask."""
    room = account.create()
    counted()
    with pytest.raises(Refused) as caught:
        account.rooms.edit(room, RoomChange(permanent=True, name="Series"))
    assert caught.value.reason == "permanence"
    assert counted() == 0


def test_a_finished_room_is_not_edited(account: Any) -> None:
    """R41."""
    room = account.create()
    account.pass_time(timedelta(days=2))
    assert account.rooms.get(room).active is False
    with pytest.raises(Refused, match="over"):
        account.rooms.edit(room, RoomChange(permanent=False, name="Again"))
    account.switch(finished_rooms="missing")
    with pytest.raises(Missing):
        account.rooms.edit(room, RoomChange(permanent=False, name="Again"))


def test_a_taken_slot_is_told_as_such(account: Any) -> None:
    """R40."""
    account.switch(parallel_sessions=1)
    first = account.create()
    second = account.spec(url_name="m" + "c" * 23)
    assert not account.rooms.available(second.starts_at, second.duration)
    with pytest.raises(SlotTaken):
        account.rooms.create(second, not_before=account.now)
    assert len(account.seen()) == 1
    assert account.rooms.available(second.starts_at, second.duration, room_id=first.id)
    free = account.start + timedelta(days=1)
    other = account.create(url_name="m" + "d" * 23, starts_at=free)
    with pytest.raises(SlotTaken):
        account.rooms.edit(other, RoomChange(permanent=False, starts_at=account.start))
    assert account.rooms.get(other).starts_at == free


def test_without_the_availability_question_a_refusal_stays_a_refusal(account: Any) -> None:
    account.switch(parallel_sessions=0, availability=False)
    assert account.rooms.available(account.start, timedelta(hours=1))
    with pytest.raises(Refused, match="booked"):
        account.create()


def test_a_refusal_names_the_part_in_the_services_words(account: Any) -> None:
    with pytest.raises(Refused, match=r"0:05 to 6:00") as caught:
        account.create(duration=timedelta(hours=7))
    assert caught.value.field == "duration"
    with pytest.raises(Refused, match="past"):
        account.create(starts_at=account.now - timedelta(hours=1))
    account.switch(longest_minutes=1440)
    assert account.create(duration=timedelta(hours=7)).active


def test_a_feature_outside_the_plan_is_never_pretended(account: Any) -> None:
    """U23."""
    account.switch(plan_without=["phonegateway"])
    with pytest.raises(NotAllowed, match="plan"):
        account.create(dial_in=True)
    account.switch(plan_answer="ignore")
    assert account.create(dial_in=True).dial_in is False


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " \u200b"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"access": AccessType.PASSWORD}, "password"),
        ({"starts_at": None}, "starts_at"),
        ({"duration": timedelta(0)}, "duration"),
        ({"lobby_message": "x" * 256}, "lobby_message"),
    ],
)
def test_what_cannot_be_a_room_is_refused_before_any_call(
    account: Any, counted: Any, changes: dict[str, Any], field: str
) -> None:
    counted()
    with pytest.raises(InvalidInput) as caught:
        account.create(**changes)
    assert caught.value.field == field
    assert counted() == 0


def test_a_room_is_found_again_when_its_id_has_changed(account: Any) -> None:
    """U10: the API id of a recurring event may change, room ID and URL do not."""
    room = account.create()
    service = account.desk.world.services["clickmeeting"]
    state = service.dump()
    state["account"]["rooms"][0]["id"] += 5
    service.load(state)
    again = account.rooms.get(room)
    assert (again.id, again.pin, again.url) == (room.id + 5, room.pin, room.url)
    assert account.rooms.edit(room, RoomChange(permanent=False, name="Followed")).id == room.id + 5
    account.rooms.delete(room)
    assert account.seen() == []


@pytest.mark.parametrize("size", [1, 2, 3, 250])
def test_a_room_is_found_on_whatever_page_it_stands(account: Any, size: int) -> None:
    rooms = [account.create(url_name=f"m{number:023}") for number in range(5)]
    account.switch(page_size=size)
    for number, room in enumerate(rooms):
        assert account.rooms.find(account.spec(url_name=f"m{number:023}"), not_before=account.now) == room
    assert account.rooms.find(account.spec(url_name="m" + "z" * 23), not_before=account.now) is None


def test_the_gateways_are_the_accounts(account: Any) -> None:
    """R29: 28 numbers in 20 countries."""
    gateways = account.rooms.gateways()
    assert len(gateways) == 28
    assert len({gateway.country for gateway in gateways}) == 20
    assert ("DK", "København", "+45 (7) 873-0919") in {(one.country, one.location, one.number) for one in gateways}


def test_several_rooms_that_may_be_ours_are_a_persons_business(account: Any) -> None:
    spec = account.spec()
    for name in ("first", "second-one"):
        account.create(url_name=name)
    with pytest.raises(Permanent) as caught:
        account.rooms.find(spec, not_before=account.now - timedelta(minutes=1))
    assert caught.value.reason == "ambiguous"
    assert len(account.seen()) == 2
