"""A whole sandbox on real sockets for contract tests, clean before each test."""

from collections.abc import Iterator

import pytest
import requests

from sandbox.desk import Desk, Options


@pytest.fixture(scope="package")
def running_desk() -> Iterator[Desk]:
    with Desk(Options()) as desk:
        yield desk


@pytest.fixture
def desk(running_desk: Desk) -> Desk:
    """The sandbox as it is after a start: nothing made, no faults, real time."""
    world = running_desk.world
    requests.post(f"{world.base}/control/reset", json={}, verify=str(world.ca_file), timeout=10).raise_for_status()
    return running_desk
