"""The client's door over a socket that answers as proxies, other versions and broken servers do."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from addin.clickmeeting.answers import plain
from addin.clickmeeting.client import ClickMeetingSettings, Client, encode
from addin.errors import (
    AddinError,
    Missing,
    NotAllowed,
    NotSignedIn,
    OutcomeUnknown,
    Permanent,
    Refused,
    Throttled,
    Unavailable,
)
from sandbox.clickmeeting.parameters import nest

KEY = "eu" + "0123456789abcdef" * 2 + "01234567"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def client(httpserver: HTTPServer) -> Client:
    return Client(ClickMeetingSettings(httpserver.url_for("/v1/"), KEY, timeout_s=5), lambda: NOW)


@pytest.mark.parametrize("body", ['"404 Not Found"', "", "not found", '{"code": "404"}', "[]", "null", '{"errors": 1}'])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Refused),
        (401, NotSignedIn),
        (403, NotAllowed),
        (404, Missing),
        (410, Missing),
        (422, Refused),
        (501, Refused),
    ],
)
def test_the_status_decides_whatever_the_body(
    httpserver: HTTPServer, client: Client, status: int, expected: type[Permanent], body: str
) -> None:
    httpserver.expect_request("/v1/x").respond_with_data(body, status, content_type="application/json")
    for call in (lambda: client.ask("x"), lambda: client.change("POST", "x", {"a": 1})):
        with pytest.raises(expected) as caught:
            call()
        assert str(caught.value).endswith((".", "!", "Found", "found")), str(caught.value)


@pytest.mark.parametrize("body", [b"<html>", b" <!DOCTYPE html>", b"{not json", b"\xff\xfe"])
@pytest.mark.parametrize("status", [200, 201])
def test_a_success_that_is_no_json_is_a_lost_answer(
    httpserver: HTTPServer, client: Client, body: bytes, status: int
) -> None:
    httpserver.expect_request("/v1/x").respond_with_data(body, status, content_type="application/json")
    with pytest.raises(Unavailable):
        client.ask("x")
    with pytest.raises(OutcomeUnknown):
        client.change("PUT", "x")


@pytest.mark.parametrize(
    ("content", "expected"), [(b"", None), (b" \n", None), (b'"200 OK"', "200 OK"), (b"[]", []), (b'{"a":1}', {"a": 1})]
)
def test_a_success_gives_its_json_or_nothing(
    httpserver: HTTPServer, client: Client, content: bytes, expected: Any
) -> None:
    httpserver.expect_request("/v1/x").respond_with_data(content, 200)
    assert client.ask("x") == expected
    assert client.change("DELETE", "x") == expected


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("17", 17.0),
        ("Mon, 23 Nov 2026 09:01:30 GMT", 90.0),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("Mon, 23 Nov 2026 09:01:30", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(
    httpserver: HTTPServer, client: Client, said: str, after: float | None
) -> None:
    httpserver.expect_request("/v1/x").respond_with_data("", 429, headers={"Retry-After": said})
    with pytest.raises(Throttled) as caught:
        client.change("POST", "x")
    assert caught.value.after == after


def test_a_503_without_a_pause_leaves_a_change_unknown(httpserver: HTTPServer, client: Client) -> None:
    httpserver.expect_request("/v1/x").respond_with_data("", 503)
    with pytest.raises(OutcomeUnknown):
        client.change("POST", "x")
    with pytest.raises(Unavailable):
        client.ask("x")


def test_what_is_sent(httpserver: HTTPServer, client: Client) -> None:
    """1.1, 1.2: the key as a header, forms with PHP's brackets, no cookies kept."""
    httpserver.expect_request("/v1/x").respond_with_json({}, headers={"Set-Cookie": "session=1; Path=/"})
    client.change(
        "POST", "x", {"name": "a&b=é", "settings": {"on": True, "off": False}, "tokens": ["A", "B"], "no": None}
    )
    client.ask("x", {"page": 2})
    (post, _), (get, _) = httpserver.log
    assert post.headers["X-Api-Key"] == KEY
    assert "Authorization" not in post.headers
    assert post.mimetype == "application/x-www-form-urlencoded"
    assert list(post.form.items(multi=True)) == [
        ("name", "a&b=é"),
        ("settings[on]", "1"),
        ("settings[off]", "0"),
        ("tokens[]", "A"),
        ("tokens[]", "B"),
    ]
    assert get.args.to_dict() == {"page": "2"}
    assert "Cookie" not in get.headers


