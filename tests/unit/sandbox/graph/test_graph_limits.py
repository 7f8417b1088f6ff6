"""Who is let in, how much is too much, and what a batch does."""

import threading
from typing import Any

import pytest

from sandbox.people import CONTOSO, FABRIKAM, FOREIGN


def part(number: int, url: str = "/me/events", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "method": "GET", "url": url, **more}


def chained(count: int, url: str = "/me/events") -> list[dict[str, Any]]:
    first = part(1, url)
    return [first, *({**part(n, url), "dependsOn": [str(n - 1)]} for n in range(2, count + 1))]


def by_id(answer: Any) -> dict[str, dict[str, Any]]:
    assert answer.status == 200, answer.json
    return {each["id"]: each for each in answer.json["responses"]}


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer ", "Bearer not-a-token"])
def test_no_or_a_wrong_token_is_unauthorized(desk: Any, header: str) -> None:
    answer = desk.call("GET", "/me", headers={"Authorization": header})
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_for_another_audience_is_unauthorized(desk: Any) -> None:
    assert desk.call("GET", "/me", token=desk.entra.issue(desk.organiser)).status == 401


def test_a_claims_challenge_names_the_claims(desk: Any) -> None:
    desk.world.faults.set_switches({"graph.claims_challenge": True})
    answer = desk.call("GET", "/me")
    assert answer.status == 401
    assert 'error="insufficient_claims", claims="' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (("Calendars.Read",), "GET", "/me/events", 200),
        (("Calendars.Read",), "POST", "/me/events", 403),
        (("User.Read",), "GET", "/me/events", 403),
        (("Calendars.ReadWrite",), "GET", "/me/mailboxSettings", 403),
        (("Calendars.ReadWrite",), "GET", "/me/messages", 403),
        (("Mail.Read",), "POST", "/me/sendMail", 403),
        (("Calendars.ReadWrite",), "GET", "/places/microsoft.graph.room", 403),
    ],
)
def test_scopes_open_only_what_they_name(
    desk: Any, scopes: tuple[str, ...], method: str, path: str, status: int
) -> None:
    body = desk.event() if method == "POST" else None
    answer = desk.call(method, path, body, token=desk.token(scopes=scopes))
    assert answer.status == status
    assert status == 200 or answer.code == "ErrorAccessDenied"


def test_an_application_opens_every_mailbox_of_its_tenant_and_me_is_nobody(desk: Any) -> None:
    app = desk.token(None, roles=("Calendars.ReadWrite",))
    assert desk.call("GET", f"/users/{desk.paris}/events", token=app).status == 200
    assert desk.call("GET", f"/users/{CONTOSO.users[0].id}/events", token=app).status == 200
    assert desk.call("GET", "/me/events", token=app).status == 400
    assert desk.call("GET", f"/users/{desk.guest}/events", token=app).status == 404
    other = desk.token(None, roles=("Calendars.ReadWrite",), tenant=FABRIKAM)
    assert desk.call("GET", f"/users/{desk.guest}/events", token=other).status == 200


def test_an_application_can_be_held_to_some_mailboxes(desk: Any) -> None:
    app = desk.token(None, roles=("Calendars.ReadWrite",))
    desk.world.faults.set_switches({"graph.app_mailboxes": [desk.paris]})
    assert desk.call("GET", f"/users/{desk.paris}/events", token=app).status == 200
    assert desk.call("GET", f"/users/{desk.organiser}/events", token=app).code == "ErrorAccessDenied"


