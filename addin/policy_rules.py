"""What a policy means for one person's choices: what is refused, what is offered, what another policy would change.

Pure: it neither merges layers nor knows who asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from addin.errors import InvalidInput
from addin.model import AccessType, Choices
from addin.policy import Policy

NO_DIAL_IN = "Your organisation does not offer dial-in."
ONE_DELIVERY = "Your organisation tells tokens in this way only."
_NAMES = {
    "longest_scheduled": "longest_scheduled_minutes",
    "grace": "grace_minutes",
    "retention": "retention_days",
    "branding": "template",
}
_NOT_FOR_PEOPLE = ("former_lines", "password", "lobby_message", "agenda")


@dataclass(frozen=True)
class Difference:
    """One part of a policy before and after, as short texts; '' is unset."""

    name: str
    before: str
    after: str


def enforce(choices: Choices, policy: Policy, *, before: Choices | None = None) -> None:
    """InvalidInput with the field and the reason where the policy forbids a choice (reasons `locked`, `not-offered`).

    `before` are the choices of a meeting that is changed: what stays as it was is not refused, however old it is.
    """
    for name, reason in policy.locks.items():
        if _locked(name, choices, policy, before):
            raise InvalidInput(
                f"Your organisation has set this, and it cannot be changed: {reason}", field=name, reason="locked"
            )
    _allowed("kind", choices.kind, policy.kinds, before.kind if before else None)
    _allowed("access", choices.access, policy.access_types, before.access if before else None)
    _allowed("language", choices.language, policy.languages, before.language if before else None)
    if choices.access is AccessType.TOKEN:
        told = before.token_delivery if before and before.access is AccessType.TOKEN else None
        _allowed("token_delivery", choices.token_delivery, policy.token_deliveries, told)
    if choices.dial_in and not policy.dial_in_allowed and not (before and before.dial_in):
        raise InvalidInput(f"{NO_DIAL_IN} Switch it off.", field="dial_in", reason="not-offered")


def _locked(name: str, choices: Choices, policy: Policy, before: Choices | None) -> bool:
    """Whether this choice is another than the locked one. With dial-in goes its country, where the policy names one."""
    names = ("dial_in", "dial_in_country") if name == "dial_in" and policy.defaults.dial_in_country else (name,)
    if name == "token_delivery" and choices.access is not AccessType.TOKEN:
        return False  # nothing is told where there are no tokens
    wanted = tuple(getattr(choices, one) for one in names)
    if name == "dial_in" and not choices.dial_in and not policy.defaults.dial_in:
        return False
    kept = before is not None and wanted == tuple(getattr(before, one) for one in names)
    if name == "token_delivery" and before and before.access is not AccessType.TOKEN:
        kept = False  # it meant nothing so far, so nobody agreed to it
    return not kept and wanted != tuple(getattr(policy.defaults, one) for one in names)


def _allowed(name: str, value: str, allowed: tuple[str, ...], before: str | None) -> None:
    if value in allowed or value == before:
        return
    raise InvalidInput(
        f"Your organisation does not offer {value} here. Choose one of {', '.join(allowed)}.",
        field=name,
        reason="not-offered",
    )


def shown_locks(policy: Policy) -> dict[str, str]:
    """Every choice that the pane must not offer to change, with the sentence that says why."""
    locks = dict(policy.locks)
    if not policy.dial_in_allowed:
        locks.setdefault("dial_in", NO_DIAL_IN)
    if len(policy.token_deliveries) == 1:
        locks.setdefault("token_delivery", ONE_DELIVERY)
    return locks


def differences(before: Policy, after: Policy) -> tuple[Difference, ...]:
    """What would change for a person, part by part, in the order of the policy's fields."""
    old, new = _texts(before), _texts(after)
    found = (Difference(name, old.get(name, ""), new.get(name, "")) for name in dict.fromkeys((*old, *new)))
    return tuple(one for one in found if one.before != one.after)


def texts(policy: Policy) -> Mapping[str, str]:
    """A whole policy as short texts, by the names that layers use."""
    return _texts(policy)


def _texts(policy: Policy) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in fields(policy):
        value = getattr(policy, part.name)
        if part.name == "defaults":
            for choice in fields(value):
                if choice.name not in _NOT_FOR_PEOPLE:
                    found[f"default_{choice.name}"] = _text(getattr(value, choice.name))
        elif part.name == "locks":
            found |= {f"lock:{name}": reason for name, reason in value.items()}
        elif part.name == "branding":
            kept = replace(value, version=0)
            found["template"] = ", ".join(sorted(kept.languages)) and _mark(kept)
        elif part.name not in _NOT_FOR_PEOPLE:
            found[_NAMES.get(part.name, part.name)] = _text(value, days=part.name == "retention")
    return found


def _mark(branding: Any) -> str:
    """The languages of a template and its first words, so that another one reads different."""
    lines = " / ".join(branding.known_lines())
    return f"{', '.join(sorted(branding.languages))}: {lines[:120]}"


def _text(value: Any, *, days: bool = False) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return f"{value.days}" if days else f"{value.total_seconds() / 60:g}"
    if isinstance(value, tuple):
        return ", ".join(_text(one) for one in value)
    return value.value if isinstance(value, StrEnum) else str(value)
