"""Who gets mail and what stands in attendees' calendars when the organiser or an attendee acts."""

from typing import Any


def held(desk: Any, upn: str) -> list[dict[str, Any]]:
    return desk.call("GET", "/me/events", upn=upn).json["value"]


def test_creating_with_attendees_invites_them_in_both_tenants_and_outside(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris, desk.guest, "outside@elsewhere.example"))
    mails = desk.mails()
    assert [(mail["mailbox"], mail["kind"]) for mail in mails] == [
        (desk.paris, "invitation"),
        (desk.guest, "invitation"),
        ("outside@elsewhere.example", "invitation"),
    ]
    assert mails[0]["sender"] == desk.organiser
    assert mails[0]["details"]["event"] == event["id"]
    assert mails[0]["details"]["attendee_type"] == "required"
    copy = held(desk, desk.paris)[0]
    assert copy["iCalUId"] == event["iCalUId"]
    assert copy["isOrganizer"] is False
    assert copy["id"] != event["id"]
    assert copy["responseStatus"]["response"] == "notResponded"
    assert held(desk, desk.guest)[0]["organizer"]["emailAddress"]["address"] == desk.organiser
    inbox = desk.call("GET", "/me/mailFolders/inbox/messages", upn=desk.paris).json["value"]
    assert inbox[0]["meetingMessageType"] == "meetingRequest"


def test_time_place_subject_and_body_mail_everybody_and_the_rest_nobody(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris, desk.toronto))
    path = f"/me/events/{event['id']}"
    loud = [
        {"subject": "Other"},
        {"body": {"contentType": "html", "content": "Other"}},
        {"location": {"displayName": "Other"}},
        {"start": {"dateTime": "2027-03-01T09:00:00", "timeZone": "Europe/Warsaw"}},
    ]
    key = {"id": "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name MeetingKey", "value": "k"}
    quiet = [
        {"categories": ["Red"]},
        {"showAs": "free"},
        {"reminderMinutesBeforeStart": 5},
        {"singleValueExtendedProperties": [key]},
    ]
    for change in loud:
        before = len(desk.mails())
        assert desk.call("PATCH", path, change).status == 200
        assert desk.kinds()[before:] == ["update", "update"], change
    before = len(desk.mails())
    for change in quiet:
        assert desk.call("PATCH", path, change).status == 200
    assert desk.kinds()[before:] == []


def test_one_patch_of_everything_is_one_mail_each(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris))
    desk.call("PATCH", f"/me/events/{event['id']}", {"subject": "B", "location": {"displayName": "B"},
                                                     "body": {"contentType": "html", "content": "B"}})  # fmt: skip
    assert desk.kinds() == ["invitation", "update"]
    assert held(desk, desk.paris)[0]["location"]["displayName"] == "B"


def test_changing_attendees_alone_mails_only_those_added_and_removed(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris, desk.toronto))
    desk.call("PATCH", f"/me/events/{event['id']}", {"attendees": desk.people(desk.toronto, desk.warsaw)})
    assert [(mail["mailbox"], mail["kind"]) for mail in desk.mails()[2:]] == [
        (desk.warsaw, "invitation"),
        (desk.paris, "cancellation"),
    ]
    assert held(desk, desk.paris)[0]["isCancelled"] is True


def test_a_series_with_exceptions_mails_once_more_for_each(desk: Any) -> None:
    master = desk.series(attendees=desk.people(desk.paris))
    second = desk.instances(master["id"])[1]
    desk.call("PATCH", f"/me/events/{second['id']}", {"subject": "Own"})
    before = len(desk.mails())
    desk.call("PATCH", f"/me/events/{master['id']}", {"body": {"contentType": "html", "content": "New"}})
    assert desk.kinds()[before:] == ["update", "update"]


def test_cancelling_tells_all_and_leaves_cancelled_copies(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris))
    assert desk.call("POST", f"/me/events/{event['id']}/cancel", {"Comment": "Sorry"}).status == 202
    assert desk.kinds() == ["invitation", "cancellation"]
    assert desk.mails()[1]["details"]["comment"] == "Sorry"
    copy = held(desk, desk.paris)[0]
    assert (copy["isCancelled"], copy["subject"]) == (True, "Canceled: Planning")
    assert desk.call("GET", f"/me/events/{event['id']}").status == 404


