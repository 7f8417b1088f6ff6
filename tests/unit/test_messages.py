"""The one catalogue: every language has every message with the same places to fill, and nothing in it is unused."""

import json
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import addin.messages
from addin.messages import LANGUAGES, direction, known, preferred

ROOT = Path(addin.messages.__file__).parent
PARTS = sorted(folder.name for folder in ROOT.iterdir() if folder.is_dir() and not folder.name.startswith("_"))
SOURCES = Path(__file__).parents[2]
# who says the messages of a part; the pane's are looked through by its own tests
USERS = {
    "invitation": ("addin/invitation",),
    "series": ("addin/recurrence/phrase.py",),
    "pages": ("server/join",),
    "notices": ("addin", "server"),
}


def read(part: str, language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / part / f"{language}.json").read_text("utf-8"))
    return found


def sentences(value: Any) -> Iterator[str]:
    """Every text below a message: plural forms and lists too."""
    if isinstance(value, str):
        yield value
    else:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from sentences(inner)


def places(value: Any) -> set[str]:
    """`{n}` is filled by the plural form where there is one, and may stand there or not."""
    return {name for text in sentences(value) for _, name, _, _ in string.Formatter().parse(text) if name} - {"n"}


def test_every_part_has_a_user() -> None:
    assert sorted([*USERS, "pane"]) == PARTS


@pytest.mark.parametrize("part", PARTS)
def test_every_language_has_every_message_with_the_same_places(part: str) -> None:
    assert sorted(path.stem for path in (ROOT / part).glob("*.json")) == sorted(LANGUAGES)
    english = read(part, "en")
    for language in LANGUAGES:
        translated = read(part, language)
        assert list(translated) == list(english), f"{part}/{language}: the same messages in the same order"
        for key, value in translated.items():
            assert places(value) == places(english[key]), f"{part}/{language} {key}"
            assert all(text.strip() for text in sentences(value)), f"{part}/{language} {key} is empty"


@pytest.mark.parametrize("part", USERS)
def test_no_message_is_unused(part: str) -> None:
    code = source_of(USERS[part])
    unused = [key for key in read(part, "en") if not used(key, code)]
    assert unused == [], f"nobody says these messages of {part}"


@cache
def source_of(places: tuple[str, ...]) -> str:
    files = [
        path
        for place in places
        for path in ([SOURCES / place] if place.endswith(".py") else sorted((SOURCES / place).rglob("*")))
        if path.suffix in {".py", ".html", ".j2"}
    ]
    return "\n".join(path.read_text("utf-8") for path in files)


def used(key: str, code: str) -> bool:
    """Named in full, or made of a fixed beginning or end and a part that varies, as in f"weekly_{interval}_day"."""
    if re.search(rf"""["']{re.escape(key)}["']""", code):
        return True
    head, dot, name = key.partition(".")
    if dot:  # reason.<reason>, where the reason is named by whoever refuses
        return (
            f'f"{head}.{{' in code
            and re.search(rf"""["']{re.escape(name)}["']|{_error_name(name)}\(""", code) is not None
        )
    made = {re.sub(r"\\\{[^}]*\\\}", r"\\w+", re.escape(found)) for found in re.findall(r'f"(\w*\{[^"]*)"', code)}
    ending = [re.escape(key[: -len(end)]) for end in ("_1", "_n") if key.endswith(end)]
    return any(re.fullmatch(pattern, key) for pattern in made if re.search("[a-z]{3}", pattern)) or any(
        re.search(rf"""["']{start}["']""", code) for start in ending
    )


def _error_name(reason: str) -> str:
    """`outcome-unknown` is the reason of OutcomeUnknown where none was given."""
    return "".join(word.capitalize() for word in reason.split("-"))


def test_a_misspelt_message_would_be_noticed() -> None:
    assert not used("room_idd", source_of(USERS["invitation"]))
    assert not used("reason.no-such-reason", source_of(USERS["notices"]))


def test_tags_lead_to_a_language() -> None:
    assert [known(tag) for tag in ("pt-BR", "pt_PT", "FR", "tlh", "")] == ["pt", "pt", "fr", None, None]
    assert preferred(["tlh", "de-AT", "fr"]) == "de"
    assert preferred([], "pl") == "pl"
    assert preferred(["tlh"], "tlh") == "en"
    assert [direction("ar"), direction("pl")] == ["rtl", "ltr"]
