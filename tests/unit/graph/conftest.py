"""A Graph that says what the test tells it, on a real socket, and a mailbox that talks to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import stamina
from pytest_httpserver import HTTPServer

from addin.graph import GraphConnection, GraphOffice, GraphSettings
from addin.model import Mailbox

ORGANISER = Mailbox("7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01", "oid-1", "organiser@contoso.example", "Organiser")


@dataclass
class Tokens:
    """A token source that counts and numbers what it gave."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, *, claims: str | None = None, renew: bool = False) -> str:
        self.asked.append({"claims": claims, "renew": renew})
        return f"token-{len(self.asked)}"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def no_backoff() -> Iterator[None]:
    """stamina repeats as usual, without the pauses."""
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture
def make_office(httpserver: HTTPServer, tokens: Tokens) -> Callable[..., GraphOffice]:
    """An office over the test server; keywords go into the settings."""

    def make(**settings: Any) -> GraphOffice:
        settings.setdefault("graph_url", httpserver.url_for("/v1.0"))
        settings.setdefault("read_timeout_s", 2)
        return GraphOffice(GraphConnection(GraphSettings(**settings)), ORGANISER, tokens)

    return make


@pytest.fixture
def office(make_office: Callable[..., GraphOffice]) -> GraphOffice:
    return make_office()
