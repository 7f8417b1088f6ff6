"""Clients that others wrote use the Graph stand-in as if it were the service: Microsoft's SDKs and O365."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from cheroot import wsgi
from O365 import Account, MSGraphProtocol
from O365.utils.token import BaseTokenBackend

from sandbox.desk import Desk, Options
from sandbox.people import FOREIGN

HERE = Path(__file__).parent / "graph"
ENVIRONMENT = Path(__file__).parents[2] / "build" / "graph-clients"
ORGANISER, PARIS = "organiser@contoso.example", "paris@contoso.example"
SCOPES = ("Calendars.ReadWrite", "Mail.Send", "Mail.ReadWrite", "User.Read", "MailboxSettings.Read")
ZONE = ZoneInfo("Europe/Warsaw")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk(Options()) as found:
        yield found


@pytest.fixture(autouse=True)
def fresh(desk: Desk) -> None:
    desk.world.faults.clear()
    desk.world.outbox.replace([])
    desk.world.services["graph"].reset()


@pytest.fixture
def token(desk: Desk) -> str:
    entra: Any = desk.world.services["entra"]
    return entra.issue(ORGANISER, client=FOREIGN, audience=f"{desk.world.base}/graph", scopes=SCOPES)


class Hook:
    """A webhook over plain HTTP that shakes hands and keeps what it is told."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self._server = wsgi.Server(("127.0.0.1", 0), self._serve, numthreads=2)
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.bind_addr[1]}/hook"

    def close(self) -> None:
        self._server.stop()
        self._thread.join(timeout=5)

    def _serve(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        trial = parse_qs(environ["QUERY_STRING"]).get("validationToken")
        start_response("200 OK", [("Content-Type", "text/plain")])
        if trial:
            return [trial[0].encode()]
        self.items += json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["value"]
        return [b""]


@pytest.fixture
def hook(desk: Desk) -> Iterator[Hook]:
    desk.world.faults.set_switches({"graph.https_only": False})
    found = Hook()
    yield found
    found.close()


@pytest.fixture(scope="module")
def sdk_python() -> Path:
    """The interpreter of an environment with Microsoft's SDK, made on first use (about 500 MB)."""
    python = ENVIRONMENT / "bin" / "python"
    done = ENVIRONMENT / "installed"
    wanted = (HERE / "requirements.txt").read_text("utf-8")
    if not done.exists() or done.read_text("utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")]
        subprocess.run(install, check=True)
        done.write_text(wanted, "utf-8")
    return python


