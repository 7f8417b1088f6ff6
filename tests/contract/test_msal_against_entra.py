"""msal as published against the Entra stand-in over https: which authority it takes, and each call the server makes."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import msal
import pytest
import requests
from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.certificate import make_certificate
from sandbox.entra.service import EntraService
from sandbox.people import ADDIN, CONTOSO
from sandbox.web import Dispatcher, Observed
from sandbox.world import World

CALENDARS = ["https://graph.microsoft.com/Calendars.ReadWrite"]
ORGANISER = CONTOSO.users[0]


@pytest.fixture(scope="module")
def entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, EntraService]]:
    world = World.make()
    files = make_certificate(tmp_path_factory.mktemp("certificate"))
    service = EntraService(world)
    mounts = {prefix: Observed("entra", app, world) for prefix, app in service.wsgi().items()}
    server = wsgi.Server(("127.0.0.1", 0), Dispatcher(mounts, lambda environ, start: []), numthreads=4)
    server.ssl_adapter = BuiltinSSLAdapter(str(files.chain_file), str(files.key_file))
    server.prepare()
    world.base = f"https://localhost:{server.bind_addr[1]}"
    world.ca_file = files.ca_file
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield world, service
    server.stop()
    thread.join(timeout=5)


@pytest.fixture(autouse=True)
def _clean(entra: tuple[World, EntraService]) -> Iterator[None]:
    yield
    entra[0].faults.clear()
    entra[1].reset()


def session(ca_file: Path | None) -> requests.Session:
    made = requests.Session()
    made.trust_env = False  # REQUESTS_CA_BUNDLE in the environment would win over `verify` of the session
    made.verify = str(ca_file)
    return made


def application(
    world: World, cache: msal.TokenCache | None = None, **more: object
) -> msal.ConfidentialClientApplication:
    options: dict[str, object] = {
        "client_credential": ADDIN.secret,
        "authority": f"{world.base}/entra/{CONTOSO.id}",
        "instance_discovery": False,
        "token_cache": cache,
        "http_client": session(world.ca_file),
    }
    return msal.ConfidentialClientApplication(ADDIN.id, **{**options, **more})


def calls(world: World) -> int:
    return world.capture.counts.get("entra", 0)


def test_authority_with_a_path_needs_instance_discovery_off(entra: tuple[World, EntraService]) -> None:
    """msal finds the endpoints under the whole path, but calls the tenant by the path's first part for all of them."""
    world, _ = entra
    made = application(world)
    assert made.authority.token_endpoint == f"{world.base}/entra/{CONTOSO.id}/oauth2/v2.0/token"
    assert made.authority.tenant == "entra"


def test_oidc_authority_works_as_well(entra: tuple[World, EntraService]) -> None:
    world, service = entra
    made = application(
        world, authority=None, instance_discovery=None, oidc_authority=f"{world.base}/entra/{CONTOSO.id}/v2.0"
    )
    answer = made.acquire_token_on_behalf_of(service.issue_addin_token(ORGANISER.upn), CALENDARS)
    assert service.verify(answer["access_token"])["oid"] == ORGANISER.id


def test_instance_discovery_may_be_sent_to_the_sandbox(entra: tuple[World, EntraService]) -> None:
    world, _ = entra
    made = application(world, instance_discovery=f"{world.base}/entra/common/discovery/instance")
    assert made.authority.token_endpoint == f"{world.base}/entra/{CONTOSO.id}/oauth2/v2.0/token"


def test_on_behalf_of_then_silent_from_the_cache_then_by_refresh_token(entra: tuple[World, EntraService]) -> None:
    world, service = entra
    cache = msal.SerializableTokenCache()
    made = application(world, cache)
    answer = made.acquire_token_on_behalf_of(service.issue_addin_token(ORGANISER.upn), CALENDARS)
    assert "error" not in answer, answer
    claims = service.verify(answer["access_token"])
    assert (claims["oid"], claims["scp"]) == (ORGANISER.id, "Calendars.ReadWrite")

    stored = msal.SerializableTokenCache()
    stored.deserialize(cache.serialize())
    later = application(world, stored)
    accounts = later.get_accounts()
    assert [account["home_account_id"] for account in accounts] == [f"{ORGANISER.id}.{CONTOSO.id}"]
    before = calls(world)
    silent = later.acquire_token_silent_with_error(CALENDARS, account=accounts[0])
    assert silent["access_token"] == answer["access_token"]
    assert calls(world) == before, "a cached token must not cost a call"

    fresh = later.acquire_token_silent_with_error(
        CALENDARS, account=accounts[0], claims_challenge=json.dumps({"access_token": {"nbf": {"essential": True}}})
    )
    assert fresh["access_token"] != answer["access_token"], "a claims challenge must pass the cached token by"
    assert calls(world) == before + 1


def test_interaction_required_hands_its_claims_on(entra: tuple[World, EntraService]) -> None:
    world, service = entra
    made = application(world, client_capabilities=["CP1"])
    answer = made.acquire_token_on_behalf_of(service.issue_addin_token(ORGANISER.upn), CALENDARS)
    assert answer["expires_in"] == 28 * 3600
    world.faults.set_switches({"entra.interaction_required": True})
    account = made.get_accounts()[0]
    challenge = json.dumps({"access_token": {"acrs": {"essential": True, "value": "p1"}}})
    refused = made.acquire_token_silent_with_error(CALENDARS, account=account, claims_challenge=challenge)
    assert refused["error"] == "interaction_required"
    assert "acrs" in json.loads(refused["claims"])["access_token"]
    refused = made.acquire_token_on_behalf_of(service.issue_addin_token(ORGANISER.upn), CALENDARS)
    assert (refused["error"], refused["error_codes"]) == ("interaction_required", [50076])
    proved = service.issue(ORGANISER.upn, claims={"acrs": ["p1"]})
    assert "access_token" in made.acquire_token_on_behalf_of(proved, CALENDARS)


