"""The API's calls about people: tokens, personal entry links, invitations, registration; rooms are in `api`."""

import html
import re
import secrets
from typing import Any

from flask import Flask, Response

from sandbox.clickmeeting import reference
from sandbox.clickmeeting.account import Conference, Registration, Token, new_number
from sandbox.clickmeeting.answers import Refusal, invalid, not_found
from sandbox.clickmeeting.api import Api, reply
from sandbox.clickmeeting.fields import TOKEN_ACCESS, boolean, choice, nested, plan_allows, text
from sandbox.clickmeeting.links import Entry
from sandbox.clickmeeting.parameters import Parameters
from sandbox.clickmeeting.shapes import iso
from sandbox.world import Mail

_PASSWORD_ACCESS = 2
_MOST_TOKENS = 1_000
_ROLES = ("listener", "presenter", "host", "moderator", "guest_speaker")
_LANGUAGES = ("en", "pl", "de", "es", "fr", "pt", "ru", "us")
_ADDRESS = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\".]+")
_FIELD_LABELS = {"1": "First Name", "2": "Last Name", "3": "Email Address"}


def add_admission(app: Flask, api: Api) -> None:
    """Put the calls onto the API's application."""
    _add_token_calls(app, api)
    _add_entry_calls(app, api)
    _add_registration_calls(app, api)


def token_room(api: Api, room_id: int) -> Conference:
    """U14: a room whose access type is token, else 422."""
    room = api.room(room_id)
    if room.access_type != TOKEN_ACCESS:
        raise invalid("access_type", "This event is not protected by tokens.")
    return room


def _add_token_calls(app: Flask, api: Api) -> None:
    @app.post("/v1/conferences/<int:room_id>/tokens")
    def generate(room_id: int) -> Response:
        room = token_room(api, room_id)
        how_many = api.parameters({"how_many"}).get("how_many", "")
        if not str(how_many).isdigit() or not 1 <= int(how_many) <= _MOST_TOKENS:
            raise invalid("how_many", f"how_many must be from 1 to {_MOST_TOKENS}.")
        plan_allows(api.world.faults, "tokens")
        return _token_list(api, room, _issue(api, room, int(how_many)))

    @app.get("/v1/conferences/<int:room_id>/tokens")
    def tokens(room_id: int) -> Response:
        room = token_room(api, room_id)
        return _token_list(api, room, room.tokens)

    @app.delete("/v1/conferences/<int:room_id>/tokens")
    def withdraw(room_id: int) -> Response:
        room = token_room(api, room_id)
        unwanted = {str(value).upper() for value in nested(api.parameters({"tokens"}), "tokens").values()}
        if not unwanted:
            raise invalid("tokens", "The parameter tokens is required.")
        kept = [token for token in room.tokens if token.token not in unwanted]
        if len(kept) == len(room.tokens):
            raise not_found()
        removed = len(room.tokens) - len(kept)
        room.tokens[:] = kept
        return reply({"status": "OK", "message": f"{removed} tokens removed"})

    @app.post("/v1/conferences/<int:room_id>/token")
    def token_of(room_id: int) -> Response:
        room = token_room(api, room_id)
        email = _address(api.parameters({"email"}), "email")
        found = next((token.token for token in reversed(room.tokens) if token.sent_to_email == email), None)
        if found is None:
            raise not_found()
        shapes: dict[str, Any] = {"list": [found], "object": {"token": found}, "string": found}
        return reply(shapes[api.switch("token_answer")])


def _token_list(api: Api, room: Conference, tokens: list[Token]) -> Response:
    return reply({"access_tokens": [api.shapes.token(token, room) for token in tokens]})


def _issue(api: Api, room: Conference, how_many: int) -> list[Token]:
    made = api.account.new_tokens(room, how_many)
    for token in made:
        api.world.secrets.add(token.token)
    return made


def _address(parameters: Parameters, name: str, shown: str | None = None) -> str:
    value = parameters.get(name, "")
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value.strip()):
        raise invalid(shown or name, "This is not a valid e-mail address.")
    return value.strip().lower()


def _add_entry_calls(app: Flask, api: Api) -> None:
    @app.post("/v1/conferences/<int:room_id>/room/autologin_hash")
    def autologin(room_id: int) -> Response:
        room = api.room(room_id)
        parameters = api.parameters({"email", "nickname", "role", "password", "token"})
        for name in ("email", "nickname", "role"):
            if not parameters.get(name):
                raise invalid(name, f"The parameter {name} is required.")
        entry = Entry(
            room.id,
            choice(parameters, "role", _ROLES),
            text(parameters, "nickname", shortest=1),
            _address(parameters, "email"),
            api.now(),
            _admission(room, parameters),
        )
        return reply({"autologin_hash": api.world.secrets.add(api.links.make(entry))})

    @app.post("/v1/conferences/<int:room_id>/invitation/email/<language>")
    def invite(room_id: int, language: str) -> Response:
        room = api.room(room_id)
        parameters = api.parameters({"attendees", "template", "role"})
        if language not in _LANGUAGES:
            raise invalid("lang", "This language is not supported.")
        template = choice({"template": "basic"} | parameters, "template", ("basic", "advanced"))
        role = choice({"role": "listener"} | parameters, "role", ("listener", "presenter"))
        attendees = nested(parameters, "attendees")
        if not attendees:
            raise invalid("attendees", "The parameter attendees is required.")
        addresses = [
            _address(item if isinstance(item, dict) else {}, "email", f"attendees[{index}][email]")
            for index, item in attendees.items()
        ]
        for address in dict.fromkeys(addresses):
            _invite(api, room, address, {"role": role, "template": template, "lang": language})
        return reply({"status": "OK"})


