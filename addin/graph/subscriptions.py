"""Change notifications of one mailbox over the Graph door (`ports.Subscriptions`); it must not know who listens."""

from datetime import datetime
from urllib.parse import quote

from addin.errors import InvalidInput, Missing, Unavailable
from addin.graph.door import GraphDoor
from addin.graph.event_json import read_offset, write_instant

_CLIENT_STATE_LENGTH = 128


class GraphSubscriptions:
    """Subscriptions to the events of `owner` (Graph facts 3.1). All times are zone-aware.

    A subscription whose creation was answered too late is an orphan: its notifications name an id that nobody knows,
    and it ends by itself.
    """

    def __init__(self, door: GraphDoor, owner: str) -> None:
        self._door = door
        self._resource = f"users/{quote(owner, safe='@')}/events"

    def create(
        self, *, notification_url: str, lifecycle_url: str, client_state: str, until: datetime
    ) -> tuple[str, datetime]:
        """Id and the expiry that was granted. Graph calls both URLs while this waits (the handshake of 3.2).

        Refused where it does not like a URL or finds `until` too far off.
        """
        if not 0 < len(client_state) <= _CLIENT_STATE_LENGTH:
            raise InvalidInput("The client state needs 1 to 128 characters.", field="client_state")
        answer = self._door.call(
            "POST",
            "/subscriptions",
            json={
                "changeType": "created,updated,deleted",
                "notificationUrl": notification_url,
                "lifecycleNotificationUrl": lifecycle_url,
                "resource": self._resource,
                "expirationDateTime": write_instant(until),
                "clientState": client_state,
                "latestSupportedTlsVersion": "v1_2",
            },
        )
        return str(answer.get("id") or ""), _expiry(answer)

    def renew(self, subscription_id: str, until: datetime) -> datetime:
        """The expiry that was granted; Missing when it has to be made anew."""
        answer = self._door.call(
            "PATCH", _path(subscription_id), json={"expirationDateTime": write_instant(until)}, repeatable=True
        )
        return _expiry(answer)

    def reauthorize(self, subscription_id: str) -> None:
        """Answer to `reauthorizationRequired` (3.4): delivery goes on under this token. Missing when it is gone."""
        self._door.call("POST", f"{_path(subscription_id)}/reauthorize", repeatable=True)

    def delete(self, subscription_id: str) -> None:
        """What is gone already counts as done."""
        try:
            self._door.call("DELETE", _path(subscription_id), repeatable=True)
        except Missing:
            return


def _path(subscription_id: str) -> str:
    return f"/subscriptions/{quote(subscription_id, safe='')}"


def _expiry(answer: dict[str, object]) -> datetime:
    try:
        return read_offset(str(answer["expirationDateTime"]))
    except (KeyError, ValueError) as error:
        raise Unavailable("Microsoft Graph gave a subscription without an expiry.") from error
