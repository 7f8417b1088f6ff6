"""The OpenAPI document against the running API: what it promises is so, whatever a machine thinks of sending."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from stage import Stage, a_wish

from server.api.reference import page
from server.demo.running import running

_HELD = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "ignored_auth", "unsupported_method",
)  # fmt: skip


@pytest.fixture(scope="module")
def quick_stage() -> Iterator[Stage]:
    """Calls come faster than any person's, so the limit on them is out of the way."""
    with running(api_calls_per_minute=1_000_000, log_level="ERROR") as started:
        yield Stage(started)


def test_every_operation_answers_as_documented(quick_stage: Stage) -> None:
    document = quick_stage.api("GET", "/api/v1/openapi.json", token="").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=quick_stage.running.description["server"]["url"])
    load_all_checks()
    held = [check for check in CHECKS.get_all() if check.__name__ in _HELD]
    assert len(held) == len(_HELD)
    seen: Counter[tuple[str, int]] = Counter()
    for found in schema.get_all_operations():
        _try(found.ok(), quick_stage, held, seen)
    labels = {label for label, _ in seen}
    reached = {label for label, status in seen if status < 300}
    assert labels - reached == set(), "each operation was also asked for something that it does"


def _try(operation: Any, stage: Stage, held: list[Any], seen: Counter[tuple[str, int]]) -> None:
    token = stage.token()
    meeting_id = stage.schedule(a_wish()).json()["id"]

    @hypothesis.settings(max_examples=12, deadline=None, derandomize=True, database=None)
    @hypothesis.given(case=operation.as_strategy(), plausible=hypothesis.strategies.sampled_from([True, True, False]))
    @hypothesis.seed(1)
    def answers(case: Any, plausible: bool) -> None:
        if plausible:
            _sharpen(case, meeting_id)
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        seen[operation.label, answer.status_code] += 1
        case.validate_response(answer, checks=held)

    answers()


def _sharpen(case: Any, meeting_id: str) -> None:
    """What no machine guesses: a meeting that exists, a zone, times that lie ahead, the pane's key."""
    if "meeting_id" in (case.path_parameters or {}):
        case.path_parameters["meeting_id"] = meeting_id
    if isinstance(case.body, dict):
        wish = a_wish()
        if "op" in case.body:
            case.body["body"] = "<p>Words</p>"
        if "role" in case.body:
            case.body["role"] = "host"
        for name in ("start", "end", "time_zone"):
            if name in case.body:
                case.body[name] = wish[name]
        if "title" in case.body:
            case.body |= {"title": "Review", "recurrence": None, "language": "en", "participants": []}


def test_the_reference_in_the_docs_is_that_of_the_document(quick_stage: Stage) -> None:
    served = quick_stage.api("GET", "/api/v1/openapi.json", token="").json()
    written = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    assert page(served) == written, "run `python -m server.api.reference`"
