"""Encrypts resource data and signs validation tokens of rich notifications (Graph facts 3.5); it knows no events."""

import base64
import binascii
import hashlib
import hmac
import json
import os
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from sandbox.graph.errors import GraphError
from sandbox.people import find_tenant
from sandbox.world import World

PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"


def read_certificate(text: str) -> x509.Certificate:
    """A subscriber's certificate: base64 of DER, RSA with 2048 to 4096 bits; GraphError 400 for anything else."""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise _wrong_certificate("is not a base64-encoded certificate") from None
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or not 2048 <= key.key_size <= 4096:
        raise _wrong_certificate("needs an RSA key of 2048 to 4096 bits")
    return certificate


def _wrong_certificate(why: str) -> GraphError:
    return GraphError(400, "InvalidRequest", f"The encryptionCertificate {why}.")


def encrypt(certificate_text: str, certificate_id: str, data: dict[str, Any]) -> dict[str, str]:
    """`encryptedContent`: AES-CBC under a fresh key whose first half is the IV, signed by HMAC, key under OAEP."""
    certificate = read_certificate(certificate_text)
    public_key = certificate.public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    key = os.urandom(32)
    padder = PKCS7(128).padder()
    padded = padder.update(json.dumps(data).encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    content = encryptor.update(padded) + encryptor.finalize()
    # SHA-1 is what the service uses here
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303
    return {
        "data": base64.b64encode(content).decode(),
        "dataSignature": base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode(),
        "dataKey": base64.b64encode(public_key.encrypt(key, oaep)).decode(),
        "encryptionCertificateId": certificate_id,
        "encryptionCertificateThumbprint": certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303
    }


def validation_token(world: World, app_id: str, tenant_id: str) -> str:
    """The JWT that vouches for a delivery to `app_id`; by switch expired, signed by a stranger or of another app."""
    mode = world.faults.switch("graph.validation_token")
    entra: Any = world.services["entra"]
    claims: dict[str, Any] = {"appid": PUBLISHER, "azp": PUBLISHER, "roles": None}
    options: dict[str, Any] = {}
    if mode == "expired":
        past = world.clock.timestamp() - 7200
        claims |= {"iat": past, "nbf": past, "exp": past + 3600}
    elif mode == "forged":
        options["key"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif mode == "other publisher":
        claims |= {"appid": app_id, "azp": app_id}
    token: str = entra.issue(None, tenant=find_tenant(tenant_id), audience=app_id, claims=claims, **options)
    return world.secrets.add(token)
