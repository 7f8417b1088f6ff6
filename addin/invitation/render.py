"""Writes an invitation as HTML and as text in the reader's language; it knows nothing of the body it will stand in.

The HTML is tables and inline styles, one statement a row, so that it reads the same in Word's engine, on the web, on a
phone and when a client flattens it (docs/invitation-template.md). Nothing but the button has a colour of its own: what
inherits stays readable in dark mode.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, get_timezone_name

from addin.invitation import catalogue, dialin
from addin.invitation.branding import PLAIN, Branding
from addin.invitation.content import DialInNumber, Invitation, PersonalInvitation
from addin.model import AccessType, Kind

TEMPLATE_VERSION = 1
OPENER = "__________ ClickMeeting __________"
CLOSER = "_" * 36

_FONT = "font-family:'Segoe UI',Aptos,Calibri,Arial,sans-serif"
# Word's engine pads and colours cells, not links: the button is a cell of its own.
_BUTTON = (
    '<table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr><td bgcolor="#0b5394" '
    'style="background-color:#0b5394;padding:10px 18px"><a href="{href}" '
    'style="color:#ffffff;font-size:16px;font-weight:bold;text-decoration:none">{label}</a></td></tr></table>'
)
_ROW = "padding:3px 0;font-size:15px;line-height:22px"
_ISOLATE, _END_ISOLATE = "\u2066", "\u2069"


@dataclass(frozen=True, slots=True)
class Line:
    """One statement: `before`, the `value` that is copied or dialled, `after`; `href` links the value.

    `role` is how it is drawn: "button", "heading", "plain".
    """

    before: str = ""
    value: str = ""
    after: str = ""
    href: str | None = None
    role: str = "plain"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Statements that are drawn already: table rows of HTML and the same as lines of text."""

    rows: str
    lines: tuple[str, ...]


Statement = Line | Drawn


def message(language: str, key: str, place: str = "", value: str = "", **others: str) -> Line:
    """The catalogue's sentence with `value` put at `place`; `others` fill further places."""
    text = catalogue.messages(language)[key]
    if not place:
        return Line(before=text.format(**others) if others else text)
    before, _, after = text.partition("{" + place + "}")
    if others:
        before, after = before.format(**others), after.format(**others)
    return Line(before, value, after)


def language_of(wanted: str) -> str:
    """The catalogue that serves a language tag; English where there is none."""
    return catalogue.known(wanted) or catalogue.DEFAULT


def block_html(invitation: Invitation, branding: Branding = PLAIN) -> str:
    """The shared block as HTML: one `div` of separator, table, separator, without id, class or comment.

    `branding` is what an administrator adds in front and behind, already sanitised.
    """
    language = language_of(invitation.language)
    return _document(_shared(invitation, branding, language), language, separators=True)


def block_text(invitation: Invitation, branding: Branding = PLAIN) -> str:
    """The shared block as text, lines ended by a line feed except the last, the same statements as the HTML."""
    language = language_of(invitation.language)
    return "\n".join([OPENER, *_text_lines(_shared(invitation, branding, language), language), CLOSER])


def personal_subject(personal: PersonalInvitation) -> str:
    """Subject of the personal message; at most 255 characters."""
    subject = message(language_of(personal.language), "subject", title=personal.title).before
    return subject if len(subject) <= 255 else subject[:254] + "…"


def personal_html(personal: PersonalInvitation) -> str:
    """The personal message as a whole HTML document. The only text, besides its twin, that holds the token."""
    language = language_of(personal.language)
    inner = _document(_personal_lines(personal, language), language, separators=False)
    direction = _direction(language)
    return (
        f'<!DOCTYPE html><html lang="{language}"{direction}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(personal_subject(personal))}</title></head><body>{inner}</body></html>"
    )


def personal_text(personal: PersonalInvitation) -> str:
    """The personal message as text, the same statements as the HTML."""
    language = language_of(personal.language)
    return "\n".join(_text_lines(_personal_lines(personal, language), language)) + "\n"


