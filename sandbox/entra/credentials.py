"""Checks that a client is who it says: secret, certificate, or a page that has none; it grants nothing."""

import hmac
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sandbox.entra.errors import Refused
from sandbox.people import ADDIN, Client
from sandbox.world import World

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PAGE_GRANTS = ("authorization_code", "refresh_token")
_SKEW_S = 300


class Credentials:
    """Secrets are fixed with the registrations; certificates can be added while the sandbox runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._certificates: dict[tuple[str, str], str] = {}
        self._used: set[str] = set()

    def register(self, client: Client, pem: str) -> str:
        """Add a certificate to a registration; gives its SHA-256 thumbprint. ValueError where it is none."""
        thumbprint = _thumbprint(x509.load_pem_x509_certificate(pem.encode()))
        with self._lock:
            self._certificates[(client.id, thumbprint)] = pem
        return thumbprint

    def reset(self) -> None:
        with self._lock:
            self._certificates.clear()
            self._used.clear()

    def dump(self) -> list[list[str]]:
        with self._lock:
            return [[client_id, pem] for (client_id, _), pem in self._certificates.items()]

    def load(self, certificates: list[list[str]]) -> None:
        with self._lock:
            self._certificates = {
                (client_id, _thumbprint(x509.load_pem_x509_certificate(pem.encode()))): pem
                for client_id, pem in certificates
            }

    def check(self, client: Client, form: Mapping[str, str], grant: str, cross_origin: bool) -> None:
        """Refused unless the client proved itself, or needs no proof for this grant."""
        if client.secret is None:
            return
        if form.get("client_assertion"):
            self._check_assertion(client, form)
            return
        secret = form.get("client_secret")
        if secret:
            if not hmac.compare_digest(client.secret.encode(), secret.encode()):
                raise Refused(
                    "invalid_client", 7000215,
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                    f"value, not the client secret ID, for a secret added to app '{client.id}'.", 401,
                )  # fmt: skip
            return
        is_page = cross_origin and grant in _PAGE_GRANTS
        is_foreign_person = client.id != ADDIN.id and grant in ("password", *_PAGE_GRANTS)
        if not is_page and not is_foreign_person:
            raise Refused(
                "invalid_client", 7000218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.", 401,
            )  # fmt: skip

    def _check_assertion(self, client: Client, form: Mapping[str, str]) -> None:
        if form.get("client_assertion_type") != _ASSERTION_TYPE:
            raise Refused(
                "invalid_request", 900144,
                "The request body must contain the following parameter: 'client_assertion_type'.",
            )  # fmt: skip
        claims = self._read(client, form["client_assertion"])
        if not claims.get("iss") == claims.get("sub") == client.id:
            raise _wrong(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
        audience = str(claims.get("aud"))
        if not audience.startswith((f"{self._world.base}/entra/", f"{self._world.http_base}/entra/")):
            raise _wrong(700023, "Client assertion audience claim does not match Realm issuer.")
        now = self._world.clock.timestamp()
        if not _number(claims.get("nbf"), 0) - _SKEW_S <= now < _number(claims.get("exp"), 0):
            raise _wrong(700024, "Client assertion is not within its valid time range.")
        with self._lock:
            used = str(claims.get("jti")) in self._used
            self._used.add(str(claims.get("jti")))
        if used:
            raise _wrong(700027, "Client assertion was presented before.")

    def _read(self, client: Client, assertion: str) -> dict[str, Any]:
        try:
            thumbprint = str(jwt.get_unverified_header(assertion).get("x5t#S256"))
            with self._lock:
                pem = self._certificates.get((client.id, thumbprint.rstrip("=")))
            if pem is None:
                raise _wrong(700027, "The certificate with the thumbprint of the assertion is not registered.")
            key: Any = x509.load_pem_x509_certificate(pem.encode()).public_key()
            # the settable clock decides about time
            options: Any = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud"), False)
            found: dict[str, Any] = jwt.decode(assertion, key, algorithms=["PS256", "RS256"], options=options)
        except jwt.InvalidTokenError as error:
            raise _wrong(700027, "Client assertion failed signature validation.") from error
        return found


def _wrong(code: int, sentence: str) -> Refused:
    return Refused("invalid_client", code, sentence, 401)


def _number(value: object, default: float) -> float:
    # msal writes times with fractions
    return value if isinstance(value, int | float) else default


def _thumbprint(certificate: x509.Certificate) -> str:
    return urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
