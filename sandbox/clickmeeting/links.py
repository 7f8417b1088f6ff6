"""Makes and reads the personal entries (`?l=`) that need no memory; it must not know rooms or HTTP."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Entry:
    """Who enters which room as what. `made` is whole seconds since the epoch; `token` is the admission it was for."""

    room: int
    role: str
    nickname: str
    email: str
    made: int
    token: str = ""


class EntryLinks:
    """Signs entries with a key of its own, into letters, digits and underscores as the service's hashes have."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def make(self, entry: Entry) -> str:
        """A hash of 100 characters or more."""
        body = base64.b32encode(json.dumps([*asdict(entry).values()]).encode()).decode().rstrip("=").lower()
        return f"{body}_{self._sign(body)}"

    def read(self, text: str) -> Entry | None:
        """What `make` was given; None for anything else."""
        body, _, signature = text.rpartition("_")
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode()):
            return None
        return Entry(*json.loads(base64.b32decode(body.upper() + "=" * (-len(body) % 8))))

    def dump(self) -> str:
        return self._key.hex()

    def load(self, state: str) -> None:
        self._key = bytes.fromhex(state)

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()


def role_hash(key: str, role: str, now: int) -> str:
    """32 hex digits of which the last 8 are the answer's time: they differ on every read."""
    return hashlib.sha256(f"{key}{role}{now}".encode()).hexdigest()[:24] + f"{now:08x}"