def _shared(invitation: Invitation, branding: Branding, language: str) -> list[Statement]:
    added = language in branding.languages
    before = [_branded(branding.rows_before(language), branding.lines_before(language), language)] if added else []
    after = [_branded(branding.rows_after(language), branding.lines_after(language), language)] if added else []
    return [*before, *_shared_lines(invitation, language), *after]


def _branded(rows: tuple[str, ...], lines: tuple[str, ...], language: str) -> Drawn:
    direction = _direction(language)
    return Drawn("".join(_framed(row, direction) for row in rows), lines)


def _shared_lines(invitation: Invitation, language: str) -> list[Statement]:
    access = invitation.access
    lines: list[Statement] = [*_join(invitation.kind, invitation.join_url, language)]
    if not invitation.own_link:
        lines += _entry(invitation.room_id, access.password, access.token, language)
    elif access.token:
        lines.append(message(language, "token", "token", access.token))
    for participant, token in invitation.tokens:
        lines.append(message(language, "token_for", "token", token, participant=participant))
    if access.type is AccessType.TOKEN and not access.token and not invitation.tokens:
        lines.append(message(language, "token_personal"))
    if invitation.own_link:
        lines.append(message(language, "on_join_page"))
    if invitation.dial_in.enabled:
        dial_in = invitation.dial_in
        pin = None if invitation.own_link else dial_in.pin
        lines += _phone(_numbers(dial_in.numbers, dial_in.country, language), pin, language, "by_phone")
        if invitation.number_list_url:
            line = message(language, "all_numbers", "url", invitation.number_list_url)
            lines.append(Line(line.before, line.value, line.after, href=line.value))
    return lines


def _join(kind: Kind, url: str, language: str, key: str | None = None) -> list[Line]:
    label = catalogue.messages(language)[key or ("join_webinar" if kind is Kind.WEBINAR else "join_meeting")]
    return [Line(value=label, href=url, role="button"), Line(value=url, href=url)]


def _entry(room_id: int | None, password: str | None, token: str | None, language: str) -> list[Line]:
    lines = []
    if room_id is not None:
        lines.append(message(language, "room_id", "room_id", str(room_id)))
    if password:
        lines.append(message(language, "password", "password", quoted(password)))
    if token:
        lines.append(message(language, "token", "token", token))
    return lines


def quoted(password: str) -> str:
    """The password as printed: in quotation marks where white space would hide where it begins and ends."""
    return f"“{password}”" if any(map(str.isspace, password)) or password[0] in '“"' else password


def _phone(numbers: Drawn, pin: int | None, language: str, heading: str) -> list[Statement]:
    lines: list[Statement] = [Line(before=catalogue.messages(language)[heading], role="heading"), numbers]
    if pin is not None:
        lines.append(message(language, "pin", "pin", str(pin)))
    lines.append(message(language, "cost"))
    return lines


@lru_cache(maxsize=512)
def _numbers(numbers: tuple[DialInNumber, ...] | None, first: str | None, language: str) -> Drawn:
    """The numbers (None: the table), those of `first`'s country in front; the same few lists come again and again."""
    chosen = dialin.choose(dialin.table() if numbers is None else numbers, countries=(), first=first)
    lines = [_number(number, language) for number in chosen]
    direction = _direction(language)
    return Drawn("".join(_framed(_row(line, direction), direction) for line in lines), _text_lines(lines, language))


def _number(number: DialInNumber, language: str) -> Line:
    country = catalogue.country_name(number.country or dialin.country_of_number(number.e164) or "ZZ", language)
    location = number.location.translate(_BRACKETS)
    text = dialin.written(number.e164)
    if location:
        line = message(language, "number", "number", text, country=country, location=location)
    else:
        line = message(language, "number_plain", "number", text, country=country)
    return Line(line.before, line.value, line.after, href=dialin.link(number.e164))


