"""Subscriptions over HTTP; what they mean is elsewhere."""

from flask import Response

from sandbox.graph.door import Door, payload, reply, root_url, visit
from sandbox.graph.parts import Parts
from sandbox.graph.subscriptions import Subscriptions, show_subscription


class SubscriptionRoutes:
    """The views; creation shakes hands and therefore takes the store's lock by itself, before and after."""

    def __init__(self, door: Door, parts: Parts, subscriptions: Subscriptions) -> None:
        self._parts = parts
        self._subscriptions = subscriptions
        door.mount("/subscriptions", "POST", self.create, locked=False)
        door.mount("/subscriptions", "GET", self.list_subscriptions)
        door.mount("/subscriptions/<subscription_id>", "GET", self.read)
        door.mount("/subscriptions/<subscription_id>", "PATCH", self.renew)
        door.mount("/subscriptions/<subscription_id>", "DELETE", self.remove)
        door.mount("/subscriptions/<subscription_id>/reauthorize", "POST", self.reauthorize)

    def create(self) -> Response:
        data, caller = payload(), visit().caller
        with self._parts.store.lock:
            asked = self._subscriptions.read(caller, data)
        self._subscriptions.shake_hands(asked)
        with self._parts.store.lock:
            made = self._subscriptions.add(caller, asked, immutable=visit().preferences.immutable_ids)
        context = {"@odata.context": f"{root_url()}/$metadata#subscriptions/$entity"}
        return reply({**context, **show_subscription(made, created=True)}, 201)

    def list_subscriptions(self) -> Response:
        found = [show_subscription(each) for each in self._subscriptions.mine(visit().caller)]
        return reply({"@odata.context": f"{root_url()}/$metadata#subscriptions", "value": found})

    def read(self, subscription_id: str) -> Response:
        return reply(show_subscription(self._subscriptions.find(visit().caller, subscription_id)))

    def renew(self, subscription_id: str) -> Response:
        found = self._subscriptions.find(visit().caller, subscription_id)
        self._subscriptions.renew(found, payload())
        return reply(show_subscription(found))

    def remove(self, subscription_id: str) -> Response:
        self._subscriptions.remove(self._subscriptions.find(visit().caller, subscription_id).id)
        return reply(None, 204)

    def reauthorize(self, subscription_id: str) -> Response:
        self._subscriptions.find(visit().caller, subscription_id).paused = False
        return reply(None, 204)
