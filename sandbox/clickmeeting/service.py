"""Makes the stand-in for ClickMeeting out of its parts, holds its lock and its state; it decides no behaviour.

Under `/clickmeeting/v1` the REST API (calls E1 to E24 of API v1 without recordings), under `/rooms` the room pages.
What may be switched is listed with its meaning in `sandbox.clickmeeting.switches`; lost answers, errors and hangs come
from the sandbox's faults. Rooms end by the sandbox's clock.
"""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sandbox.clickmeeting.account import Account
from sandbox.clickmeeting.admission import add_admission
from sandbox.clickmeeting.api import Api, create_api
from sandbox.clickmeeting.links import EntryLinks
from sandbox.clickmeeting.pages import create_pages
from sandbox.clickmeeting.statistics import add_statistics
from sandbox.clickmeeting.switches import SWITCHES
from sandbox.people import CLICKMEETING_KEY
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ClickMeetingService:
    """The `Service` named clickmeeting. `unknown_parameters` lists what callers sent that no source names."""

    name = "clickmeeting"

    def __init__(self, world: World) -> None:
        world.faults.declare(SWITCHES)
        world.secrets.add(CLICKMEETING_KEY)
        self._lock = threading.Lock()
        self._world = world
        self._account = Account()
        self._links = EntryLinks()
        self.unknown_parameters: list[str] = []
        api = Api(world, self._account, self._links, self.unknown_parameters)
        self._shapes = api.shapes
        flask_app, self._api = create_api(api)
        add_admission(flask_app, api)
        add_statistics(flask_app, api)
        self._pages = create_pages(api)

    def wsgi(self) -> "dict[str, WSGIApplication]":
        return {
            "/clickmeeting": _OneAtATime(self._api, self._lock),
            "/rooms": _OneAtATime(self._pages, self._lock),
        }

    def rooms_seen(self) -> list[dict[str, Any]]:
        """Every room that exists now, with its tokens and visits, for `GET /control/rooms`."""
        with self._lock:
            return [self._shapes.seen(room) for room in self._account.rooms.values()]

    def reset(self) -> None:
        with self._lock:
            self._account.reset()
            self.unknown_parameters.clear()

    def dump(self) -> Any:
        with self._lock:
            return {"account": self._account.dump(), "links": self._links.dump()}

    def load(self, state: Any) -> None:
        with self._lock:
            self._account.load(state["account"])
            self._links.load(state["links"])
            for room in self._account.rooms.values():
                for secret in [token.token for token in room.tokens] + [person.r for person in room.registrations]:
                    self._world.secrets.add(secret)

    def close(self) -> None:
        """Nothing runs by itself here."""


class _OneAtATime:
    """The state has one lock, held for a whole request; answers are complete when the application returns."""

    def __init__(self, app: "WSGIApplication", lock: threading.Lock) -> None:
        self._app = app
        self._lock = lock

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with self._lock:
            return self._app(environ, start_response)
