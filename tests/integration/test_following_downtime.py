"""The server was away: what happened meanwhile is found when it comes back, and nothing twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from following_verbs import followed, history, later, renamed, starts, subscriptions
from stage import Stage, a_wish

from sandbox.desk import Desk, Options
from server.demo.running import Running, settings_for
from server.hosting import hosted
from server.settings import Settings


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk(Options()) as found:
        yield found


@contextmanager
def up(desk: Desk, settings: Settings) -> Iterator[Stage]:
    """The server for a while."""
    with hosted(settings) as url:
        desk.world.server_url = url
        yield Stage(Running(desk.description(), settings, desk))
    desk.world.server_url = "http://127.0.0.1:1"


def test_after_a_downtime_a_round_finds_what_nobody_could_tell(desk: Desk, tmp_path: Path) -> None:
    settings = settings_for(
        desk.description(), tmp_path, sweep_seconds=0.2, mailbox_sweep_minutes=0.02, log_level="ERROR",
        clickmeeting_timeout_s=5,
    )  # fmt: skip
    with up(desk, settings) as stage:
        meeting, event = followed(stage)
        gone, other = followed(stage, title="To be deleted", **_elsewhere(3))
        before = starts(stage, meeting)
        held = {one.id for one in subscriptions(stage)}
    organiser = stage.organiser()
    stage.faults(graph__notification_loss=1.0)  # and what was sent in vain is not sent again
    organiser.change(event["id"], {"subject": "While nobody was there", **later(event, 2)})
    organiser.graph("DELETE", f"/me/events/{other['id']}")
    with up(desk, settings) as stage:
        renamed(stage, meeting, "While nobody was there")
        assert starts(stage, meeting) != before
        organiser = stage.organiser()
        stage.outside.until("the deletion is seen", lambda: organiser.meeting(gone["id"])["state"] == "gone")
        assert len(stage.rooms()) == 2, "the deleted appointment's room waits for its grace period"
        assert {one.id for one in subscriptions(stage)} == held, "the subscription stood, and was kept"
        told = [line for line in history(stage, meeting) if "While nobody was there" in line]
        assert len(told) <= 1


def test_what_graph_sent_in_vain_it_sends_again_and_that_is_enough(desk: Desk, tmp_path: Path) -> None:
    settings = settings_for(desk.description(), tmp_path, sweep_seconds=0.2, log_level="ERROR")
    with up(desk, settings) as stage:
        meeting, event = followed(stage)
    stage.organiser().change(event["id"], {"subject": "Told in vain at first"})
    with up(desk, settings) as stage:
        desk.world.clock.advance(3600)  # Graph's pauses grow; its clock goes on
        renamed(stage, meeting, "Told in vain at first")


def _elsewhere(hours: int) -> dict[str, Any]:
    """Another time, since the account holds one event at a time."""
    wish = a_wish()
    moved = {part: datetime.fromisoformat(wish[part]) + timedelta(hours=hours) for part in ("start", "end")}
    return {part: moment.isoformat() for part, moment in moved.items()}
