"""Who calls and what they may touch: bearer tokens, scopes, delegates; it knows no items."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.graph.errors import Closed, GraphError, access_denied
from sandbox.graph.store import Mailbox, Store
from sandbox.people import find_tenant
from sandbox.world import World


@dataclass(frozen=True)
class Caller:
    """The application and (unless it calls in its own name) the person behind a request."""

    tenant: str
    app_id: str
    user: Mailbox | None
    granted: frozenset[str]

    @property
    def is_app(self) -> bool:
        return self.user is None

    def require(self, scopes: Iterable[str]) -> None:
        """403 unless one of `scopes` was granted."""
        if not self.granted & set(scopes):
            raise access_denied()


def read_caller(world: World, store: Store, authorization: str | None) -> Caller:
    """The caller by the bearer token; 401 `InvalidAuthenticationToken` for none, a broken or a wrong one."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthorized("Access token is empty.")
    entra: Any = world.services["entra"]
    try:
        claims: dict[str, Any] = entra.verify(token.strip())
    except ValueError as error:
        raise _unauthorized(f"Access token validation failure. {error}") from None
    if world.faults.switch("graph.claims_challenge"):
        raise _claims_challenge()
    tenant, app_id = str(claims.get("tid", "")), str(claims.get("appid") or claims.get("azp") or "")
    if find_tenant(tenant) is None:
        raise _unauthorized("Access token validation failure. Invalid tenant.")
    if "scp" not in claims:
        return Caller(tenant, app_id, None, frozenset(claims.get("roles", ())))
    user = store.mailbox(str(claims.get("oid", "")))
    if user is None or user.tenant.id != tenant:
        raise _unauthorized("Access token validation failure. The user is unknown.")
    return Caller(tenant, app_id, user, frozenset(str(claims["scp"]).split()))


def _unauthorized(message: str) -> GraphError:
    challenge = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": challenge})


def _claims_challenge() -> GraphError:
    """Continuous access evaluation: the token is good and yet a fresh one is wanted (Graph facts 7.3)."""
    wanted = {"access_token": {"nbf": {"essential": True, "value": "1"}}}
    claims = base64.b64encode(json.dumps(wanted).encode()).decode()
    challenge = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        f'error="insufficient_claims", claims="{claims}"'
    )
    message = "Continuous access evaluation resulted in challenge with result: InteractionRequired."
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": challenge})


def find_target(store: Store, caller: Caller, who: str | None, allowed: Any) -> Mailbox:
    """The mailbox of `me` or `users/{who}`.

    400 for `me` without a person, 404 for a stranger or another tenant's, 403 where `allowed` (the list of mailboxes
    that application permissions reach; None: all) leaves it out.
    """
    if who is None or (who.lower() == "me" and caller.user):
        if caller.user is None:
            raise GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
        return caller.user
    box = store.mailbox(who)
    if box is None or box.tenant.id != caller.tenant:
        raise GraphError(404, "ErrorInvalidUser", f"The requested user '{who}' is invalid.")
    if caller.is_app and allowed is not None and box.user.upn not in allowed and box.id not in allowed:
        raise access_denied()
    return box


def is_delegate(caller: Caller, box: Mailbox) -> bool:
    """Whether the person was made a delegate of that mailbox."""
    return caller.user is not None and caller.user.user.upn in box.editors


def require_calendar(caller: Caller, box: Mailbox, *, write: bool) -> None:
    """403 unless the caller may read (or change) that mailbox's calendars (Graph facts 1.10)."""
    levels = ("ReadWrite",) if write else ("ReadWrite", "Read")
    own = {f"Calendars.{level}" for level in levels}
    shared = {f"Calendars.{level}.Shared" for level in levels}
    if caller.is_app:
        caller.require(own)
    elif caller.user is not None and caller.user.id == box.id:
        caller.require(own | shared)
    else:
        caller.require(shared)
        if not is_delegate(caller, box):
            raise Closed()


def require_mail(caller: Caller, box: Mailbox, *, write: bool) -> None:
    """403 unless the caller may read (or change) that mailbox's messages."""
    levels = ("ReadWrite",) if write else ("ReadWrite", "Read")
    caller.require({f"Mail.{level}" for level in levels})
    if caller.user is not None and caller.user.id != box.id:
        raise access_denied()
