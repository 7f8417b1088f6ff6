"""The promise of following, in one test.

Users edit from three clients, notifications are lost (30 %), doubled (30 %) and shuffled; ClickMeeting and Graph fail
before and after the effect; the process dies between any two effects; clocks jump. Then: no orphan room, no double
room, no invitation without a live room, no participant mailed twice for one change, mails lost without a word 0,
"uncertain" at most the interrupted sends, every change converged after one sweep (`storm.Laws`).

`make soak` plays many times as many, and longer ones.
"""

from hypothesis import HealthCheck, Phase, settings
from storm_machine import Surviving

TestFaultsSurvived = Surviving.TestCase
TestFaultsSurvived.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    report_multiple_bugs=False,
    derandomize=True,  # the same stories in every run; `make soak` draws new ones
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
