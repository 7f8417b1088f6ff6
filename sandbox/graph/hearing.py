"""Turns changes of events into notifications for whoever subscribed; it checks no requests and posts nothing itself."""

from typing import Any

from sandbox.graph.event_output import Reader, show_event
from sandbox.graph.notifier import Notifier
from sandbox.graph.preferences import Preferences
from sandbox.graph.query import pick
from sandbox.graph.rich import encrypt, validation_token
from sandbox.graph.series import Entry
from sandbox.graph.store import Mailbox, Store
from sandbox.graph.subscriptions import Subscription, Subscriptions, lifecycle_notification, notification
from sandbox.world import World

LIFECYCLE_EVENTS = ("reauthorizationRequired", "subscriptionRemoved", "missed")


class Hearing:
    """Between the calendar and the notifier. Needs the store's lock for `changed` and `lifecycle`."""

    def __init__(self, world: World, store: Store, subscriptions: Subscriptions) -> None:
        self._world = world
        self._store = store
        self._subscriptions = subscriptions
        self.notifier = Notifier(world, self._missed)

    def changed(self, mailbox: Mailbox, change: str, entry: Entry) -> None:
        """Send an item for each subscription that wants to hear of it."""
        for subscription in self._subscriptions.concerned(mailbox, change, entry):
            item = notification(subscription, mailbox, change, entry)
            token = None
            if subscription.include_data:
                token = validation_token(self._world, subscription.app_id, subscription.tenant)
                if change != "deleted":
                    item["encryptedContent"] = self._content(subscription, mailbox, entry)
            self.notifier.send(subscription.url, item, token)

    def _content(self, subscription: Subscription, mailbox: Mailbox, entry: Entry) -> dict[str, str]:
        reader = Reader(Preferences(immutable_ids=subscription.immutable), "UTC")
        data = pick(show_event(self._store, mailbox, entry, reader), set(subscription.select))
        assert subscription.certificate is not None
        return encrypt(subscription.certificate, subscription.certificate_id or "", data)

    def lifecycle(self, subscription_id: str | None, event: str, *, pause: bool = False) -> int:
        """Send a lifecycle event to one subscription or to all; how many heard of it. ValueError for another event.

        `subscriptionRemoved` removes it; `pause` keeps back, for good, what happens until it is renewed.
        """
        if event not in LIFECYCLE_EVENTS:
            raise ValueError(f"a lifecycle event is one of {', '.join(LIFECYCLE_EVENTS)}")
        heard = 0
        for subscription in self._subscriptions.active():
            if subscription_id not in (None, subscription.id):
                continue
            subscription.paused = subscription.paused or pause
            if event == "subscriptionRemoved":
                self._subscriptions.remove(subscription.id)
            if subscription.lifecycle_url:  # a missing address means silence
                self.notifier.send(subscription.lifecycle_url, lifecycle_notification(subscription, event))
                heard += 1
        return heard

    def _missed(self, item: dict[str, Any]) -> None:
        """What was given up on is made known by a `missed`, if there is an address for it."""
        subscription = self._subscriptions.by_id(item["subscriptionId"])
        if subscription is None or "lifecycleEvent" in item or subscription.lifecycle_url in (None, subscription.url):
            return
        assert subscription.lifecycle_url is not None
        self.notifier.send(subscription.lifecycle_url, lifecycle_notification(subscription, "missed"))
