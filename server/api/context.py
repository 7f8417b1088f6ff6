"""What every API call is handed: the doors, who is asking, and how to answer once; it holds no use case."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import g, request

from addin.errors import AddinError, Missing
from addin.model import Mailbox, Meeting, Person
from addin.scheduling import Doors
from server.auth.bearer import BearerCheck, Caller
from server.auth.dialog import DialogSignIn
from server.settings import Settings
from server.store import SqlStore


@dataclass(frozen=True)
class Context:
    """The composition that the API works with. `bearer` checks tokens, `dialog` is one way to
    them; `delegate` seeds calendar access.

    `delegate` returns a sentence for the person where the calendar cannot be followed, else None.
    `watch` makes the mailbox due, so that its subscription is made.
    """

    settings: Settings
    doors: Doors
    storage: SqlStore
    bearer: BearerCheck
    dialog: DialogSignIn
    delegate: Callable[[Caller], str | None]
    watch: Callable[[Mailbox], None]

    def caller(self) -> Caller:
        """The signed-in person; NotSignedIn where there is no good token. Asked once a request."""
        if "caller" not in g:
            g.caller = self.bearer.check(request.headers.get("Authorization"))
        found: Caller = g.caller
        return found

    def known(self, addresses: Iterable[str], owner: Mailbox) -> dict[str, Person]:
        """What the owner's directory tells of people; empty where it was not granted or does not answer."""
        try:
            return self.doors.office(owner).directory.people(addresses)
        except AddinError:
            return {}

    def own_meeting(self, meeting_id: str, caller: Caller) -> Meeting:
        """The caller's meeting. Another's looks exactly like one that does not exist: tenants and people stay apart."""
        meeting = self.doors.store.meeting(meeting_id)
        mine = (caller.mailbox.tenant_id, caller.mailbox.user_id)
        people = {(one.tenant_id, one.user_id) for one in (meeting.owner, meeting.scheduler)}
        if mine not in people:
            raise Missing("There is no such meeting.")
        return meeting
