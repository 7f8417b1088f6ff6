"""Decides every request to the token endpoint, grant by grant; it must not know HTTP pages or how tokens are signed."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.entra.credentials import Credentials
from sandbox.entra.errors import Refused, consent_missing, interaction_required, missing
from sandbox.entra.permissions import (
    ADDIN_APPLICATION,
    APPLICATION,
    Wanted,
    answered_scope,
    granted,
    graph_audiences,
    read_scopes,
    unconsented,
)
from sandbox.entra.tokens import ExpiredToken, Signer, client_info
from sandbox.people import ADDIN, CLIENTS, OFFICE, Client, Tenant, User, find_tenant, find_user
from sandbox.world import World

MANY_TENANTS = frozenset({"common", "organizations"})
VERIFIED = "p1"  # Entra's own sign in `acrs` that the person proved more than a password
_CODE_LIFE_S = 600
_REFRESH_LIFE_S = 90 * 86400
_SPA_REFRESH_LIFE_S = 86400
_LONG_LIFE_S = 28 * 3600


@dataclass(frozen=True)
class SignIn:
    """A code or refresh token in being: who signed in, through which client, for what, until when (epoch seconds)."""

    user: str
    client: str
    scope: str
    until: int
    redirect_uri: str = ""
    challenge: str = ""
    challenge_method: str = ""
    nonce: str | None = None
    verified: bool = False
    spa: bool = False


class Grants:
    """The token endpoint. `answer` gives the JSON of a success or raises Refused."""

    def __init__(self, world: World, signer: Signer) -> None:
        self._world = world
        self._signer = signer
        self.credentials = Credentials(world)
        self._lock = threading.Lock()
        self._codes: dict[str, SignIn] = {}
        self._used_codes: set[str] = set()
        self._refresh: dict[str, SignIn] = {}
        self._consents: set[str] = set()
        self._grants: dict[str, Callable[[str, Client, Mapping[str, str], bool], dict[str, Any]]] = {
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh_token,
            "urn:ietf:params:oauth:grant-type:jwt-bearer": self._on_behalf_of,
            "client_credentials": self._by_client,
            "password": self._by_password,
        }

    def answer(self, tenant: str, form: Mapping[str, str], cross_origin: bool) -> dict[str, Any]:
        """`tenant` as in the address; `cross_origin`: a browser's page asks, and needs no secret to redeem its code."""
        check_tenant(tenant)
        grant = form.get("grant_type") or ""
        if not grant:
            raise missing("grant_type")
        if grant not in self._grants:
            raise Refused("unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'.")
        client = find_client(form.get("client_id"))
        self.credentials.check(client, form, grant, cross_origin)
        return self._grants[grant](tenant, client, form, cross_origin)

    def start(self, sign_in: SignIn) -> str:
        """A fresh code for the sign-in page to hand out."""
        code = self._world.secrets.add("1." + secrets.token_urlsafe(48))
        with self._lock:
            self._codes[code] = sign_in
        return code

    def code_until(self) -> int:
        return self._world.clock.timestamp() + _CODE_LIFE_S

    def consent(self, tenant: Tenant, client: Client) -> None:
        """An administrator agreed for the whole tenant."""
        with self._lock:
            self._consents.add(f"{tenant.id} {client.id}")

    def revoke(self, user: User) -> None:
        """Forget every refresh token of the person, as 'revoke sessions' does."""
        with self._lock:
            self._refresh = {key: value for key, value in self._refresh.items() if value.user != user.id}

    def reset(self) -> None:
        with self._lock:
            self._codes.clear()
            self._used_codes.clear()
            self._refresh.clear()
            self._consents.clear()
        self.credentials.reset()

    def dump(self) -> dict[str, Any]:
        with self._lock:
            return {
                "refresh": {token: asdict(value) for token, value in self._refresh.items()},
                "consents": sorted(self._consents),
                "certificates": self.credentials.dump(),
            }

    def load(self, state: Mapping[str, Any]) -> None:
        with self._lock:
            self._refresh = {
                self._world.secrets.add(token): SignIn(**value) for token, value in state["refresh"].items()
            }
            self._consents = set(state["consents"])
        self.credentials.load(state["certificates"])

    def _by_code(self, tenant: str, client: Client, form: Mapping[str, str], cross_origin: bool) -> dict[str, Any]:
        code = form.get("code") or ""
        if not code:
            raise missing("code")
        with self._lock:
            found = self._codes.pop(code, None)
            used = code in self._used_codes
            self._used_codes.add(code)
        if used:
            raise Refused("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed, please retry.")
        if found is None or found.client != client.id:
            raise Refused("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
        if found.until <= self._world.clock.timestamp():
            raise Refused("invalid_grant", 70008, "The provided authorization code has expired due to inactivity.")
        if found.redirect_uri != (form.get("redirect_uri") or ""):
            raise Refused(
                "invalid_grant", 500112,
                "The reply address does not match the reply address provided when requesting Authorization code.",
            )  # fmt: skip
        _check_verifier(found, form.get("code_verifier"))
        return self._for_person(tenant, client, found, form.get("scope") or found.scope, form, spa=cross_origin)

    def _by_refresh_token(
        self, tenant: str, client: Client, form: Mapping[str, str], cross_origin: bool
    ) -> dict[str, Any]:
        token = form.get("refresh_token") or ""
        if not token:
            raise missing("refresh_token")
        with self._lock:
            found = self._refresh.get(token)
        if found is None or found.client != client.id:
            raise Refused("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
        if found.until <= self._world.clock.timestamp():
            raise Refused(
                "invalid_grant", 700082 if not found.spa else 700084, "The refresh token has expired due to inactivity."
            )
        return self._for_person(tenant, client, found, form.get("scope") or found.scope, form, spa=found.spa)

    def _on_behalf_of(
        self, tenant: str, client: Client, form: Mapping[str, str], _cross_origin: bool
    ) -> dict[str, Any]:
        if form.get("requested_token_use") != "on_behalf_of":
            raise missing("requested_token_use")
        assertion = form.get("assertion") or ""
        if not assertion:
            raise missing("assertion")
        if not form.get("scope"):
            raise missing("scope")
        try:
            claims = self._signer.read(assertion)
        except ExpiredToken as error:
            raise Refused(
                "invalid_grant", 500133,
                "Assertion is not within its valid time range. Ensure that the access token is not expired before "
                "using it for user assertion, or request a new token.",
            ) from error  # fmt: skip
        except ValueError as error:
            raise Refused("invalid_grant", 50013, "Assertion failed signature validation.") from error
        if claims.get("aud") != client.id:
            raise Refused(
                "invalid_grant", 500131,
                "Assertion audience does not match the Client app presenting the assertion. The audience in the "
                f"assertion was '{claims.get('aud')}' and the expected audience is '{client.id}'.",
            )  # fmt: skip
        person = find_user(str(claims.get("oid")))
        if person is None or "scp" not in claims:
            raise Refused("invalid_grant", 50013, "Assertion does not stand for a person.")
        found = SignIn(person[1].id, client.id, form["scope"], 0, verified=VERIFIED in claims.get("acrs", ()))
        return self._for_person(tenant, client, found, form["scope"], form, spa=False)

    def _by_client(self, tenant: str, client: Client, form: Mapping[str, str], _cross_origin: bool) -> dict[str, Any]:
        if not form.get("scope"):
            raise missing("scope")
        home = find_tenant(tenant)
        if home is None:
            raise Refused(
                "invalid_request", 53003, "An application asks for its own tokens at a tenant, not at 'common'."
            )
        bases = (self._world.base, self._world.http_base)
        wanted = read_scopes(form["scope"], client.id, bases)
        if not wanted.is_default:
            raise Refused(
                "invalid_scope", 1002012,
                f"The provided value for scope {form['scope']} is not valid. Client credential flows must have a scope "
                "value with /.default suffixed to the resource identifier (application ID URI).",
            )  # fmt: skip
        self._check_consent(home, client, wanted)
        roles: tuple[str, ...] = ()
        if wanted.audience in graph_audiences(bases):
            roles = ADDIN_APPLICATION if client.id == ADDIN.id else APPLICATION
        lifetime = self._world.faults.switch("entra.token_lifetime_s")
        token = self._signer.access_token(home, None, client, wanted.audience, (), roles, lifetime)
        # no `scope` here: msal would file the token under it and never find it again
        return {
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token,
        }

    def _by_password(self, tenant: str, client: Client, form: Mapping[str, str], cross_origin: bool) -> dict[str, Any]:
        if client.id in (ADDIN.id, OFFICE.id):
            # the product never sees a password; only foreign clients of the demonstration may send one
            raise Refused("unauthorized_client", 70003, "The app requested an unsupported grant type 'password'.")
        for name in ("username", "password", "scope"):
            if not form.get(name):
                raise missing(name)
        found = find_user(form["username"])
        if found is None:
            raise Refused("invalid_grant", 50034, f"The user account {form['username']} does not exist.")
        if not hmac.compare_digest(found[1].password.encode(), form["password"].encode()):
            raise Refused("invalid_grant", 50126, "Error validating credentials due to invalid username or password.")
        return self._for_person(
            tenant, client, SignIn(found[1].id, client.id, form["scope"], 0), form["scope"], form, spa=cross_origin
        )

    def _for_person(
        self, tenant: str, client: Client, sign_in: SignIn, scope: str, form: Mapping[str, str], *, spa: bool
    ) -> dict[str, Any]:
        found = find_user(sign_in.user)
        assert found is not None
        home, user = found
        if tenant not in MANY_TENANTS and find_tenant(tenant) != home:
            raise Refused("invalid_grant", 50020, f"User account '{user.upn}' does not exist in tenant '{tenant}'.")
        wanted = read_scopes(scope, client.id, (self._world.base, self._world.http_base))
        asked_claims = read_claims(form.get("claims"))
        self._check_consent(home, client, wanted)
        self._check_policy(client, wanted, asked_claims, sign_in.verified)
        names = granted(wanted, client.id)
        capable = "CP1" in _values(asked_claims, "xms_cc")
        extra = {"xms_cc": ["CP1"] if capable else None, "acrs": [VERIFIED] if sign_in.verified else None}
        lifetime = self._world.faults.switch("entra.token_lifetime_s")
        if capable and wanted.audience != ADDIN.id and lifetime == DEFAULT_LIFETIME_S:
            lifetime = _LONG_LIFE_S
        token = self._signer.access_token(home, user, client, wanted.audience, names, (), lifetime, extra)
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": answered_scope(wanted, names),
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token,
        }
        if "offline_access" in wanted.oidc:
            answer["refresh_token"] = self._refresh_token(sign_in, scope, spa)
        if "openid" in wanted.oidc:
            answer["id_token"] = self._signer.id_token(home, user, client, sign_in.nonce, DEFAULT_LIFETIME_S)
        if form.get("client_info") in ("1", "2"):
            answer["client_info"] = client_info(home, user)
        return answer

    def _refresh_token(self, sign_in: SignIn, scope: str, spa: bool) -> str:
        token = self._world.secrets.add("1.A" + secrets.token_urlsafe(64))
        life = _SPA_REFRESH_LIFE_S if spa else _REFRESH_LIFE_S
        # a page's refresh token does not live on by being used
        until = sign_in.until if spa and sign_in.spa else self._world.clock.timestamp() + life
        with self._lock:
            self._refresh[token] = SignIn(
                sign_in.user, sign_in.client, scope, until, verified=sign_in.verified, spa=spa
            )
        return token

    def is_withheld(self, tenant: Tenant, client: Client, wanted: Wanted) -> bool:
        """Whether an administrator would have to agree first."""
        if wanted.resource is None:
            return False
        if unconsented(wanted, client.id):
            return True
        with self._lock:
            agreed = f"{tenant.id} {client.id}" in self._consents
        # a person's sign-in to our own API needs no administrator; what that API then asks of Graph does
        return bool(self._world.faults.switch("entra.consent_missing")) and not agreed and wanted.audience != ADDIN.id

    @staticmethod
    def can_be_consented(client: Client, wanted: Wanted) -> bool:
        """Whether the client's registration lists what is asked for."""
        return not unconsented(wanted, client.id)

    def _check_consent(self, tenant: Tenant, client: Client, wanted: Wanted) -> None:
        if self.is_withheld(tenant, client, wanted):
            raise consent_missing(client.name, client.id)

    def _check_policy(self, client: Client, wanted: Wanted, asked: Mapping[str, Any], verified: bool) -> None:
        demanded = _values(asked, "acrs")
        if self._world.faults.switch("entra.interaction_required") and wanted.audience != ADDIN.id:
            demanded = {*demanded, VERIFIED}
        if demanded and not verified:
            claims = {"access_token": {"acrs": {"essential": True, "values": sorted(demanded)}}}
            raise interaction_required(json.dumps(claims))


DEFAULT_LIFETIME_S = 3599


def check_tenant(name: str) -> None:
    """AADSTS90002 for a tenant that does not exist."""
    if name not in MANY_TENANTS and find_tenant(name) is None:
        raise Refused(
            "invalid_request", 90002,
            f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            "correct cloud.",
        )  # fmt: skip


def find_client(client_id: str | None) -> Client:
    """The registration, else AADSTS900144 or AADSTS700016."""
    if not client_id:
        raise missing("client_id")
    for client in CLIENTS:
        if client.id == client_id.lower():
            return client
    raise Refused(
        "unauthorized_client", 700016, f"Application with identifier '{client_id}' was not found in the directory."
    )


def read_claims(text: str | None) -> dict[str, Any]:
    """The `claims` parameter's part about access tokens; AADSTS50161 where it is not JSON."""
    if not text:
        return {}
    try:
        claims = json.loads(text)
        found = claims.get("access_token") or {}
        return dict(found)
    except (ValueError, AttributeError, TypeError) as error:
        raise Refused("invalid_request", 50161, "The claims parameter is not a valid JSON object.") from error


def wants_verification(text: str | None) -> bool:
    """Whether a sign-in's `claims` asks the person to prove more."""
    return bool(_values(read_claims(text), "acrs"))


def _values(claims: Mapping[str, Any], name: str) -> set[str]:
    wish = claims.get(name)
    if not isinstance(wish, dict):
        return set()
    single = [wish["value"]] if "value" in wish else []
    return {str(value) for value in (*wish.get("values", ()), *single)}


def _check_verifier(found: SignIn, verifier: str | None) -> None:
    if not found.challenge:
        return
    if not verifier:
        raise missing("code_verifier")
    said = verifier
    if found.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        said = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not hmac.compare_digest(said.encode(), found.challenge.encode()):
        raise Refused(
            "invalid_grant", 501481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        )  # fmt: skip