def test_an_attendee_cannot_cancel_but_delete_in_silence(desk: Any) -> None:
    desk.create(attendees=desk.people(desk.paris))
    copy = held(desk, desk.paris)[0]
    answer = desk.call("POST", f"/me/events/{copy['id']}/cancel", {}, upn=desk.paris)
    assert answer.status == 400
    assert "organizer" in answer.json["error"]["message"]
    before = len(desk.mails())
    assert desk.call("DELETE", f"/me/events/{copy['id']}", upn=desk.paris).status == 204
    assert len(desk.mails()) == before


def test_an_answer_moves_the_organisers_etag(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris))
    copy = held(desk, desk.paris)[0]
    assert desk.call("POST", f"/me/events/{copy['id']}/accept", {"sendResponse": True}, upn=desk.paris).status == 202
    shown = desk.call("GET", f"/me/events/{event['id']}").json
    assert shown["attendees"][0]["status"]["response"] == "accepted"
    assert shown["@odata.etag"] != event["@odata.etag"]
    assert desk.kinds(desk.organiser) == ["response"]
    assert held(desk, desk.paris)[0]["responseStatus"]["response"] == "accepted"


def test_declining_takes_the_meeting_out_of_the_calendar(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris))
    copy = held(desk, desk.paris)[0]
    slot = {
        "start": {"dateTime": "2027-03-02T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2027-03-02T11:00:00", "timeZone": "UTC"},
    }
    sent = {"comment": "Busy", "proposedNewTime": slot}
    assert desk.call("POST", f"/me/events/{copy['id']}/decline", sent, upn=desk.paris).status == 202
    assert held(desk, desk.paris) == []
    shown = desk.call("GET", f"/me/events/{event['id']}").json["attendees"][0]
    assert shown["status"]["response"] == "declined"
    assert shown["proposedNewTime"]["start"]["dateTime"] == "2027-03-02T10:00:00"
    own = desk.call("POST", f"/me/events/{event['id']}/accept", {})
    assert own.status == 400, "the organiser has nothing to answer"


def test_the_next_update_overwrites_what_an_attendee_changed(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris))
    copy = held(desk, desk.paris)[0]
    desk.call("PATCH", f"/me/events/{copy['id']}", {"subject": "Mine", "categories": ["Red"]}, upn=desk.paris)
    assert desk.call("GET", f"/me/events/{event['id']}").json["subject"] == "Planning"
    desk.call("PATCH", f"/me/events/{event['id']}", {"location": {"displayName": "B"}})
    after = held(desk, desk.paris)[0]
    assert (after["subject"], after["categories"]) == ("Planning", ["Red"])


def test_a_property_reaches_the_copy_only_with_a_sent_update_and_only_at_home(desk: Any) -> None:
    key = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name MeetingKey"
    event = desk.create(attendees=desk.people(desk.paris, desk.guest))
    expand = f"/me/events?$expand=singleValueExtendedProperties($filter=id eq '{key}')"

    def seen(upn: str) -> bool:
        return "singleValueExtendedProperties" in desk.call("GET", expand, upn=upn).json["value"][0]

    desk.call("PATCH", f"/me/events/{event['id']}", {"singleValueExtendedProperties": [{"id": key, "value": "k"}]})
    assert not seen(desk.paris)
    desk.call("PATCH", f"/me/events/{event['id']}", {"subject": "B"})
    assert seen(desk.paris)
    assert not seen(desk.guest)


def test_one_cancelled_date_is_cancelled_in_the_copies(desk: Any) -> None:
    master = desk.series(attendees=desk.people(desk.paris))
    second = desk.instances(master["id"])[1]
    desk.call("DELETE", f"/me/events/{second['id']}")
    window = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-03-16T00:00:00Z"
    view = desk.call("GET", f"/me/calendarView?{window}", upn=desk.paris).json["value"]
    assert [row["isCancelled"] for row in view] == [False, True, False]


def test_someone_invited_to_one_date_gets_that_date_only(desk: Any) -> None:
    master = desk.series(attendees=desk.people(desk.paris))
    second = desk.instances(master["id"])[1]
    desk.call("PATCH", f"/me/events/{second['id']}", {"attendees": desk.people(desk.paris, desk.toronto)})
    assert [(mail["mailbox"], mail["kind"]) for mail in desk.mails()[1:]] == [(desk.toronto, "invitation")]
    copies = held(desk, desk.toronto)
    assert [(copy["type"], copy["start"]["dateTime"][:10]) for copy in copies] == [("singleInstance", "2027-03-08")]


