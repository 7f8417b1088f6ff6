"""Knows the numbers to call a room by: the provider's or the built-in table, their order and how they are written.

Calling costs the caller (R26); none of these numbers is free of charge, and none is ever called so (R28, R29).
"""

import csv
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import phonenumbers

from addin.invitation.content import DialInNumber

# Domains of countries whose mail hosts say where a reader is. Two-letter domains that are sold world-wide say nothing.
_SOLD_WORLD_WIDE = frozenset(
    [
        "ac",
        "ag",
        "ai",
        "am",
        "cc",
        "cd",
        "co",
        "dj",
        "fm",
        "gg",
        "io",
        "la",
        "ly",
        "me",
        "mu",
        "nu",
        "pw",
        "sc",
        "sh",
        "so",
        "tk",
        "to",
        "tv",
        "vc",
        "vg",
        "ws",
    ]
)
_DOMAIN_COUNTRY = {"uk": "GB"}


@cache
def table() -> tuple[DialInNumber, ...]:
    """The 28 ordinary numbers of the help centre (R29), used where the account's gateways cannot be read."""
    source = resources.files("addin.invitation").joinpath("data", "dial-in-numbers.csv")
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return tuple(DialInNumber(row["country"], row["city"], row["e164"]) for row in rows)


def numbers_from_gateways(gateways: object) -> tuple[DialInNumber, ...]:
    """The numbers of `GET phone_gateways`: a list of `{"code", "location", "value"}`; what cannot be read is left out.

    The country is the provider's `code`: Calgary and Toronto are Canada, though +1 is shared with the United States.
    """
    if not isinstance(gateways, list):
        return ()
    found: dict[str, DialInNumber] = {}
    for gateway in gateways:
        number = _from_gateway(gateway)
        if number is not None:
            found.setdefault(number.e164, number)
    return tuple(found.values())


def _from_gateway(gateway: Any) -> DialInNumber | None:
    if not isinstance(gateway, dict) or not isinstance(gateway.get("value"), str):
        return None
    code = str(gateway.get("code") or "").strip().upper()
    try:
        parsed = phonenumbers.parse(gateway["value"], code if len(code) == 2 else None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    country = code if len(code) == 2 and code.isalpha() else phonenumbers.region_code_for_number(parsed) or ""
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return DialInNumber(country, str(gateway.get("location") or "").strip(), e164)


def choose(
    numbers: Sequence[DialInNumber], *, countries: Iterable[str], first: str | None = None
) -> tuple[DialInNumber, ...]:
    """All `numbers`, those of `first` (the organiser's choice, R23) in front, then of `countries` in their order.

    Numbers of one country keep their order; so do the numbers of countries that were not named, at the end.
    """
    order: dict[str, int] = {}
    for country in ([first] if first else []) + list(countries):
        order.setdefault(country.upper(), len(order))
    return tuple(sorted(numbers, key=lambda number: order.get(number.country, len(order))))


def nearest(
    numbers: Sequence[DialInNumber], *, countries: Iterable[str], first: str | None = None
) -> tuple[DialInNumber, ...]:
    """Only the numbers of the named countries, in the order of `choose`; all of them where no country has any."""
    named = {country.upper() for country in countries} | ({first.upper()} if first else set())
    chosen = choose(numbers, countries=countries, first=first)
    return tuple(number for number in chosen if number.country in named) or chosen


def country_of_mail_domain(address: str) -> str | None:
    """The country that the mail address's domain names (`ann@firma.example.de` gives DE), or None."""
    domain = address.rpartition("@")[2].strip().rstrip(".").lower()
    last = domain.rpartition(".")[2]
    if len(last) != 2 or not last.isalpha() or last in _SOLD_WORLD_WIDE or "." not in domain:
        return None
    country = _DOMAIN_COUNTRY.get(last, last.upper())
    return country if country in phonenumbers.SUPPORTED_REGIONS else None


@lru_cache(maxsize=2_048)
def is_number(text: str) -> bool:
    """Whether the text, which begins with +, is a whole international number by its length."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, None))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=2_048)
def written(e164: str) -> str:
    """The number in international form, grouped as its country does; unchanged where it cannot be parsed."""
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    text: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    digits = "".join(character for character in text if character.isdigit())
    return text if digits == e164.lstrip("+") else e164


@lru_cache(maxsize=2_048)
def country_of_number(e164: str) -> str | None:
    """The country that the number itself names; only for numbers whose country nobody gave (+1 has many)."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164, None)) or None
    except phonenumbers.NumberParseException:
        return None


def link(e164: str, tones: str = "") -> str:
    """`tel:` and the E.164 number alone; `tones` is an installation's own key sequence (RFC 3966), empty by default."""
    return f"tel:{e164}{tones}"
