"""Mail over HTTP: sendMail, and the messages that arrived; it knows no calendars."""

import uuid
from typing import Any

from flask import Response, request

from sandbox.graph import rewriting
from sandbox.graph.access import Caller, require_mail
from sandbox.graph.door import Door, link, object_payload, reply, root_url, visit
from sandbox.graph.errors import GraphError, access_denied, bad_request, not_found
from sandbox.graph.identifiers import Reference, make_id, read_id
from sandbox.graph.invitations import address_of
from sandbox.graph.message_input import read_message, read_mime
from sandbox.graph.parts import Parts
from sandbox.graph.query import check_options, page_of, pick, selected
from sandbox.graph.store import Mailbox, Message, Store, new_change_key
from sandbox.world import Mail

_ROOTS = ("/me", "/users/<who>")
_PROPERTIES = (
    "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "receivedDateTime", "sentDateTime",
    "hasAttachments", "internetMessageId", "subject", "bodyPreview", "importance", "parentFolderId", "conversationId",
    "isRead", "isDraft", "webLink", "body", "sender", "from", "toRecipients", "ccRecipients", "bccRecipients",
    "replyTo", "internetMessageHeaders",
)  # fmt: skip
_MEETING_TYPES = {
    "invitation": ("#microsoft.graph.eventMessageRequest", "meetingRequest"),
    "update": ("#microsoft.graph.eventMessageRequest", "meetingRequest"),
    "cancellation": ("#microsoft.graph.eventMessage", "meetingCancelled"),
    "response": ("#microsoft.graph.eventMessageResponse", "meetingAccepted"),
}


class MailRoutes:
    """The views; each runs under the store's lock."""

    def __init__(self, door: Door, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        door.mount([f"{root}/sendMail" for root in _ROOTS], "POST", self.send)
        lists = [f"{root}{tail}" for root in _ROOTS for tail in ("/messages", "/mailFolders/<folder>/messages")]
        door.mount(lists, "GET", self.list_messages)
        one = [f"{rule}/<message_id>" for rule in lists]
        door.mount(one, "GET", self.read)
        door.mount(one, "PATCH", self.change)
        door.mount(one, "DELETE", self.remove)
        door.mount([f"{rule}/attachments" for rule in one], "GET", self.attachments)

    def send(self) -> Response:
        caller, mailbox = visit().caller, visit().target
        _require_send(caller, mailbox)
        if (request.content_type or "").lower().startswith("text/plain"):
            message, keep = read_mime(request.get_data()), True
        else:
            data = {key.lower(): value for key, value in object_payload().items() if "@odata." not in key}
            unknown = set(data) - {"message", "savetosentitems"}
            if unknown or "message" not in data:
                raise bad_request("sendMail takes 'Message' and 'SaveToSentItems'.")
            message = read_message(data["message"])
            keep = data.get("savetosentitems") not in (False, "false")
        self._deliver(mailbox, message)
        if keep:
            put_message(self._store, mailbox, "sentitems", {**message, "isRead": True, **_sender(mailbox)})
        return reply(None, 202)

    def _deliver(self, mailbox: Mailbox, message: dict[str, Any]) -> None:
        claimed = message.get("from")
        if claimed and address_of(claimed) != mailbox.user.upn.lower():
            raise GraphError(403, "ErrorSendAsDenied", "The user account which was used to submit this request does "
                             "not have the right to send mail on behalf of the specified sending account.")  # fmt: skip
        body = message.get("body") or {}
        content = body.get("content") or ""
        is_html = body.get("contentType", "text") == "html"
        for name in ("toRecipients", "ccRecipients", "bccRecipients"):
            for person in message.get(name, []):
                self._parts.world.outbox.add(
                    Mail(
                        mailbox=address_of(person),
                        source="graph",
                        kind="mail",
                        sender=mailbox.user.upn,
                        subject=message.get("subject", ""),
                        html=content if is_html else "",
                        text=rewriting.to_text(content) if is_html else content,
                        details={"attachments": _attachment_details(message), "recipient": name[: -len("Recipients")]},
                    )
                )

    def list_messages(self, folder: str | None = None) -> Response:
        mailbox = self._readable()
        check_options(request.args)
        names = selected(request.args, _PROPERTIES, "microsoft.graph.message")
        kept = [each for each in mailbox.messages.values() if folder is None or each.folder == folder.lower()]
        rows = [_show(mailbox, message) for message in reversed(kept)]
        page = page_of(rows, request.args, visit().preferences, frozenset(_PROPERTIES))
        answer: dict[str, Any] = {"@odata.context": f"{root_url()}/$metadata#users('{mailbox.id}')/messages"}
        if page.count is not None:
            answer["@odata.count"] = page.count
        answer["value"] = [_as_text(pick(row, names)) for row in page.rows]
        if page.next_skip is not None:
            answer["@odata.nextLink"] = link(skip=page.next_skip)
        return reply(answer)

    def read(self, message_id: str, folder: str | None = None) -> Response:
        mailbox = self._readable()
        names = selected(request.args, _PROPERTIES, "microsoft.graph.message")
        return reply(_as_text(pick(_show(mailbox, self._find(mailbox, message_id)), names)))

    def attachments(self, message_id: str, folder: str | None = None) -> Response:
        mailbox = self._readable()
        return reply({"value": self._find(mailbox, message_id).props.get("attachments", [])})

    def change(self, message_id: str, folder: str | None = None) -> Response:
        mailbox = self._readable(write=True)
        message, sent = self._find(mailbox, message_id), object_payload()
        if set(sent) - {"isRead", "categories"}:
            raise bad_request("Only isRead and categories of a message can be changed here.")
        message.props.update(sent)
        message.change_key = new_change_key()
        return reply(_show(mailbox, message))

    def remove(self, message_id: str, folder: str | None = None) -> Response:
        mailbox = self._readable(write=True)
        del mailbox.messages[self._find(mailbox, message_id).key]
        return reply(None, 204)

    def _readable(self, *, write: bool = False) -> Mailbox:
        require_mail(visit().caller, visit().target, write=write)
        return visit().target

    def _find(self, mailbox: Mailbox, message_id: str) -> Message:
        read = read_id(message_id)
        message = mailbox.messages.get(read.key)
        if message is None or read.kind != "m" or not read.fits(mailbox.id, message.folder):
            raise not_found()
        return message


def _require_send(caller: Caller, mailbox: Mailbox) -> None:
    caller.require({"Mail.Send"})
    if caller.user is not None and caller.user.id != mailbox.id:
        raise access_denied()


def _sender(mailbox: Mailbox) -> dict[str, Any]:
    person = {"emailAddress": {"name": mailbox.user.name, "address": mailbox.user.upn}}
    return {"from": person, "sender": person}


def _attachment_details(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": each["name"], "content_type": each["contentType"], "size": each["size"],
         "content_bytes": each["contentBytes"]}
        for each in message.get("attachments", [])
    ]  # fmt: skip


