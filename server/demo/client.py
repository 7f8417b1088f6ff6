"""Plays the people: the pane through the product's API, Outlook through Graph, and looks into the sandbox."""

import base64
import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests

_PATIENCE_S = 30.0
_PAUSE_S = 0.05
T = TypeVar("T")


class NotSo(Exception):
    """Something that the story tells did not come true."""


class Outside:
    """The sandbox's addresses with its authority trusted; every answer is checked."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description
        self.session = requests.Session()
        self._verify = description["ca_file"]
        self.tenant = description["tenants"][0]

    def call(self, method: str, url: str, **more: Any) -> Any:
        """JSON of a 2xx answer; NotSo with the problem's own sentence otherwise."""
        answer = self.session.request(method, url, timeout=60, verify=self._verify, **more)
        if not answer.ok:
            raise NotSo(f"{method} {url.split('?')[0]} answered {answer.status_code}: {_sentence(answer)}")
        return answer.json() if answer.content else None

    def person(self, upn: str) -> dict[str, Any]:
        return next(user for tenant in self.description["tenants"] for user in tenant["users"] if user["upn"] == upn)

    def sign_in(self, upn: str, scope: str) -> str:
        """A token for the add-in's own API: authorization code with PKCE, as a browser would do it."""
        entra, client = f"{self.description['base']}/entra/{self.tenant['id']}/oauth2/v2.0", self.tenant["clients"][0]
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        back = f"{self.description['base']}/taskpane/signed-in.html"
        asked = {
            "client_id": client["id"], "response_type": "code", "redirect_uri": back, "scope": f"openid {scope}",
            "login_hint": upn, "prompt": "none", "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        }  # fmt: skip
        answer = self.session.get(
            f"{entra}/authorize", params=asked, verify=self._verify, timeout=60, allow_redirects=False
        )
        given = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
        if "code" not in given:
            raise NotSo(f"Signing in as {upn} gave no code: {given.get('error_description', [answer.status_code])[0]}")
        return self._token(entra, client, {
            "grant_type": "authorization_code", "code": given["code"][0], "redirect_uri": back,
            "code_verifier": verifier, "scope": scope,
        })  # fmt: skip

    def sign_in_to_outlook(self, upn: str, scope: str) -> str:
        """A Graph token as a foreign client gets it; the password grant exists in the sandbox only."""
        entra, client = f"{self.description['base']}/entra/{self.tenant['id']}/oauth2/v2.0", self.tenant["clients"][1]
        known = {"username": upn, "password": self.person(upn)["password"]}
        return self._token(entra, client, {"grant_type": "password", "scope": scope} | known)

    def _token(self, entra: str, client: dict[str, Any], form: dict[str, str]) -> str:
        registered = {"client_id": client["id"], "client_secret": client["secret"]}
        return str(self.call("POST", f"{entra}/token", data=form | registered)["access_token"])

    def rooms(self) -> list[dict[str, Any]]:
        return list(self.call("GET", f"{self.description['control']}/rooms"))

    def room(self, room_id: int) -> dict[str, Any]:
        """The room as ClickMeeting holds it, by the room ID that people see."""
        found = [room for room in self.rooms() if room["room_pin"] == room_id]
        if len(found) != 1:
            raise NotSo(f"ClickMeeting holds {len(found)} rooms with the ID {room_id}, expected exactly one.")
        return found[0]

    def mails(self, mailbox: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"{self.description['control']}/outbox", params={"mailbox": mailbox}))

    def counts(self) -> dict[str, int]:
        return dict(self.call("GET", f"{self.description['control']}/counts"))

    def until(self, what: str, look: Callable[[], T | None]) -> T:
        """Look until there is something to see; NotSo when it does not come."""
        end = time.monotonic() + _PATIENCE_S
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > end:
                raise NotSo(f"Waited {_PATIENCE_S:.0f} seconds in vain: {what}.")
            time.sleep(_PAUSE_S)  # the only way to see another process's state is to look again


class Organiser:
    """One person with the pane open in Outlook."""

    def __init__(self, outside: Outside, upn: str, api_scope: str, add_in_id: str) -> None:
        self.outside = outside
        self.upn = upn
        self._api = f"{outside.description['base']}/api/v1"
        self._graph = outside.description["graph"]["url"]
        self._property = f"String {{00020329-0000-0000-C000-000000000046}} Name cecp-{add_in_id}"
        self._api_header = {"Authorization": f"Bearer {outside.sign_in(upn, api_scope)}"}
        wanted = ("Calendars.ReadWrite", "Calendars.ReadWrite.Shared", "Mail.Read")
        graph_scope = " ".join(f"https://graph.microsoft.com/{name}" for name in wanted)
        self._graph_header = {"Authorization": f"Bearer {outside.sign_in_to_outlook(upn, graph_scope)}"}

    def api(self, method: str, path: str, **more: Any) -> Any:
        headers = self._api_header | more.pop("headers", {})
        return self.outside.call(method, self._api + path, headers=headers, **more)

    def graph(self, method: str, path: str, **more: Any) -> Any:
        headers = self._graph_header | more.pop("headers", {})
        return self.outside.call(method, self._graph + path, headers=headers, **more)

    def schedule(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Press the button in the pane."""
        return dict(self.api("POST", "/meetings", json=wish, headers={"Idempotency-Key": uuid.uuid4().hex}))

    def meeting(self, meeting_id: str) -> dict[str, Any]:
        return dict(self.api("GET", f"/meetings/{meeting_id}"))

    def send(
        self, meeting: dict[str, Any], event: dict[str, Any], words: str, *, mailbox: str | None = None
    ) -> dict[str, Any]:
        """Write the invitation into the open appointment, as the pane does, and send it, as Outlook does.

        A delegate sends it in the calendar of `mailbox`.
        """
        wanted = {"op": "put", "content_type": "html", "body": words}
        body = self.api("POST", f"/meetings/{meeting['id']}/body", json=wanted)["body"]
        whole = event | {
            "body": {"contentType": "html", "content": body},
            "location": {"displayName": meeting["invitation"]["location"]},
            "singleValueExtendedProperties": [
                {"id": self._property, "value": _as_properties(meeting["pane_properties"])},
            ],
        }
        return dict(self.graph("POST", f"/users/{mailbox}/events" if mailbox else "/me/events", json=whole))

    def change(self, event_id: str, change: dict[str, Any]) -> dict[str, Any]:
        """Drag or edit the appointment in Outlook."""
        return dict(self.graph("PATCH", f"/me/events/{event_id}", json=change))

    def body(self, event_id: str) -> str:
        """The appointment's text as everybody reads it."""
        return str(self.graph("GET", f"/me/events/{event_id}", params={"$select": "body"})["body"]["content"])

    def dates(self, event_id: str, start: datetime) -> list[dict[str, Any]]:
        """The first four weeks of a series; the window is in UTC, so it begins a day early and ends a day late."""
        window = {
            "startDateTime": f"{start - timedelta(days=1):%Y-%m-%dT00:00:00Z}",
            "endDateTime": f"{start + timedelta(days=27):%Y-%m-%dT00:00:00Z}",
        }
        return list(self.graph("GET", f"/me/events/{event_id}/instances", params=window)["value"])


def _as_properties(values: dict[str, str]) -> str:
    """Custom properties of an item are one JSON object in one property."""
    return json.dumps(values)


def _sentence(answer: requests.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:200]
    if "detail" in problem:
        return str(problem["detail"])
    return str(problem.get("error_description") or problem.get("error", problem))[:300]
