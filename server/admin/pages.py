"""The console's blueprint: sign-in first, same origin for every change, errors as pages; each area has its module."""

from flask import Blueprint, Response, g, redirect, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from addin.errors import AddinError, Changed, Missing, NotAllowed, NotSignedIn, Permanent
from server.admin.accounts import add_accounts
from server.admin.audit import add_audit
from server.admin.console import COOKIE, FOLDER, Console, page, say, secured
from server.admin.mailboxes import add_mailboxes
from server.admin.meetings import add_meetings
from server.admin.overview import add_overview
from server.admin.people import add_people
from server.admin.policies import add_policies
from server.admin.signin import FLOW_LIFE, SESSION_LIFE
from server.admin.templates_page import add_templates

ROOT = "/admin"
RETURN_PATH = f"{ROOT}/sign-in/return"
_FLOW_COOKIE = "__Host-clickmeeting-console-sign-in"
_OPEN = frozenset({"admin.sign_in", "admin.come_back", "admin.style", "admin.welcome"})


def admin_blueprint(console: Console) -> Blueprint:
    """Everything under `/admin`."""
    pages = Blueprint("admin", __name__, url_prefix=ROOT, template_folder="templates")
    _guard(pages, console)
    _add_sign_in(pages, console)
    for add in (
        add_overview, add_meetings, add_mailboxes, add_policies, add_templates, add_accounts, add_people, add_audit,
    ):  # fmt: skip
        add(pages, console)
    _add_errors(pages)
    return pages


def _guard(pages: Blueprint, console: Console) -> None:
    @pages.before_request
    def signed_in() -> ResponseReturnValue | None:
        """No page without a session, no change from another site's page."""
        changing = request.method not in ("GET", "HEAD", "OPTIONS") and request.endpoint != "admin.come_back"
        if changing and not _same_origin(console.settings.public_url):
            return page("notice", say("refused"), status=403, text=say("other_origin"))
        g.admin = console.sign_in.admin(request.cookies.get(COOKIE))
        if g.admin is None and request.endpoint not in _OPEN:
            if request.method == "GET":
                return secured(redirect(url_for("admin.welcome"), 303))
            return page("notice", say("signed_out"), status=401, text=say("signed_out_hint"), sign_in=True)
        return None


def _same_origin(public_url: str) -> bool:
    """Fetch metadata says it; browsers without it send Origin. Where neither came, nothing proves where it is from."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    return origin == public_url if origin is not None else site == "same-origin"


def _add_sign_in(pages: Blueprint, console: Console) -> None:
    @pages.get("/page.css")
    def style() -> Response:
        return send_from_directory(FOLDER, "page.css", max_age=3600)

    @pages.get("/welcome")
    def welcome() -> ResponseReturnValue:
        if g.admin is not None:
            return secured(redirect(url_for("admin.overview"), 303))
        return page("welcome", say("welcome"))

    @pages.get("/sign-in")
    def sign_in() -> ResponseReturnValue:
        begun = console.sign_in.begin()
        answer = secured(redirect(begun.address, 303))
        answer.set_cookie(_FLOW_COOKIE, begun.binding, max_age=FLOW_LIFE, secure=True, httponly=True, samesite="None")
        return answer

    @pages.post("/sign-in/return")
    def come_back() -> ResponseReturnValue:
        """The sign-in service's form, from another site by its nature: state and cookie prove whose it is."""
        session = console.sign_in.finish(request.form.to_dict(), request.cookies.get(_FLOW_COOKIE))
        admin = console.sign_in.admin(session)
        g.admin = admin
        console.storage.audit.append(console.act("signed-in"))
        answer = secured(redirect(url_for("admin.overview"), 303))
        answer.set_cookie(COOKIE, session, max_age=SESSION_LIFE, secure=True, httponly=True, samesite="Lax")
        answer.delete_cookie(_FLOW_COOKIE, secure=True, httponly=True, samesite="None")
        return answer

    @pages.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        console.storage.audit.append(console.act("signed-out"))
        console.sign_in.end(request.cookies.get(COOKIE))
        g.admin = None
        answer = page("notice", say("goodbye"), text=say("goodbye_hint"), sign_in=True)
        answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")
        return answer


def _add_errors(pages: Blueprint) -> None:
    @pages.errorhandler(AddinError)
    def known(error: AddinError) -> ResponseReturnValue:
        """One plain sentence that says what to do; nothing was changed."""
        return page("notice", say("not_done"), status=_status(error), text=str(error), sign_in=_may_sign_in(error))

    @pages.route("/<path:anything>", methods=["GET", "POST"])
    def nowhere(anything: str) -> ResponseReturnValue:
        return page("notice", say("no_page"), status=404, text=say("no_page_hint"))


def _status(error: AddinError) -> int:
    kinds: tuple[tuple[type[AddinError], int], ...] = (
        (NotSignedIn, 401), (NotAllowed, 403), (Missing, 404), (Changed, 409), (Permanent, 422),
    )  # fmt: skip
    return next((status for kind, status in kinds if isinstance(error, kind)), 503)


def _may_sign_in(error: AddinError) -> bool:
    return isinstance(error, NotSignedIn) or (isinstance(error, NotAllowed) and error.reason in ("role", "tenant"))
