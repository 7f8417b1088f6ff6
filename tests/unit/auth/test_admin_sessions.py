"""Sessions of the console: they end by themselves, with their tenant, and for good when somebody signs out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from addin.errors import NotAllowed, NotSignedIn
from addin.model import Mailbox
from server.admin.signin import FLOW_LIFE, SESSION_LIFE, AdminSignIn
from server.auth.registration import SignInSettings
from server.store import Seal, SqlStore, new_key, upgrade

PERSON = Mailbox("tenant-1", "admin-1", "admin@contoso.example", "Administrator")
FLOW = {"state": "the-state", "auth_uri": "https://login.example/authorize"}


class Clock:
    now = datetime(2026, 11, 25, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[SqlStore]:
    url = f"sqlite:///{tmp_path}/store.db"
    upgrade(url)
    opened = SqlStore(url, Seal.from_setting(new_key("1")), clock)
    yield opened
    opened.close()


def sign_in(
    store: SqlStore, *, roles: tuple[str, ...] = ("Role",), tenants: tuple[str, ...] = ("tenant-1",)
) -> AdminSignIn:
    """With the sign-in service played by two answers; the real one is played by the sandbox."""
    caller = SimpleNamespace(mailbox=PERSON, roles=frozenset(roles))
    bearer: Any = SimpleNamespace(check=lambda header: caller)
    made = AdminSignIn(
        SignInSettings("client", secret="secret"), store.sign_ins, bearer, scope="api://x/y",
        return_url="https://addin.example/admin/sign-in/return", role="Role", tenants=frozenset(tenants),
    )  # fmt: skip
    made._application = lambda cache: SimpleNamespace(  # type: ignore[method-assign]
        initiate_auth_code_flow=lambda *_, **__: FLOW,
        acquire_token_by_auth_code_flow=lambda flow, answer: {"access_token": "token"},
    )
    return made


def session_of(made: AdminSignIn) -> str:
    return made.finish({"state": "the-state", "code": "c"}, made.begin().binding)


def test_a_session_ends_after_two_hours(store: SqlStore, clock: Clock) -> None:
    made = sign_in(store)
    session = session_of(made)
    found = made.admin(session)
    assert found is not None
    assert found.mailbox == PERSON
    clock.now += SESSION_LIFE - timedelta(seconds=1)
    assert made.admin(session) == found
    clock.now += timedelta(seconds=1)
    assert made.admin(session) is None


def test_a_session_ends_with_its_tenant_and_with_the_sign_out(store: SqlStore) -> None:
    made = sign_in(store)
    session = session_of(made)
    assert sign_in(store, tenants=("tenant-2",)).admin(session) is None
    made.end(session)
    assert made.admin(session) is None
    assert made.admin(None) is None
    assert made.admin("made up") is None


def test_without_the_role_there_is_no_session(store: SqlStore) -> None:
    with pytest.raises(NotAllowed, match="does not have the role Role"):
        session_of(sign_in(store, roles=("Other",)))


def test_a_sign_in_is_good_once_for_ten_minutes_in_its_own_browser(store: SqlStore, clock: Clock) -> None:
    made, answer = sign_in(store), {"state": "the-state", "code": "c"}
    for binding in (None, "another"):
        made.begin()
        with pytest.raises(NotSignedIn, match="another browser"):
            made.finish(answer, binding)
    begun = made.begin()
    clock.now += FLOW_LIFE
    with pytest.raises(NotSignedIn):
        made.finish(answer, begun.binding)
    begun = made.begin()
    with pytest.raises(NotSignedIn, match="broken off"):
        made.finish({"state": "the-state", "error": "access_denied"}, begun.binding)
    begun = made.begin()
    made.finish(answer, begun.binding)
    with pytest.raises(NotSignedIn):
        made.finish(answer, begun.binding)
