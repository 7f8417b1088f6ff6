"""Reads a message as a client sends it, as JSON or as MIME; it sends nothing."""

import base64
import binascii
import email
import email.policy
from email.message import EmailMessage
from typing import Any

from sandbox.graph import edm
from sandbox.graph.attachments import read_attachments
from sandbox.graph.errors import GraphError, bad_request, invalid

_MOST_RECIPIENTS = 500
_ADDRESS = edm.record({"address": edm.text, "name": edm.optional_text}, "microsoft.graph.emailAddress")
_RECIPIENTS = edm.list_of(edm.record({"emailAddress": _ADDRESS}, "microsoft.graph.recipient"))
_BODY = edm.record(
    {"contentType": edm.one_of("text", "html"), "content": edm.optional_text}, "microsoft.graph.itemBody"
)
_HEADER = edm.record({"name": edm.text, "value": edm.text}, "microsoft.graph.internetMessageHeader")
_FIELDS: dict[str, edm.Check] = {
    "subject": edm.limited_text(255),
    "body": _BODY,
    "toRecipients": _RECIPIENTS,
    "ccRecipients": _RECIPIENTS,
    "bccRecipients": _RECIPIENTS,
    "replyTo": _RECIPIENTS,
    "from": edm.nullable(edm.record({"emailAddress": _ADDRESS}, "microsoft.graph.recipient")),
    "sender": edm.nullable(edm.record({"emailAddress": _ADDRESS}, "microsoft.graph.recipient")),
    "importance": edm.one_of("low", "normal", "high"),
    "categories": edm.list_of(edm.text),
    "isRead": edm.boolean,
    "isDraft": edm.boolean,
    "isReadReceiptRequested": edm.nullable(edm.boolean),
    "isDeliveryReceiptRequested": edm.nullable(edm.boolean),
    "flag": edm.nullable(edm.record({"flagStatus": edm.text}, "microsoft.graph.followupFlag")),
    "internetMessageHeaders": edm.list_of(_HEADER),
    "singleValueExtendedProperties": edm.anything,
    "attachments": lambda value, name: read_attachments(value),
}
_MESSAGE = edm.record(_FIELDS, "microsoft.graph.message")


def read_recipients(value: Any, name: str) -> list[dict[str, Any]]:
    """A list of recipients; 400 `ErrorInvalidRecipients` for an address that is none."""
    found: list[dict[str, Any]] = _RECIPIENTS(value or [], name)
    for person in found:
        if person.get("emailAddress", {}).get("address", "").count("@") != 1:
            raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
    return found


def read_message(value: Any) -> dict[str, Any]:
    """The `message` of sendMail; GraphError 400 says what is wrong."""
    found: dict[str, Any] = _MESSAGE(value, "Message")
    everyone = [
        person
        for name in ("toRecipients", "ccRecipients", "bccRecipients")
        for person in read_recipients(found.get(name), name)
    ]
    if not everyone:
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is needed.")
    if len(everyone) > _MOST_RECIPIENTS:
        raise GraphError(400, "ErrorInvalidRecipients", f"At most {_MOST_RECIPIENTS} recipients are allowed.")
    for header in found.get("internetMessageHeaders", []):
        if not header.get("name", "").lower().startswith("x-"):
            raise invalid("The internet message header name should start with 'x-' or 'X-'.")
    return found


def read_mime(raw: bytes) -> dict[str, Any]:
    """A whole MIME message in base64, as the same properties (Graph facts 6)."""
    try:
        source = base64.b64decode(raw, validate=True)
    except (ValueError, binascii.Error):
        raise bad_request("The MIME content is not valid base64.") from None
    parsed = email.message_from_bytes(source, _class=EmailMessage, policy=email.policy.default)
    html, text = parsed.get_body(("html",)), parsed.get_body(("plain",))
    chosen = html or text
    content = chosen.get_content() if chosen is not None else ""
    attachments = [
        {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": part.get_filename() or "attachment",
            "contentType": part.get_content_type(),
            "contentBytes": base64.b64encode(_content(part)).decode(),
        }
        for part in parsed.walk()
        if part.get_filename() or part.get_content_type() == "text/calendar"
    ]
    return read_message(
        {
            "subject": str(parsed.get("Subject", "")),
            "body": {"contentType": "html" if html is not None else "text", "content": str(content)},
            "toRecipients": _addresses(parsed, "To"),
            "ccRecipients": _addresses(parsed, "Cc"),
            "bccRecipients": _addresses(parsed, "Bcc"),
            "attachments": attachments,
        }
    )


def _content(part: Any) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _addresses(parsed: EmailMessage, name: str) -> list[dict[str, Any]]:
    header = parsed.get(name)
    return [
        {"emailAddress": {"address": address.addr_spec, "name": address.display_name or address.addr_spec}}
        for address in (header.addresses if header is not None else ())
    ]
