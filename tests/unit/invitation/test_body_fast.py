"""The fast way gives what reading the whole body gives, or gives nothing."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from addin.errors import InvalidInput
from addin.invitation import body as bodies
from addin.invitation import fresh, markup, splice

URL = "https://acme.clickmeeting.com/quarterly-review"
BLOCK = "<div><p>block</p></div>"
PIECES = [
    "<p class=\"MsoNormal\" style='margin:0'>words</p>\r\n",
    '<p>it\'s a "quoted" line</p>',
    '<div title="a > b">divided</div>',
    "<table border='0'><tr><td>cell</td></tr></table>",
    '<img alt="x" src="cid:a">',
    "<!-- a comment with </body> in it -->",
    "<TABLE><TR><TD>capital</TD></TR></TABLE>",
    '<div style="display:none">hidden</div>',
    "<style>p{color:'red'}</style>",
    "&nbsp;<br>\n",
    "<b>unclosed",
    "<a href='https://other.example/a?b=\"c\"'>link</a>",
    "ąę’ 日本",
]
BREAKS = [
    "<table><tr>",
    "<select><option>",
    "<!-- open",
    '<p title="open',
    "<p title='open",
    "<textarea>",
    "<style>",
    "</td>",
]
ENDS = ["</body></html>", "</div></body>\r\n</html>\r\n", "</BODY></HTML>", "", "</body>", "</body></html><p>after</p>"]


def slow_place(body: str) -> int | None:
    try:
        return splice.end_of_body(markup.read(body))
    except InvalidInput:
        return None


@given(
    st.lists(st.sampled_from(PIECES), max_size=8),
    st.lists(st.sampled_from([*PIECES, *BREAKS]), max_size=3),
    st.lists(st.sampled_from(PIECES), max_size=4),
    st.sampled_from(ENDS),
)
@example(['<p class="x">a</p>'], ["<!-- open"], ["<p class='y'>b</p>"], "</body></html>")
@settings(max_examples=250, deadline=None)
def test_where_the_fast_way_answers_it_answers_as_the_slow_way(
    start: list[str], middle: list[str], rest: list[str], end: str
) -> None:
    body = "<html><head></head><body>" + "".join([*start, *middle, *rest]) + end
    found = fresh.place_in(body, (URL,), small=0)
    if found is not None and len(body) <= fresh.WINDOW:
        assert found == slow_place(body)


@given(st.lists(st.sampled_from(PIECES), min_size=30, max_size=60), st.sampled_from(ENDS))
@settings(max_examples=25, deadline=None)
def test_a_large_body_gets_the_same_bytes_either_way(pieces: list[str], end: str) -> None:
    body = "<html><body>" + "".join(pieces) * 60 + end
    fast = bodies.put(body, BLOCK, content_type="html", join_url=URL)
    assert fast == splice.read_and_put(body, BLOCK, (URL,), ())


def test_an_ordinary_large_body_goes_the_fast_way() -> None:
    body = "<html><body>" + PIECES[0] * 3_000 + "</body></html>"
    assert fresh.place_in(body, (URL,)) == len(body) - len("</body></html>")


def test_a_body_that_names_the_room_is_read() -> None:
    body = f"<html><body><p>{URL}</p>" + PIECES[0] * 3_000 + "</body></html>"
    assert fresh.place_in(body, (URL,)) is None
    assert fresh.place_in(body, ("https://acme.clickmeeting.com/other-room", URL)) is None


def test_an_address_without_a_distinct_word_is_never_ruled_out() -> None:
    body = "<html><body>" + PIECES[0] * 3_000 + "</body></html>"
    assert fresh.place_in(body, ("https://acme.clickmeeting.com/é/1",)) is None
