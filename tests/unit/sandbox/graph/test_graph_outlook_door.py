"""What Outlook's own clients do in process, and that the state survives a restart."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.graph.errors import GraphError

ADD_IN = "c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01"


def draft(desk: Any, **changed: Any) -> dict[str, Any]:
    return desk.graph.client_save(desk.organiser, desk.event(**changed), send=False)


def test_saving_mails_nobody_and_sending_mails_all(desk: Any) -> None:
    saved = draft(desk, attendees=desk.people(desk.paris))
    assert saved["isDraft"] is True
    assert desk.mails() == []
    assert saved["start"] == {"dateTime": "2027-03-01T10:00:00.0000000", "timeZone": "Central European Standard Time"}
    sent = desk.graph.client_save(desk.organiser, {"subject": "Sent"}, event_id=saved["id"], send=True)
    assert sent["isDraft"] is False
    assert desk.kinds() == ["invitation"]
    again = desk.graph.client_save(desk.organiser, {"subject": "Again"}, event_id=saved["id"], send=False)
    assert again["isDraft"] is True
    desk.graph.client_save(desk.organiser, {}, event_id=saved["id"], send=True)
    assert desk.kinds() == ["invitation", "update"]


def test_an_appointment_without_people_is_no_draft(desk: Any) -> None:
    assert draft(desk)["isDraft"] is False


def test_what_was_read_can_be_saved_back(desk: Any) -> None:
    saved = draft(desk)
    shown = desk.graph.client_event(desk.organiser, saved["id"])
    shown.pop("customProperties")
    again = desk.graph.client_save(desk.organiser, {**shown, "subject": "B"}, event_id=saved["id"], send=True)
    assert (again["subject"], again["start"]) == ("B", saved["start"])


def test_custom_properties_of_the_add_in_are_seen_through_graph(desk: Any) -> None:
    saved = desk.graph.client_save(
        desk.organiser, desk.event(), send=True, custom_properties={"key": "k-1"}, add_in_id=ADD_IN
    )
    name = f"String {{00020329-0000-0000-C000-000000000046}} Name cecp-{ADD_IN}"
    expand = f"$expand=singleValueExtendedProperties($filter=id eq '{name}')"
    shown = desk.call("GET", f"/me/events/{saved['id']}?{expand}").json["singleValueExtendedProperties"]
    assert json.loads(shown[0]["value"]) == {"key": "k-1"}
    assert desk.graph.client_event(desk.organiser, saved["id"])["customProperties"] == {ADD_IN: {"key": "k-1"}}


def test_dragging_an_occurrence_makes_an_exception_and_mails(desk: Any) -> None:
    master = desk.series(attendees=desk.people(desk.paris))
    second = desk.instances(master["id"])[1]
    start = {"dateTime": "2027-03-09T10:00:00", "timeZone": "Europe/Warsaw"}
    end = {"dateTime": "2027-03-09T11:00:00", "timeZone": "Europe/Warsaw"}
    moved = desk.graph.client_move(desk.organiser, second["id"], start, end)
    assert moved["type"] == "exception"
    assert desk.kinds() == ["invitation", "update"]
    with pytest.raises(GraphError, match="adjacent occurrence"):
        desk.graph.client_move(desk.organiser, second["id"], {**start, "dateTime": "2027-03-16T10:00:00"},
                               {**end, "dateTime": "2027-03-16T11:00:00"})  # fmt: skip


def test_deleting_and_answering(desk: Any) -> None:
    event = desk.create(attendees=desk.people(desk.paris))
    copy = desk.call("GET", "/me/events", upn=desk.paris).json["value"][0]
    desk.graph.client_respond(desk.paris, copy["id"], "tentativelyAccept")
    assert desk.call("GET", f"/me/events/{event['id']}").json["attendees"][0]["status"]["response"] == (
        "tentativelyAccepted"
    )
    desk.graph.client_delete(desk.organiser, event["id"], send_cancellation=False)
    assert desk.kinds(desk.paris) == ["invitation"]
    with pytest.raises(GraphError):
        desk.graph.client_event(desk.organiser, event["id"])


def test_ids_in_the_form_of_office_js_are_taken(desk: Any) -> None:
    event = desk.create()
    assert desk.graph.client_event(desk.organiser, event["id"].replace("-", "/").replace("_", "+"))["subject"]


def test_a_copied_appointment_carries_the_keys_along(desk: Any) -> None:
    key = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name MeetingKey"
    event = desk.create(singleValueExtendedProperties=[{"id": key, "value": "k-1"}])
    later = {"dateTime": "2027-03-05T10:00:00", "timeZone": "Europe/Warsaw"}
    copied = desk.graph.client_copy(desk.organiser, event["id"], start=later, end=later)
    assert copied["iCalUId"] != event["iCalUId"]
    test = f"singleValueExtendedProperties/any(ep:ep/id eq '{key}' and ep/value eq 'k-1')"
    assert len(desk.call("GET", f"/me/events?$filter={test}").json["value"]) == 2


def test_the_calendar_is_shown_by_start(desk: Any) -> None:
    desk.series(subject="Series")
    desk.create(subject="Single")
    found = desk.graph.client_events(desk.organiser, datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 9, tzinfo=UTC))
    assert [each["subject"] for each in found] == ["Series", "Single", "Series"]


def test_state_survives_dump_and_load(desk: Any) -> None:
    master = desk.series(attendees=desk.people(desk.paris))
    second = desk.instances(master["id"])[1]
    desk.call("PATCH", f"/me/events/{second['id']}", {"subject": "Own"})
    before = desk.call("GET", f"/me/events/{master['id']}").json
    state = json.loads(json.dumps(desk.graph.dump()))
    desk.graph.reset()
    assert desk.call("GET", f"/me/events/{master['id']}").status == 404
    desk.graph.load(state)
    assert desk.call("GET", f"/me/events/{master['id']}").json == before
    assert desk.call("GET", f"/me/events/{second['id']}").json["subject"] == "Own"
    assert len(desk.call("GET", "/me/events", upn=desk.paris).json["value"]) == 1
    assert len(desk.call("GET", "/me/messages", upn=desk.paris).json["value"]) == 2


def test_control_touches_and_forgets(desk: Any) -> None:
    event = desk.create()
    desk.graph.control("touch", {"mailbox": desk.organiser, "event": event["id"]})
    assert desk.call("GET", f"/me/events/{event['id']}").json["@odata.etag"] != event["@odata.etag"]
    assert desk.graph.control("idle", {}) == {"idle": True}
    assert desk.graph.control("forget-delta", {}) == {"forgotten": 0}
    with pytest.raises(ValueError, match="actions"):
        desk.graph.control("nonsense", {})
    with pytest.raises(ValueError, match="ErrorInvalidUser"):
        desk.graph.control("touch", {"mailbox": "nobody", "event": "x"})
