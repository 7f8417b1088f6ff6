"""How often one person may call the API and one address our pages; webhooks and health are never held back."""

import time

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RateLimitExceeded, RequestLimit

from server.api import problems
from server.api.context import Context

_PAGES = ("/j/", "/numbers", "/auth/", "/admin")


def add_limits(app: Flask, context: Context) -> None:
    """Counts in this process: several web processes allow as many times more. Comes after the sign-in check.

    A person is the token's, whatever address is used; pages know only the address, behind which a whole office may be.
    """
    settings = context.settings

    def surface() -> str | None:
        if request.path.startswith("/api/v1/") and request.path != "/api/v1/openapi.json":
            return "api"
        return "pages" if request.path.startswith(_PAGES) else None

    def who() -> str:
        if surface() == "api":
            mailbox = context.caller().mailbox
            return f"person:{mailbox.tenant_id}/{mailbox.user_id}"
        return f"address:{request.remote_addr}"

    def allowed() -> str:
        return f"{settings.api_calls_per_minute if surface() == 'api' else settings.page_calls_per_minute}/minute"

    Limiter(
        who,
        app=app,
        application_limits=[allowed],
        application_limits_exempt_when=lambda: surface() is None,
        storage_uri="memory://",
        strategy="moving-window",
        on_breach=_breached,
    )

    @app.errorhandler(RateLimitExceeded)
    def held(error: RateLimitExceeded) -> ResponseReturnValue:
        return error.get_response()  # what _breached said


def _breached(limit: RequestLimit) -> Response:
    return problems.too_many_requests(max(1, int(limit.reset_at - time.time())))
