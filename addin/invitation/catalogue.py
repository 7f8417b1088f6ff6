"""Holds every sentence of the invitation in every language; it knows neither HTML nor what a sentence is used for."""

from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError

from addin import messages as every
from addin.messages import DEFAULT, LANGUAGES, known

__all__ = ["DEFAULT", "LANGUAGES", "country_name", "country_names", "known", "locale", "messages", "right_to_left"]


def messages(language: str) -> Mapping[str, str]:
    """The invitation's messages in one of LANGUAGES, whole sentences with named places (`{password}`)."""
    return every.messages("invitation", language)


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
