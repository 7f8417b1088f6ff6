"""The O365 library over the Graph door, for what it does well; it must not know events (it reads their times wrong).

O365 brings no token, no retries and no time-outs of its own here: its session hands every request to the door, so it
can neither log a bearer token nor send one elsewhere, and every error is one of `addin.errors`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter

from addin.graph.door import GraphDoor

if TYPE_CHECKING:
    from O365 import Account


@dataclass(frozen=True)
class CalendarEntry:
    """A calendar that the mailbox shows; `owner_address` (lower case) is another's where it is shared."""

    id: str
    name: str
    owner_address: str
    can_edit: bool


def open_account(door: GraphDoor, graph_url: str, owner: str) -> "Account":
    """O365's account for `owner`. It is not thread-safe: one for each job.

    Do not read or write events with it: 77 of its 139 time zone names differ from CLDR's, Pacific among them.
    """
    # Imported late: it takes a third of a second, and most processes never need it.
    from O365 import Account, MSGraphProtocol
    from O365.utils.token import MemoryTokenBackend

    class ConfiguredGraph(MSGraphProtocol):  # type: ignore[misc]
        """O365 takes its base address from a class attribute only."""

        _protocol_url = graph_url.rstrip("/").rpartition("/")[0] + "/"

    version = graph_url.rstrip("/").rpartition("/")[2]
    account: Account = Account(
        ("held by the door", "held by the door"),
        protocol=ConfiguredGraph(api_version=version, default_resource=f"users/{owner}", timezone="UTC"),
        token_backend=MemoryTokenBackend(),
        requests_delay=0,
        request_retries=0,
    )
    account.con.session = _session(door)
    return account


def calendars(account: "Account") -> tuple[CalendarEntry, ...]:
    """The calendars that the mailbox shows, own and shared (Graph facts 1.10)."""
    found: list[Any] = list(account.schedule().list_calendars())
    return tuple(
        CalendarEntry(
            id=str(each.calendar_id),
            name=str(each.name),
            owner_address=str(each.owner.address or "").lower() if each.owner else "",
            can_edit=bool(each.can_edit),
        )
        for each in found
    )


def _session(door: GraphDoor) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = "held by the door"  # O365 refuses to start without one
    for scheme in ("https://", "http://"):
        session.mount(scheme, _DoorAdapter(door))
    return session


class _DoorAdapter(BaseAdapter):
    """Where requests would open a connection, the door takes over."""

    def __init__(self, door: GraphDoor) -> None:
        super().__init__()
        self._door = door

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        return self._door.forward(request)

    def close(self) -> None:
        """Nothing is open here."""
