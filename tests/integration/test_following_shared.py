"""Another's calendar with a delegate's token: no subscription can be had there, so it is asked again and again."""

from collections.abc import Iterator
from typing import Any

import pytest
from following_verbs import later, renamed, starts, subscriptions
from stage import Stage, a_wish, an_event, user_id

from server.demo.client import Organiser
from server.demo.running import running

OWNER, FIRST, SECOND = "paris@contoso.example", "delegate@contoso.example", "warsaw@contoso.example"


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    with running(clickmeeting_timeout_s=1.5, sweep_seconds=0.2, shared_poll_minutes=0.02, log_level="ERROR") as started:
        yield Stage(started)


@pytest.fixture(autouse=True)
def _shared(stage: Stage) -> Iterator[None]:
    """Two delegates may write into the owner's calendar, at the beginning and again after each test."""
    for delegate in (FIRST, SECOND):
        stage.graph_control("share", mailbox=OWNER, delegate=delegate, role="write")
    yield
    stage.faults()


def scheduled_by(stage: Stage, upn: str, **fields: Any) -> tuple[Organiser, dict[str, Any], dict[str, Any]]:
    """A delegate's meeting in the owner's calendar, followed: the delegate, the meeting, its event."""
    delegate = stage.organiser(upn)
    wish = a_wish(owner=OWNER, **fields)
    meeting = delegate.schedule(wish)
    event = delegate.send(meeting, an_event(wish), "<p>For my manager</p>", mailbox=OWNER)
    stage.outside.until("it is followed", lambda: delegate.meeting(meeting["id"])["state"] == "followed")
    return delegate, meeting, event


def taken(stage: Stage, upn: str) -> None:
    """The owner shares the calendar with this person no more."""
    stage.graph_control("share", mailbox=OWNER, delegate=upn, role="none")


def owners_change(stage: Stage, event: dict[str, Any], change: dict[str, Any]) -> None:
    """The owner edits in Outlook, and has never heard of the add-in."""
    stage.organiser(OWNER).change(event["id"], change)


def test_a_delegates_meeting_is_the_owners_and_is_polled(stage: Stage) -> None:
    people = [{"address": "toronto@contoso.example"}, {"address": SECOND}]
    delegate, meeting, event = scheduled_by(stage, FIRST, access="token", participants=people)
    assert meeting["following"] == {"by": "polling", "minutes": 1}
    assert delegate.meeting(meeting["id"])["following"] == {"by": "polling", "minutes": 1}
    assert [one for one in subscriptions(stage) if one.mailbox == user_id(OWNER)] == []
    seen = stage.organiser(OWNER).graph("GET", f"/me/events/{event['id']}")
    assert seen["organizer"]["emailAddress"]["address"] == OWNER
    mail = stage.outside.until("they are told", lambda: stage.mails(SECOND, "mail"))[0]
    assert mail["sender"] == FIRST, "who may not send in the owner's name sends in their own"
    assert delegate.api("POST", f"/meetings/{meeting['id']}/entry", json={"role": "host"})["url"]
    before = starts(stage, meeting)
    owners_change(stage, event, later(event, 3))
    stage.outside.until("a poll saw the move", lambda: starts(stage, meeting) != before)
    assert [one["id"] for one in delegate.api("GET", "/meetings")["meetings"]].count(meeting["id"]) == 1
    assert meeting["id"] in [one["id"] for one in stage.organiser(OWNER).api("GET", "/meetings")["meetings"]]


def test_when_one_delegate_loses_the_right_the_next_reads_on(stage: Stage) -> None:
    _, other, _ = scheduled_by(stage, SECOND)
    _, meeting, event = scheduled_by(stage, FIRST, title="By the first")
    taken(stage, FIRST)
    owners_change(stage, event, {"subject": "Seen by the second"})
    renamed(stage, meeting, "Seen by the second")
    answer = stage.api("PATCH", f"/api/v1/meetings/{meeting['id']}", token=stage.token(FIRST), json={"title": "No"})
    assert (answer.status_code, answer.json()["reason"]) == (403, "not-delegate")
    path = f"/api/v1/meetings/{meeting['id']}"
    assert stage.api("DELETE", path, token=stage.token(FIRST)).status_code == 403
    assert stage.api("POST", f"{path}/entry", token=stage.token(FIRST), json={"role": "host"}).status_code == 403
    assert {one["room_pin"] for one in stage.rooms()} == {one["room"]["room_id"] for one in (meeting, other)}


def test_a_calendar_closed_to_everybody_costs_no_room_and_is_said_once(stage: Stage) -> None:
    stage.faults(graph__closed_status=404)  # each event seems to be gone: no evidence, since the calendar is closed too
    delegate, meeting, _ = scheduled_by(stage, FIRST)
    scheduled_by(stage, SECOND)
    taken(stage, FIRST)
    taken(stage, SECOND)
    owner = stage.organiser(OWNER)
    told = stage.outside.until("it says so", lambda: owner.meeting(meeting["id"])["attention"])
    assert "Nobody who signed in to the add-in may open this calendar any more." in told
    found = owner.meeting(meeting["id"])
    assert (found["state"], found["following"]) == ("followed", {"by": "not-yet", "minutes": None})
    assert sum("Nobody who signed in" in line["text"] for line in found["history"]) == 1
    assert len(stage.rooms()) == 2
    stage.graph_control("share", mailbox=OWNER, delegate=FIRST, role="write")
    another = delegate.schedule(a_wish(owner=OWNER, title="Shared again"))
    assert another["following"]["by"] == "polling"
    stage.outside.until("all is well again", lambda: delegate.meeting(meeting["id"])["attention"] is None)


