"""One person's calls and one address's pages are held back past their limit; others, webhooks and health never are."""

from collections.abc import Iterator

import pytest
from stage import Stage

from server.demo.running import running

CALLS, PAGES = 5, 4


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    more = {"api_calls_per_minute": CALLS, "page_calls_per_minute": PAGES}
    with running(folder=tmp_path_factory.mktemp("product"), **more) as product:
        yield Stage(product)


def test_a_person_past_the_limit_is_told_when_to_come_back_and_others_are_not_held(stage: Stage) -> None:
    for _ in range(CALLS):
        assert stage.api("GET", "/api/v1/meetings").status_code == 200
    held = stage.api("GET", "/api/v1/options", headers={"Accept-Language": "fr"})
    assert held.status_code == 429
    assert held.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(held.headers["Retry-After"]) <= 60
    assert held.json()["reason"] == "too-many-requests"
    assert held.json()["detail"].startswith("Trop de demandes")
    another = stage.token("delegate@contoso.example")
    assert stage.api("GET", "/api/v1/meetings", token=another).status_code == 200


def test_nobody_without_a_sign_in_uses_up_somebodys_calls(stage: Stage) -> None:
    statuses = {stage.api("GET", "/api/v1/meetings", token="nonsense").status_code for _ in range(CALLS + 2)}
    assert statuses == {401}


def test_pages_are_limited_by_address_but_webhooks_health_and_the_pane_are_not(stage: Stage) -> None:
    answers = [stage.api("GET", "/numbers", token="").status_code for _ in range(PAGES + 1)]
    assert answers == [200] * PAGES + [429]
    for method, path in (("POST", "/hooks/graph"), ("GET", "/healthz"), ("GET", "/taskpane/taskpane.html")):
        assert 429 not in {stage.api(method, path, token="").status_code for _ in range(3 * PAGES)}
