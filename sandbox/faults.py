"""Failures asked for from outside: answers that go wrong before or after the effect, and switches of behaviour."""

import re
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """One rule: the next `times` requests to `service` whose method and path (regular expression) fit go wrong.

    Exactly one of `status`, `cut` and `hang_s` says how. `after_effect` lets the service do its work first, so that
    only the answer is lost. `body` is JSON, or text when it is a string (`html` in `content_type` for a proxy's page).
    """

    service: str
    method: str | None = None
    path: str = ""
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str | None = None
    cut: bool = False
    hang_s: float | None = None
    after_effect: bool = False

    def fits(self, service: str, method: str, path: str) -> bool:
        return (
            self.times > 0
            and self.service in (service, "*")
            and self.method in (None, method)
            and re.search(self.path, path) is not None
        )


_FAULT_FIELDS = set(Fault.__dataclass_fields__)


def read_fault(data: dict[str, Any]) -> Fault:
    """A fault from control's JSON; ValueError says what is wrong with it."""
    unknown = set(data) - _FAULT_FIELDS
    if unknown:
        raise ValueError(f"unknown fault fields: {', '.join(sorted(unknown))}")
    if "service" not in data:
        raise ValueError("a fault needs a service")
    if sum(data.get(how) not in (None, False) for how in ("status", "cut", "hang_s")) != 1:
        raise ValueError("a fault needs exactly one of status, cut, hang_s")
    re.compile(data.get("path", ""))
    return Fault(**data)


class Faults:
    """The rules in force and the switches (`service.name` -> value) that services declared with their defaults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._defaults: dict[str, Any] = {}
        self._switches: dict[str, Any] = {}

    def declare(self, defaults: dict[str, Any]) -> None:
        """A service names its switches and what they are unless set."""
        self._defaults.update(defaults)

    def switch(self, name: str) -> Any:
        """The value in force of a declared switch; KeyError for one nobody declared."""
        with self._lock:
            return self._switches.get(name, self._defaults[name])

    def set_switches(self, values: dict[str, Any]) -> None:
        """All or none; ValueError names a switch that nobody declared."""
        unknown = set(values) - set(self._defaults)
        if unknown:
            raise ValueError(f"unknown switches: {', '.join(sorted(unknown))}")
        with self._lock:
            self._switches.update(values)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._rules.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()
            self._switches.clear()

    def take(self, service: str, method: str, path: str) -> Fault | None:
        """The first rule that fits, used up by one."""
        with self._lock:
            for rule in self._rules:
                if rule.fits(service, method, path):
                    rule.times -= 1
                    return rule
        return None

    def describe(self) -> dict[str, Any]:
        """What is set now, for `GET /control/faults`."""
        with self._lock:
            return {
                "faults": [vars(rule) for rule in self._rules if rule.times > 0],
                "switches": {**self._defaults, **self._switches},
            }
