"""Graph tokens on behalf of a person, through msal; it must not know what they are used for.

First what an earlier sign-in left (silent), then the caller's own token (on-behalf-of): msal never looks into its cache
for the latter (Graph facts 7.2). What msal keeps is sealed in a store, one cache for each (tenant, person).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import msal

from addin.errors import AddinError, NotSignedIn
from addin.model import Mailbox
from server.auth.registration import SignInSettings, msal_application, refusal_of
from server.auth.transport import MsalTransport

__all__ = ["CacheStore", "DelegatedToken", "DelegatedTokens", "Seal", "SignInSettings"]


class CacheStore(Protocol):
    """Where sealed caches are kept, by tenant and person."""

    def load(self, tenant_id: str, user_id: str, /) -> bytes | None: ...

    def save(self, tenant_id: str, user_id: str, data: bytes, /) -> None: ...

    def delete(self, tenant_id: str, user_id: str, /) -> None: ...


class Seal(Protocol):
    """Encryption bound to a context: what was sealed for one purpose or person opens for no other."""

    def seal(self, data: bytes, context: str, /) -> bytes: ...

    def open(self, data: bytes, context: str, /) -> bytes:
        """ValueError or an AddinError where it was not sealed like this."""


class DelegatedTokens:
    """Graph tokens for people who signed in. One for the process, safe between threads; one call at a time a person."""

    def __init__(
        self, settings: SignInSettings, caches: CacheStore, seal: Seal, *, transport: MsalTransport | None = None
    ) -> None:
        _ = settings.credential  # ValueError now, at the start, where there is none
        self._settings = settings
        self._caches = caches
        self._seal = seal
        self._locks = _Locks()
        self._transport = transport or settings.transport()

    def source(self, person: Mailbox, assertion: str | None = None, *, shared: bool = False) -> "DelegatedToken":
        """A person's tokens as the Graph door wants them; without `assertion` for background work."""
        return DelegatedToken(self, person, assertion, shared)

    def token(
        self,
        person: Mailbox,
        *,
        assertion: str | None = None,
        claims: str | None = None,
        renew: bool = False,
        shared: bool = False,
    ) -> str:
        """A bearer token for Graph; with `shared` for another's calendar, which needs scopes of its own.

        `claims` is Graph's challenge, `renew` says that the last token was not taken: both skip the cached one.
        NotSignedIn where the person must sign in again (with `claims` to hand to the client, if Entra gave some),
        NotAllowed with reason `consent` where nobody agreed to our scopes, Unavailable or Throttled for outages.
        """
        subject = (person.tenant_id.lower(), person.user_id.lower())
        scopes = self._settings.shared_scopes if shared else self._settings.scopes
        with self._locks.hold(subject):
            cache = self._load(subject)
            application = msal_application(self._settings, self._transport, subject[0], cache)
            try:
                return self._ask(application, scopes, assertion, claims, renew=renew)
            finally:
                if cache.has_state_changed:
                    self._save(subject, cache)

    def forget(self, mailbox: Mailbox) -> None:
        """Drop what was kept for the person (sign-out, or the person left)."""
        subject = (mailbox.tenant_id.lower(), mailbox.user_id.lower())
        with self._locks.hold(subject):
            self._caches.delete(*subject)

    def _ask(
        self, application: Any, names: tuple[str, ...], assertion: str | None, claims: str | None, *, renew: bool
    ) -> str:
        scopes = [self._settings.scope_prefix + name for name in names]
        refusal: AddinError | None = None
        for account in application.get_accounts()[:1]:
            answer = application.acquire_token_silent_with_error(
                scopes, account=account, claims_challenge=claims, force_refresh=renew
            )
            if answer and "access_token" in answer:
                return str(answer["access_token"])
            refusal = refusal_of(answer) if answer else None
        if assertion is None:
            raise refusal or NotSignedIn("Nobody signed in for this mailbox yet; open the add-in in Outlook once.")
        answer = application.acquire_token_on_behalf_of(assertion, scopes, claims_challenge=claims)
        if "access_token" in answer:
            return str(answer["access_token"])
        raise refusal_of(answer)

    def _load(self, subject: tuple[str, str]) -> msal.SerializableTokenCache:
        cache = msal.SerializableTokenCache()
        sealed = self._caches.load(*subject)
        if sealed is None:
            return cache
        try:
            cache.deserialize(self._seal.open(sealed, _context(subject)).decode("utf-8"))
        except (ValueError, AddinError):
            # Sealed with a key that is gone, or cut short: a sign-in brings it back, an error here never would.
            return msal.SerializableTokenCache()
        return cache

    def _save(self, subject: tuple[str, str], cache: msal.SerializableTokenCache) -> None:
        text = cache.serialize()
        self._caches.save(*subject, self._seal.seal(text.encode("utf-8"), _context(subject)))


@dataclass(frozen=True)
class DelegatedToken:
    """`addin.graph.TokenSource` for one person."""

    tokens: DelegatedTokens
    person: Mailbox
    assertion: str | None = field(default=None, repr=False)
    shared: bool = False

    def __call__(self, *, claims: str | None = None, renew: bool = False) -> str:
        return self.tokens.token(self.person, assertion=self.assertion, claims=claims, renew=renew, shared=self.shared)


def _context(subject: tuple[str, str]) -> str:
    return f"token-cache:{subject[0]}:{subject[1]}"


class _Locks:
    """One lock for each subject in use, none for the others."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[tuple[str, str], tuple[threading.Lock, int]] = {}

    @contextmanager
    def hold(self, subject: tuple[str, str]) -> Iterator[None]:
        with self._guard:
            lock, users = self._held.get(subject, (threading.Lock(), 0))
            self._held[subject] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._held[subject]
                if users == 1:
                    del self._held[subject]
                else:
                    self._held[subject] = (lock, users - 1)
