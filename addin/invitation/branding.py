"""Holds what an administrator adds to the block (header, footer, logo, support line), made safe for Outlook's engines.

A template that cannot be used is refused with the reason when it is saved; one that was saved and cannot be used any
more falls back to the built-in block, and says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import nh3

from addin.errors import InvalidInput
from addin.invitation import catalogue, markup
from addin.invitation.content import web_address
from addin.invitation.recognise import LOGO_LABEL, SEPARATOR_CLOSE, SEPARATOR_OPEN

MAX_HTML = 4_000
# What Word's engine, Outlook on the web and the phones all show: no layout, no script, no style sheet, no form.
_TAGS = {"a", "b", "br", "em", "i", "p", "span", "strong", "u"}
_ATTRIBUTES = {"a": {"href"}, "span": {"style"}, "p": {"style"}}
_STYLES = {"color", "font-size", "font-weight", "font-style", "text-align", "text-decoration"}


@dataclass(frozen=True)
class Template:
    """One language's additions, sanitised: HTML of header and footer, logo address, support line as plain text."""

    header: str = ""
    footer: str = ""
    logo_url: str | None = None
    support: str = ""


@dataclass(frozen=True)
class Branding:
    """The additions of all languages. `version` counts up with each change; `problem` says why it is the built-in."""

    version: int = 0
    languages: Mapping[str, Template] = field(default_factory=dict)
    problem: str | None = None

    def rows_before(self, language: str) -> tuple[str, ...]:
        """HTML in front of the invitation: logo, then header."""
        template = self.languages[language]
        logo = ""
        if template.logo_url:
            logo = f'<img src="{escape(template.logo_url)}" alt="{LOGO_LABEL}" height="40" style="height:40px">'
        return tuple(row for row in (logo, template.header) if row)

    def rows_after(self, language: str) -> tuple[str, ...]:
        """HTML behind the invitation: support line, then footer."""
        template = self.languages[language]
        return tuple(row for row in (escape(template.support), template.footer) if row)

    def lines_before(self, language: str) -> tuple[str, ...]:
        """The words of `rows_before`."""
        return _lines(self.languages[language].header)

    def lines_after(self, language: str) -> tuple[str, ...]:
        """The words of `rows_after`."""
        template = self.languages[language]
        return (*_lines(escape(template.support)), *_lines(template.footer))

    def known_lines(self) -> tuple[str, ...]:
        """Every line that a block may hold because of these templates: for `body.put`'s `known`."""
        return tuple(
            line for language in self.languages for line in self.lines_before(language) + self.lines_after(language)
        )


PLAIN = Branding()


def branding_from_json(value: object) -> Branding:
    """Reads what an administrator saves: `{"version", "languages": {"fr": {"header", "footer", "logo_url", ...}}}`.

    Raises InvalidInput naming the field; what nh3 takes out is not an error (`sanitise` shows what is left).
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("languages", {}), Mapping):
        raise InvalidInput("Templates must be an object with `languages`.", field="languages")
    version = value.get("version", 1)
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise InvalidInput("`version` must be a whole number.", field="version")
    languages = {}
    for tag, template in value.get("languages", {}).items():
        code = catalogue.known(str(tag))
        if code is None:
            raise InvalidInput(f"There is no invitation in {tag!r}: remove it.", field="languages")
        languages[code] = _template(template, code)
    return Branding(version, languages)


def usable(value: object) -> Branding:
    """The saved templates, or the built-in block with `problem` set where they cannot be used any more."""
    try:
        return branding_from_json(value)
    except InvalidInput as error:
        return Branding(problem=f"The invitation template is not used: {error}")


def sanitise(source: str) -> str:
    """The part of `source` that every Outlook shows: a few inline tags, https and mailto links, plain styles."""
    cleaned: str = nh3.clean(
        source,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "mailto", "tel"},
        filter_style_properties=_STYLES,
        link_rel=None,
        strip_comments=True,
    )
    return cleaned.strip()


def _template(value: Any, language: str) -> Template:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"The template for {language} must be an object.", field=language)
    logo = value.get("logo_url")
    if logo is not None:
        logo = web_address(logo, "logo_url")
        if not logo.lower().startswith("https://"):
            raise InvalidInput("`logo_url` must begin with https://.", field="logo_url")
    support = _text(value, "support")
    if "\n" in support:
        raise InvalidInput("`support` must be one line.", field="support")
    return Template(sanitise(_text(value, "header")), sanitise(_text(value, "footer")), logo, support)


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value.get(name) or ""
    if not isinstance(text, str) or len(text) > MAX_HTML:
        raise InvalidInput(f"`{name}` must be a text of at most {MAX_HTML} characters.", field=name)
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", text):
        raise InvalidInput(f"`{name}` holds a control character: remove it.", field=name)
    visible = markup.read(sanitise(text)).visible.text
    if SEPARATOR_OPEN.search(visible) or SEPARATOR_CLOSE.search(visible):
        raise InvalidInput(f"`{name}` holds a separator line of the invitation: remove it.", field=name)
    return text


def _lines(source: str) -> tuple[str, ...]:
    return tuple(line for line in (" ".join(line.split()) for line in _visible(source).split("\n")) if line)


def _visible(source: str) -> str:
    return markup.read(source).visible.text
