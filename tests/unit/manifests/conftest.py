"""Both manifests as they are built for a made-up place."""

import json
from typing import Any

import pytest
from manifest_changes import CLIENT_ID, HOST

from manifest.build import Built, built
from manifest.package import unpack
from manifest.place import place


@pytest.fixture(scope="session")
def made() -> Built:
    return built(place(HOST, CLIENT_ID))


@pytest.fixture(scope="session")
def content(made: Built) -> dict[str, Any]:
    """The unified manifest's JSON; a test that changes it copies it first."""
    found: dict[str, Any] = json.loads(unpack(made.package)["manifest.json"])
    return found
