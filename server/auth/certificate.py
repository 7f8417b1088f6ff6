"""Reads our app registration's certificate from a PEM file; it knows neither who signs with it nor whom for."""

import re
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----", re.DOTALL)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def load(file: Path) -> tuple[str, str]:
    """Private key and certificate, each in PEM form. ValueError says in one sentence what is wrong with the file."""
    try:
        text = file.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the setting client_certificate: {file} cannot be read as PEM") from error
    key, certificate = _PRIVATE_KEY.search(text), _CERTIFICATE.search(text)
    if key is None or certificate is None:
        raise ValueError(
            f"the setting client_certificate: {file} must hold a private key and its certificate, both as PEM"
        )
    try:
        private = load_pem_private_key(key[0].encode(), None)
        public = x509.load_pem_x509_certificate(certificate[0].encode()).public_key()
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"the setting client_certificate: {file} holds a key or certificate that cannot be used"
        ) from error
    if private.public_key() != public:
        raise ValueError(f"the setting client_certificate: the private key in {file} is not that of its certificate")
    return key[0], certificate[0]
