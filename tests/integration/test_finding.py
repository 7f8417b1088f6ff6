"""Whose event this is, whatever became of its marks: linked once, copies apart, attendees' copies never."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from following_verbs import followed, graph_of, history, later, renamed, room_name, starts
from stage import ORGANISER, Stage, a_wish, an_event

from addin.graph.settings import KEY_PROPERTY
from sandbox.people import ADD_IN_ID

PARIS, TORONTO = "paris@contoso.example", "toronto@contoso.example"
PANE_PROPERTY = f"String {{00020329-0000-0000-C000-000000000046}} Name cecp-{ADD_IN_ID}"
PROPERTIES = f"singleValueExtendedProperties($filter=id eq '{KEY_PROPERTY}' or id eq '{PANE_PROPERTY}')"


def marked(stage: Stage, event_id: str) -> dict[str, Any]:
    """The event with both of our properties and its text as HTML."""
    found: dict[str, Any] = stage.organiser().graph(
        "GET", f"/me/events/{event_id}", params={"$expand": PROPERTIES},
        headers={"Prefer": 'outlook.body-content-type="html"'},
    )  # fmt: skip
    return found


def own_key(event: dict[str, Any]) -> dict[str, Any]:
    [found] = [one for one in event["singleValueExtendedProperties"] if one["id"].endswith("ClickMeetingKey")]
    return dict(found)


def meetings(stage: Stage) -> list[str]:
    """The ids of everything kept in step, over all people of the tenant who scheduled here."""
    return [one["id"] for upn in (ORGANISER, PARIS) for one in stage.organiser(upn).api("GET", "/meetings")["meetings"]]


@pytest.mark.parametrize("left", ["pane's property", "link in the text", "link in the place"])
def test_one_surviving_mark_is_enough_to_find_a_new_appointment(stage: Stage, left: str) -> None:
    organiser, wish = stage.organiser(), a_wish(title=f"Found by {left}")
    meeting = organiser.schedule(wish)
    event = an_event(wish)
    if left == "pane's property":
        value = f'{{"clickmeeting": "{meeting["pane_properties"]["clickmeeting"]}"}}'
        event["singleValueExtendedProperties"] = [{"id": PANE_PROPERTY, "value": value}]
    elif left == "link in the text":
        wanted = {"op": "put", "content_type": "html", "body": "<p>Dear all</p>"}
        body = organiser.api("POST", f"/meetings/{meeting['id']}/body", json=wanted)["body"]
        event["body"] = {"contentType": "html", "content": body}
    else:
        event["location"] = {"displayName": meeting["join_url"]}
    made = organiser.graph("POST", "/me/events", json=event)
    stage.outside.until("it is found", lambda: organiser.meeting(meeting["id"])["state"] == "followed")
    organiser.change(made["id"], {"subject": "Renamed afterwards"})
    renamed(stage, meeting, "Renamed afterwards")
    assert own_key(marked(stage, made["id"]))["value"], "our own mark stands there from the first sight on"


def test_an_appointment_that_came_back_under_another_id_is_the_same(stage: Stage) -> None:
    """Cut and pasted, exported and imported: text and pane's property may be lost with the id."""
    meeting, event = followed(stage, title="Before")
    organiser, known = stage.organiser(), meetings(stage)
    key = own_key(marked(stage, event["id"]))
    organiser.graph("DELETE", f"/me/events/{event['id']}")
    stage.outside.until("it is gone", lambda: organiser.meeting(meeting["id"])["state"] == "gone")
    again = {"subject": "Back again", "singleValueExtendedProperties": [key], **later(event, 1)}
    organiser.graph("POST", "/me/events", json={**again, "location": {"displayName": meeting["join_url"]}})
    renamed(stage, meeting, "Back again")
    stage.outside.until("it is followed again", lambda: organiser.meeting(meeting["id"])["state"] == "followed")
    assert meetings(stage) == known, "the same meeting, no copy"


def test_a_move_into_another_calendar_of_the_mailbox_changes_nothing(stage: Stage) -> None:
    meeting, event = followed(stage)
    organiser, known = stage.organiser(), meetings(stage)
    calendar = organiser.graph("POST", "/me/calendars", json={"name": f"Projects {meeting['id'][:8]}"})
    moved = graph_of(stage).client_move_to_calendar(ORGANISER, event["id"], calendar["id"])
    assert moved["id"] != event["id"], "its regular id is another"
    organiser.change(moved["id"], {"subject": "In another calendar"})
    renamed(stage, meeting, "In another calendar")
    assert meetings(stage) == known
    graph_of(stage).client_delete(ORGANISER, moved["id"])
    stage.outside.until("its end is seen there too", lambda: organiser.meeting(meeting["id"])["state"] == "gone")


