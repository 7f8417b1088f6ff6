"""The pages behind our own links: into a room, into a room with an own token, and the list of numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from addin.delivering import own_token
from addin.errors import AddinError, Missing
from addin.invitation.dialin import written
from addin.links import Links
from addin.messages import direction, messages, preferred
from addin.model import AccessType, Meeting, MeetingState, Room
from addin.scheduling import Doors

_FOLDER = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self' https:; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class _Number:
    country: str
    location: str
    e164: str
    display: str


def join_blueprint(doors: Doors, links: Links) -> Blueprint:
    """`/j/<reference>`, `/j/<reference>/<person>/<signature>` and `/numbers`. A GET changes nothing (principle 4)."""
    pages = Blueprint("join", __name__, template_folder="templates")

    @pages.get("/j/page.css")
    def style() -> Response:
        return send_from_directory(_FOLDER, "page.css", max_age=86400)

    @pages.get("/j/<reference>")
    def join(reference: str) -> ResponseReturnValue:
        found = _open(doors, reference)
        if found is None:
            return _page("over", 404, "over_hint")
        return _secured(redirect(found[1].url, 302))

    @pages.get("/j/<reference>/<person>/<signature>")
    def personal(reference: str, person: str, signature: str) -> ResponseReturnValue:
        found = _personal(doors, links, reference, person, signature)
        if isinstance(found, tuple):
            return _page(*found)
        texts = messages("pages", _language(found.choices.language))
        lines = [texts["press"]] if found.choices.access is AccessType.TOKEN else []
        return _render(
            texts["title"].format(name=found.title),
            lines,
            language=_language(found.choices.language),
            button=texts["button"],
            note=texts["once"] if lines else "",
        )

    @pages.post("/j/<reference>/<person>/<signature>")
    def enter(reference: str, person: str, signature: str) -> ResponseReturnValue:
        found = _personal(doors, links, reference, person, signature)
        if isinstance(found, tuple):
            return _page(*found)
        return _entered(found, links.person(reference, person, signature), doors)

    @pages.get("/numbers")
    def numbers() -> ResponseReturnValue:
        texts = messages("pages", _language())
        rows = [_Number(one.country, one.location, one.e164, written(one.e164)) for one in doors.numbers()]
        columns = [texts["country"], texts["city"], texts["number"]]
        return _render(texts["numbers"], [texts["numbers_hint"]], numbers=rows, columns=columns)

    return pages


def _open(doors: Doors, reference: str) -> tuple[Meeting, Room] | None:
    try:
        meeting = doors.store.meeting(reference)
    except Missing:
        return None
    if meeting.room is None or meeting.state in (MeetingState.ENDED, MeetingState.GONE):
        return None
    return meeting, meeting.room


def _personal(
    doors: Doors, links: Links, reference: str, person: str, signature: str
) -> Meeting | tuple[str, int, str]:
    """The meeting, or the page to show instead."""
    try:
        links.person(reference, person, signature)
    except Missing:
        return ("wrong", 404, "wrong_hint")
    found = _open(doors, reference)
    return found[0] if found is not None else ("over", 404, "over_hint")


def _entered(found: Meeting, address: str, doors: Doors) -> Response:
    """The way in for this person, or the page that says why there is none."""
    room = found.room
    if room is None:
        return _page("over", 404, "over_hint")
    if found.choices.access is not AccessType.TOKEN:
        return _secured(redirect(room.url, 303))
    try:
        token = _token(found, address, doors)
    except AddinError:
        return _page("later", 503, "later_hint")
    if token is None:
        return _page("no_token", 410, "no_token_hint")
    return _secured(redirect(f"{room.url.rstrip('/')}/{token}", 303))


def _token(meeting: Meeting, address: str, doors: Doors) -> str | None:
    """This person's token; one that is not there yet is made by this press (`addin.delivering.own_token`)."""
    held = next((one.token for one in meeting.invitees if one.address == address and one.token), None)
    if held is not None:
        return held
    with doors.store.exclusive(f"meeting:{meeting.id}"):
        return own_token(doors.store.meeting(meeting.id), address, doors)[1]


def _language(otherwise: str = "en") -> str:
    """The reader's own language, else that of the invitation."""
    return preferred(request.accept_languages.values(), otherwise)


def _page(heading: str, status: int, hint: str) -> Response:
    texts = messages("pages", _language())
    return _render(texts[heading], [texts[hint]], status=status)


def _render(heading: str, lines: list[str], *, status: int = 200, language: str | None = None, **more: Any) -> Response:
    spoken = language or _language()
    shown = {"heading": heading, "lines": lines, "language": spoken, "direction": direction(spoken)}
    text = render_template("page.html", **shown, **more)
    return _secured(Response(text, status=status, content_type="text/html; charset=utf-8"))


def _secured(answer: BaseResponse) -> Response:
    answer.headers.update(_HEADERS)
    return Response(answer.get_data(), answer.status_code, answer.headers)
