"""Keeps one live subscription for each mailbox that has something to follow; it reads no calendar."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog

from addin.errors import NotSignedIn, Permanent
from addin.model import Mailbox, Meeting, MeetingState
from addin.ports import Clock, Office
from server.ops.metrics import Metrics
from server.store import MAILBOX, SqlStore
from server.store.mailboxes import subject_id
from server.store.subscriptions import Subscription, SubscriptionState

_RESOURCE = "me/events"
_SLACK = timedelta(minutes=1)
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Watching:
    """Where Microsoft is to tell us of changes, how long we ask at a time, and how often we look for ourselves."""

    public_url: str
    life: timedelta
    sweep: timedelta = timedelta(hours=1)
    idle_sweep: timedelta = timedelta(days=1)
    poll: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Following:
    """How changes are heard of: by `notifications`, by `polling` every `minutes`, or `not-yet`."""

    by: Literal["notifications", "polling", "not-yet"]
    minutes: int | None = None


def following(meeting: Meeting, storage: SqlStore, watching: Watching, now: datetime) -> Following:
    """From what is kept, not from what is planned.

    Polling counts from the first complete round, and before it where a delegate was just let in, who can do no more.
    """
    owner = meeting.owner
    if meeting.state is MeetingState.ENDED:
        return Following("not-yet")
    if stands(storage, owner, now):
        return Following("notifications")
    delegates = storage.delegates.of(owner)
    shared = any(one.refused_at is None for one in delegates)
    known = storage.mailboxes.get(owner.tenant_id, owner.user_id)
    if storage.subscriptions.of(owner.tenant_id, owner.user_id) or (delegates and not shared):
        polled = False  # taken away, or closed to everybody who could read it
    elif known is None or known.last_round is None:
        polled = shared and storage.ledger.last_error(MAILBOX, subject_id(owner)) is None
    else:
        polled = now - known.last_round <= 2 * watching.poll + _SLACK
    return Following("polling", max(1, round(watching.poll.total_seconds() / 60))) if polled else Following("not-yet")


def stands(storage: SqlStore, mailbox: Mailbox, now: datetime) -> bool:
    """Whether a subscription is expected to deliver."""
    own = storage.subscriptions.of(mailbox.tenant_id, mailbox.user_id)
    return any(one.state is SubscriptionState.ACTIVE and one.expires_at > now for one in own)


@dataclass(frozen=True)
class Watch:
    """Makes, renews and replaces subscriptions (Graph facts 3.1, 3.4)."""

    storage: SqlStore
    clock: Clock
    watching: Watching
    metrics: Metrics

    def keep(self, mailbox: Mailbox, office: Office, *, prove: bool) -> bool:
        """Renewed at half its life, or at once with `prove`, which finds out whether the service still has it.

        True when a new one had to be made: what happened before it was told to nobody. Where none can be had, as for
        another's mailbox with a person's token, the mailbox is polled.
        """
        if not office.hears:
            return False
        now = self.clock()
        own = self.storage.subscriptions.of(mailbox.tenant_id, mailbox.user_id)
        active = [one for one in own if one.state is SubscriptionState.ACTIVE and one.expires_at > now]
        newest = max(active, key=lambda one: one.expires_at, default=None)
        if newest is not None:
            if newest.expires_at - now > self.watching.life / 2 and not prove:
                return False
            if self._renew(newest, office, now):
                return False
        made = self._make(mailbox, office, now)
        for old in own:
            self.storage.subscriptions.forget(old.id)
        return made

    def give_up(self, mailbox: Mailbox) -> None:
        """The calendar is closed to us: what we may still be told of it is of no use."""
        for one in self.storage.subscriptions.of(mailbox.tenant_id, mailbox.user_id):
            self.storage.subscriptions.removed(one.id)

    def renewal(self, mailbox: Mailbox) -> datetime | None:
        """When the present subscription has to be renewed."""
        own = self.storage.subscriptions.of(mailbox.tenant_id, mailbox.user_id)
        ends = [one.expires_at for one in own if one.state is SubscriptionState.ACTIVE]
        return max(ends) - self.watching.life / 2 if ends else None

    def _renew(self, subscription: Subscription, office: Office, now: datetime) -> bool:
        """Also the answer to `reauthorizationRequired`: a new expiry is given under the token of now."""
        try:
            expires = office.subscriptions.renew(subscription.id, now + self.watching.life)
        except NotSignedIn:
            raise
        except Permanent:  # gone, or made in another's name, as before graph_access was changed
            self.storage.subscriptions.forget(subscription.id)
            return False
        self.storage.subscriptions.renewed(subscription.id, expires)
        self.metrics.subscriptions.labels("renewed").inc()
        return True

    def _make(self, mailbox: Mailbox, office: Office, now: datetime) -> bool:
        """False where Microsoft refuses it, such as when it cannot reach our address: then the mailbox is polled."""
        client_state = secrets.token_urlsafe(32)
        try:
            number, expires = office.subscriptions.create(
                notification_url=f"{self.watching.public_url}/hooks/graph",
                lifecycle_url=f"{self.watching.public_url}/hooks/graph/lifecycle",
                client_state=client_state,
                until=now + self.watching.life,
            )
        except NotSignedIn:
            raise
        except Permanent as error:
            log.warning("no subscription", reason=str(error))
            self.metrics.subscriptions.labels("refused").inc()
            return False
        self.storage.subscriptions.keep(
            Subscription(number, mailbox.tenant_id, mailbox.user_id, client_state, _RESOURCE, expires)
        )
        self.metrics.subscriptions.labels("made").inc()
        return True
