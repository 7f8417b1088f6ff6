"""Where the add-in lives and under which ids: what a build is given, checked before anything is made of it."""

import re
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from manifest.source import ADD_IN_ID

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_LOCAL_SUFFIXES = (".localhost", ".test", ".invalid")


class WrongInput(Exception):
    """What was given cannot be used; one sentence says what is wrong and what to do."""


@dataclass(frozen=True)
class Place:
    """The server's origin (https, lower case, no default port) and the GUIDs of the add-in and its registration."""

    origin: str
    client_id: str
    add_in_id: str = ADD_IN_ID

    @property
    def host(self) -> str:
        """Host and, where it is not 443, port: what stands in `api://` and in lists of domains."""
        return self.origin.removeprefix("https://")

    @property
    def resource(self) -> str:
        """The API's application id URI (facts 1.2)."""
        return f"api://{self.host}/{self.client_id}"

    @property
    def unified_id(self) -> str:
        """The id of the unified manifest: always the same for one add-in id, never equal to it."""
        return str(uuid.uuid5(uuid.UUID(self.add_in_id), "unified manifest"))

    def url(self, path: str) -> str:
        """An address on our server."""
        return self.origin + path

    def icon(self, name: str) -> str:
        """The address of an icon."""
        return self.url(f"/taskpane/icons/{name}")


def place(host: str, client_id: str, add_in_id: str = ADD_IN_ID, *, allow_localhost: bool = False) -> Place:
    """From what a person typed; WrongInput names the first thing that is not right."""
    return Place(
        origin=origin_of(host, allow_localhost=allow_localhost),
        client_id=guid(client_id, "client id", "It stands on the app registration's overview page in Entra."),
        add_in_id=guid(add_in_id, "add-in id", "Leave it out to take the usual one."),
    )


def origin_of(host: str, *, allow_localhost: bool = False) -> str:
    """`https://name[:port]` in lower case. WrongInput for other schemes, paths, user names, and this machine itself."""
    given = host.strip()
    parts = urlsplit(given)
    if parts.scheme != "https":
        hint = given.partition("://")[2] or given
        raise WrongInput(f"The host {given!r} must be an https address: write https://{hint.strip('/')}.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise WrongInput(f"The host {given!r} must have no path: write {parts.scheme}://{parts.netloc}.")
    if "@" in parts.netloc:
        raise WrongInput(f"The host {given!r} must hold no user name or password: leave them out.")
    try:
        name, port = (parts.hostname or ""), parts.port
    except ValueError:
        raise WrongInput(f"The host {given!r} has a port that is no number from 1 to 65535: mend it.") from None
    if not name.isascii():
        raise WrongInput(f"The host {given!r} must be written in ASCII: {_ascii_hint(name)}.")
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise WrongInput(f"The host {given!r} is no host name: write one such as https://addin.example.com.")
    if is_local(name) and not allow_localhost:
        raise WrongInput(
            f"The host {given!r} means a machine that Outlook's users cannot reach: "
            "give the public name, or --allow-localhost for a trial on this machine."
        )
    return f"https://{name}" + (f":{port}" if port not in (None, 443) else "")


def is_local(name: str) -> bool:
    """Whether a host name can only mean this machine or a name that the public network does not know.

    `.example` names are documentation and pass.
    """
    return (
        name == "localhost"
        or name.endswith(_LOCAL_SUFFIXES)
        or name.startswith("127.")
        or name in ("0.0.0.0", "::1", "[::1]")  # noqa: S104 - compared, not listened on
    )


def guid(text: str, what: str, remedy: str) -> str:
    """A GUID in lower case; WrongInput where it is none, or one that only holds a place."""
    lowered = text.strip().lower()
    if not _GUID.fullmatch(lowered):
        raise WrongInput(f"The {what} {text!r} is no GUID with hyphens and without braces. {remedy}")
    if is_placeholder(lowered):
        raise WrongInput(f"The {what} {text!r} is a placeholder: give the real one. {remedy}")
    return lowered


def is_guid(text: str) -> bool:
    """Whether the text is a GUID with hyphens and without braces."""
    return bool(_GUID.fullmatch(text.lower()))


def is_placeholder(text: str) -> bool:
    """Whether a GUID was made up for a text: one digit throughout, counting up, or Microsoft's documentation style.

    That style repeats one digit in each block of four and mixes digits with letters: `00001111-aaaa-2222-...`.
    """
    digits = text.lower().replace("-", "")
    blocks = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    repeated = all(len(set(block)) == 1 for block in blocks)
    return (
        len(set(digits)) == 1
        or digits.startswith(("12345678", "01234567"))
        or (repeated and not digits.isdigit() and not digits.isalpha())
    )


def looks_made_up(text: str) -> bool:
    """Whether a GUID has so few different digits that a person probably typed it."""
    return len(set(text.lower().replace("-", ""))) <= 5


def _ascii_hint(name: str) -> str:
    try:
        return f"write https://{name.encode('idna').decode()}"
    except UnicodeError:
        return "such names cannot be registered"
