"""Lost, late and wrong answers: never a second room, never a question mark told as a certainty."""

import traceback
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from addin.clickmeeting import ClickMeetingRooms
from addin.errors import AddinError, OutcomeUnknown, Refused, Throttled, Unavailable
from addin.model import AccessType, RoomChange
from sandbox.people import CLICKMEETING_KEY

LOST = [
    {"status": 504},
    {"status": 502, "body": "<html>Bad gateway</html>"},
    {"status": 500, "body": {"code": 500, "name": "Internal Server Error", "errors": []}},
    {"status": 200, "body": "<!doctype html><title>Please sign in</title>"},
    {"status": 201, "body": "OK?", "content_type": "application/json"},
    {"cut": True},
]


@pytest.mark.parametrize("loss", LOST, ids=str)
def test_a_room_whose_answer_was_lost_is_found_and_not_made_again(account: Any, loss: dict[str, Any]) -> None:
    account.fault(method="POST", path="/conferences$", after_effect=True, **loss)
    room = account.create()
    assert [seen["id"] for seen in account.seen()] == [room.id]


@pytest.mark.parametrize("loss", LOST, ids=str)
def test_a_room_that_was_never_made_is_not_made_by_itself(account: Any, loss: dict[str, Any]) -> None:
    account.fault(method="POST", path="/conferences$", **loss)
    with pytest.raises(OutcomeUnknown):
        account.create()
    assert account.seen() == []
    assert account.create().active


def test_a_room_found_later_is_the_one_that_was_made(account: Any) -> None:
    """The answer and the look after it are lost; the next create of the same spec gives the room that exists."""
    account.fault(method="POST", path="/conferences$", after_effect=True, status=504)
    account.fault(method="GET", path="/conferences/active", times=3, status=502)
    with pytest.raises(OutcomeUnknown):
        account.create()
    spec = account.spec()
    assert account.rooms.find(spec, not_before=account.now).url_name == spec.url_name
    account.create()
    assert len(account.seen()) == 1


def test_a_lost_room_is_known_by_name_and_start_where_its_url_name_was_not_kept(account: Any) -> None:
    before = account.now
    made = account.create(url_name="quarterly_review")
    assert account.rooms.find(account.spec(), not_before=before) == made
    assert account.rooms.find(account.spec(), not_before=account.now + timedelta(minutes=1)) is None, "made too early"
    assert account.rooms.find(account.spec(name="Another"), not_before=before) is None
    later = account.spec(starts_at=account.start + timedelta(hours=1))
    assert account.rooms.find(later, not_before=before) is None


def test_the_room_of_another_meeting_with_the_same_name_and_start_is_left_alone(account: Any) -> None:
    account.create(url_name="m" + "x2" * 11 + "y")
    assert account.rooms.find(account.spec(), not_before=account.now - timedelta(minutes=5)) is None
    account.fault(method="POST", path="/conferences$", status=504)
    with pytest.raises(OutcomeUnknown):
        account.create()


@pytest.mark.parametrize("loss", LOST, ids=str)
def test_an_edit_or_delete_whose_answer_was_lost_can_be_sent_again(account: Any, loss: dict[str, Any]) -> None:
    room = account.create()
    account.fault(method="PUT", after_effect=True, **loss)
    with pytest.raises(OutcomeUnknown):
        account.rooms.edit(room, RoomChange(permanent=False, name="New"))
    assert account.rooms.edit(room, RoomChange(permanent=False, name="New")).name == "New"
    account.fault(method="DELETE", after_effect=True, **loss)
    with pytest.raises(OutcomeUnknown):
        account.rooms.delete(room)
    account.rooms.delete(room)
    assert account.seen() == []


@pytest.mark.parametrize("loss", [*LOST[:-2], {"cut": True}], ids=str)
def test_a_question_is_asked_again(account: Any, counted: Any, loss: dict[str, Any]) -> None:
    room = account.create()
    counted()
    account.fault(method="GET", path="/conferences/[0-9]+$", times=2, **loss)
    assert account.rooms.get(room) == room
    assert counted() == 3
    account.fault(method="GET", path="/conferences/[0-9]+$", times=3, **loss)
    with pytest.raises(Unavailable):
        account.rooms.get(room)


