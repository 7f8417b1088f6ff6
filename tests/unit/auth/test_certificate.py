"""The registration's certificate from a file: taken whole, or refused in one sentence that names the file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from addin.errors import InvalidInput
from server.auth import certificate
from server.bootstrap import build
from server.settings import make
from server.store import new_key, upgrade


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key: rsa.RSAPrivateKey, how: PrivateFormat = PrivateFormat.PKCS8, password: bytes | None = None) -> str:
    secret = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, how, secret).decode()


def certificate_of(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the add-in")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize("how", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("first", ["key", "certificate"])
def test_key_and_certificate_are_found_in_either_order(
    tmp_path: Path, key: rsa.RSAPrivateKey, how: PrivateFormat, first: str
) -> None:
    parts = [pem_of(key, how), certificate_of(key)]
    file = tmp_path / "addin.pem"
    file.write_text("Bag Attributes\n" + "\n".join(parts if first == "key" else reversed(parts)), "ascii")
    assert [part.strip() for part in certificate.load(file)] == [part.strip() for part in parts]


@pytest.mark.parametrize("wrong", ["no file", "no key", "no certificate", "another's key", "locked", "cut", "no text"])
def test_what_cannot_be_used_is_named_in_one_sentence(tmp_path: Path, key: rsa.RSAPrivateKey, wrong: str) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048) if wrong == "another's key" else key
    text = {
        "no key": certificate_of(key),
        "no certificate": pem_of(key),
        "another's key": pem_of(other) + certificate_of(key),
        "locked": pem_of(key, password=b"secret") + certificate_of(key),
        "cut": pem_of(key) + certificate_of(key).replace("A", "", 1),
    }.get(wrong, "")
    file = tmp_path / "addin.pem"
    if wrong == "no text":
        file.write_bytes(b"\x30\x82\xff\xfe")
    elif wrong != "no file":
        file.write_text(text, "ascii")
    with pytest.raises(ValueError, match=r"^the setting client_certificate: .*addin\.pem") as caught:
        certificate.load(file)
    assert "\n" not in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


@pytest.mark.parametrize("access", ["delegated", "application"])
@pytest.mark.parametrize("certificate_file", [None, "nowhere.pem"])
def test_a_server_without_a_usable_credential_does_not_start_and_says_why(
    tmp_path: Path, access: str, certificate_file: str | None
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    upgrade(url)
    settings = make({
        "public_url": "https://addin.example.com", "encryption_keys": new_key("a"), "clickmeeting_api_key": "key",
        "client_id": "00000000-0000-0000-0000-000000000000", "tenants": ["00000000-0000-0000-0000-000000000001"],
        "database_url": url, "graph_access": access,
        "client_certificate": tmp_path / certificate_file if certificate_file else None,
    }, environment=False)  # fmt: skip
    with pytest.raises(InvalidInput, match=r"certificate.*\.$"):
        build(settings)
