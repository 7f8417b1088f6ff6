"""Holds every sentence of the invitation in every language; it knows neither HTML nor what a sentence is used for."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from babel import Locale, UnknownLocaleError

LANGUAGES = ("en", "fr", "de", "es", "pt", "it", "nl", "pl", "ru", "ar")
DEFAULT = "en"


@cache
def messages(language: str) -> Mapping[str, str]:
    """The messages of one of LANGUAGES, whole sentences with named places (`{password}`)."""
    source = resources.files("addin.invitation").joinpath("locale", f"{language}.json")
    content: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return content


def known(language: str) -> str | None:
    """The catalogue for a language tag (`pt-BR` and `pt_PT` give `pt`), or None where there is none."""
    base = language.replace("_", "-").split("-")[0].strip().lower()
    return base if base in LANGUAGES else None


def right_to_left(language: str) -> bool:
    """Whether the language is written from right to left."""
    return locale(language).text_direction == "rtl"


@cache
def locale(language: str) -> Locale:
    """Babel's locale of a catalogue or a full tag: British dates for plain English, European for plain Portuguese."""
    tag = {"en": "en_GB", "pt": "pt_PT"}.get(language, language.replace("-", "_"))
    try:
        return Locale.parse(tag)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(known(language) or DEFAULT)


@cache
def country_name(code: str, language: str) -> str:
    """The country in the reader's language, `code` itself where it is not one (ISO 3166-1 alpha-2)."""
    return str(locale(language).territories.get(code.upper(), code.upper()))


@cache
def country_names() -> frozenset[str]:
    """Every country name that any catalogue can print, folded to lower case; found again in rewritten bodies."""
    names: set[str] = set()
    for language in LANGUAGES:
        names.update(str(name).casefold() for code, name in locale(language).territories.items() if len(code) == 2)
    return frozenset(names)
