"""One administrator's wishes as a document, checked part by part, and how such layers lie over each other; pure.

A layer says only what it changes. The base (the settings) comes first, then the tenant's layer, then those of the
groups, the most important last. It knows neither where layers are kept nor who belongs to a group.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from addin.errors import InvalidInput
from addin.invitation import catalogue
from addin.invitation.branding import branding_from_json
from addin.model import AccessType, Choices, Kind, TokenDelivery
from addin.policy import InvitationSender, LinkStyle, PersonalInvitations, Policy

LOCKABLE = ("kind", "access", "dial_in", "language", "token_delivery", "permanent", "registration", "room_per_date")
MAX_REASON = 200
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True)
class Layer:
    """`wishes` holds checked values by name (see `FIELDS`); what is absent is left to the layer below."""

    wishes: Mapping[str, Any] = field(default_factory=dict)


def _refuse(name: str, what: str) -> NoReturn:
    raise InvalidInput(f"{name}: {what}", field=name, reason="policy")


def _words(kind: type[_Word]) -> Callable[[str, Any], tuple[_Word, ...]]:
    def read(name: str, value: Any) -> tuple[_Word, ...]:
        if not isinstance(value, list) or not value:
            _refuse(name, f"allow at least one of {', '.join(kind)}.")
        chosen = [_word(kind)(name, one) for one in value]
        return tuple(one for one in kind if one in chosen)

    return read


def _word(kind: type[_Word]) -> Callable[[str, Any], _Word]:
    def read(name: str, value: Any) -> _Word:
        if not isinstance(value, str) or value not in set(kind):
            _refuse(name, f"choose one of {', '.join(kind)}.")
        return kind(value)

    return read


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        _refuse(name, "choose true or false.")
    return bool(value)


def _language(name: str, value: Any) -> str:
    if value not in catalogue.LANGUAGES:
        _refuse(name, f"there is no invitation in {value!r}. Choose one of {', '.join(catalogue.LANGUAGES)}.")
    return str(value)


def _languages(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        _refuse(name, "allow at least one language.")
    chosen = {_language(name, one) for one in value}
    return tuple(one for one in catalogue.LANGUAGES if one in chosen)


def _country(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{2}", value):
        _refuse(name, "give a country as two capital letters, such as PL.")
    return value


def _number(least: int, most: int, unit: str) -> Callable[[str, Any], timedelta]:
    def read(name: str, value: Any) -> timedelta:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            _refuse(name, f"give a whole number of {unit} from {least} to {most}.")
        return timedelta(**{unit: value})

    return read


def _locks(name: str, value: Any) -> dict[str, str | None]:
    """A reason for each lock; null takes away the lock of a layer below."""
    if not isinstance(value, Mapping):
        _refuse(name, "give the name of a choice and the reason for each lock.")
    found: dict[str, str | None] = {}
    for choice, reason in value.items():
        if choice not in LOCKABLE:
            _refuse(name, f"{choice!r} cannot be locked. Choose among {', '.join(LOCKABLE)}.")
        if reason is not None and (not isinstance(reason, str) or not reason.strip()):
            _refuse(name, f"say why {choice} is locked: people read the reason in Outlook.")
        if reason is not None and (len(reason) > MAX_REASON or not reason.strip().isprintable()):
            _refuse(name, f"the reason for {choice} must be one line of at most {MAX_REASON} characters.")
        found[choice] = None if reason is None else reason.strip()
    return found


def _template(_name: str, value: Any) -> Any:
    """Checked as it is saved, kept as it was written: what is shown is sanitised anew each time."""
    branding_from_json(value)
    return value


FIELDS: Mapping[str, Callable[[str, Any], Any]] = {
    "kinds": _words(Kind),
    "access_types": _words(AccessType),
    "token_deliveries": _words(TokenDelivery),
    "languages": _languages,
    "dial_in_allowed": _truth,
    "default_kind": _word(Kind),
    "default_access": _word(AccessType),
    "default_dial_in": _truth,
    "default_dial_in_country": _country,
    "default_language": _language,
    "default_token_delivery": _word(TokenDelivery),
    "default_permanent": _truth,
    "default_registration": _truth,
    "default_room_per_date": _truth,
    "locks": _locks,
    "add_by_default": _truth,
    "link_style": _word(LinkStyle),
    "personal_invitations": _word(PersonalInvitations),
    "invitation_sender": _word(InvitationSender),
    "single_token_in_body": _truth,
    "tell_organiser": _truth,
    "longest_scheduled_minutes": _number(5, 1440, "minutes"),
    "grace_minutes": _number(0, 43_200, "minutes"),
    "retention_days": _number(8, 3650, "days"),
    "template": _template,
}
"""Every wish that a layer may hold, and how it is read."""

_DEFAULTS = {
    "default_kind": "kind",
    "default_access": "access",
    "default_dial_in": "dial_in",
    "default_dial_in_country": "dial_in_country",
    "default_language": "language",
    "default_token_delivery": "token_delivery",
    "default_permanent": "permanent",
    "default_registration": "registration",
    "default_room_per_date": "room_per_date",
}
_RENAMED = {
    "longest_scheduled_minutes": "longest_scheduled",
    "grace_minutes": "grace",
    "retention_days": "retention",
}


def read_layer(document: Any) -> Layer:
    """A layer from JSON. InvalidInput (reason `policy`) names the part at fault and what to do; null means absent."""
    if not isinstance(document, Mapping):
        raise InvalidInput("A policy must be an object of names and values.", field="policy", reason="policy")
    for name in document:
        if name not in FIELDS:
            _refuse(str(name), f"there is no such part of a policy. Choose among {', '.join(FIELDS)}.")
    return Layer({name: FIELDS[name](name, value) for name, value in document.items() if value is not None})


def merge(base: Policy, layers: Iterable[Layer]) -> Policy:
    """The policy that holds once all layers lie over the base, later ones above earlier ones.

    Where two layers together would set a default that is not allowed, the first allowed value takes its place: what
    comes out never contradicts itself.
    """
    policy = base
    for layer in layers:
        policy = _over(policy, layer)
    return _settled(policy)


def _over(policy: Policy, layer: Layer) -> Policy:
    wishes = dict(layer.wishes)
    defaults = {_DEFAULTS[name]: wishes.pop(name) for name in list(wishes) if name in _DEFAULTS}
    locks = {**policy.locks, **wishes.pop("locks", {})}
    changes: dict[str, Any] = {_RENAMED.get(name, name): value for name, value in wishes.items()}
    if "template" in changes:
        changes["branding"] = branding_from_json(changes.pop("template"))
        changes["former_lines"] = (*policy.former_lines, *policy.branding.known_lines())
    kept = {name: reason for name, reason in locks.items() if reason is not None}
    return replace(policy, defaults=replace(policy.defaults, **defaults), locks=kept, **changes)


def _settled(policy: Policy) -> Policy:
    chosen = policy.defaults
    return replace(
        policy,
        defaults=replace(
            chosen,
            kind=chosen.kind if chosen.kind in policy.kinds else policy.kinds[0],
            access=chosen.access if chosen.access in policy.access_types else policy.access_types[0],
            language=chosen.language if chosen.language in policy.languages else policy.languages[0],
            token_delivery=(
                chosen.token_delivery
                if chosen.token_delivery in policy.token_deliveries
                else policy.token_deliveries[0]
            ),
            dial_in=chosen.dial_in and policy.dial_in_allowed,
            room_per_date=chosen.room_per_date and not chosen.permanent,
        ),
    )


def check_layers(base: Policy, layers: Iterable[Layer]) -> Policy:
    """As `merge`, for what is about to be saved: InvalidInput where the layers contradict themselves or each other."""
    policy = base
    for layer in layers:
        policy = _over(policy, layer)
    choices: Choices = policy.defaults
    for choice, value, allowed, allowing in (
        ("kind", choices.kind, policy.kinds, "kinds"),
        ("access", choices.access, policy.access_types, "access_types"),
        ("language", choices.language, policy.languages, "languages"),
        ("token_delivery", choices.token_delivery, policy.token_deliveries, "token_deliveries"),
    ):
        if value in allowed:
            continue
        if choice in policy.locks:
            _refuse(
                "locks", f"{choice} is locked to {value}, which is not allowed. Add it to {allowing}, or unlock it."
            )
        instead = ", ".join(allowed)
        _refuse(f"default_{choice}", f"{value} is not allowed. Add it to {allowing}, or choose among {instead}.")
    if choices.permanent and choices.room_per_date:
        _refuse("default_room_per_date", "a permanent room is the same for every date. Choose one of the two.")
    if choices.dial_in and not policy.dial_in_allowed:
        where = "locks" if "dial_in" in policy.locks else "default_dial_in"
        _refuse(where, "dial-in is switched on by default but not allowed. Allow it, or switch the default off.")
    return policy
