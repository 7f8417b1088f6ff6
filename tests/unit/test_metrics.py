"""The figures: every one is documented, none is documented that is not there, and a piece of work is counted whole."""

import re
from pathlib import Path

from addin import tally
from addin.errors import Missing, Refused, Unavailable
from addin.tally import Source, counting, failures_of
from server.ops.metrics import Metrics

PAGE = Path(__file__).parents[2] / "docs" / "following.md"


def failed(error: Exception) -> None:
    try:
        with failures_of("clickmeeting"):
            raise error
    except (Missing, Refused, Unavailable):
        pass


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"clickmeeting_addin_{name}", labels) or 0


def test_the_page_names_every_figure_and_no_other() -> None:
    table = PAGE.read_text("utf-8").split("**Figures**")[1]
    named = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    there = set()
    for family in Metrics().registry.collect():
        name = family.name.removeprefix("clickmeeting_addin_")
        there.add(f"{name}_total" if family.type == "counter" else name)
    assert named == there


def test_the_page_names_every_source() -> None:
    text = PAGE.read_text("utf-8")
    assert [source for source in Source if f"| `{source}` |" not in text] == []


def test_calls_failures_and_mails_of_a_piece_of_work_are_added_once() -> None:
    metrics = Metrics()
    with counting(Source.CLOCK) as counted:
        tally.called("graph")
        tally.called("graph")
        tally.mailed("uncertain")
        for error in (Unavailable("away"), Refused("no"), Missing("not there: an answer, no failure")):
            failed(error)
    metrics.add(counted)
    assert value(metrics, "upstream_calls_total", service="graph") == 2
    assert value(metrics, "upstream_failures_total", service="clickmeeting", branch="retryable") == 1
    assert value(metrics, "upstream_failures_total", service="clickmeeting", branch="permanent") == 1
    assert value(metrics, "mails_total", outcome="uncertain") == 1


def test_what_was_asked_for_another_event_is_not_told_of_this_one() -> None:
    with counting(Source.ROUND):
        tally.called("graph")
        tally.begin(Source.NOTIFICATION)
        tally.called("graph")
        tally.called("clickmeeting")
        taken = tally.take()
        assert (taken.source, taken.graph, taken.clickmeeting) == ("notification", 1, 1)
        assert tally.take() == tally.Taken("notification")
    tally.called("graph")
    assert tally.take() == tally.Taken(), "where nothing is counted nothing is told"
