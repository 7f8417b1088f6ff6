"""Sends one message from one mailbox over the Graph door (`ports.Mail`); it must not know why it is sent."""

import base64
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import quote

from addin.errors import InvalidInput
from addin.graph.door import GraphDoor
from addin.model import Mailbox, Message

_METHOD = re.compile(r"^METHOD:([A-Z]{3,12})\r?$", re.MULTILINE | re.IGNORECASE)
_LARGEST_BYTES = 3_000_000  # with base64 this stays under the 4 MB of one request (Graph facts 6)


class GraphMail:
    """Mail from `sender`. Nothing is kept in Sent Items where Graph lets us choose: these are copies by the hundred."""

    def __init__(self, door: GraphDoor, sender: Mailbox, *, reply_to: Mailbox | None = None) -> None:
        self._door = door
        self._sender = sender
        self._reply_to = reply_to if reply_to is not None and reply_to.user_id != sender.user_id else None
        self._path = f"/users/{quote(sender.user_id or sender.address, safe='@')}/sendMail"

    def send(self, message: Message) -> None:
        """Hand over once. Graph gives neither id nor key: OutcomeUnknown where the answer was lost (never repeated).

        With a calendar part it goes as MIME, since an .ics attachment becomes no meeting (Graph facts 6).
        InvalidInput where the message cannot be sent as it stands.
        """
        _check(message)
        if message.calendar is None:
            self._door.call("POST", self._path, json=_as_json(message, self._reply_to))
            return
        mime = as_mime(message, self._sender, self._reply_to)
        if len(mime) > _LARGEST_BYTES:
            raise InvalidInput("The message is larger than Microsoft Graph takes; shorten the text.", field="text")
        self._door.call("POST", self._path, text=base64.b64encode(mime).decode("ascii"))


def _check(message: Message) -> None:
    for name, value in (("address", message.to_address), ("name", message.to_name), ("subject", message.subject)):
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise InvalidInput(f"The {name} holds a control character; remove it.", field=name)
    local, _, domain = message.to_address.rpartition("@")
    if not local or not domain or " " in message.to_address:
        raise InvalidInput("This is no e-mail address; give it as name@example.com.", field="address")


def _as_json(message: Message, reply_to: Mailbox | None) -> dict[str, Any]:
    person = {"address": message.to_address, "name": message.to_name or message.to_address}
    mail: dict[str, Any] = {
        "subject": message.subject,
        "body": {"contentType": "html", "content": message.html},
        "toRecipients": [{"emailAddress": person}],
    }
    if reply_to is not None and reply_to.address:
        name = reply_to.name or reply_to.address
        mail["replyTo"] = [{"emailAddress": {"address": reply_to.address, "name": name}}]
    return {"message": mail, "saveToSentItems": False}


def as_mime(message: Message, sender: Mailbox, reply_to: Mailbox | None = None) -> bytes:
    """Text, HTML and the calendar part as alternatives (RFC 6047 2.4), with CRLF.

    The part's `method` is the METHOD of the calendar text, which must be there for a client to act on it.
    """
    assert message.calendar is not None
    method = _METHOD.search(message.calendar)
    if method is None:
        raise InvalidInput("The calendar part has no METHOD; make it with one.", field="calendar")
    mail = EmailMessage(policy=SMTP)
    try:
        if sender.address:  # where it is not known yet Graph puts in the mailbox's own
            mail["From"] = Address(sender.name, addr_spec=sender.address)
        if reply_to is not None and reply_to.address:
            mail["Reply-To"] = Address(reply_to.name, addr_spec=reply_to.address)
        mail["To"] = Address(message.to_name, addr_spec=message.to_address)
    except (ValueError, IndexError) as error:
        raise InvalidInput("An address of this message cannot be written into a mail.", field="address") from error
    mail["Subject"] = message.subject
    mail.set_content(message.text, cte="base64")
    mail.add_alternative(message.html, subtype="html", cte="base64")
    mail.add_alternative(
        message.calendar, subtype="calendar", cte="base64", params={"method": method[1].upper(), "name": "invite.ics"}
    )
    return mail.as_bytes()
