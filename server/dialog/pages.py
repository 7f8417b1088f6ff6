"""Routes of the sign-in through a dialogue, under `/auth/dialog/`; what a sign-in is, `server.auth.dialog` knows.

`start` and `return` are pages in the dialogue's own window; `redeem` and `renew` are called by the pane. No token is
ever part of an address, a cookie or a page: a page carries the transit code alone, which is worth nothing without the
secret that the pane keeps.
"""

import json
from datetime import UTC
from typing import Any

import structlog
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from addin.errors import AddinError, NotAllowed, NotSignedIn
from server.auth.dialog import FLOW_LIFE, DialogSignIn, Granted
from server.pane import office_origin
from server.settings import Settings

ROOT = "/auth/dialog"
RETURN_PATH = f"{ROOT}/return"
_COOKIE = "clickmeeting-sign-in"
_LONGEST_FORM = 64 * 1024
log = structlog.get_logger(__name__)


class RedeemRequest(BaseModel):
    """The dialogue's message and the secret behind the challenge it was begun with."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=128)
    verifier: str = Field(min_length=43, max_length=128)


class RenewRequest(BaseModel):
    """The handle of the last answer; `claims` is the JSON text of a challenge to be met."""

    model_config = ConfigDict(extra="forbid")

    renewal: str = Field(min_length=1, max_length=128)
    claims: str | None = Field(None, max_length=4096)


def dialog_blueprint(settings: Settings, sign_in: DialogSignIn) -> Blueprint:
    """`start` (GET), `return` (POST), `redeem` and `renew` (POST, JSON)."""
    pages = Blueprint("dialog", __name__, url_prefix=ROOT, template_folder="templates")
    policy = _content_policy(settings)

    def page(status: int, **content: Any) -> Response:
        text = render_template(
            "dialog.html", office_js_url=settings.office_js_url, content=json.dumps(content), next=content.get("next")
        )
        answer = Response(text, status=status, content_type="text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = policy
        # with same-origin here Outlook loses the window and says "closed by the user" (Outlook facts 3.3)
        answer.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def told(status: int, **message: str) -> Response:
        return page(status, message=message, origin=settings.public_url)

    @pages.get("/start")
    def start() -> ResponseReturnValue:
        """The first page must be ours; it goes on to the sign-in service by itself."""
        try:
            begun = sign_in.begin(
                request.args.get("challenge", ""), claims=request.args.get("claims"), hint=request.args.get("hint")
            )
        except AddinError as error:
            return told(_status(error), reason=_reason(error))
        answer = page(200, next=begun.address)
        # None: it has to come back with a form that another host's page sends
        answer.set_cookie(
            _COOKIE, begun.binding, path=ROOT, max_age=FLOW_LIFE, secure=True, httponly=True, samesite="None"
        )
        return answer

    @pages.post("/return")
    def back() -> ResponseReturnValue:
        """The sign-in service's form; the outcome goes to the pane as a message."""
        request.max_content_length = _LONGEST_FORM
        try:
            code = sign_in.finish(request.form.to_dict(), request.cookies.get(_COOKIE))
        except AddinError as error:
            log.info("sign-in not finished", reason=_reason(error))
            answer = told(_status(error), reason=_reason(error))
        else:
            answer = told(200, code=code)
        answer.delete_cookie(_COOKIE, path=ROOT, secure=True, httponly=True, samesite="None")
        return answer

    @pages.post("/redeem")
    def redeem() -> ResponseReturnValue:
        body = RedeemRequest.model_validate_json(request.get_data())
        return _granted(sign_in.redeem(body.code, body.verifier))

    @pages.post("/renew")
    def renew() -> ResponseReturnValue:
        body = RenewRequest.model_validate_json(request.get_data())
        return _granted(sign_in.renew(body.renewal, claims=body.claims))

    return pages


def _granted(granted: Granted) -> Response:
    until = granted.expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    body = {"access_token": granted.access_token, "expires_at": until, "renewal": granted.renewal}
    return Response(json.dumps(body), content_type="application/json", headers={"Cache-Control": "no-store"})


def _reason(error: AddinError) -> str:
    return str(getattr(error, "reason", "") or "unavailable")


def _status(error: AddinError) -> int:
    if isinstance(error, NotSignedIn):
        return 401
    return 403 if isinstance(error, NotAllowed) else 400 if hasattr(error, "field") else 503


def _content_policy(settings: Settings) -> str:
    """Nothing but our own script and Office.js; the form that leads here is the sign-in service's, not ours."""
    office = office_origin(settings)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {office} https://ajax.aspnetcdn.com",
            "style-src 'self' 'unsafe-inline'",  # office.js writes inline styles on some hosts
            f"connect-src 'self' {office}",
            "img-src 'self' data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
        )
    )
