"""What reaches the webhook from anywhere: answered as Microsoft expects, counted by reason, and nothing done."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from following_verbs import followed, subscriptions
from stage import Stage, user_id

from server.hooks.graph import LONGEST_BODY

FOREIGN = "9d4f2063-2b3c-4d5e-9f60-6b7c8d9e0f12"
COUNT = "clickmeeting_addin_notifications_total"


@pytest.fixture
def real(stage: Stage) -> dict[str, Any]:
    """A notification as Microsoft would send it now, of an appointment that is followed and at rest."""
    _, event = followed(stage)
    stage.settled()
    [one] = [each for each in subscriptions(stage) if each.mailbox == user_id(stage.organiser().upn)]
    return {
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": one.expires,
        "clientState": one.client_state,
        "tenantId": one.tenant,
        "changeType": "updated",
        "resource": f"Users/{one.mailbox}/Events/{event['id']}",
        "resourceData": {"id": event["id"]},
    }


def sent(stage: Stage, body: Any, reason: str, how_many: int, path: str = "/hooks/graph") -> None:
    """Sent as Microsoft sends it: 202, so many counted for that reason, and none kept to be looked at."""
    before, kept = (stage.figure(COUNT, outcome=one) for one in (reason, "accepted"))
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": ""}
    answer = stage.api("POST", path, data=data, headers=headers)
    assert (answer.status_code, answer.content) == (202, b"")
    assert stage.figure(COUNT, outcome=reason) - before == how_many
    assert stage.figure(COUNT, outcome="accepted") == kept


@pytest.mark.parametrize(("reason", "wrong"), [
    ("unknown", {"subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07"}),
    ("unknown", {"subscriptionId": None}),
    ("unknown", {"subscriptionId": ["a", "list"]}),
    ("unknown", {"subscriptionId": "x" * 5000}),
    ("unknown", {"subscriptionId": "\x00' OR 1=1"}),
    ("wrong-state", {"clientState": "guessed"}),
    ("wrong-state", {"clientState": None}),
    ("wrong-state", {"clientState": "\ud800"}),
    ("wrong-state", {"clientState": ""}),
    ("wrong-tenant", {"tenantId": FOREIGN}),
    ("wrong-tenant", {"tenantId": None}),
    ("old", {"subscriptionExpirationDateTime": "2020-01-01T00:00:00.0000000Z"}),
])  # fmt: skip
def test_a_notification_that_proves_nothing_is_counted_by_its_reason(
    stage: Stage, real: dict[str, Any], reason: str, wrong: dict[str, Any]
) -> None:
    for path in ("/hooks/graph", "/hooks/graph/lifecycle"):
        sent(stage, {"value": [{**real, "lifecycleEvent": "subscriptionRemoved", **wrong}]}, reason, 1, path)
    assert real["subscriptionId"] in [one.id for one in subscriptions(stage)]


def test_what_graph_repeats_for_four_hours_is_not_old(stage: Stage, real: dict[str, Any]) -> None:
    ended = (datetime.now(UTC) - timedelta(hours=4)).isoformat()
    accepted = stage.figure(COUNT, outcome="accepted")
    body = {"value": [{**real, "subscriptionExpirationDateTime": ended}]}
    assert stage.api("POST", "/hooks/graph", json=body).status_code == 202
    assert stage.figure(COUNT, outcome="accepted") == accepted + 1


def test_a_replayed_notification_costs_a_look_and_changes_nothing(stage: Stage, real: dict[str, Any]) -> None:
    event_id = real["resourceData"]["id"]
    etag = stage.organiser().graph("GET", f"/me/events/{event_id}")["@odata.etag"]
    rooms, mails = stage.rooms(), len(stage.outside.mails(stage.organiser().upn))
    for _ in range(20):
        assert stage.api("POST", "/hooks/graph", json={"value": [real] * 10}).status_code == 202
    stage.settled()
    assert stage.organiser().graph("GET", f"/me/events/{event_id}")["@odata.etag"] == etag
    assert (stage.rooms(), len(stage.outside.mails(stage.organiser().upn))) == (rooms, mails)


@pytest.mark.parametrize(("reason", "how_many", "made"), [
    ("malformed", 1, lambda: b"{"),
    ("malformed", 1, lambda: b""),
    ("malformed", 1, lambda: b"\xff\xfe\x00"),
    ("malformed", 1, lambda: b"[" * 100_000),
    ("malformed", 1, lambda: b'{"value": ' + b"9" * 10_000 + b"}"),
    ("malformed", 1, lambda: b'{"value": "nothing"}'),
    ("malformed", 4, lambda: b'{"value": [null, 3, "x", []]}'),
    ("unknown", 10_000, lambda: json.dumps({"value": [{"subscriptionId": str(n)} for n in range(10_000)]}).encode()),
    ("malformed", 2_500_001, lambda: b'{"value": [' + b'"x",' * 2_500_000 + b'"x"]}'),
    ("too-large", 1, lambda: b'{"value": ["' + b"x" * LONGEST_BODY + b'"]}'),
])  # fmt: skip
def test_broken_and_huge_bodies_are_taken_and_dropped(
    stage: Stage, reason: str, how_many: int, made: Callable[[], bytes]
) -> None:
    stage.settled()
    sent(stage, made(), reason, how_many)


def test_ten_thousand_real_ones_are_one_look(stage: Stage, real: dict[str, Any]) -> None:
    looks = stage.figure("clickmeeting_addin_looks_total", kind="mailbox", outcome="done")
    assert stage.api("POST", "/hooks/graph", json={"value": [real] * 10_000}).status_code == 202
    stage.settled()
    assert stage.figure("clickmeeting_addin_looks_total", kind="mailbox", outcome="done") - looks <= 2


@pytest.mark.parametrize("path", ["/hooks/graph", "/hooks/graph/lifecycle"])
@pytest.mark.parametrize(
    "token", ["<script>alert(1)</script> a+b %41 żółw", '"><img src=x onerror=alert(1)>', "\r\nX: y"]
)
def test_a_validation_token_comes_back_as_it_is_and_never_as_markup(stage: Stage, path: str, token: str) -> None:
    answer = stage.api("POST", path, params={"validationToken": token}, headers={"Authorization": ""})
    assert (answer.status_code, answer.content.decode()) == (200, token)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "X" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_reaches_the_webhook(stage: Stage, method: str) -> None:
    assert stage.api(method, "/hooks/graph").status_code == 405
