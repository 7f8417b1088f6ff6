"""Laws of put and remove on any heap of tags: bytes come back, twice is once, nothing is doubled or lost."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from addin.errors import InvalidInput
from addin.invitation import body as bodies
from addin.invitation import markup
from addin.invitation.content import Access, Invitation
from addin.invitation.render import block_html, block_text
from addin.model import AccessType, Kind

URL = "https://acme.clickmeeting.com/quarterly-review"
KIND = {"content_type": "html", "join_url": URL}
SECRET = "oldSecret77"
OLD = Invitation(Kind.MEETING, "", URL, 518204773, Access(AccessType.PASSWORD, password=SECRET))
NEW = Invitation(Kind.WEBINAR, "", URL, 600700800, Access(AccessType.PASSWORD, password="newSecret88"), language="de")

NAMES = [
    "a",
    "b",
    "body",
    "br",
    "center",
    "div",
    "font",
    "h1",
    "head",
    "hr",
    "html",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
]
NAMES += ["span", "style", "table", "tbody", "td", "th", "title", "tr", "u", "ul"]
TAGS = [f"<{name}>" for name in NAMES] + [f"</{name}>" for name in NAMES]
OTHERS = [
    "word",
    " ",
    "\r\n",
    "&nbsp;",
    "&amp;",
    "&#9;",
    "&lt;p&gt;",
    "<",
    ">",
    '"',
    "'",
    "<!-- x -->",
    "<!---->",
    "<!-->",
    "<!DOCTYPE html>",
    "<![endif]>",
    "<p class=\"a b\" style='color:red'>",
    "<img src=cid:x alt=''/>",
    "<o:p></o:p>",
    f'<a href="{URL}">',
    URL,
    "Join the meeting",
    "Password: abc",
    "____________________________________",
    "________________________________",
    "\u200b",
    "\u00ad",
    "ąę\u2019",
    "Poland (Warsaw): +48 22 307 82 88",
]
SOUP = st.lists(st.sampled_from(TAGS + OTHERS), max_size=25).map("".join)


def answered(body: str) -> str | None:
    try:
        return bodies.put(body, block_html(OLD), **KIND)
    except InvalidInput:
        return None


@given(SOUP)
@settings(max_examples=400, deadline=None)
def test_put_then_remove_gives_the_bytes_back(body: str) -> None:
    if bodies.find(body, **KIND):
        return  # the heap happens to spell a block
    first = answered(body)
    if first is None:
        return
    assert first.replace(block_html(OLD), "", 1) == body, "put changed another byte"
    assert bodies.find(first, **KIND) == 1
    assert bodies.put(first, block_html(OLD), **KIND) == first
    assert bodies.remove(first, **KIND) == body


@given(SOUP, SOUP, st.sampled_from(["", "<p>between</p>"]))
@settings(max_examples=300, deadline=None)
def test_two_blocks_anywhere_become_one_and_keep_the_words(before: str, after: str, between: str) -> None:
    block = block_html(OLD)
    for heap in (before, after):
        if bodies.find(heap, **KIND) or markup.read(heap).left_open or "Join" in heap or "____" in heap:
            return
    body = f"{before}{block}{between}{block}{after}"
    if markup.read(before + "<p>x</p>").visible.text.strip().endswith("x") is False or bodies.find(body, **KIND) != 2:
        return  # what stands before hides a block
    result = bodies.put(body, block_html(NEW), **KIND)
    assert bodies.find(result, **KIND) == 1
    assert result.count(block_html(NEW)) == 1
    assert SECRET not in result
    plain = markup.read(f"{before} {between} {after}").visible.text
    rest = markup.read(result.replace(block_html(NEW), " ")).visible.text
    assert sorted(re.sub(r"\s", "", rest)) == sorted(re.sub(r"\s", "", plain)), "a letter was lost or doubled"


LINES = st.lists(
    st.sampled_from(
        ["word", "", "  ", "> quoted", "\t- x", URL, "Password: abc", "_" * 36, "_" * 32, "日本", "\ufeff"]
    ),
    max_size=8,
)


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_text_comes_back_with_every_line_end(lines: list[str], ends: str, last: bool) -> None:
    kind = {"content_type": "text", "join_url": URL}
    body = ends.join(lines) + (ends if last else "")
    first = bodies.put(body, block_text(OLD), **kind)
    assert bodies.find(first, **kind) == 1
    assert bodies.put(first, block_text(OLD), **kind) == first
    assert bodies.remove(first, **kind) == body
