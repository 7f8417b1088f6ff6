"""Subscriptions through the door, with a listener on a real socket: handshake, notice, renewal, end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from addin.errors import InvalidInput, Missing, Refused
from addin.graph import GraphConnection, GraphOffice, GraphSettings
from addin.model import EventChange, Mailbox
from sandbox.desk import Desk
from sandbox.people import ADDIN, CONTOSO
from server.auth import DelegatedTokens, SignInSettings

ORGANISER = CONTOSO.users[0]
MAILBOX = Mailbox(CONTOSO.id, ORGANISER.id, ORGANISER.upn)
SECRET = "client state with ünïcode"


class Open:
    """Caches in memory, unsealed: what sealing does is shown elsewhere."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def load(self, tenant_id: str, user_id: str) -> bytes | None:
        return self.kept.get((tenant_id, user_id))

    def save(self, tenant_id: str, user_id: str, data: bytes) -> None:
        self.kept[(tenant_id, user_id)] = data

    def delete(self, tenant_id: str, user_id: str) -> None:
        self.kept.pop((tenant_id, user_id), None)

    def seal(self, data: bytes, context: str) -> bytes:
        return data

    def open(self, data: bytes, context: str) -> bytes:
        return data


@pytest.fixture
def office(desk: Desk) -> GraphOffice:
    """The whole way as the server goes it: the pane's token, on-behalf-of by msal, Graph."""
    world = desk.world
    world.faults.set_switches({"graph.https_only": False})
    kept = Open()
    tokens = DelegatedTokens(
        SignInSettings(
            client_id=ADDIN.id, secret=ADDIN.secret, login_url=f"{world.base}/entra", ca_file=str(world.ca_file)
        ),
        kept,
        kept,
    )
    entra: Any = world.services["entra"]
    connection = GraphConnection(
        GraphSettings(graph_url=f"{world.base}/graph/v1.0", ca_file=str(world.ca_file), read_timeout_s=15)
    )
    return GraphOffice(connection, MAILBOX, tokens.source(MAILBOX, entra.issue_addin_token(ORGANISER.upn)))


@pytest.fixture
def listener() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:

        def hear(request: Request) -> Response:
            if "validationToken" in request.args:
                return Response(request.args["validationToken"], content_type="text/plain")
            return Response(status=202)

        server.expect_request("/hooks/graph").respond_with_handler(hear)
        server.expect_request("/hooks/graph/lifecycle").respond_with_handler(hear)
        server.expect_request("/deaf").respond_with_data("what?", status=404)
        yield server


def subscribe(office: GraphOffice, listener: HTTPServer, until: datetime, **changes: Any) -> tuple[str, datetime]:
    wanted = {
        "notification_url": listener.url_for("/hooks/graph"),
        "lifecycle_url": listener.url_for("/hooks/graph/lifecycle"),
        "client_state": SECRET,
        "until": until,
        **changes,
    }
    return office.subscriptions.create(**wanted)


def later(**how: int) -> datetime:
    return (datetime.now(UTC) + timedelta(**how)).replace(microsecond=0)


def save(desk: Desk) -> str:
    graph: Any = desk.world.services["graph"]
    zone = {"timeZone": "UTC"}
    event = {
        "subject": "Planning",
        "start": {"dateTime": "2027-01-12T10:00:00", **zone},
        "end": {"dateTime": "2027-01-12T11:00:00", **zone},
    }
    saved = graph.client_save(
        ORGANISER.upn, event, event_id=None, send=True, custom_properties=None, add_in_id="c5a2a1f4"
    )
    return str(saved["id"])


def test_both_addresses_are_tried_and_the_expiry_is_graphs(office: GraphOffice, listener: HTTPServer) -> None:
    until = later(minutes=4000)
    subscription, granted = subscribe(office, listener, until)
    assert subscription
    assert granted == until
    assert {request.path for request, _ in listener.log} == {"/hooks/graph", "/hooks/graph/lifecycle"}


def test_a_short_life_is_raised_to_what_graph_grants(office: GraphOffice, listener: HTTPServer) -> None:
    _, granted = subscribe(office, listener, later(minutes=5))
    assert granted > later(minutes=40), "the answer is the truth, not what was asked for (facts 3.1)"


def test_a_change_is_told_with_the_client_state_and_ids_that_the_door_understands(
    desk: Desk, office: GraphOffice, listener: HTTPServer
) -> None:
    subscription, _ = subscribe(office, listener, later(minutes=4000))
    save(desk)
    graph: Any = desk.world.services["graph"]
    assert graph.idle(10), "the notification is delivered"
    items = [
        item
        for request, _ in listener.log
        if request.method == "POST" and request.is_json
        for item in request.get_json()["value"]
    ]
    assert {(item["subscriptionId"], item["clientState"], item["tenantId"]) for item in items} == {
        (subscription, SECRET, CONTOSO.id)
    }
    event = office.calendar.event(items[0]["resourceData"]["id"])
    assert event.id == items[0]["resourceData"]["id"], "immutable ids, since the subscription was made with them"


def test_our_own_write_comes_back_with_the_etag_of_its_answer(
    desk: Desk, office: GraphOffice, listener: HTTPServer
) -> None:
    event = office.calendar.event(save(desk))
    subscribe(office, listener, later(minutes=4000))
    written = office.calendar.update(event, EventChange(location="https://rooms.example/j/ab", key="k"))
    graph: Any = desk.world.services["graph"]
    assert graph.idle(10)
    etags = {
        item["resourceData"]["@odata.etag"]
        for request, _ in listener.log
        if request.is_json
        for item in request.get_json()["value"]
    }
    assert etags == {written.etag}, "so our echo is known by it"


def test_renewing_and_ending(office: GraphOffice, listener: HTTPServer) -> None:
    subscription, granted = subscribe(office, listener, later(minutes=100))
    until = later(minutes=3000)
    assert office.subscriptions.renew(subscription, until) == until > granted
    office.subscriptions.reauthorize(subscription)
    office.subscriptions.delete(subscription)
    office.subscriptions.delete(subscription)
    with pytest.raises(Missing):
        office.subscriptions.renew(subscription, until)


@pytest.mark.parametrize("path", ["/deaf"])
def test_an_address_that_does_not_answer_the_handshake_is_refused(
    office: GraphOffice, listener: HTTPServer, path: str
) -> None:
    with pytest.raises(Refused):
        subscribe(office, listener, later(minutes=100), notification_url=listener.url_for(path))


def test_more_life_than_graph_gives_is_refused(office: GraphOffice, listener: HTTPServer) -> None:
    with pytest.raises(Refused):
        subscribe(office, listener, later(days=40))


def test_too_long_a_client_state_is_refused_here(office: GraphOffice, listener: HTTPServer) -> None:
    with pytest.raises(InvalidInput):
        subscribe(office, listener, later(minutes=100), client_state="x" * 129)
    assert listener.log == []