_BRACKETS = str.maketrans("()\n", "[] ")


def _personal_lines(personal: PersonalInvitation, language: str) -> list[Statement]:
    lines: list[Statement] = [message(language, "invited", organiser=personal.organiser, title=personal.title)]
    lines.append(_when(personal, language))
    if personal.recurrence:
        lines.append(message(language, "repeats", sentence=personal.recurrence))
    lines += _join(personal.kind, personal.join_url, language, "personal_link")
    lines += _entry(personal.room_id, personal.password, personal.token, language)
    if personal.token:
        lines.append(message(language, "own_only"))
    if personal.numbers:
        lines += _phone(_numbers(personal.numbers, None, language), personal.pin, language, "phone_nearest")
    lines.append(message(language, "in_addition"))
    return lines


def _when(personal: PersonalInvitation, language: str) -> Line:
    locale = catalogue.locale(personal.language if catalogue.known(personal.language) else language)
    zone = personal.zone
    start, end = personal.start.astimezone(ZoneInfo(zone)), personal.end.astimezone(ZoneInfo(zone))
    if personal.all_day:
        first, last = format_date(start, "full", locale), format_date(end, "full", locale)
        return message(language, "when_all_day", start=first, end=last)
    until = (
        format_time(end, "short", locale=locale)
        if start.date() == end.date()
        else format_datetime(end, "medium", locale=locale)
    )
    named = f"{get_timezone_name(start, locale=locale)}, {zone}"
    return message(language, "when", start=_long(start, locale), end=until, zone=named)


def _long(moment: datetime, locale: Locale) -> str:
    day, time = format_date(moment, "full", locale), format_time(moment, "short", locale=locale)
    return f"{day}, {time}"


def _direction(language: str) -> str:
    return ' dir="rtl"' if catalogue.right_to_left(language) else ""


def _document(statements: Sequence[Statement], language: str, *, separators: bool) -> str:
    direction = _direction(language)
    edge = f'<p{direction} style="margin:12px 0;font-size:13px;{_FONT}">'
    rows = "".join(
        each.rows if isinstance(each, Drawn) else _framed(_row(each, direction), direction) for each in statements
    )
    table = (
        f'<table role="presentation" border="0" cellpadding="0" cellspacing="0"{direction} '
        f'style="border-collapse:collapse;max-width:600px;{_FONT}">{rows}</table>'
    )
    before, after = (f"{edge}{OPENER}</p>", f"{edge}{CLOSER}</p>") if separators else ("", "")
    return f'<div lang="{language}"{direction}>{before}{table}{after}</div>'


def _framed(content: str, direction: str) -> str:
    return f'<tr><td{direction} style="{_ROW}">{content}</td></tr>'


def _row(line: Line, direction: str) -> str:
    value = escape(line.value)
    if line.role == "heading":
        return f"<b>{escape(line.before)}</b>"
    if line.role == "button":
        return _BUTTON.format(href=escape(line.href or ""), label=value)
    aside = ' dir="ltr"' if direction else ""
    if line.href is not None:
        style = "white-space:nowrap" if line.href.startswith("tel:") else "word-break:break-all"
        value = f'<a href="{escape(line.href)}"{aside} style="{style}">{value}</a>'
    elif value:
        value = f"<b{aside}>{value}</b>"
    return escape(line.before) + value + escape(line.after)


def _text_lines(statements: Sequence[Statement], language: str) -> tuple[str, ...]:
    isolated = catalogue.right_to_left(language)
    lines: list[str] = []
    for each in statements:
        if isinstance(each, Drawn):
            lines += each.lines
        elif isolated and each.href is not None and each.role != "button":
            lines.append(f"{each.before}{_ISOLATE}{each.value}{_END_ISOLATE}{each.after}")
        else:
            lines.append(f"{each.before}{each.value}{each.after}")
    return tuple(lines)
