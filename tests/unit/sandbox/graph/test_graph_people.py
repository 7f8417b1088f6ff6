"""People, settings, zones, rooms and mail of the Graph stand-in."""

import base64
from email.message import EmailMessage
from typing import Any

import pytest

from sandbox.world import Mail


def test_me_and_others(desk: Any) -> None:
    me = desk.call("GET", "/me").json
    assert (me["userPrincipalName"], me["mail"]) == (desk.organiser, desk.organiser)
    assert set(desk.call("GET", "/me?$select=id,mail").json) == {"@odata.context", "id", "mail"}
    assert desk.call("GET", f"/users/{desk.paris}").json["preferredLanguage"] == "fr-FR"
    assert desk.call("GET", "/users/nobody@contoso.example").status == 404
    assert desk.call("GET", f"/users/{desk.guest}").status == 404, "another tenant's people are strangers"


def test_mailbox_settings_and_zones(desk: Any) -> None:
    assert desk.call("GET", "/me/mailboxSettings").json["timeZone"] == "Central European Standard Time"
    assert desk.call("GET", "/me/mailboxSettings/timeZone").json == {"value": "Central European Standard Time"}
    windows = {each["alias"] for each in desk.call("GET", "/me/outlook/supportedTimeZones").json["value"]}
    assert {"Central European Standard Time", "Pacific Standard Time", "UTC"} <= windows
    iana = "/me/outlook/supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')"
    names = {each["alias"] for each in desk.call("GET", iana).json["value"]}
    assert {"Europe/Warsaw", "Asia/Kolkata"} <= names
    assert "Central European Standard Time" not in names


def test_rooms_are_places(desk: Any) -> None:
    found = desk.call("GET", "/places/microsoft.graph.room").json["value"]
    assert [each["emailAddress"] for each in found] == [desk.room]


def message(desk: Any, **changed: Any) -> dict[str, Any]:
    return {
        "subject": "Your link",
        "body": {"contentType": "HTML", "content": "<p>Join <b>now</b></p>"},
        "toRecipients": [{"emailAddress": {"address": desk.paris}}],
        **changed,
    }


def test_a_sent_mail_lands_in_the_outbox_the_inbox_and_sent_items(desk: Any) -> None:
    content = base64.b64encode(b"BEGIN:VCALENDAR").decode()
    attachment = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.ics", "contentType": "text/calendar",
                  "contentBytes": content}  # fmt: skip
    answer = desk.call("POST", "/me/sendMail", {"message": message(desk, attachments=[attachment])})
    assert (answer.status, answer.json) == (202, None)
    mail = desk.mails(desk.paris)[0]
    assert (mail["kind"], mail["sender"], mail["text"]) == ("mail", desk.organiser, "Join now")
    assert mail["details"]["attachments"][0]["content_type"] == "text/calendar"
    inbox = desk.call("GET", "/me/messages?$select=subject,hasAttachments", upn=desk.paris).json["value"]
    assert (inbox[0]["subject"], inbox[0]["hasAttachments"]) == ("Your link", True)
    kept = desk.call("GET", f"/me/messages/{inbox[0]['id']}/attachments", upn=desk.paris).json["value"]
    assert kept[0]["contentBytes"] == content
    assert len(desk.call("GET", "/me/mailFolders/sentitems/messages").json["value"]) == 1


def test_nothing_is_kept_where_it_was_asked_not_to(desk: Any) -> None:
    desk.call("POST", "/me/sendMail", {"Message": message(desk), "SaveToSentItems": False})
    assert desk.call("GET", "/me/mailFolders/sentitems/messages").json["value"] == []


