"""Everything of Microsoft's that belongs to one mailbox, behind one door (`ports.Office`); it knows no meetings."""

from addin.graph.delta import GraphDelta
from addin.graph.directory import GraphDirectory
from addin.graph.door import GraphConnection, GraphDoor, TokenSource
from addin.graph.events import GraphCalendar
from addin.graph.library import CalendarEntry, calendars, open_account
from addin.graph.mail import GraphMail
from addin.graph.subscriptions import GraphSubscriptions
from addin.model import Mailbox


class GraphOffice:
    """One mailbox, reached with the tokens of one person: its owner, or somebody it is shared with.

    Cheap to make: nothing is asked before a call. Safe to use from several threads.
    """

    def __init__(self, connection: GraphConnection, mailbox: Mailbox, token: TokenSource) -> None:
        owner = mailbox.user_id or mailbox.address
        self.mailbox = mailbox
        self._owner = owner
        self._graph_url = connection.settings.graph_url
        self.door = GraphDoor(connection, f"{mailbox.tenant_id}/{owner.lower()}", token)
        self._calendar = GraphCalendar(self.door, owner, connection.settings)
        self._mail = GraphMail(self.door, mailbox)
        self._directory = GraphDirectory(self.door, enabled=connection.settings.ask_directory)
        self._subscriptions = GraphSubscriptions(self.door, owner)
        self._delta = GraphDelta(self.door, owner, page_size=connection.settings.delta_page_size)

    @property
    def calendar(self) -> GraphCalendar:
        """`ports.Calendar`."""
        return self._calendar

    @property
    def mail(self) -> GraphMail:
        """`ports.Mail`."""
        return self._mail

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
