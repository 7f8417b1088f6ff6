"""The promise of `tests/integration/test_faults_survived.py` over many and longer stories; `make soak` only."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from storm_machine import Surviving


class LongStories(Surviving):
    """The same rules and laws."""


TestFaultsSurvivedLong = pytest.mark.soak(LongStories.TestCase)
TestFaultsSurvivedLong.settings = settings(
    max_examples=1500,
    stateful_step_count=50,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
