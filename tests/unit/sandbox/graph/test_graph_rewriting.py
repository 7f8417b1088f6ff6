"""What Exchange and each Outlook make of HTML, told by what survives and what does not."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.graph import rewriting

LINK = "https://acme.clickmeeting.example/room-one?a=1&b=2+3"
SOURCE = (
    '<div id="ours" class="block" data-key="k" style="color:red;font-weight :bold"><!-- mark -->'
    f'<p style="margin:0">Join <a class="link" href="{LINK}">the meeting that has a rather long name, so that its text '
    "has to be folded somewhere in the middle of a sentence</a> now</p>"
    '<div style="margin:1px">Room ID: 123&nbsp;456</div></div>'
)


class _Reader(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def attribute(self, name: str) -> list[str | None]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def words(source: str) -> list[str]:
    return rewriting.to_text(source).split()


@pytest.mark.parametrize("mode", sorted(rewriting.MODES))
def test_text_and_links_survive_everything(mode: str) -> None:
    rewritten = rewriting.MODES[mode](SOURCE)
    assert words(rewritten) == words(SOURCE)
    assert _Reader(rewritten).attribute("href") == [LINK]
    assert _Reader(rewritten).attribute("rel") == ["noreferrer noopener"]


@pytest.mark.parametrize("mode", sorted(rewriting.MODES))
def test_comments_do_not_survive(mode: str) -> None:
    assert "mark" not in rewriting.MODES[mode](SOURCE)


def test_exchange_wraps_folds_and_spaces() -> None:
    rewritten = rewriting.exchange(SOURCE)
    assert rewritten.startswith("<html>\r\n<head>\r\n<meta http-equiv=")
    assert rewritten.endswith("\r\n</body>\r\n</html>\r\n")
    assert 'style="color:red; font-weight:bold"' in rewritten
    assert "a=1&amp;b=2&#43;3" in rewritten
    assert "123&nbsp;456" in rewritten
    assert "\n" not in rewritten.replace("\r\n", "")
    assert "has to be folded\r\nsomewhere" in rewritten, "a link's text is folded"
    assert 'id="ours"' in rewritten


def test_new_outlook_drops_classes_and_data() -> None:
    found = _Reader(rewriting.new_outlook(SOURCE))
    assert set(found.attribute("class")) <= {"elementToProof"}
    assert found.attribute("data-key") == []
    assert found.attribute("id") == ["ours"]


def test_classic_outlook_knows_only_its_own_paragraphs() -> None:
    rewritten = rewriting.classic(SOURCE)
    found = _Reader(rewritten)
    assert set(found.attribute("class")) == {"MsoNormal", "WordSection1"}
    assert found.attribute("id") == []
    assert rewriting.classic(rewritten) == rewritten


def test_each_reply_puts_another_x_before() -> None:
    twice = _Reader(rewriting.reply(rewriting.reply(SOURCE)))
    assert twice.attribute("id") == ["x_x_ours"]
    assert twice.attribute("class") == ["x_x_block", "x_x_link"]


def test_unsafe_parts_are_filtered_from_answers() -> None:
    source = '<p onclick="x()">a</p><script>x()</script><iframe src="x"></iframe><a href="javascript:x()">b</a>'
    shown = rewriting.without_unsafe(rewriting.exchange(source))
    assert words(shown) == ["a", "b"]
    assert not any(bad in shown for bad in ("script", "onclick", "iframe"))


def test_text_comes_back_as_html() -> None:
    shown = rewriting.from_text("a < b\r\nc")
    assert "a &lt; b<br>c" in shown
    assert rewriting.to_text(shown) == "a < b\r\nc"


_PIECES = st.recursive(
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="<>&\x7f"), max_size=30),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["b", "span", "div", "i"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(_PIECES)
def test_what_exchange_has_written_it_does_not_change_again(source: str) -> None:
    once = rewriting.exchange(source)
    assert rewriting.exchange(once) == once
    assert words(once) == words(source)
