"""What following costs, call by call as the services see it, and what history and figures tell of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from following_verbs import followed, graph_of, later, room_name
from stage import ORGANISER, Stage

from server.demo.running import running

PARIS = {"address": "paris@contoso.example", "name": "Colleague in Paris"}
WARSAW = {"address": "warsaw@contoso.example", "name": "Colleague in Warsaw"}
DAILY = {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "numbered", "numberOfOccurrences": 3}}


class Counted(Stage):
    """A stage whose every exchange stands in a file. Ours at Graph go by `/users/`, the person's by `/me/`."""

    file: Path

    def mark(self) -> int:
        return self.file.stat().st_size

    def ours(self, since: int) -> list[str]:
        """`graph GET`, `clickmeeting PUT` and so on, in order, about events and rooms."""
        with self.file.open(encoding="utf-8") as lines:
            lines.seek(since)
            found = [json.loads(line) for line in lines.read().splitlines()]
        return [
            f"{line['service']} {line['method']}"
            for line in found
            if (line["service"] == "graph" and "/users/" in line["path"] and "/events/" in line["path"])
            or (line["service"] == "clickmeeting" and "/conferences" in line["path"])
        ]


@pytest.fixture(scope="module")
def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    file = tmp_path_factory.mktemp("counted") / "capture.jsonl"
    with running(capture=file, clickmeeting_timeout_s=1.5, sweep_seconds=0.2, log_level="ERROR") as started:
        counted = Counted(started)
        counted.file = file
        yield counted


@pytest.fixture
def stage(shared_stage: Counted) -> Iterator[Counted]:
    shared_stage.reset()
    yield shared_stage
    shared_stage.faults()


def ready(stage: Counted, **wish: Any) -> tuple[dict[str, Any], dict[str, Any], int]:
    """A followed meeting at rest."""
    meeting, event = followed(stage, **{"participants": [PARIS], **wish})
    stage.settled()
    return meeting, event, stage.mark()


