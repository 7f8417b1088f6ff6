"""The Graph stand-in under `/graph`: its switches, its parts and its life; what each part does is the part's own."""

from typing import TYPE_CHECKING, Any

from flask import Flask

from sandbox.graph import batch, delta, notifier, subscriptions
from sandbox.graph.action_routes import ActionRoutes
from sandbox.graph.appointments import Appointments
from sandbox.graph.availability_routes import AvailabilityRoutes
from sandbox.graph.client_door import ClientDoor
from sandbox.graph.delta_routes import DeltaRoutes
from sandbox.graph.door import Door, folded_case
from sandbox.graph.errors import GraphError
from sandbox.graph.event_routes import EventRoutes
from sandbox.graph.hearing import Hearing
from sandbox.graph.invitations import Invitations
from sandbox.graph.mail_routes import MailRoutes, receive
from sandbox.graph.parts import Parts
from sandbox.graph.people_routes import PeopleRoutes
from sandbox.graph.responses import Responses
from sandbox.graph.series import Entry
from sandbox.graph.store import Mailbox, Store
from sandbox.graph.subscription_routes import SubscriptionRoutes
from sandbox.graph.throttle import Throttle
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SWITCHES: dict[str, Any] = {
    "graph.concurrency": 4,  # requests at once for an application and mailbox
    "graph.budget": 10_000,  # requests in a window for an application and mailbox
    "graph.budget_window_s": 600,
    "graph.retry_after_s": 10,  # what a 429 for concurrency asks to wait
    "graph.latency_s": 0,  # how long each request stays under way
    "graph.claims_challenge": False,  # every token is answered by a claims challenge
    "graph.app_mailboxes": None,  # a list: the only mailboxes that application permissions reach
    "graph.closed_status": 403,  # what another's mailbox answers who has no right: 403, or 404
    "graph.spontaneous_412": 0,  # how many of the next changes Exchange gets in between of
    "graph.touch_after_write": False,  # Exchange goes over an item once more after each write
    "graph.forward_lists": True,  # whom somebody forwarded a meeting to stands on the organiser's list
    "graph.rooms_accept": True,  # rooms answer invitations by themselves
}


class GraphService(ClientDoor):
    """A desk-sized Microsoft Graph."""

    name = "graph"

    def __init__(self, world: World) -> None:
        self._world = world
        world.faults.declare(
            {**SWITCHES, **notifier.SWITCHES, **subscriptions.SWITCHES, **delta.SWITCHES, **batch.SWITCHES}
        )
        self.store = Store(world.clock)
        self._subscriptions = subscriptions.Subscriptions(world, self.store)
        self._deltas = delta.Deltas(world, self.store)
        self._hearing = Hearing(world, self.store, self._subscriptions)
        self._throttle = Throttle(world)
        invitations = Invitations(self.store, world.outbox, self._changed)
        self._responses = Responses(self.store, world.outbox, self._changed)
        appointments = Appointments(self.store, invitations, self._changed, self._after_sending)
        self._parts = Parts(world, self.store, appointments, self._responses)
        super().__init__(self._parts)
        world.outbox.on_mail(lambda mail: receive(self.store, mail))
        self._app = self._make_app()

    def _make_app(self) -> Flask:
        app = Flask("sandbox.graph")
        app.url_map.strict_slashes = False
        door = Door(app, self._world, self.store, self._throttle)
        events = EventRoutes(door, self._parts)
        ActionRoutes(door, self._parts, events)
        MailRoutes(door, self._parts)
        PeopleRoutes(door, self._parts)
        SubscriptionRoutes(door, self._parts, self._subscriptions)
        DeltaRoutes(door, self._parts, self._deltas)
        AvailabilityRoutes(door, self._parts)
        batch.BatchRoutes(door, self._parts, lambda: folded_case(app.wsgi_app))
        return app

    def wsgi(self) -> "dict[str, WSGIApplication]":
        return {"/graph": folded_case(self._app.wsgi_app)}

    def reset(self) -> None:
        with self.store.lock:
            self.store.reset()
            self._subscriptions.reset()
            self._deltas.forget()
        self._hearing.notifier.reset()
        self._throttle.reset()

    def dump(self) -> Any:
        with self.store.lock:
            return {"mailboxes": self.store.dump(), "subscriptions": self._subscriptions.dump()}

    def load(self, state: Any) -> None:
        with self.store.lock:
            self.store.load(state["mailboxes"])
            self._subscriptions.load(state["subscriptions"])

    def close(self) -> None:
        self._hearing.notifier.close()

    def idle(self, timeout: float) -> bool:
        """Wait until every notification has been delivered; False where some still wait after `timeout` seconds."""
        return self._hearing.notifier.idle(timeout)

    def send_lifecycle(self, event: str, subscription_id: str | None = None, *, pause: bool = False) -> int:
        """Send a lifecycle event to one subscription or all of them; how many have an address for it."""
        with self.store.lock:
            return self._hearing.lifecycle(subscription_id, event, pause=pause)

    def forget_delta(self) -> int:
        """Every delta token falls out of the cache: the next use of one is answered 410."""
        with self.store.lock:
            return self._deltas.forget()

    def control(self, action: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """What `POST /control/graph/{action}` does; ValueError for anything else.

        `idle {timeout_s}`, `lifecycle {event, subscription?, pause?}`, `touch {mailbox, event}`, `forget-delta`,
        `share {mailbox, delegate, role}`, `person {mailbox, there}`.
        """
        if action == "idle":
            return {"idle": self.idle(float(wanted.get("timeout_s", 10)))}
        if action == "lifecycle":
            pause = bool(wanted.get("pause", False))
            return {"sent": self.send_lifecycle(str(wanted.get("event")), wanted.get("subscription"), pause=pause)}
        if action == "touch":
            try:
                self.client_touch(str(wanted.get("mailbox")), str(wanted.get("event")))
            except GraphError as error:
                raise ValueError(str(error)) from None
            return {"status": "OK"}
        if action == "forget-delta":
            return {"forgotten": self.forget_delta()}
        if action == "share":
            return {"editors": self.share(*(str(wanted.get(name)) for name in ("mailbox", "delegate", "role")))}
        if action == "person":
            with self.store.lock:
                if not self.store.put_away(str(wanted.get("mailbox")), gone=not wanted.get("there", True)):
                    raise ValueError(f"there is nobody called {wanted.get('mailbox')}")
            return {"status": "OK"}
        raise ValueError("graph knows the actions idle, lifecycle, touch, forget-delta, share and person")

    def share(self, owner: str, delegate: str, role: str) -> list[str]:
        """Let somebody write into a calendar (`write`) or no more (`none`); who may now."""
        if role not in ("write", "none"):
            raise ValueError("a role is write or none")
        with self.store.lock:
            box, other = self.store.mailbox(owner), self.store.mailbox(delegate)
            if box is None or other is None:
                raise ValueError("name a mailbox and a delegate")
            kept = [name for name in box.editors if name != other.user.upn]
            box.editors = [*kept, other.user.upn] if role == "write" else kept
            return box.editors

    def _changed(self, mailbox: Mailbox, change: str, entry: Entry) -> None:
        """Every change of every event passes here, with the store's lock held."""
        self._hearing.changed(mailbox, change, entry)

    def _after_sending(self, entry: Entry) -> None:
        if self._world.faults.switch("graph.rooms_accept"):
            self._responses.answer_for_rooms(entry)
