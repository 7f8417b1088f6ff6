"""Notifications doubled, shuffled, lost; subscriptions taken away: what Microsoft tells is enough, between sweeps."""

import pytest
from following_verbs import followed, graph_of, renamed, room_name, subscriptions
from stage import Stage, a_wish


def test_doubled_and_shuffled_notifications_end_in_the_last_state(stage: Stage) -> None:
    meeting, event = followed(stage)
    stage.faults(graph__notification_duplicates=1.0, graph__notification_shuffle_s=0.3)
    organiser = stage.organiser()
    for number in range(6):
        organiser.change(event["id"], {"subject": f"Review {number}"})
    renamed(stage, meeting, "Review 5")
    assert graph_of(stage).idle(10)
    stage.faults()
    assert room_name(stage, meeting) == "Review 5"


def test_a_missed_notification_is_made_good_by_a_round(stage: Stage) -> None:
    meeting, event = followed(stage)
    stage.faults(graph__notification_loss=1.0)
    stage.organiser().change(event["id"], {"subject": "Told by nobody"})
    stage.faults()
    assert graph_of(stage).send_lifecycle("missed") >= 1
    renamed(stage, meeting, "Told by nobody")


def test_a_removed_subscription_is_made_anew_and_what_happened_meanwhile_is_found(stage: Stage) -> None:
    meeting, event = followed(stage)
    before = {one.id for one in subscriptions(stage)}
    stage.faults(graph__notification_loss=1.0)
    stage.organiser().change(event["id"], {"subject": "While nobody listened"})
    stage.faults()
    graph_of(stage).send_lifecycle("subscriptionRemoved")
    renamed(stage, meeting, "While nobody listened")
    stage.outside.until("a new subscription", lambda: {one.id for one in subscriptions(stage)} - before)
    stage.organiser().change(event["id"], {"subject": "Heard again"})
    renamed(stage, meeting, "Heard again")


def test_a_call_for_reauthorisation_is_answered_and_delivery_goes_on(stage: Stage) -> None:
    meeting, event = followed(stage)
    ids = {one.id for one in subscriptions(stage)}
    graph_of(stage).send_lifecycle("reauthorizationRequired", pause=True)
    stage.outside.until("delivery goes on", lambda: all(not one.paused for one in subscriptions(stage)))
    assert {one.id for one in subscriptions(stage)} == ids, "renewed, not replaced"
    stage.organiser().change(event["id"], {"subject": "Authorised"})
    renamed(stage, meeting, "Authorised")


def test_a_forgotten_delta_link_leads_to_a_full_round_and_a_comparison(stage: Stage) -> None:
    meeting, event = followed(stage)
    stage.faults(graph__notification_loss=1.0)
    stage.organiser().change(event["id"], {"subject": "After the gap"})
    stage.faults()
    graph_of(stage).forget_delta()
    graph_of(stage).send_lifecycle("missed")
    renamed(stage, meeting, "After the gap")


def test_an_invitation_taken_out_in_outlook_is_let_go(stage: Stage) -> None:
    meeting, event = followed(stage)
    organiser = stage.organiser()
    organiser.change(
        event["id"], {"body": {"contentType": "html", "content": "<p>In person.</p>"}, "location": {"displayName": ""}}
    )
    stage.outside.until("it is let go", lambda: organiser.meeting(meeting["id"])["state"] == "ended")
    assert graph_of(stage).idle(10)
    assert "ClickMeeting" not in organiser.graph("GET", f"/me/events/{event['id']}")["body"]["content"]
    assert "taken out" in organiser.meeting(meeting["id"])["history"][-1]["text"]


@pytest.mark.parametrize("wish", ["registration", "room_per_date"])
def test_a_series_with_a_room_for_each_date_prints_our_link_which_leads_to_it(stage: Stage, wish: str) -> None:
    recurrence = {"graph": {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": a_wish()["start"][:10], "numberOfOccurrences": 3},
    }}  # fmt: skip
    meeting = stage.organiser().schedule(a_wish(recurrence=recurrence) | {wish: True})
    assert meeting["strategy"] == "rolling"
    assert meeting[wish] is True
    assert meeting["join_url"] == f"{stage.base}/j/{meeting['id']}"
    assert meeting["join_url"] in meeting["invitation"]["text"]
    [room] = stage.rooms()
    assert room["room_url"] not in meeting["invitation"]["text"]
    answer = stage.outside.session.get(
        meeting["join_url"], verify=stage.running.description["ca_file"], allow_redirects=False, timeout=30
    )
    assert answer.headers.get("Location") == room["room_url"]