def test_a_private_appointment_hidden_from_the_delegate_is_not_taken_for_a_changed_one(stage: Stage) -> None:
    delegate, meeting, event = scheduled_by(stage, FIRST, title="Between us")
    owners_change(stage, event, {"sensitivity": "private"})
    told = stage.outside.until("it says so", lambda: delegate.meeting(meeting["id"])["attention"])
    assert "private" in told
    found = delegate.meeting(meeting["id"])
    assert (found["state"], found["title"]) == ("followed", "Between us")
    assert stage.outside.room(meeting["room"]["room_id"])["name"] == "Between us"
    assert sum("private" in line["text"] for line in found["history"]) == 1
    owners_change(stage, event, {"sensitivity": "normal", "subject": "In the open"})
    renamed(stage, meeting, "In the open")


def test_who_is_no_delegate_is_refused_and_makes_nothing(stage: Stage) -> None:
    taken(stage, FIRST)
    wish, token = a_wish(owner=OWNER), stage.token(FIRST)
    for closed in (403, 404):
        stage.faults(graph__closed_status=closed)
        answer = stage.schedule(wish, token=token)
        assert (answer.status_code, answer.json()["reason"]) == (403, "not-delegate")
    stranger = stage.schedule(a_wish(owner="nobody@contoso.example"), token=token)
    assert (stranger.status_code, stranger.json()["reason"]) == (403, "mailbox-gone")
    elsewhere = stage.schedule(a_wish(owner="organiser@fabrikam.example"), token=token)
    assert elsewhere.status_code == 403
    assert stage.rooms() == []


def test_nobody_is_let_in_on_a_guess(stage: Stage) -> None:
    stage.faults({"service": "graph", "method": "GET", "path": "/users/", "status": 503, "times": 20})
    assert stage.schedule(a_wish(owner=OWNER), token=stage.token(SECOND)).status_code == 503
    assert stage.rooms() == []


def test_who_lost_the_right_reads_nothing_more_although_the_owner_is_followed(stage: Stage) -> None:
    delegate, meeting, _ = scheduled_by(stage, FIRST, access="password")
    own = delegate.schedule(a_wish(title="The delegate's own"))
    owner = stage.organiser(OWNER)
    owner.schedule(a_wish(title="The owner's own"))
    stage.outside.until("it is heard", lambda: owner.meeting(meeting["id"])["following"]["by"] == "notifications")
    listed = {one["id"] for one in delegate.api("GET", "/meetings")["meetings"]}
    assert {own["id"], meeting["id"]} <= listed
    taken(stage, FIRST)
    path, token = f"/api/v1/meetings/{meeting['id']}", stage.token(FIRST)
    assert stage.api("POST", f"{path}/entry", token=token, json={"role": "host"}).status_code == 403
    stage.graph_control("share", mailbox=OWNER, delegate=FIRST, role="write")
    assert stage.api("POST", f"{path}/entry", token=token, json={"role": "host"}).status_code == 200
    taken(stage, FIRST)
    seen = [one["id"] for one in delegate.api("GET", "/meetings")["meetings"]]
    assert own["id"] in seen
    assert meeting["id"] not in seen
    for what in ("", "/participants"):
        answer = stage.api("GET", f"{path}{what}", token=token)
        assert (answer.status_code, answer.json()["reason"]) == (403, "not-delegate")


def test_where_a_right_cannot_be_asked_a_delegate_is_told_to_wait_and_sees_own_meetings(stage: Stage) -> None:
    delegate, meeting, _ = scheduled_by(stage, FIRST)
    own = delegate.schedule(a_wish(title="The delegate's own"))
    stage.faults({"service": "graph", "method": "GET", "path": f"/users/{user_id(OWNER)}/calendar", "status": 503,
                  "times": 100})  # fmt: skip
    path, token = f"/api/v1/meetings/{meeting['id']}", stage.token(FIRST)
    assert stage.api("POST", f"{path}/entry", token=token, json={"role": "host"}).status_code == 503
    seen = [one["id"] for one in delegate.api("GET", "/meetings")["meetings"]]
    assert own["id"] in seen
    assert meeting["id"] not in seen


def test_once_the_owner_signs_in_the_calendar_is_heard(stage: Stage) -> None:
    delegate, meeting, event = scheduled_by(stage, FIRST)
    owner = stage.organiser(OWNER)
    owner.schedule(a_wish(title="The owner's own"))
    stage.outside.until("it is heard", lambda: delegate.meeting(meeting["id"])["following"]["by"] == "notifications")
    owners_change(stage, event, {"subject": "Told at once"})
    renamed(stage, meeting, "Told at once")
