"""Checks of the services we depend on: sign-in, Graph, ClickMeeting, our clock against theirs; changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests

from addin.clickmeeting import ClickMeetingRooms, ClickMeetingSettings
from addin.errors import AddinError, NotSignedIn, Unavailable
from addin.ports import Clock
from server.doctor.findings import Finding, Stopwatch, failed, passed, warned
from server.doctor.outside import TIMEOUT_S
from server.settings import Settings
from server.store.accounts import Account

_AGAIN = "Check the network, then run doctor again."
_SLOW_MS = 2_000
_SKEW_WARN_S, _SKEW_FAIL_S = 30, 240  # tokens are taken with five minutes of tolerance at most


def sign_in(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Whether each tenant is known to the sign-in service, and our clock agrees with it."""
    skew: list[float] = []
    for tenant in settings.tenants:
        watch = Stopwatch()
        answer = _get(
            settings, f"{settings.login_url}/{tenant}/v2.0/.well-known/openid-configuration", "The sign-in service"
        )
        took = watch.ms
        if answer.status_code >= 500:
            raise Unavailable(f"The sign-in service answers {answer.status_code}.")
        if answer.status_code != 200:
            yield failed(
                "sign-in",
                f"The sign-in service does not know the tenant {tenant}.",
                "Check `tenants` and `login_url` (national clouds have their own).",
            )
            continue
        yield _timed("sign-in", f"The tenant {tenant} signs in", took)
        skew += _skew(answer, clock())
    yield from _clock(skew)


def graph(settings: Settings) -> Iterator[Finding]:
    """Whether Graph is there: without a token it says 401."""
    watch = Stopwatch()
    answer = _get(settings, f"{settings.graph_url}/me", "Microsoft Graph")
    if answer.status_code == 401:
        yield _timed("Graph", "Microsoft Graph answers", watch.ms)
    else:
        yield failed(
            "Graph",
            f"{settings.graph_url} answers {answer.status_code}, not as Microsoft Graph does.",
            "Check graph_url and any outgoing proxy.",
        )


def clickmeeting(settings: ClickMeetingSettings, clock: Clock) -> Iterator[Finding]:
    """Whether the key is good (E1)."""
    watch = Stopwatch()
    try:
        ClickMeetingRooms(settings, clock).check()
    except NotSignedIn:
        yield failed(
            "ClickMeeting",
            "ClickMeeting does not take the API key.",
            "Copy the key anew: ClickMeeting, account settings, API. A regenerated key replaces the old one.",
        )
        return
    yield _timed("ClickMeeting", "ClickMeeting answers and takes the key", watch.ms)


def account(settings: ClickMeetingSettings, kept: Account, tenant: str, clock: Clock) -> Iterator[Finding]:
    """Whether the key of an account of the console is good (E1); a retired one still opens the rooms it has."""
    printable = "".join(one if one.isprintable() else "?" for one in kept.name)
    name = f"the {'retired ' if kept.retired else ''}account {printable} of the tenant {tenant}"
    watch = Stopwatch()
    try:
        ClickMeetingRooms(replace(settings, api_key=kept.key), clock).check()
    except NotSignedIn:
        yield failed(
            "account",
            f"ClickMeeting does not take the key of {name}.",
            "Open the console, Accounts, and give it another key of the same account; remove it if it is retired and "
            "not needed any more.",
        )
    except AddinError as error:
        yield failed("account", f"The key of {name} could not be tried: {error}", _AGAIN)
    else:
        yield _timed("account", f"ClickMeeting takes the key of {name}", watch.ms)


def _get(settings: Settings, url: str, who: str) -> requests.Response:
    verify = str(settings.ca_file) if settings.ca_file else True
    try:
        return requests.get(url, timeout=TIMEOUT_S, allow_redirects=False, verify=verify)
    except requests.RequestException as error:
        raise Unavailable(f"{who} cannot be reached ({type(error).__name__}).") from None


def _timed(check: str, text: str, ms: int) -> Finding:
    if ms > _SLOW_MS:
        return warned(
            check, f"{text}, but slowly ({ms} ms).", "Look at the network between this server and the service."
        )
    return passed(check, f"{text} ({ms} ms).")


def _skew(answer: requests.Response, now: datetime) -> list[float]:
    """Seconds by which our clock is ahead; empty where the service does not tell its time."""
    try:
        return [(now - parsedate_to_datetime(answer.headers["Date"])).total_seconds()]
    except (KeyError, ValueError):
        return []


def _clock(skew: list[float]) -> Iterator[Finding]:
    if not skew:
        return
    most = max(skew, key=abs)
    told = f"This machine's clock is {abs(most):.0f} s {'ahead of' if most > 0 else 'behind'} the sign-in service's."
    remedy = "Let the machine keep its time by NTP."
    if abs(most) > _SKEW_FAIL_S:
        yield failed("clock", told, remedy)
    elif abs(most) > _SKEW_WARN_S:
        yield warned("clock", told, remedy)
    else:
        yield passed("clock", "This machine's clock agrees with the sign-in service's.")
