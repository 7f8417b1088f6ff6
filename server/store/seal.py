"""Encryption at rest and search digests under keys with ids; it knows neither tables nor what is sealed."""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from addin.errors import InvalidInput, Permanent

KEY_BYTES = 32
DIGEST_BYTES = 16
_FORMAT = 1
_NONCE_BYTES = 12
_NAME_BYTES = 4
_HEAD_BYTES = 1 + _NAME_BYTES


class Unreadable(Permanent):
    """Sealed data that no key opens: tampered with, moved to another row, or its key was taken out of the settings."""

    default_reason = "unreadable"


@dataclass(frozen=True)
class Key:
    """One key: `name` is public and stands in the settings, `secret` is 32 random bytes."""

    name: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class _Ring:
    """What is derived from one key: its mark in sealed data, a cipher, and a key of its own for digests."""

    mark: bytes
    cipher: AESGCM = field(repr=False)
    digest_key: bytes = field(repr=False)


class Seal:
    """AES-256-GCM. The newest key seals, every key opens; the mark in front of the data says which.

    A context such as `meeting:<tenant>:<id>` is authenticated with the data: what is copied into another row, tenant
    or purpose does not open there. Nonces are random; a key is good for 2^32 seals (NIST SP 800-38D, 8.3).
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        if not keys:
            raise InvalidInput("encryption_keys is empty: set at least one `id:key` pair.", field="encryption_keys")
        rings = [_ring(key) for key in keys]
        self._newest = rings[0]
        self._by_mark = {ring.mark: ring for ring in rings}
        if len(self._by_mark) != len(rings):
            raise InvalidInput("encryption_keys names the same id twice.", field="encryption_keys")
        self._rings = rings

    @classmethod
    def from_setting(cls, text: str) -> "Seal":
        """From `id:key,id:key`, newest first; a key is 32 bytes as URL-safe base64. InvalidInput shows no key."""
        return cls([_parse(pair) for pair in text.split(",") if pair.strip()])

    def seal(self, data: bytes, context: str) -> bytes:
        """33 bytes longer than `data`."""
        nonce = os.urandom(_NONCE_BYTES)
        head = bytes([_FORMAT]) + self._newest.mark
        return head + nonce + self._newest.cipher.encrypt(nonce, data, head + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The data again; Unreadable for everything that was not sealed by one of the keys in this very context."""
        ring = self._by_mark.get(sealed[1:_HEAD_BYTES]) if sealed[:1] == bytes([_FORMAT]) else None
        if ring is None:
            raise Unreadable("Stored data is sealed with a key that is not in encryption_keys. Add that key again.")
        head, nonce, rest = (
            sealed[:_HEAD_BYTES],
            sealed[_HEAD_BYTES:][:_NONCE_BYTES],
            sealed[_HEAD_BYTES:][_NONCE_BYTES:],
        )
        try:
            return ring.cipher.decrypt(nonce, rest, head + context.encode())
        except (InvalidTag, ValueError):
            raise Unreadable("Stored data was changed or does not belong where it was found.") from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the newest key sealed it; False asks for sealing anew (`rotate-keys`)."""
        return hmac.compare_digest(sealed[1:_HEAD_BYTES], self._newest.mark)

    def digest(self, value: str, context: str) -> bytes:
        """16 bytes that find `value` again without telling it (HMAC-SHA-256 under the newest key)."""
        return _digest(self._newest, value, context)

    def digests(self, value: str, context: str) -> list[bytes]:
        """The digest under every key, newest first: rows that wait for `rotate-keys` are found as well."""
        return [_digest(ring, value, context) for ring in self._rings]


def new_key(name: str) -> str:
    """A fresh `id:key` pair for the settings."""
    return f"{name}:{base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()}"


def _parse(pair: str) -> Key:
    name, _, text = pair.strip().partition(":")
    try:
        secret = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        secret = b""
    if not name or len(secret) != KEY_BYTES:
        raise InvalidInput(
            "encryption_keys must be `id:key` pairs with keys of 32 bytes as URL-safe base64.", field="encryption_keys"
        )
    return Key(name, secret)


def _ring(key: Key) -> _Ring:
    if len(key.secret) != KEY_BYTES:
        raise InvalidInput(f"The key {key.name} must have {KEY_BYTES} bytes.", field="encryption_keys")
    mark = hashlib.sha256(key.name.encode()).digest()[:_NAME_BYTES]
    return _Ring(mark, AESGCM(_derive(key.secret, b"seal")), _derive(key.secret, b"digest"))


def _derive(secret: bytes, purpose: bytes) -> bytes:
    """A key for one purpose from a uniformly random one (HKDF's expand step, RFC 5869 2.3, first block)."""
    return hmac.digest(secret, b"clickmeeting-addin " + purpose + b"\x01", hashlib.sha256)


def _digest(ring: _Ring, value: str, context: str) -> bytes:
    message = len(context.encode()).to_bytes(4, "big") + context.encode() + value.encode()
    return hmac.digest(ring.digest_key, message, hashlib.sha256)[:DIGEST_BYTES]
