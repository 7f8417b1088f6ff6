"""Many callers at once, and what an onlooker may read of it all."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from addin.clickmeeting import ClickMeetingRooms, ClickMeetingSettings
from addin.model import AccessType, Kind, RoomChange, RoomSpec
from sandbox.desk import Desk, Options
from sandbox.people import CLICKMEETING_KEY


def test_two_presses_at_once_make_one_room(account: Any) -> None:
    """The URL name is the same, so the service refuses the second, and the second finds the first."""
    spec, since = account.spec(), account.now
    with ThreadPoolExecutor(8) as pool:
        rooms = list(pool.map(lambda _: account.rooms.create(spec, not_before=since), range(8)))
    assert len({room.id for room in rooms}) == 1
    assert len(account.seen()) == 1


def test_two_presses_at_once_with_lost_answers_make_one_room(account: Any) -> None:
    account.fault(method="POST", path="/conferences$", after_effect=True, status=504, times=8)
    spec, since = account.spec(), account.now
    with ThreadPoolExecutor(8) as pool:
        rooms = list(pool.map(lambda _: account.rooms.create(spec, not_before=since), range(8)))
    assert len({room.id for room in rooms}) == 1
    assert len(account.seen()) == 1


def test_many_threads_share_one_client(account: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        rooms = list(pool.map(lambda number: account.create(url_name=f"m{number:023}"), range(40)))
        again = list(pool.map(account.rooms.get, rooms))
    assert again == rooms
    assert len({room.id for room in rooms}) == len({room.pin for room in rooms}) == 40


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Desk, Path]]:
    with Desk(Options(capture=tmp_path / "capture.jsonl")) as desk:
        yield desk, tmp_path / "capture.jsonl"


def test_a_capture_of_a_rooms_life_shows_no_secret(watched: tuple[Desk, Path]) -> None:
    desk, file = watched
    world = desk.world
    settings = ClickMeetingSettings(f"{world.base}/clickmeeting/v1", CLICKMEETING_KEY, str(world.ca_file))
    rooms = ClickMeetingRooms(settings, world.clock.now)
    start = (world.clock.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    spec = RoomSpec(
        "Review", Kind.MEETING, AccessType.TOKEN, False, "mwatched", "Europe/Paris", start, timedelta(hours=1)
    )
    room = rooms.create(spec, not_before=world.clock.now())
    first, second = rooms.generate_tokens(room, 2)
    link = rooms.entry(room, address="paris@contoso.example", nickname="Ann", role="presenter", token=first)
    for url in (link, f"{room.url}/{second}"):
        assert requests.get(url, verify=str(world.ca_file), timeout=10).status_code == 200
    rooms.tokens(room)
    rooms.withdraw_tokens(room, [second])
    rooms.edit(room, RoomChange(permanent=False, access=AccessType.PASSWORD, password="Winter2026"))
    rooms.delete(room)
    text = file.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == 9
    assert {line["service"] for line in lines} == {"clickmeeting"}
    for secret in (CLICKMEETING_KEY, first, second, link.rpartition("=")[2], "Winter2026"):
        assert secret not in text
    for line in lines:
        shown = (line["response_json"] or {}) if isinstance(line["response_json"], dict) else {}
        for conference in (shown.get("conference"), shown.get("room")):
            assert conference is None or conference["access_role_hashes"] == {
                "listener": "***",
                "presenter": "***",
                "host": "***",
            }