def test_wrong_mail_is_refused(desk: Any) -> None:
    bad: list[dict[str, Any]] = [
        {},
        {"message": message(desk, toRecipients=[])},
        {"message": message(desk, toRecipients=[{"emailAddress": {"address": "nobody"}}])},
        {"message": message(desk, nonsense=1)},
        {"message": message(desk), "nonsense": 1},
        {"message": message(desk, internetMessageHeaders=[{"name": "Received", "value": "x"}])},
    ]
    assert [desk.call("POST", "/me/sendMail", each).status for each in bad] == [400] * len(bad)
    other = [{"emailAddress": {"address": desk.warsaw}}]
    answer = desk.call("POST", "/me/sendMail", {"message": message(desk, **{"from": other[0]})})
    assert (answer.status, answer.code) == (403, "ErrorSendAsDenied")
    assert desk.mails() == []


def test_a_whole_mime_message_is_sent(desk: Any) -> None:
    sent = EmailMessage()
    sent["Subject"], sent["To"] = "MIME", desk.paris
    sent.set_content("plain")
    sent.add_alternative("<p>rich</p>", subtype="html")
    sent.add_attachment("BEGIN:VCALENDAR", subtype="calendar", filename="invite.ics")
    raw = base64.b64encode(sent.as_bytes())
    answer = desk.call_raw("POST", "/me/sendMail", raw, "text/plain")
    assert answer.status == 202
    mail = desk.mails(desk.paris)[0]
    assert (mail["subject"], mail["html"].strip()) == ("MIME", "<p>rich</p>")
    assert mail["details"]["attachments"][0]["name"] == "invite.ics"
    assert desk.call_raw("POST", "/me/sendMail", b"%%%", "text/plain").status == 400


def test_mail_of_the_other_services_arrives_too(desk: Any) -> None:
    desk.world.outbox.add(
        Mail(desk.paris.upper(), "clickmeeting", "invitation", "no-reply@rooms.example", "Come", "<p>x</p>")
    )
    found = desk.call("GET", "/me/messages", upn=desk.paris).json["value"]
    assert (found[0]["subject"], found[0]["from"]["emailAddress"]["address"]) == ("Come", "no-reply@rooms.example")
    read = desk.call("PATCH", f"/me/messages/{found[0]['id']}", {"isRead": True}, upn=desk.paris)
    assert read.json["isRead"] is True
    assert desk.call("DELETE", f"/me/messages/{found[0]['id']}", upn=desk.paris).status == 204


def test_a_calendar_says_who_may_write_into_it(desk: Any) -> None:
    path = f"/users/{desk.organiser}/calendar/calendarPermissions"
    roles = {one["emailAddress"]["name"]: one["role"] for one in desk.call("GET", path).json["value"]}
    assert roles == {"My Organization": "freeBusyRead", "Delegate": "delegateWithoutPrivateEventAccess"}
    assert desk.graph.share(desk.organiser, desk.paris, "write") == [desk.delegate, desk.paris]
    assert desk.call("GET", f"/users/{desk.organiser}/calendar", upn=desk.paris).json["canEdit"] is True
    assert desk.graph.share(desk.organiser, desk.paris, "none") == [desk.delegate]
    assert desk.call("GET", f"/users/{desk.organiser}/calendar", upn=desk.paris).status == 403
    desk.world.faults.set_switches({"graph.closed_status": 404})
    assert desk.call("GET", f"/users/{desk.organiser}/events", upn=desk.paris).code == "ErrorItemNotFound"


def test_a_deleted_person_is_nobody_until_restored(desk: Any) -> None:
    event = desk.create()
    desk.graph.control("person", {"mailbox": desk.organiser, "there": False})
    answer = desk.call("GET", f"/users/{desk.organiser}/events", upn=desk.delegate)
    assert (answer.status, answer.code) == (404, "ErrorInvalidUser")
    assert desk.call("GET", "/me/events").status == 401
    state = desk.graph.dump()
    desk.graph.control("person", {"mailbox": desk.organiser, "there": True})
    assert desk.call("GET", f"/me/events/{event['id']}").status == 200
    desk.graph.load(state)
    assert desk.call("GET", "/me/events").status == 401, "the state file remembers"
    with pytest.raises(ValueError, match="nobody"):
        desk.graph.control("person", {"mailbox": "stranger@contoso.example"})
