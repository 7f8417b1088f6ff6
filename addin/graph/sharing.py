"""Whose calendar somebody may work in, over the Graph door; it must not know meetings, nor keep what it was told."""

from typing import Any
from urllib.parse import quote

from addin.errors import Missing, NotAllowed
from addin.graph.door import GraphDoor
from addin.model import Mailbox

_EDITORS = ("write", "delegatewithoutprivateeventaccess", "delegatewithprivateeventaccess")


class GraphSharing:
    """Questions about one owner's calendar, under a person's token or the add-in's own."""

    def __init__(self, door: GraphDoor) -> None:
        self._door = door

    def person(self, tenant_id: str, address: str) -> Mailbox:
        """Who has this address (User.ReadBasic.All): the identity is the object id, never the address."""
        found = self._ask(address)
        told = str(found.get("mail") or found.get("userPrincipalName") or address)
        return Mailbox(tenant_id, str(found["id"]).lower(), told.lower(), str(found.get("displayName") or ""))

    def addresses(self, user_id: str) -> frozenset[str]:
        """The names, lower case, under which others may have let this person in."""
        found = self._ask(user_id)
        return frozenset(str(found[name]).lower() for name in ("mail", "userPrincipalName") if found.get(name))

    def _ask(self, who: str) -> dict[str, Any]:
        try:
            return self._door.get(_path(who), query={"$select": "id,mail,userPrincipalName,displayName"})
        except Missing as error:
            raise NotAllowed("Nobody in your organisation has this address.", reason="no-such-person") from error

    def may_edit(self, owner: Mailbox) -> bool:
        """Whether the token's person may write into the owner's calendar (Calendars.ReadWrite.Shared, facts 1.10)."""
        try:
            found = self._door.get(f"{_path(owner.user_id)}/calendar", query={"$select": "id,canEdit"})
        except (Missing, NotAllowed):
            return False
        return found.get("canEdit") is True

    def editors(self, owner: Mailbox) -> frozenset[str]:
        """The addresses, lower case, that the owner lets write into the calendar; asked in the add-in's own name.

        From the calendar's permissions, as Microsoft documents `calendarPermission` (general knowledge, no facts file).
        """
        path = f"{_path(owner.user_id)}/calendar/calendarPermissions"
        found = self._door.pages(path, query={"$top": "100"})
        return frozenset(
            str((item.get("emailAddress") or {}).get("address") or "").lower()
            for item in found
            if str(item.get("role") or "").lower() in _EDITORS
        )


def _path(who: str) -> str:
    return f"/users/{quote(who, safe='@')}"
