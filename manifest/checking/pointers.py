"""Checks what a manifest points to: addresses, icons, pages and functions; it must not know which kind of manifest.

These are the checks that no schema makes (Outlook add-in facts 2).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from manifest.checking.findings import Report
from manifest.checking.reach import Answer, Reach
from manifest.icons import png_size
from manifest.place import is_guid, is_local, is_placeholder, looks_made_up

_MEBIBYTE = 1024 * 1024
_SCRIPT = re.compile(rb"""<script\b[^>]*\bsrc\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_PART = re.compile(rb"""["'](\./[\w.-]+\.js)["']""")
_ASSOCIATE = rb"\s*\)\s*\{?\s*(?:Office\s*\.\s*)?actions\s*\.\s*associate\s*\("
_LIST = re.compile(rb"\bof\s*\[([^\]]*)\]" + _ASSOCIATE)
_ENTRIES = re.compile(rb"\bObject\s*\.\s*entries\(\s*([\w$]+)\s*\)" + _ASSOCIATE)
_UNCACHED = re.compile(r"\b(no-store|no-cache)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """An address in the manifest. `pixels` is the width that an icon must have, None for pages and scripts."""

    line: int
    url: str
    pixels: int | None = None
    is_script: bool = False
    is_elsewhere: bool = False  # may be on another host and need not be ours (support, privacy)


@dataclass(frozen=True)
class Call:
    """A function that the manifest names, and the pages or scripts of which each must associate it."""

    line: int
    function: str
    homes: tuple[str, ...]


@dataclass
class Pointers:
    """Everything that points out of a manifest. `host` is `name[:port]` of the pane's page, which all others share."""

    host: str = ""
    addresses: list[Address] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    named_hosts: list[tuple[int, str, str]] = field(default_factory=list)  # line, host, where it stands
    guids: list[tuple[int, str, str]] = field(default_factory=list)  # line, GUID, which


def check(pointers: Pointers, reach: Reach, report: Report, *, allow_localhost: bool) -> None:
    """Every finding about what is pointed to."""
    for line, text, what in pointers.guids:
        _guid(line, text, what, report)
    for line, host, where in pointers.named_hosts:
        if host.lower() != pointers.host.lower():
            report.error(
                line, "host", f"{where} names {host or 'no host'}, the pane is on {pointers.host}.",
                "Name the same host everywhere.",
            )  # fmt: skip
    first: dict[tuple[str, int | None], Address] = {}
    for address in pointers.addresses:
        first.setdefault((address.url, address.pixels), address)
    for address in first.values():
        if _scheme_and_host(address, pointers.host, report, allow_localhost=allow_localhost):
            _behind(address, reach(address.url), report)
    for call in pointers.calls:
        _function(call, reach, report)


def _guid(line: int, text: str, what: str, report: Report) -> None:
    if not is_guid(text):
        report.error(line, "guid", f"The {what} {text!r} is no GUID.", "Write it with hyphens and without braces.")
    elif is_placeholder(text):
        report.error(line, "placeholder", f"The {what} {text} is a placeholder.", "Build with the real one.")
    elif looks_made_up(text):
        report.warn(line, "placeholder", f"The {what} {text} looks made up.", "Compare it with Entra.")


def _scheme_and_host(address: Address, host: str, report: Report, *, allow_localhost: bool) -> bool:
    """Whether the address is one to look behind."""
    parts = urlsplit(address.url)
    if parts.scheme != "https":
        report.error(
            address.line,
            "https",
            f"{address.url} is no https address.",
            "Outlook loads nothing else: serve it by https.",
        )
        return False
    if is_local(parts.hostname or "") and not allow_localhost:
        report.error(
            address.line, "localhost", f"{address.url} is on a machine that users cannot reach.",
            "Build with the public host, or check with --allow-localhost for a trial.",
        )  # fmt: skip
        return False
    if parts.netloc.lower() != host.lower():
        if not address.is_elsewhere:
            report.error(
                address.line, "host", f"{address.url} is not on {host}, where the pane is.",
                "Serve pages, scripts and icons from one host.",
            )  # fmt: skip
        return False
    return True


def _behind(address: Address, answer: Answer, report: Report) -> None:
    what = "icon" if address.pixels else "script" if address.is_script else "page"
    if answer.status != 200:
        why = answer.body.decode() if not answer.status else f"the answer is {answer.status}"
        if answer.headers is None and answer.status:
            why = "it is not among the server's files"
        report.error(
            address.line, "missing", f"The {what} {address.url} is not there: {why}.",
            "Mend the address, or put the file there and build the pane (make setup).",
        )  # fmt: skip
        return
    if address.pixels:
        _icon(address, answer, report)
    elif answer.headers is not None:
        wanted = "javascript" if address.is_script else "text/html"
        if wanted not in answer.headers.get("Content-Type", ""):
            report.error(
                address.line, "type", f"The {what} {address.url} is served as {answer.headers.get('Content-Type')!r}.",
                f"Serve it as {'text/javascript' if address.is_script else wanted}.",
            )  # fmt: skip


def _icon(address: Address, answer: Answer, report: Report) -> None:
    size = png_size(answer.body)
    if size is None:
        report.error(address.line, "icon", f"The icon {address.url} is no whole PNG.", "Draw it again.")
    elif size != (address.pixels, address.pixels):
        report.error(
            address.line, "icon",
            f"The icon {address.url} has {size[0]} x {size[1]} pixels instead of {address.pixels} x {address.pixels}.",
            "Draw it in that size.",
        )  # fmt: skip
    elif len(answer.body) > _MEBIBYTE:
        report.error(address.line, "icon", f"The icon {address.url} is larger than 1 MB.", "Make it smaller.")
    if answer.headers is not None:
        if answer.headers.get("Content-Type") != "image/png":
            report.error(
                address.line, "type",
                f"The icon {address.url} is served as {answer.headers.get('Content-Type')!r}.",
                "Serve it as image/png.",
            )  # fmt: skip
        kept = answer.headers.get("Cache-Control", "")
        if _UNCACHED.search(kept):
            report.error(
                address.line, "cache", f"The icon {address.url} may not be kept (Cache-Control: {kept}).",
                "Send Cache-Control: public, max-age=86400 for icons: Outlook does not show uncacheable ones.",
            )  # fmt: skip


def _function(call: Call, reach: Reach, report: Report) -> None:
    for home in call.homes:
        if reach(home).status == 200 and not any(associates(code, call.function) for code in _codes(home, reach)):
            report.error(
                call.line, "function", f"Nothing associates the function {call.function!r} in {home}.",
                "Call Office.actions.associate for it there and build the pane, or take it out of the manifest.",
            )  # fmt: skip


def _codes(home: str, reach: Reach) -> Iterable[bytes]:
    """The scripts of a page with the parts that they load from beside them; or the one script itself."""
    answer = reach(home)
    if answer.status != 200:
        return
    if urlsplit(home).path.endswith(".js"):
        yield answer.body
        return
    own = urlsplit(home).netloc
    waiting = [urljoin(home, name.decode("utf-8", "replace")) for name in _SCRIPT.findall(answer.body)]
    seen: set[str] = set()
    while waiting:
        url = waiting.pop(0)
        if url in seen or urlsplit(url).netloc != own:
            continue
        seen.add(url)
        part = reach(url)
        if part.status == 200:
            yield part.body
            waiting += [urljoin(url, name.decode("utf-8", "replace")) for name in _PART.findall(part.body)]


def associates(code: bytes, function: str) -> bool:
    """Whether the code associates the name: by itself, or with others of a list or object that a loop goes through."""
    name = re.escape(function.encode())
    quoted = rb"""["'`]""" + name + rb"""["'`]"""
    if re.search(rb"actions\s*\.\s*associate\s*\(\s*" + quoted + rb"\s*,", code):
        return True
    if any(re.search(quoted, names) for names in re.findall(_LIST, code)):
        return True
    for holder in re.findall(_ENTRIES, code):
        told = re.search(rb"[\s,;]" + re.escape(holder) + rb"\s*=\s*\{([^{}]*)\}", code)
        if told and re.search(rb"(?:^|,)\s*" + name + rb"\s*(?:[:,(]|$)", told[1]):
            return True
    return False
