"""Microsoft Graph for one mailbox: calendar, mail, directory, subscriptions; it must not know meetings or rooms.

`GraphConnection` is made once for a process, `GraphOffice` once for each mailbox and job:

    connection = GraphConnection(GraphSettings(graph_url=..., ca_file=...))
    office = GraphOffice(connection, mailbox, token)      # token: a TokenSource
    event = office.calendar.event(event_id)
"""

from addin.graph.account import GraphOffice
from addin.graph.door import GraphConnection, GraphDoor, TokenSource
from addin.graph.settings import KEY_PROPERTY, GraphSettings, pane_property

__all__ = [
    "KEY_PROPERTY",
    "GraphConnection",
    "GraphDoor",
    "GraphOffice",
    "GraphSettings",
    "TokenSource",
    "pane_property",
]
