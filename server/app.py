"""The web application: which routes there are and how errors are told; it composes and starts nothing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import structlog
from flask import Response, g, request
from flask.typing import ResponseReturnValue
from flask_openapi3 import APIBlueprint, Info, OpenAPI
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from addin.errors import AddinError
from addin.ports import Clock
from addin.tally import Source, counting
from server.admin.console import Console
from server.admin.pages import admin_blueprint
from server.api import problems
from server.api.context import Context
from server.api.invitations import add_invitations
from server.api.meetings import add_meetings
from server.api.others import add_others
from server.api.series import add_series
from server.auth.bearer import Caller
from server.auth.consent import consent_url
from server.cross_origin import allow_other_origins
from server.dialog.pages import dialog_blueprint
from server.hooks.graph import graph_hooks
from server.join.pages import join_blueprint
from server.limits import add_limits
from server.manifests import manifests_blueprint
from server.ops.health import health_blueprint
from server.ops.metrics import Metrics
from server.pane import handlers_blueprint, pane_blueprint

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LONGEST_REQUEST = 8 * 1024 * 1024
_SURFACES = frozenset({"admin", "api", "auth", "hooks", "j", "taskpane", "numbers", "healthz", "readyz", "metrics"})
_SOURCES = {"j": Source.PARTICIPANT, "admin": Source.ADMIN}
_REFUSALS = (401, 403, 429)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Referrer-Policy": "no-referrer",
    # what is no page of its own: JSON, texts, images; pages and the pane bring their own
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
log = structlog.get_logger(__name__)
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]
_SCHEMES: dict[str, Any] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


def create_app(context: Context, console: Console, metrics: Metrics, working: Any, clock: Clock) -> OpenAPI:
    """Pane, API, webhooks, join pages, console and health on one WSGI application."""
    app = OpenAPI(
        "server",
        info=Info(title="ClickMeeting for Outlook", version="1"),
        doc_prefix="/api/v1",
        doc_url="/openapi.json",
        security_schemes=_SCHEMES,
        validation_error_callback=problems.from_validation,
    )
    app.config["MAX_CONTENT_LENGTH"] = _LONGEST_REQUEST
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    api = APIBlueprint("api", __name__, url_prefix="/api/v1", abp_security=_SECURITY)
    add_meetings(api, context)
    add_invitations(api, context)
    add_others(api, context)
    add_series(api, context)
    app.register_api(api)
    app.register_blueprint(graph_hooks(context.storage, metrics, clock))
    app.register_blueprint(join_blueprint(context.doors, context.doors.links))
    app.register_blueprint(health_blueprint(context.storage, metrics, working, clock))
    app.register_blueprint(admin_blueprint(console))
    app.register_blueprint(pane_blueprint(context.settings))
    app.register_blueprint(manifests_blueprint(context.settings))
    app.register_blueprint(handlers_blueprint(context.settings))
    app.register_blueprint(dialog_blueprint(context.settings, context.dialog))
    allow_other_origins(app)
    _sign_in_first(app, context)
    add_limits(app, context)
    _add_errors(app, context)
    _add_afterwards(app, metrics)
    _add_tally(app, metrics)
    return app


def _sign_in_first(app: OpenAPI, context: Context) -> None:
    @app.before_request
    def signed_in() -> None:
        """Who is not signed in learns nothing of shapes: this comes before the body is looked at."""
        if request.path.startswith("/api/v1/") and request.path != "/api/v1/openapi.json":
            caller = context.caller()
            if request.method not in ("GET", "HEAD", "OPTIONS"):
                context.tenancy.require_going(caller.mailbox.tenant_id)


def _add_errors(app: OpenAPI, context: Context) -> None:
    @app.errorhandler(AddinError)
    def known(error: AddinError) -> ResponseReturnValue:
        caller: Caller | None = g.get("caller")
        asked = consent_url(context.settings, caller.mailbox.tenant_id) if caller else None
        return problems.from_error(error, consent_url=asked)

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> ResponseReturnValue:
        return problems.from_validation(error)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        return problems.from_http(error)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> ResponseReturnValue:
        return problems.from_fault(error)


def _add_tally(app: OpenAPI, metrics: Metrics) -> None:
    """What a request asks of other services is counted as its surface's doing."""
    answer = app.wsgi_app

    def counted(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        surface = str(environ.get("PATH_INFO", "")).split("/", 2)[1:2]
        with counting(_SOURCES.get("".join(surface), Source.PANE)) as tally:
            try:
                return answer(environ, start_response)
            finally:
                metrics.add(tally)

    app.wsgi_app = counted  # type: ignore[method-assign]


def _add_afterwards(app: OpenAPI, metrics: Metrics) -> None:
    @app.after_request
    def counted(answer: Response) -> Response:
        surface = request.path.split("/", 2)[1] or "start"
        known = surface in _SURFACES
        metrics.requests.labels(surface if known else "other", str(answer.status_code)).inc()
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        if answer.status_code in _REFUSALS:
            log.info("refused", surface=surface if known else "other", method=request.method,
                     status=answer.status_code, address=request.remote_addr)  # fmt: skip
        return answer
