"""Two tenants at one server: whatever the one calls with the other's ids and keys, it learns and changes nothing."""

import re
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stage import Stage, a_wish

STRANGERS = ("organiser@fabrikam.example", "warsaw@contoso.example")
MARK = "Only-for-Contoso"


@pytest.fixture(scope="module")
def operations(shared_stage: Stage) -> list[tuple[str, str]]:
    """Every documented call, as (method, path)."""
    document = shared_stage.api("GET", "/api/v1/openapi.json", token="").json()
    return [
        (method.upper(), path) for path, item in document["paths"].items() for method in item if method != "parameters"
    ]


def body_for(method: str, path: str, wish: dict[str, Any]) -> dict[str, Any] | None:
    if method in ("GET", "DELETE"):
        return None
    if path.endswith("/body"):
        return {"op": "put", "body": "<p>Theirs</p>"}
    if path.endswith("/entry"):
        return {"role": "host"}
    if path.endswith("/invitations"):
        return {"addresses": None}
    return wish


def test_another_tenant_and_a_colleague_learn_and_change_nothing(
    stage: Stage, operations: list[tuple[str, str]]
) -> None:
    key = uuid.uuid4().hex
    people = [{"address": "paris@contoso.example", "name": MARK}]
    wish = a_wish(title=f"{MARK} review", access="password", password=f"{MARK}-pass", participants=people)
    made = stage.schedule(wish, key=key).json()
    mine = f"/api/v1/meetings/{made['id']}"
    before = stage.api("GET", mine).json()
    secrets = [
        MARK,
        made["join_url"].rsplit("/", 1)[-1],
        made["pane_properties"]["clickmeeting"],
        str(made["room"]["room_id"]),
    ]
    paths = {path for _, path in operations}
    assert {"/api/v1/meetings", "/api/v1/meetings/{meeting_id}", "/api/v1/options"} <= paths

    @settings(
        max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        call=st.sampled_from(operations), who=st.sampled_from(STRANGERS), same_key=st.booleans(),
        kind=st.sampled_from(["meeting", "webinar"]), title=st.text("abcXYZ", min_size=1, max_size=8),
    )  # fmt: skip
    def apart(call: tuple[str, str], who: str, same_key: bool, kind: str, title: str) -> None:
        method, template = call
        path = template.replace("{meeting_id}", made["id"])
        assert "{" not in path, f"this test knows no value for {template}"
        answer = stage.api(
            method, path, token=stage.token(who), json=body_for(method, template, a_wish(title=title, kind=kind)),
            headers={"Idempotency-Key": key if same_key else uuid.uuid4().hex},
        )  # fmt: skip
        assert answer.status_code < 500, answer.text
        if "{meeting_id}" in template:
            assert answer.status_code == 404, f"{call} as {who}: {answer.text}"
        for secret in secrets:
            assert secret not in answer.text, f"{call} told {secret} to {who}"

    apart()
    after = stage.api("GET", mine).json()
    assert after | {"following": before["following"]} == before, "how it is heard of is for the server to say"


def test_every_call_of_the_api_wants_a_sign_in(stage: Stage, operations: list[tuple[str, str]]) -> None:
    for method, template in operations:
        path = re.sub(r"\{\w+\}", uuid.uuid4().hex, template)
        assert stage.api(method, path, token="", json={}).status_code == 401, f"{method} {path}"
