"""Everything that can be wrong from outside: a clear answer each time, and nothing half done."""

import threading
import uuid
from typing import Any

import pytest
from stage import Stage, a_wish

from sandbox.people import ADDIN, FABRIKAM

PROBLEM = "application/problem+json"


def refused(answer: Any, status: int, reason: str | None = None) -> dict[str, Any]:
    """The problem document, after checking that it is one and says what to do."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith(PROBLEM), answer.headers
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["detail"].rstrip().endswith((".", "?")), "a whole sentence for a person"
    assert "Traceback" not in answer.text
    if reason is not None:
        assert problem["reason"] == reason, problem
    return problem


@pytest.mark.parametrize(("wrong", "status"), [
    ({"audience": "another-api"}, 401),
    ({"lifetime_s": -3600}, 401),
    ({"claims": {"scp": None}}, 401),
    ({"claims": {"scp": "another_scope"}}, 403),
    ({"claims": {"azp": "00000000-0000-4000-8000-0000000000aa"}}, 403),
    ({"claims": {"iss": "https://evil.example/v2.0"}}, 401),
    ({"claims": {"tid": "00000000-0000-4000-8000-00000000dead"}}, 401),
    ({"claims": {"aud": ADDIN.id, "scp": None, "azp": None, "nonce": "x"}}, 401),
])  # fmt: skip
def test_a_wrong_token_is_refused_and_nothing_is_made(stage: Stage, wrong: dict[str, Any], status: int) -> None:
    refused(stage.schedule(a_wish(), token=stage.token(**wrong)), status)
    assert stage.rooms() == []


def test_a_token_signed_by_a_stranger_or_not_at_all_is_refused(stage: Stage) -> None:
    head, body, _ = stage.token().split(".")
    refused(stage.schedule(a_wish(), token=f"{head}.{body}.AAAA"), 401)
    refused(stage.schedule(a_wish(), token="nonsense"), 401)
    refused(stage.api("GET", "/api/v1/meetings", headers={"Authorization": ""}), 401)
    assert stage.rooms() == []


def test_a_meeting_of_another_person_or_tenant_does_not_exist(stage: Stage) -> None:
    made = stage.schedule(a_wish()).json()
    others = (stage.token("delegate@contoso.example"), stage.token("organiser@fabrikam.example"))
    for token in others:
        for method in ("GET", "PATCH", "DELETE"):
            refused(stage.api(method, f"/api/v1/meetings/{made['id']}", token=token, json={}), 404)
        assert stage.api("GET", "/api/v1/meetings", token=token).json() == {"meetings": []}
    assert len(stage.rooms()) == 1
    assert FABRIKAM.id != stage.outside.tenant["id"]


PAST = {"start": "2020-01-01T10:00:00", "end": "2020-01-01T11:00:00"}
NEXT_YEAR = {"start": "2099-01-05T10:00:00", "end": "2099-01-05T11:00:00"}


@pytest.mark.parametrize(("fields", "field", "reason"), [
    (PAST, "start", "past"),
    ({"end": "2020-01-01T10:00:00"}, "end", "end"),
    ({"time_zone": "Mars Standard Time"}, None, None),
    ({"time_zone": "tzone://Microsoft/Custom"}, None, None),
    ({"title": "   "}, "title", "no-title"),
    ({"recurrence": {"rrule": "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"}}, None, None),
    ({"recurrence": {"rrule": "FREQ=DAILY;INTERVAL=0"}}, None, None),
    ({"recurrence": {}}, "recurrence", None),
    ({"participants": [{"address": f"p{n}@contoso.example"} for n in range(501)]}, "participants", None),
    ({"participants": [{"address": "no address"}]}, "participants.0.address", "invalid"),
    ({"language": "tlh"}, "language", None),
    ({"acces": "open"}, "acces", "invalid"),
    ({"access": "secret"}, "access", "invalid"),
    ({"title": "x" * 256}, "title", "invalid"),
    ({"start": "tomorrow"}, "start", "invalid"),
])  # fmt: skip
def test_a_wish_that_cannot_be_names_its_part(
    stage: Stage, fields: dict[str, Any], field: str | None, reason: str | None
) -> None:
    problem = refused(stage.schedule(a_wish(**fields)), 422, reason)
    if field is not None:
        assert problem["field"] == field
    assert stage.rooms() == []


def test_what_is_no_json_is_a_problem_too(stage: Stage) -> None:
    headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
    answer = stage.api("POST", "/api/v1/meetings", data="{", headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"].startswith(PROBLEM)
    refused(stage.api("GET", "/api/v1/nothing-here"), 404)
    refused(stage.api("PUT", "/api/v1/meetings"), 405)


def test_a_taken_slot_is_said_and_makes_nothing(stage: Stage) -> None:
    stage.faults({"service": "clickmeeting", "method": "POST", "path": "conference/availability", "status": 409})
    refused(stage.schedule(a_wish()), 409, "slot-taken")
    assert stage.rooms() == []


def test_the_same_press_twice_gives_one_room_and_the_same_answer(stage: Stage) -> None:
    key, wish = uuid.uuid4().hex, a_wish()
    first, again = stage.schedule(wish, key=key), stage.schedule(wish, key=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(stage.rooms()) == 1
    refused(stage.schedule(a_wish(title="Another"), key=key), 422, "idempotency")


def test_two_presses_at_once_make_one_room(stage: Stage) -> None:
    key, wish, answers = uuid.uuid4().hex, a_wish(), []
    ready = threading.Barrier(4)

    def press() -> None:
        ready.wait()
        answers.append(stage.schedule(wish, key=key))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 201
    assert set(statuses) <= {201, 409}, statuses
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "in-flight")
    assert len(stage.rooms()) == 1


CREATE = {"service": "clickmeeting", "method": "POST", "path": r"/conferences(\.json)?$"}


@pytest.mark.parametrize(("fault", "status"), [
    ({"status": 401, "body": {"code": 401, "name": "Unauthorized", "errors": []}}, 502),
    ({"status": 403, "body": {"code": 403, "name": "Forbidden", "errors": [{"message": "Not in plan"}]}}, 403),
    ({"status": 422, "body": {"code": "422", "errors": [{"name": "name", "message": "Too odd"}]}}, 422),
    ({"status": 422, "body": '"422 Unprocessable"', "content_type": "application/json"}, 422),
])  # fmt: skip
def test_what_clickmeeting_refuses_is_told_and_leaves_no_room(stage: Stage, fault: dict[str, Any], status: int) -> None:
    stage.faults(CREATE | fault)
    problem = refused(stage.schedule(a_wish()), status)
    assert "<" not in problem["detail"]
    assert stage.rooms() == []


def test_a_throttled_create_says_when_to_come_back(stage: Stage) -> None:
    stage.faults(CREATE | {"status": 429, "headers": {"Retry-After": "17"}, "times": 10})
    answer = stage.schedule(a_wish())
    problem = refused(answer, 503)
    assert problem["retry_after"] == 17
    assert answer.headers["Retry-After"] == "17"
    assert stage.rooms() == []


@pytest.mark.parametrize("fault", [
    {"status": 504, "body": "<html>Gateway time-out</html>", "after_effect": True},
    {"status": 502, "body": "<html>Bad gateway</html>", "after_effect": True},
    {"cut": True, "after_effect": True},
    {"hang_s": 4, "after_effect": True},
    {"status": 200, "body": "<html>Welcome</html>", "after_effect": True},
])  # fmt: skip
def test_a_lost_answer_after_creating_finds_the_room_and_makes_no_second(stage: Stage, fault: dict[str, Any]) -> None:
    stage.faults(CREATE | fault)
    answer = stage.schedule(a_wish())
    assert answer.status_code == 201, answer.text
    [room] = stage.rooms()
    assert room["room_pin"] == answer.json()["room"]["room_id"]


@pytest.mark.parametrize("fault", [{"status": 504, "body": ""}, {"hang_s": 4}, {"cut": True}])
def test_a_create_that_never_happened_can_be_pressed_again(stage: Stage, fault: dict[str, Any]) -> None:
    key, wish = uuid.uuid4().hex, a_wish()
    stage.faults(CREATE | fault | {"times": 5})
    first = stage.schedule(wish, key=key)
    assert first.status_code in (503, 504), first.text
    assert first.headers["Content-Type"].startswith(PROBLEM)
    stage.faults()
    again = stage.schedule(wish, key=key)
    assert again.status_code == 201, again.text
    assert len(stage.rooms()) == 1


def test_a_claims_challenge_reaches_the_pane_before_anything_is_made(stage: Stage) -> None:
    stage.faults(entra__interaction_required=True)
    answer = stage.schedule(a_wish(), token=stage.token("warsaw@contoso.example"))
    problem = refused(answer, 401)
    assert "claims" in problem
    assert 'error="insufficient_claims"' in answer.headers["WWW-Authenticate"]
    assert stage.rooms() == []


def test_missing_consent_schedules_all_the_same_and_says_what_is_missing(stage: Stage) -> None:
    stage.faults(entra__consent_missing=True)
    answer = stage.schedule(a_wish(), token=stage.token("toronto@contoso.example"))
    assert answer.status_code == 201, answer.text
    assert any("calendar" in warning for warning in answer.json()["warnings"])
    assert len(stage.rooms()) == 1


def test_change_entry_and_removal_never_meet_a_look_of_the_worker(stage: Stage) -> None:
    for number in range(6):
        meeting = stage.schedule(a_wish(title=f"Meeting {number}")).json()
        path = f"/api/v1/meetings/{meeting['id']}"
        for change in ({"title": f"Renamed {number}"}, {"agenda": "Figures"}):
            answer = stage.api("PATCH", path, json=change)
            assert answer.status_code == 200, answer.text
        assert stage.api("POST", f"{path}/entry", json={"role": "host"}).status_code == 200
        answer = stage.api("DELETE", path)
        assert answer.status_code == 204, answer.text
    assert stage.rooms() == []


def test_who_is_not_signed_in_learns_nothing_of_shapes(stage: Stage) -> None:
    for body in ({"title": "x"}, {"unknown": 1}, None):
        answer = stage.api("POST", "/api/v1/meetings", json=body, headers={"Authorization": ""})
        refused(answer, 401)


@pytest.mark.parametrize(("fields", "field"), [
    ({"start": "2027-03-28T02:30:00", "end": "2027-03-28T03:30:00"}, "start"),
    ({"start": "2027-03-01T10:00:00+01:00", "end": "2027-03-01T11:00:00"}, "end"),
])  # fmt: skip
def test_times_that_cannot_be_meant_are_named(stage: Stage, fields: dict[str, Any], field: str) -> None:
    assert refused(stage.schedule(a_wish(**fields)), 422)["field"] == field


@pytest.mark.parametrize(
    "wish", [{"advance_s": 1e18}, {"advance_s": "soon"}, {"now": "x"}, {"now": 3}, {}, {"later": 1}]
)
def test_the_clock_refuses_what_it_cannot_be_put_to(stage: Stage, wish: dict[str, Any]) -> None:
    answer = stage.api("POST", "/control/clock", json=wish)
    assert answer.status_code == 400
    assert answer.json()["error"]
