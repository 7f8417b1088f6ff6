"""Serves the built pane with its configuration and the headers that let Outlook, and nobody else, frame it."""

import html
import json
from pathlib import Path

from flask import Blueprint, Response, abort, send_from_directory

from manifest import icons
from server.auth.consent import consent_url
from server.settings import Settings

PANE_FOLDER = Path(__file__).resolve().parent.parent / "taskpane" / "dist"
HANDLERS = "events.js"
_LONG = "public, max-age=86400"


def pane_blueprint(settings: Settings, folder: Path = PANE_FOLDER) -> Blueprint:
    """`/taskpane/<file>`; what holds our address, Office.js's or the configuration is filled in and never cached."""
    pages = Blueprint("pane", __name__, url_prefix="/taskpane")
    policy = content_policy(settings)

    @pages.get("/icons/<name>")
    def icon(name: str) -> Response:
        """Outlook shows no icon that it may not keep (Outlook facts 1.2)."""
        answer = send_from_directory(icons.FOLDER, name, mimetype="image/png") if name in icons.sizes() else abort(404)
        answer.headers["Cache-Control"] = _LONG
        return answer

    @pages.get("/<path:name>")
    def file(name: str) -> Response:
        if name == HANDLERS:
            return _handlers(folder, settings)
        if not name.endswith(".html"):
            answer = send_from_directory(folder, name)
            # parts carry a hash in their name; any other script or style must fit the page that was just loaded
            fixed = name.startswith("part-") or not name.endswith((".js", ".css"))
            answer.headers["Cache-Control"] = _LONG if fixed else "no-cache"
            return answer
        try:
            text = (folder / Path(name).name).read_text("utf-8")
        except OSError:
            abort(404)
        text = text.replace("%OFFICE_JS_URL%", html.escape(settings.office_js_url))
        text = text.replace("%CONFIG%", html.escape(configuration(settings)))
        answer = Response(text, content_type="text/html; charset=utf-8")
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["Content-Security-Policy"] = policy
        return answer

    return pages


def _handlers(folder: Path, settings: Settings) -> Response:
    """Classic Outlook on Windows runs this script without a page: it can know our address only from itself."""
    try:
        text = (folder / HANDLERS).read_text("utf-8")
    except OSError:
        abort(404)
    text = text.replace("%PUBLIC_URL%", settings.public_url)
    return Response(text, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


def handlers_blueprint(settings: Settings) -> Blueprint:
    """Names the script whose requests classic Outlook on Windows may send with a token (Outlook facts 4)."""
    pages = Blueprint("handlers", __name__)

    @pages.get("/.well-known/microsoft-officeaddins-allowed.json")
    def allowed() -> Response:
        text = json.dumps({"allowed": [f"{settings.public_url}/taskpane/{HANDLERS}"]})
        return Response(text, content_type="application/json", headers={"Cache-Control": _LONG})

    return pages


def configuration(settings: Settings) -> str:
    """What the pane needs to sign in: names and addresses, no secret."""
    return json.dumps(
        {
            "client_id": settings.client_id,
            "authority": f"{settings.login_url}/organizations",
            "scope": f"{settings.application_uri}/{settings.api_scope}",
            "add_in_id": settings.add_in_id,
            "room_addresses": settings.room_addresses,
            "consent_url": consent_url(settings, "organizations"),
        }
    )


def office_origin(settings: Settings) -> str:
    """Scheme and host that Office.js comes from."""
    return "/".join(settings.office_js_url.split("/")[:3])


def content_policy(settings: Settings) -> str:
    """Outlook facts 7.3: no X-Frame-Options, frame-ancestors from the settings, no inline script of ours."""
    office = office_origin(settings)
    login = "/".join(settings.login_url.split("/")[:3])
    ancestors = " ".join(("'self'", *settings.frame_ancestors))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {office} https://ajax.aspnetcdn.com",
            "style-src 'self' 'unsafe-inline'",  # office.js writes inline styles on some hosts
            "img-src 'self' data: https:",
            f"connect-src 'self' {office} {login} https://*.officeapps.live.com https://*.office.com https://*.office.net",
            "font-src 'self' data:",
            f"frame-src 'self' {login}",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )
