"""Sandbox and server running together for integration tests, with the verbs of a person and of a fault-maker."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from sandbox.people import find_user
from server.demo.client import Organiser, Outside
from server.demo.running import Running

ORGANISER = "organiser@contoso.example"
ZONE = "Central European Standard Time"


@dataclass
class Stage:
    """A running product. `api` answers raw responses, so that refusals can be looked at."""

    running: Running
    outside: Outside = field(init=False)

    def __post_init__(self) -> None:
        self.outside = Outside(self.running.description)

    @property
    def base(self) -> str:
        return str(self.running.description["base"])

    def token(self, upn: str = ORGANISER, **wrong: Any) -> str:
        """A token for our API; keywords make it a wrong one (see the sandbox's Entra)."""
        entra: Any = self.running.desk.world.services["entra"]
        return str(entra.issue(upn, **wrong))

    def api(self, method: str, path: str, *, token: str | None = None, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token() if token is None else token}"} | more.pop("headers", {})
        ca_file = self.running.description["ca_file"]
        return requests.request(method, f"{self.base}{path}", headers=headers, verify=ca_file, timeout=90, **more)

    def schedule(self, wish: dict[str, Any], *, key: str | None = None, token: str | None = None) -> requests.Response:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self.api("POST", "/api/v1/meetings", json=wish, headers=headers, token=token)

    def organiser(self, upn: str = ORGANISER) -> Organiser:
        settings = self.running.settings
        return Organiser(self.outside, upn, f"{settings.application_uri}/{settings.api_scope}", settings.add_in_id)

    def faults(self, *rules: dict[str, Any], **switches: Any) -> None:
        wanted: dict[str, Any] = {"clear": True, "faults": list(rules)}
        if switches:
            wanted["switches"] = {name.replace("__", "."): value for name, value in switches.items()}
        self.outside.call("POST", f"{self.running.description['control']}/faults", json=wanted)

    def graph_control(self, verb: str, **body: Any) -> Any:
        """One of the sandbox's verbs for Graph (docs/sandbox-graph.md)."""
        return self.outside.call("POST", f"{self.running.description['control']}/graph/{verb}", json=body)

    def figure(self, name: str, **labels: str) -> float:
        """One of the server's figures; 0 where it was never counted."""
        wanted = name + ("{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}" if labels else "")
        lines = self.api("GET", "/metrics").text.splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(wanted + " ")), 0.0)

    def reset(self) -> None:
        """No rooms, no mail, no faults; calendars, subscriptions and what the product remembers stay, as in life."""
        self.outside.call("POST", f"{self.running.description['control']}/reset", json={"services": ["clickmeeting"]})

    def settled(self) -> None:
        """No notification is on its way, nothing is due and nobody at work."""
        graph: Any = self.running.desk.world.services["graph"]

        def quiet() -> bool:
            figures = self.api("GET", "/metrics").text.splitlines()
            waiting = [
                line for line in figures if line.startswith(("clickmeeting_addin_due ", "clickmeeting_addin_at_work "))
            ]
            return graph.idle(0) and [float(line.split()[1]) for line in waiting] == [0, 0]

        self.outside.until("everything is quiet", quiet)

    def rooms(self) -> list[dict[str, Any]]:
        return self.outside.rooms()

    def mails(self, mailbox: str, kind: str | None = None) -> list[dict[str, Any]]:
        return [mail for mail in self.outside.mails(mailbox) if kind in (None, mail["kind"])]


def a_wish(**fields: Any) -> dict[str, Any]:
    """A meeting a week from now that nobody else uses the time of."""
    start = (datetime.now(UTC) + timedelta(days=7)).replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)
    wish: dict[str, Any] = {
        "title": "Quarterly review",
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
        "time_zone": ZONE,
    }
    return wish | fields


def an_event(wish: dict[str, Any]) -> dict[str, Any]:
    """The Outlook item that belongs to a wish, as Graph takes it."""
    people = [
        {"type": one.get("type", "required"), "emailAddress": {"address": one["address"], "name": one.get("name", "")}}
        for one in wish.get("participants", [])
    ]
    return {
        "subject": wish["title"],
        "attendees": people,
        "start": {"dateTime": wish["start"], "timeZone": wish["time_zone"]},
        "end": {"dateTime": wish["end"], "timeZone": wish["time_zone"]},
        **({"recurrence": wish["recurrence"]["graph"]} if wish.get("recurrence") else {}),
    }


def user_id(upn: str) -> str:
    found = find_user(upn)
    assert found is not None
    return found[1].id
