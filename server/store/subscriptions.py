"""Which change notifications we asked for and by what secret they prove themselves; it does not speak to Graph."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, func, or_, select, update

from addin.ports import Clock
from server.store.database import Database, Writing
from server.store.seal import Seal
from server.store.tables import subscriptions
from server.store.upserting import put

_REMEMBERED = 20_000
_ASKED_AT_ONCE = 500
_ID_LENGTH = 128
_REMEMBERED_FOR = timedelta(seconds=60)


class SubscriptionState(StrEnum):
    """Whether it is expected to deliver."""

    ACTIVE = "active"
    REMOVED = "removed"  # the service took it away: make a new one, then read by delta


@dataclass(frozen=True)
class Subscription:
    """One subscription of one mailbox. `client_state` is a secret: compare it with `hmac.compare_digest`."""

    id: str
    tenant_id: str
    user_id: str
    client_state: str = field(repr=False)
    resource: str
    expires_at: datetime
    state: SubscriptionState = SubscriptionState.ACTIVE


class Subscriptions:
    """Keeping them, and finding them quickly: those asked for lately are remembered for a minute in this process."""

    def __init__(self, database: Database, seal: Seal, clock: Clock) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, tuple[datetime, Subscription]] = OrderedDict()

    def keep(self, subscription: Subscription) -> None:
        """Add it, or overwrite what was known under its id."""
        row = {
            "id": subscription.id,
            "tenant_id": subscription.tenant_id,
            "user_id": subscription.user_id,
            "client_state": self._seal.seal(subscription.client_state.encode(), client_state_context(subscription.id)),
            "resource": subscription.resource,
            "expires_at": subscription.expires_at,
            "state": subscription.state.value,
        }
        self._database.write(lambda writing: put(writing.connection, subscriptions, row))
        self._forget(subscription.id)

    def known(self, ids: Iterable[str]) -> dict[str, Subscription]:
        """Those of the ids that are ours. Usually answered without the database."""
        now = self._clock()
        found: dict[str, Subscription] = {}
        asked = []
        for subscription_id in set(ids):
            entry = self._remembered.get(subscription_id)
            if entry is not None and abs(now - entry[0]) < _REMEMBERED_FOR:
                found[subscription_id] = entry[1]
            elif len(subscription_id) <= _ID_LENGTH and subscription_id.isprintable():
                asked.append(subscription_id)
        for first in range(0, len(asked), _ASKED_AT_ONCE):
            some = asked[first : first + _ASKED_AT_ONCE]
            fresh = self._read(select(subscriptions).where(subscriptions.c.id.in_(some)))
            with self._lock:
                for subscription in fresh:
                    self._remembered[subscription.id] = (now, subscription)
                    self._remembered.move_to_end(subscription.id)
                while len(self._remembered) > _REMEMBERED:
                    self._remembered.popitem(last=False)
            found.update((subscription.id, subscription) for subscription in fresh)
        return found

    def of(self, tenant_id: str, user_id: str) -> tuple[Subscription, ...]:
        """A mailbox's, whatever their state."""
        mine = (subscriptions.c.tenant_id == tenant_id, subscriptions.c.user_id == user_id)
        return tuple(self._read(select(subscriptions).where(*mine).order_by(subscriptions.c.expires_at)))

    def of_tenant(self, tenant_id: str) -> tuple[Subscription, ...]:
        """All of a tenant's, those that end last at the end."""
        statement = select(subscriptions).where(subscriptions.c.tenant_id == tenant_id)
        return tuple(self._read(statement.order_by(subscriptions.c.expires_at)))

    def expiring(self, before: datetime, limit: int) -> tuple[Subscription, ...]:
        """Active ones that end before a moment, the nearest end first."""
        active = subscriptions.c.state == SubscriptionState.ACTIVE.value
        statement = select(subscriptions).where(active, subscriptions.c.expires_at < before)
        return tuple(self._read(statement.order_by(subscriptions.c.expires_at).limit(limit)))

    def unanswered(self) -> int:
        """How many ended, or were taken away, and were not made anew: nobody tells us of changes there."""
        removed = subscriptions.c.state == SubscriptionState.REMOVED.value
        statement = (
            select(func.count())
            .select_from(subscriptions)
            .where(or_(removed, subscriptions.c.expires_at <= self._clock()))
        )
        with self._database.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def renewed(self, subscription_id: str, expires_at: datetime) -> None:
        """The service granted a new end."""
        changed = update(subscriptions).where(subscriptions.c.id == subscription_id).values(expires_at=expires_at)
        self._database.execute(changed)
        self._forget(subscription_id)

    def removed(self, subscription_id: str) -> None:
        """The service took it away."""
        self._database.write(lambda writing: mark_removed(writing, [subscription_id]))
        self._forget(subscription_id)

    def forget(self, subscription_id: str) -> None:
        """It is replaced, or nobody needs it any more."""
        self._database.execute(subscriptions.delete().where(subscriptions.c.id == subscription_id))
        self._forget(subscription_id)

    def _forget(self, subscription_id: str) -> None:
        with self._lock:
            self._remembered.pop(subscription_id, None)

    def _read(self, statement: Select[Any]) -> list[Subscription]:
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return [self._subscription(row) for row in rows]

    def _subscription(self, row: Row[Any]) -> Subscription:
        client_state = self._seal.open(row.client_state, client_state_context(row.id)).decode()
        return Subscription(
            row.id,
            row.tenant_id,
            row.user_id,
            client_state,
            row.resource,
            row.expires_at,
            SubscriptionState(row.state),
        )


def mark_removed(writing: Writing, ids: Sequence[str]) -> None:
    """Within somebody's write: the service took these away."""
    gone = update(subscriptions).where(subscriptions.c.id.in_(ids))
    writing.connection.execute(gone.values(state=SubscriptionState.REMOVED.value))


def client_state_context(subscription_id: str) -> str:
    """What a subscription's client state is sealed for."""
    return f"client-state:{subscription_id}"