def test_microsofts_sdk_drives_events_series_delta_and_subscriptions(
    desk: Desk, token: str, hook: Hook, sdk_python: Path
) -> None:
    command = [str(sdk_python), str(HERE / "microsoft_sdk.py"), f"{desk.world.http_base}/graph/v1.0", hook.url]
    run = subprocess.run(
        command, env={**os.environ, "GRAPH_TOKEN": token}, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert seen["me"] == ORGANISER
    assert seen["created"]["type"] == "singleInstance"
    assert seen["created"]["start"] == "2027-03-01T10:00:00.0000000"
    assert seen["created"]["extra"] == ["@odata.context", "@odata.etag"], "keys that the metadata does not know"
    assert seen["extra"] == ["@odata.context", "@odata.etag"]
    assert seen["found"] == ["k-1"]
    assert seen["changed"] == "Changed"
    assert seen["error"] == [400, "ErrorInvalidIdMalformed"]
    assert seen["recurrence"] == [5, "first"]
    assert seen["instances"] == [5, "occurrence", "exception"]
    assert seen["delta"] == [6, [{"reason": "deleted"}]]
    assert seen["renewed"] is True
    assert seen["subscriptions"] == 1
    graph: Any = desk.world.services["graph"]
    assert graph.idle(10)
    assert [(item["changeType"], item["clientState"]) for item in hook.items] == [("created", "sdk-state")]
    assert [mail["kind"] for mail in desk.world.outbox.mails(PARIS)] == ["invitation", "update", "cancellation"]


@pytest.fixture(scope="module")
def node_client() -> Path:
    folder = HERE / "javascript"
    if not (folder / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, capture_output=True)
    return folder / "story.js"


def test_microsofts_javascript_client_drives_events_series_delta_batches_and_subscriptions(
    desk: Desk, token: str, hook: Hook, node_client: Path
) -> None:
    trusting = {**os.environ, "GRAPH_TOKEN": token, "NODE_EXTRA_CA_CERTS": str(desk.world.ca_file)}
    command = ["node", str(node_client), desk.world.base, hook.url]
    run = subprocess.run(command, env=trusting, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "zone": "Tokyo Standard Time",
        "subjects": ["At 10", "At 11", "At 12"],
        "delta": ["Changed"],
        "batch": {"1": 200, "2": 200, "3": 400},
        "series": ["seriesMaster", ["occurrence", "exception", "occurrence"]],
        "renewed": True,
        "subscriptions": 1,
        "left": 0,
        "error": [400, "RequestBodyRead", "string"],
    }
    graph: Any = desk.world.services["graph"]
    assert graph.idle(10)
    assert [(item["changeType"], item["clientState"]) for item in hook.items] == [("deleted", "js-state")]


class _OneToken(BaseTokenBackend):
    """A backend for one user whose token somebody else fetched."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token_of_user = token

    has_data = property(lambda self: True)

    def load_token(self) -> bool:
        return True

    def save_token(self, force: bool = False) -> bool:
        return True

    def get_account(self, *, username: str | None = None, home_account_id: str | None = None) -> None:
        return None

    def token_is_long_lived(self, *, username: str | None = None) -> bool:
        return True

    def get_access_token(self, *, username: str | None = None) -> dict[str, Any]:
        return {"secret": self._token_of_user, "expires_on": 4_102_444_800}

    def should_refresh_token(self, con: Any = None, *, username: str | None = None) -> bool:
        return False


@pytest.fixture
def account(desk: Desk, token: str) -> Account:
    protocol_type = type("Local", (MSGraphProtocol,), {"_protocol_url": f"{desk.world.http_base}/graph/"})
    return Account(
        ("foreign", "unused"),
        protocol=protocol_type(timezone="Europe/Warsaw"),
        token_backend=_OneToken(token),
        requests_delay=0,
        timeout=10,
        request_retries=0,
        raise_http_errors=True,
    )


def test_o365_makes_reads_changes_and_deletes_an_event(desk: Desk, account: Account) -> None:
    calendar = account.schedule().get_default_calendar()
    event = calendar.new_event(subject="From O365")
    event.start = datetime(2027, 3, 1, 10, tzinfo=ZONE)
    event.end = datetime(2027, 3, 1, 11, tzinfo=ZONE)
    event.body = "<p>Agenda</p>"
    event.location = "Here"
    event.attendees.add(PARIS)
    assert event.save()
    read = calendar.get_event(event.object_id)
    assert (read.subject, read.location["displayName"]) == ("From O365", "Here")
    assert read.start == datetime(2027, 3, 1, 10, tzinfo=ZONE)
    assert "Agenda" in read.body
    read.subject = "Changed"
    assert read.save()
    assert calendar.get_event(event.object_id).subject == "Changed"
    assert [each.subject for each in calendar.get_events(limit=5, include_recurring=False)] == ["Changed"]
    assert read.cancel_event("Sorry")
    assert list(calendar.get_events(limit=5, include_recurring=False)) == []
    assert [mail["kind"] for mail in desk.world.outbox.mails(PARIS)] == ["invitation", "update", "cancellation"]


def test_o365_makes_a_series_and_reads_its_instances(account: Account) -> None:
    calendar = account.schedule().get_default_calendar()
    event = calendar.new_event(subject="Series")
    event.start = datetime(2027, 3, 1, 10, tzinfo=ZONE)
    event.end = datetime(2027, 3, 1, 11, tzinfo=ZONE)
    event.recurrence.set_weekly(
        1, days_of_week=["monday"], first_day_of_week="monday", start=date(2027, 3, 1), end=date(2027, 4, 12)
    )
    assert event.save()
    master = calendar.get_event(event.object_id)
    assert master.recurrence.days_of_week == ["monday"]
    found = list(master.get_occurrences(start=date(2027, 3, 1), end=date(2027, 5, 1), limit=20))
    assert [each.start.astimezone(ZONE).hour for each in found] == [10] * 7


def test_o365_sends_mail_answers_invitations_and_reads_free_and_busy(desk: Desk, account: Account) -> None:
    message = account.mailbox().new_message()
    message.to.add(PARIS)
    message.subject, message.body = "Hello", "<p>Hi</p>"
    assert message.send(save_to_sent_folder=False)
    assert [mail["kind"] for mail in desk.world.outbox.mails(PARIS)] == ["mail"]
    graph: Any = desk.world.services["graph"]
    start = {"dateTime": "2027-03-01T10:00:00", "timeZone": "Europe/Warsaw"}
    end = {"dateTime": "2027-03-01T11:00:00", "timeZone": "Europe/Warsaw"}
    people = [{"type": "required", "emailAddress": {"address": ORGANISER}}]
    graph.client_save(PARIS, {"subject": "Asked", "start": start, "end": end, "attendees": people}, send=True)
    invitation = next(iter(account.schedule().get_default_calendar().get_events(limit=5, include_recurring=False)))
    assert invitation.accept_event("Gladly")
    assert [mail["kind"] for mail in desk.world.outbox.mails(PARIS)] == ["mail", "response"]
    free = account.schedule().get_availability(
        [ORGANISER], datetime(2027, 3, 1, 9, tzinfo=ZONE), datetime(2027, 3, 1, 12, tzinfo=ZONE), 60
    )
    assert len(free) == 1


def test_o365_subscribes_and_hears(desk: Desk, account: Account, hook: Hook) -> None:
    subscriptions = account.subscriptions()
    made = subscriptions.create_subscription(
        hook.url, "me/events", "created,updated", expiration_minutes=600, client_state="o365-state"
    )
    assert made
    calendar = account.schedule().get_default_calendar()
    event = calendar.new_event(subject="Told")
    event.start = datetime(2027, 3, 1, 10, tzinfo=ZONE)
    event.end = event.start + timedelta(hours=1)
    assert event.save()
    graph: Any = desk.world.services["graph"]
    assert graph.idle(10)
    assert [item["clientState"] for item in hook.items] == ["o365-state"]
    assert len(list(subscriptions.list_subscriptions())) == 1
