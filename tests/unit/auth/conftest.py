"""A sign-in service on a real socket, with keys of its own, and tokens made as it would make them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from pytest_httpserver import HTTPServer
from werkzeug import Response

from server.auth import BearerCheck, BearerSettings

TENANT = "7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01"
PERSON = "0a1b2c3d-0001-4000-8000-000000000001"
CLIENT = "6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0"
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Issuer:
    """The sign-in service: `keys` is what it publishes, `login_url` where it lives."""

    login_url: str
    key: rsa.RSAPrivateKey = KEY
    strangers_key: rsa.RSAPrivateKey = STRANGERS_KEY
    keys: list[dict[str, Any]] = field(default_factory=list)

    def publish(self, key: rsa.RSAPrivateKey, key_id: str, issuer: str | None) -> None:
        entry = {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig"}
        self.keys.append(entry | ({"issuer": issuer} if issuer else {}))

    def token(
        self, *, key: Any = KEY, headers: dict[str, Any] | None = None, algorithm: str = "RS256", **changes: Any
    ) -> str:
        """A good access token; keywords change claims, None takes one away."""
        at = int(NOW.timestamp())
        claims: dict[str, Any] = {
            "aud": CLIENT, "iss": f"{self.login_url}/{TENANT}/v2.0", "iat": at, "nbf": at, "exp": at + 3600,
            "azp": CLIENT, "tid": TENANT, "oid": PERSON, "sub": "pairwise", "name": "Organiser", "ver": "2.0",
            "preferred_username": "Organiser@contoso.example", "scp": "access_as_user other",
        }  # fmt: skip
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "k1", **(headers or {})})


@pytest.fixture
def issuer(httpserver: HTTPServer) -> Issuer:
    found = Issuer(httpserver.url_for("/entra"))
    found.publish(KEY, "k1", found.login_url + "/{tenantid}/v2.0")
    httpserver.expect_request("/entra/common/discovery/v2.0/keys").respond_with_handler(
        lambda _: _json({"keys": found.keys})
    )
    return found


def _json(value: Any) -> Response:
    return Response(json.dumps(value), content_type="application/json")


@pytest.fixture
def make_check(issuer: Issuer) -> Callable[..., BearerCheck]:
    def make(**settings: Any) -> BearerCheck:
        found = BearerSettings.at(
            issuer.login_url, **{"client_id": CLIENT, "tenants": frozenset({TENANT}), "timeout_s": 2.0, **settings}
        )
        return BearerCheck(found, lambda: NOW)

    return make


@pytest.fixture
def check(make_check: Callable[..., BearerCheck]) -> BearerCheck:
    return make_check()
