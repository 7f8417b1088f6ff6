"""The one narrow door to Microsoft Graph: addresses, tokens, limits, repetition; it must not know events or mails."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import requests
import stamina
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError

from addin import tally
from addin.errors import AddinError, Missing, NotAllowed, OutcomeUnknown, Refused, Throttled, Unavailable
from addin.graph.answers import TokenNotTaken, error_of, read_json
from addin.graph.gate import Gates
from addin.graph.settings import GraphSettings

_SHORTEST_PAUSE_S = 1.0
_MOST_PAGES = 200
_Answer = TypeVar("_Answer")


class TokenSource(Protocol):
    """Gives a bearer token for Graph. `claims` is a claims challenge that the last token did not satisfy, `renew` says
    that the last token was not taken although it may look good: both ask for a fresh one.

    Raises NotSignedIn (perhaps with claims for the person's client), NotAllowed, Unavailable.
    """

    def __call__(self, *, claims: str | None = None, renew: bool = False) -> str: ...


class Place(Protocol):
    """One of the places that all processes have together in the mailbox of a gate; Throttled after `wait_s`."""

    def __call__(self, gate: str, /, *, wait_s: float) -> AbstractContextManager[None]: ...


def _no_others(_gate: str, /, *, wait_s: float) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class _Bearer(requests.auth.AuthBase):
    """Sets the header itself, so that no .netrc entry of the machine can take its place."""

    token: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def __repr__(self) -> str:
        return "_Bearer(***)"


class GraphConnection:
    """What all mailboxes of a process share: HTTP sessions (one a thread) and the gates of the mailboxes."""

    def __init__(
        self,
        settings: GraphSettings,
        before: Callable[[str], None] | None = None,
        place: Place | None = None,
    ) -> None:
        """`before` is called with the gate's name ahead of each request; what it raises keeps it from going.

        `place` is held around each request where other processes make calls in the same mailboxes.
        """
        self.settings = settings
        self.before = before
        self.place = place or _no_others
        self.gates = Gates(settings.concurrent_per_mailbox, time.monotonic)
        self._local = threading.local()

    @property
    def session(self) -> requests.Session:
        """This thread's session: no cookies (they would pass from one person to the next), no redirects followed."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.verify = self.settings.ca_file or True
            adapter = HTTPAdapter(pool_connections=2, pool_maxsize=2, max_retries=0)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            self._local.session = session
        return session


def _nobody(_: NotAllowed) -> bool:
    return False


class GraphDoor:
    """Calls for one mailbox. `gate` names the mailbox for the limits; the token is fetched for each attempt.

    `instead` is asked where the token does not reach so far (403, which has no effect): True says that the next token
    is another person's, with whom the call is tried again. It may raise an error that says more.

    Repeats by itself, by stamina, only what may be repeated: reads, and changes that the caller declares
    `repeatable` (If-Match, deletes). A Retry-After is waited out where it is short, else raised as Throttled.
    """

    def __init__(
        self,
        connection: GraphConnection,
        gate: str,
        token: TokenSource,
        *,
        instead: Callable[[NotAllowed], bool] = _nobody,
    ) -> None:
        self.changed_hands = 0
        """How often a call went on with another person's token."""
        self._connection = connection
        self._settings = connection.settings
        self._gate = gate
        self._token = token
        self._instead = instead
        self._base = urlsplit(self._settings.graph_url.rstrip("/"))

    def get(self, path: str, *, query: Mapping[str, str] | None = None, prefer: tuple[str, ...] = ()) -> dict[str, Any]:
        """The JSON object at `path` (relative to the version, or a whole link of Graph's)."""
        return self.call("GET", path, query=query, prefer=prefer)

    def prove(self, path: str, *, query: Mapping[str, str]) -> None:
        """A GET of what every mailbox has. Where it is not there the mailbox is gone or closed to us: NotAllowed."""
        while True:
            try:
                self.get(path, query=query)
                return
            except Missing as error:
                refusal = NotAllowed(
                    "The mailbox is not there, or not open to the add-in any more. Nothing was deleted.",
                    reason="mailbox-gone",
                )
                if not self._hand_over(refusal):
                    raise refusal from error

    def pages(self, path: str, *, query: Mapping[str, str], prefer: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page. Unavailable where the pages do not come to an end."""
        answer = self.get(path, query=query, prefer=prefer)
        for _ in range(_MOST_PAGES):
            yield from (item for item in answer.get("value", ()) if isinstance(item, dict))
            link = answer.get("@odata.nextLink")
            if not link:
                return
            answer = self.get(str(link), prefer=prefer)
        raise Unavailable("Microsoft Graph's list of pages does not end.")

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        text: str | None = None,
        prefer: tuple[str, ...] = (),
        if_match: str | None = None,
        repeatable: bool | None = None,
    ) -> dict[str, Any]:
        """One exchange, as JSON object (empty for 202 and 204). `text` is sent as text/plain.

        `repeatable` defaults to whether it is a GET. Raises the errors of `addin.errors`.
        """
        headers = {"If-Match": if_match} if if_match else {}
        if text is not None:
            headers["Content-Type"] = "text/plain"
        request = requests.Request(
            method,
            self._address(path, query),
            headers=self._headers(prefer, headers),
            json=json,
            data=text.encode("ascii") if text is not None else None,
        )
        changing = method != "GET"
        may_repeat = not changing if repeatable is None else repeatable
        return self._repeat(request, lambda response: read_json(response, changing=changing), may_repeat)

    def forward(self, prepared: requests.PreparedRequest) -> requests.Response:
        """A request that a library made, under the same token, limits and errors; GETs are repeated, nothing else is.

        Of its headers only Content-Type and Prefer go along. Refused for another host.
        """
        method = prepared.method or "GET"
        kept = {name: prepared.headers[name] for name in ("Content-Type",) if name in prepared.headers}
        prefer = prepared.headers.get("Prefer")
        request = requests.Request(
            method,
            self._address(prepared.url or "", None),
            headers=self._headers((prefer,) if prefer else (), kept),
            data=prepared.body,
        )
        return self._repeat(request, lambda response: response, method == "GET")

    def _headers(self, prefer: tuple[str, ...], more: Mapping[str, str]) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "Prefer": ", ".join(('IdType="ImmutableId"', *prefer)),
            "client-request-id": str(uuid.uuid4()),
            "return-client-request-id": "true",
            **more,
        }

    def _repeat(
        self, request: requests.Request, read: Callable[[requests.Response], _Answer], may_repeat: bool
    ) -> _Answer:
        for attempt in stamina.retry_context(
            on=self._pause_before_repeating if may_repeat else _never,
            attempts=self._settings.attempts,
            timeout=None,
            wait_initial=0.5,
            wait_max=8.0,
            wait_jitter=0.5,
        ):
            with attempt:
                return read(self._once(request, changing=request.method != "GET"))
        raise AssertionError("the last attempt returns or raises")

    def _pause_before_repeating(self, error: Exception) -> bool | float:
        """Whether to try again, and after how many seconds where the service said so."""
        if not isinstance(error, Unavailable | Throttled | OutcomeUnknown):
            return False
        if error.after is None:
            return True
        return False if error.after > self._settings.longest_pause_s else max(error.after, 0.05)

    def _once(self, request: requests.Request, *, changing: bool) -> requests.Response:
        """One attempt; a 403 has had no effect, so somebody else's token may be tried."""
        while True:
            try:
                return self._with_token(request, changing=changing)
            except NotAllowed as refusal:
                if not self._hand_over(refusal):
                    raise

    def _hand_over(self, refusal: NotAllowed) -> bool:
        handed = self._instead(refusal)
        self.changed_hands += handed
        return handed

    def _with_token(self, request: requests.Request, *, changing: bool) -> requests.Response:
        """A 401 has had no effect, so with a fresh token it is tried once more (Graph facts 7.3)."""
        try:
            return self._exchange(request, self._fresh_token(), changing=changing)
        except TokenNotTaken as refusal:
            fresh = self._fresh_token(claims=refusal.claims, renew=True)
        return self._exchange(request, fresh, changing=changing)

    def _fresh_token(self, *, claims: str | None = None, renew: bool = False) -> str:
        with tally.failures_of("entra"):
            return self._token(claims=claims, renew=renew)

    def _exchange(self, request: requests.Request, token: str, *, changing: bool) -> requests.Response:
        if self._connection.before is not None:
            self._connection.before(self._gate)
        request.auth = _Bearer(token)
        gates = self._connection.gates
        with tally.failures_of("graph"):
            wait_s = self._settings.read_timeout_s
            with gates.enter(self._gate, wait_s=wait_s), self._connection.place(self._gate, wait_s=wait_s):
                response = self._send(request, changing=changing)
            if 200 <= response.status_code < 300:
                return response
            error = error_of(response, changing=changing)
            if isinstance(error, Throttled):
                gates.pause(self._gate, error.after if error.after is not None else _SHORTEST_PAUSE_S)
            raise error

    def _send(self, request: requests.Request, *, changing: bool) -> requests.Response:
        session = self._connection.session
        prepared = session.prepare_request(request)
        found = session.merge_environment_settings(prepared.url, {}, None, session.verify, None)
        timeout = (self._settings.connect_timeout_s, self._settings.read_timeout_s)
        tally.called("graph")
        try:
            return session.send(prepared, timeout=timeout, allow_redirects=False, **found)
        except requests.RequestException as error:
            raise _lost(error, changing=changing) from error

    def _address(self, path: str, query: Mapping[str, str] | None) -> str:
        """The whole address. Refused for a link that leads to another host than ours: it would carry the token off."""
        if path.startswith("/") and not path.startswith("//"):
            address = self._settings.graph_url.rstrip("/") + path
        else:
            link = urlsplit(path)
            inside = link.path.startswith(self._base.path.rstrip("/") + "/")
            if (link.scheme, link.netloc) != (self._base.scheme, self._base.netloc) or not inside:
                raise Refused(
                    "Microsoft Graph gave a link to another host; it was not followed.", reason="foreign-link"
                )
            address = path
        if not query:
            return address
        # Not urlencode: Graph wants %20, and `$` of the system options left as it is.
        return address + "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


def _never(_: Exception) -> bool:
    return False


def _lost(error: requests.RequestException, *, changing: bool) -> AddinError:
    """No answer came. Where the connection never stood nothing was sent, so nothing can have happened."""
    kind = type(error).__name__
    if _was_not_sent(error) or not changing:
        return Unavailable(f"Microsoft Graph cannot be reached ({kind}).")
    return OutcomeUnknown(f"The connection to Microsoft Graph broke before the answer came ({kind}).")


def _was_not_sent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
