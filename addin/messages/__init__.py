"""The one catalogue: every sentence that anybody reads, in every language; it must not know who says them or where.

A folder for each part, in it one JSON file a language with the same messages; English is the reference. The pane's
build takes `pane`, everything else is read here (decisions/messages.md).
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

LANGUAGES = ("en", "fr", "de", "es", "pt", "it", "nl", "pl", "ru", "ar")
DEFAULT = "en"
Part = Literal["invitation", "series", "pages", "notices"]
_RIGHT_TO_LEFT = frozenset({"ar"})


@cache
def messages(part: Part, language: str) -> Mapping[str, Any]:
    """Key -> whole sentence with named places, of one part in one of LANGUAGES; `series` also has lists and plurals."""
    source = resources.files("addin.messages").joinpath(part, f"{language}.json")
    found: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return found


def known(tag: str) -> str | None:
    """Our language for a tag (`pt-BR` and `pt_PT` give `pt`), or None where there is none."""
    base = tag.replace("_", "-").split("-")[0].strip().lower()
    return base if base in LANGUAGES else None


def preferred(tags: Iterable[str], otherwise: str = DEFAULT) -> str:
    """The first of a reader's languages, most wanted first, that we speak."""
    return next((found for tag in tags if (found := known(tag))), known(otherwise) or DEFAULT)


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Which way a language of ours is written."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"
