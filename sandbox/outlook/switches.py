"""What of the Outlook stand-in can be switched, and which values make sense; it knows neither pages nor calls."""

from collections.abc import Callable
from typing import Any

from sandbox.graph import rewriting

SWITCHES: dict[str, Any] = {
    "outlook.requirement_set": "1.8",
    "outlook.permission_level": 3,
    "outlook.body_type": "html",
    "outlook.rewriting": None,
    "outlook.token_error": None,
    "outlook.office_faults": [],
}
# in the host's own numbering: Restricted, ReadItem, ReadWriteMailbox, ReadWriteItem
_LEVELS = (0, 1, 2, 3)
_LONGEST_DELAY_MS = 120_000
_HOWS = {"code", "delay", "drop", "deny", "behind"}


def check(values: dict[str, Any]) -> dict[str, Any]:
    """The values if all of them make sense; ValueError says in a sentence what does not."""
    for name, value in values.items():
        if name not in _CHECKS:
            raise ValueError(f"There is no setting {name}. Known are {', '.join(sorted(_CHECKS))}.")
        is_good, wanted = _CHECKS[name]
        if not is_good(value):
            raise ValueError(f"{name} must be {wanted}.")
    return values


def _is_set(value: Any) -> bool:
    major, _, minor = str(value).partition(".")
    return isinstance(value, str) and major.isdigit() and minor.isdigit()


def _is_error(value: Any) -> bool:
    return value is None or (_is_whole(value) and 0 < value < 100_000)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_faults(value: Any) -> bool:
    return isinstance(value, list) and all(_is_fault(one) for one in value)


def _is_fault(rule: Any) -> bool:
    if not isinstance(rule, dict) or set(rule) - _HOWS - {"dispatch", "times"} or len(set(rule) & _HOWS) != 1:
        return False
    amounts_fit = (
        _is_whole(rule.get("dispatch"))
        and (rule.get("times") is None or (_is_whole(rule["times"]) and rule["times"] > 0))
        and ("code" not in rule or (_is_whole(rule["code"]) and rule["code"] > 0))
        and ("delay" not in rule or (_is_whole(rule["delay"]) and 0 < rule["delay"] <= _LONGEST_DELAY_MS))
    )
    return amounts_fit and all(rule.get(how, True) is True for how in ("drop", "deny", "behind"))


_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "outlook.requirement_set": (_is_set, 'a version such as "1.8"'),
    "outlook.permission_level": (lambda value: _is_whole(value) and value in _LEVELS, "0, 1, 2 or 3"),
    "outlook.body_type": (lambda value: value in ("html", "text"), "html or text"),
    "outlook.rewriting": (
        lambda value: value is None or value in rewriting.MODES,
        f"null or one of {', '.join(rewriting.MODES)}",
    ),
    "outlook.token_error": (_is_error, "null or an error code such as 13003"),
    "outlook.office_faults": (
        _are_faults,
        'a list of {"dispatch": number, "times": how often} with exactly one of "code": number, "delay": milliseconds, '
        '"drop": true, "deny": true, "behind": true',
    ),
}