def test_a_room_accepts_by_itself(desk: Any) -> None:
    event = desk.create(attendees=[{"type": "resource", "emailAddress": {"address": desk.room}}])
    assert desk.call("GET", f"/me/events/{event['id']}").json["attendees"][0]["status"]["response"] == "accepted"
    desk.world.faults.set_switches({"graph.rooms_accept": False})
    other = desk.create(attendees=[{"type": "resource", "emailAddress": {"address": desk.room}}])
    assert desk.call("GET", f"/me/events/{other['id']}").json["attendees"][0]["status"]["response"] == "none"


def test_hidden_attendees_see_only_themselves(desk: Any) -> None:
    desk.create(attendees=desk.people(desk.paris, desk.toronto), hideAttendees=True)
    seen = held(desk, desk.paris)[0]["attendees"]
    assert [each["emailAddress"]["address"] for each in seen] == [desk.paris]


def test_a_delegate_works_in_the_owners_calendar(desk: Any) -> None:
    calendars = desk.call("GET", "/me/calendars", upn=desk.delegate).json["value"]
    shared = next(each for each in calendars if each["owner"]["address"] == desk.organiser)
    made = desk.call("POST", f"/me/calendars/{shared['id']}/events", desk.event(), upn=desk.delegate).json
    assert made["organizer"]["emailAddress"]["address"] == desk.organiser
    assert desk.call("GET", f"/users/{desk.organiser}/events/{made['id']}", upn=desk.delegate).status == 200
    assert desk.call("GET", f"/me/events/{made['id']}").status == 200
    own = desk.call("GET", "/me/calendars").json["value"][0]
    assert own["id"] != shared["id"]
    narrow = desk.token(desk.delegate, scopes=("Calendars.ReadWrite",))
    assert desk.call("GET", f"/users/{desk.organiser}/events", token=narrow).code == "ErrorAccessDenied"
    assert desk.call("GET", f"/users/{desk.organiser}/events", upn=desk.paris).code == "ErrorAccessDenied"


def test_a_private_event_shows_a_delegate_only_that_the_time_is_taken(desk: Any) -> None:
    desk.create(subject="Secret", sensitivity="private")
    seen = desk.call("GET", f"/users/{desk.organiser}/events", upn=desk.delegate).json["value"][0]
    assert seen["body"]["content"] == ""
    assert "Secret" not in str(seen)


def test_forwarding_mails_the_new_receiver(desk: Any) -> None:
    event = desk.create()
    sent = {"ToRecipients": [{"emailAddress": {"address": desk.paris}}], "Comment": "FYI"}
    assert desk.call("POST", f"/me/events/{event['id']}/forward", sent).status == 202
    assert desk.mails(desk.paris)[0]["details"]["forwarded"] is True


def test_who_a_meeting_is_forwarded_to_has_a_copy_and_stands_on_the_organisers_list(desk: Any) -> None:
    event = desk.create(attendees=[{"emailAddress": {"address": desk.paris}}])
    [copy] = desk.call("GET", "/me/events", upn=desk.paris).json["value"]
    sent = {"ToRecipients": [{"emailAddress": {"address": desk.toronto, "name": "Toronto"}}]}
    assert desk.call("POST", f"/me/events/{copy['id']}/forward", sent, upn=desk.paris).status == 202
    [forwarded] = desk.call("GET", "/me/events", upn=desk.toronto).json["value"]
    assert (forwarded["iCalUId"], forwarded["isOrganizer"]) == (event["iCalUId"], False)
    now = desk.call("GET", f"/me/events/{event['id']}").json
    assert [one["emailAddress"]["address"] for one in now["attendees"]] == [desk.paris, desk.toronto]
    assert now["@odata.etag"] != event["@odata.etag"]
    desk.world.faults.set_switches({"graph.forward_lists": False})
    sent = {"ToRecipients": [{"emailAddress": {"address": desk.warsaw}}]}
    desk.call("POST", f"/me/events/{copy['id']}/forward", sent, upn=desk.paris)
    assert len(desk.call("GET", f"/me/events/{event['id']}").json["attendees"]) == 2