def _admission(room: Conference, parameters: Parameters) -> str:
    """The token that the entry is for; 422 where password or token do not open the room."""
    if room.access_type == _PASSWORD_ACCESS and parameters.get("password") != room.password:
        raise invalid("password", "The password is missing or wrong.")
    if room.access_type != TOKEN_ACCESS:
        return ""
    token = room.token(str(parameters.get("token", "")))
    if token is None or token.first_use is not None:
        raise invalid("token", "The token is missing, unknown or used.")
    return token.token


def _invite(api: Api, room: Conference, address: str, details: dict[str, Any]) -> None:
    """U15, U18: an own unused token in a token room (R2), the numbers when the gateway is on (R22)."""
    link = api.shapes.room_url(room)
    details |= {"room_url": link, "token": None, "numbers": [], "listener_pin": None}
    if room.access_type == TOKEN_ACCESS:
        unused = (token for token in room.tokens if token.sent_to_email == address and token.first_use is None)
        token = next(unused, None) or _issue(api, room, 1)[0]
        token.sent_to_email = address
        details["token"] = token.token
        link = f"{link}/{token.token}"
    if room.settings["phonegateway_enabled"]:
        details |= {"numbers": reference.phone_gateways(), "listener_pin": room.phone_listener_pin}
    when = "at any time" if room.starts_at is None else iso(room.starts_at, room.timezone)
    lines = [f"You are invited to {room.name}.", f"When: {when}", f"Enter: {link}"]
    if details["numbers"]:
        lines.append(f"By phone: PIN {room.phone_listener_pin}")
        lines += [f"  {number['location']}: {number['value']}" for number in details["numbers"]]
    api.world.outbox.add(
        Mail(
            mailbox=address,
            source="clickmeeting",
            kind="invitation",
            sender="noreply@clickmeeting.example",
            subject=f"Invitation: {room.name}",
            html="".join(f"<p>{html.escape(line)}</p>" for line in lines),
            text="\n".join(lines),
            details=details,
        )
    )


def _add_registration_calls(app: Flask, api: Api) -> None:
    @app.post("/v1/conferences/<int:room_id>/registration")
    def register(room_id: int) -> Response:
        room = api.room(room_id)
        parameters = api.parameters({"registration", "confirmation_email"})
        fields = nested(parameters, "registration")
        if not room.registration_enabled:
            raise invalid("registration", "Registration is not enabled for this event.")
        for key in ("1", "2"):
            text({key: ""} | fields, key, shortest=1)
        email = _address(fields, "3", "registration[3]")
        confirmation = nested(parameters, "confirmation_email")
        wanted = "enabled" in confirmation and boolean(confirmation, "enabled", "confirmation_email[enabled]")
        known = next((person for person in room.registrations if person.email == email), None)
        person = known or Registration(
            new_number(), {key: str(value) for key, value in fields.items()}, email, secrets.token_hex(16), api.now()
        )
        if known is None:
            api.world.secrets.add(person.r)
            room.registrations.append(person)
        if wanted:
            _confirm(api, room, person)
        return reply(
            {"status": "OK", "exist": int(known is not None), "url": _own_url(api, room, person), "r": person.r}
        )

    @app.get("/v1/conferences/<int:room_id>/registrations/<status>")
    def registrations(room_id: int, status: str) -> Response:
        if status not in ("all", "active"):
            raise Refusal(422, [("status", "The status must be all or active.")])
        room = api.room(room_id)
        return reply([registration_shape(api, room, person) for person in room.registrations])


def _own_url(api: Api, room: Conference, person: Registration) -> str:
    return f"{api.world.base}/rooms/{room.room_pin}?r={person.r}"


def registration_shape(api: Api, room: Conference, person: Registration) -> dict[str, Any]:
    """A registrant as lists show them; `registration_confirmed` is the text "null" until it is confirmed."""
    return {
        "id": person.id,
        "visitor_nickname": f"{person.fields.get('1', '')} {person.fields.get('2', '')}".strip(),
        "email": person.email,
        "registration_date": iso(person.registered, room.timezone),
        "registration_confirmed": "null",
        "session_id": person.session_id,
        "fields": {_FIELD_LABELS.get(key, f"Field {key}"): value for key, value in person.fields.items()},
        "url": _own_url(api, room, person),
        "r": person.r,
        "http_referer": "",
        "geo": None,
    }


def _confirm(api: Api, room: Conference, person: Registration) -> None:
    link = _own_url(api, room, person)
    api.world.outbox.add(
        Mail(
            mailbox=person.email,
            source="clickmeeting",
            kind="registration",
            sender="noreply@clickmeeting.example",
            subject=f"Registration: {room.name}",
            html=f"<p>You are registered for {html.escape(room.name)}.</p><p>{html.escape(link)}</p>",
            text=f"You are registered for {room.name}.\n{link}",
            details={"room_url": api.shapes.room_url(room)},
        )
    )
