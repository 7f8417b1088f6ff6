"""The registration's certificate from a file: taken whole, or refused in one sentence that names the file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from server.auth import certificate


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
    with pytest.raises(ValueError, match=r"^client_certificate: .*addin\.pem") as caught:
        certificate.load(file)
    assert "\n" not in str(caught.value)
    assert "PRIVATE" not in str(caught.value)