def test_a_netrc_file_adds_no_other_password(
    httpserver: HTTPServer, client: Client, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    httpserver.expect_request("/v1/x").respond_with_json({})
    client.ask("x")
    assert "Authorization" not in httpserver.log[0][0].headers


def test_a_redirect_is_not_followed(httpserver: HTTPServer, client: Client) -> None:
    httpserver.expect_request("/v1/x").respond_with_data("", 307, headers={"Location": httpserver.url_for("/v1/y")})
    with pytest.raises(Refused) as caught:
        client.change("POST", "x", {"password": "p"})
    assert caught.value.reason == "redirect"
    assert len(httpserver.log) == 1


@pytest.mark.parametrize("url", ["api.clickmeeting.example/v1", "http://", ""])
def test_an_address_that_is_none_is_told(url: str) -> None:
    client = Client(ClickMeetingSettings(url, KEY), lambda: NOW)
    with pytest.raises(Refused, match="clickmeeting_url"):
        client.ask("ping")


def test_a_missing_authority_file_is_told(httpserver: HTTPServer) -> None:
    client = Client(ClickMeetingSettings("https://localhost:1/v1", KEY, ca_file="/nowhere/ca.pem"), lambda: NOW)
    with pytest.raises(AddinError, match="ca_file"):
        client.ask("ping")


def test_a_question_is_repeated_and_a_refusal_is_not(httpserver: HTTPServer, client: Client) -> None:
    httpserver.expect_ordered_request("/v1/x").respond_with_data("", 502)
    httpserver.expect_ordered_request("/v1/x").respond_with_data("", 429, headers={"Retry-After": "1"})
    httpserver.expect_ordered_request("/v1/x").respond_with_json({"done": True})
    assert client.ask("x") == {"done": True}
    httpserver.clear()
    httpserver.expect_request("/v1/y").respond_with_json({"code": 422}, 422)
    with pytest.raises(Refused):
        client.ask("y")
    assert len(httpserver.log) == 1


def test_the_services_words_are_told_as_plain_text(httpserver: HTTPServer, client: Client) -> None:
    body = {
        "code": "422",
        "errors": [
            {"name": ["starts_at"], "message": "<b>Wrong</b> &lt;date&gt;\n"},
            {"name": "duration", "message": f"not with {KEY}"},
            "odd",
        ],
    }
    httpserver.expect_request("/v1/x").respond_with_json(body, 422)
    with pytest.raises(Refused) as caught:
        client.change("POST", "x")
    assert str(caught.value) == "ClickMeeting refused: Wrong <date> not with ***"
    assert caught.value.field == "duration"


@given(st.text())
def test_words_from_outside_are_short_and_printable(text: str) -> None:
    found = plain(text)
    assert len(found) <= 300
    assert all(letter.isprintable() for letter in found)


def test_the_key_is_in_no_repr(client: Client) -> None:
    for thing in (client, client.__dict__, ClickMeetingSettings(api_key=KEY)):
        assert KEY not in repr(thing)


_leaf = st.text() | st.booleans() | st.integers()
_names = st.text("abcdefgh_", min_size=1, max_size=8)


@given(st.dictionaries(_names, _leaf | st.dictionaries(_names, _leaf, min_size=1) | st.lists(_leaf, min_size=1)))
def test_encoding_is_read_back_as_php_reads_it(parameters: dict[str, Any]) -> None:
    def text(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: text(item) for name, item in value.items()}
        if isinstance(value, list):
            return {str(index): text(item) for index, item in enumerate(value)}
        return str(int(value)) if isinstance(value, bool) else str(value)

    assert nest(encode(parameters)) == text(parameters)


def test_a_server_that_speaks_no_tls_gets_nothing(httpserver: HTTPServer) -> None:
    """A plain HTTP port behind https: nothing was sent, so nothing can have been changed."""
    url = httpserver.url_for("/v1").replace("http://", "https://")
    client = Client(ClickMeetingSettings(url, KEY, timeout_s=5), lambda: NOW)
    with pytest.raises(Unavailable):
        client.change("POST", "x")
    assert httpserver.log == []
