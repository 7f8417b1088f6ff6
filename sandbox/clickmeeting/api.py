"""The REST API's door: key, formats, errors, and the calls about rooms; what a change means is in `fields`."""

import hmac
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from sandbox.clickmeeting import reference
from sandbox.clickmeeting.account import HOUR, Account, Conference
from sandbox.clickmeeting.answers import Refusal, answer, invalid, not_found
from sandbox.clickmeeting.fields import (
    CREATE_FIELDS,
    EDIT_FIELDS,
    Rules,
    create_room,
    edit_room,
    read_start,
    require_slot,
    unknown_fields,
)
from sandbox.clickmeeting.links import EntryLinks
from sandbox.clickmeeting.parameters import Parameters, read_parameters, split_extension
from sandbox.clickmeeting.shapes import Shapes
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_EXTENSION = "clickmeeting.extension"


class Api:
    """What the parts of the API share: world, account, shapes and the reading of requests."""

    def __init__(self, world: World, account: Account, links: EntryLinks, unknown: list[str]) -> None:
        self.world = world
        self.account = account
        self.links = links
        self.shapes = Shapes(world, links)
        self.unknown = unknown

    def now(self) -> int:
        return self.world.clock.timestamp()

    def rules(self) -> Rules:
        return Rules(self.now(), self.account, self.world.faults)

    def switch(self, name: str) -> Any:
        return self.world.faults.switch(f"clickmeeting.{name}")

    def parameters(self, known: Iterable[str] | None = None) -> Parameters:
        """What was sent; names outside `known` are recorded and, when strict, refused."""
        found: Parameters = g.parameters
        if known is not None:
            self.refuse_unknown([name for name in found if name not in set(known)])
        return found

    def refuse_unknown(self, names: list[str]) -> None:
        self.unknown.extend(names)
        if names and self.switch("strict"):
            raise Refusal(422, [(name, f"The parameter {name} is unknown.") for name in names])

    def room(self, room_id: int) -> Conference:
        """The room with this API id; 404 for others, for room PINs, and for finished ones where so switched."""
        room = self.account.rooms.get(room_id)
        gone = self.switch("finished_rooms") == "missing"
        if room is None or (gone and room.finished(self.now())):
            raise not_found()
        return room


def create_api(api: Api) -> tuple[Flask, "WSGIApplication"]:
    """The Flask application (to add more calls to) and the WSGI application around it."""
    app = Flask("sandbox.clickmeeting")

    @app.before_request
    def enter() -> None:
        retry_after = api.switch("retry_after")
        if retry_after is not None:
            raise Refusal(429, [("", "Too many requests.")], retry_after=int(retry_after))
        key = request.headers.get("X-Api-Key", "")
        if not hmac.compare_digest(key.encode(), str(api.switch("api_key")).encode()):
            raise Refusal(401, [("", "The API key is missing or invalid.")])
        g.parameters = read_parameters(request, request.environ["QUERY_STRING"])

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Response:
        response = answer(error.body(api.world.faults), error.status, request.environ.get(_EXTENSION))
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.errorhandler(HTTPException)
    def unknown_path(error: HTTPException) -> Response:
        return refused(not_found() if error.code in (404, 405) else Refusal(400, [("", str(error.description))]))

    _add_room_calls(app, api)
    _add_lists(app, api)
    return app, Normalised(app)


class Normalised:
    """Takes the extension off a path or off the last query value, and trailing slashes off the path."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path, extension = split_extension(environ.get("PATH_INFO", "").rstrip("/"))
        query, glued = split_extension(environ.get("QUERY_STRING", ""))
        environ["PATH_INFO"] = path.rstrip("/")
        environ["QUERY_STRING"] = query
        environ[_EXTENSION] = extension or glued
        return self._app(environ, start_response)


def reply(value: Any, status: int = 200) -> Response:
    """A success in the format that was asked for."""
    return answer(value, status, request.environ.get(_EXTENSION))


def _add_room_calls(app: Flask, api: Api) -> None:
    @app.post("/v1/conferences")
    def create() -> Response:
        parameters = api.parameters()
        api.refuse_unknown(unknown_fields(parameters, CREATE_FIELDS))
        room = create_room(parameters, api.rules())
        api.world.secrets.add(room.password)
        shown = api.shapes.conference(room)
        if room.password and api.switch("echo_password"):
            shown["password"] = room.password
        return reply({"room": shown}, int(api.switch("create_status")))

    @app.get("/v1/conferences/<int:room_id>")
    def get(room_id: int) -> Response:
        return reply({"conference": api.shapes.conference(api.room(room_id))})

    @app.put("/v1/conferences/<int:room_id>")
    def edit(room_id: int) -> Response:
        room, parameters = api.room(room_id), api.parameters()
        api.refuse_unknown(unknown_fields(parameters, EDIT_FIELDS))
        edited = edit_room(room, parameters, api.rules())
        api.world.secrets.add(edited.password)
        return reply({"conference": api.shapes.conference(edited)})

    @app.delete("/v1/conferences/<int:room_id>")
    def delete(room_id: int) -> Response:
        del api.account.rooms[api.room(room_id).id]
        return reply("200 OK" if api.switch("delete_answer") == "string" else {"result": "OK"})

    @app.get("/v1/conferences")
    def grouped() -> Response:
        return reply({f"{kind}_conferences": _listed(api, kind) for kind in ("active", "inactive")})

    for kind in ("active", "inactive"):
        app.add_url_rule(f"/v1/conferences/{kind}", kind, _lister(api, kind), methods=["GET"])

    @app.post("/v1/conference/availability")
    def availability() -> Response:
        if not api.switch("availability"):
            raise not_found()
        parameters = api.parameters({"start_time", "duration", "id"})
        hours = str(parameters.get("duration", ""))
        but = str(parameters.get("id", "0"))
        if "start_time" not in parameters or not hours.isdigit() or not but.isdigit():
            raise invalid("start_time", "start_time, duration in hours and id are required.")
        start = read_start(parameters["start_time"], "UTC")
        require_slot(start, start + int(hours) * HOUR, api.rules(), but=int(but))
        return reply({"status": "OK"})


def _lister(api: Api, kind: str) -> Callable[[], Response]:
    def listed() -> Response:
        page = str(api.parameters({"page"}).get("page", "1"))
        if not page.isdigit() or int(page) < 1:
            raise invalid("page", "The page must be a number from 1.")
        size = int(api.switch("page_size"))
        return reply(_listed(api, kind)[(int(page) - 1) * size : int(page) * size])

    return listed


def _listed(api: Api, kind: str) -> list[dict[str, Any]]:
    now = api.now()
    return [
        api.shapes.conference(room)
        for room in api.account.rooms.values()
        if room.is_active(now) == (kind == "active") and room.listed(now)
    ]


def _add_lists(app: Flask, api: Api) -> None:
    @app.get("/v1/ping")
    def ping() -> Response:
        return reply({"ping": "pong"})

    @app.get("/v1/conferences/skins")
    def skins() -> Response:
        return reply(reference.skins())

    @app.get("/v1/time_zone_list")
    def time_zones() -> Response:
        return reply(reference.time_zones())

    @app.get("/v1/time_zone_list/<country>")
    def time_zones_of(country: str) -> Response:
        return reply(reference.time_zones(country))

    @app.get("/v1/phone_gateways")
    def gateways() -> Response:
        return reply(reference.phone_gateways())