def test_a_web_page_with_404_does_not_mean_that_the_room_is_gone(account: Any) -> None:
    room = account.create()
    account.fault(method="GET", times=3, status=404, body="<html>Not found</html>")
    with pytest.raises(Unavailable):
        account.rooms.get(room)
    account.fault(method="DELETE", status=404, body="<html>Not found</html>")
    with pytest.raises(OutcomeUnknown):
        account.rooms.delete(room)
    assert len(account.seen()) == 1


def test_an_answer_that_does_not_come_is_given_up(account: Any) -> None:
    impatient: ClickMeetingRooms = account.with_settings(timeout_s=0.3, attempts=1)
    room = account.create()
    account.fault(method="GET", hang_s=1.5)
    with pytest.raises(Unavailable):
        impatient.get(room)
    account.fault(method="PUT", hang_s=1.5)
    with pytest.raises(OutcomeUnknown):
        impatient.edit(room, RoomChange(permanent=False, name="Slow"))


def test_a_change_is_never_repeated_by_itself(account: Any, counted: Any) -> None:
    room = account.create()
    counted()
    account.fault(method="PUT", status=503, times=5)
    with pytest.raises(OutcomeUnknown):
        account.rooms.edit(room, RoomChange(permanent=False, name="Once"))
    assert counted() == 1


def test_a_request_to_slow_down_is_told_with_its_pause(account: Any, counted: Any) -> None:
    account.switch(retry_after=37)
    counted()
    with pytest.raises(Throttled) as caught:
        account.rooms.gateways()
    assert caught.value.after == 37
    assert counted() == 1, "a long pause is the caller's"
    account.switch(retry_after=None)
    when = format_datetime(account.now + timedelta(seconds=90), usegmt=False)
    account.fault(method="POST", status=503, headers={"Retry-After": when})
    with pytest.raises(Throttled) as caught:
        account.create()
    assert caught.value.after == pytest.approx(90, abs=2)
    assert account.seen() == []


def test_a_short_pause_is_waited_for(account: Any, counted: Any) -> None:
    account.fault(method="GET", status=429, headers={"Retry-After": "2"})
    counted()
    assert len(account.rooms.gateways()) == 28
    assert counted() == 2


def test_no_connection_is_no_unknown_outcome(account: Any) -> None:
    """Nothing listens there, so nothing can have been made."""
    nowhere = account.with_settings(url="https://localhost:1/v1")
    with pytest.raises(Unavailable):
        nowhere.create(account.spec(), not_before=account.now)
    unknown_authority = account.with_settings(ca_file=None)
    with pytest.raises(Unavailable, match="SSLError"):
        unknown_authority.create(account.spec(), not_before=account.now)
    assert account.seen() == []


def test_a_redirect_is_not_followed_with_the_key(account: Any) -> None:
    account.fault(status=302, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(Refused, match="clickmeeting_url"):
        account.rooms.check()


def test_neither_key_nor_password_nor_token_stands_in_an_error(account: Any) -> None:
    """Nor in what hangs on the error: chained exceptions hold requests with their headers."""
    secret = "Winter2026-secret"
    told: list[AddinError] = []
    for fault in ({"cut": True}, {"status": 504}, {"status": 422, "body": {"errors": [{"message": CLICKMEETING_KEY}]}}):
        account.fault(method="POST", times=2, **fault)
        with pytest.raises(AddinError) as caught:
            account.create(access=AccessType.PASSWORD, password=secret)
        told.append(caught.value)
        account.control("reset", {})
    for error in told:
        text = "".join(traceback.format_exception(error)) + repr(vars(error))
        cause: BaseException | None = error
        while cause is not None:
            assert not hasattr(cause, "request"), cause
            cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
        assert CLICKMEETING_KEY not in text
        assert secret not in text
    assert CLICKMEETING_KEY not in repr(account.settings)
    assert secret not in repr(account.spec(password=secret))