def put_message(store: Store, mailbox: Mailbox, folder: str, props: dict[str, Any]) -> Message:
    """Keep a message in a folder."""
    now = store.now()
    message = Message(uuid.uuid4().hex, folder, new_change_key(), {"createdDateTime": now, **props})
    mailbox.messages[message.key] = message
    return message


def receive(store: Store, mail: Mail) -> None:
    """A mail of any service arrives in its receiver's inbox, if that mailbox exists."""
    with store.lock:
        box = store.mailbox(mail.mailbox)
        if box is None:
            return
        sender = store.mailbox(mail.sender)
        person = {"emailAddress": {"name": sender.user.name if sender else mail.sender, "address": mail.sender}}
        body = {"contentType": "html", "content": mail.html} if mail.html else _text_body(mail.text)
        props: dict[str, Any] = {
            "subject": mail.subject,
            "body": body,
            "from": person,
            "sender": person,
            "toRecipients": [{"emailAddress": {"name": box.user.name, "address": box.user.upn}}],
            "attachments": [
                {"@odata.type": "#microsoft.graph.fileAttachment", "id": uuid.uuid4().hex, "name": each["name"],
                 "contentType": each["content_type"], "size": each["size"], "contentBytes": each["content_bytes"]}
                for each in mail.details.get("attachments", [])
                if isinstance(each, dict) and "content_bytes" in each
            ],
        }  # fmt: skip
        if mail.kind in _MEETING_TYPES and mail.source == "graph":
            props["@odata.type"], props["meetingMessageType"] = _MEETING_TYPES[mail.kind]
        put_message(store, box, "inbox", props)


def _text_body(text: str) -> dict[str, str]:
    return {"contentType": "text", "content": text}


def _show(mailbox: Mailbox, message: Message) -> dict[str, Any]:
    props = message.props
    body = props.get("body") or _text_body("")
    content = body.get("content") or ""
    is_html = body.get("contentType") == "html"
    answer = {
        **({"@odata.type": props["@odata.type"]} if "@odata.type" in props else {}),
        "@odata.etag": f'W/"{message.change_key}"',
        "id": make_id(Reference("m", mailbox.id, message.key, message.folder),
                      immutable=visit().preferences.immutable_ids),
        "createdDateTime": props["createdDateTime"],
        "receivedDateTime": props["createdDateTime"],
        "sentDateTime": props["createdDateTime"],
        "changeKey": message.change_key,
        "categories": props.get("categories", []),
        "hasAttachments": bool(props.get("attachments")),
        "internetMessageId": f"<{message.key}@sandbox.example>",
        "subject": props.get("subject", ""),
        "bodyPreview": (rewriting.preview(content) if is_html else content[:255]),
        "importance": props.get("importance", "normal"),
        "isRead": props.get("isRead", False),
        "isDraft": False,
        "body": {"contentType": "html" if is_html else "text", "content": content},
        "sender": props.get("sender"),
        "from": props.get("from"),
        "toRecipients": props.get("toRecipients", []),
        "ccRecipients": props.get("ccRecipients", []),
        "bccRecipients": props.get("bccRecipients", []),
        "replyTo": props.get("replyTo", []),
    }  # fmt: skip
    if "meetingMessageType" in props:
        answer["meetingMessageType"] = props["meetingMessageType"]
    return answer


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    if visit().preferences.body_type == "text" and row.get("body", {}).get("contentType") == "html":
        row["body"] = {"contentType": "text", "content": rewriting.to_text(row["body"]["content"])}
    return row
