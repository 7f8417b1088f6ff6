"""Our registration as msal presents it, and what Entra's refusals mean to people (Graph facts 7.2)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer

from addin.errors import AddinError, NotAllowed, NotSignedIn, Throttled, Unavailable
from server.auth.registration import SignInSettings, msal_application, refusal_of
from server.auth.transport import MsalTransport

TENANT = "7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01"
LOGIN = "https://login.example"


class Wire:
    """Stands where the network would be: answers metadata and tokens, keeps what was posted."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.posted: list[dict[str, Any]] = []

    def get(self, url: str, **_: Any) -> requests.Response:
        self.asked.append(url)
        base = f"{LOGIN}/{TENANT}"
        return _response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
        )

    def post(self, url: str, data: Any = None, **_: Any) -> requests.Response:
        self.posted.append(dict(data))
        return _response({"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})

    def close(self) -> None:
        """Nothing is open."""


def _response(body: dict[str, Any]) -> requests.Response:
    found = requests.Response()
    found.status_code = 200
    found._content = json.dumps(body).encode()
    return found


@pytest.fixture(scope="module")
def certificate() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ClickMeeting for Outlook")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), made.public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificate_signs_what_a_secret_would_have_told(certificate: tuple[str, str]) -> None:
    wire: Any = Wire()
    settings = SignInSettings(client_id="client", secret="unused", certificate_pem=certificate, login_url=LOGIN)
    application = msal_application(settings, wire, TENANT, msal.TokenCache())
    answer = application.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert answer["access_token"] == "t"
    (posted,) = wire.posted
    assert "client_secret" not in posted
    header = jwt.get_unverified_header(posted["client_assertion"])
    assert header["alg"] == "PS256"
    assert "x5t#S256" in header
    assert "xms_cc" in posted["claims"], "claims challenges are understood (CP1)"


def test_only_the_tenants_own_metadata_is_asked_for(certificate: tuple[str, str]) -> None:
    wire: Any = Wire()
    msal_application(SignInSettings("client", "secret", login_url=LOGIN), wire, TENANT, msal.TokenCache())
    assert wire.asked == [f"{LOGIN}/{TENANT}/v2.0/.well-known/openid-configuration"], "no list of Microsoft's hosts"


REFUSALS: list[tuple[dict[str, Any], type[AddinError], str]] = [
    ({"error": "invalid_grant", "suberror": "consent_required"}, NotAllowed, "consent"),
    ({"error": "invalid_grant", "error_description": "AADSTS65001: not consented"}, NotAllowed, "consent"),
    ({"error": "consent_required"}, NotAllowed, "consent"),
    ({"error": "interaction_required"}, NotSignedIn, "interaction"),
    ({"error": "invalid_grant", "claims": '{"a":1}'}, NotSignedIn, "interaction"),
    ({"error": "invalid_grant", "error_description": "AADSTS50013: expired"}, NotSignedIn, "sign-in-again"),
    ({"error": "invalid_grant"}, NotSignedIn, "sign-in-again"),
    ({"error": "invalid_client", "error_description": "AADSTS7000215"}, NotAllowed, "registration"),
    ({"error": "unauthorized_client"}, NotAllowed, "registration"),
    ({"error": "something_new"}, NotSignedIn, "sign-in-again"),
    ({}, NotSignedIn, "sign-in-again"),
]


@pytest.mark.parametrize(("answer", "kind", "reason"), REFUSALS)
def test_a_refusal_says_who_can_mend_it(answer: dict[str, Any], kind: type[AddinError], reason: str) -> None:
    error = refusal_of({"error_description": "about organiser@contoso.example", **answer})
    assert type(error) is kind
    assert error.reason == reason  # type: ignore[attr-defined]
    assert "contoso" not in str(error), "descriptions name people and stay out"


def test_an_outage_is_no_refusal() -> None:
    assert isinstance(refusal_of({"error": "temporarily_unavailable"}), Unavailable)


def test_the_claims_go_on_word_for_word() -> None:
    error = refusal_of({"error": "interaction_required", "claims": '{"access_token":{}}'})
    assert isinstance(error, NotSignedIn)
    assert error.claims == '{"access_token":{}}'


@pytest.fixture
def transport() -> Callable[..., MsalTransport]:
    return lambda **settings: MsalTransport(**{"ca_file": None, "read_timeout_s": 1, **settings})


@pytest.mark.parametrize(
    ("status", "headers", "kind", "after"),
    [
        (429, {"Retry-After": "7"}, Throttled, 7),
        (429, {}, Throttled, None),
        (503, {"Retry-After": "3"}, Unavailable, 3),
        (500, {"Retry-After": "soon"}, Unavailable, None),
    ],
)
def test_outages_are_told_with_the_pause_asked_for(
    httpserver: HTTPServer,
    transport: Callable[..., MsalTransport],
    status: int,
    headers: dict[str, str],
    kind: type[AddinError],
    after: float | None,
) -> None:
    httpserver.expect_request("/token").respond_with_data("<html>", status=status, headers=headers)
    with pytest.raises(kind) as caught:
        transport().post(httpserver.url_for("/token"), data={})
    assert caught.value.after == after  # type: ignore[attr-defined]


def test_refusals_reach_msal_as_they_are(httpserver: HTTPServer, transport: Callable[..., MsalTransport]) -> None:
    httpserver.expect_request("/token").respond_with_json({"error": "invalid_grant"}, 400)
    assert transport().post(httpserver.url_for("/token"), data={}).status_code == 400


def test_metadata_is_kept_for_an_hour_and_nothing_else(
    httpserver: HTTPServer, transport: Callable[..., MsalTransport]
) -> None:
    now = [0.0]
    kept = transport(monotonic=lambda: now[0])
    for path in ("/t/v2.0/.well-known/openid-configuration", "/t/keys"):
        httpserver.expect_request(path).respond_with_json({"path": path})
    metadata, keys = (httpserver.url_for(path) for path in ("/t/v2.0/.well-known/openid-configuration", "/t/keys"))
    for _ in range(3):
        kept.get(metadata)
        kept.get(keys)
    assert len(httpserver.log) == 1 + 3
    now[0] = 3601
    kept.get(metadata)
    assert len(httpserver.log) == 1 + 3 + 1


def test_metadata_that_failed_is_not_kept(httpserver: HTTPServer, transport: Callable[..., MsalTransport]) -> None:
    path = "/t/v2.0/.well-known/openid-configuration"
    httpserver.expect_ordered_request(path).respond_with_json({"error": "invalid_tenant"}, 400)
    httpserver.expect_ordered_request(path).respond_with_json({"issuer": "x"})
    kept = transport()
    assert kept.get(httpserver.url_for(path)).status_code == 400
    assert kept.get(httpserver.url_for(path)).json() == {"issuer": "x"}


def test_an_environments_certificates_do_not_replace_the_settings(
    transport: Callable[..., MsalTransport], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    seen: list[Any] = []

    def record(self: requests.Session, request: Any, **rest: Any) -> requests.Response:
        seen.append(rest["verify"])
        return _response({})

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    monkeypatch.setattr(requests.Session, "send", record)
    transport(ca_file="own.pem").get("https://login.example/x")
    assert seen == ["own.pem"]
