"""The HTTP client under msal: time-outs, own authorities, and outages told as errors; it must not know tokens.

msal keeps failing answers in memory for up to a minute and turns outages into exceptions of whatever HTTP library is
below it; here they become `Unavailable` and `Throttled` before msal sees them.
"""

import threading
import time
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from addin.errors import Throttled, Unavailable

_METADATA = "/.well-known/openid-configuration"
_METADATA_LIFE_S = 3600


class MsalTransport:
    """`get`, `post` and `close` as msal calls them. One for the process; one session a thread.

    OpenID metadata is kept for an hour, since every msal application asks for it when it is made. Timeouts in seconds.
    """

    def __init__(
        self,
        *,
        ca_file: str | None,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 15,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._verify: str | bool = ca_file or True
        self._timeout = (connect_timeout_s, read_timeout_s)
        self._monotonic = monotonic
        self._local = threading.local()
        self._metadata: dict[str, tuple[float, requests.Response]] = {}

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> requests.Response:
        """A GET; the answer may be an earlier one where it is metadata."""
        kept = self._metadata.get(url)
        if kept is not None and kept[0] > self._monotonic():
            return kept[1]
        response = self._send("GET", url, params=params, headers=headers)
        if response.ok and url.endswith(_METADATA):
            self._metadata[url] = (self._monotonic() + _METADATA_LIFE_S, response)
        return response

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> requests.Response:
        """A POST, sent once."""
        return self._send("POST", url, params=params, data=data, headers=headers)

    def close(self) -> None:
        """msal asks for it when an application goes; the sessions stay for the next one."""

    def _send(self, method: str, url: str, **rest: Any) -> requests.Response:
        try:
            # `verify` is given with each call: the session's own would lose to REQUESTS_CA_BUNDLE of the environment
            response = self._session().request(
                method, url, timeout=self._timeout, allow_redirects=False, verify=self._verify, **rest
            )
        except requests.RequestException as error:
            raise Unavailable(f"The Microsoft sign-in service cannot be reached ({type(error).__name__}).") from error
        after = response.headers.get("Retry-After", "")
        pause = float(after) if after.isascii() and after.isdigit() else None
        if response.status_code == 429:
            raise Throttled("The Microsoft sign-in service asked to slow down.", after=pause)
        if response.status_code >= 500:
            raise Unavailable(f"The Microsoft sign-in service failed ({response.status_code}).", after=pause)
        if not _is_json(response):
            raise Unavailable("The Microsoft sign-in service gave an answer that is no JSON.")
        return response

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.auth = _no_auth
            self._local.session = session
        return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps a .netrc of the machine out of the request."""
    return request


def _is_json(response: requests.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except requests.exceptions.JSONDecodeError:
        return False
