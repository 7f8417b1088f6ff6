"""A policy holds where meetings are made: shown to the pane, enforced in scheduling, followed in the background."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from stage import ORGANISER, Stage, a_wish, an_event, user_id

from server.store import Seal, SqlStore
from server.store.audit import Act
from server.store.policies import KeptLayer

SALES = "7b5f0000-1111-4222-8333-444455556666"
REASON = "Guests come in by password only."


@pytest.fixture
def store(stage: Stage) -> Iterator[SqlStore]:
    """The product's database from outside, as another process of it would have it."""
    settings = stage.running.settings
    store = SqlStore(
        settings.database_url,
        Seal.from_setting(settings.encryption_keys.get_secret_value()),
        stage.running.desk.world.clock.now,
    )
    usual = options(stage)
    yield store
    tenant = tenant_of(stage)
    for layer in store.policies.present(tenant):
        keep(store, stage, KeptLayer(layer.id, layer.version, removed=True))
    stage.outside.until("no policy holds", lambda: options(stage) == usual)
    store.close()


def tenant_of(stage: Stage) -> str:
    return str(stage.running.description["tenants"][0]["id"])


def keep(store: SqlStore, stage: Stage, layer: KeptLayer) -> None:
    tenant = tenant_of(stage)
    version = max((one.version for one in store.policies.versions(tenant, layer.id)), default=0)
    store.policies.save(tenant, replace(layer, version=version), Act(tenant, "admin", "policy.saved", layer.id))


def options(stage: Stage, **claims: Any) -> dict[str, Any]:
    answer: dict[str, Any] = stage.api("GET", "/api/v1/options", token=stage.token(claims=claims)).json()
    return answer


def test_a_lock_is_told_with_its_reason_and_enforced(stage: Stage, store: SqlStore) -> None:
    layer = {"default_access": "password", "locks": {"access": REASON}, "dial_in_allowed": False, "kinds": ["meeting"]}
    keep(store, stage, KeptLayer("tenant", 0, layer))
    stage.outside.until("the policy holds", lambda: "access" in options(stage)["locks"])
    told = options(stage)
    assert told["locks"]["access"] == REASON
    assert "does not offer dial-in" in told["locks"]["dial_in"]
    assert told["kinds"] == ["meeting"]
    assert told["defaults"]["access"] == "password"

    for wish, field, reason in (
        (a_wish(access="open"), "access", "locked"),
        (a_wish(access="password", kind="webinar"), "kind", "not-offered"),
        (a_wish(access="password", dial_in={"enabled": True}), "dial_in", "not-offered"),
    ):
        refused = stage.schedule(wish)
        assert refused.status_code == 422
        assert (refused.json()["field"], refused.json()["reason"]) == (field, reason)
        previewed = stage.api("POST", "/api/v1/invitation/preview", json=wish)
        assert (previewed.status_code, previewed.json()["field"]) == (422, field)
    assert REASON in stage.schedule(a_wish(access="open")).json()["detail"]
    assert stage.rooms() == []

    made = stage.schedule(a_wish())  # what is not named is chosen by the policy
    assert made.status_code == 201
    assert made.json()["access"] == "password"
    assert made.json()["password"]
    unlocked = stage.api("PATCH", f"/api/v1/meetings/{made.json()['id']}", json={"access": "open"})
    assert (unlocked.status_code, unlocked.json()["field"]) == (422, "access")
    assert stage.api("PATCH", f"/api/v1/meetings/{made.json()['id']}", json={"title": "Renamed"}).status_code == 200


def test_what_a_policy_forbids_later_stays_as_it_was(stage: Stage, store: SqlStore) -> None:
    made = stage.schedule(a_wish(access="open")).json()
    keep(store, stage, KeptLayer("tenant", 0, {"access_types": ["token"], "default_access": "token"}))
    stage.outside.until("the policy holds", lambda: options(stage)["access_types"] == ["token"])
    renamed = stage.api("PATCH", f"/api/v1/meetings/{made['id']}", json={"title": "Renamed"})
    assert renamed.status_code == 200
    changed = stage.api("PATCH", f"/api/v1/meetings/{made['id']}", json={"access": "password"})
    assert (changed.status_code, changed.json()["field"]) == (422, "access")


def test_a_group_of_the_sign_in_has_its_own_policy(stage: Stage, store: SqlStore) -> None:
    sales = KeptLayer("sales", 0, {"default_kind": "webinar"}, name="Sales", priority=1, entra_group=SALES)
    keep(store, stage, sales)
    stage.outside.until(
        "the group's policy holds", lambda: options(stage, groups=[SALES])["defaults"]["kind"] == "webinar"
    )
    assert options(stage, groups=None, _claim_names={"groups": "src1"})["defaults"]["kind"] == "webinar"
    other = stage.api("GET", "/api/v1/options", token=stage.token("paris@contoso.example"))
    assert other.json()["defaults"]["kind"] == "meeting"
    assert options(stage, groups=[])["defaults"]["kind"] == "meeting"


def test_own_links_and_templates_of_a_listed_person(stage: Stage, store: SqlStore) -> None:
    layer = {
        "link_style": "own",
        "grace_minutes": 0,
        "template": {"languages": {"en": {"footer": "Contoso, Warszawa"}}},
    }
    listed = KeptLayer("g", 0, layer, name="Listed", members=(user_id(ORGANISER),))
    keep(store, stage, listed)
    wish = a_wish()

    def shown() -> str:
        return str(stage.api("POST", "/api/v1/invitation/preview", json=wish).json()["text"])

    stage.outside.until("the template holds", lambda: "Contoso, Warszawa" in shown())
    made = stage.schedule(wish).json()
    assert made["join_url"] == f"{stage.base}/j/{made['id']}"
    assert made["join_url"] in made["invitation"]["text"]
    assert stage.api("GET", f"/j/{made['id']}", allow_redirects=False).headers["Location"] == made["room"]["url"]

    organiser = stage.organiser()
    organiser.send(made, an_event(wish), "<p>Our agenda</p>")
    stage.outside.until(
        "it is followed", lambda: stage.api("GET", f"/api/v1/meetings/{made['id']}").json()["state"] == "followed"
    )
