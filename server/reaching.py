"""In whose name a mailbox is opened: the add-in's own, its owner's, or a delegate's; it reads no calendar.

Delegated: the owner's tokens where the owner signed in, else those of the delegates who scheduled there, the next one
when one is refused. Application: the add-in's own, in mailboxes of the listed tenants that the administrator opened.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from addin.errors import NotAllowed, NotSignedIn, Permanent, Retryable
from addin.graph.account import GraphOffice
from addin.graph.door import GraphConnection, GraphDoor, TokenSource
from addin.graph.sharing import GraphSharing
from addin.model import Mailbox
from addin.ports import Clock
from server.auth.application import ApplicationTokens
from server.auth.bearer import Caller
from server.auth.delegated import DelegatedTokens
from server.rights import Rights, not_a_delegate
from server.store.delegates import Delegates

_TRIED_AGAIN = timedelta(days=1)
_PROVED_FOR = timedelta(minutes=5)
_REMEMBERED = 10_000
_NOT_YET = "The room cannot follow the calendar yet:"
_LATER = "The calendar could not be reached; the room follows it as soon as it answers again."
log = structlog.get_logger(__name__)


class Reach(Protocol):
    """What the server needs of either way."""

    def office(self, mailbox: Mailbox) -> GraphOffice:
        """The mailbox for background work."""

    def prepare(self, caller: Caller, owner: Mailbox) -> str | None:
        """Before something is scheduled in the owner's calendar: a sentence where it cannot be followed yet.

        A claims challenge is raised; everything else lets scheduling go on (design principle 7).
        """

    def owner(self, caller: Caller, address: str) -> Mailbox:
        """Whose calendar has this address. NotAllowed unless the caller may write into it; a Retryable where that
        cannot be asked: nobody is let in on a guess."""

    def may_edit(self, caller: Caller, owner: Mailbox, *, afresh: bool = False) -> bool:
        """Whether the caller, who scheduled there before, still may; what was found within the last minute is good
        enough to read, `afresh` asks now. A Retryable where that cannot be asked."""


class DelegatedReach:
    """With the tokens of people who signed in. One for the process."""

    def __init__(
        self, connection: GraphConnection, tokens: DelegatedTokens, delegates: Delegates, clock: Clock
    ) -> None:
        self._connection = connection
        self._tokens = tokens
        self._delegates = delegates
        self._clock = clock
        self._rights = Rights(delegates, clock)

    def office(self, mailbox: Mailbox) -> GraphOffice:
        """See `Reach`."""
        readers = Readers(mailbox, self._tokens, self._delegates, self._clock)
        return GraphOffice(self._connection, mailbox, readers, instead=readers.instead, reader=readers.present)

    def prepare(self, caller: Caller, owner: Mailbox) -> str | None:
        """Seed calendar access with the caller's own token."""
        shared = owner.user_id != caller.mailbox.user_id
        try:
            self._tokens.source(caller.mailbox, caller.token, shared=shared)()
        except NotAllowed as error:
            return f"{_NOT_YET} {error}"
        except Retryable:
            return _LATER
        return None

    def owner(self, caller: Caller, address: str) -> Mailbox:
        """Asked with the caller's own token, which the sharing of the calendar lets in or not."""
        sharing = self._sharing(caller, address)
        owner = sharing.person(caller.mailbox.tenant_id, address)
        if owner.user_id == caller.mailbox.user_id:
            return caller.mailbox
        may = sharing.may_edit(owner)
        self._rights.found(owner, caller.mailbox, may=may)
        if not may:
            raise not_a_delegate()
        return owner

    def may_edit(self, caller: Caller, owner: Mailbox, *, afresh: bool = False) -> bool:
        """See `Reach`."""
        sharing = self._sharing(caller, owner.user_id)
        return self._rights.may(owner, caller.mailbox, lambda: sharing.may_edit(owner), afresh=afresh)

    def _sharing(self, caller: Caller, who: str) -> GraphSharing:
        token = self._tokens.source(caller.mailbox, caller.token, shared=True)
        return GraphSharing(GraphDoor(self._connection, f"{caller.mailbox.tenant_id}/{who.lower()}", token))


