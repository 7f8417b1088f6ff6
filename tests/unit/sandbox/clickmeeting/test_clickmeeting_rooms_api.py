"""The stand-in's room calls: the shapes, defaults, limits and tolerances of the service's API."""

from datetime import timedelta
from typing import Any

import pytest

PLAIN = {"name": "Review", "room_type": "meeting", "permanent_room": "0", "access_type": "1"}


def errors(answer: Any) -> dict[str, str]:
    return {error["name"]: error["message"] for error in answer.get_json()["errors"]}


@pytest.mark.parametrize("key", [None, "", "us" + "0" * 40])
def test_no_or_a_wrong_key_is_401(standin: Any, key: str | None) -> None:
    assert standin.call("GET", "ping", key=key).status_code == 401
    assert standin.call("GET", "ping?api_key=eu5a3b9c0d1e2f405162738495a6b7c8d9e0f1a2b3", key=key).status_code == 401


def test_the_defaults_are_those_of_real_rooms(standin: Any) -> None:
    """It starts now with the seconds cut, lasts 3:00, shows itself, and the gateway is off (R24)."""
    room = standin.room()
    assert room["starts_at"] == "2026-11-23T10:12:00+01:00"
    assert room["ends_at"] == "2026-11-23T13:12:00+01:00"
    assert room["ccc"] == "2026-11-23 09:12:00"
    assert (room["timezone"], room["timezone_offset"]) == ("Europe/Warsaw", 3600)
    assert room["settings"]["show_on_personal_page"] is True
    assert room["settings"]["phonegateway_enabled"] is False
    assert (room["permanent_room"], room["lobby_enabled"], room["registration_enabled"]) == (False, False, 0)
    assert room["room_url"] == "https://localhost:9/rooms/quarterly_review"
    assert room["access_role_hashes"]["host"].endswith(f"{standin.world.clock.timestamp():08x}")
    assert len(room["autologin_hash"]) >= 100


def test_a_permanent_room_shows_no_times(standin: Any) -> None:
    room = standin.room(permanent_room="1", starts_at="2026-12-01 10:00:00", duration="1:00")
    assert not {"starts_at", "ends_at", "ccc"} & set(room)


def test_hashes_differ_on_each_read_and_pins_do_not(standin: Any) -> None:
    room = standin.room()
    standin.world.clock.advance(1)
    again = standin.call("GET", f"conferences/{room['id']}").get_json()["conference"]
    assert again["access_role_hashes"] != room["access_role_hashes"]
    assert again["autologin_hash"] != room["autologin_hash"]
    for name in ("room_pin", "phone_listener_pin", "phone_presenter_pin"):
        assert again[name] == room[name]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("conferences/active.json", "application/json"),
        ("conferences/active/", "application/json"),
        ("conferences/active/?page=1", "application/json"),
        ("conferences/active?page=1.json", "application/json"),
        ("conferences/active.xml?page=1", "application/xml"),
        ("conferences/active.php", "text/plain"),
        ("conferences/active.printr", "text/plain"),
    ],
)
def test_extensions_and_slashes_are_taken(standin: Any, path: str, kind: str) -> None:
    """1.3; the official client glues the extension to the last query value."""
    standin.room()
    answer = standin.call("GET", path)
    assert answer.status_code == 200
    assert answer.mimetype == kind
    assert "quarterly_review" in answer.text


