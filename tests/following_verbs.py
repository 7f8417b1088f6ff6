"""Verbs that several tests of following share: a followed meeting, what its room says now, what the sandbox holds."""

from datetime import datetime, timedelta
from typing import Any

from stage import Stage, a_wish, an_event

from server.demo.client import Organiser


def followed(stage: Stage, organiser: Organiser | None = None, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A meeting and its event: scheduled, sent, found and watched."""
    organiser = organiser or stage.organiser()
    wish = a_wish(**fields)
    meeting = organiser.schedule(wish)
    event = organiser.send(meeting, an_event(wish), "<p>Dear all, bring figures.</p>")
    stage.outside.until("the event is found", lambda: organiser.meeting(meeting["id"])["state"] == "followed")
    stage.outside.until("the calendar is watched", lambda: subscriptions(stage))
    return meeting, event


def graph_of(stage: Stage) -> Any:
    """The sandbox's Graph, for what its doors do not offer."""
    return stage.running.desk.world.services["graph"]


def subscriptions(stage: Stage) -> list[Any]:
    """Those that the sandbox would deliver to now."""
    with graph_of(stage).store.lock:
        return list(graph_of(stage)._subscriptions.active())


def wipe_subscriptions(stage: Stage) -> None:
    """The service loses every subscription and tells nobody."""
    with graph_of(stage).store.lock:
        graph_of(stage)._subscriptions._held.clear()


def later(event: dict[str, Any], hours: int) -> dict[str, Any]:
    """A drag: the same length, so many hours later."""
    moved = {}
    for part in ("start", "end"):
        value = event[part]
        moment = datetime.fromisoformat(value["dateTime"][:19]) + timedelta(hours=hours)
        moved[part] = {**value, "dateTime": moment.isoformat()}
    return moved


def room_name(stage: Stage, meeting: dict[str, Any]) -> str:
    return str(stage.outside.room(meeting["room"]["room_id"])["name"])


def starts(stage: Stage, meeting: dict[str, Any]) -> str:
    return str(stage.outside.room(meeting["room"]["room_id"])["starts_at"])


def renamed(stage: Stage, meeting: dict[str, Any], name: str) -> None:
    """Wait until the room carries the new subject."""
    stage.outside.until(f"the room is called {name}", lambda: room_name(stage, meeting) == name)


def history(stage: Stage, meeting: dict[str, Any]) -> list[str]:
    with_history = stage.organiser().meeting(meeting["id"])
    return [line["text"] for line in with_history["history"]]