def lines(stage: Stage, meeting: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.organiser().meeting(meeting["id"])["history"]
    return found


def line(stage: Stage, meeting: dict[str, Any], words: str) -> dict[str, Any]:
    return next(one for one in lines(stage, meeting) if words in one["text"])


def figure(stage: Stage, name: str) -> float:
    for text in stage.api("GET", "/metrics").text.splitlines():
        if text.startswith(f"clickmeeting_addin_{name} "):
            return float(text.split()[-1])
    return 0


def test_a_rename_is_one_read_and_one_edit_and_the_history_says_so(stage: Counted) -> None:
    meeting, event, before = ready(stage)
    stage.organiser().change(event["id"], {"subject": "Budget"})
    stage.outside.until("renamed", lambda: room_name(stage, meeting) == "Budget")
    stage.settled()
    ours = stage.ours(before)
    assert ours.count("clickmeeting PUT") == 1
    assert "graph PATCH" not in ours
    assert ours.count("graph GET") <= 2, ours
    told = line(stage, meeting, "renamed")
    assert (told["source"], told["calls"]) == ("notification", {"graph": 1, "clickmeeting": 1})
    scheduled = line(stage, meeting, "Scheduled")
    assert scheduled["source"] == "pane"
    assert scheduled["calls"]["clickmeeting"] >= 1


def test_becoming_a_series_is_one_write_of_the_text_and_our_echo_none(stage: Counted) -> None:
    meeting, event, before = ready(stage)
    organiser = stage.organiser()
    mails = len(stage.mails(PARIS["address"]))
    first = event["start"]["dateTime"][:10]
    organiser.change(event["id"], {"recurrence": DAILY | {"range": DAILY["range"] | {"startDate": first}}})
    link = stage.outside.until("another room", lambda: new_link(stage, meeting))
    stage.settled()
    ours = stage.ours(before)
    assert ours.count("graph PATCH") == 1, ours
    assert ours.count("clickmeeting POST") == 1
    assert link in organiser.graph("GET", f"/me/events/{event['id']}")["body"]["content"]
    assert len(stage.mails(PARIS["address"])) == mails + 2, "the organiser's change and ours"


def new_link(stage: Stage, meeting: dict[str, Any]) -> str | None:
    link = str(stage.organiser().meeting(meeting["id"])["join_url"])
    return link if link != meeting["join_url"] else None


def test_a_burst_on_one_series_is_a_handful_of_reads_and_no_write(stage: Counted) -> None:
    meeting, event, _ = ready(stage)
    organiser = stage.organiser()
    first = event["start"]["dateTime"][:10]
    series = DAILY["range"] | {"startDate": first, "numberOfOccurrences": 8}
    organiser.change(event["id"], {"recurrence": DAILY | {"range": series}})
    stage.outside.until("another room", lambda: new_link(stage, meeting))
    stage.settled()
    before = stage.mark()
    for date in organiser.dates(event["id"], datetime.fromisoformat(event["start"]["dateTime"][:19]))[:5]:
        organiser.change(date["id"], later(date, 1))
    stage.outside.until("all are told", lambda: sum("moved to" in one["text"] for one in lines(stage, meeting)) == 5)
    stage.settled()
    ours = stage.ours(before)
    assert set(ours) == {"graph GET"}, "a permanent room needs no edit, the text no date"


def test_nothing_changed_is_no_call_and_no_line(stage: Counted) -> None:
    meeting, event, before = ready(stage)
    history = lines(stage, meeting)
    stage.organiser().change(event["id"], {"reminderMinutesBeforeStart": 30})
    assert graph_of(stage).idle(10)
    stage.settled()
    assert set(stage.ours(before)) <= {"graph GET"}
    assert lines(stage, meeting) == history


def test_a_412_costs_one_more_read_and_one_more_write(stage: Counted) -> None:
    meeting, event, before = ready(stage)
    stage.faults(
        {"service": "graph", "method": "PATCH", "path": r"/users/.*/events/", "status": 412, "times": 1,
         "body": {"error": {"code": "ErrorIrresolvableConflict", "message": "stale"}}},
    )  # fmt: skip
    first = event["start"]["dateTime"][:10]
    change = {"recurrence": DAILY | {"range": DAILY["range"] | {"startDate": first}}}
    stage.organiser().change(event["id"], change)
    link = stage.outside.until("another room", lambda: new_link(stage, meeting))
    stage.settled()
    assert stage.ours(before).count("graph PATCH") == 2
    assert stage.ours(before).count("clickmeeting POST") == 1
    assert link in stage.organiser().graph("GET", f"/me/events/{event['id']}")["body"]["content"]


def test_tokens_of_a_lost_answer_are_used_not_made_again(stage: Counted) -> None:
    stage.faults(
        {"service": "clickmeeting", "method": "POST", "path": r"/tokens", "status": 504, "times": 1,
         "after_effect": True, "body": "<html>Gateway time-out</html>", "content_type": "text/html"},
    )  # fmt: skip
    meeting, _ = followed(stage, participants=[PARIS, WARSAW], access="token")
    organiser = stage.organiser()
    stage.outside.until(
        "everybody is told",
        lambda: all(one["delivery"] == "sent" for one in organiser.meeting(meeting["id"])["participants"]),
    )
    stage.settled()
    made = stage.outside.room(meeting["room"]["room_id"])["tokens"]
    assert len(made) == 2, "two people, two tokens, none over"
    told = [mail["text"] for person in (PARIS, WARSAW) for mail in stage.mails(person["address"], "mail")]
    assert all(sum(token["token"] in text for text in told) == 1 for token in made)


def test_what_needs_a_person_is_mailed_once_listed_and_counted(stage: Counted) -> None:
    meeting, event, _ = ready(stage)
    organiser = stage.organiser()
    before = figure(stage, "meetings_needing_a_person")
    yesterday = datetime.now(UTC).replace(microsecond=0, tzinfo=None) - timedelta(days=1)
    organiser.change(event["id"], {
        "start": {"dateTime": yesterday.isoformat(), "timeZone": "UTC"},
        "end": {"dateTime": (yesterday + timedelta(hours=1)).isoformat(), "timeZone": "UTC"},
    })  # fmt: skip
    stage.outside.until("the organiser is told", lambda: stage.mails(ORGANISER, "mail"))
    organiser.change(event["id"], {"subject": "Still in the past"})
    stage.outside.until("renamed", lambda: room_name(stage, meeting) == "Still in the past")
    stage.settled()
    [mail] = stage.mails(ORGANISER, "mail")
    assert "moved into the past" in mail["text"]
    listed = stage.api("GET", "/api/v1/meetings?attention=true").json()["meetings"]
    assert [one["id"] for one in listed] == [meeting["id"]]
    assert meeting["id"] not in [
        one["id"] for one in stage.api("GET", "/api/v1/meetings?attention=false").json()["meetings"]
    ]
    assert figure(stage, "meetings_needing_a_person") == before + 1
    assert figure(stage, 'mails_total{outcome="sent"}') >= 1


def test_lag_calls_and_failures_are_figures(stage: Counted) -> None:
    meeting, event, _ = ready(stage)
    stage.faults(
        {
            "service": "clickmeeting",
            "method": "PUT",
            "path": r"/conferences/",
            "status": 503,
            "times": 1,
            "body": "busy",
        },
    )
    heard = 'change_lag_seconds_count{heard="notification"}'
    before = {name: figure(stage, name) for name in (
        heard, 'upstream_failures_total{branch="retryable",service="clickmeeting"}',
        'upstream_calls_total{service="graph"}',
    )}  # fmt: skip
    stage.organiser().change(event["id"], {"subject": "After a failure"})
    stage.outside.until("renamed all the same", lambda: room_name(stage, meeting) == "After a failure")
    stage.settled()
    assert all(figure(stage, name) > value for name, value in before.items()), before
    assert figure(stage, "subscriptions_unanswered") == 0
    assert figure(stage, "failing") == 0
