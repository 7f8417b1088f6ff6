"""What a check found, with the remedy; it knows no check and no output."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from addin.errors import AddinError


class Outcome(StrEnum):
    """A warning is worth reading and breaks nothing today; a failure is something that users will feel."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line: which check, how it ended, one sentence, and for anything but a pass what to do."""

    check: str
    outcome: Outcome
    text: str
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        """`remedy` is null where there is nothing to do."""
        return {
            "check": self.check, "outcome": self.outcome.value, "text": self.text, "remedy": self.remedy or None,
        }  # fmt: skip


Check = Callable[[], Iterable[Finding]]


def passed(check: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Outcome.PASS, text)


def warned(check: str, text: str, remedy: str) -> Finding:
    """Works, but ought to be looked at."""
    return Finding(check, Outcome.WARN, text, remedy)


def failed(check: str, text: str, remedy: str) -> Finding:
    """Does not work."""
    return Finding(check, Outcome.FAIL, text, remedy)


def guarded(check: str, look: Check, remedy: str) -> Iterator[Finding]:
    """What `look` finds; a refusal or an outage on the way becomes a failure with `remedy`, and the rest goes on."""
    try:
        yield from look()
    except AddinError as error:
        yield failed(check, str(error), remedy)


class Stopwatch:
    """Milliseconds since it was made."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()

    @property
    def ms(self) -> int:
        return round((time.perf_counter() - self._begun) * 1000)
