"""The sign-in service's public keys, fetched and kept; it must not know what is signed with them."""

import ssl
from typing import Any

import jwt
from jwt import PyJWKClient

from addin.errors import NotSignedIn, Unavailable

_LIFESPAN_S = 300


class KeySet(PyJWKClient):
    """PyJWKClient that also remembers whose key each one is. One for the whole process.

    The address is a setting, never taken from a token (`jku`, `x5u`). An unknown key id has the set fetched anew, at
    most every `cooldown_s`.
    """

    def __init__(self, url: str, *, ca_file: str | None, timeout_s: float, cooldown_s: float = 30) -> None:
        self._issuers: dict[str, str] = {}
        context = ssl.create_default_context(cafile=ca_file) if url.startswith("https://") else None
        super().__init__(
            url, lifespan=_LIFESPAN_S, timeout=timeout_s, ssl_context=context, cooldown_duration=cooldown_s
        )

    def fetch_data(self) -> Any:
        """The key set as JSON; the `issuer` of each entry is kept by key id. Unavailable where none is to be had."""
        try:
            found = super().fetch_data()
        except (jwt.exceptions.PyJWKClientError, jwt.PyJWKSetError, ValueError) as error:  # ValueError: no JSON
            raise Unavailable("The sign-in service's keys cannot be fetched; try again in a moment.") from error
        self._issuers = {
            str(entry.get("kid")): str(entry["issuer"])
            for entry in found.get("keys", ())
            if isinstance(entry, dict) and entry.get("issuer")
        }
        return found

    def key(self, key_id: str) -> tuple[Any, str | None]:
        """The public key and the issuer it is for (None: not said; it may hold `{tenantid}`).

        NotSignedIn for a key id that nobody published; Unavailable where the keys cannot be fetched.
        """
        try:
            found = self.get_signing_key(key_id).key
        except jwt.exceptions.PyJWKClientError as error:
            raise NotSignedIn("The sign-in was signed with an unknown key; sign in again.", reason="bad-key") from error
        except jwt.PyJWKSetError as error:
            raise Unavailable("The sign-in service published no usable keys; try again in a moment.") from error
        return found, self._issuers.get(key_id)
