"""Policy layers with their versions, remembered groups, and an audit log that shows every tampering."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import column, delete, insert, select, table, update

from addin.errors import Changed, InvalidInput
from addin.model import Mailbox
from addin.policy import Policy
from server.store import Seal, SqlStore, new_key, upgrade
from server.store.audit import Act, chained
from server.store.policies import KeptLayer
from server.store.resealing import reseal
from server.store.tables import audit, audit_heads
from server.tenancy import Tenants

ACT = Act("tenant-1", "admin-1", "policy.saved", "tenant")
PERSON = Mailbox("tenant-1", "user-1", "organiser@contoso.example")
OTHER = Mailbox("tenant-1", "user-2", "assistant@contoso.example")


def tenants(store: SqlStore) -> Tenants:
    return Tenants(Policy(), store.policies, lambda *_: None, lambda *_: ())  # type: ignore[arg-type,return-value]


def group(name: str, priority: int, **more: object) -> KeptLayer:
    return KeptLayer(name, 0, name=name, priority=priority, **more)  # type: ignore[arg-type]


def test_a_layer_keeps_every_version_with_who_and_why(store: SqlStore, clock) -> None:
    first = store.policies.save("tenant-1", KeptLayer("tenant", 0, {"grace_minutes": 5}, who="A", why="Tried"), ACT)
    clock.advance(hours=1)
    second = store.policies.save("tenant-1", KeptLayer("tenant", 1, {"grace_minutes": 6}, who="B", why="Better"), ACT)
    assert [(one.version, one.who, one.why, one.wishes) for one in store.policies.versions("tenant-1", "tenant")] == [
        (2, "B", "Better", {"grace_minutes": 6}),
        (1, "A", "Tried", {"grace_minutes": 5}),
    ]
    assert first.at is not None
    assert second.at == clock()
    assert store.policies.present("tenant-1") == (second,)
    assert store.policies.present("tenant-2") == ()


def test_of_two_saves_of_the_same_version_one_is_refused_and_changes_nothing(store: SqlStore) -> None:
    store.policies.save("tenant-1", KeptLayer("tenant", 0, {"grace_minutes": 5}), ACT)
    with pytest.raises(Changed):
        store.policies.save("tenant-1", KeptLayer("tenant", 0, {"grace_minutes": 6}), ACT)
    assert store.policies.present("tenant-1")[0].wishes == {"grace_minutes": 5}
    assert len(store.audit.page("tenant-1")) == 1
    assert store.policies.revision("tenant-1") == 1


def test_groups_lie_over_the_tenant_by_priority_and_a_removed_one_is_gone(store: SqlStore) -> None:
    mine = {"members": ("organiser@contoso.example", "user-2")}
    store.policies.save("tenant-1", KeptLayer("tenant", 0, {"grace_minutes": 1, "link_style": "own"}), ACT)
    store.policies.save("tenant-1", group("low", 9, wishes={"grace_minutes": 9}, **mine), ACT)
    high = store.policies.save("tenant-1", group("high", 1, wishes={"grace_minutes": 2}, **mine), ACT)
    found = tenants(store)
    for person in (PERSON, OTHER):
        assert found.policy(person).grace.total_seconds() == 120
        assert found.policy(person).link_style.value == "own"
    assert found.policy(Mailbox("tenant-1", "user-3")).grace.total_seconds() == 60
    assert found.policy(Mailbox("tenant-2", "user-1", PERSON.address)) == Policy()
    gone = KeptLayer("high", high.version, removed=True)
    assert found.with_layer(PERSON, gone).grace.total_seconds() == 540
    store.policies.save("tenant-1", gone, ACT)
    found.forget("tenant-1")
    assert found.policy(PERSON).grace.total_seconds() == 540


def test_the_groups_of_the_last_sign_in_decide_in_the_background(store: SqlStore) -> None:
    store.policies.save("tenant-1", group("g", 1, entra_group="guid-1", wishes={"grace_minutes": 2}), ACT)
    found = tenants(store)
    assert found.policy(PERSON).grace == Policy().grace
    found.seen(PERSON, frozenset({"guid-1"}))
    assert found.policy(PERSON).grace.total_seconds() == 120
    found.seen(PERSON, None)  # too many to be told: what was known stays
    assert found.policy(PERSON).grace.total_seconds() == 120
    found.seen(PERSON, frozenset())
    assert found.policy(PERSON).grace == Policy().grace


def test_another_process_holds_to_a_new_version_within_a_second(store: SqlStore) -> None:
    moment = [0.0]
    there = Tenants(
        Policy(), store.policies, lambda *_: None, lambda *_: (), monotonic=lambda: moment[0]  # type: ignore[arg-type,return-value]
    )  # fmt: skip
    assert there.policy(PERSON).grace == Policy().grace
    store.policies.save("tenant-1", KeptLayer("tenant", 0, {"grace_minutes": 5}), ACT)
    moment[0] = 1.0
    assert there.policy(PERSON).grace.total_seconds() == 300


def test_a_tenant_layer_that_would_contradict_a_group_names_the_group(store: SqlStore) -> None:
    store.policies.save("tenant-1", group("Sales", 1, wishes={"default_access": "token"}), ACT)
    with pytest.raises(InvalidInput, match=r"group Sales would contradict.*token is not allowed") as caught:
        tenants(store).check("tenant-1", KeptLayer("tenant", 0, {"access_types": ["open"]}))
    assert caught.value.field == "default_access"


def test_a_part_that_no_version_understands_any_more_is_left_out(store: SqlStore) -> None:
    store.policies.save("tenant-1", KeptLayer("tenant", 0, {"grace_minutes": 5, "of_the_future": 1}), ACT)
    assert tenants(store).policy(PERSON).grace.total_seconds() == 300


def test_the_lines_of_every_template_ever_saved_stay_known(store: SqlStore) -> None:
    for version, words in enumerate(("First words", "Second words")):
        template = {"languages": {"en": {"footer": words}}}
        store.policies.save("tenant-1", KeptLayer("tenant", version, {"template": template}), ACT)
    policy = tenants(store).policy(PERSON)
    assert policy.branding.lines_after("en") == ("Second words",)
    assert set(policy.known_lines) == {"First words", "Second words"}


def test_the_audit_log_is_one_chain_a_tenant_however_many_write_at_once(store: SqlStore) -> None:
    acts = [Act(f"tenant-{number % 2}", "admin", "tried", str(number)) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.audit.append, acts))
    for tenant in ("tenant-0", "tenant-1"):
        verdict = store.audit.verify(tenant)
        assert (verdict.entries, verdict.broken_at) == (20, None)
        assert verdict.last == store.audit.page(tenant, limit=1)[0].digest
        assert {int(entry.subject) % 2 for entry in store.audit.all(tenant)} == {int(tenant[-1])}


@pytest.mark.parametrize("tampering", ["changed", "removed", "cut", "rewritten"])
def test_whatever_is_tampered_with_breaks_the_chain_there(store: SqlStore, tampering: str) -> None:
    for number in range(1, 6):
        store.audit.append(Act("tenant-1", "admin", "tried", f"number {number}"))
    entries = list(store.audit.all("tenant-1"))
    third = (audit.c.tenant_id == "tenant-1", audit.c.number == (5 if tampering == "cut" else 3))
    if tampering == "changed":
        store.database.execute(update(audit).where(*third).values(entry=entries[2].text.replace("tried", "lied")))
    elif tampering == "rewritten":
        store.database.execute(update(audit).where(*third).values(entry="{", digest="0" * 64))
    else:
        store.database.execute(delete(audit).where(*third))
    broken = store.audit.verify("tenant-1").broken_at
    assert broken == {"changed": 3, "removed": 4, "cut": 5, "rewritten": 3}[tampering]


def _cut(store: SqlStore, way: str) -> None:
    """What somebody does who writes to the database, and does not know the keys."""
    newest = store.audit.page("tenant-1", limit=3)[-1]
    if way != "head gone":
        behind = (audit.c.tenant_id == "tenant-1", audit.c.number > (0 if way == "entries gone" else newest.number))
        store.database.execute(delete(audit).where(*behind))
    if way in ("head gone", "end and head gone"):
        store.database.execute(delete(audit_heads))
    if way == "end cut and head made anew":
        store.database.execute(update(audit_heads).values(number=newest.number, digest=newest.digest))
    if way == "mark gone":
        store.database.execute(update(audit_heads).values(number=newest.number, digest=newest.digest, mark=None))


@pytest.mark.parametrize("way", [
    "head gone", "end and head gone", "entries gone", "end cut", "end cut and head made anew", "mark gone",
])  # fmt: skip
def test_a_chain_that_was_cut_stays_broken_and_administrators_go_on(store: SqlStore, way: str) -> None:
    for number in range(1, 6):
        store.audit.append(Act("tenant-1", "admin", "tried", f"number {number}"))
    _cut(store, way)
    assert store.audit.verify("tenant-1").broken_at is not None
    for number in range(6, 10):  # past every number that there was
        store.audit.append(Act("tenant-1", "admin", "tried", f"number {number}"))
        assert store.audit.page("tenant-1", limit=1)[0].subject == f"number {number}"
        assert store.audit.verify("tenant-1").broken_at is not None


def test_a_chain_made_anew_as_a_whole_does_not_hold_without_the_keys(store: SqlStore) -> None:
    for number in range(1, 4):
        store.audit.append(Act("tenant-1", "admin", "tried", f"number {number}"))
    before = "0" * 64
    for entry in list(store.audit.all("tenant-1")):
        text = entry.text.replace("tried", "lied")
        before = chained(before, text)
        mine = (audit.c.tenant_id == "tenant-1", audit.c.number == entry.number)
        store.database.execute(update(audit).where(*mine).values(entry=text, digest=before))
    store.database.execute(update(audit_heads).values(digest=before))
    assert store.audit.verify("tenant-1").broken_at == 4


def test_the_mark_moves_to_a_newer_key_and_holds_without_the_old_one(database_url: str, clock) -> None:
    old, new = new_key("1"), new_key("2")
    store = SqlStore(database_url, Seal.from_setting(old), clock)
    store.audit.append(ACT)
    store.close()
    both = Seal.from_setting(f"{new},{old}")
    assert reseal(database_url, both)["audit_heads"] == 1
    assert reseal(database_url, both)["audit_heads"] == 0
    store = SqlStore(database_url, Seal.from_setting(new), clock)
    assert store.audit.verify("tenant-1").broken_at is None
    store.close()


def test_a_chain_of_the_version_before_is_marked_as_it_is_brought_forward(
    empty_database_url: str, seal: Seal, clock
) -> None:
    upgrade(empty_database_url, "0008")
    store = SqlStore(empty_database_url, seal, clock)
    text = "{}"
    digest = chained("0" * 64, text)
    with store.database.engine.begin() as connection:
        connection.execute(audit.insert(), [{"tenant_id": "tenant-1", "number": 1, "entry": text, "digest": digest}])
        head = {"tenant_id": "tenant-1", "number": 1, "digest": digest}
        connection.execute(insert(table("audit_heads", *map(column, head))), [head])
    upgrade(empty_database_url, seal=seal)
    assert store.audit.verify("tenant-1").broken_at is None
    store.audit.append(ACT)
    assert (store.audit.verify("tenant-1").entries, store.audit.verify("tenant-1").broken_at) == (2, None)
    with store.database.read() as connection:
        assert connection.execute(select(audit_heads.c.mark)).scalar_one().startswith("2:")
    store.close()


def test_what_the_version_before_appends_during_an_update_goes_on_the_chain(store: SqlStore) -> None:
    """It knows no mark and leaves it where it was; the next entry of this version takes both in."""
    store.audit.append(ACT)
    text = "{}"
    digest = chained(store.audit.verify("tenant-1").last, text)
    store.database.execute(audit.insert(), [{"tenant_id": "tenant-1", "number": 2, "entry": text, "digest": digest}])
    store.database.execute(update(audit_heads).values(number=2, digest=digest))
    assert store.audit.verify("tenant-1").broken_at is None
    store.audit.append(ACT)
    assert (store.audit.verify("tenant-1").entries, store.audit.verify("tenant-1").broken_at) == (3, None)
    store.database.execute(delete(audit).where(audit.c.number == 3))
    store.database.execute(update(audit_heads).values(number=2, digest=digest))
    assert store.audit.verify("tenant-1").broken_at == 3
