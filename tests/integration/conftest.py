"""One sandbox and one server for a whole module of integration tests; each test begins with a fresh sandbox."""

from collections.abc import Iterator

import pytest
from stage import Stage

from server.demo.running import running


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    with running(clickmeeting_timeout_s=1.5, sweep_seconds=0.2, log_level="ERROR") as started:
        yield Stage(started)


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    shared_stage.reset()
    return shared_stage
