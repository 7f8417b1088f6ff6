"""What every API call is handed: the doors, who is asking, and how to answer once; it holds no use case."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from flask import g, request

from addin.errors import AddinError, Missing
from addin.model import Mailbox, Meeting, MeetingState, Person
from addin.ports import Clock
from addin.scheduling import Doors
from server.auth.bearer import BearerCheck, Caller
from server.auth.dialog import DialogSignIn
from server.reaching import Reach
from server.rights import not_a_delegate
from server.settings import Settings
from server.store import MAILBOX, SqlStore
from server.store.mailboxes import subject_id
from server.tenancy import Tenants
from server.watching import Following, Watching, following

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Context:
    """The composition that the API works with. `bearer` checks tokens, `dialog` is one way to
    them; `reach` opens calendars.
    """

    settings: Settings
    doors: Doors
    storage: SqlStore
    tenancy: Tenants
    bearer: BearerCheck
    dialog: DialogSignIn
    reach: Reach
    watching: Watching
    clock: Clock

    def caller(self) -> Caller:
        """The signed-in person; NotSignedIn where there is no good token. Asked once a request."""
        if "caller" not in g:
            g.caller = self.bearer.check(request.headers.get("Authorization"))
            self.tenancy.seen(g.caller.mailbox, g.caller.groups)
        found: Caller = g.caller
        return found

    def known(self, addresses: Iterable[str], owner: Mailbox) -> dict[str, Person]:
        """What the owner's directory tells of people; empty where it was not granted or does not answer."""
        try:
            return self.doors.office(owner).directory.people(addresses)
        except AddinError:
            return {}

    def own_meeting(self, meeting_id: str, caller: Caller, *, to_read: bool = False) -> Meeting:
        """The caller's meeting, or one that the caller scheduled as a delegate and still may change.

        Whether a delegate may is asked now, a Retryable where it cannot be. `to_read`, where nothing secret is shown,
        an answer of the last minute is good enough.
        Another's looks exactly like one that does not exist: tenants and people stay apart.
        """
        meeting = self.doors.store.meeting(meeting_id)
        if _is(meeting.owner, caller):
            return meeting
        if not _is(meeting.scheduler, caller):
            raise Missing("There is no such meeting.")
        if not self.reach.may_edit(caller, meeting.owner, afresh=not to_read):
            raise not_a_delegate()
        return meeting

    def meetings(self, caller: Caller) -> list[Meeting]:
        """Every meeting in the caller's calendar, and those that the caller made in another's; the newest first.

        Another's are left out where the caller may not edit that calendar (any more), or that cannot be asked now: a
        service that does not answer takes nobody's own meetings away.
        """
        me = caller.mailbox
        found = list(self.doors.store.find(tenant_id=me.tenant_id, owner_id=me.user_id))
        for owner_id in self.storage.delegates.owners(me):
            theirs = self.doors.store.find(tenant_id=me.tenant_id, owner_id=owner_id)
            made = [meeting for meeting in theirs if _is(meeting.scheduler, caller)]
            found += made if made and self._may_read(caller, made[0].owner) else []
        return sorted(found, key=lambda meeting: meeting.created_at, reverse=True)

    def _may_read(self, caller: Caller, owner: Mailbox) -> bool:
        try:
            return self.reach.may_edit(caller, owner, afresh=True)
        except AddinError as error:
            log.info("delegate not asked for", reason=str(error))
            return False

    def owner(self, caller: Caller, address: str | None) -> Mailbox:
        """Whose calendar the appointment stands in: the caller's own unless another's address is given."""
        if address is None or address == caller.mailbox.address:
            return caller.mailbox
        return self.reach.owner(caller, address)

    def watch(self, mailbox: Mailbox) -> None:
        """The mailbox is looked at soon, so that its subscription is made."""
        self.storage.ledger.ask(MAILBOX, subject_id(mailbox))

    def following(self, meeting: Meeting) -> Following:
        """How changes of this meeting's appointment are heard of at present; one look a calendar and request."""
        if meeting.state is MeetingState.ENDED:
            return Following("not-yet")
        known: dict[str, Following] = g.setdefault("following", {})
        owner = subject_id(meeting.owner)
        if owner not in known:
            known[owner] = following(meeting, self.storage, self.watching, self.clock())
        return known[owner]


def _is(mailbox: Mailbox, caller: Caller) -> bool:
    return (mailbox.tenant_id, mailbox.user_id) == (caller.mailbox.tenant_id, caller.mailbox.user_id)
