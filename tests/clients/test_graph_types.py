"""Answers and notifications of the Graph stand-in are what Microsoft's own type declarations say they are."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.desk import Desk, Options
from sandbox.graph.subscriptions import Subscription, notification, show_subscription
from sandbox.people import FOREIGN
from server.settings import make
from server.setup import registration
from server.store.seal import new_key

FOLDER = Path(__file__).parent / "graph" / "types"
ORGANISER, PARIS = "organiser@contoso.example", "paris@contoso.example"
SCOPES = ("Calendars.ReadWrite", "Mail.Send", "Mail.ReadWrite", "User.Read", "MailboxSettings.Read", "Place.Read.All")
WINDOW = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-05-01T00:00:00Z"
EVENT: dict[str, Any] = {
    "subject": "Series",
    "body": {"contentType": "html", "content": "<p>Agenda</p>"},
    "start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "Europe/Warsaw"},
    "end": {"dateTime": "2027-03-01T11:00:00", "timeZone": "Europe/Warsaw"},
    "location": {"displayName": "Here"},
    "attendees": [{"type": "required", "emailAddress": {"address": PARIS}}],
    "isOnlineMeeting": True,
    "recurrence": {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
        "range": {"type": "numbered", "startDate": "2027-03-01", "numberOfOccurrences": 4},
    },
}


@pytest.fixture(scope="module")
def compiler() -> Path:
    if not (FOLDER / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, capture_output=True)
    return FOLDER / "node_modules" / ".bin" / "tsc"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk(Options()) as found:
        yield found


def plain(value: Any) -> Any:
    """Without annotations: the declarations leave `@odata...` out."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if "@" not in key}
    return [plain(item) for item in value] if isinstance(value, list) else value


def told(desk: Desk) -> dict[str, Any]:
    """A notification and a subscription as they would leave."""
    graph: Any = desk.world.services["graph"]
    mailbox = graph.store.mailbox(ORGANISER)
    expires = (desk.world.clock.now() + timedelta(hours=1)).isoformat()
    made = Subscription(
        id="s",
        app_id="a",
        tenant=mailbox.tenant.id,
        creator=mailbox.id,
        delegated=True,
        mailbox=mailbox.id,
        calendar="",
        resource="me/events",
        change_types=["created"],
        url="https://localhost/",
        lifecycle_url=None,
        client_state="c",
        expires=expires,
        immutable=False,
        include_data=False,
        select=[],
        certificate=None,
        certificate_id=None,
        tls_version="v1_2",
    )
    entry = graph._find(mailbox, graph.client_events(ORGANISER, *window())[0]["id"])
    return {
        "ChangeNotification": notification(made, mailbox, "created", entry),
        "Subscription": show_subscription(made),
    }


def window() -> tuple[Any, Any]:
    return datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC)


def answers(desk: Desk) -> dict[str, list[Any]]:
    """By the name of the declared type, what the stand-in answered."""
    entra: Any = desk.world.services["entra"]
    token = entra.issue(ORGANISER, client=FOREIGN, audience=f"{desk.world.base}/graph", scopes=SCOPES)

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method, f"{desk.world.http_base}/graph/v1.0{path}", json=body, timeout=30,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    made = call("POST", "/me/events", EVENT)
    second = call("GET", f"/me/events/{made['id']}/instances?{WINDOW}")["value"][1]
    moved = call("PATCH", f"/me/events/{second['id']}", {"subject": "Own"})
    master = call("GET", f"/me/events/{made['id']}?$expand=exceptionOccurrences")
    call(
        "POST",
        "/me/sendMail",
        {"message": {"subject": "x", "toRecipients": [{"emailAddress": {"address": ORGANISER}}]}},
    )
    busy = {
        "schedules": [ORGANISER, "nobody@contoso.example"],
        "startTime": EVENT["start"],
        "endTime": EVENT["end"],
    }
    found = {
        "Event": [made, second, moved, master, *call("GET", f"/me/calendarView?{WINDOW}")["value"]],
        "Calendar": call("GET", "/me/calendars")["value"],
        "User": [call("GET", "/me")],
        "MailboxSettings": [call("GET", "/me/mailboxSettings")],
        "TimeZoneInformation": call("GET", "/me/outlook/supportedTimeZones")["value"][:3],
        "Message": [
            {key: value for key, value in each.items() if key != "meetingMessageType"}
            for each in call("GET", "/me/messages")["value"]
        ],
        "ScheduleInformation": call("POST", "/me/calendar/getSchedule", busy)["value"],
        "Room": call("GET", "/places/microsoft.graph.room")["value"],
    }
    return found | {name: [value] for name, value in told(desk).items()}


def compile_with(compiler: Path, folder: Path, values: dict[str, list[Any]]) -> str:
    """What the compiler says of these values, nothing where all fit."""
    lines = [f"import type {{ {', '.join(values)} }} from '@microsoft/microsoft-graph-types';"]
    lines += [
        f"export const value{number}: {name} = {json.dumps(plain(each), indent=1)};"
        for name, several in values.items()
        for number, each in enumerate(several, sum(map(ord, name)) * 1000)
    ]
    source = folder / "answers.ts"
    source.write_text("\n".join(lines), "utf-8")
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    run = subprocess.run(
        [str(compiler), "--noEmit", "--strict", "--target", "es2022", "--moduleResolution", "bundler", "--module",
         "esnext", str(source)], capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return run.stdout


def test_every_answer_has_the_declared_names_types_and_values(desk: Desk, compiler: Path, tmp_path: Path) -> None:
    assert compile_with(compiler, tmp_path, answers(desk)) == ""


def test_the_app_registration_that_init_writes_is_one(compiler: Path, tmp_path: Path) -> None:
    settings = make(
        {
            "public_url": "https://addin.contoso.example",
            "encryption_keys": new_key("a"),
            "clickmeeting_api_key": "k",
            "client_id": "6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0",
            "client_secret": "s",
            "tenants": ("7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01",),
        },
        environment=False,
    )
    bodies = [registration.creation(settings), registration.completion(settings)]
    assert compile_with(compiler, tmp_path, {"Application": bodies}) == ""


def test_the_declarations_find_what_is_wrong(compiler: Path, tmp_path: Path) -> None:
    wrong = [{"subjekt": "x"}, {"isAllDay": "no"}, {"type": "SeriesMaster"}]
    assert compile_with(compiler, tmp_path, {"Event": wrong}).count("error TS") == len(wrong)
