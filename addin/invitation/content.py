"""Holds what an invitation says, and reads it from JSON; it knows neither markup nor languages' wording."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from addin.errors import InvalidInput
from addin.model import AccessType, Kind

_Choice = TypeVar("_Choice", bound=StrEnum)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}$")
MAX_NUMBERS = 500
MAX_TEXT = 1_000


@dataclass(frozen=True)
class Access:
    """How a participant is let in. `token` is set only where the text has exactly one reader (design: delivery)."""

    type: AccessType = AccessType.OPEN
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class DialInNumber:
    """One number to call. `country` is ISO 3166-1 alpha-2, `location` the provider's label, `e164` what is dialled."""

    country: str
    location: str
    e164: str


@dataclass(frozen=True)
class DialIn:
    """Joining by phone. Nothing of it is printed unless `enabled` (R24). `numbers` None: the built-in table."""

    enabled: bool = False
    pin: int | None = None
    country: str | None = None
    numbers: tuple[DialInNumber, ...] | None = None


@dataclass(frozen=True)
class Invitation:
    """What the shared block says: only what does not change when the appointment moves (no date, time or subject).

    `own_link` is true where the room changes from date to date (strategy `rolling`): the block then carries the link
    and the numbers, but no room ID, PIN or password. `tokens` are (participant, token) for delivery in the body.
    """

    kind: Kind
    title: str
    join_url: str
    room_id: int | None = None
    access: Access = Access()
    dial_in: DialIn = DialIn()
    language: str = "en"
    own_link: bool = False
    tokens: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    number_list_url: str | None = None

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Reads the `invitation` of a body line. Raises InvalidInput naming the field."""
        source = _mapping(value, "invitation")
        return cls(
            kind=_choice(Kind, source.get("kind", "meeting"), "kind"),
            title=_text(source.get("title", ""), "title"),
            join_url=web_address(source.get("join_url"), "join_url"),
            room_id=_number(source.get("room_id"), "room_id"),
            access=_access(source.get("access")),
            dial_in=_dial_in(source.get("dial_in")),
            language=_text(source.get("language", "en"), "language"),
            own_link=_flag(source.get("own_link", False), "own_link"),
            tokens=_tokens(source.get("tokens")),
            number_list_url=_optional_address(source.get("number_list_url"), "number_list_url"),
        )


@dataclass(frozen=True)
class PersonalInvitation:
    """What one participant is told: own link, own token, times in own zone. `numbers` come nearest first.

    `start` and `end` are aware datetimes, already in the reader's zone; `zone` is its IANA name. `recurrence` is the
    sentence of the series in the reader's language, None for a single event.
    """

    kind: Kind
    title: str
    join_url: str = field(repr=False)
    start: datetime
    end: datetime
    zone: str
    language: str
    organiser: str
    all_day: bool = False
    token: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    room_id: int | None = None
    recurrence: str | None = None
    numbers: tuple[DialInNumber, ...] = ()
    pin: int | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise InvalidInput("A personal invitation needs times with a time zone.", field="start")


def former_from_json(value: object) -> tuple[str, ...]:
    """The `former` join URLs of a body line; absent means none."""
    source = _mapping(value, "invitation").get("former")
    if source is None:
        return ()
    if not isinstance(source, list):
        raise InvalidInput("`former` must be a list of URLs.", field="former")
    return tuple(web_address(item, "former") for item in source)


def web_address(value: object, name: str) -> str:
    """An absolute http(s) URL without white space or control characters; InvalidInput otherwise."""
    text = _text(value, name, limit=4_000)
    try:
        parts = urlsplit(text)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or re.search(r"[\s<>\"]", text):
        raise InvalidInput(f"`{name}` must be an absolute https URL.", field=name)
    return text


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"`{name}` must be an object.", field=name)
    return value


def _text(value: object, name: str, *, limit: int = MAX_TEXT) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"`{name}` must be a text.", field=name)
    if len(value) > limit:
        raise InvalidInput(f"`{name}` is longer than {limit} characters: shorten it.", field=name)
    if _CONTROL.search(value):
        raise InvalidInput(f"`{name}` holds a control character: remove it.", field=name)
    return value


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"`{name}` must be true or false.", field=name)
    return value


def _number(value: object, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,20}", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**20:
        raise InvalidInput(f"`{name}` must be a whole number.", field=name)
    return value


def _choice(kinds: type[_Choice], value: object, name: str) -> _Choice:
    try:
        return kinds(str(value))
    except ValueError:
        allowed = ", ".join(kinds)
        raise InvalidInput(f"`{name}` must be one of: {allowed}.", field=name) from None


def _optional_address(value: object, name: str) -> str | None:
    return None if value is None else web_address(value, name)


def _optional_text(value: object, name: str) -> str | None:
    return None if value is None else _text(value, name)


def _access(value: object) -> Access:
    if value is None:
        return Access()
    source = _mapping(value, "access")
    access = Access(
        type=_choice(AccessType, source.get("type", "open"), "access.type"),
        password=_optional_text(source.get("password"), "access.password"),
        token=_optional_text(source.get("token"), "access.token"),
    )
    if access.token is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", access.token):
        raise InvalidInput("`access.token` must be letters and digits.", field="access.token")
    return access


def _dial_in(value: object) -> DialIn:
    if value is None:
        return DialIn()
    source = _mapping(value, "dial_in")
    country = _optional_text(source.get("country"), "dial_in.country")
    if country is not None and not re.fullmatch(r"[A-Za-z]{2}", country):
        raise InvalidInput("`dial_in.country` must be a two-letter country code.", field="dial_in.country")
    return DialIn(
        enabled=_flag(source.get("enabled", False), "dial_in.enabled"),
        pin=_number(source.get("pin"), "dial_in.pin"),
        country=country.upper() if country else None,
        numbers=_numbers(source.get("numbers")),
    )


def _numbers(value: object) -> tuple[DialInNumber, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_NUMBERS:
        raise InvalidInput(f"`dial_in.numbers` must be a list of at most {MAX_NUMBERS}.", field="dial_in.numbers")
    return tuple(_dial_in_number(item) for item in value)


def _dial_in_number(value: object) -> DialInNumber:
    source = _mapping(value, "dial_in.numbers")
    country = _text(source.get("country", ""), "dial_in.numbers.country")
    e164 = re.sub(r"[\s().\-]", "", _text(source.get("e164"), "dial_in.numbers.e164"))
    if not re.fullmatch(r"[A-Za-z]{0,2}", country):
        raise InvalidInput("A dial-in number's `country` must be a two-letter code.", field="dial_in.numbers.country")
    if not _E164.fullmatch(e164):
        raise InvalidInput(
            "A dial-in number's `e164` must be + and 7 to 15 digits, such as +48223078288.",
            field="dial_in.numbers.e164",
        )
    location = _text(source.get("location") or "", "dial_in.numbers.location")
    return DialInNumber(country.upper(), location, e164)


def _tokens(value: object) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidInput("`tokens` must be a list of [participant, token].", field="tokens")
    found = []
    for item in value:
        if not isinstance(item, list) or len(item) != 2:
            raise InvalidInput("`tokens` must be a list of [participant, token].", field="tokens")
        found.append((_text(item[0], "tokens"), _text(item[1], "tokens")))
    return tuple(found)
