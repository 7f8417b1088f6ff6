"""Addresses of our own pages that lead into rooms; signed, so that nobody can make one; it knows no web framework."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from addin.errors import Missing


@dataclass(frozen=True)
class Links:
    """`public_url` is where people reach our server; `secret` signs (at least 32 bytes), `former` ones still open."""

    public_url: str
    secret: bytes = field(repr=False)
    former: tuple[bytes, ...] = field(default=(), repr=False)

    def join(self, meeting_id: str) -> str:
        """The meeting's own link, the same for everybody: `/j/<reference>`."""
        return f"{self.public_url}/j/{meeting_id}"

    def personal(self, meeting_id: str, address: str) -> str:
        """One participant's link. It holds no token: the page behind it enters by a press (principle 4)."""
        person = base64.urlsafe_b64encode(address.lower().encode()).decode().rstrip("=")
        return f"{self.join(meeting_id)}/{person}/{_signature(self.secret, meeting_id, person)}"

    def person(self, meeting_id: str, person: str, signature: str) -> str:
        """Whose link it is; Missing when we did not make it. The comparison takes the same time wherever it fails."""
        given = signature.encode("utf-8", "replace")
        good = [
            hmac.compare_digest(_signature(secret, meeting_id, person).encode(), given)
            for secret in (self.secret, *self.former)
        ]
        if not any(good):
            raise Missing("This link is not complete. Open it again from the invitation.")
        return base64.urlsafe_b64decode(person + "=" * (-len(person) % 4)).decode()


def _signature(secret: bytes, meeting_id: str, person: str) -> str:
    digest = hmac.digest(secret, f"personal:{meeting_id}:{person}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:18]).decode()