def test_a_copied_appointment_becomes_a_meeting_of_its_own_and_says_so(stage: Stage) -> None:
    meeting, event = followed(stage, title="Copied")
    organiser, known = stage.organiser(), meetings(stage)
    copy = graph_of(stage).client_copy(ORGANISER, event["id"], **later(event, 48))
    [fresh] = stage.outside.until("a second meeting", lambda: [one for one in meetings(stage) if one not in known])
    stage.outside.until("it is followed", lambda: organiser.meeting(fresh)["state"] == "followed")
    told = organiser.meeting(fresh)
    assert any("A copy of another appointment" in line["text"] for line in told["history"])
    assert told["room"]["room_id"] != meeting["room"]["room_id"]
    stage.settled()
    assert told["join_url"] in organiser.body(copy["id"])
    assert meeting["join_url"] not in organiser.body(copy["id"])
    assert meeting["join_url"] in organiser.body(event["id"])
    etag = marked(stage, copy["id"])["@odata.etag"]
    stage.settled()
    assert marked(stage, copy["id"])["@odata.etag"] == etag, "our own writing is not answered by another"
    organiser.change(copy["id"], {"subject": "The copy"})
    stage.outside.until("each follows its own", lambda: room_name(stage, told) == "The copy")
    assert room_name(stage, meeting) == "Copied"


def test_attendees_copies_and_forwarded_ones_are_not_copies_of_ours(stage: Stage) -> None:
    paris = stage.organiser(PARIS)
    own, _ = followed(stage, paris)  # so that her mailbox is watched
    meeting, event = followed(stage, start=_at(3, 10), end=_at(3, 11), participants=[{"address": PARIS}])
    stage.settled()
    known, rooms = meetings(stage), len(stage.rooms())
    [held] = [one for one in paris.graph("GET", "/me/events")["value"] if one["iCalUId"] == event["iCalUId"]]
    assert meeting["join_url"] in paris.body(held["id"])
    paris.change(held["id"], {"categories": ["Mine"]})
    to = {"ToRecipients": [{"emailAddress": {"address": TORONTO}}]}
    paris.graph("POST", f"/me/events/{held['id']}/forward", json=to)
    organiser = stage.organiser()
    stage.outside.until(
        "the organiser's list is followed",
        lambda: TORONTO in [one["address"] for one in organiser.meeting(meeting["id"])["participants"]],
    )
    stage.settled()
    assert (meetings(stage), len(stage.rooms())) == (known, rooms)
    assert paris.graph("GET", f"/me/events/{held['id']}")["categories"] == ["Mine"], "nothing was written there"
    assert own["id"] in known


def test_whatever_date_of_a_series_is_named_the_series_is_what_is_followed(stage: Stage) -> None:
    start = a_wish()["start"]
    recurrence = {"graph": {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": start[:10], "numberOfOccurrences": 5},
    }}  # fmt: skip
    meeting, event = followed(stage, recurrence=recurrence, title="Stand-up")
    organiser, known = stage.organiser(), meetings(stage)
    dates = organiser.dates(event["id"], datetime.fromisoformat(start))
    organiser.change(dates[1]["id"], {"subject": "Only today", **later(dates[1], 2)})
    organiser.graph("DELETE", f"/me/events/{dates[2]['id']}")
    graph_of(stage).client_move(ORGANISER, dates[3]["id"], *later(dates[3], 1).values())  # a drag in another client
    stage.outside.until("they are told", lambda: len(history(stage, meeting)) > 2)
    stage.settled()
    assert room_name(stage, meeting) == "Stand-up", "an exception's subject is not the series'"
    organiser.change(event["id"], {"subject": "Daily"})
    renamed(stage, meeting, "Daily")
    assert meetings(stage) == known, "no date is a meeting of its own"


def test_an_invitation_quoted_in_another_appointment_makes_no_meeting(stage: Stage) -> None:
    meeting, event = followed(stage)
    organiser, known = stage.organiser(), meetings(stage)
    quoting = {"contentType": "html", "content": f'<p>Like last time: <a href="{meeting["join_url"]}">here</a></p>'}
    organiser.graph("POST", "/me/events", json={"subject": "Quoting", "body": quoting, **later(event, 72)})
    before = starts(stage, meeting)
    organiser.change(event["id"], later(event, 1))
    stage.outside.until("the original moved", lambda: starts(stage, meeting) != before)
    stage.settled()
    assert meetings(stage) == known


def _at(days: int, hour: int) -> str:
    start = datetime.fromisoformat(a_wish()["start"]).replace(hour=hour)
    return (start + timedelta(days=days)).isoformat()
