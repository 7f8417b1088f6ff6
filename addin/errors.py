"""The two branches of failure that everything above a network or an input must tell apart; it knows no service.

AddinError
├── Retryable           the same call may succeed later; `after` says when
│   ├── Unavailable         no answer, a 5xx, a time-out
│   ├── Throttled           429, with the pause that was asked for
│   ├── Stopped             an administrator stopped everything for the organisation
│   ├── OutcomeUnknown      sent, no answer: the effect may or may not have happened
│   └── Changed             412: read again and decide anew
└── Permanent           the same call will fail again; `reason` says what to do
    ├── Refused             the service understood and said no (400, 422)
    ├── NotAllowed          the key or the consent does not reach so far (403)
    ├── NotSignedIn         no or wrong credential (401); may carry a claims challenge
    ├── Missing             404, 410: it is not there (any more)
    ├── SlotTaken           the account has no free session at that time (R40)
    ├── InvalidInput        what a person or client sent cannot be used
    └── Unsupported         no exact answer exists; never an approximate one
"""

from dataclasses import dataclass
from typing import Any


class AddinError(Exception):
    """Base of every error that this package raises on purpose. `str()` is one sentence for a person, no secrets."""


class Retryable(AddinError):
    """The same call may succeed later. `after` is the pause asked for, in seconds; None leaves it to the caller."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Unavailable(Retryable):
    """The service gave no usable answer (connection refused, 5xx, HTML instead of JSON); nothing was changed."""


class Throttled(Retryable):
    """The service asked to slow down (429, or 503 with Retry-After)."""


class Stopped(Retryable):
    """An administrator stopped everything for this organisation; it goes on when an administrator lets it."""


class OutcomeUnknown(Retryable):
    """A change was sent and the answer was lost: look before sending it again."""


class Changed(Retryable):
    """The thing changed since it was read (412): read again, decide anew."""


class Permanent(AddinError):
    """The same call will fail again. `reason` is a stable word for programs, `field` the input at fault, if one is."""

    default_reason = "permanent"

    def __init__(self, message: str, *, reason: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason or self.default_reason
        self.field = field


class Refused(Permanent):
    """The service understood the request and refused it."""

    default_reason = "refused"


class NotAllowed(Permanent):
    """The credential is right but does not reach so far: a missing consent, a feature outside the plan."""

    default_reason = "not-allowed"


class NotSignedIn(Permanent):
    """No credential, or one that is wrong or expired. `claims` is a claims challenge to hand to the client, if any."""

    default_reason = "not-signed-in"

    def __init__(
        self, message: str, *, reason: str | None = None, field: str | None = None, claims: str | None = None
    ) -> None:
        super().__init__(message, reason=reason, field=field)
        self.claims = claims


class Missing(Permanent):
    """It is not there, or not any more."""

    default_reason = "missing"


class SlotTaken(Permanent):
    """The account has no free session at that time (R40)."""

    default_reason = "slot-taken"


class InvalidInput(Permanent):
    """What was sent cannot be used; the message says which part and what to do."""

    default_reason = "invalid"


@dataclass(frozen=True)
class Counterexample:
    """A date at which two recurrences part: `date` is ISO, `only_in` names the side that has it."""

    date: str
    only_in: str


class Unsupported(Permanent):
    """There is no exact answer. `part` is the part at fault, `counterexample` a date where approximations fail.

    `nearest` is a near rule that has one, `nearest_series` the same as Graph holds it, where that was worked out.
    """

    default_reason = "unsupported"

    def __init__(
        self,
        message: str,
        *,
        part: str | None = None,
        counterexample: Counterexample | None = None,
        nearest: str | None = None,
    ) -> None:
        super().__init__(message, field=part)
        self.part = part
        self.counterexample = counterexample
        self.nearest = nearest
        self.nearest_series: dict[str, Any] | None = None
