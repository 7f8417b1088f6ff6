"""How a check gets at what a manifest points to: the files that our server ships, or what a server answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import requests

from manifest import icons
from manifest.place import WrongInput

_ICONS, _PANE = "/taskpane/icons/", "/taskpane/"
_LONGEST = 8 * 1024 * 1024
_TIMEOUT_S = (5.0, 20.0)


@dataclass(frozen=True)
class Answer:
    """What lies behind an address. `headers` is None where files were looked at and no server was asked."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] | None = None


class Reach(Protocol):
    """Gives the answer for an address, whatever it is."""

    def __call__(self, url: str, /) -> Answer: ...


@dataclass(frozen=True)
class ShippedFiles:
    """The files that our server serves, with no network: icons of this package, pages and scripts of the built pane."""

    pane: Path
    icon_folder: Path = icons.FOLDER

    def __call__(self, url: str) -> Answer:
        """404 for what the server has not; the host does not matter."""
        path = urlsplit(url).path
        folder, start = (self.icon_folder, _ICONS) if path.startswith(_ICONS) else (self.pane, _PANE)
        name = path.removeprefix(start)
        if not path.startswith(start) or not name or "/" in name or name.startswith("."):
            return Answer(404)
        try:
            return Answer(200, (folder / name).read_bytes())
        except OSError:
            return Answer(404)


@dataclass
class Server:
    """A server over https. Redirects are answers, not followed: Outlook's caches and icons need the thing itself."""

    ca_file: Path | None = None
    _answers: dict[str, Answer] = field(default_factory=dict)

    def __call__(self, url: str) -> Answer:
        """Status 0 with the reason as body where nothing answers. Each address is asked once."""
        if url not in self._answers:
            self._answers[url] = self._ask(url)
        return self._answers[url]

    def _ask(self, url: str) -> Answer:
        verify = str(self.ca_file) if self.ca_file else True
        try:
            with requests.get(
                url, timeout=_TIMEOUT_S, allow_redirects=False, verify=verify, stream=True, headers={"Accept": "*/*"}
            ) as answer:
                body = b""
                for part in answer.iter_content(65536):
                    body += part
                    if len(body) > _LONGEST:
                        return Answer(0, b"the answer is longer than 8 MB")
                return Answer(answer.status_code, body, answer.headers)
        except requests.exceptions.SSLError:
            return Answer(0, b"its certificate is not trusted here")
        except requests.exceptions.Timeout:
            return Answer(0, b"it does not answer in time")
        except (requests.RequestException, OSError):
            return Answer(0, b"it cannot be reached")


def read(file: Path) -> bytes:
    """A file that a person named; WrongInput where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise WrongInput(f"{file} cannot be read ({(error.strerror or '').lower()}): name a manifest file.") from None