@pytest.mark.parametrize(
    ("options", "assertion", "code"),
    [
        ({"client_credential": "wrong"}, {}, 7000215),
        ({}, {"lifetime_s": -1}, 500133),
        ({}, {"audience": "00000003-0000-0000-c000-000000000000"}, 500131),
        ({}, {"claims": {"iss": "https://login.example/v2.0"}}, 50013),
    ],
)
def test_refusals_reach_the_caller(
    entra: tuple[World, EntraService], options: dict[str, str], assertion: dict[str, object], code: int
) -> None:
    world, service = entra
    made = application(world, **options)
    answer = made.acquire_token_on_behalf_of(service.issue(ORGANISER.upn, **assertion), CALENDARS)  # type: ignore[arg-type]
    assert answer["error_codes"] == [code]


def test_missing_consent_reaches_the_caller(entra: tuple[World, EntraService]) -> None:
    world, service = entra
    world.faults.set_switches({"entra.consent_missing": True})
    answer = application(world).acquire_token_on_behalf_of(service.issue_addin_token(ORGANISER.upn), CALENDARS)
    assert (answer["error"], answer["suberror"], answer["error_codes"]) == (
        "invalid_grant",
        "consent_required",
        [65001],
    )


def test_application_tokens_are_cached(entra: tuple[World, EntraService]) -> None:
    world, service = entra
    made = application(world)
    scopes = ["https://graph.microsoft.com/.default"]
    first = made.acquire_token_for_client(scopes)
    before = calls(world)
    second = made.acquire_token_for_client(scopes)
    assert second["access_token"] == first["access_token"]
    assert calls(world) == before
    assert service.verify(first["access_token"])["idtyp"] == "app"


def test_a_certificate_in_the_place_of_the_secret(entra: tuple[World, EntraService]) -> None:
    world, service = entra
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the add-in")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    credential = {"private_key": private, "public_certificate": pem}
    scopes = ["https://graph.microsoft.com/.default"]
    refused = application(world, client_credential=credential).acquire_token_for_client(scopes)
    assert (refused["error"], refused["error_codes"]) == ("invalid_client", [700027])
    told = session(world.ca_file).post(
        f"{world.base}/entra/registrations/{ADDIN.id}/certificates", data=pem, timeout=10
    )
    assert told.status_code == 201
    accepted = application(world, client_credential=credential).acquire_token_for_client(scopes)
    assert "error" not in accepted, accepted
    assert service.verify(accepted["access_token"])["azp"] == ADDIN.id
    world.clock.advance(3600)
    late = application(world, client_credential=credential).acquire_token_for_client(scopes)
    world.clock.reset()
    assert late["error_codes"] == [700024]
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    forged = application(world, client_credential={**credential, "private_key": stranger.decode()})
    assert forged.acquire_token_for_client(scopes)["error_codes"] == [700027]


def test_code_flow_with_pkce_through_msal(entra: tuple[World, EntraService]) -> None:
    world, service = entra
    made = application(world)
    scope = f"api://localhost/{ADDIN.id}/access_as_user"
    flow = made.initiate_auth_code_flow(
        [scope],
        redirect_uri=f"{world.base}/callback",
        login_hint=ORGANISER.upn,
        prompt="none",
        response_mode="form_post",
    )
    page = session(world.ca_file).get(flow["auth_uri"], timeout=10).text
    said = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    answer = made.acquire_token_by_auth_code_flow(flow, said)
    assert "error" not in answer, answer
    assert answer["id_token_claims"]["preferred_username"] == ORGANISER.upn
    assert service.signer.read(answer["access_token"])["azp"] == ADDIN.id
    assert scope in answer["scope"].split()


def test_pyjwt_key_client_reads_the_key_set(entra: tuple[World, EntraService]) -> None:
    import ssl

    world, service = entra
    trusted = ssl.create_default_context(cafile=str(world.ca_file))
    keys = jwt.PyJWKClient(f"{world.base}/entra/{CONTOSO.id}/discovery/v2.0/keys", ssl_context=trusted)
    token = service.issue_addin_token(ORGANISER.upn)
    claims = jwt.decode(
        token, keys.get_signing_key_from_jwt(token).key, algorithms=["RS256"], audience=ADDIN.id,
        issuer=f"{world.base}/entra/{CONTOSO.id}/v2.0", options={"require": ["exp", "iat", "nbf", "iss", "aud", "tid"]},
    )  # fmt: skip
    assert claims["scp"] == "access_as_user"


def test_tokens_never_show_in_a_capture(tmp_path: Path) -> None:
    capture = tmp_path / "capture.jsonl"
    world = World.make(capture)
    world.base = "https://localhost:1"
    service = EntraService(world)
    token = service.issue_addin_token(ORGANISER.upn)
    digest = hashlib.sha256(b"x").digest()
    body = json.dumps({"note": token, "hash": base64.b64encode(digest).decode()}).encode()
    kind = {"Content-Type": "application/json"}
    world.capture.record("entra", "POST", f"/x?hint={token}", {}, body, 200, kind, body)
    world.capture.close()
    assert token not in capture.read_text("utf-8")
