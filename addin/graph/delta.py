"""Rounds over what changed in one mailbox's calendar (Graph facts 4); it must not know what is done about it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from addin.errors import Missing, Unavailable
from addin.graph.door import GraphDoor
from addin.graph.event_json import write_instant
from addin.model import Round, Sight

_MOST_PAGES = 500


class GraphDelta:
    """Rounds over the default calendar of `owner`."""

    def __init__(self, door: GraphDoor, owner: str, *, page_size: int) -> None:
        self._door = door
        self._prefer = (f"odata.maxpagesize={page_size}",)
        self._path = f"/users/{quote(owner, safe='@')}/calendarView/delta"
        self._calendar = f"/users/{quote(owner, safe='@')}/calendar"

    def begin(self, *, after: datetime, before: datetime) -> Round:
        """A first, full round over a window, which stays the window of all rounds that follow from it."""
        query = {"startDateTime": write_instant(after), "endDateTime": write_instant(before)}
        return self._proven(self._path, query)

    def go_on(self, link: str) -> Round:
        """What changed since the round that gave `link`.

        Missing with reason `resync` where Graph has forgotten it: begin anew and compare with what is known.
        """
        return self._proven(link, None)

    def _proven(self, path: str, query: Mapping[str, str] | None) -> Round:
        """A 404 may mean that the whole mailbox is closed to us: that is NotAllowed, and perhaps another may."""
        try:
            return self._round(path, query)
        except Missing as error:
            if error.reason == "resync":
                raise
            hands = self._door.changed_hands
            self._door.prove(self._calendar, query={"$select": "id"})
            if self._door.changed_hands == hands:
                raise
            return self._round(path, query)

    def _round(self, path: str, query: Mapping[str, str] | None) -> Round:
        seen: dict[str, Sight] = {}
        for _ in range(_MOST_PAGES):
            answer = self._door.get(path, query=query, prefer=self._prefer)
            page = list(_sights(answer))
            # Pages that repeat under ever new tokens have been reported; an empty page proves nothing.
            repeats = bool(page) and all(seen.get(sight.event_id) == sight for sight in page)
            seen.update((sight.event_id, sight) for sight in page)
            if answer.get("@odata.deltaLink"):
                return Round(tuple(seen.values()), str(answer["@odata.deltaLink"]))
            if repeats:
                return Round(tuple(seen.values()), None)
            if not answer.get("@odata.nextLink"):
                raise Unavailable("Microsoft Graph broke a round over the calendar off without a link.")
            path, query = str(answer["@odata.nextLink"]), None
        return Round(tuple(seen.values()), None)


def _sights(answer: Mapping[str, Any]) -> Iterator[Sight]:
    for item in answer.get("value", ()):
        if isinstance(item, Mapping) and item.get("id"):
            master = item.get("seriesMasterId")
            yield Sight(
                event_id=str(item["id"]),
                etag=str(item.get("@odata.etag") or ""),
                series_master_id=str(master) if master else None,
                removed="@removed" in item,
            )
