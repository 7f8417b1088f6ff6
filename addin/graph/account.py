"""Everything of Microsoft's that belongs to one mailbox, behind one door (`ports.Office`); it knows no meetings."""

from collections.abc import Callable

from addin.errors import NotAllowed
from addin.graph.delta import GraphDelta
from addin.graph.directory import GraphDirectory
from addin.graph.door import GraphConnection, GraphDoor, TokenSource
from addin.graph.events import GraphCalendar
from addin.graph.library import CalendarEntry, calendars, open_account
from addin.graph.mail import GraphMail
from addin.graph.subscriptions import GraphSubscriptions
from addin.model import Mailbox


class GraphOffice:
    """One mailbox, reached with the add-in's own tokens or those of one person: its owner, or a delegate.

    Cheap to make: nothing is asked before a call. Safe to use from several threads. `instead` is the door's; `reader`
    says with whose tokens the calendar is read now (None: in the add-in's own name), and mail goes out from theirs.
    """

    def __init__(
        self,
        connection: GraphConnection,
        mailbox: Mailbox,
        token: TokenSource,
        *,
        instead: Callable[[NotAllowed], bool] = lambda _: False,
        reader: Callable[[], Mailbox | None] = lambda: None,
    ) -> None:
        owner = mailbox.user_id or mailbox.address
        self.mailbox = mailbox
        self._owner = owner
        self._graph_url = connection.settings.graph_url
        self._reader = reader
        self._connection, self._token = connection, token
        gate = f"{mailbox.tenant_id}/{owner.lower()}"
        self.door = GraphDoor(connection, gate, token, instead=instead)
        self._calendar = GraphCalendar(self.door, owner, connection.settings, is_own=lambda: self.hears)
        self._directory = GraphDirectory(self.door, enabled=connection.settings.ask_directory)
        self._subscriptions = GraphSubscriptions(self.door, owner)
        self._delta = GraphDelta(self.door, owner, page_size=connection.settings.delta_page_size)

    @property
    def calendar(self) -> GraphCalendar:
        """`ports.Calendar`."""
        return self._calendar

    @property
    def hears(self) -> bool:
        """Whether changes can be subscribed to: not in another's mailbox with a person's token (Graph facts 1.10)."""
        reader = self._reader()
        return reader is None or reader.user_id == self.mailbox.user_id

    @property
    def mail(self) -> GraphMail:
        """`ports.Mail`: from the mailbox itself; for a delegate, who may not send in its name, from the delegate's."""
        sender = self.mailbox if self.hears else self._reader() or self.mailbox
        gate = f"{sender.tenant_id}/{sender.user_id.lower()}"
        return GraphMail(GraphDoor(self._connection, gate, self._token), sender, reply_to=self.mailbox)

    @property
    def directory(self) -> GraphDirectory:
        """`ports.Directory`."""
        return self._directory

    @property
    def subscriptions(self) -> GraphSubscriptions:
        """`ports.Subscriptions`."""
        return self._subscriptions

    @property
    def delta(self) -> GraphDelta:
        """Rounds over what changed, after notifications were missed and as a regular sweep."""
        return self._delta

    def calendars(self) -> tuple[CalendarEntry, ...]:
        """The calendars that the mailbox shows, own and shared; listed by the O365 library."""
        return calendars(open_account(self.door, self._graph_url, self._owner))
