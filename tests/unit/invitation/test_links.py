"""Addresses that mail systems wrapped or respelled lead to the same room; others do not."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.invitation import links

URL = "https://acme.clickmeeting.com/quarterly-review"
SAFE = "https://eur01.safelinks.protection.outlook.com/?url={}&data=05%7C02%7C&reserved=0"


def wrapped(url: str) -> str:
    return SAFE.format(quote(url, safe=""))


@pytest.mark.parametrize(
    "address",
    [
        "http://acme.clickmeeting.com/quarterly-review",
        "HTTPS://ACME.ClickMeeting.com/quarterly-review/",
        "https://acme.clickmeeting.com:443/quarterly-review",
        "https://acme.clickmeeting.com/quarterly%2Dreview",
        "https://acme.clickmeeting.com/quarterly-\r\n review",
        "https://acme.clickmeeting.com/quarterly-review#top",
        wrapped(URL),
        wrapped(wrapped(URL)),
        wrapped(URL).replace("&", "&amp;amp;"),
        wrapped(quote(URL, safe="")),
        f"https://www.google.com/url?q={quote(URL, safe='')}&source=gmail",
        f"https://urldefense.com/v3/__{URL}__;!!abc$",
    ],
)
def test_the_same_room(address: str) -> None:
    assert links.canonical(address) == links.canonical(URL)


@pytest.mark.parametrize(
    "address",
    [
        URL + "-2",
        URL + "/P4P9QW",
        URL + "?l=hash",
        "https://acme.clickmeeting.com/Quarterly-Review",
        "https://other.clickmeeting.com/quarterly-review",
        "https://evil.example/?url=" + quote(URL, safe=""),
        "https://safelinks.protection.outlook.com.evil.example/?url=" + quote(URL, safe=""),
        "https://[broken",
        "mailto:organiser@contoso.example",
        "",
    ],
)
def test_another_place(address: str) -> None:
    assert links.canonical(address) != links.canonical(URL)


def test_plus_signs_and_ampersands_survive_wrapping_and_escaping() -> None:
    url = "https://acme.clickmeeting.com/a+b/room1?x=1&y=2+3"
    for address in (
        wrapped(url),
        url.replace("+", "&#43;"),
        url.replace("&", "&amp;"),
        wrapped(url).replace("&", "&amp;"),
    ):
        assert links.canonical(address) == links.canonical(url)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), max_size=40), st.integers(0, 3))
def test_any_number_of_wrappings_comes_off(path: str, times: int) -> None:
    url = address = "https://acme.clickmeeting.com/r-" + quote(quote(path, safe=""), safe="")
    for _ in range(times):
        address = wrapped(address)
    assert links.canonical(address) == links.canonical(url)


def test_punctuation_behind_an_address_in_a_sentence_is_not_part_of_it() -> None:
    ours = links.same([URL])
    assert links.trimmed(URL + ").", ours) == URL
    assert links.trimmed(URL + "-2", ours) is None
