"""Makes and checks RS256 tokens with Entra's v2 claims; it must not know how they were asked for."""

import base64
import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import RSAAlgorithm

from sandbox.people import ADDIN, Client, Tenant, User, find_tenant
from sandbox.world import World

_SKEW_S = 300


class Signer:
    """One key for the life of the process and the tokens signed with it. Times come from the world's clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self._key.public_key().public_numbers()
        self.key_id = hashlib.sha256(str(numbers.n).encode()).hexdigest()[:27]

    def issuer(self, tenant_id: str) -> str:
        return f"{self._world.base}/entra/{tenant_id}/v2.0"

    def key_set(self, tenant_id: str) -> dict[str, Any]:
        """JWKS; `issuer` in the entry names the tenant, as Entra's does."""
        entry: dict[str, Any] = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        entry = {"kty": "RSA", "use": "sig", "kid": self.key_id, "x5t": self.key_id, "n": entry["n"], "e": entry["e"]}
        return {"keys": [{**entry, "issuer": self.issuer(tenant_id)}]}

    def access_token(
        self,
        tenant: Tenant,
        user: User | None,
        client: Client,
        audience: str,
        scopes: tuple[str, ...],
        roles: tuple[str, ...],
        lifetime_s: int,
        claims: Mapping[str, Any] | None = None,
        key: RSAPrivateKey | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        """A delegated token, or without `user` an application's own. In `claims` None takes a claim away."""
        now = self._world.clock.timestamp()
        payload: dict[str, Any] = {
            "aud": audience, "iss": self.issuer(tenant.id), "iat": now, "nbf": now, "exp": now + lifetime_s,
            "aio": secrets.token_urlsafe(24), "azp": client.id, "azpacr": "0" if client.secret is None else "1",
            "rh": secrets.token_urlsafe(24), "tid": tenant.id, "uti": secrets.token_urlsafe(16), "ver": "2.0",
        }  # fmt: skip
        if user is None:
            principal = str(uuid.uuid5(uuid.UUID(tenant.id), client.id))
            payload |= {"oid": principal, "sub": principal, "idtyp": "app", "roles": list(roles)}
        else:
            payload |= {
                "oid": user.id, "sub": _pairwise(user.id, audience), "name": user.name,
                "preferred_username": user.upn, "scp": " ".join(scopes),
            }  # fmt: skip
            if audience == ADDIN.id:
                payload |= self._standing(user)
        payload.update(claims or {})
        return self._sign({name: value for name, value in payload.items() if value is not None}, key, headers)

    def id_token(self, tenant: Tenant, user: User, client: Client, nonce: str | None, lifetime_s: int) -> str:
        """What the client may know of the person; never good as an access token."""
        now = self._world.clock.timestamp()
        payload: dict[str, Any] = {
            "aud": client.id, "iss": self.issuer(tenant.id), "iat": now, "nbf": now, "exp": now + lifetime_s,
            "name": user.name, "oid": user.id, "preferred_username": user.upn, "rh": secrets.token_urlsafe(24),
            "sub": _pairwise(user.id, client.id), "tid": tenant.id, "uti": secrets.token_urlsafe(16), "ver": "2.0",
        }  # fmt: skip
        if client.id == ADDIN.id:
            payload |= self._standing(user)
        if nonce is not None:
            payload["nonce"] = nonce
        return self._sign(payload, None, None)

    def read(self, token: str) -> dict[str, Any]:
        """Claims of one of our own tokens; ValueError where signature, issuer or time is wrong. Any audience."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("kid") != self.key_id:
                raise ValueError("the token's key is not ours")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["RS256"],
                # the settable clock decides about time, below, and the caller about the audience
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise ValueError(f"the token is not valid: {error}") from error
        tenant = find_tenant(str(claims.get("tid")))
        if tenant is None or claims.get("iss") != self.issuer(tenant.id):
            raise ValueError("the token's issuer is not its tenant's")
        now = self._world.clock.timestamp()
        if not isinstance(claims.get("exp"), int) or claims["exp"] <= now:
            raise ExpiredToken("the token is expired")
        if not isinstance(claims.get("nbf"), int) or claims["nbf"] > now + _SKEW_S:
            raise ValueError("the token is not valid yet")
        return claims

    def _standing(self, user: User) -> dict[str, Any]:
        """App roles and security groups, as the add-in's registration asks for them; too many groups are only named."""
        found: dict[str, Any] = {"roles": list(user.app_roles)} if user.app_roles else {}
        if user.groups and self._world.faults.switch("entra.groups_overage"):
            source = f"https://graph.windows.net/{user.id}/getMemberObjects"
            found |= {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": source}}}
        elif user.groups:
            found["groups"] = list(user.groups)
        return found

    def _sign(self, payload: dict[str, Any], key: RSAPrivateKey | None, headers: Mapping[str, Any] | None) -> str:
        header = {"kid": self.key_id, **(headers or {})}
        return self._world.secrets.add(jwt.encode(payload, key or self._key, algorithm="RS256", headers=header))


class ExpiredToken(ValueError):
    """A token that was good and is so no more."""


def client_info(tenant: Tenant, user: User) -> str:
    """What msal makes its `home_account_id` from: `{"uid": oid, "utid": tid}` in base64url without padding."""
    text = json.dumps({"uid": user.id, "utid": tenant.id}).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _pairwise(user_id: str, audience: str) -> str:
    digest = hashlib.sha256(f"{user_id}|{audience}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
