"""The shape of Entra's refusals with their AADSTS numbers; it must not know which grant was asked for."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Refused(Exception):
    """A token or sign-in request that is not granted. `error` is the OAuth word, `code` the AADSTS number."""

    error: str
    code: int
    sentence: str
    status: int = 400
    more: dict[str, Any] = field(default_factory=dict)

    def body(self, now: datetime, correlation: str | None = None) -> dict[str, Any]:
        """The JSON of the token endpoint; `more` may hold `suberror` and `claims`."""
        trace = str(uuid.uuid4())
        correlation = correlation or str(uuid.uuid4())
        stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
        return {
            "error": self.error,
            "error_description": (
                f"AADSTS{self.code}: {self.sentence} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
            ),
            "error_codes": [self.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            **self.more,
        }


def missing(parameter: str) -> Refused:
    """AADSTS900144: a parameter that every such request needs is not there."""
    return Refused("invalid_request", 900144, f"The request body must contain the following parameter: '{parameter}'.")


def consent_missing(client_name: str, client_id: str) -> Refused:
    """AADSTS65001: nobody agreed to what is asked for."""
    return Refused(
        "invalid_grant",
        65001,
        f"The user or administrator has not consented to use the application with ID '{client_id}' named "
        f"'{client_name}'. Send an interactive authorization request for this user and resource.",
        more={"suberror": "consent_required"},
    )


def interaction_required(claims: str) -> Refused:
    """AADSTS50076: a policy wants the person to prove more; `claims` is what the next sign-in has to ask for."""
    return Refused(
        "interaction_required",
        50076,
        "Due to a configuration change made by your administrator, or because you moved to a new location, "
        "you must use multi-factor authentication to access the resource.",
        more={"suberror": "basic_action", "claims": claims},
    )
