"""Lets pages and handlers of any origin call the API (CORS); it must not decide who may do what there.

Classic Outlook on Windows runs the event handlers without a page: their `Origin` is absent or `null` (Outlook facts 4).
So no origin is a proof of anything, and none is asked for: a call is as good as the token in its Authorization header.
No cookie opens the API and credentials are never allowed: a foreign page gains nothing that it could not send itself.
"""

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

_ROOT = "/api/v1/"
_METHODS = "GET, POST, PATCH, DELETE"
_REQUEST_HEADERS = "Accept, Accept-Language, Authorization, Content-Type, Idempotency-Key"
_ANSWER_HEADERS = "Retry-After, WWW-Authenticate"
_PREFLIGHT_LIFE_S = 600


def allow_other_origins(app: Flask) -> None:
    """Preflights are answered before anybody must be signed in; every answer of the API may be read, refusals too."""

    @app.before_request
    def preflight() -> ResponseReturnValue | None:
        asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if not (asked and request.path.startswith(_ROOT)):
            return None
        answer = Response(status=204)
        answer.headers["Access-Control-Allow-Methods"] = _METHODS
        # the star would leave out Authorization (Fetch standard, 4.9)
        answer.headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
        answer.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_LIFE_S)
        return answer

    @app.after_request
    def readable(answer: Response) -> Response:
        if request.path.startswith(_ROOT):
            answer.headers["Access-Control-Allow-Origin"] = "*"
            answer.headers["Access-Control-Expose-Headers"] = _ANSWER_HEADERS
        return answer
