"""Errors as RFC 9457 problems: one shape for everything that can go wrong; it must not leak what went wrong inside."""

import base64
import math
from typing import Any

import structlog
from flask import Response, json, request
from werkzeug.exceptions import HTTPException

from addin.errors import (
    AddinError,
    Changed,
    InvalidInput,
    Missing,
    NotAllowed,
    NotSignedIn,
    OutcomeUnknown,
    Refused,
    Retryable,
    SlotTaken,
    Throttled,
    Unsupported,
)
from addin.messages import DEFAULT, messages, preferred
from addin.recurrence import phrase

_STATUS: tuple[tuple[type[AddinError], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (Missing, 404),
    (SlotTaken, 409),
    (Unsupported, 422),
    (InvalidInput, 422),
    (Refused, 422),
    (Changed, 409),
    (Throttled, 503),
    (OutcomeUnknown, 504),
    (Retryable, 503),
)
ACCOUNT_KEY_REFUSED = "account-key"
CONSENT = "consent"
# told in words for Outlook also in English: the error's own are for programs and command lines
_FOR_PEOPLE = {"time-zone"}
_CONFLICTS = {"permanence", "in-flight", "ambiguous", "ended"}
log = structlog.get_logger(__name__)


def problem(status: int, title: str, detail: str, reason: str, **more: Any) -> Response:
    """One problem document. `detail` is a sentence to show; `reason` a stable word for programs."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "reason": reason}
    body |= {name: value for name, value in more.items() if value is not None}
    return Response(json.dumps(body), status=status, content_type="application/problem+json")


def from_error(error: AddinError, *, consent_url: str | None = None) -> Response:
    """The problem for one of our own errors, with Retry-After and the claims challenge where there are some.

    `consent_url` is where an administrator agrees; told where consent is what lacks.
    """
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
    reason = getattr(error, "reason", None) or _words(type(error).__name__)
    if reason in _CONFLICTS:
        status = 409
    if reason == ACCOUNT_KEY_REFUSED:
        status = 502  # our key to the account, not the person's sign-in: signing in again would not help
    after = getattr(error, "after", None)
    claims = getattr(error, "claims", None)
    answer = problem(
        status,
        _words(type(error).__name__).replace("-", " ").capitalize(),
        _told(error, reason),
        reason,
        field=getattr(error, "field", None),
        nearest=getattr(error, "nearest", None),
        nearest_text=_nearest_text(error),
        counterexample=_counterexample(error),
        meeting_id=getattr(error, "meeting_id", None),
        consent_url=consent_url if reason == CONSENT else None,
        claims=claims,
        retry_after=math.ceil(after) if after is not None else None,
    )
    if after is not None:
        answer.headers["Retry-After"] = str(math.ceil(after))
    if status == 401:
        answer.headers["WWW-Authenticate"] = _challenge(claims)
    return answer


def from_http(error: HTTPException) -> Response:
    """The problem for what the web framework refuses by itself."""
    answer = problem(error.code or 500, error.name, error.description or error.name, _words(error.name))
    if error.code == 405 and error.get_response().headers.get("Allow"):
        answer.headers["Allow"] = error.get_response().headers["Allow"]
    return answer


def from_fault(error: Exception) -> Response:
    """A fault of ours: the log has it, the answer only says that nothing was told."""
    # never the path itself: those of mailed links open a meeting for whoever reads them
    route = request.url_rule.rule if request.url_rule else ""
    log.error("unexpected", route=route, kind=type(error).__name__, exc_info=error)
    detail = "Something went wrong on our side. Try again in a moment; if it stays so, tell your administrator."
    return problem(500, "Internal error", detail, "internal")


def too_many_requests(wait: int) -> Response:
    """RFC 6585 section 4; `wait` in seconds."""
    reason = "too-many-requests"
    sentence = str(messages("notices", preferred(request.accept_languages.values()))[f"reason.{reason}"])
    answer = problem(429, "Too many requests", sentence, reason, retry_after=wait)
    answer.headers["Retry-After"] = str(wait)
    return answer


def from_validation(error: Any) -> Response:
    """The problem for a body, header or path that does not fit its shape: the first part at fault, by name."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return problem(422, "Invalid input", f"{field or 'The request'}: {message}.", "invalid", field=field or None)


def _told(error: AddinError, reason: str) -> str:
    """The error's own sentence, the most exact one; to a reader of another language what the catalogue has for it."""
    language = preferred(request.accept_languages.values())
    catalogue = language != DEFAULT or reason in _FOR_PEOPLE
    sentence = messages("notices", language).get(f"reason.{reason}") if catalogue else None
    return _sentence(str(sentence or error))


def _sentence(text: str) -> str:
    return text if text.rstrip().endswith((".", "?", "!")) else f"{text.rstrip()}."


def _challenge(claims: str | None) -> str:
    if not claims:
        return "Bearer"
    encoded = base64.b64encode(claims.encode()).decode()
    return f'Bearer error="insufficient_claims", claims="{encoded}"'


def _nearest_text(error: AddinError) -> str | None:
    """The near series as a sentence in the reader's language."""
    series = getattr(error, "nearest_series", None)
    return phrase(series, preferred(request.accept_languages.values())) if series else None


def _counterexample(error: AddinError) -> dict[str, str] | None:
    example = getattr(error, "counterexample", None)
    return {"date": example.date, "only_in": example.only_in} if example else None


def _words(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-").replace(" ", "")
