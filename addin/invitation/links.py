"""Says whether two addresses lead to the same room, however a mail system wrapped or re-wrote them; opens none."""

import html
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

_SAFE_LINKS = re.compile(r"\.safelinks\.protection\.(outlook\.com|office365\.us|partner\.outlook\.cn)$")
_PROOFPOINT = re.compile(r"^https?://urldefense(?:\.proofpoint)?\.com/v3/__(?P<url>.+?)__;", re.IGNORECASE)
_ENCODED = re.compile(r"https?%(?:25)*3a", re.IGNORECASE)
_MAX_WRAPPINGS = 5
URL = re.compile(r"https?://[^\s<>\"\u201c\u201d]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]}'*_>|"


def unwrap(address: str) -> str:
    """The address behind Safe Links, Gmail's redirect and Proofpoint, nested or not; others come back unchanged."""
    for _ in range(_MAX_WRAPPINGS):
        while _ENCODED.match(address):
            address = unquote(address)
        inner = _inner(_unescape(address))
        if inner is None:
            break
        address = inner
    return address


def _inner(address: str) -> str | None:
    if match := _PROOFPOINT.match(address):
        return match["url"]
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if _SAFE_LINKS.search(host):
        wanted = "url"
    elif host in ("www.google.com", "google.com") and parts.path == "/url":
        wanted = "q"
    else:
        return None
    query = dict(parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True))
    return query.get(wanted)


def canonical(address: str) -> str:
    """One spelling for all addresses of a page: unwrapped, unescaped, host in lower case, no default port, no last
    slash, percent-encoding undone, fragment dropped; http and https are one. The case of a path counts (RFC 3986)."""
    address = _unescape(re.sub(r"\s+", "", address))
    address = _unescape(unwrap(address))
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return address
    if parts.scheme.lower() not in ("http", "https") or not host:
        return address
    where = host.lower() if port in (None, 80, 443) else f"{host.lower()}:{port}"
    query = f"?{_decode(parts.query)}" if parts.query else ""
    return f"//{where}{_decode(parts.path).rstrip('/')}{query}"


def _unescape(text: str) -> str:
    for _ in range(_MAX_WRAPPINGS):
        plain = html.unescape(text)
        if plain == text:
            break
        text = plain
    return text


def _decode(text: str) -> str:
    for _ in range(_MAX_WRAPPINGS):
        plain = unquote(text)
        if plain == text:
            break
        text = plain
    return text


def needle(address: str) -> str | None:
    """A run of letters and digits of the path that every spelling of `address` holds as it is, or None.

    Letters and digits are what no encoding touches, so a body without the run does not hold the address.
    """
    path = unquote(urlsplit(address).path)
    runs = re.findall(r"[A-Za-z0-9]{4,}", path)
    return max(runs, key=len) if runs else None


def trimmed(found: str, ours: frozenset[str]) -> str | None:
    """The longest beginning of a URL found in text that is one of `ours` (canonical) once punctuation is cut off."""
    while found:
        if canonical(found) in ours:
            return found
        if found[-1] not in _TRAILING:
            return None
        found = found[:-1]
    return None


def same(addresses: Iterable[str]) -> frozenset[str]:
    """The canonical spellings of `addresses`."""
    return frozenset(canonical(address) for address in addresses)