def test_the_fifth_request_at_once_to_a_mailbox_is_turned_away(desk: Any) -> None:
    desk.world.faults.set_switches({"graph.latency_s": 0.4})
    desk.token(), desk.token(client=FOREIGN)
    statuses: list[int] = []

    def ask(token: str | None = None) -> None:
        answer = desk.call("GET", "/me/events", token=token)
        statuses.append(answer.status)
        if answer.status == 429:
            assert "MailboxConcurrency" in answer.json["error"]["message"]
            assert answer.headers["Retry-After"].isdigit()

    threads = [threading.Thread(target=ask) for _ in range(5)]
    threads.append(threading.Thread(target=ask, args=(desk.token(client=FOREIGN),)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(statuses) == [200] * 5 + [429], "four of ours, and the other application's"


def test_the_budget_of_ten_minutes_comes_back_with_time(desk: Any) -> None:
    desk.world.faults.set_switches({"graph.budget": 3})
    assert [desk.call("GET", "/me").status for _ in range(4)] == [200, 200, 200, 429]
    answer = desk.call("GET", "/me")
    assert 590 <= int(answer.headers["Retry-After"]) <= 601
    assert desk.call("GET", "/me", upn=desk.paris).status == 200, "another mailbox has its own"
    desk.world.clock.advance(601)
    assert desk.call("GET", "/me").status == 200


def test_a_batch_answers_every_part_in_any_order(desk: Any) -> None:
    sent = {**part(2), "method": "POST", "headers": {"Content-Type": "application/json"}, "body": desk.event()}
    prefer = {**part(3, "/me/events?$select=start"), "headers": {"Prefer": 'outlook.timezone="Tokyo Standard Time"'},
              "dependsOn": ["2"]}  # fmt: skip
    found = by_id(desk.call("POST", "/$batch", {"requests": [part(1, "/me"), sent, prefer]}))
    assert {name: each["status"] for name, each in found.items()} == {"1": 200, "2": 201, "3": 200}
    assert found["3"]["body"]["value"][0]["start"]["timeZone"] == "Tokyo Standard Time"


def test_parts_at_the_same_time_meet_the_limit_of_the_mailbox(desk: Any) -> None:
    found = by_id(desk.call("POST", "/$batch", {"requests": [part(n) for n in range(6)]}))
    assert [found[str(n)]["status"] for n in range(6)] == [200, 200, 200, 200, 429, 429]
    assert found["5"]["headers"]["Retry-After"].isdigit()
    assert {each["status"] for each in by_id(desk.call("POST", "/$batch", {"requests": chained(20)})).values()} == {200}


def test_a_failed_dependency_fails_what_follows(desk: Any) -> None:
    requests = [part(1, "/me/events/nonsense"), {**part(2), "dependsOn": ["1"]}]
    found = by_id(desk.call("POST", "/$batch", {"requests": requests}))
    assert (found["1"]["status"], found["2"]["status"]) == (400, 424)


@pytest.mark.parametrize(
    "requests",
    [
        pytest.param([part(n) for n in range(21)], id="21 parts"),
        pytest.param([part(1), part(1)], id="the same id twice"),
        pytest.param([{**part(1), "id": "a"}, {**part(1), "id": "A"}], id="the same id in another case"),
        pytest.param([{**part(1), "method": "POST", "body": {}}], id="body without content type"),
        pytest.param([{**part(1), "url": "https://elsewhere.example/me"}], id="absolute address"),
        pytest.param([{**part(1), "dependsOn": ["7"]}], id="unknown dependency"),
        pytest.param([], id="nothing"),
    ],
)
def test_a_batch_that_is_wrong_is_refused_as_a_whole(desk: Any, requests: list[dict[str, Any]]) -> None:
    assert desk.call("POST", "/$batch", {"requests": requests}).status == 400


def test_free_and_busy_is_digits_and_an_unknown_address_an_error_inside(desk: Any) -> None:
    desk.create(attendees=desk.people(desk.paris))
    sent = {
        "Schedules": [desk.organiser, desk.paris, "nobody@contoso.example"],
        "StartTime": {"dateTime": "2027-03-01T09:00:00", "timeZone": "Europe/Warsaw"},
        "EndTime": {"dateTime": "2027-03-01T12:00:00", "timeZone": "Europe/Warsaw"},
        "availabilityViewInterval": 60,
    }
    found = desk.call("POST", "/me/calendar/getSchedule", sent).json["value"]
    assert [each["availabilityView"] for each in found] == ["020", "010", ""]
    assert found[2]["error"]["responseCode"]
    sent["schedules"] = sent.pop("Schedules") * 7
    assert desk.call("POST", "/me/calendar/getSchedule", sent).status == 400


def test_meeting_times_avoid_what_is_taken(desk: Any) -> None:
    desk.create()
    slot = {
        "start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "Europe/Warsaw"},
        "end": {"dateTime": "2027-03-01T12:00:00", "timeZone": "Europe/Warsaw"},
    }
    sent = {"meetingDuration": "PT1H", "timeConstraint": {"timeSlots": [slot]}}
    found = desk.call("POST", "/me/findMeetingTimes", sent).json["meetingTimeSuggestions"]
    assert [each["meetingTimeSlot"]["start"]["dateTime"][:16] for each in found] == ["2027-03-01T10:00"]
