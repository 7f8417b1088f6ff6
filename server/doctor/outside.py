"""Checks of our own address as Microsoft and Outlook reach it: certificate, headers, handshake; it asks nobody else."""

import secrets
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import requests

from addin.errors import Unavailable
from server.doctor.findings import Finding, Stopwatch, failed, passed, warned
from server.settings import Settings

TIMEOUT_S = 10.0
_RENEW_WITHIN = timedelta(days=21)
_SLOW_HANDSHAKE_MS = 3_000  # Graph gives up after 10 s
_PROXY = "Compare the TLS proxy in front of the server with the admin guide, and look at the server's log."


@dataclass(frozen=True)
class Outside:
    """The public address, asked as a stranger would: no token, no cookie, no redirect followed."""

    settings: Settings

    def ask(self, method: str, path: str) -> requests.Response:
        """Unavailable where no answer comes."""
        try:
            return requests.request(
                method, self.settings.public_url + path, timeout=TIMEOUT_S, allow_redirects=False,
                verify=str(self.settings.ca_file) if self.settings.ca_file else True,
            )  # fmt: skip
        except requests.RequestException as error:
            raise Unavailable(f"{self.settings.public_url} cannot be reached ({type(error).__name__}).") from None


def certificate(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether clients trust it, and how long it lasts. Microsoft's services take no self-made authority."""
    name = "certificate"
    address = urlsplit(settings.public_url)
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    try:
        with (
            socket.create_connection((address.hostname or "", address.port or 443), timeout=TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=address.hostname) as secure,
        ):
            shown = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        yield failed(
            name, f"The certificate of {address.hostname} is not good: {error.verify_message}.",
            "Install a certificate for this host from a public authority, with its whole chain.",
        )  # fmt: skip
        return
    except OSError as error:
        yield failed(
            name, f"{settings.public_url} cannot be reached ({type(error).__name__}).",
            "Check the name in DNS, the firewall and that the TLS proxy runs.",
        )  # fmt: skip
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    left = f"The certificate is good until {ends:%Y-%m-%d}"
    if ends - now < _RENEW_WITHIN:
        yield warned(
            name,
            f"{left}, which is in {(ends - now).days} days.",
            "Renew it now, and see why it was not renewed by itself.",
        )
    else:
        yield passed(name, f"{left}.")


def answers(outside: Outside) -> Iterator[Finding]:
    """Whether the server behind the address is up, with its workers."""
    watch = Stopwatch()
    answer = outside.ask("GET", "/readyz")
    if answer.status_code == 200 and answer.text.strip() == "ready":
        yield passed("server", f"The server is ready ({watch.ms} ms).")
    elif answer.status_code == 503:
        yield failed("server", f"The server is not ready: {answer.text.strip()[:200]}.", "Look at the server's log.")
    else:
        yield failed(
            "server", f"{outside.settings.public_url}/readyz answers {answer.status_code}, not as this product does.",
            "Start the server, and let the TLS proxy forward every path to it.",
        )  # fmt: skip


def framing(outside: Outside) -> Iterator[Finding]:
    """Whether Outlook may frame the pane: a proxy's own X-Frame-Options or policy would leave it empty."""
    answer = outside.ask("GET", "/taskpane/taskpane.html")
    if answer.status_code != 200:
        yield failed("pane headers", f"The pane answers {answer.status_code}.", _PROXY)
        return
    policy = answer.headers.get("Content-Security-Policy", "")
    ancestors = next((part for part in policy.split(";") if part.strip().startswith("frame-ancestors")), "").split()[1:]
    missing = [host for host in outside.settings.frame_ancestors if host not in ancestors]
    if "X-Frame-Options" in answer.headers:
        yield failed(
            "pane headers",
            "The pane is sent with X-Frame-Options, so Outlook shows it empty.",
            "Take that header out of the TLS proxy.",
        )
    elif not ancestors or missing:
        yield failed(
            "pane headers",
            f"frame-ancestors lacks {', '.join(missing) or 'everything'}.",
            "Let the TLS proxy pass the Content-Security-Policy on unchanged.",
        )
    elif answer.headers.get("Cross-Origin-Opener-Policy", "unsafe-none") != "unsafe-none":
        yield failed(
            "pane headers",
            "Cross-Origin-Opener-Policy cuts the sign-in dialog off from the pane.",
            "Take that header out of the TLS proxy.",
        )
    else:
        yield passed("pane headers", f"Outlook may frame the pane ({len(ancestors)} sources).")


def icons(outside: Outside, paths: tuple[str, ...]) -> Iterator[Finding]:
    """Whether the images that the manifests name are served, as images that may be cached (Outlook facts 1.2)."""
    wrong = []
    for path in paths:
        answer = outside.ask("GET", path)
        kind, caching = answer.headers.get("Content-Type", ""), answer.headers.get("Cache-Control", "")
        if answer.status_code != 200 or not kind.startswith("image/"):
            wrong.append(f"{path} answers {answer.status_code} {kind}".strip())
        elif "no-store" in caching or "no-cache" in caching:
            wrong.append(f"{path} may not be cached")
    if wrong:
        yield failed("icons", "; ".join(wrong[:3]) + ".", _PROXY)
    else:
        yield passed("icons", f"All {len(paths)} icons are served and may be cached.")


def well_known(outside: Outside) -> Iterator[Finding]:
    """Whether classic Outlook on Windows may let the event handlers sign in (Outlook facts 4)."""
    answer = outside.ask("GET", "/.well-known/microsoft-officeaddins-allowed.json")
    try:
        allowed = answer.json().get("allowed") if answer.status_code == 200 else None
    except (ValueError, AttributeError):
        allowed = None
    wanted = f"{outside.settings.public_url}/taskpane/events.js"
    if isinstance(allowed, list) and wanted in allowed:
        yield passed("well-known file", "Classic Outlook on Windows may run the event handlers with sign-in.")
    else:
        yield warned(
            "well-known file", "/.well-known/microsoft-officeaddins-allowed.json is not served as ours.",
            "Let the TLS proxy forward /.well-known/microsoft-officeaddins-allowed.json to the server.",
        )  # fmt: skip


def handshake(outside: Outside) -> Iterator[Finding]:
    """Whether Graph's question before a subscription is answered: the token, decoded, as plain text, in time."""
    token = f"{secrets.token_urlsafe(12)} a+b %C3%A9"
    for path in ("/hooks/graph", "/hooks/graph/lifecycle"):
        watch = Stopwatch()
        answer = outside.ask("POST", f"{path}?validationToken={quote(token, safe='')}")
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code != 200 or answer.text != token or not kind.startswith("text/plain"):
            yield failed(
                "notifications", f"{path} does not answer Graph's handshake ({answer.status_code} {kind}).", _PROXY
            )
            return
        if watch.ms > _SLOW_HANDSHAKE_MS:
            yield warned(
                "notifications",
                f"{path} answers Graph's handshake in {watch.ms} ms; Graph waits 10 s.",
                "See why the server is slow: load, disk, or the proxy.",
            )
            return
    yield passed("notifications", "Graph's handshake is answered, for changes and for lifecycle.")
