"""calendarView/delta over HTTP; what a round holds is elsewhere."""

from flask import Response, request

from sandbox.graph.delta import Deltas
from sandbox.graph.door import Door, reply, root_url, visit
from sandbox.graph.errors import bad_request
from sandbox.graph.event_output import Reader
from sandbox.graph.event_routes import VIEWS
from sandbox.graph.folders import find_folder
from sandbox.graph.parts import Parts
from sandbox.graph.query import read_window

_REJECTED = ("$select", "$filter", "$expand", "$orderby", "$search", "$top")


class DeltaRoutes:
    """The view; it runs under the store's lock."""

    def __init__(self, door: Door, parts: Parts, deltas: Deltas) -> None:
        self._store = parts.store
        self._deltas = deltas
        door.mount([f"{rule}/delta" for rule in VIEWS], "GET", self.delta)

    def delta(self, calendar_id: str | None = None) -> Response:
        for name in _REJECTED:
            if name in request.args:
                raise bad_request(f"The query parameter '{name}' is not supported with change tracking of events.")
        folder = find_folder(self._store, visit().caller, visit().target, calendar_id, write=False)
        mailbox, size = folder.mailbox, visit().preferences.page_size
        token = request.args.get("$skiptoken") or request.args.get("$deltatoken")
        if token:
            current = self._deltas.resume(mailbox, token, size)
        else:
            calendar = folder.calendar or mailbox.default_calendar()
            current = self._deltas.begin(mailbox, calendar.key, *read_window(request.args), size)
        reader = Reader(visit().preferences, visit().zone)
        rows, following, over = self._deltas.page(mailbox, current, reader)
        name, option = ("deltaLink", "$deltatoken") if over else ("nextLink", "$skiptoken")
        address = f"{request.host_url.rstrip('/')}{request.script_root}{request.path}?{option}={following}"
        context = f"{root_url()}/$metadata#Collection(microsoft.graph.event)"
        return reply({"@odata.context": context, f"@odata.{name}": address, "value": rows})
