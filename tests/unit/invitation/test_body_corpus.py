"""Every body x every rewriting x put, refresh, remove, double: one block, nothing old, nothing of the user's lost."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin.errors import InvalidInput
from addin.invitation import body as bodies
from addin.invitation import catalogue
from addin.invitation.content import Access, DialIn, DialInNumber, Invitation
from addin.invitation.render import block_html, block_text
from addin.model import AccessType, Kind
from tests.unit.invitation import rewritings

BODIES = Path(__file__).parents[2] / "data" / "bodies"
HTML = {path.stem: path.read_bytes().decode() for path in sorted(BODIES.glob("*.html"))}
TEXT = {path.stem: path.read_bytes().decode() for path in sorted(BODIES.glob("*.txt"))}
URL = "https://acme.clickmeeting.com/quarterly-review"
OLD_URL = "https://acme.clickmeeting.com/first-try"

OLD = Invitation(
    kind=Kind.MEETING,
    title="Quarterly",
    join_url=URL,
    room_id=518204773,
    access=Access(AccessType.PASSWORD, password="oldSecret77"),
    dial_in=DialIn(
        enabled=True,
        pin=275118640,
        numbers=(DialInNumber("PL", "Warsaw", "+48223078288"), DialInNumber("CA", "Calgary", "+15877741365")),
    ),
)
NEW = Invitation(
    kind=Kind.WEBINAR,
    title="Quarterly",
    join_url=URL,
    room_id=600700800,
    access=Access(AccessType.PASSWORD, password="newSecret88"),
    dial_in=DialIn(enabled=True, pin=111222333, numbers=(DialInNumber("DE", "Berlin", "+4915735989002"),)),
    language="fr",
)
OLD_VALUES = (
    "oldSecret77",
    "518204773",
    "275118640",
    "+48 22 307",
    "+1 587",
    "Calgary",
    "Join the meeting",
    "first-try",
)


def words(body: str) -> Counter[str]:
    tree = lxml.html.document_fromstring(body if body.strip() else "<p></p>")
    for unseen in tree.xpath("//*//style | //*//script | //*//title | //*//comment()"):
        unseen.drop_tree()
    return Counter(" ".join(tree.itertext()).replace("\u00ad", "").replace("\u200b", "").split())


def marks(body: str) -> Counter[str]:
    """Images, tables' cells and styles: what is the user's besides words."""
    tree = lxml.html.document_fromstring(body if body.strip() else "<p></p>")
    found = [f"image {src}" for src in tree.xpath("//img/@src")]
    found += [f"style {''.join(style.split())}" for style in tree.xpath("//@style")]
    found += [f"cell {''.join(cell.text_content().split())}" for cell in tree.xpath("//td | //th")]
    found += [f"link {href}" for href in tree.xpath("//a/@href")]
    return Counter(found)


def put(body: str, invitation: Invitation = NEW, **more: object) -> str:
    former = (OLD_URL,) if more.get("former") else ()
    return bodies.put(body, block_html(invitation), content_type="html", join_url=URL, former=former)


def remove(body: str) -> str:
    return bodies.remove(body, content_type="html", join_url=URL, former=(OLD_URL,))


def count(body: str) -> int:
    return bodies.find(body, content_type="html", join_url=URL, former=(OLD_URL,))


def assert_only_new(result: str, plain: str, what: str) -> None:
    """`result` is `plain` and one new block, whatever stood there before."""
    assert count(result) == 1, f"{what}: {count(result)} blocks"
    assert result.count(block_html(NEW)) == 1, f"{what}: the new block does not stand there as written, once"
    rest = result.replace(block_html(NEW), " ")
    assert words(rest) == words(plain), f"{what}: words {words(rest) - words(plain)} / {words(plain) - words(rest)}"
    lost = marks(plain) - marks(rest)
    assert not lost, f"{what}: lost {lost}"


@pytest.mark.parametrize("name", HTML)
def test_put_adds_only_the_block_and_remove_gives_the_original_bytes(name: str) -> None:
    original, block = HTML[name], block_html(OLD)
    first = put(original, OLD)
    assert first.count(block) == 1
    assert first.replace(block, "") == original, "another byte changed"
    assert words(first[: first.index(block)]) == words(original) or name in {"text_after_end"}
    assert count(first) == 1
    assert put(first, OLD) == first, "put again changed something"
    assert remove(first) == original, "remove does not give the original bytes"
    refreshed = put(first, NEW)
    assert refreshed == first.replace(block, block_html(NEW)), "a refresh touched more than the block"
    assert remove(refreshed) == original


def rows(check: Callable[[str, str], None], rewriting: str) -> None:
    """Runs `check` on every body and reports all the rows that fail, not the first alone."""
    failed = []
    for name in HTML:
        try:
            check(rewriting, name)
        except AssertionError as error:
            failed.append(f"{rewriting} of {name}: {error}")
    assert not failed, "\n".join(failed)


def one_block_is_left(rewriting: str, name: str) -> None:
    rewrite = rewritings.ALL[rewriting]
    original = HTML[name]
    plain, rewritten = rewrite(original), rewrite(put(original, OLD))
    assert count(rewritten) == 1, f"{count(rewritten)} blocks seen"
    removed = remove(rewritten)
    assert words(removed) == words(plain), f"{words(removed) - words(plain)} / {words(plain) - words(removed)}"
    lost = marks(plain) - marks(removed)
    assert not lost, f"lost {lost}"
    assert count(removed) == 0, "a block is left"
    assert_only_new(put(rewritten), plain, "refreshed")


def two_blocks_collapse(rewriting: str, name: str) -> None:
    rewrite = rewritings.ALL[rewriting]
    former = block_html(replace(OLD, join_url=OLD_URL, language="de"))
    between = "<p>Typed between two blocks.</p>"
    first = put(HTML[name], OLD)
    second = first.replace(block_html(OLD), block_html(OLD) + between + former)
    plain = rewrite(first.replace(block_html(OLD), between))
    assert_only_new(put(rewrite(second), former=True), plain, "collapsed")


@pytest.mark.parametrize("rewriting", rewritings.ALL)
def test_one_block_is_left_after_a_client_rewrote_the_body(rewriting: str) -> None:
    rows(one_block_is_left, rewriting)


@pytest.mark.parametrize("rewriting", rewritings.ALL)
def test_two_blocks_collapse_to_one_and_what_stood_between_is_kept(rewriting: str) -> None:
    rows(two_blocks_collapse, rewriting)


@pytest.mark.parametrize("rewriting", rewritings.ALL)
def test_a_client_that_rewrote_the_body_did_no_damage(rewriting: str) -> None:
    body = put(HTML["document_small"], OLD)
    where = {"content_type": "html", "join_url": OLD.join_url}
    rewritten = rewritings.ALL[rewriting](body)
    assert not bodies.is_damaged(rewritten, block_html(OLD), **where)
    assert not bodies.is_damaged(rewritten, block_html(replace(OLD, room_id=1)), **where), "other values are no damage"


def test_a_block_that_lost_a_part_or_stands_twice_is_damaged() -> None:
    body, where = put(HTML["document_small"], OLD), {"content_type": "html", "join_url": OLD.join_url}
    twice = body.replace(block_html(OLD), block_html(OLD) + "<p>Words</p>" + block_html(OLD))
    assert bodies.is_damaged(body.replace("_" * 36, ""), block_html(OLD), **where)
    assert bodies.is_damaged(twice, block_html(OLD), **where)
    assert not bodies.is_damaged(HTML["document_small"], block_html(OLD), **where), "nothing there is not damage"
    text = bodies.put("Hello", block_text(OLD), content_type="text", join_url=OLD.join_url)
    assert not bodies.is_damaged(text, block_text(OLD), content_type="text", join_url=OLD.join_url)
    assert bodies.is_damaged(text.replace("_" * 36, ""), block_text(OLD), content_type="text", join_url=OLD.join_url)


@pytest.mark.parametrize("rewriting", ["exchange", "word", "web_2025", "flattened", "broken_lines", "safe_links"])
@pytest.mark.parametrize("row", range(9))
def test_what_a_person_typed_inside_the_block_is_kept_outside_it(row: int, rewriting: str) -> None:
    block = block_html(OLD)
    rows = list(re.finditer(r"</tr>", block))
    at = rows[row].end()
    typed = '<tr><td><p style="color:#c0ffee">Please bring <b>your badge</b></p><img src="cid:map"></td></tr>'
    original = HTML["document_small"]
    body = put(original, OLD).replace(block, block[:at] + typed + block[at:])
    rewritten = rewritings.ALL[rewriting](body)
    result = put(rewritten)
    rest = result.replace(block_html(NEW), " ")
    assert result.count(block_html(NEW)) == 1
    assert words(rest) == words(original) + words(typed)
    assert "cid:map" in rest
    assert "#c0ffee" in rest or rewriting == "broken_lines"
    assert not [value for value in OLD_VALUES if value in rest]


@given(st.sampled_from(sorted(HTML)), st.lists(st.sampled_from(sorted(rewritings.ALL)), min_size=2, max_size=4))
@settings(max_examples=120, deadline=None)
def test_any_rewritings_in_a_row_leave_one_block(name: str, chain: list[str]) -> None:
    original = HTML[name]
    plain, rewritten = original, put(original, OLD)
    for rewriting in chain:
        plain, rewritten = rewritings.ALL[rewriting](plain), rewritings.ALL[rewriting](rewritten)
    assert_only_new(put(rewritten), plain, f"{chain} of {name}")


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(HTML) + len(TEXT) >= 60
    assert len(rewritings.ALL) >= 16


def text_put(body: str, invitation: Invitation) -> str:
    return bodies.put(body, block_text(invitation), content_type="text", join_url=URL)


def text_remove(body: str) -> str:
    return bodies.remove(body, content_type="text", join_url=URL)


@pytest.mark.parametrize("name", TEXT)
def test_text_gets_one_block_and_its_bytes_back(name: str) -> None:
    original = TEXT[name]
    first = text_put(original, OLD)
    assert first.startswith(original)
    assert bodies.find(first, content_type="text", join_url=URL) == 1
    assert text_put(first, OLD) == first
    assert text_remove(first) == original
    assert text_remove(text_put(first, NEW)) == original


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("rewriting", rewritings.TEXT)
def test_text_keeps_one_block_after_rewriting(rewriting: str, name: str) -> None:
    rewrite = rewritings.TEXT[rewriting]
    original = TEXT[name]
    plain, rewritten = Counter(rewrite(original).split()), rewrite(text_put(original, OLD))
    assert bodies.find(rewritten, content_type="text", join_url=URL) == 1, rewritten
    assert Counter(text_remove(rewritten).replace(">", "").split()) == _unquoted(plain), rewritten
    result = re.sub(r"\r\n?", "\n", text_put(rewritten, NEW))
    assert result.count(block_text(NEW)) == 1
    assert Counter(result.replace(block_text(NEW), " ").replace(">", "").split()) == _unquoted(plain)


def _unquoted(found: Counter[str]) -> Counter[str]:
    kept: Counter[str] = Counter()
    for word, times in found.items():
        if word.replace(">", ""):
            kept[word.replace(">", "")] += times
    return kept


def test_text_typed_inside_the_block_is_kept_outside_it() -> None:
    lines = text_put("Hello", OLD).split("\n")
    for at in range(3, len(lines)):
        typed = "\n".join([*lines[:at], "Bring your badge", *lines[at:]])
        result = text_put(typed, NEW)
        assert result.count(block_text(NEW)) == 1
        assert Counter(result.replace(block_text(NEW), " ").split()) == Counter(["Hello", "Bring", "your", "badge"])


def test_two_text_blocks_collapse_to_one() -> None:
    double = text_put("Hello", OLD) + "\n\nbetween\n\n" + block_text(OLD) + "\nend"
    result = text_put(double, NEW)
    assert Counter(result.replace(block_text(NEW), " ").split()) == Counter(["Hello", "between", "end"])
    assert result.count(block_text(NEW)) == 1
    assert bodies.find(double, content_type="text", join_url=URL) == 2


@pytest.mark.parametrize("body", ["a\0b", "a\ud800b", "<frameset cols=50%><frame src=a></frameset>", "<p>x<!-- open"])
def test_what_has_no_faithful_answer_is_refused_in_a_sentence(body: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        put(body)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("value", ["518204773", "oldSecret77", "+48 22 307 82 88", "+1 587-774-1365", "275118640"])
@pytest.mark.parametrize("typed", [" 12 people", " 500", " - ask Ann", "\u00a0see below"])
def test_words_typed_behind_a_value_are_kept(value: str, typed: str) -> None:
    body = put("Hello", OLD)
    at = body.rindex(value) + len(value)
    result = put(body[:at] + typed + body[at:])
    rest = result.replace(block_html(NEW), " ")
    assert result.count(block_html(NEW)) == 1
    assert words(rest) == words("Hello") + words(typed)


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_a_block_that_lost_every_line_break_is_still_one(language: str) -> None:
    flowed = " ".join(block_text(replace(OLD, language=language)).split())
    for content_type in ("html", "text"):
        kind = {"content_type": content_type, "join_url": URL}
        assert bodies.find(f"Before {flowed} after", **kind) == 1
        assert " ".join(bodies.remove(f"Before {flowed} after", **kind).split()) == "Before after"


def test_separators_typed_inside_the_block_do_not_divide_it() -> None:
    for typed in ("<p>__________ ClickMeeting __________</p>", f"<p>{'_' * 36}</p>", "<p>________</p>"):
        body = put(HTML["document_small"], OLD)
        at = body.index("<tr><td", body.index("518204773"))
        result = put(body[:at] + f"<tr><td>{typed}</td></tr>" + body[at:])
        assert count(result) == 1
        assert not [value for value in OLD_VALUES if value in result.replace(block_html(NEW), "")]
