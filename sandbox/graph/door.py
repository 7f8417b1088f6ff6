"""What every request goes through: caller, throttle, preferences, lock, headers, errors; it knows no resource."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from sandbox.graph.access import Caller, find_target, read_caller
from sandbox.graph.errors import Closed, GraphError, bad_request, not_found
from sandbox.graph.preferences import Preferences, read_preferences
from sandbox.graph.store import Mailbox, Store
from sandbox.graph.throttle import Throttle
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

VERSION = "/v1.0"
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_LARGEST_BODY = 4 * 1024 * 1024
_SEGMENTS = {
    name.lower(): name
    for name in (
        "me", "users", "events", "calendar", "calendars", "calendarView", "delta", "instances", "messages",
        "mailFolders", "inbox", "sentitems", "sendMail", "mailboxSettings", "outlook", "supportedTimeZones", "cancel",
        "accept", "tentativelyAccept", "decline", "forward", "extensions", "attachments", "subscriptions",
        "reauthorize", "$batch", "getSchedule", "findMeetingTimes", "translateExchangeIds", "places", "$count",
        "dismissReminder", "snoozeReminder", "timeZone", "language", "workingHours", "v1.0",
    )
}  # fmt: skip
_SEGMENTS["delta()"] = "delta"  # as older servers and the SDKs write it
View = Callable[..., Response]


@dataclass(frozen=True)
class Visit:
    """What is known about the request in hand."""

    caller: Caller
    mailbox: Mailbox | None
    preferences: Preferences

    @property
    def target(self) -> Mailbox:
        """The mailbox that the address names."""
        assert self.mailbox is not None
        return self.mailbox

    @property
    def zone(self) -> str:
        """In which zone a GET answers times."""
        return self.preferences.timezone or "UTC"


def visit() -> Visit:
    """The request in hand."""
    found: Visit = g.visit
    return found


class Door:
    """Wraps views into Flask routes under `/v1.0`."""

    def __init__(self, app: Flask, world: World, store: Store, throttle: Throttle) -> None:
        self._app = app
        self._world = world
        self._store = store
        self._throttle = throttle
        app.after_request(self._finish)
        app.register_error_handler(GraphError, self._refuse)
        app.register_error_handler(HTTPException, self._no_route)

    def mount(self, rules: list[str] | str, methods: str, view: View, *, locked: bool = True) -> None:
        """`view` at each of `rules`; `locked` runs it under the store's lock."""
        for rule in [rules] if isinstance(rules, str) else rules:
            name = f"{methods} {rule}"
            self._app.add_url_rule(VERSION + rule, name, self._enter(view, locked), methods=methods.split())

    def _enter(self, view: View, locked: bool) -> View:
        def entered(**arguments: Any) -> Response:
            caller = read_caller(self._world, self._store, request.headers.get("Authorization"))
            who = arguments.pop("who", None)
            box = None
            if who is not None or request.path.removeprefix(VERSION).split("/")[1] == "me":
                box = find_target(self._store, caller, who, self._world.faults.switch("graph.app_mailboxes"))
            key = (caller.app_id, box.id if box else caller.tenant)
            self._throttle.enter(key)
            try:
                self._world.closing.wait(float(self._world.faults.switch("graph.latency_s")))
                g.visit = Visit(caller, box, read_preferences(", ".join(request.headers.getlist("Prefer"))))
                if not locked:
                    return view(**arguments)
                with self._store.lock:
                    return view(**arguments)
            finally:
                self._throttle.leave(key)

        return entered

    def _finish(self, response: Response) -> Response:
        response.headers["request-id"] = _request_id()
        response.headers["client-request-id"] = request.headers.get("client-request-id") or _request_id()
        response.headers["x-ms-ags-diagnostic"] = json.dumps({"ServerInfo": {"DataCenter": "Sandbox", "Ring": "0"}})
        found = g.get("visit")
        if found is not None and found.preferences.applied and response.status_code < 300:
            response.headers["Preference-Applied"] = ", ".join(found.preferences.applied)
        if response.status_code in (202, 204):
            response.headers.pop("Content-Type", None)
        return response

    def _refuse(self, error: GraphError) -> Response:
        if isinstance(error, Closed) and self._world.faults.switch("graph.closed_status") == 404:
            error = not_found()
        client_id = request.headers.get("client-request-id") or _request_id()
        date = f"{self._world.clock.now():%Y-%m-%dT%H:%M:%S}"
        response = reply(error.body(date, _request_id(), client_id), error.status)
        response.headers.update(error.headers)
        return response

    def _no_route(self, error: HTTPException) -> Response:
        if isinstance(error, MethodNotAllowed):
            return self._refuse(GraphError(405, "BadRequest", "The HTTP method is not supported by this resource."))
        if isinstance(error, InternalServerError):
            return self._refuse(GraphError(500, "ErrorInternalServerError", "The stand-in itself failed."))
        segment = request.path.rstrip("/").rpartition("/")[2]
        return self._refuse(bad_request(f"Resource not found for the segment '{segment}'."))


def _request_id() -> str:
    if "request_id" not in g:
        g.request_id = str(uuid.uuid4())
    found: str = g.request_id
    return found


def reply(data: Any, status: int = 200) -> Response:
    """A JSON answer in Graph's content type, without a body where `data` is None."""
    body = "" if data is None else json.dumps(data, ensure_ascii=False)
    return Response(body, status, content_type=_JSON)


def payload() -> Any:
    """The request's JSON; GraphError 400 for none or broken, 413 for more than 4 MB."""
    raw = request.get_data()
    if len(raw) > _LARGEST_BODY:
        raise GraphError(413, "RequestEntityTooLarge", "The request body is too large.")
    if not raw:
        return None
    if not (request.content_type or "").lower().startswith("application/json"):
        raise bad_request("Unable to read JSON request payload. Please ensure Content-Type header is set.")
    try:
        return json.loads(raw)
    except ValueError:
        raise bad_request(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
            "JSON format."
        ) from None


def object_payload() -> dict[str, Any]:
    """The request's JSON object; an absent one is empty."""
    data = payload()
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise bad_request("Unable to read JSON request payload. An object was expected.")
    return data


def root_url() -> str:
    """`https://.../graph/v1.0` as the caller addressed it, for links in answers."""
    return request.host_url.rstrip("/") + request.script_root + VERSION


def link(**changed: Any) -> str:
    """This request's address with query options replaced, for `@odata.nextLink`."""
    options = {**request.args.to_dict(), **{f"${name}": str(value) for name, value in changed.items()}}
    query = "&".join(f"{quote(key, safe='$')}={quote(value, safe='')}" for key, value in options.items())
    return f"{request.host_url.rstrip('/')}{request.script_root}{request.path}?{query}"


def folded_case(app: "WSGIApplication") -> "WSGIApplication":
    """Graph does not mind the case of its own path segments; ids keep theirs."""

    def folded(environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        parts = environ.get("PATH_INFO", "").split("/")
        environ["PATH_INFO"] = "/".join(_SEGMENTS.get(part.lower(), part) for part in parts)
        return app(environ, start_response)

    return folded