@pytest.mark.parametrize("how", ["form", "query", "json", "mixed"])
def test_parameters_are_taken_from_form_query_and_json(standin: Any, how: str) -> None:
    wanted = {"name": "Review", "room_type": "meeting", "permanent_room": "false", "access_type": "1"}
    bracketed = wanted | {"settings[phonegateway_enabled]": "true"}
    calls = {
        "form": {"data": bracketed},
        "query": {"query_string": bracketed},
        "json": {"json": wanted | {"permanent_room": False, "settings": {"phonegateway_enabled": True}}},
        "mixed": {"query_string": {"name": "Review", "room_type": "meeting"}, "data": bracketed},
    }
    answer = standin.call("POST", "conferences.json", **calls[how])
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["room"]["settings"]["phonegateway_enabled"] is True


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"room_type": "party"}, "room_type"),
        ({"permanent_room": "maybe"}, "permanent_room"),
        ({"access_type": "4"}, "access_type"),
        ({"access_type": "2"}, "password"),
        ({"access_type": "2", "password": ""}, "password"),
        ({"access_type": "2", "password": "x" * 65}, "password"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "2026-12-01"}, "starts_at"),
        ({"starts_at": "2026-11-23T10:00:00+01:00"}, "starts_at"),
        ({"duration": "0:04"}, "duration"),
        ({"duration": "6:01"}, "duration"),
        ({"duration": "1:75"}, "duration"),
        ({"duration": "7"}, "duration"),
        ({"timezone": "Central European Standard Time"}, "timezone"),
        ({"skin_id": "99"}, "skin_id"),
        ({"lobby_description": "x" * 256}, "lobby_description"),
        ({"custom_room_url_name": "a b"}, "custom_room_url_name"),
        ({"registration[template]": "4"}, "registration[template]"),
        ({"registration": "1"}, "registration"),
        ({"settings[thank_you_page_url]": "javascript:alert(1)"}, "settings[thank_you_page_url]"),
        ({"settings[phonegateway_enabled]": "yes"}, "settings[phonegateway_enabled]"),
        ({"recurrence": "weekly"}, "recurrence"),
        ({"status": "active"}, "status"),
        ({"settings[toll_free]": "1"}, "settings[toll_free]"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_parameter_is_422_and_makes_nothing(standin: Any, changes: dict[str, str], field: str) -> None:
    names = {"template": "registration[template]"}
    answer = standin.call("POST", "conferences", PLAIN | changes)
    assert answer.status_code == 422
    assert answer.get_json()["code"] == 422
    assert field in {names.get(name, name) for name in errors(answer)}
    assert standin.service.rooms_seen() == []


@pytest.mark.parametrize("missing", sorted(PLAIN))
def test_a_missing_parameter_is_named(standin: Any, missing: str) -> None:
    sent = {name: value for name, value in PLAIN.items() if name != missing}
    assert set(errors(standin.call("POST", "conferences", sent))) == {missing}


def test_unknown_parameters_are_recorded_and_by_switch_ignored(standin: Any) -> None:
    standin.switch(strict=False)
    room = standin.room(recurrence="weekly")
    standin.call("PUT", f"conferences/{room['id']}", {"custom_room_url_name": "other"})
    assert standin.service.unknown_parameters == ["recurrence", "custom_room_url_name"]


@pytest.mark.parametrize(
    ("zone", "starts_at", "expected"),
    [
        ("Europe/Paris", "2026-12-03 10:00:00", "2026-12-03T10:00:00+01:00"),
        ("America/New_York", "2026-12-03T10:00:00+01:00", "2026-12-03T04:00:00-05:00"),
        (None, "2026-12-03 10:00", "2026-12-03T10:00:00+01:00"),
        ("Asia/Kolkata", "2026-12-03T10:00:59Z", "2026-12-03T15:30:00+05:30"),
    ],
)
def test_a_start_is_read_with_its_offset_or_in_the_zone(
    standin: Any, zone: str | None, starts_at: str, expected: str
) -> None:
    """U7."""
    changes = {"starts_at": starts_at} | ({"timezone": zone} if zone else {})
    assert standin.room(**changes)["starts_at"] == expected


@pytest.mark.parametrize(("duration", "minutes"), [("1:20", 80), ("0:05", 5), ("6:00", 360), ("2", 120)])
def test_a_duration_is_hours_and_minutes_or_hours(standin: Any, duration: str, minutes: int) -> None:
    room = standin.room(starts_at="2026-12-03 10:00:00", duration=duration)
    [seen] = standin.service.rooms_seen()
    assert seen["ends_at"] == room["ends_at"]
    hours, rest = divmod(10 * 60 + minutes, 60)
    assert room["ends_at"] == f"2026-12-03T{hours:02}:{rest:02}:00+01:00"


def test_names_are_escaped_and_become_addresses(standin: Any) -> None:
    room = standin.room(name='Ann\'s "Щи & Żółć"')
    assert room["name"] == "Ann&#039;s &quot;Щи &amp; Żółć&quot;"
    assert room["name_url"] == "ann_s_shchi_zolc"
    assert standin.room(name="Ann's Щи Żółć")["name_url"] == "ann_s_shchi_zolc_2"
    assert standin.room(name="漢字")["name_url"] == "event"
    custom = standin.room(custom_room_url_name="my-room")
    assert custom["room_url"].endswith("/rooms/my-room")
    clash = standin.call("POST", "conferences", PLAIN | {"custom_room_url_name": "My-Room"})
    assert set(errors(clash)) == {"custom_room_url_name"}


def test_an_edit_is_partial_and_keeps_the_address(standin: Any) -> None:
    """R7, U24."""
    room = standin.room(starts_at="2026-12-03 10:00:00")
    edited = standin.call("PUT", f"conferences/{room['id']}", {"name": "Renamed"}).get_json()["conference"]
    volatile = {"access_role_hashes", "autologin_hash", "autologin_hashes", "updated_at"}
    assert {name for name in room if room[name] != edited[name]} - volatile == {"name"}


def test_the_kind_of_a_room_never_changes(standin: Any) -> None:
    """R8, and 2.1: permanent_room has to come with times."""
    room = standin.room()
    path = f"conferences/{room['id']}"
    assert set(errors(standin.call("PUT", path, {"permanent_room": "1", "name": "x"}))) == {"permanent_room"}
    assert set(errors(standin.call("PUT", path, {"duration": "1:00"}))) == {"permanent_room"}
    assert standin.service.rooms_seen()[0]["name"] == "Quarterly review"
    assert standin.call("PUT", path, {"permanent_room": "0", "duration": "1:00"}).status_code == 200


def test_a_running_room_may_be_made_longer_but_not_moved_back(standin: Any) -> None:
    room = standin.room()
    standin.world.clock.advance(600)
    path = f"conferences/{room['id']}"
    same = {"permanent_room": "0", "starts_at": room["starts_at"], "duration": "4:00"}
    assert standin.call("PUT", path, same).status_code == 200
    earlier = same | {"starts_at": "2026-11-23T10:11:00+01:00"}
    assert set(errors(standin.call("PUT", path, earlier))) == {"starts_at"}


def test_a_room_is_finished_by_the_clock_and_cannot_be_brought_back(standin: Any) -> None:
    """R41."""
    room = standin.room()
    standin.world.clock.advance(timedelta(hours=3).total_seconds())
    assert standin.call("GET", "conferences/active").get_json() == []
    assert [item["id"] for item in standin.call("GET", "conferences/inactive").get_json()] == [room["id"]]
    path = f"conferences/{room['id']}"
    for change in ({"name": "x"}, {"status": "active"}, {"permanent_room": "0", "starts_at": "2026-12-03 10:00:00"}):
        assert standin.call("PUT", path, change).status_code == 422
    assert standin.call("GET", path).get_json()["conference"]["status"] == "inactive"
    standin.switch(finished_rooms="missing")
    assert standin.call("GET", path).status_code == 404


def test_rooms_leave_the_list_after_six_months_and_permanent_ones_stay(standin: Any) -> None:
    """R19, R38."""
    old, permanent = standin.room(), standin.room(permanent_room="1")
    standin.world.clock.advance(timedelta(days=190).total_seconds())
    assert standin.call("GET", "conferences/inactive").get_json() == []
    assert standin.call("GET", f"conferences/{old['id']}").status_code == 200
    assert [item["id"] for item in standin.call("GET", "conferences/active").get_json()] == [permanent["id"]]
    closed = standin.call("PUT", f"conferences/{permanent['id']}", {"status": "inactive"})
    assert closed.get_json()["conference"]["status"] == "inactive"


def test_lists_are_bare_arrays_in_pages(standin: Any) -> None:
    ids = [standin.room()["id"] for _ in range(5)]
    standin.switch(page_size=2)
    pages = [standin.call("GET", f"conferences/active?page={page}").get_json() for page in (1, 2, 3, 4)]
    assert [[room["id"] for room in page] for page in pages] == [ids[:2], ids[2:4], ids[4:], []]
    assert standin.call("GET", "conferences/active?page=0").status_code == 422
    grouped = standin.call("GET", "conferences").get_json()
    assert [room["id"] for room in grouped["active_conferences"]] == ids


def test_the_room_pin_is_no_api_id(standin: Any) -> None:
    room = standin.room()
    assert standin.call("GET", f"conferences/{room['room_pin']}").status_code == 404
    for method, path in (("GET", "conferences/1"), ("PUT", "conferences/1"), ("DELETE", "conferences/1"), ("GET", "x")):
        assert standin.call(method, path).status_code == 404


def test_a_delete_is_done_once(standin: Any) -> None:
    room = standin.room()
    assert standin.call("DELETE", f"conferences/{room['id']}").get_json() == {"result": "OK"}
    assert standin.call("DELETE", f"conferences/{room['id']}").status_code == 404


def test_a_slot_can_be_taken(standin: Any) -> None:
    """R40; what only touches does not overlap, and permanent rooms take no slot."""
    standin.switch(parallel_sessions=1)
    room = standin.room(starts_at="2026-12-03 10:00:00", duration="1:00")

    def ask(start_time: str, room_id: int = 0) -> int:
        question = {"start_time": start_time, "duration": "1", "id": str(room_id)}
        status: int = standin.call("POST", "conference/availability", question).status_code
        return status

    assert ask("2026-12-03 08:30:00") == 422
    assert ask("2026-12-03 08:30:00", room["id"]) == 200
    assert ask("2026-12-03 08:00:00") == ask("2026-12-03 10:00:00") == 200
    clash = standin.call("POST", "conferences", PLAIN | {"starts_at": "2026-12-03 10:59:00"})
    assert set(errors(clash)) == {"starts_at"}
    assert standin.room(starts_at="2026-12-03 11:00:00")["status"] == "active"
    assert standin.room(permanent_room="1")["status"] == "active"
    standin.call("DELETE", f"conferences/{room['id']}")
    assert ask("2026-12-03 08:30:00") == 200
    standin.switch(availability=False)
    assert ask("2026-12-03 08:30:00") == 404


def test_error_bodies_follow_the_switches(standin: Any) -> None:
    """U2, U5."""
    assert standin.call("GET", "conferences/1").get_json()["code"] == 404
    standin.switch(string_codes=True)
    assert standin.call("GET", "conferences/1").get_json()["code"] == "404"
    standin.switch(bare_errors=True)
    assert standin.call("GET", "conferences/1").get_json() == "404 Not Found"
    standin.switch(retry_after=30)
    answer = standin.call("GET", "ping")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")


def test_broken_json_is_400(standin: Any) -> None:
    answer = standin.call("POST", "conferences", data=b"{", content_type="application/json")
    assert answer.status_code == 400


def test_the_lists_that_every_account_has(standin: Any) -> None:
    assert standin.call("GET", "ping").get_json() == {"ping": "pong"}
    zones = standin.call("GET", "time_zone_list").get_json()
    assert {"Europe/Warsaw", "America/New_York", "UTC"} <= set(zones)
    for country in ("pl", "PL"):
        assert standin.call("GET", f"time_zone_list/{country}").get_json() == ["Europe/Warsaw"]
    assert standin.call("GET", "time_zone_list/XX").get_json() == []
    gateways = standin.call("GET", "phone_gateways").get_json()
    assert len(gateways) == 28
    assert {"code", "location", "value", "geo"} == set(gateways[0])
    skins = standin.call("GET", "conferences/skins").get_json()
    assert all(isinstance(skin["id"], str) for skin in skins)


def test_state_survives_a_dump_and_a_reset_forgets(standin: Any) -> None:
    room = standin.room(access_type="3")
    standin.call("POST", f"conferences/{room['id']}/tokens", {"how_many": "2"})
    before, state = standin.service.rooms_seen(), standin.service.dump()
    standin.service.reset()
    assert standin.service.rooms_seen() == []
    standin.service.load(state)
    assert standin.service.rooms_seen() == before
    assert standin.room()["id"] > room["id"]
