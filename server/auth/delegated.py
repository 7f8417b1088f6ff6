"""Graph tokens on behalf of a person, through msal; it must not know what they are used for.

First what an earlier sign-in left (silent), then the caller's own token (on-behalf-of): msal never looks into its cache
for the latter (Graph facts 7.2). What msal keeps is sealed in a store, one cache for each (tenant, person).
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import msal

from addin.errors import AddinError, NotAllowed, NotSignedIn, Unavailable
from addin.model import Mailbox
from server.auth.transport import MsalTransport

_CONSENT = ("consent_required", "AADSTS65001", "AADSTS65004", "AADSTS90094")
_OUR_OWN_FAULT = ("invalid_client", "unauthorized_client", "invalid_resource", "invalid_scope")


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


@dataclass(frozen=True)
class SignInSettings:
    """Our app registration and where it lives. `certificate_pem` (key and certificate) is used before `secret`.

    `scope_prefix` stands before each of `scopes` (`https://graph.microsoft.com/`), `login_url` has no tenant.
    """

    client_id: str
    secret: str | None = field(default=None, repr=False)
    certificate_pem: tuple[str, str] | None = field(default=None, repr=False)
    login_url: str = "https://login.microsoftonline.com"
    scope_prefix: str = "https://graph.microsoft.com/"
    scopes: tuple[str, ...] = ("Calendars.ReadWrite", "Mail.Send", "MailboxSettings.Read", "User.Read")
    ca_file: str | None = None
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 15.0

    @property
    def credential(self) -> str | dict[str, str]:
        """As msal takes it: with a whole certificate it signs PS256 with `x5t#S256`."""
        if self.certificate_pem is not None:
            private_key, certificate = self.certificate_pem
            return {"private_key": private_key, "public_certificate": certificate}
        if not self.secret:
            raise ValueError("give the app registration's secret or certificate")
        return self.secret


class DelegatedTokens:
    """Graph tokens for people who signed in. One for the process, safe between threads; one call at a time a person."""

    def __init__(
        self, settings: SignInSettings, caches: CacheStore, seal: Seal, *, transport: MsalTransport | None = None
    ) -> None:
        self._settings = settings
        self._credential = settings.credential
        self._caches = caches
        self._seal = seal
        self._locks = _Locks()
        self._transport = transport or MsalTransport(
            ca_file=settings.ca_file,
            connect_timeout_s=settings.connect_timeout_s,
            read_timeout_s=settings.read_timeout_s,
        )

    def source(self, mailbox: Mailbox, assertion: str | None = None) -> "DelegatedToken":
        """The mailbox owner's tokens as the Graph door wants them; without `assertion` for background work."""
        return DelegatedToken(self, mailbox, assertion)

    def token(
        self, mailbox: Mailbox, *, assertion: str | None = None, claims: str | None = None, renew: bool = False
    ) -> str:
        """A bearer token for Graph.

        `claims` is Graph's challenge, `renew` says that the last token was not taken: both skip the cached one.
        NotSignedIn where the person must sign in again (with `claims` to hand to the client, if Entra gave some),
        NotAllowed with reason `consent` where nobody agreed to our scopes, Unavailable or Throttled for outages.
        """
        subject = (mailbox.tenant_id.lower(), mailbox.user_id.lower())
        with self._locks.hold(subject):
            cache = self._load(subject)
            application = self._application(subject[0], cache)
            try:
                return self._ask(application, assertion, claims, renew=renew)
            finally:
                if cache.has_state_changed:
                    self._save(subject, cache)

    def forget(self, mailbox: Mailbox) -> None:
        """Drop what was kept for the person (sign-out, or the person left)."""
        subject = (mailbox.tenant_id.lower(), mailbox.user_id.lower())
        with self._locks.hold(subject):
            self._caches.delete(*subject)

    def _ask(self, application: Any, assertion: str | None, claims: str | None, *, renew: bool) -> str:
        scopes = [self._settings.scope_prefix + scope for scope in self._settings.scopes]
        refusal: AddinError | None = None
        for account in application.get_accounts()[:1]:
            answer = application.acquire_token_silent_with_error(
                scopes, account=account, claims_challenge=claims, force_refresh=renew
            )
            if answer and "access_token" in answer:
                return str(answer["access_token"])
            refusal = _refusal(answer) if answer else None
        if assertion is None:
            raise refusal or NotSignedIn("Nobody signed in for this mailbox yet; open the add-in in Outlook once.")
        answer = application.acquire_token_on_behalf_of(assertion, scopes, claims_challenge=claims)
        if "access_token" in answer:
            return str(answer["access_token"])
        raise _refusal(answer)

    def _application(self, tenant_id: str, cache: msal.SerializableTokenCache) -> Any:
        """A fresh one each time: its memory of failed answers would outlive their cause (Graph facts 7.2)."""
        try:
            return msal.ConfidentialClientApplication(
                self._settings.client_id,
                client_credential=self._credential,
                # The person's own tenant; msal checks hosts against a list of Microsoft's, ours is a setting.
                authority=f"{self._settings.login_url.rstrip('/')}/{tenant_id}",
                instance_discovery=False,
                token_cache=cache,
                http_client=self._transport,
                client_capabilities=["CP1"],
            )
        except ValueError as error:
            raise NotAllowed("The Microsoft sign-in service does not know this tenant.", reason="tenant") from error

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
    """`addin.graph.TokenSource` for one mailbox."""

    tokens: DelegatedTokens
    mailbox: Mailbox
    assertion: str | None = field(default=None, repr=False)

    def __call__(self, *, claims: str | None = None, renew: bool = False) -> str:
        return self.tokens.token(self.mailbox, assertion=self.assertion, claims=claims, renew=renew)


def _context(subject: tuple[str, str]) -> str:
    return f"token-cache:{subject[0]}:{subject[1]}"


def _refusal(answer: Mapping[str, Any]) -> AddinError:
    """The product's error for an error answer of the token endpoint. Descriptions stay out: they name people."""
    error, suberror = str(answer.get("error") or ""), str(answer.get("suberror") or "")
    description = str(answer.get("error_description") or "")
    if suberror == "consent_required" or any(mark in description or mark == error for mark in _CONSENT):
        return NotAllowed(
            "The add-in may not use your calendar yet; an administrator has to agree to it.", reason="consent"
        )
    if answer.get("claims") or error == "interaction_required":
        claims = answer.get("claims")
        return NotSignedIn(
            "Microsoft wants you to sign in once more.",
            reason="interaction",
            claims=str(claims) if claims else None,
        )
    if error in _OUR_OWN_FAULT:
        return NotAllowed(
            "The add-in's registration with Microsoft is not in order; check its secret and permissions.",
            reason="registration",
        )
    if error == "temporarily_unavailable":
        return Unavailable("The Microsoft sign-in service is not available just now.")
    return NotSignedIn("The sign-in is not good any more; sign in again.", reason="sign-in-again")


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
