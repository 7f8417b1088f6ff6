"""With no notification at all: the regular sweep finds what happened, whatever the service lost."""

from collections.abc import Iterator

import pytest
from following_verbs import followed, graph_of, later, renamed, subscriptions, wipe_subscriptions
from stage import Stage

from server.demo.running import running


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    with running(
        clickmeeting_timeout_s=1.5, sweep_seconds=0.2, mailbox_sweep_minutes=0.02, check_minutes=0.02, log_level="ERROR"
    ) as started:
        yield Stage(started)


@pytest.fixture(autouse=True)
def _switched_back(stage: Stage) -> Iterator[None]:
    """What a test switched off is switched on again before the next."""
    yield
    stage.faults()


def test_a_drag_that_nobody_told_of_moves_the_room(stage: Stage) -> None:
    meeting, event = followed(stage)
    stage.faults(graph__notification_loss=1.0)
    before = stage.outside.room(meeting["room"]["room_id"])["starts_at"]
    stage.organiser().change(event["id"], later(event, 3))
    stage.outside.until("the room moved", lambda: stage.outside.room(meeting["room"]["room_id"])["starts_at"] != before)


def test_subscriptions_that_vanished_silently_are_made_anew(stage: Stage) -> None:
    meeting, event = followed(stage)
    wipe_subscriptions(stage)
    stage.organiser().change(event["id"], {"subject": "Unheard"})
    renamed(stage, meeting, "Unheard")
    stage.outside.until("a subscription stands again", lambda: subscriptions(stage))


def test_a_deleted_appointment_that_nobody_told_of_is_noticed(stage: Stage) -> None:
    meeting, event = followed(stage)
    stage.faults(graph__notification_loss=1.0)
    organiser = stage.organiser()
    organiser.graph("DELETE", f"/me/events/{event['id']}")
    stage.outside.until("the meeting knows", lambda: organiser.meeting(meeting["id"])["state"] == "gone")


def test_pages_without_end_are_left_and_everything_is_compared(stage: Stage) -> None:
    meeting, event = followed(stage)
    stage.faults(graph__notification_loss=1.0, graph__delta_endless=True)
    stage.organiser().change(event["id"], {"subject": "Page after page"})
    renamed(stage, meeting, "Page after page")


def test_a_link_forgotten_again_and_again_loses_nothing(stage: Stage) -> None:
    meeting, event = followed(stage)
    stage.faults(graph__notification_loss=1.0)
    for number in range(3):
        graph_of(stage).forget_delta()
        stage.organiser().change(event["id"], {"subject": f"Round {number}"})
        renamed(stage, meeting, f"Round {number}")


def test_what_was_renamed_at_clickmeeting_is_put_back_and_told_as_done_there(stage: Stage) -> None:
    meeting, _ = followed(stage)
    account = stage.running.description["clickmeeting"]
    room = stage.outside.room(meeting["room"]["room_id"])
    stage.outside.call(
        "PUT", f"{account['url']}/conferences/{room['id']}", data={"name": "Renamed there"},
        headers={"X-Api-Key": account["api_key"]},
    )  # fmt: skip
    renamed(stage, meeting, "Quarterly review")
    told = [one for one in stage.organiser().meeting(meeting["id"])["history"] if "at ClickMeeting;" in one["text"]]
    assert [one["source"] for one in told] == ["clickmeeting"]


def test_a_room_deleted_at_clickmeeting_is_replaced_and_its_link_with_it(stage: Stage) -> None:
    meeting, event = followed(stage)
    organiser = stage.organiser()
    stage.reset()

    def new_link() -> str | None:
        link = str(organiser.meeting(meeting["id"])["join_url"])
        return link if link != meeting["join_url"] else None

    link = stage.outside.until("another room stands", new_link)
    stage.outside.until(
        "the appointment leads there",
        lambda: link in organiser.graph("GET", f"/me/events/{event['id']}")["body"]["content"],
    )
    body = organiser.graph("GET", f"/me/events/{event['id']}")["body"]["content"]
    assert meeting["join_url"] not in body
