"""Sign-in to the console: authorization code with PKCE, the app role, a session in the database; it knows no pages.

An administrator sees the own tenant and no other: the session holds the tenant of the token, every page goes by that.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import msal

from addin.errors import NotAllowed, NotSignedIn
from addin.model import Mailbox
from server.auth.bearer import BearerCheck, Caller
from server.auth.registration import SignInSettings, msal_application, refusal_of
from server.auth.transport import MsalTransport
from server.store.sign_ins import SignIns, Step

FLOW_LIFE = timedelta(minutes=10)
SESSION_LIFE = timedelta(hours=2)
_ANY_TENANT = "organizations"


@dataclass(frozen=True)
class Admin:
    """Who administers: of which tenant, and the name that pages greet by."""

    tenant_id: str
    user_id: str
    address: str
    name: str

    @property
    def mailbox(self) -> Mailbox:
        """As others name people."""
        return Mailbox(self.tenant_id, self.user_id, self.address, self.name)


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and the secret that it must bring back in its cookie."""

    address: str
    binding: str = field(repr=False)


class AdminSignIn:
    """One for the process. `role` is the app role that a token must hold, `tenants` those that are served."""

    def __init__(
        self, settings: SignInSettings, store: SignIns, bearer: BearerCheck, *, scope: str, return_url: str,
        role: str, tenants: frozenset[str], transport: MsalTransport | None = None,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._store = store
        self._bearer = bearer
        self._scope = scope
        self._return_url = return_url
        self._role = role
        self._tenants = frozenset(tenant.lower() for tenant in tenants)
        self._transport = transport or settings.transport()

    def begin(self) -> Begun:
        """A fresh flow with state, nonce and PKCE; Unavailable where the sign-in service is not there."""
        flow = self._application(msal.TokenCache()).initiate_auth_code_flow(
            [self._scope], redirect_uri=self._return_url, response_mode="form_post", prompt="select_account"
        )
        binding = secrets.token_urlsafe(32)
        kept = {"flow": flow, "binding": binding}
        self._store.keep(Step.ADMIN_FLOW, flow["state"], json.dumps(kept).encode(), FLOW_LIFE)
        return Begun(flow["auth_uri"], binding)

    def finish(self, answer: Mapping[str, str], binding: str | None) -> str:
        """The secret of a new session.

        NotSignedIn where the sign-in does not fit or was broken off, NotAllowed where tenant or role are missing.
        """
        data = self._store.take(Step.ADMIN_FLOW, answer.get("state", ""))
        kept: dict[str, Any] = json.loads(data) if data else {}
        if not kept or binding is None or not secrets.compare_digest(binding, kept["binding"]):
            raise NotSignedIn("This sign-in is over or was begun in another browser. Sign in again.", reason="mismatch")
        if answer.get("error"):
            raise NotSignedIn("The sign-in was broken off. Sign in again.", reason="cancelled")
        try:
            token = self._application(msal.TokenCache()).acquire_token_by_auth_code_flow(kept["flow"], dict(answer))
        except (ValueError, RuntimeError) as error:  # msal: a state, nonce or id token of another sign-in
            raise NotSignedIn("This sign-in does not fit the one that was begun.", reason="mismatch") from error
        if "access_token" not in token:
            raise refusal_of(token)
        caller = self._bearer.check(f"Bearer {token['access_token']}")
        self._check_role(caller)
        session = secrets.token_urlsafe(32)
        person = caller.mailbox
        admin = Admin(person.tenant_id, person.user_id, person.address, person.name)
        self._store.keep(Step.ADMIN, session, json.dumps(asdict(admin)).encode(), SESSION_LIFE)
        return session

    def admin(self, session: str | None) -> Admin | None:
        """Whose session this is; None where it is over, or its tenant is served no more."""
        data = self._store.look(Step.ADMIN, session) if session else None
        admin = Admin(**json.loads(data)) if data else None
        return admin if admin is not None and admin.tenant_id in self._tenants else None

    def end(self, session: str | None) -> None:
        """Signed out: the session opens nothing any more, wherever its cookie went."""
        if session:
            self._store.take(Step.ADMIN, session)

    def _check_role(self, caller: Caller) -> None:
        if self._role not in caller.roles:
            raise NotAllowed(
                f"Your account does not have the role {self._role}. Ask who manages enterprise applications in "
                "Microsoft Entra to assign it to you, then sign in again.",
                reason="role",
            )

    def _application(self, cache: msal.TokenCache) -> Any:
        return msal_application(self._settings, self._transport, _ANY_TENANT, cache)
