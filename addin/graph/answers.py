"""Reads Graph's answers into results or the product's errors; it must not know what was asked or why.

Branches on status and `error.code`, never on the message (Graph facts 6), and repeats no message of the service:
it may hold addresses or subjects.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from addin.errors import (
    AddinError,
    Changed,
    Missing,
    NotAllowed,
    NotSignedIn,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
)

_RESYNC = {"syncstatenotfound", "resyncrequired", "syncstateinvalid"}
_NO_MAILBOX = {"mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi"}
_NOBODY = {"errorinvaliduser", "request_resourcenotfound", "errornonexistentmailbox"}  # deleted, or never there
_CLAIMS = re.compile(r'\bclaims="([^"]+)"', re.IGNORECASE)


class TokenNotTaken(NotSignedIn):
    """Graph itself answered 401, unlike a token source that has no token to give."""


@dataclass(frozen=True)
class Trouble:
    """What an error answer says: `code` as Graph wrote it (or empty), `request_id` for Microsoft's support."""

    status: int
    code: str
    request_id: str

    def __str__(self) -> str:
        told = " ".join(part for part in (str(self.status), self.code) if part)
        return f"{told}, request-id {self.request_id}" if self.request_id else told


def read_json(response: requests.Response, *, changing: bool) -> dict[str, Any]:
    """The JSON object of a good answer, empty for 202 and 204.

    Anything else than an object (a proxy's HTML page): OutcomeUnknown where something was changed, else Unavailable.
    """
    if response.status_code in (202, 204) or (response.status_code == 200 and not response.content):
        return {}
    try:
        found = response.json()
    except requests.exceptions.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        return found
    if changing:
        raise OutcomeUnknown("Microsoft Graph gave an answer that is no JSON; the change may have been made.")
    raise Unavailable("Microsoft Graph gave an answer that is no JSON.")


def error_of(response: requests.Response, *, changing: bool) -> AddinError:
    """The error for an answer that is no success. `changing`: what was asked for may have been done all the same."""
    trouble = _trouble(response)
    status = trouble.status
    if status >= 500:
        return _server_error(trouble, retry_after(response), changing=changing)
    if status == 429:
        return Throttled(f"Microsoft Graph asked to slow down ({trouble}).", after=retry_after(response))
    if status == 401:
        return TokenNotTaken(f"Microsoft Graph did not take the sign-in ({trouble}).", claims=claims_of(response))
    return _client_error(trouble)


def _client_error(trouble: Trouble) -> AddinError:
    code = trouble.code.casefold()
    if code in _RESYNC:
        return Missing(f"The calendar's change history has to be read anew ({trouble}).", reason="resync")
    if code in _NO_MAILBOX:
        return NotAllowed(f"This person has no Exchange Online mailbox ({trouble}).", reason="no-mailbox")
    if trouble.status == 404 and code in _NOBODY:
        return NotAllowed(f"This person's mailbox is not there (any more) ({trouble}).", reason="mailbox-gone")
    match trouble.status:
        case 403:
            return NotAllowed(f"The tenant does not let the add-in do this in the mailbox ({trouble}).")
        case 404 | 410:
            return Missing(f"It is not in the mailbox (any more) ({trouble}).")
        case 412:
            return Changed(f"The event changed since it was read ({trouble}).")
        case _:
            return Refused(f"Microsoft Graph refused the request ({trouble}).", reason=trouble.code or None)


def _server_error(trouble: Trouble, after: float | None, *, changing: bool) -> AddinError:
    if changing:
        return OutcomeUnknown(f"Microsoft Graph failed while changing something ({trouble}).", after=after)
    if trouble.status == 503 and after is not None:
        return Throttled(f"Microsoft Graph asked to slow down ({trouble}).", after=after)
    return Unavailable(f"Microsoft Graph failed ({trouble}).", after=after)


def _trouble(response: requests.Response) -> Trouble:
    code = ""
    try:
        error = response.json().get("error")
        if isinstance(error, dict):
            code = str(error.get("code") or "")
    except (requests.exceptions.JSONDecodeError, AttributeError):
        code = ""  # HTML or nothing at all: the status has to do
    return Trouble(response.status_code, _plain(code), _plain(response.headers.get("request-id", "")))


def _plain(text: str) -> str:
    """Only what an identifier may hold goes into messages and logs."""
    return re.sub(r"[^A-Za-z0-9._-]", "", text)[:80]


def retry_after(response: requests.Response) -> float | None:
    """Seconds of Retry-After: a number (as Graph sends it) or a date (RFC 9110 10.2.3); None where there is none."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,6}(\.\d+)?", value):
        return float(value)
    try:
        when = parsedate_to_datetime(value)
        # The answer's own Date is "now" as the service means it; without one the header says nothing we can use.
        said = parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, (_aware(when) - _aware(said)).total_seconds())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def claims_of(response: requests.Response) -> str | None:
    """The decoded claims challenge of a 401 (Graph facts 7.3), as JSON text."""
    found = _CLAIMS.search(response.headers.get("WWW-Authenticate", ""))
    if found is None:
        return None
    encoded = found[1].replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
