"""Structured logs as JSON lines, without secrets whatever a caller hands over; it knows no destination but stderr."""

import logging
import re
import sys
from typing import Any

import structlog

_SECRET_NAMES = re.compile(r"(?i)token|secret|password|authorization|api[_-]?key|assertion|hash|cookie|body")
_SECRET_VALUES = re.compile(
    r"\b(?:us|eu)?[0-9a-f]{40}\b"  # an account's key as ClickMeeting makes them
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JSON web token
    r"|(?i:bearer )\S+"
    r"|([?&](?:l|token|code)=)[^&\s\"']+"
)
BLANK = "***"
_NOISY = ("O365", "urllib3", "msal", "requests_oauthlib", "alembic")


def configure(level: str = "INFO") -> None:
    """One JSON object a line on stderr. O365 writes bearer tokens at DEBUG, so it never gets below WARNING."""
    logging.basicConfig(stream=sys.stderr, format="%(message)s")  # whoever embeds us keeps the handlers they have
    logging.getLogger().setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of each request that waits for a thread
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            blank_secrets,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # the stream of the moment
        cache_logger_on_first_use=False,
    )


def blank_secrets(_logger: Any, _method: str, event: Any) -> Any:
    """A structlog processor: values under telling names and values of telling form become `***`."""
    return {name: BLANK if _SECRET_NAMES.search(name) else _blank(value) for name, value in event.items()}


def _blank(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET_VALUES.sub(lambda found: (found.group(1) or "") + BLANK, value)
    if isinstance(value, dict):
        return {key: BLANK if _SECRET_NAMES.search(str(key)) else _blank(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_blank(item) for item in value]
    return value
