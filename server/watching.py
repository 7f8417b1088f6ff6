"""Keeps one live subscription for each mailbox that has something to follow; it reads no calendar."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from addin.errors import Missing
from addin.model import Mailbox
from addin.ports import Clock, Office
from server.ops.metrics import Metrics
from server.store import SqlStore
from server.store.subscriptions import Subscription, SubscriptionState

_RESOURCE = "me/events"


@dataclass(frozen=True)
class Watching:
    """Where Microsoft is to tell us of changes, how long we ask at a time, and how often we look for ourselves."""

    public_url: str
    life: timedelta
    sweep: timedelta = timedelta(hours=1)
    idle_sweep: timedelta = timedelta(days=1)


@dataclass(frozen=True)
class Watch:
    """Makes, renews and replaces subscriptions (Graph facts 3.1, 3.4)."""

    storage: SqlStore
    clock: Clock
    watching: Watching
    metrics: Metrics

    def keep(self, mailbox: Mailbox, office: Office, *, prove: bool) -> bool:
        """Renewed at half its life, or at once with `prove`, which finds out whether the service still has it.

        True when a new one had to be made: what happened before it was told to nobody.
        """
        now = self.clock()
        own = self.storage.subscriptions.of(mailbox.tenant_id, mailbox.user_id)
        active = [one for one in own if one.state is SubscriptionState.ACTIVE and one.expires_at > now]
        newest = max(active, key=lambda one: one.expires_at, default=None)
        if newest is not None:
            if newest.expires_at - now > self.watching.life / 2 and not prove:
                return False
            if self._renew(newest, office, now):
                return False
        self._make(mailbox, office, now)
        for old in own:
            self.storage.subscriptions.forget(old.id)
        return True

    def renewal(self, mailbox: Mailbox) -> datetime | None:
        """When the present subscription has to be renewed."""
        own = self.storage.subscriptions.of(mailbox.tenant_id, mailbox.user_id)
        ends = [one.expires_at for one in own if one.state is SubscriptionState.ACTIVE]
        return max(ends) - self.watching.life / 2 if ends else None

    def _renew(self, subscription: Subscription, office: Office, now: datetime) -> bool:
        """Also the answer to `reauthorizationRequired`: a new expiry is given under the token of now."""
        try:
            expires = office.subscriptions.renew(subscription.id, now + self.watching.life)
        except Missing:
            self.storage.subscriptions.forget(subscription.id)
            return False
        self.storage.subscriptions.renewed(subscription.id, expires)
        self.metrics.subscriptions.labels("renewed").inc()
        return True

    def _make(self, mailbox: Mailbox, office: Office, now: datetime) -> None:
        client_state = secrets.token_urlsafe(32)
        number, expires = office.subscriptions.create(
            notification_url=f"{self.watching.public_url}/hooks/graph",
            lifecycle_url=f"{self.watching.public_url}/hooks/graph/lifecycle",
            client_state=client_state,
            until=now + self.watching.life,
        )
        self.storage.subscriptions.keep(
            Subscription(number, mailbox.tenant_id, mailbox.user_id, client_state, _RESOURCE, expires)
        )
        self.metrics.subscriptions.labels("made").inc()
