"""What an invitation says, in every language: all of it, only what lasts, escaped, the same as HTML and as text."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.errors import InvalidInput
from addin.invitation import body as bodies
from addin.invitation import catalogue, markup, render
from addin.invitation.content import (
    Access,
    AccessType,
    DialIn,
    DialInNumber,
    Invitation,
    Kind,
    PersonalInvitation,
)

URL = "https://acme.clickmeeting.com/quarterly-review?x=1&y=%C3%A9"
NUMBERS = (
    DialInNumber("PL", "Warsaw", "+48223078288"),
    DialInNumber("CA", "Calgary", "+15877741365"),
    DialInNumber("MM", "Yangon (old town)", "+9512345678"),
    DialInNumber("", "", "+4915735989002"),
)
FULL = Invitation(
    kind=Kind.MEETING,
    title="Never printed: <b>title</b>",
    join_url=URL,
    room_id=518204773,
    access=Access(AccessType.PASSWORD, password="a<b>&'\"9"),
    dial_in=DialIn(enabled=True, pin=275118640, numbers=NUMBERS),
    number_list_url="https://meet.contoso.example/numbers",
)
WARSAW = ZoneInfo("Europe/Warsaw")
PERSONAL = PersonalInvitation(
    kind=Kind.WEBINAR,
    title="Plans & <hopes>",
    join_url="https://meet.contoso.example/e/one-time",
    start=datetime(2026, 12, 1, 10, 0, tzinfo=WARSAW),
    end=datetime(2026, 12, 1, 11, 30, tzinfo=WARSAW),
    zone="America/New_York",
    language="en",
    organiser="Organiser <o>",
    token="P4P9QW",
    recurrence="every week on Tuesday",
    numbers=NUMBERS,
    pin=275118640,
)
every_language = pytest.mark.parametrize("language", catalogue.LANGUAGES)


def visible(source: str) -> str:
    return markup.read(source).visible.text


def plain(text: str) -> str:
    return re.sub(r"[\u2066\u2069]", "", text)


@every_language
def test_html_and_text_say_the_same_lines(language: str) -> None:
    invitation = replace(FULL, language=language)
    html_lines = [line for line in visible(render.block_html(invitation)).split("\n") if line]
    assert html_lines == plain(render.block_text(invitation)).split("\n")


@every_language
def test_everything_that_was_given_is_printed_and_linked(language: str) -> None:
    source = render.block_html(replace(FULL, language=language))
    tree = lxml.html.fromstring(source)
    text = visible(source)
    for said in (URL, "518204773", "a<b>&'\"9", "275118640", "https://meet.contoso.example/numbers"):
        assert said in text, f"{said} is missing"
    for number in NUMBERS:
        assert number.e164 in re.sub(r"[\s()-]", "", text)
        assert f"tel:{number.e164}" in tree.xpath("//a/@href"), "dials more or less than the number"
    assert tree.xpath("//a/@href").count(URL) == 2
    assert "Never printed" not in source, "the shared block holds no subject: it would be wrong after a change"


@every_language
def test_the_block_is_found_again_in_every_language(language: str) -> None:
    invitation = replace(FULL, language=language, tokens=(("Ann Lee", "P4P9QW"),))
    for content_type, block in (("html", render.block_html(invitation)), ("text", render.block_text(invitation))):
        body = bodies.put("Hello", block, content_type=content_type, join_url=URL)
        assert bodies.find(body, content_type=content_type, join_url=URL) == 1
        assert bodies.remove(body, content_type=content_type, join_url=URL) == "Hello"
        without = body.replace(render.OPENER, "").replace(render.CLOSER, "")
        assert bodies.find(without, content_type=content_type, join_url=URL) == 1, "separators gone"
        assert plain(visible(bodies.remove(without, content_type=content_type, join_url=URL))).split() == ["Hello"]


def test_markup_is_tables_and_inline_styles_only() -> None:
    tree = lxml.html.fromstring(render.block_html(FULL))
    names = {element.tag for element in tree.iter()}
    assert names <= {"div", "p", "table", "tbody", "tr", "td", "a", "b"}
    attributes = {name for element in tree.iter() for name in element.attrib}
    assert not attributes & {"id", "class"}
    assert all(table.get("role") == "presentation" for table in tree.iter("table"))


@every_language
def test_direction_and_language_are_declared(language: str) -> None:
    tree = lxml.html.fromstring(render.block_html(replace(FULL, language=language)))
    assert tree.get("lang") == language
    assert tree.get("dir") == ("rtl" if language == "ar" else None)
    if language == "ar":
        assert all(cell.get("dir") == "rtl" for cell in tree.xpath("//div/table/tr/td"))
        assert all(link.get("dir") == "ltr" for link in tree.xpath("//a[starts-with(@href,'tel:')]"))


def test_no_number_or_pin_where_dial_in_is_off() -> None:
    off = replace(FULL, dial_in=replace(FULL.dial_in, enabled=False))
    for source in (render.block_html(off), render.block_text(off)):
        assert "275118640" not in source
        assert "+48" not in source
        assert "phone" not in source


def test_a_changing_room_prints_only_our_link_and_the_numbers() -> None:
    own = replace(FULL, own_link=True)
    for source in (render.block_html(own), render.block_text(own)):
        assert not [secret for secret in ("518204773", "275118640", "a<b>", "a&lt;b") if secret in source]
        assert "+48 22 307 82 88" in source
        assert "on the join page" in source


def test_tokens_stand_in_the_block_only_where_they_were_given() -> None:
    token_room = replace(FULL, access=Access(AccessType.TOKEN))
    assert "separate personal message" in render.block_text(token_room)
    alone = replace(FULL, access=Access(AccessType.TOKEN, token="P4P9QW"))
    assert "Token: P4P9QW" in render.block_text(alone)
    listed = render.block_text(replace(token_room, tokens=(("Ann <Lee>", "P4P9QW"), ("Bo", "XY34RT"))))
    assert "Token for Ann <Lee>: P4P9QW" in listed
    assert "separate personal message" not in listed


def test_the_chosen_country_comes_first() -> None:
    chosen = replace(FULL, dial_in=DialIn(enabled=True, country="CA"))
    numbers = re.findall(r"\+1 \d+-\d+-\d+|\+\d+ .*", render.block_text(chosen))
    assert [number.split("+")[1] for number in numbers[:2]] == ["1 587-774-1365", "1 647-497-7729"]


def test_an_unknown_language_falls_back_to_english() -> None:
    assert "Join the meeting" in render.block_text(replace(FULL, language="tlh"))
    assert "Participar" in render.block_text(replace(FULL, language="pt-BR"))


def test_nothing_is_called_free() -> None:
    for language in catalogue.LANGUAGES:
        words = " ".join(str(sentence) for sentence in catalogue.messages(language).values()).lower()
        assert not re.search(r"toll|free of charge|gratuit|kostenlos|gratis|bezpłat|бесплат|مجان", words), language


def test_catalogues_have_the_same_sentences_and_places() -> None:
    english = catalogue.messages("en")
    for language in catalogue.LANGUAGES:
        sentences = catalogue.messages(language)
        assert sentences.keys() == english.keys(), language
        for key, sentence in sentences.items():
            assert set(re.findall(r"\{(\w+)\}", sentence)) == set(re.findall(r"\{(\w+)\}", english[key])), (
                language,
                key,
            )


@every_language
def test_the_personal_message_holds_its_own_token_link_zone_and_numbers(language: str) -> None:
    personal = replace(PERSONAL, language=language)
    source, text = render.personal_html(personal), plain(render.personal_text(personal))
    assert [line for line in visible(source).split("\n") if line.strip()] == text.rstrip("\n").split("\n")
    for said in ("P4P9QW", personal.join_url, "America/New_York", "275118640", "Plans & <hopes>", "every week"):
        assert said in text, f"{said} is missing"
    assert "<hopes>" not in source
    assert text.index("+48") < text.index("+1 587")
    tree = lxml.html.document_fromstring(source)
    assert tree.get("lang") == language
    assert "Plans & <hopes>" in render.personal_subject(personal)
    assert "\n" not in render.personal_subject(personal)


def test_personal_times_are_the_readers() -> None:
    text = render.personal_text(PERSONAL)
    assert "4:00" in text or "04:00" in text
    assert "Tuesday" in text
    assert "1 December 2026" in text
    whole_day = replace(PERSONAL, all_day=True, zone="Europe/Warsaw", end=PERSONAL.end + timedelta(days=1))
    assert "10:00" not in render.personal_text(whole_day)


def test_a_personal_message_needs_zones() -> None:
    with pytest.raises(InvalidInput):
        replace(PERSONAL, start=datetime(2026, 12, 1, 10, 0))


def test_secrets_stay_out_of_representations() -> None:
    shown = f"{PERSONAL!r} {FULL!r} {replace(FULL, tokens=(('Ann', 'XY34RT'),))!r}"
    assert not [secret for secret in ("P4P9QW", "a<b>", "XY34RT", "one-time") if secret in shown]


PASSWORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="”\u2028\u2029"), min_size=1, max_size=30
)


@given(PASSWORDS, st.sampled_from(catalogue.LANGUAGES))
def test_any_password_is_printed_whole_and_taken_out_whole(password: str, language: str) -> None:
    invitation = replace(FULL, access=Access(AccessType.PASSWORD, password=password), language=language)
    for content_type, block in (("html", render.block_html(invitation)), ("text", render.block_text(invitation))):
        body = bodies.put("Hello", block, content_type=content_type, join_url=URL)
        assert bodies.find(body, content_type=content_type, join_url=URL) == 1
        assert bodies.remove(body, content_type=content_type, join_url=URL) == "Hello"


def test_five_hundred_participants_are_listed_and_removed() -> None:
    tokens = tuple((f"Participant {number} <p{number}@contoso.example>", f"T{number:05d}") for number in range(500))
    block = render.block_html(replace(FULL, tokens=tokens))
    body = bodies.put("<p>Hello</p>", block, content_type="html", join_url=URL)
    assert "T00499" in visible(body)
    assert bodies.remove(body, content_type="html", join_url=URL) == "<p>Hello</p>"


def test_current_is_said_of_what_reads_and_leads_the_same() -> None:
    block = render.block_html(FULL)
    body = bodies.put("<p>Hello</p>", block, content_type="html", join_url=URL)
    folded = body.replace(" ", "\r\n").replace("<tr>", "<tr >")
    assert bodies.is_current(body, block, content_type="html", join_url=URL)
    assert bodies.is_current(folded, block, content_type="html", join_url=URL)
    other = render.block_html(replace(FULL, room_id=1))
    assert not bodies.is_current(body, other, content_type="html", join_url=URL)
    assert not bodies.is_current("<p>Hello</p>", block, content_type="html", join_url=URL)
    elsewhere = body.replace(URL.replace("&", "&amp;"), "https://acme.clickmeeting.com/old", 1)
    assert not bodies.is_current(elsewhere, block, content_type="html", join_url=URL)
    text = bodies.put("Hello", render.block_text(FULL), content_type="text", join_url=URL)
    assert bodies.is_current(text.replace("\n", "\r\n"), render.block_text(FULL), content_type="text", join_url=URL)