class Readers:
    """`addin.graph.TokenSource` of one mailbox: the first of those who may read it, until that one is refused."""

    def __init__(self, mailbox: Mailbox, tokens: DelegatedTokens, delegates: Delegates, clock: Clock) -> None:
        self._mailbox = mailbox
        self._tokens = tokens
        self._delegates = delegates
        self._clock = clock
        self._coming = self._candidates()
        self._person: Mailbox | None = next(self._coming)

    def __call__(self, *, claims: str | None = None, renew: bool = False) -> str:
        """The token of the first who has one; the owner's own error where nobody else is known."""
        refusal: Permanent | None = None
        while self._person is not None:
            shared = self._person.user_id != self._mailbox.user_id
            try:
                return self._tokens.token(self._person, claims=claims, renew=renew, shared=shared)
            except (NotSignedIn, NotAllowed) as error:
                refusal, claims, renew = refusal or error, None, False
            self._person = next(self._coming, None)
        raise refusal or _nobody()

    def present(self) -> Mailbox | None:
        """Who reads now: the first who has a token."""
        self()
        return self._person

    def instead(self, refusal: NotAllowed) -> bool:
        """The calendar did not let the present person in: is there another? A delegate's refusal is remembered."""
        person = self._person
        if person is None:
            return False
        following = next(self._coming, None)
        if person.user_id == self._mailbox.user_id:
            self._person = following or person
            return following is not None
        log.info("delegate refused", reason=str(refusal))
        self._delegates.refused(self._mailbox, person)
        self._person = following
        if following is None:
            raise _nobody() from refusal
        return True

    def _candidates(self) -> Iterator[Mailbox]:
        """The owner, then the delegates; one who was refused is tried again after a day."""
        yield self._mailbox
        now = self._clock()
        for one in self._delegates.of(self._mailbox):
            if one.refused_at is None or now - one.refused_at >= _TRIED_AGAIN:
                yield one.person


def _nobody() -> NotAllowed:
    return NotAllowed(
        "Nobody who signed in to the add-in may open this calendar any more. Share it again, or let its owner sign in"
        " to the add-in once.",
        reason="not-delegate",
    )


class ApplicationReach:
    """In the add-in's own name; nobody has to be signed in. One for the process.

    Which mailboxes that opens is the tenant's decision (RBAC for Applications, Graph facts 7.4); `tenants` are ours.
    """

    def __init__(
        self,
        connection: GraphConnection,
        tokens: ApplicationTokens,
        delegates: Delegates,
        clock: Clock,
        tenants: frozenset[str],
    ) -> None:
        self._connection = connection
        self._tokens = tokens
        self._clock = clock
        self._tenants = frozenset(tenant.lower() for tenant in tenants)
        self._rights = Rights(delegates, clock)
        self._proved: dict[str, datetime] = {}

    def office(self, mailbox: Mailbox) -> GraphOffice:
        """See `Reach`."""
        return GraphOffice(self._connection, mailbox, self._source(mailbox), instead=_outside_scope)

    def prepare(self, caller: Caller, owner: Mailbox) -> str | None:
        """Whether the mailbox is open to the add-in: the person is told at the press, not in a log."""
        key, now = f"{owner.tenant_id}/{owner.user_id}", self._clock()
        if abs(now - self._proved.get(key, now - _PROVED_FOR)) < _PROVED_FOR:
            return None
        try:
            self.office(owner).calendar.prove()
        except Permanent as error:
            return f"{_NOT_YET} {error}"
        except Retryable:
            return _LATER
        self._proved[key] = now
        while len(self._proved) > _REMEMBERED:
            self._proved.pop(next(iter(self._proved)))
        return None

    def owner(self, caller: Caller, address: str) -> Mailbox:
        """The add-in opens every mailbox, so the owner's list of who may edit decides, by the caller's object id."""
        tenant = caller.mailbox.tenant_id
        owner = self._sharing(caller, address).person(tenant, address)
        if owner.user_id == caller.mailbox.user_id:
            return caller.mailbox
        may = self._is_editor(caller, owner)
        self._rights.found(owner, caller.mailbox, may=may)
        if not may:
            raise not_a_delegate()
        return owner

    def may_edit(self, caller: Caller, owner: Mailbox, *, afresh: bool = False) -> bool:
        """See `Reach`."""
        return self._rights.may(owner, caller.mailbox, lambda: self._is_editor(caller, owner), afresh=afresh)

    def _is_editor(self, caller: Caller, owner: Mailbox) -> bool:
        sharing = self._sharing(caller, owner.user_id)
        # the token's name for the caller is a hint for people; only the directory's is good for rights
        return not sharing.addresses(caller.mailbox.user_id).isdisjoint(sharing.editors(owner))

    def _sharing(self, caller: Caller, who: str) -> GraphSharing:
        gate = f"{caller.mailbox.tenant_id}/{who.lower()}"
        return GraphSharing(GraphDoor(self._connection, gate, self._source(caller.mailbox), instead=_outside_scope))

    def _source(self, mailbox: Mailbox) -> TokenSource:
        if mailbox.tenant_id.lower() in self._tenants:
            return self._tokens.source(mailbox)

        def refused(*, claims: str | None = None, renew: bool = False) -> str:
            raise NotAllowed("This organisation is not set up for the add-in any more.", reason="tenant")

        return refused


def _outside_scope(refusal: NotAllowed) -> bool:
    """There is nobody else to ask; a plain 403 gets the sentence that says whom it takes."""
    if refusal.reason == NotAllowed.default_reason:
        log.info("mailbox closed to the application", reason=str(refusal))
        raise NotAllowed(
            "The add-in may not open this mailbox. Ask your administrator to add it to the add-in's scope.",
            reason="outside-scope",
        ) from refusal
    return False
