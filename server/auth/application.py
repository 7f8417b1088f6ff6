"""Graph tokens in the add-in's own name (app-only), through msal; it must not know which mailboxes they open.

What they reach is the tenant's decision: Exchange's RBAC for Applications limits the mailboxes (Graph facts 7.4).
"""

import threading
from dataclasses import dataclass

import msal

from addin.model import Mailbox
from server.auth.registration import SignInSettings, msal_application, refusal_of
from server.auth.transport import MsalTransport


class ApplicationTokens:
    """Tokens by tenant, kept in memory only: they are had again at any time. One for the process, thread-safe."""

    def __init__(self, settings: SignInSettings, *, transport: MsalTransport | None = None) -> None:
        _ = settings.credential  # ValueError now, at the start, where there is none
        self._settings = settings
        self._transport = transport or settings.transport()
        self._guard = threading.Lock()
        self._caches: dict[str, tuple[threading.Lock, msal.TokenCache]] = {}

    def source(self, mailbox: Mailbox) -> "ApplicationToken":
        """The tokens of the mailbox's tenant as the Graph door wants them."""
        return ApplicationToken(self, mailbox.tenant_id.lower())

    def token(self, tenant_id: str, *, claims: str | None = None, renew: bool = False) -> str:
        """A bearer token for Graph with all permissions that the tenant's administrator granted.

        NotAllowed where none was granted (reason `consent`) or our registration is not in order (`registration`),
        Unavailable or Throttled for outages.
        """
        with self._guard:
            lock, cache = self._caches.setdefault(tenant_id, (threading.Lock(), msal.TokenCache()))
        with lock:
            # msal has no "force refresh" here; an empty cache asks for a new token and the good one stays if that fails
            asked = msal.TokenCache() if renew or claims else cache
            application = msal_application(self._settings, self._transport, tenant_id, asked)
            answer = application.acquire_token_for_client(
                [self._settings.scope_prefix + ".default"], claims_challenge=claims
            )
            if "access_token" not in answer:
                raise refusal_of(answer)
            if asked is not cache:
                with self._guard:
                    self._caches[tenant_id] = (lock, asked)
            return str(answer["access_token"])


@dataclass(frozen=True)
class ApplicationToken:
    """`addin.graph.TokenSource` for one tenant."""

    tokens: ApplicationTokens
    tenant_id: str

    def __call__(self, *, claims: str | None = None, renew: bool = False) -> str:
        return self.tokens.token(self.tenant_id, claims=claims, renew=renew)
