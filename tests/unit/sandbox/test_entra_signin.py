"""The Entra stand-in's pages: who may be chosen, where the answer is sent, what is never sent back."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import Client

from sandbox.entra.service import EntraService
from sandbox.people import ADDIN, CONTOSO, FABRIKAM
from sandbox.world import World

BASE = "https://localhost:4430"
ASKED = {
    "client_id": ADDIN.id,
    "response_type": "code",
    "redirect_uri": f"{BASE}/callback?kept=1",
    "scope": f"openid {ADDIN.id}/access_as_user",
    "state": "s",
}


@pytest.fixture
def web() -> Client:
    world = World.make()
    world.base = BASE
    return Client(EntraService(world).wsgi()["/entra"])


def authorize(web: Client, tenant: str = CONTOSO.id, **more: str) -> object:
    return web.get(f"/{tenant}/oauth2/v2.0/authorize", query_string={**ASKED, **more})


def test_the_page_offers_the_tenants_people_but_no_rooms(web: Client) -> None:
    own = web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string=ASKED).text
    everyone = web.get("/organizations/oauth2/v2.0/authorize", query_string=ASKED).text
    assert "organiser@contoso.example" in own
    assert "room-aurora" not in own
    assert FABRIKAM.users[0].upn not in own
    assert FABRIKAM.users[0].upn in everyone


def test_choosing_sends_back_a_code_and_remembers_the_person(web: Client) -> None:
    first = web.post(f"/{CONTOSO.id}/signin", data={"query": urlencode(ASKED), "user": "paris@contoso.example"})
    said = parse_qs(urlsplit(first.location).query)
    assert said["kept"] == ["1"]
    assert said["state"] == ["s"]
    assert said["code"]
    again = web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string={**ASKED, "prompt": "none"}, base_url=BASE)
    assert again.status_code == 302
    assert web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string={**ASKED, "prompt": "login"}).status_code == 200


def test_silence_without_a_person_is_refused_by_redirect(web: Client) -> None:
    for more in ({}, {"login_hint": "nobody@contoso.example"}, {"login_hint": FABRIKAM.users[0].upn}):
        answer = web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string={**ASKED, "prompt": "none", **more})
        said = parse_qs(urlsplit(answer.location).query)
        assert said["error"] == ["login_required"]
        assert said["state"] == ["s"]


def test_cancel_is_told_to_the_client(web: Client) -> None:
    answer = web.post(f"/{CONTOSO.id}/signin", data={"query": urlencode(ASKED), "cancel": "1"})
    said = parse_qs(urlsplit(answer.location).query)
    assert (said["error"], said["error_subcode"]) == (["access_denied"], ["cancel"])


@pytest.mark.parametrize(
    "address",
    ["", "https://evil.test/x", "javascript:alert(1)", f"{BASE}/x#fragment", "http://localhost.evil.test/"],
)
def test_a_strange_address_gets_a_page_and_never_a_redirect(web: Client, address: str) -> None:
    for method in ("get", "post"):
        asked = {**ASKED, "redirect_uri": address}
        if method == "get":
            answer = web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string=asked)
        else:
            data = {"query": urlencode(asked), "user": "paris@contoso.example"}
            answer = web.post(f"/{CONTOSO.id}/signin", data=data)
        assert answer.status_code == 400
        assert "AADSTS50011" in answer.text


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "smoke"}, "invalid_request"),
        ({"scope": ""}, "invalid_request"),
        ({"code_challenge_method": "S1"}, "invalid_request"),
        ({"scope": "https://nowhere.example/x"}, "invalid_resource"),
        ({"claims": "{"}, "invalid_request"),
    ],
)
def test_bad_requests_go_back_to_the_client(web: Client, more: dict[str, str], error: str) -> None:
    answer = web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string={**ASKED, **more})
    assert answer.status_code == 302
    said = parse_qs(urlsplit(answer.location).query)
    if more.get("response_mode") is None:
        assert said["error"] == [error]


def test_fragment_and_form_post_answers(web: Client) -> None:
    silent = {**ASKED, "prompt": "none", "login_hint": "organiser@contoso.example"}
    fragment = web.get(
        f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string={**silent, "response_mode": "fragment"}
    ).location
    assert "code=" in urlsplit(fragment).fragment
    posted = web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string={**silent, "response_mode": "form_post"}).text
    assert 'name="code"' in posted
    assert "document.forms[0].submit()" in posted


def test_signing_out_forgets_the_person(web: Client) -> None:
    web.post(f"/{CONTOSO.id}/signin", data={"query": urlencode(ASKED), "user": "paris@contoso.example"}, base_url=BASE)
    web.get(f"/{CONTOSO.id}/oauth2/v2.0/logout", base_url=BASE)
    answer = web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string={**ASKED, "prompt": "none"}, base_url=BASE)
    assert parse_qs(urlsplit(answer.location).query)["error"] == ["login_required"]


def test_what_was_asked_is_escaped_on_the_page(web: Client) -> None:
    page = web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string={**ASKED, "state": '"><script>x'}).text
    assert "<script>x" not in page
