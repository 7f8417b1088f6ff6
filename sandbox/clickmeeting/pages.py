"""The room pages that people open: they admit, ask or refuse; what the API may do with a room is not known here.

A token in the address admits on GET and is used up by it, whoever fetched it: so does the service, and so link
scanners that open every address in a mail burn tokens.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, Response, render_template_string, request

from sandbox.clickmeeting.account import Conference
from sandbox.clickmeeting.api import Api
from sandbox.clickmeeting.fields import TOKEN_ACCESS

_PASSWORD_ACCESS = 2
_SPEAKING = {"host", "presenter", "moderator", "guest_speaker"}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{ title }}</title>
<style>
  :root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
  body { margin: 0; display: grid; place-items: center; min-height: 100vh; }
  main { max-width: 30rem; width: calc(100% - 3rem); padding: 1.5rem; border: 1px solid #8888; border-radius: .75rem; }
  h1 { font-size: 1.4rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; }
  dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
  label { display: block; margin-top: .75rem; }
  input, button { font: inherit; padding: .5rem; box-sizing: border-box; width: 100%; margin-top: .25rem; }
  button { margin-top: 1rem; cursor: pointer; }
</style>
</head>
<body>
<main data-state="{{ door.state }}" data-role="{{ door.role }}">
  <h1>{{ title }}</h1>
  <p role="status">{{ door.message }}</p>
  {% if room %}
  <dl>
    <dt>When</dt><dd>{{ when }}</dd>
    <dt>State</dt><dd>{{ state }}</dd>
    <dt>Room ID</dt><dd>{{ room.room_pin }}</dd>
    {% if door.role %}
    <dt>You enter as</dt><dd>{{ door.role }}{% if door.name %} ({{ door.name }}){% endif %}</dd>
    {% endif %}
  </dl>
  {% if door.state == "admitted" and room.lobby_enabled and room.lobby_description %}
  <p>{{ room.lobby_description }}</p>
  {% endif %}
  {% endif %}
  {% if door.asks %}
  <form method="post" action="{{ action }}">
    <label>Your name <input name="nickname" required autocomplete="name" maxlength="100"></label>
    {% if room.access_type == 2 %}
    <label>Password <input name="password" type="password" required autocomplete="off"></label>
    {% elif room.access_type == 3 %}
    <label>Token <input name="token" required autocomplete="off" maxlength="6" spellcheck="false"></label>
    {% endif %}
    <button>Enter</button>
  </form>
  {% endif %}
</main>
</body>
</html>
"""


@dataclass(frozen=True)
class Door:
    """What a visitor meets: `state` is admitted, waiting, asked, refused, over or missing."""

    status: int
    state: str
    message: str
    role: str = ""
    name: str = ""

    @property
    def asks(self) -> bool:
        return self.state in ("asked", "refused")


_MISSING = Door(404, "missing", "There is no event at this address.")
_OVER = Door(410, "over", "This event is over.")


def create_pages(api: Api) -> Flask:
    """The application under `/rooms`."""
    app = Flask("sandbox.rooms")

    @app.get("/<address>")
    def look(address: str) -> Response:
        room = api.account.by_address(address)
        return _page(api, room, _closed(api, room) or _look(api, room))

    @app.post("/<address>")
    def enter(address: str) -> Response:
        room = api.account.by_address(address)
        return _page(api, room, _closed(api, room) or _enter(api, room))

    @app.get("/<address>/<token>")
    def enter_by_token(address: str, token: str) -> Response:
        room = api.account.by_address(address)
        return _page(api, room, _closed(api, room) or _enter_by_token(api, room, token, ""))

    @app.errorhandler(404)
    @app.errorhandler(405)
    def nothing(_: Exception) -> Response:
        return _page(api, None, _MISSING)

    return app


def _closed(api: Api, room: Conference | None) -> Door | None:
    if room is None:
        return _MISSING
    return None if room.is_active(api.now()) else _OVER


def _look(api: Api, room: Conference | None) -> Door:
    assert room is not None
    if "l" in request.args:
        return _enter_by_link(api, room, request.args["l"])
    if "r" in request.args:
        person = next((person for person in room.registrations if person.r == request.args["r"]), None)
        if person is None:
            return Door(403, "refused", "This registration is not known.")
        return _admit(api, room, "listener", person.fields.get("1", ""), person.email)
    wanted = {_PASSWORD_ACCESS: " and the password", TOKEN_ACCESS: " and your own token"}.get(room.access_type, "")
    return Door(200, "asked", f"To enter, type your name{wanted}.")


def _enter(api: Api, room: Conference | None) -> Door:
    assert room is not None
    nickname = request.form.get("nickname", "").strip()[:100]
    if not nickname:
        return Door(403, "refused", "Please type your name.")
    if room.access_type == TOKEN_ACCESS:
        return _enter_by_token(api, room, request.form.get("token", ""), nickname)
    if room.access_type == _PASSWORD_ACCESS and request.form.get("password") != room.password:
        return Door(403, "refused", "The password is wrong.")
    return _admit(api, room, "listener", nickname, "")


def _enter_by_token(api: Api, room: Conference | None, text: str, nickname: str) -> Door:
    assert room is not None
    token = room.token(text) if room.access_type == TOKEN_ACCESS else None
    if token is None:
        return Door(403, "refused", "This token is not known here.")
    if token.first_use is not None:
        return Door(403, "refused", "This token was already used.")
    token.first_use = api.now()
    return _admit(api, room, "listener", nickname, token.sent_to_email or "")


def _enter_by_link(api: Api, room: Conference, text: str) -> Door:
    """U26: valid until the room ends, and while the token that it was made for is not withdrawn."""
    entry = api.links.read(text)
    if entry is None or entry.room != room.id:
        return Door(403, "refused", "This personal link is not valid here.")
    if entry.token:
        token = room.token(entry.token)
        if token is None:
            return Door(403, "refused", "The token of this personal link was withdrawn.")
        token.first_use = token.first_use or api.now()
    return _admit(api, room, entry.role, entry.nickname, entry.email)


def _admit(api: Api, room: Conference, role: str, name: str, email: str) -> Door:
    now = api.now()
    room.enter(now, name or "Guest", email, role)
    if room.starts_at is not None and now < room.starts_at and role not in _SPEAKING:
        return Door(200, "admitted", "You are in the waiting room; the event has not begun.", role, name)
    return Door(200, "admitted", "You are in the room.", role, name)


def _page(api: Api, room: Conference | None, door: Door) -> Response:
    title = room.name if room is not None else "ClickMeeting"
    text = render_template_string(
        _PAGE,
        title=title,
        room=room,
        door=door,
        when=_when(room) if room else "",
        state=_state(room, api.now()) if room else "",
        action=f"/rooms/{room.name_url}" if room else "",
    )
    response = Response(text, door.status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _when(room: Conference) -> str:
    if room.starts_at is None or room.ends_at is None:
        return "At any time"
    zone = ZoneInfo(room.timezone)
    start, end = (datetime.fromtimestamp(moment, zone) for moment in (room.starts_at, room.ends_at))
    last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%A %Y-%m-%d %H:%M} to {last} ({room.timezone})"


def _state(room: Conference, now: int) -> str:
    if not room.is_active(now):
        return "Over"
    if room.starts_at is None:
        return "Permanent room"
    return "Planned" if now < room.starts_at else "Running"
