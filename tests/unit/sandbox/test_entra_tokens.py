"""What the Entra stand-in answers at its token endpoint, and which tokens it takes for good."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from werkzeug.test import Client as WerkzeugClient

from sandbox.entra.service import EntraService
from sandbox.people import ADDIN, COLLEAGUES, CONTOSO, FABRIKAM, FOREIGN, OFFICE
from sandbox.world import World

BASE = "https://localhost:4430"
GRAPH = "https://graph.microsoft.com"
ORGANISER = CONTOSO.users[0]
TOKEN = f"/{CONTOSO.id}/oauth2/v2.0/token"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def world() -> World:
    made = World.make()
    made.base, made.http_base = BASE, "http://127.0.0.1:8080"
    return made


@pytest.fixture
def entra(world: World) -> EntraService:
    return EntraService(world)


@pytest.fixture
def web(entra: EntraService) -> FlaskClient:
    return WerkzeugClient(entra.wsgi()["/entra"])  # type: ignore[return-value]


def on_behalf_of(assertion: str, scope: str = f"{GRAPH}/Calendars.ReadWrite", **more: str) -> dict[str, str]:
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client_id": ADDIN.id,
        "client_secret": ADDIN.secret or "",
        "assertion": assertion,
        "requested_token_use": "on_behalf_of",
        "scope": scope,
        **more,
    }


def code_from(web: FlaskClient, tenant: str = CONTOSO.id, **more: str) -> str:
    asked = {
        "client_id": ADDIN.id,
        "response_type": "code",
        "redirect_uri": f"{BASE}/signin/callback",
        "scope": f"openid profile offline_access {ADDIN.id}/access_as_user",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "s t",
        "prompt": "none",
        "login_hint": ORGANISER.upn,
        **more,
    }
    answer = web.get(f"/{tenant}/oauth2/v2.0/authorize", query_string=asked)
    assert answer.status_code == 302, answer.text
    said = parse_qs(urlsplit(answer.location).query)
    assert said["state"] == ["s t"]
    return said["code"][0]


def redeem(code: str, **more: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": ADDIN.id,
        "client_secret": ADDIN.secret or "",
        "code": code,
        "redirect_uri": f"{BASE}/signin/callback",
        "code_verifier": VERIFIER,
        **more,
    }


def test_the_addins_token_has_the_claims_that_a_backend_checks(entra: EntraService, world: World) -> None:
    token = entra.issue_addin_token(ORGANISER.upn)
    keys = jwt.PyJWKSet.from_dict(entra.signer.key_set(CONTOSO.id))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(
        token, key.key, algorithms=["RS256"], audience=ADDIN.id, issuer=f"{BASE}/entra/{CONTOSO.id}/v2.0"
    )
    now = world.clock.timestamp()
    expected = {
        "ver": "2.0", "azp": OFFICE.id, "azpacr": "0", "scp": "access_as_user", "tid": CONTOSO.id,
        "oid": ORGANISER.id, "name": ORGANISER.name, "preferred_username": ORGANISER.upn,
    }  # fmt: skip
    assert expected.items() <= claims.items()
    assert "roles" not in claims
    assert claims["iat"] == claims["nbf"] == pytest.approx(now, abs=2)
    assert claims["exp"] == pytest.approx(now + 3599, abs=2)


def test_an_administrators_role_shows_in_the_addins_token_only(entra: EntraService) -> None:
    admin = entra.signer.read(entra.issue_addin_token("admin@contoso.example"))
    graph = entra.signer.read(entra.issue("admin@contoso.example", audience=GRAPH, scopes=("User.Read",)))
    assert admin["roles"] == ["ClickMeeting.Admin"]
    assert "roles" not in graph


def test_groups_stand_in_the_addins_token_until_they_are_too_many(entra: EntraService, world: World) -> None:
    paris = entra.signer.read(entra.issue_addin_token("paris@contoso.example"))
    assert paris["groups"] == [COLLEAGUES]
    assert "groups" not in entra.signer.read(entra.issue_addin_token(ORGANISER.upn))
    assert "groups" not in entra.signer.read(
        entra.issue("paris@contoso.example", audience=GRAPH, scopes=("User.Read",))
    )
    world.faults.set_switches({"entra.groups_overage": True})
    many = entra.signer.read(entra.issue_addin_token("paris@contoso.example"))
    assert "groups" not in many
    assert many["_claim_names"] == {"groups": "src1"}


def test_subject_is_pairwise(entra: EntraService) -> None:
    ours = entra.signer.read(entra.issue(ORGANISER.upn))["sub"]
    graph = entra.signer.read(entra.issue(ORGANISER.upn, audience=GRAPH))["sub"]
    assert ours != graph


@pytest.mark.parametrize("audience", [GRAPH, f"{BASE}/graph", "http://127.0.0.1:8080/graph"])
def test_verify_takes_a_graph_token_by_each_of_its_names(entra: EntraService, audience: str) -> None:
    token = entra.issue(ORGANISER.upn, client=ADDIN, audience=audience, scopes=("Calendars.Read",))
    assert entra.verify(token)["scp"] == "Calendars.Read"


def test_verify_refuses_what_is_not_a_good_graph_token(entra: EntraService, world: World) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    good = entra.issue(ORGANISER.upn, audience=GRAPH)
    cases = {
        "meant for somebody else": entra.issue_addin_token(ORGANISER.upn),
        "not valid:": entra.issue(ORGANISER.upn, audience=GRAPH, key=stranger),
        "key is not ours": entra.issue(ORGANISER.upn, audience=GRAPH, headers={"kid": "other"}),
        "expired": entra.issue(ORGANISER.upn, audience=GRAPH, lifetime_s=-1),
        "issuer": entra.issue(ORGANISER.upn, audience=GRAPH, claims={"iss": "https://sts.windows.net/x/"}),
        "not valid yet": entra.issue(ORGANISER.upn, audience=GRAPH, claims={"nbf": world.clock.timestamp() + 900}),
        "the token is not valid": good[:-4] + "AAAA",
    }
    for reason, token in cases.items():
        with pytest.raises(ValueError, match=reason):
            entra.verify(token)
    world.clock.advance(4000)
    with pytest.raises(ValueError, match="expired"):
        entra.verify(good)


def test_on_behalf_of_answers_scope_in_the_form_that_was_asked(web: FlaskClient, entra: EntraService) -> None:
    for prefix in (GRAPH, f"{BASE}/graph"):
        scope = f"openid profile offline_access {prefix}/Calendars.ReadWrite {prefix}/Mail.Send"
        answer = web.post(TOKEN, data=on_behalf_of(entra.issue_addin_token(ORGANISER.upn), scope)).json
        assert answer is not None
        assert {f"{prefix}/Calendars.ReadWrite", f"{prefix}/Mail.Send"} <= set(answer["scope"].split())
        claims = entra.verify(answer["access_token"])
        assert (claims["scp"], claims["aud"], claims["azp"]) == ("Calendars.ReadWrite Mail.Send", prefix, ADDIN.id)
        assert answer["refresh_token"]
        assert answer["id_token"]


def test_default_scope_means_all_that_the_registration_lists(web: FlaskClient, entra: EntraService) -> None:
    answer = web.post(TOKEN, data=on_behalf_of(entra.issue_addin_token(ORGANISER.upn), f"{GRAPH}/.default")).json
    assert answer is not None
    assert "Calendars.ReadWrite Calendars.ReadWrite.Shared Mail.Send" in entra.verify(answer["access_token"])["scp"]


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"client_secret": "wrong"}, "invalid_client", 7000215),
        ({"client_secret": ""}, "invalid_client", 7000218),
        ({"client_id": "0" * 8}, "unauthorized_client", 700016),
        ({"client_id": ""}, "invalid_request", 900144),
        ({"assertion": "x.y.z"}, "invalid_grant", 50013),
        ({"assertion": ""}, "invalid_request", 900144),
        ({"requested_token_use": ""}, "invalid_request", 900144),
        ({"scope": f"{GRAPH}/Calendars.Write"}, "invalid_client", 650053),
        ({"scope": f"{GRAPH}/User.Read {ADDIN.id}/access_as_user"}, "invalid_request", 28000),
        ({"scope": f"{GRAPH}/User.Read {GRAPH}/.default"}, "invalid_scope", 70011),
        ({"scope": "https://nowhere.example/User.Read"}, "invalid_resource", 500011),
        ({"scope": f"{GRAPH}/Contacts.Read"}, "invalid_grant", 65001),
        ({"grant_type": "magic"}, "unsupported_grant_type", 70003),
        ({"claims": "{"}, "invalid_request", 50161),
    ],
)  # fmt: skip
def test_on_behalf_of_refusals(
    web: FlaskClient, entra: EntraService, change: dict[str, str], error: str, code: int
) -> None:
    form = {**on_behalf_of(entra.issue_addin_token(ORGANISER.upn)), **change}
    answer = web.post(TOKEN, data=form)
    body = answer.json
    assert body is not None
    assert answer.status_code == (401 if error == "invalid_client" and code > 7_000_000 else 400)
    assert (body["error"], body["error_codes"]) == (error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert {"timestamp", "trace_id", "correlation_id"} <= set(body)


def test_on_behalf_of_refuses_assertions_that_are_not_for_us(web: FlaskClient, entra: EntraService) -> None:
    cases = {
        500131: entra.issue(ORGANISER.upn, audience=GRAPH),
        500133: entra.issue(ORGANISER.upn, lifetime_s=-1),
        50013: entra.issue(None, audience=ADDIN.id, roles=("x",)),
        50020: entra.issue(FABRIKAM.users[0].upn),
    }
    for code, assertion in cases.items():
        body = web.post(TOKEN, data=on_behalf_of(assertion)).json
        assert body is not None
        assert (body["error"], body["error_codes"]) == ("invalid_grant", [code])


def test_unknown_tenant(web: FlaskClient) -> None:
    for path in ("nowhere.example/v2.0/.well-known/openid-configuration", "nowhere.example/discovery/v2.0/keys"):
        answer = web.get(f"/{path}")
        assert answer.status_code == 400
        assert answer.json is not None
        assert answer.json["error_codes"] == [90002]


def test_consent_is_missing_until_an_administrator_agrees(web: FlaskClient, entra: EntraService, world: World) -> None:
    world.faults.set_switches({"entra.consent_missing": True})
    form = on_behalf_of(entra.issue_addin_token(ORGANISER.upn))
    refused = web.post(TOKEN, data=form).json
    assert refused is not None
    assert (refused["error_codes"], refused["suberror"]) == ([65001], "consent_required")
    query = {
        "client_id": ADDIN.id, "redirect_uri": f"{BASE}/admin/consented", "state": "tied",
        "scope": f"{GRAPH}/.default",
    }  # fmt: skip
    page = web.get("/organizations/v2.0/adminconsent", query_string=query)
    assert "Accept as Administrator" in page.text
    form_sent = {"query": "&".join(f"{key}={value}" for key, value in query.items()), "user": "admin@contoso.example"}
    agreed = web.post("/organizations/adminconsent", data=form_sent)
    said = parse_qs(urlsplit(agreed.location).query)
    assert (said["admin_consent"], said["tenant"], said["state"]) == (["True"], [CONTOSO.id], ["tied"])
    assert web.post(TOKEN, data=form).status_code == 200
    other = on_behalf_of(entra.issue_addin_token(FABRIKAM.users[0].upn))
    elsewhere = web.post(f"/{FABRIKAM.id}/oauth2/v2.0/token", data=other).json
    assert elsewhere is not None
    assert elsewhere["error_codes"] == [65001], "consent of one tenant must not count in another"


def test_consent_needs_an_administrator(web: FlaskClient) -> None:
    query = f"client_id={ADDIN.id}&redirect_uri={BASE}/admin/consented"
    answer = web.post(f"/{CONTOSO.id}/adminconsent", data={"query": query, "user": ORGANISER.upn})
    assert answer.status_code == 400
    assert "AADSTS90094" in answer.text


def test_interaction_is_required_until_the_person_signs_in_with_the_claims(
    web: FlaskClient, entra: EntraService, world: World
) -> None:
    world.faults.set_switches({"entra.interaction_required": True})
    refused = web.post(TOKEN, data=on_behalf_of(entra.issue_addin_token(ORGANISER.upn))).json
    assert refused is not None
    assert (refused["error"], refused["error_codes"]) == ("interaction_required", [50076])
    assert json.loads(refused["claims"])["access_token"]["acrs"]["essential"] is True
    asked = {
        "client_id": ADDIN.id, "response_type": "code", "redirect_uri": f"{BASE}/signin/callback",
        "scope": f"openid {ADDIN.id}/access_as_user", "claims": refused["claims"],
    }  # fmt: skip
    page = web.get(f"/{CONTOSO.id}/oauth2/v2.0/authorize", query_string=asked)
    assert "extra check" in page.text
    from urllib.parse import urlencode

    back = web.post(f"/{CONTOSO.id}/signin", data={"query": urlencode(asked), "user": ORGANISER.upn})
    code = parse_qs(urlsplit(back.location).query)["code"][0]
    token = web.post(TOKEN, data=redeem(code, code_verifier="")).json
    assert token is not None
    assert web.post(TOKEN, data=on_behalf_of(token["access_token"])).status_code == 200


def test_code_with_pkce_and_refresh(web: FlaskClient, entra: EntraService) -> None:
    answer = web.post(TOKEN, data=redeem(code_from(web, nonce="n1"))).json
    assert answer is not None
    assert entra.signer.read(answer["access_token"])["aud"] == ADDIN.id
    assert jwt.decode(answer["id_token"], options={"verify_signature": False})["nonce"] == "n1"
    refreshed = web.post(
        TOKEN,
        data={
            "grant_type": "refresh_token", "client_id": ADDIN.id, "client_secret": ADDIN.secret,
            "refresh_token": answer["refresh_token"], "scope": f"{GRAPH}/Calendars.Read offline_access",
            "client_info": "1",
        },
    )  # fmt: skip
    body = refreshed.json
    assert body is not None
    assert body["error_codes"] == [65001], "what the registration does not list is not given"
    body = web.post(
        TOKEN,
        data={
            "grant_type": "refresh_token", "client_id": ADDIN.id, "client_secret": ADDIN.secret,
            "refresh_token": answer["refresh_token"], "scope": f"{GRAPH}/Mail.Send offline_access", "client_info": "1",
        },
    ).json  # fmt: skip
    assert body is not None
    padded = body["client_info"] + "=" * (-len(body["client_info"]) % 4)
    assert json.loads(base64.urlsafe_b64decode(padded)) == {"uid": ORGANISER.id, "utid": CONTOSO.id}


def test_a_code_is_good_once_and_only_with_its_verifier_and_address(
    web: FlaskClient, entra: EntraService, world: World
) -> None:
    code = code_from(web)
    assert web.post(TOKEN, data=redeem(code)).status_code == 200
    late = code_from(web)
    cases = [
        (redeem(code), 54005),
        (redeem(code_from(web), code_verifier="w" * 64), 501481),
        (redeem(code_from(web), code_verifier=""), 900144),
        (redeem(code_from(web), redirect_uri=f"{BASE}/other"), 500112),
        (redeem("1.invented"), 9002313),
        (redeem(code_from(web), client_id=FOREIGN.id, client_secret=FOREIGN.secret or ""), 9002313),
    ]
    for form, number in cases:
        body = web.post(TOKEN, data=form).json
        assert body is not None
        assert body["error_codes"] == [number]
    world.clock.advance(601)
    body = web.post(TOKEN, data=redeem(late)).json
    assert body is not None
    assert body["error_codes"] == [70008]


def test_a_page_redeems_its_code_without_secret_and_gets_the_cross_origin_headers(web: FlaskClient) -> None:
    form = {**redeem(code_from(web)), "client_secret": ""}
    answer = web.post(TOKEN, data=form, headers={"Origin": BASE})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == BASE


def test_application_token_has_roles_and_no_scope(web: FlaskClient, entra: EntraService) -> None:
    form = {
        "grant_type": "client_credentials", "client_id": ADDIN.id, "client_secret": ADDIN.secret,
        "scope": f"{GRAPH}/.default",
    }  # fmt: skip
    body = web.post(TOKEN, data=form).json
    assert body is not None
    assert "scope" not in body
    claims = entra.verify(body["access_token"])
    assert claims["idtyp"] == "app"
    assert "Calendars.ReadWrite" in claims["roles"]
    assert "scp" not in claims
    refused = web.post(TOKEN, data={**form, "scope": f"{GRAPH}/Calendars.ReadWrite"}).json
    assert refused is not None
    assert refused["error_codes"] == [1002012]


def test_password_grant_is_for_foreign_clients_only(web: FlaskClient) -> None:
    form = {
        "grant_type": "password", "client_id": FOREIGN.id, "username": ORGANISER.upn, "password": ORGANISER.password,
        "scope": f"{GRAPH}/Calendars.ReadWrite offline_access",
    }  # fmt: skip
    assert web.post("/organizations/oauth2/v2.0/token", data=form).status_code == 200
    for change, number in (
        ({"password": "wrong"}, 50126),
        ({"username": "nobody@contoso.example"}, 50034),
        ({"client_id": ADDIN.id, "client_secret": ADDIN.secret}, 70003),
        ({"client_id": FOREIGN.id, "client_secret": "wrong"}, 7000215),
    ):
        body = web.post("/organizations/oauth2/v2.0/token", data={**form, **change}).json
        assert body is not None
        assert body["error_codes"] == [number]


def test_claims_capable_clients_get_long_lived_tokens(web: FlaskClient, entra: EntraService) -> None:
    claims = json.dumps({"access_token": {"xms_cc": {"values": ["CP1"]}}})
    body = web.post(TOKEN, data=on_behalf_of(entra.issue_addin_token(ORGANISER.upn), claims=claims)).json
    assert body is not None
    assert body["expires_in"] == 28 * 3600
    assert entra.verify(body["access_token"])["xms_cc"] == ["CP1"]


def test_sessions_revoked_and_state_kept(web: FlaskClient, entra: EntraService, world: World) -> None:
    token = web.post(TOKEN, data=redeem(code_from(web))).json
    assert token is not None
    form = {
        "grant_type": "refresh_token", "client_id": ADDIN.id, "client_secret": ADDIN.secret,
        "refresh_token": token["refresh_token"], "scope": f"{ADDIN.id}/access_as_user",
    }  # fmt: skip
    later = EntraService(world)
    later.load(json.loads(json.dumps(entra.dump())))
    assert WerkzeugClient(later.wsgi()["/entra"]).post(TOKEN, data=form).status_code == 200
    entra.grants.revoke(ORGANISER)
    assert web.post(TOKEN, data=form).status_code == 400
