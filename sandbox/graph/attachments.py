"""Reads and shows attachments of events and messages; it knows neither."""

import base64
import binascii
import uuid
from typing import Any

from sandbox.graph.errors import GraphError, invalid

_LARGEST = 3 * 1024 * 1024


def read_attachments(value: Any) -> list[dict[str, Any]]:
    """A list of file attachments as they are kept; GraphError 400 for anything else, 413 for 3 MB and more."""
    if not isinstance(value, list):
        raise invalid("The property 'attachments' is a list.")
    return [read_attachment(each) for each in value]


def read_attachment(value: Any) -> dict[str, Any]:
    """One file attachment: `@odata.type`, name, contentBytes; the rest is filled in."""
    if not isinstance(value, dict) or value.get("@odata.type") != "#microsoft.graph.fileAttachment":
        raise invalid("An attachment needs '@odata.type': '#microsoft.graph.fileAttachment'.")
    name, content = value.get("name"), value.get("contentBytes")
    if not isinstance(name, str) or not name or not isinstance(content, str):
        raise invalid("A file attachment needs name and contentBytes.")
    try:
        size = len(base64.b64decode(content, validate=True))
    except (ValueError, binascii.Error):
        raise invalid("The attachment's contentBytes are not base64.") from None
    if size >= _LARGEST:
        raise GraphError(413, "ErrorMessageSizeExceeded", "The attachment is too large for one piece.")
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "id": uuid.uuid4().hex,
        "name": name,
        "contentType": value.get("contentType") or "application/octet-stream",
        "size": size,
        "isInline": bool(value.get("isInline", False)),
        "contentId": value.get("contentId"),
        "contentBytes": content,
    }
