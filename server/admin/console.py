"""What every page of the console is handed: who administers, the doors, and how a page is made; it has no page."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from addin.errors import Missing
from addin.messages import known
from addin.model import Meeting, Room
from addin.ports import Clock
from addin.scheduling import Doors
from server.accounts import Proof
from server.admin.signin import Admin, AdminSignIn
from server.ops.figures import Figures
from server.settings import Settings
from server.store import SqlStore
from server.store.accounts import Account
from server.store.audit import Act
from server.tenancy import Tenants

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "fr")
COOKIE = "__Host-clickmeeting-console"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Console:
    """The composition that the console works with. `check_key` asks ClickMeeting whether a key is good, `prove_key`
    whether it opens rooms of the account; both raise what the door raises."""

    settings: Settings
    doors: Doors
    storage: SqlStore
    tenancy: Tenants
    sign_in: AdminSignIn
    figures: Figures
    check_key: Callable[[str, str], None]
    prove_key: Callable[[str, Account, str, Sequence[Room]], Proof]
    clock: Clock

    def act(self, action: str, subject: str = "", detail: str = "") -> Act:
        """An entry for the audit log, of the administrator who asks."""
        admin = present()
        return Act(admin.tenant_id, admin.user_id, action, subject, detail)

    def meeting(self, meeting_id: str) -> Meeting:
        """One of the administrator's tenant; another tenant's looks like one that does not exist."""
        meeting = self.storage.meeting(meeting_id)
        if meeting.owner.tenant_id != present().tenant_id:
            raise Missing("There is no such meeting.")
        return meeting


def present() -> Admin:
    """The administrator of this request; pages are reached only with one."""
    admin: Admin = g.admin
    return admin


def language() -> str:
    """The first of the reader's languages, most wanted first, that the console speaks; `fr-CH` is French."""
    wanted = (known(tag) for tag in request.accept_languages.values())
    return next((tag for tag in wanted if tag in LANGUAGES), "en")


@cache
def catalogue(tag: str) -> dict[str, str]:
    """Every sentence of the console in one language."""
    found: dict[str, str] = json.loads((FOLDER / "messages" / f"{tag}.json").read_text("utf-8"))
    return found


def say(key: str, **places: Any) -> str:
    """One whole message in the reader's language."""
    return catalogue(language())[key].format(**places)


def say_if(key: str, otherwise: str) -> str:
    """The message where there is one, else the word itself."""
    return catalogue(language()).get(key, otherwise)


def worded(text: str) -> str:
    """Words of the program within a short text, such as `open, token`, as the reader calls them."""
    words = catalogue(language())
    truths = {"true": words["yes"], "false": words["no"]}
    return ", ".join(truths.get(word) or words.get(f"value.{word}", word) for word in text.split(", "))


def told(moment: Any, *, zone: str = "UTC") -> str:
    """An instant for the reader, with its zone."""
    if moment is None:
        return "–"
    shown = moment.astimezone(ZoneInfo(zone))
    tag = {"en": "en_GB", "fr": "fr_FR"}[language()]
    return f"{format_datetime(shown, 'medium', locale=tag)} {shown.tzname()}"


def page(template: str, title: str, *, status: int = 200, **values: Any) -> Response:
    """A page of the console as HTML, with its headers."""
    admin = getattr(g, "admin", None)
    words = {"say": say, "say_if": say_if, "worded": worded, "told": told, "language": language()}
    shown = {"title": title, "area": _area(), "admin": admin, "done_key": _done(), **values}
    text = render_template(f"admin/{template}.html", **words, **shown)
    return secured(Response(text, status=status, content_type="text/html; charset=utf-8"))


def back(endpoint: str, done: str | None = None, **values: Any) -> Response:
    """After a change: the page to look at, with a line that says what was done (a key of the catalogue)."""
    return secured(redirect(url_for(f"admin.{endpoint}", done=done, **values), 303))


def secured(answer: BaseResponse, *, policy: str = POLICY) -> Response:
    """The console is framed by nobody, kept by no cache, and runs no script."""
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return Response(answer.get_data(), answer.status_code, answer.headers)


def _area() -> str:
    """The entry of the navigation that the page belongs to."""
    first = request.path.removeprefix("/admin").strip("/").split("/")[0]
    return first or "overview"


def _done() -> str | None:
    """Only keys of the catalogue are shown: an address cannot put words of its own into a page."""
    key = f"done.{request.args.get('done')}"
    return key if key in catalogue(language()) else None
