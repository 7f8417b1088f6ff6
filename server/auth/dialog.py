"""Sign-in through a dialogue: authorization code with PKCE, handed to the pane by a one-time code; it knows no pages.

For clients where neither a nested app nor Office itself gives a token (Outlook facts 5.1). The token that the pane ends
up with is Entra's own for our API, as in the other two ways; the refresh token stays here, sealed, behind a handle that
changes with each use.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import msal

from addin.errors import InvalidInput, NotAllowed, NotSignedIn
from server.auth.bearer import BearerCheck
from server.auth.registration import SignInSettings, msal_application, refusal_of
from server.auth.transport import MsalTransport
from server.store.sign_ins import Step

FLOW_LIFE = timedelta(minutes=10)
TRANSIT_LIFE = timedelta(seconds=60)
SESSION_LIFE = timedelta(hours=12)
_ANY_TENANT = "organizations"
_LONGEST_CLAIMS = 4096
_LONGEST_HINT = 320
_CHALLENGE_LENGTH = 43  # S256, RFC 7636 4.2
_CANCELLED = ("AADSTS65004", "cancel")


class SignInStore(Protocol):
    """Where the steps of a sign-in wait for each other, one secret each."""

    def keep(self, step: Step, secret: str, data: bytes, life: timedelta, /) -> None: ...

    def look(self, step: Step, secret: str, /) -> bytes | None: ...

    def take(self, step: Step, secret: str, /) -> bytes | None: ...

    def replace(self, step: Step, old: str, new: str, data: bytes, life: timedelta, /) -> bool: ...


@dataclass(frozen=True)
class Begun:
    """Where the dialogue goes next, and the secret that its browser must bring back (in a cookie)."""

    address: str
    binding: str = field(repr=False)


@dataclass(frozen=True)
class Granted:
    """An access token for our API and the handle that gets the next one, once."""

    access_token: str = field(repr=False)
    expires_at: datetime
    renewal: str = field(repr=False)


class DialogSignIn:
    """One for the process. `scope` is our API's in full, `return_url` where the sign-in service sends the form."""

    def __init__(
        self, settings: SignInSettings, store: SignInStore, bearer: BearerCheck, *, scope: str, return_url: str,
        transport: MsalTransport | None = None,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._store = store
        self._bearer = bearer
        self._scope = scope
        self._return_url = return_url
        self._transport = transport or settings.transport()

    def begin(self, challenge: str, *, claims: str | None = None, hint: str | None = None) -> Begun:
        """`challenge` is S256 of the secret that the pane alone knows; `claims` a challenge to be met.

        InvalidInput for what is no challenge or no claims; Unavailable or Throttled where the service is not there.
        """
        if len(challenge) != _CHALLENGE_LENGTH or not _is_url_safe(challenge):
            raise InvalidInput("The sign-in was begun without its proof; start it from the pane.", field="challenge")
        flow = self._application(msal.TokenCache()).initiate_auth_code_flow(
            [self._scope],
            redirect_uri=self._return_url,
            response_mode="form_post",
            login_hint=hint[:_LONGEST_HINT] if hint else None,
            claims_challenge=_claims(claims),
        )
        binding = secrets.token_urlsafe(32)
        kept = {"flow": flow, "binding": _digest(binding), "challenge": challenge}
        self._store.keep(Step.FLOW, flow["state"], json.dumps(kept).encode(), FLOW_LIFE)
        return Begun(flow["auth_uri"], binding)

    def finish(self, answer: Mapping[str, str], binding: str | None) -> str:
        """The transit code for the form that the sign-in service sent back.

        NotSignedIn with reason `cancelled` or another; NotAllowed with reason `consent`, `tenant` or another. The code
        opens once, within 60 s, for who knows the secret behind the challenge.
        """
        kept = self._begun(answer.get("state", ""), binding)
        if answer.get("error"):
            raise _refusal(answer)
        cache = msal.SerializableTokenCache()
        try:
            token = self._application(cache).acquire_token_by_auth_code_flow(kept["flow"], dict(answer))
        except (ValueError, RuntimeError) as error:  # msal: state or nonce of another sign-in, no code, a bad id token
            raise NotSignedIn("This sign-in does not fit the one that was begun.", reason="mismatch") from error
        if "access_token" not in token:
            raise refusal_of(token)
        self._bearer.check(f"Bearer {token['access_token']}")
        transit = secrets.token_urlsafe(32)
        held = {"cache": cache.serialize(), "token": token["access_token"], "challenge": kept["challenge"]}
        self._store.keep(Step.TRANSIT, transit, json.dumps(held).encode(), TRANSIT_LIFE)
        return transit

    def redeem(self, transit: str, verifier: str) -> Granted:
        """NotSignedIn for a code that is wrong, over or used, or a verifier of somebody else."""
        data = self._store.take(Step.TRANSIT, transit)
        held = json.loads(data) if data else {}
        if not held or not hmac.compare_digest(_digest(verifier), held["challenge"]):
            raise NotSignedIn("This sign-in is over; sign in again.", reason="sign-in-again")
        renewal = secrets.token_urlsafe(32)
        self._store.keep(Step.SESSION, renewal, held["cache"].encode(), SESSION_LIFE)
        return self._granted(held["token"], renewal)

    def renew(self, renewal: str, *, claims: str | None = None) -> Granted:
        """A fresh token without a dialogue. The handle stays good where the service could not be asked.

        NotSignedIn where a person has to sign in again, NotAllowed where consent or tenant went.
        """
        data = self._store.look(Step.SESSION, renewal)
        if data is None:
            raise NotSignedIn("This sign-in is over; sign in again.", reason="sign-in-again")
        cache = msal.SerializableTokenCache()
        cache.deserialize(data.decode())
        application = self._application(cache)
        account = next(iter(application.get_accounts()), None)
        answer = application.acquire_token_silent_with_error(
            [self._scope], account=account, force_refresh=True, claims_challenge=_claims(claims)
        )
        if not answer or "access_token" not in answer:
            raise refusal_of(answer or {})
        token = str(answer["access_token"])
        self._bearer.check(f"Bearer {token}")
        following = secrets.token_urlsafe(32)
        if not self._store.replace(Step.SESSION, renewal, following, cache.serialize().encode(), SESSION_LIFE):
            raise NotSignedIn("This sign-in was renewed elsewhere; sign in again.", reason="sign-in-again")
        return self._granted(token, following)

    def _begun(self, state: str, binding: str | None) -> dict[str, Any]:
        data = self._store.take(Step.FLOW, state)
        if data is None:
            raise NotSignedIn("This sign-in was begun too long ago, or is over already.", reason="sign-in-again")
        kept: dict[str, Any] = json.loads(data)
        if binding is None or not hmac.compare_digest(_digest(binding), kept["binding"]):
            raise NotSignedIn("This sign-in was begun in another browser.", reason="mismatch")
        return kept

    def _granted(self, token: str, renewal: str) -> Granted:
        return Granted(token, self._bearer.check(f"Bearer {token}").expires_at, renewal)

    def _application(self, cache: msal.TokenCache) -> Any:
        return msal_application(self._settings, self._transport, _ANY_TENANT, cache)


def _refusal(answer: Mapping[str, str]) -> NotSignedIn | NotAllowed:
    """For an error that came with the form: the person said no, an administrator has to agree, or something else."""
    told = f"{answer.get('error_description', '')} {answer.get('error_subcode', '')}"
    if answer.get("error") == "access_denied" and any(mark in told for mark in _CANCELLED):
        return NotSignedIn("The sign-in was cancelled.", reason="cancelled")
    refusal = refusal_of(answer)
    return refusal if isinstance(refusal, NotAllowed) else NotSignedIn(str(refusal), reason="failed")


def _claims(text: str | None) -> str | None:
    """A claims challenge as the service takes it; InvalidInput for anything but a JSON object of its size."""
    if not text:
        return None
    try:
        if len(text) > _LONGEST_CLAIMS or not isinstance(json.loads(text), dict):
            raise ValueError
    except ValueError:
        raise InvalidInput("The claims to be met are no JSON object.", field="claims") from None
    return text


def _digest(secret: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).rstrip(b"=").decode()


def _is_url_safe(text: str) -> bool:
    return text.isascii() and text.replace("-", "a").replace("_", "a").isalnum()
