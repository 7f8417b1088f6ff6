"""Checks the token that reaches our API and says whose it is; it must not know what the caller asks for.

The order and the rules are those of Outlook add-in facts 5.2 and Graph facts 7.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt

from addin.errors import NotAllowed, NotSignedIn
from addin.model import Mailbox
from addin.ports import Clock
from server.auth.keys import KeySet

_PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
_LONGEST_TOKEN = 16_384
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_REQUIRED = ("exp", "iat", "nbf", "iss", "aud", "tid", "oid")


@dataclass(frozen=True)
class BearerSettings:
    """What a good token looks like. `{tid}` in the issuer template is replaced by the token's own tenant.

    `tenants` are the only tenants let in; `clients` may ask for tokens besides our own client id (Office's, for its own
    sign-in). `leeway_s` is for clocks that differ, at most 300.
    """

    client_id: str
    tenants: frozenset[str]
    keys_url: str = "https://login.microsoftonline.com/common/discovery/v2.0/keys"
    issuer_template: str = "https://login.microsoftonline.com/{tid}/v2.0"
    scope: str = "access_as_user"
    clients: frozenset[str] = frozenset()
    ca_file: str | None = None
    timeout_s: float = 5.0
    leeway_s: float = 60.0

    @classmethod
    def at(cls, login_url: str, **rest: Any) -> "BearerSettings":
        """Keys and issuer as they lie under a sign-in host (a national cloud's, or a stand-in's)."""
        base = login_url.rstrip("/")
        return cls(keys_url=f"{base}/common/discovery/v2.0/keys", issuer_template=f"{base}/{{tid}}/v2.0", **rest)


@dataclass(frozen=True)
class Caller:
    """Who calls: `mailbox` is (tenant, object id) with name and address as hints for people, never for rights.

    `token` is the assertion for calls on the person's behalf; `roles` are the app roles that the tenant gave, `groups`
    the ids of the person's groups, None where they are too many to stand in a token (Graph would have to be asked).
    """

    mailbox: Mailbox
    token: str = field(repr=False)
    client_id: str
    expires_at: datetime
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] | None = frozenset()


class BearerCheck:
    """One for the process: it keeps the sign-in service's keys. `clock` decides about expiry."""

    def __init__(self, settings: BearerSettings, clock: Clock, *, keys: KeySet | None = None) -> None:
        if not settings.tenants:
            raise ValueError("name at least one tenant: without a list every tenant of the world gets in")
        self._settings = settings
        self._clock = clock
        self._tenants = frozenset(tenant.lower() for tenant in settings.tenants)
        self._clients = frozenset(client.lower() for client in (*settings.clients, settings.client_id))
        self._keys = keys or KeySet(settings.keys_url, ca_file=settings.ca_file, timeout_s=settings.timeout_s)

    def check(self, authorization: str | None) -> Caller:
        """The caller behind an Authorization header.

        NotSignedIn (401) where the token is missing, wrong or expired; NotAllowed (403) where it is right but not for
        us to serve: another tenant, another client, no scope, an application's token; Unavailable without keys.
        """
        token = _token_of(authorization)
        claims = self._verified(token)
        self._check_time(claims)
        self._check_tenant(claims)
        self._check_reach(claims)
        return Caller(
            mailbox=Mailbox(
                tenant_id=str(claims["tid"]).lower(),
                user_id=str(claims["oid"]).lower(),
                address=str(claims.get("preferred_username") or "").lower(),
                name=str(claims.get("name") or ""),
            ),
            token=token,
            client_id=_client_of(claims),
            expires_at=datetime.fromtimestamp(claims["exp"], tz=self._clock().tzinfo),
            roles=frozenset(str(role) for role in _list_of(claims.get("roles"))),
            groups=groups_of(claims),
        )

    def _verified(self, token: str) -> Mapping[str, Any]:
        """Signature, audience, form of the claims. Time is looked at later: PyJWT would ask a clock of its own."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise _not_signed_in("bad-token", "The sign-in cannot be read") from error
        if header.get("alg") != "RS256" or not isinstance(header.get("kid"), str):
            raise _not_signed_in("bad-token", "The sign-in is not signed as it must be")
        key, issuer_of_key = self._keys.key(header["kid"])
        options: Any = {"require": list(_REQUIRED), "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        try:
            claims = jwt.decode(token, key, algorithms=["RS256"], audience=self._settings.client_id, options=options)
        except jwt.InvalidAudienceError as error:
            raise _not_signed_in("wrong-audience", "The sign-in is meant for another service") from error
        except jwt.InvalidTokenError as error:
            raise _not_signed_in("bad-token", "The sign-in is not valid") from error
        self._check_issuer(claims, issuer_of_key)
        return claims

    def _check_issuer(self, claims: Mapping[str, Any], issuer_of_key: str | None) -> None:
        tenant, person = claims["tid"], claims["oid"]
        if not all(isinstance(value, str) and _GUID.fullmatch(value) for value in (tenant, person)):
            raise _not_signed_in("bad-token", "The sign-in names no tenant or person")
        if claims.get("ver") != "2.0" or claims["iss"] != self._settings.issuer_template.replace("{tid}", tenant):
            raise _not_signed_in("wrong-issuer", "The sign-in was issued by somebody else")
        if issuer_of_key is not None and issuer_of_key.replace("{tenantid}", tenant) != claims["iss"]:
            raise _not_signed_in("wrong-issuer", "The sign-in was signed with another tenant's key")

    def _check_time(self, claims: Mapping[str, Any]) -> None:
        now, leeway = self._clock().timestamp(), self._settings.leeway_s
        times = [claims["exp"], claims["nbf"], claims["iat"]]
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in times):
            raise _not_signed_in("bad-token", "The sign-in's times cannot be read")
        if now >= claims["exp"] + leeway:
            raise _not_signed_in("expired", "The sign-in has expired")
        if now < claims["nbf"] - leeway or now < claims["iat"] - leeway:
            raise _not_signed_in("not-yet-valid", "The sign-in is not valid yet; check this computer's clock")

    def _check_tenant(self, claims: Mapping[str, Any]) -> None:
        tenant = claims["tid"].lower()
        if tenant == _PERSONAL_TENANT or tenant not in self._tenants:
            raise NotAllowed("Your organisation is not set up for this add-in; ask its administrator.", reason="tenant")

    def _check_reach(self, claims: Mapping[str, Any]) -> None:
        """Delegated, for our scope, and asked for by a client that we know."""
        if claims.get("idtyp") == "app":
            raise NotAllowed("An application's own token cannot be used here; sign in as a person.", reason="app-token")
        granted = claims.get("scp")
        if not isinstance(granted, str):
            # An ID token has our audience too; it says who somebody is and gives no right to anything.
            raise _not_signed_in("no-scope", "This is no access token for the add-in")
        if self._settings.scope not in granted.split():
            raise NotAllowed(f"The sign-in lacks the permission {self._settings.scope}.", reason="scope")
        if _client_of(claims).lower() not in self._clients:
            raise NotAllowed("The program that signed in is not known to this add-in.", reason="client")


def groups_of(claims: Mapping[str, Any]) -> frozenset[str] | None:
    """The `groups` claim; None where Entra says that it left them out ("overage")."""
    sources = claims.get("_claim_names")
    if claims.get("hasgroups") or (isinstance(sources, Mapping) and "groups" in sources):
        return None
    return frozenset(str(group).lower() for group in _list_of(claims.get("groups")))


def _token_of(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn("Sign in first.", reason="missing-token")
    if len(token) > _LONGEST_TOKEN:
        raise _not_signed_in("bad-token", "The sign-in is too long to be one")
    return token


def _client_of(claims: Mapping[str, Any]) -> str:
    return str(claims.get("azp") or "")


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _not_signed_in(reason: str, what: str) -> NotSignedIn:
    return NotSignedIn(f"{what}; sign in again.", reason=reason)
