"""What a worker does with a due subject: look at a meeting, or at a mailbox and all that was hinted at in it."""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from addin.errors import AddinError, Missing, Permanent, Retryable
from addin.following import look_at_event, look_at_meeting
from addin.model import Mailbox, MeetingState
from addin.ports import Clock, Office
from addin.scheduling import Doors
from server.ops.metrics import Metrics
from server.store import MAILBOX, MEETING, SqlStore
from server.store.mailboxes import from_subject, subject_id
from server.store.subscriptions import Subscription, SubscriptionState

_RESOURCE = "me/events"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Watching:
    """Where Microsoft is to tell us of changes, and for how long we ask at a time."""

    public_url: str
    life: timedelta


@dataclass(frozen=True)
class Looker:
    """`look(kind, subject_id)` for the ledger's workers. A Retryable comes back later, a Permanent is recorded."""

    doors: Doors
    storage: SqlStore
    clock: Clock
    watching: Watching
    metrics: Metrics

    def look(self, kind: str, subject: str) -> None:
        """One look, counted and timed."""
        begun = time.perf_counter()
        outcome = "done"
        try:
            if kind == MAILBOX:
                self._mailbox(subject)
            else:
                look_at_meeting(subject, self.doors)
        except AddinError as error:
            outcome = "later" if isinstance(error, Retryable) else "refused"
            log.info("look", kind=kind, subject=subject, outcome=outcome, reason=str(error))
            raise
        finally:
            self.metrics.looks.labels(kind, outcome).inc()
            self.metrics.look_seconds.labels(kind).observe(time.perf_counter() - begun)

    def _mailbox(self, subject: str) -> None:
        tenant_id, user_id = from_subject(subject)
        known = self.storage.mailboxes.get(tenant_id, user_id)
        mailbox = known.mailbox if known is not None else Mailbox(tenant_id, user_id)
        office = self.doors.office(mailbox)
        if self._watch(mailbox, office):
            self._catch_up(mailbox)
        waiting: Retryable | None = None
        for sighting in self.storage.notices.seen(tenant_id, user_id):
            try:
                if sighting.event_id:
                    look_at_event(mailbox, sighting.event_id, self.doors)
            except Retryable as error:
                waiting = error  # its hint stays; the others are not held up by it
                continue
            except Permanent as error:
                log.warning("event not followed", subject=subject, reason=str(error))
            self.storage.notices.settle(tenant_id, user_id, [sighting])
        if waiting is not None:
            raise waiting

    def _catch_up(self, mailbox: Mailbox) -> None:
        """Nobody told us of what happened before the subscription: every meeting of the mailbox is looked at."""
        for meeting in self.storage.find(tenant_id=mailbox.tenant_id, owner_id=mailbox.user_id):
            if meeting.state is not MeetingState.ENDED:
                self.storage.ledger.ask(MEETING, meeting.id)

    def _watch(self, mailbox: Mailbox, office: Office) -> bool:
        """A live subscription, renewed at half its life; True when a new one had to be made."""
        now = self.clock()
        own = self.storage.subscriptions.of(mailbox.tenant_id, mailbox.user_id)
        active = [one for one in own if one.state is SubscriptionState.ACTIVE and one.expires_at > now]
        if active:
            newest = max(active, key=lambda one: one.expires_at)
            if newest.expires_at - now > self.watching.life / 2:
                self._again(mailbox, newest.expires_at)
                return False
            try:
                expires = office.subscriptions.renew(newest.id, now + self.watching.life)
                self.storage.subscriptions.renewed(newest.id, expires)
                self._again(mailbox, expires)
                return False
            except Missing:
                self.storage.subscriptions.forget(newest.id)
        expires = self._subscribe(mailbox, office, now)
        self._again(mailbox, expires)
        return True

    def _subscribe(self, mailbox: Mailbox, office: Office, now: datetime) -> datetime:
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
        return expires

    def _again(self, mailbox: Mailbox, expires: datetime) -> None:
        half = expires - self.watching.life / 2
        soon = self.clock() + timedelta(minutes=10)  # where the service grants less than we asked for
        self.storage.ledger.ask(MAILBOX, subject_id(mailbox), max(half, soon))
