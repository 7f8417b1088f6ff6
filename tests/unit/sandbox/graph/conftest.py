"""A Graph stand-in in process: a caller speaks WSGI to it, without ports."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client

from sandbox.entra.service import EntraService
from sandbox.graph.service import GraphService
from sandbox.people import ADDIN, CONTOSO, Tenant
from sandbox.people import Client as AppRegistration
from sandbox.world import World

EVERYTHING = (
    "Calendars.ReadWrite", "Calendars.ReadWrite.Shared", "Mail.Send", "Mail.ReadWrite", "MailboxSettings.Read",
    "User.Read", "User.ReadBasic.All", "Place.Read.All",
)  # fmt: skip
ORGANISER = "organiser@contoso.example"
PARIS = "paris@contoso.example"
TORONTO = "toronto@contoso.example"
WARSAW = "warsaw@contoso.example"
DELEGATE = "delegate@contoso.example"
GUEST = "guest@fabrikam.example"
ROOM = "room-aurora@contoso.example"

EVENT: dict[str, Any] = {
    "subject": "Planning",
    "body": {"contentType": "html", "content": "<p>Agenda</p>"},
    "start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "Europe/Warsaw"},
    "end": {"dateTime": "2027-03-01T11:00:00", "timeZone": "Europe/Warsaw"},
}


@dataclass
class Answer:
    """A finished exchange."""

    status: int
    json: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return self.json["error"]["code"]


@dataclass
class Desk:
    """The stand-in with its world and ways to call it as anybody."""

    world: World
    graph: GraphService
    entra: EntraService
    organiser: str = ORGANISER
    paris: str = PARIS
    toronto: str = TORONTO
    warsaw: str = WARSAW
    delegate: str = DELEGATE
    guest: str = GUEST
    room: str = ROOM
    _tokens: dict[Any, str] = field(default_factory=dict)

    def token(
        self,
        upn: str | None = ORGANISER,
        scopes: tuple[str, ...] = EVERYTHING,
        client: AppRegistration = ADDIN,
        roles: tuple[str, ...] = (),
        tenant: Tenant = CONTOSO,
    ) -> str:
        key = (upn, scopes, client.id, roles, tenant.id)
        if key not in self._tokens:
            audience = f"{self.world.base}/graph"
            given = {"scopes": scopes} if upn else {"roles": roles, "tenant": tenant}
            self._tokens[key] = self.entra.issue(upn, client=client, audience=audience, **given)
        return self._tokens[key]

    def forget_tokens(self) -> None:
        """After a jump of the clock everybody signs in again."""
        self._tokens.clear()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        upn: str | None = ORGANISER,
        token: str | None = None,
        prefer: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = {"Authorization": f"Bearer {token or self.token(upn)}", **(headers or {})}
        if prefer:
            sent["Prefer"] = prefer
        given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self._open(method, path, sent, given)

    def call_raw(self, method: str, path: str, data: bytes, content_type: str) -> Answer:
        """A body that is not JSON."""
        sent = {"Authorization": f"Bearer {self.token()}"}
        return self._open(method, path, sent, {"data": data, "content_type": content_type})

    def query(self, path: str, arguments: dict[str, str]) -> Answer:
        """A GET whose query options are encoded as a browser would."""
        return self.call("GET", f"{path}?{urlencode(arguments)}")

    def _open(self, method: str, path: str, sent: dict[str, str], given: dict[str, Any]) -> Answer:
        app = self.graph.wsgi()["/graph"]
        path, _, query = path.partition("?")
        found = Client(app).open(
            path if path.startswith("/beta") else "/v1.0" + path,
            base_url="https://localhost:9/graph",
            method=method,
            query_string=query,
            headers=sent,
            **given,
        )
        text = found.get_data(as_text=True)
        return Answer(found.status_code, json.loads(text) if text else None, dict(found.headers))

    def create(self, **changed: Any) -> dict[str, Any]:
        upn = changed.pop("upn", ORGANISER)
        answer = self.call("POST", "/me/events", {**EVENT, **changed}, upn=upn)
        assert answer.status == 201, answer.json
        return answer.json

    def event(self, **changed: Any) -> dict[str, Any]:
        """What a client would send."""
        return {**EVENT, **changed}

    def people(self, *addresses: str) -> list[dict[str, Any]]:
        return [{"type": "required", "emailAddress": {"address": address}} for address in addresses]

    def recurring(self, pattern: dict[str, Any], **limits: Any) -> dict[str, Any]:
        return {"pattern": {"interval": 1, **pattern}, "range": {"type": "noEnd", "startDate": "2027-03-01", **limits}}

    def weekly(self, **limits: Any) -> dict[str, Any]:
        return self.recurring({"type": "weekly", "daysOfWeek": ["monday"]}, **limits)

    def series(self, **changed: Any) -> dict[str, Any]:
        return self.create(**{"recurrence": self.weekly(), **changed})

    def instances(self, master: str, start: str = "2027-03-01", end: str = "2027-04-30") -> list[dict[str, Any]]:
        window = f"startDateTime={start}T00:00:00Z&endDateTime={end}T00:00:00Z"
        answer = self.call("GET", f"/me/events/{master}/instances?{window}&$top=1000")
        assert answer.status == 200, answer.json
        return answer.json["value"]

    def mails(self, mailbox: str | None = None) -> list[dict[str, Any]]:
        return self.world.outbox.mails(mailbox)

    def kinds(self, mailbox: str | None = None) -> list[str]:
        return [mail["kind"] for mail in self.mails(mailbox)]


@pytest.fixture(scope="session")
def running() -> Iterator[Desk]:
    world = World.make()
    world.base = "https://localhost:9"
    world.http_base = "http://127.0.0.1:9"
    entra = EntraService(world)
    graph = GraphService(world)
    world.services.update(entra=entra, graph=graph)
    yield Desk(world, graph, entra)
    world.closing.set()
    graph.close()


@pytest.fixture
def desk(running: Desk) -> Desk:
    """As it is after a start; making a new one each time would mean a new signing key each time."""
    running.world.faults.clear()
    running.world.clock.reset()
    running.world.outbox.replace([])
    running.graph.reset()
    running.forget_tokens()
    return running
