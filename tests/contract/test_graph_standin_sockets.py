"""The Graph stand-in over real sockets: TLS, webhooks through the sandbox's own address, capture, state file."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from cheroot import wsgi

from sandbox.desk import Desk, Options
from sandbox.people import ADDIN

ORGANISER = "organiser@contoso.example"
STATE = "the-secret-of-our-subscription"
EVENT: dict[str, Any] = {
    "subject": "Over sockets",
    "start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "Europe/Warsaw"},
    "end": {"dateTime": "2027-03-01T11:00:00", "timeZone": "Europe/Warsaw"},
}


class Server:
    """Stands where the add-in's server would: behind the sandbox's address."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self._server = wsgi.Server(("127.0.0.1", 0), self._serve, numthreads=4)
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.bind_addr[1]}"

    def close(self) -> None:
        self._server.stop()
        self._thread.join(timeout=5)

    def _serve(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        trial = parse_qs(environ["QUERY_STRING"]).get("validationToken")
        start_response("200 OK" if trial else "202 Accepted", [("Content-Type", "text/plain")])
        if trial:
            return [trial[0].encode()]
        self.items += json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["value"]
        return [b""]


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.close()


class Person:
    """The organiser with a token, speaking to a desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        entra: Any = desk.world.services["entra"]
        scopes = ("Calendars.ReadWrite", "User.Read")
        self.token = entra.issue(ORGANISER, client=ADDIN, audience=f"{desk.world.base}/graph", scopes=scopes)
        self.graph: Any = desk.world.services["graph"]

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(
            method,
            f"{self.desk.world.base}/graph/v1.0{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            verify=str(self.desk.world.ca_file),
            timeout=30,
        )

    def control(self, path: str, body: Any) -> Any:
        answer = requests.post(
            f"{self.desk.world.base}/control{path}", json=body, verify=str(self.desk.world.ca_file), timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


def test_notifications_come_through_https_and_the_capture_holds_no_secret(server: Server, tmp_path: Path) -> None:
    capture = tmp_path / "capture.jsonl"
    with Desk(Options(server_url=server.url, capture=capture)) as desk:
        person = Person(desk)
        expires = desk.world.clock.now() + timedelta(hours=10)
        made = person.call(
            "POST",
            "/subscriptions",
            {
                "changeType": "created,updated,deleted",
                "notificationUrl": f"{desk.world.base}/hooks/graph",
                "lifecycleNotificationUrl": f"{desk.world.base}/hooks/graph/lifecycle",
                "resource": "me/events",
                "expirationDateTime": expires.isoformat(),
                "clientState": STATE,
            },
        )
        assert made.status_code == 201, made.text
        event = person.call("POST", "/me/events", EVENT).json()
        person.control("/graph/touch", {"mailbox": ORGANISER, "event": event["id"]})
        person.control("/graph/lifecycle", {"event": "missed"})
        assert person.control("/graph/idle", {"timeout_s": 10}) == {"idle": True}
        told = [item.get("changeType") or item["lifecycleEvent"] for item in server.items]
        assert sorted(told) == ["created", "missed", "updated"], "the two addresses keep no order between them"
        assert {item["clientState"] for item in server.items} == {STATE}
    lines = [json.loads(line) for line in capture.read_text("utf-8").splitlines()]
    assert {line["service"] for line in lines} == {"graph", "webhook"}
    assert [line["status"] for line in lines if "validationToken" in line["path"]] == [200, 200]
    whole = capture.read_text("utf-8")
    assert STATE not in whole
    assert person.token not in whole


def test_a_write_can_succeed_though_its_answer_is_lost(server: Server) -> None:
    with Desk(Options(server_url=server.url)) as desk:
        person = Person(desk)
        fault = {"service": "graph", "method": "POST", "path": "/events", "cut": True, "after_effect": True}
        person.control("/faults", {"faults": [fault]})
        sent = {**EVENT, "transactionId": "t-1"}
        with pytest.raises(requests.RequestException):
            person.call("POST", "/me/events", sent)
        again = person.call("POST", "/me/events", sent)
        assert again.status_code == 201
        assert [each["id"] for each in person.call("GET", "/me/events").json()["value"]] == [again.json()["id"]]


def test_calendars_and_subscriptions_survive_a_restart(server: Server, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with Desk(Options(server_url=server.url, state=state)) as desk:
        event = Person(desk).call("POST", "/me/events", EVENT).json()
    with Desk(Options(server_url=server.url, state=state)) as desk:
        again = Person(desk).call("GET", f"/me/events/{event['id']}")
        assert again.json()["@odata.etag"] == event["@odata.etag"]


def test_a_proxy_may_answer_with_html(server: Server) -> None:
    with Desk(Options(server_url=server.url)) as desk:
        person = Person(desk)
        fault = {"service": "graph", "path": "/me$", "status": 503, "body": "<html>busy</html>",
                 "headers": {"Retry-After": "7"}}  # fmt: skip
        person.control("/faults", {"faults": [fault]})
        answer = person.call("GET", "/me")
        assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (503, "7", "<html>busy</html>")
        assert person.call("GET", "/me").status_code == 200
