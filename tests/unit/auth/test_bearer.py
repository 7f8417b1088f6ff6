"""Which tokens get in, whose they are, and why the others do not (add-in facts 5.2, Graph facts 7.1)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from pytest_httpserver import HTTPServer

from addin.errors import AddinError, NotAllowed, NotSignedIn, Unavailable
from server.auth import BearerCheck, BearerSettings

CLIENT = "6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0"
OFFICE = "ea5a67f6-b6f3-4338-b240-c655ddc3cc8e"
TENANT = "7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01"
OTHER_TENANT = "9d4f2063-2b3c-4d5e-9f60-6b7c8d9e0f12"
AT = int(datetime(2030, 1, 1, 12, tzinfo=UTC).timestamp())


def bearer(token: str) -> str:
    return f"Bearer {token}"


def test_a_good_token_says_whose_it_is(issuer: Any, check: BearerCheck) -> None:
    token = issuer.token(roles=["Admin"])
    caller = check.check(bearer(token))
    assert (caller.mailbox.tenant_id, caller.mailbox.user_id) == (TENANT, "0a1b2c3d-0001-4000-8000-000000000001")
    assert (caller.mailbox.name, caller.mailbox.address) == ("Organiser", "organiser@contoso.example")
    assert caller.client_id == CLIENT
    assert caller.roles == {"Admin"}
    assert caller.expires_at == datetime(2030, 1, 1, 13, tzinfo=UTC)
    assert caller.token == token
    assert token not in repr(caller), "a token does not show itself"


def test_identity_is_tenant_and_object_id_whatever_the_address_says(issuer: Any, check: BearerCheck) -> None:
    caller = check.check(bearer(issuer.token(preferred_username="admin@contoso.example", email="x@y.example")))
    assert caller.mailbox.user_id == "0a1b2c3d-0001-4000-8000-000000000001"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "abc", "Bearerabc"])
def test_without_a_bearer_token_sign_in_is_asked_for(check: BearerCheck, header: str | None) -> None:
    with pytest.raises(NotSignedIn) as caught:
        check.check(header)
    assert caught.value.reason == "missing-token"


REFUSED: list[tuple[str, dict[str, Any], type[AddinError], str]] = [
    ("expired", {"exp": AT - 61}, NotSignedIn, "expired"),
    ("not valid yet", {"nbf": AT + 61}, NotSignedIn, "not-yet-valid"),
    ("issued in the future", {"iat": AT + 61}, NotSignedIn, "not-yet-valid"),
    ("expiry that is no number", {"exp": "soon"}, NotSignedIn, "bad-token"),
    ("without expiry", {"exp": None}, NotSignedIn, "bad-token"),
    ("for another service", {"aud": "https://graph.microsoft.com"}, NotSignedIn, "wrong-audience"),
    ("for the api:// address (v1)", {"aud": f"api://addin.example/{CLIENT}"}, NotSignedIn, "wrong-audience"),
    ("without audience", {"aud": None}, NotSignedIn, "bad-token"),
    ("from another issuer", {"iss": "https://login.example/{tid}/v2.0"}, NotSignedIn, "wrong-issuer"),
    ("version 1.0", {"ver": "1.0"}, NotSignedIn, "wrong-issuer"),
    ("without tenant", {"tid": None}, NotSignedIn, "bad-token"),
    ("tenant that is no id", {"tid": "../common"}, NotSignedIn, "bad-token"),
    ("without person", {"oid": None}, NotSignedIn, "bad-token"),
    ("person that is no id", {"oid": 7}, NotSignedIn, "bad-token"),
    ("ID token", {"scp": None, "azp": None}, NotSignedIn, "no-scope"),
    ("another scope", {"scp": "access_as_user_too access_as"}, NotAllowed, "scope"),
    ("scope in a list", {"scp": ["access_as_user"]}, NotSignedIn, "no-scope"),
    ("application", {"scp": None, "idtyp": "app", "roles": ["All"]}, NotAllowed, "app-token"),
    ("application with scp", {"idtyp": "app"}, NotAllowed, "app-token"),
    ("unknown client", {"azp": "93d53678-613d-4013-afc1-62e9e444a0a5"}, NotAllowed, "client"),
    ("no client", {"azp": None, "appid": CLIENT}, NotAllowed, "client"),
]


@pytest.mark.parametrize(("claims", "kind", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_wrong_token_is_refused_for_its_own_reason(
    issuer: Any, check: BearerCheck, claims: dict[str, Any], kind: type[AddinError], reason: str
) -> None:
    with pytest.raises(kind) as caught:
        check.check(bearer(issuer.token(**claims)))
    assert caught.value.reason == reason  # type: ignore[attr-defined]
    assert str(caught.value).endswith("."), "one sentence for a person"


@pytest.mark.parametrize("tenant", [OTHER_TENANT, "9188040d-6c67-4c5b-b112-36a304b66dad"])
def test_another_tenant_does_not_get_in(issuer: Any, check: BearerCheck, tenant: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        check.check(bearer(issuer.token(tid=tenant, iss=f"{issuer.login_url}/{tenant}/v2.0")))
    assert caught.value.reason == "tenant"


def test_personal_accounts_stay_out_even_when_listed(issuer: Any, make_check: Callable[..., BearerCheck]) -> None:
    personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
    with pytest.raises(NotAllowed):
        make_check(tenants=frozenset({personal})).check(
            bearer(issuer.token(tid=personal, iss=f"{issuer.login_url}/{personal}/v2.0"))
        )


def test_an_issuer_that_names_another_tenant_than_the_token_is_refused(issuer: Any, check: BearerCheck) -> None:
    with pytest.raises(NotSignedIn) as caught:
        check.check(bearer(issuer.token(iss=f"{issuer.login_url}/{OTHER_TENANT}/v2.0")))
    assert caught.value.reason == "wrong-issuer"


def test_a_key_of_one_tenant_does_not_sign_for_another(issuer: Any, check: BearerCheck) -> None:
    issuer.publish(issuer.strangers_key, "k2", f"{issuer.login_url}/{OTHER_TENANT}/v2.0")
    with pytest.raises(NotSignedIn) as caught:
        check.check(bearer(issuer.token(key=issuer.strangers_key, headers={"kid": "k2"})))
    assert caught.value.reason == "wrong-issuer"


def test_a_few_seconds_of_difference_between_clocks_are_forgiven(issuer: Any, check: BearerCheck) -> None:
    check.check(bearer(issuer.token(exp=AT - 30, nbf=AT - 3600, iat=AT - 3600)))
    check.check(bearer(issuer.token(nbf=AT + 30, iat=AT + 30)))


def test_the_given_clock_decides_not_the_machines(issuer: Any) -> None:
    settings = BearerSettings.at(issuer.login_url, client_id=CLIENT, tenants=frozenset({TENANT}))
    late = BearerCheck(settings, lambda: datetime(2030, 1, 1, 12, tzinfo=UTC) + timedelta(hours=2))
    with pytest.raises(NotSignedIn) as caught:
        late.check(bearer(issuer.token()))
    assert caught.value.reason == "expired"


def test_offices_own_sign_in_gets_in_where_it_is_listed(issuer: Any, make_check: Callable[..., BearerCheck]) -> None:
    token = bearer(issuer.token(azp=OFFICE))
    with pytest.raises(NotAllowed):
        make_check().check(token)
    assert make_check(clients=frozenset({OFFICE})).check(token).client_id == OFFICE


def test_a_strangers_signature_is_refused(issuer: Any, check: BearerCheck) -> None:
    with pytest.raises(NotSignedIn) as caught:
        check.check(bearer(issuer.token(key=issuer.strangers_key)))
    assert caught.value.reason == "bad-token"


def test_an_unsigned_token_is_refused(issuer: Any, check: BearerCheck, httpserver: HTTPServer) -> None:
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    token = jwt.encode(claims, None, algorithm="none", headers={"kid": "k1"})
    with pytest.raises(NotSignedIn) as caught:
        check.check(bearer(token))
    assert caught.value.reason == "bad-token"
    assert httpserver.log == [], "no key is fetched for it"


def test_the_public_key_as_a_shared_secret_is_refused(issuer: Any, check: BearerCheck) -> None:
    public = issuer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "typ": "JWT", "kid": "k1"}
    payload = issuer.token().split(".")[1]
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    signed = hmac.new(public, f"{head}.{payload}".encode(), hashlib.sha256).digest()
    token = f"{head}.{payload}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"
    with pytest.raises(NotSignedIn) as caught:
        check.check(bearer(token))
    assert caught.value.reason == "bad-token"


@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_a_key_address_in_the_token_is_never_visited(
    issuer: Any, check: BearerCheck, httpserver: HTTPServer, name: str
) -> None:
    token = issuer.token(key=issuer.strangers_key, headers={"kid": "evil", name: httpserver.url_for("/evil")})
    with pytest.raises(NotSignedIn) as caught:
        check.check(bearer(token))
    assert caught.value.reason == "bad-key"
    assert {request.path for request, _ in httpserver.log} == {"/entra/common/discovery/v2.0/keys"}


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "é.é.é", "A" * 20_000, "eyJhbGciOiJSUzI1NiJ9.e30.x"])
def test_rubbish_is_refused_without_asking_for_keys(check: BearerCheck, httpserver: HTTPServer, token: str) -> None:
    with pytest.raises(NotSignedIn) as caught:
        check.check(bearer(token))
    assert caught.value.reason == "bad-token"
    assert httpserver.log == []


def test_keys_are_fetched_once_and_an_unknown_one_does_not_ask_again_and_again(
    issuer: Any, check: BearerCheck, httpserver: HTTPServer
) -> None:
    for _ in range(5):
        check.check(bearer(issuer.token()))
    for number in range(5):
        with pytest.raises(NotSignedIn):
            check.check(bearer(issuer.token(headers={"kid": f"unknown-{number}"})))
    assert len(httpserver.log) == 1, "a stranger cannot make us hammer the sign-in service"


def test_without_keys_the_answer_is_an_outage_not_a_refusal(issuer: Any) -> None:
    settings = BearerSettings.at("http://127.0.0.1:9", client_id=CLIENT, tenants=frozenset({TENANT}), timeout_s=1)
    with pytest.raises(Unavailable):
        BearerCheck(settings, lambda: datetime(2030, 1, 1, 12, tzinfo=UTC)).check(bearer(issuer.token()))


@pytest.mark.parametrize("body", ["<html>", "[]", '{"keys": []}'])
def test_a_key_set_that_is_none_is_an_outage(httpserver: HTTPServer, issuer: Any, body: str) -> None:
    httpserver.expect_request("/broken").respond_with_data(body, content_type="application/json")
    settings = BearerSettings(
        client_id=CLIENT, tenants=frozenset({TENANT}), keys_url=httpserver.url_for("/broken"), timeout_s=1
    )
    with pytest.raises(Unavailable):  # nobody has to sign in again for that
        BearerCheck(settings, lambda: datetime(2030, 1, 1, 12, tzinfo=UTC)).check(bearer(issuer.token()))


def test_a_list_of_tenants_is_required() -> None:
    with pytest.raises(ValueError, match="tenant"):
        BearerCheck(BearerSettings(client_id=CLIENT, tenants=frozenset()), lambda: datetime.now(UTC))
