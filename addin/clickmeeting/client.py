"""The one door to ClickMeeting's REST API: key, encoding, time-outs, retries, errors; it must not know rooms.

Questions are repeated a few times after a failure. Changes are sent once: where the answer is lost (cut, time-out,
5xx, a proxy's page) `OutcomeUnknown` says so, and who asked looks before asking again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import stamina
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from addin import tally
from addin.clickmeeting.answers import lost, read, retryable_within
from addin.errors import Refused, Unavailable

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class ClickMeetingSettings:
    """Address and key of the account. `timeout_s` holds for connecting and for each wait for bytes (1.1: 60 s).

    `ca_file` is a PEM file of authorities to trust instead of the usual ones; `retry_for_s` is how long after the
    first try a question may still be repeated, `longest_pause_s` the longest Retry-After waited for here.
    """

    url: str = "https://api.clickmeeting.com/v1"
    api_key: str = field(default="", repr=False)
    ca_file: str | None = None
    timeout_s: float = 60.0
    attempts: int = 3
    retry_for_s: float = 20.0
    longest_pause_s: float = 10.0


class Client:
    """Sends one call at a time per thread; may be shared by threads."""

    def __init__(
        self, settings: ClickMeetingSettings, clock: Callable[[], datetime], before: Callable[[], None] | None = None
    ) -> None:
        """`before` is called ahead of each request, repeated ones too; what it raises keeps the request from going."""
        self._before = before
        self._settings = settings
        self._clock = clock
        self._url = settings.url.rstrip("/")
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", "User-Agent": "clickmeeting-addin"})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=16, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._auth = _KeyHeader(settings.api_key)

    def ask(self, path: str, parameters: Parameters | None = None) -> Any:
        """GET; the decoded JSON, None for an empty answer. Repeated after Unavailable and short Throttled."""
        return self._repeat("GET", path, query=encode(parameters or {}))

    def ask_with_form(self, path: str, parameters: Parameters) -> Any:
        """POST of a question that changes nothing; like `ask`."""
        return self._repeat("POST", path, form=encode(parameters))

    def change(self, method: str, path: str, parameters: Parameters | None = None) -> Any:
        """POST, PUT or DELETE, sent once. OutcomeUnknown where the answer was lost after the request went out."""
        return self._send(method, path, effect=True, form=encode(parameters or {}))

    def _repeat(self, method: str, path: str, **content: Any) -> Any:
        tries = stamina.retry_context(
            on=retryable_within(self._settings.longest_pause_s),
            attempts=self._settings.attempts,
            timeout=self._settings.retry_for_s,
            wait_initial=0.2,
            wait_max=2.0,
            wait_jitter=0.2,
        )
        for attempt in tries:
            with attempt:
                return self._send(method, path, effect=False, **content)
        raise AssertionError("the retry layer ends with a result or an error")

    def _send(
        self,
        method: str,
        path: str,
        *,
        effect: bool,
        query: list[tuple[str, str]] | None = None,
        form: list[tuple[str, str]] | None = None,
    ) -> Any:
        if self._before is not None:
            self._before()
        tally.called("clickmeeting")
        with tally.failures_of("clickmeeting"):
            return self._exchange(method, path, effect=effect, query=query, form=form)

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        effect: bool,
        query: list[tuple[str, str]] | None,
        form: list[tuple[str, str]] | None,
    ) -> Any:
        try:
            response = self._session.request(
                method,
                f"{self._url}/{path}",
                params=query,
                data=form or None,
                auth=self._auth,
                timeout=self._settings.timeout_s,
                verify=self._settings.ca_file or True,
                allow_redirects=False,
            )
        # the request's own errors carry headers and body, so they are not chained: the key must reach no log
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
            raise Refused("ClickMeeting's address is no URL. Check the setting clickmeeting_url.") from None
        except requests.RequestException as error:
            if _never_sent(error):
                raise Unavailable(f"ClickMeeting cannot be reached ({type(error).__name__}).") from None
            raise lost(f"ClickMeeting's answer was lost ({type(error).__name__})", effect=effect) from None
        except OSError:  # requests' word for an authority file that is not there
            raise Refused("The file of trusted authorities cannot be read. Check the setting ca_file.") from None
        return read(response, effect=effect, now=self._clock)


class _KeyHeader(AuthBase):
    """The key on each request. As an auth object it also keeps requests from reading a netrc file."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-Api-Key"] = self._key
        return request


def encode(parameters: Parameters) -> list[tuple[str, str]]:
    """PHP's brackets (1.2): `{"settings": {"x": True}, "tokens": ["A"]}` is `settings[x]=1`, `tokens[]=A`.

    None is left out; booleans are 1 and 0.
    """
    found: list[tuple[str, str]] = []
    for name, value in parameters.items():
        _encode(name, value, found)
    return found


def _encode(name: str, value: Any, found: list[tuple[str, str]]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _encode(f"{name}[{key}]", item, found)
    elif isinstance(value, list | tuple):
        for item in value:
            _encode(f"{name}[]", item, found)
    elif isinstance(value, bool):
        found.append((name, "1" if value else "0"))
    elif value is not None:
        found.append((name, str(value)))


def _never_sent(error: requests.RequestException) -> bool:
    """No connection stood, so nothing can have been changed."""
    if isinstance(error, requests.exceptions.SSLError | requests.exceptions.ProxyError | requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
