"""After `rotate-keys` the old key can go: everything is readable and found by the newest one alone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from addin.model import Meeting
from server.auth.delegated import _context
from server.store import Seal, SqlStore, new_key, upgrade
from server.store.accounts import Account, Scope
from server.store.audit import Act
from server.store.caches import sealed_for
from server.store.policies import KeptLayer
from server.store.resealing import reseal
from server.store.seal import Unreadable
from server.store.subscriptions import Subscription
from server.store.switches import Stop


def test_everything_is_sealed_anew_and_the_old_key_can_go(database_url: str, meeting: Meeting, clock) -> None:
    old_key, new = new_key("1"), new_key("2")
    old = Seal.from_setting(old_key)
    store = SqlStore(database_url, old, clock)
    saved = store.save(store.add(meeting), note="Scheduled.")
    subscription = Subscription("s", "tenant-1", "user-1", "proof", "me/events", clock() + timedelta(days=1))
    store.subscriptions.keep(subscription)
    store.mailboxes.round_done("tenant-1", "user-1", at=clock(), delta_link="link")
    store.caches.save("tenant-1", "user-1", old.seal(b"cache", sealed_for("tenant-1", "user-1")))
    layer = store.policies.save("tenant-1", KeptLayer("tenant", 0, {"grace_minutes": 5}), Act("tenant-1", "a", "saved"))
    store.accounts.add(
        "tenant-1", Account("a", "A", Scope.TENANT, "", "", "a secret key"), Act("tenant-1", "a", "added")
    )
    store.switches.stop("tenant-1", "Administrator", Act("tenant-1", "a", "stopped"))
    store.close()

    both = Seal.from_setting(f"{new},{old_key}")
    done = {"meetings": 1, "history": 1, "subscriptions": 1, "mailboxes": 1, "policy_versions": 1}
    done |= {"token_caches": 1, "accounts": 1, "tenants": 1, "audit_heads": 1}
    assert reseal(database_url, both) == done
    assert reseal(database_url, both) == dict.fromkeys(done, 0), "a second run must find nothing to do"

    newest = Seal.from_setting(new)
    store = SqlStore(database_url, newest, clock)
    assert store.find(tenant_id="tenant-1", event_id="event-1", key="secret-key") == (saved,)
    assert [note.text for note in store.history(saved.id)] == ["Scheduled."]
    assert store.subscriptions.known(["s"]) == {"s": subscription}
    known = store.mailboxes.get("tenant-1", "user-1")
    assert known is not None
    assert known.delta_link == "link"
    assert store.policies.present("tenant-1") == (layer,)
    assert store.accounts.get("tenant-1", "a").key == "a secret key"
    assert store.switches.stopped("tenant-1") == Stop(clock(), "Administrator")
    assert newest.open(store.caches.load("tenant-1", "user-1") or b"", sealed_for("tenant-1", "user-1")) == b"cache"
    store.close()


def test_a_missing_key_is_told_and_nothing_is_changed(database_url: str, meeting: Meeting, seal: Seal, clock) -> None:
    store = SqlStore(database_url, seal, clock)
    store.add(meeting)
    with pytest.raises(Unreadable, match="encryption_keys"):
        reseal(database_url, Seal.from_setting(new_key("2")))
    assert store.meeting(meeting.id) == meeting
    store.close()


def test_the_sign_in_seals_caches_for_what_rotation_expects() -> None:
    assert _context(("tenant-1", "user-1")) == sealed_for("tenant-1", "user-1")


def test_more_rows_than_a_batch_are_all_sealed_anew(tmp_path: Path, meeting: Meeting, clock) -> None:
    url = f"sqlite:///{tmp_path}/many.db"
    upgrade(url)
    old, new = new_key("1"), new_key("2")
    store = SqlStore(url, Seal.from_setting(old), clock)
    for number in range(210):
        store.add(replace(meeting, id=f"m{number:03}"))
    store.close()
    assert reseal(url, Seal.from_setting(f"{new},{old}"))["meetings"] == 210
    store = SqlStore(url, Seal.from_setting(new), clock)
    assert len(store.find(tenant_id="tenant-1")) == 210
    store.close()
