"""Rounds of calendarView/delta: pages, tokens, what changed since; it knows no HTTP."""

import copy
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.graph.errors import GraphError
from sandbox.graph.event_output import Reader, show_event
from sandbox.graph.identifiers import make_id
from sandbox.graph.series import Entry, entries_between
from sandbox.graph.store import Item, Mailbox, Store
from sandbox.world import World

SWITCHES: dict[str, Any] = {
    "graph.delta_page_size": 10,
    "graph.delta_empty_page": False,  # each round begins with an empty page
    "graph.delta_endless": False,  # the first page repeats for ever with new tokens
    "graph.delta_expired_code": "SyncStateNotFound",
    "graph.delta_expired_status": 410,  # a 400 with the same code occurs too
}
_THIN = ("@odata.etag", "id", "seriesMasterId", "type", "start", "end")


@dataclass
class Round:
    """What a token stands for: window, calendar, what the client has by now, and the groups still to be sent.

    A group holds rows that must not be split over pages. `known` maps an item's key to [etags of all it showed, id].
    """

    mailbox: str
    calendar: str
    start: str
    end: str
    known: dict[str, list[str]] = field(default_factory=dict)
    waiting: list[list[dict[str, Any]]] = field(default_factory=list)
    page_size: int = 10
    begun: bool = False


class Deltas:
    """All delta tokens. Needs the store's lock."""

    def __init__(self, world: World, store: Store) -> None:
        self._world = world
        self._store = store
        self._rounds: dict[str, Round] = {}

    def begin(self, mailbox: Mailbox, calendar: str, start: datetime, end: datetime, page_size: int | None) -> Round:
        """A first round over a fixed window."""
        size = page_size or int(self._world.faults.switch("graph.delta_page_size"))
        return Round(mailbox.id, calendar, start.isoformat(), end.isoformat(), page_size=size)

    def resume(self, mailbox: Mailbox, token: str, page_size: int | None) -> Round:
        """Go on where a token stands; 410 for one that fell out of the cache or is another mailbox's."""
        held = self._rounds.get(token)
        if held is None or held.mailbox != mailbox.id:
            switch = self._world.faults.switch
            code, status = str(switch("graph.delta_expired_code")), int(switch("graph.delta_expired_status"))
            raise GraphError(status, code, "The sync state generation is not found; continue with a full sync.")
        found = copy.deepcopy(held)
        found.page_size = page_size or found.page_size
        return found

    def page(self, mailbox: Mailbox, current: Round, reader: Reader) -> tuple[list[dict[str, Any]], str, bool]:
        """The next rows, the token to go on with, and whether the round is over (then it is a delta token)."""
        switch = self._world.faults.switch
        if not current.begun:
            self._look(mailbox, current, reader)
            current.begun = True
            if switch("graph.delta_empty_page"):
                return [], self._keep(current), False
        if switch("graph.delta_endless") and current.waiting:
            # reported in 2026: the same page again, with ever new tokens
            return list(current.waiting[0]), self._keep(current), False
        rows: list[dict[str, Any]] = []
        while current.waiting and (not rows or len(rows) + len(current.waiting[0]) <= current.page_size):
            rows += current.waiting.pop(0)
        if current.waiting:
            return rows, self._keep(current), False
        current.begun = False
        return rows, self._keep(current), True

    def forget(self) -> int:
        """All tokens fall out of the cache; how many there were."""
        count = len(self._rounds)
        self._rounds.clear()
        return count

    def _keep(self, current: Round) -> str:
        token = uuid.uuid4().hex + uuid.uuid4().hex
        self._rounds[token] = copy.deepcopy(current)
        return token

    def _look(self, mailbox: Mailbox, current: Round, reader: Reader) -> None:
        """Compare what is there with what the client knows, and line up the difference."""
        start, end = datetime.fromisoformat(current.start), datetime.fromisoformat(current.end)
        seen: dict[str, list[str]] = {}
        for item in mailbox.items.values():
            entries = entries_between(item, start, end) if item.calendar == current.calendar else []
            if not entries:
                continue
            marks = ",".join([item.change_key, *(change.change_key for change in item.exceptions.values())])
            seen[item.key] = [marks, make_id(Entry(item).reference(), immutable=reader.immutable)]
            if current.known.get(item.key) != seen[item.key]:
                current.waiting.append(self._group(mailbox, item, entries, reader))
        for key, (_, former_id) in current.known.items():
            if key not in seen:
                current.waiting.append([{"id": former_id, "@removed": {"reason": "deleted"}}])
        current.known = seen

    def _group(self, mailbox: Mailbox, item: Item, entries: list[Entry], reader: Reader) -> list[dict[str, Any]]:
        """A single event in full; a series as its full master, thin occurrences and full exceptions."""
        shown = entries if not item.is_master else [Entry(item), *entries]
        rows = []
        for entry in shown:
            row = {"@odata.type": "#microsoft.graph.event", **show_event(self._store, mailbox, entry, reader)}
            if entry.kind == "occurrence":
                row = {"@odata.type": row["@odata.type"], **{name: row[name] for name in _THIN}}
            rows.append(row)
        return rows
