"""Turns what came back over the wire into data or into one of our errors; it must not know which call was made.

All shapes that were seen are taken (1.4): wrapped and bare objects, codes as text, a bare JSON string, nothing, HTML.
"""

import html
import json
import re
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from requests import Response

from addin.errors import (
    AddinError,
    Missing,
    NotAllowed,
    NotSignedIn,
    OutcomeUnknown,
    Permanent,
    Refused,
    Retryable,
    Throttled,
    Unavailable,
)

_LONGEST_MESSAGE = 300
_SHORTEST_PAUSE_S = 0.1
_KEY_LIKE = re.compile(r"\b(?:us|eu)?[0-9a-f]{40}\b")
_MARKUP = re.compile(r"<[^>]*>")
_SUCCESS = range(200, 300)
_REDIRECT = range(300, 400)


def lost(what: str, *, effect: bool) -> Retryable:
    """The error for an answer that never came or cannot be read: a change may have happened, a question cannot."""
    if effect:
        return OutcomeUnknown(f"{what}. The change may or may not have been made at ClickMeeting.")
    return Unavailable(f"{what}.")


def read(response: Response, *, effect: bool, now: Callable[[], datetime]) -> Any:
    """The JSON of a success, None where it is empty; raises the error that the status and body stand for."""
    status = response.status_code
    if status == 429 or (status == 503 and "Retry-After" in response.headers):
        raise Throttled("ClickMeeting asks to slow down.", after=_retry_after(response, now))
    if status in _REDIRECT:
        raise Refused("ClickMeeting's address leads elsewhere. Check the setting clickmeeting_url.", reason="redirect")
    if status >= 500 and status != 501:
        raise lost(f"ClickMeeting answered {status}", effect=effect)
    if _is_html(response):
        raise lost(f"Instead of ClickMeeting a web page answered ({status})", effect=effect)
    if status in _SUCCESS:
        return _json(response, effect=effect)
    raise _refusal(response)


def unreadable(*, effect: bool) -> Retryable:
    """The error for a success whose body does not hold what it must."""
    return lost("ClickMeeting's answer could not be understood", effect=effect)


def _json(response: Response, *, effect: bool) -> Any:
    if not response.content.strip():
        return None
    try:
        return json.loads(response.content)
    except ValueError:
        raise unreadable(effect=effect) from None


def _is_html(response: Response) -> bool:
    kind = response.headers.get("Content-Type", "").lower()
    return "html" in kind or response.content[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))


def _retry_after(response: Response, now: Callable[[], datetime]) -> float | None:
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment - now()).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return None


def _refusal(response: Response) -> AddinError:
    status, (field, message) = response.status_code, _said(response)
    if status == 401:
        return NotSignedIn(
            "ClickMeeting does not know the API key. Check it in the account settings.", reason="account-key"
        )
    if status == 403:
        return NotAllowed(f"ClickMeeting does not allow this: {message or 'it may need another plan.'}", field=field)
    if status in (404, 410):
        return Missing("It is not at ClickMeeting (any more).")
    return Refused(f"ClickMeeting refused: {message or f'it answered {status}.'}", field=field)


def _said(response: Response) -> tuple[str | None, str]:
    """The parameter at fault, if one is named, and the service's own words as plain text."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return None, ""
    if isinstance(body, str):
        return None, plain(body)
    errors = body.get("errors") if isinstance(body, dict) else None
    items = [item for item in errors if isinstance(item, dict)] if isinstance(errors, list) else []
    field = next((item["name"] for item in items if isinstance(item.get("name"), str) and item["name"]), None)
    said = " ".join(item["message"] for item in items if isinstance(item.get("message"), str))
    name = body.get("name") if isinstance(body, dict) else None
    return field, plain(said or (name if isinstance(name, str) else ""))


def plain(text: str) -> str:
    """Words from outside made fit for people and logs: no markup, no control characters, nothing like a key, short."""
    text = _KEY_LIKE.sub("***", html.unescape(_MARKUP.sub(" ", text)))
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def retryable_within(longest_pause_s: float) -> Callable[[Exception], bool | float]:
    """For the one retry layer: questions only, after the pause that was asked for when that is short enough."""

    def decide(error: Exception) -> bool | float:
        if isinstance(error, Permanent) or not isinstance(error, Unavailable | Throttled):
            return False
        if error.after is None:
            return True
        return max(error.after, _SHORTEST_PAUSE_S) if error.after <= longest_pause_s else False

    return decide
