"""Signing in and acting for people, against the Entra stand-in over https: tokens in, tokens out, and every refusal."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet, InvalidToken

from addin.errors import AddinError, NotAllowed, NotSignedIn, Throttled, Unavailable
from addin.model import Mailbox
from sandbox.desk import Desk
from sandbox.faults import Fault
from sandbox.people import ADDIN, CONTOSO, FABRIKAM, FOREIGN, OFFICE
from server.auth import BearerCheck, BearerSettings, Caller, DelegatedTokens, SignInSettings

ORGANISER, PARIS = CONTOSO.users[0], CONTOSO.users[2]
MAILBOX = Mailbox(CONTOSO.id, ORGANISER.id)
TOKEN_PATH = "/oauth2/v2.0/token"


class Caches:
    """Sealed caches in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}
        self.saves = 0

    def load(self, tenant_id: str, user_id: str) -> bytes | None:
        return self.kept.get((tenant_id, user_id))

    def save(self, tenant_id: str, user_id: str, data: bytes) -> None:
        self.saves += 1
        self.kept[(tenant_id, user_id)] = data

    def delete(self, tenant_id: str, user_id: str) -> None:
        self.kept.pop((tenant_id, user_id), None)


class Sealed:
    """Encryption bound to its context, made of what is at hand."""

    def __init__(self) -> None:
        self._cipher = Fernet(Fernet.generate_key())

    def seal(self, data: bytes, context: str) -> bytes:
        return self._cipher.encrypt(context.encode() + b"\0" + data)

    def open(self, data: bytes, context: str) -> bytes:
        try:
            found, _, rest = self._cipher.decrypt(data).partition(b"\0")
        except InvalidToken as error:
            raise ValueError("not sealed with this key") from error
        if found.decode() != context:
            raise ValueError("sealed for something else")
        return rest


@pytest.fixture
def caches() -> Caches:
    return Caches()


@pytest.fixture
def sealed() -> Sealed:
    return Sealed()


@pytest.fixture
def make_tokens(desk: Desk, caches: Caches, sealed: Sealed) -> Callable[..., DelegatedTokens]:
    def make(**settings: Any) -> DelegatedTokens:
        settings = {
            "client_id": ADDIN.id,
            "secret": ADDIN.secret,
            "login_url": f"{desk.world.base}/entra",
            "ca_file": str(desk.world.ca_file),
            **settings,
        }
        return DelegatedTokens(SignInSettings(**settings), caches, sealed)

    return make


@pytest.fixture
def tokens(make_tokens: Callable[..., DelegatedTokens]) -> DelegatedTokens:
    return make_tokens()


@pytest.fixture
def check(desk: Desk) -> BearerCheck:
    settings = BearerSettings.at(
        f"{desk.world.base}/entra",
        client_id=ADDIN.id,
        tenants=frozenset({CONTOSO.id}),
        clients=frozenset({OFFICE.id}),
        ca_file=str(desk.world.ca_file),
    )
    return BearerCheck(settings, desk.world.clock.now)


def entra(desk: Desk) -> Any:
    return desk.world.services["entra"]


def assertion(desk: Desk, upn: str = ORGANISER.upn) -> str:
    found: str = entra(desk).issue_addin_token(upn)
    return found


def asked(desk: Desk) -> int:
    return desk.world.capture.counts.get("entra", 0)


def works(desk: Desk, token: str) -> bool:
    answer = requests.get(
        f"{desk.world.base}/graph/v1.0/me",
        headers={"Authorization": f"Bearer {token}"},
        verify=str(desk.world.ca_file),
        timeout=10,
    )
    return answer.status_code == 200 and answer.json()["id"] == ORGANISER.id


def test_the_token_that_office_gives_gets_in(desk: Desk, check: BearerCheck) -> None:
    caller = check.check("Bearer " + assertion(desk))
    assert caller.mailbox == Mailbox(CONTOSO.id, ORGANISER.id, ORGANISER.upn, ORGANISER.name)
    assert caller.client_id == OFFICE.id


@pytest.mark.parametrize(
    ("wrong", "kind", "reason"),
    [
        ({"audience": "https://graph.microsoft.com"}, NotSignedIn, "wrong-audience"),
        ({"lifetime_s": -120}, NotSignedIn, "expired"),
        ({"scopes": ("another",)}, NotAllowed, "scope"),
        ({"client": FOREIGN}, NotAllowed, "client"),
        ({"claims": {"ver": "1.0"}}, NotSignedIn, "wrong-issuer"),
    ],
)
def test_wrong_tokens_of_the_right_service_stay_out(
    desk: Desk, check: BearerCheck, wrong: dict[str, Any], kind: type[AddinError], reason: str
) -> None:
    with pytest.raises(kind) as caught:
        check.check("Bearer " + entra(desk).issue(ORGANISER.upn, **wrong))
    assert caught.value.reason == reason  # type: ignore[attr-defined]


def test_an_application_and_another_tenant_stay_out(desk: Desk, check: BearerCheck) -> None:
    with pytest.raises(NotAllowed) as caught:
        check.check("Bearer " + entra(desk).issue(None, roles=("Everything",)))
    assert caught.value.reason == "app-token"
    with pytest.raises(NotAllowed) as caught:
        check.check("Bearer " + assertion(desk, FABRIKAM.users[0].upn))
    assert caught.value.reason == "tenant"


def test_an_id_token_is_no_access_token(desk: Desk, check: BearerCheck) -> None:
    token = entra(desk).signer.id_token(CONTOSO, ORGANISER, ADDIN, None, 3600)
    with pytest.raises(NotSignedIn) as caught:
        check.check(f"Bearer {token}")
    assert caught.value.reason == "no-scope"


def test_the_sandboxs_clock_decides_over_expiry(desk: Desk, check: BearerCheck) -> None:
    token = "Bearer " + assertion(desk)
    desk.world.clock.advance(7200)
    with pytest.raises(NotSignedIn) as caught:
        check.check(token)
    assert caught.value.reason == "expired"
    check.check("Bearer " + assertion(desk))


def test_on_behalf_of_gives_a_token_that_graph_takes(
    desk: Desk, check: BearerCheck, tokens: DelegatedTokens, caches: Caches
) -> None:
    caller: Caller = check.check("Bearer " + assertion(desk))
    token = tokens.token(caller.mailbox, assertion=caller.token)
    assert works(desk, token)
    assert list(caches.kept) == [(CONTOSO.id, ORGANISER.id)]
    assert token.encode() not in caches.kept[(CONTOSO.id, ORGANISER.id)], "kept only sealed"


def test_the_second_call_is_answered_from_the_cache(desk: Desk, tokens: DelegatedTokens, caches: Caches) -> None:
    first = tokens.token(MAILBOX, assertion=assertion(desk))
    before, saves = asked(desk), caches.saves
    assert tokens.token(MAILBOX, assertion=assertion(desk)) == first
    assert asked(desk) == before, "nothing goes over the network"
    assert caches.saves == saves, "nothing is written"


def test_the_background_gets_fresh_tokens_without_anybody_there(
    desk: Desk, tokens: DelegatedTokens, make_tokens: Callable[..., DelegatedTokens]
) -> None:
    first = tokens.token(MAILBOX, assertion=assertion(desk))
    another_process = make_tokens()
    fresh = another_process.source(MAILBOX)(renew=True)
    assert fresh != first
    assert works(desk, fresh)


def test_where_nobody_ever_signed_in_the_background_says_so(tokens: DelegatedTokens, desk: Desk) -> None:
    with pytest.raises(NotSignedIn):
        tokens.token(MAILBOX)
    assert not [one for one in desk.world.capture.counts if one == "graph"]


def test_one_persons_cache_is_never_anothers(desk: Desk, tokens: DelegatedTokens, caches: Caches) -> None:
    tokens.token(MAILBOX, assertion=assertion(desk))
    caches.kept[(CONTOSO.id, PARIS.id)] = caches.kept[(CONTOSO.id, ORGANISER.id)]
    with pytest.raises(NotSignedIn):
        tokens.token(Mailbox(CONTOSO.id, PARIS.id))


def test_a_cache_that_cannot_be_opened_is_made_anew(desk: Desk, tokens: DelegatedTokens, caches: Caches) -> None:
    caches.kept[(CONTOSO.id, ORGANISER.id)] = b"sealed with a key that is gone"
    assert works(desk, tokens.token(MAILBOX, assertion=assertion(desk)))
    assert works(desk, tokens.token(MAILBOX))


def test_forgetting_a_person_leaves_nothing(desk: Desk, tokens: DelegatedTokens, caches: Caches) -> None:
    tokens.token(MAILBOX, assertion=assertion(desk))
    tokens.forget(MAILBOX)
    assert caches.kept == {}
    with pytest.raises(NotSignedIn):
        tokens.token(MAILBOX)


def test_missing_consent_is_told_apart(desk: Desk, tokens: DelegatedTokens) -> None:
    desk.world.faults.set_switches({"entra.consent_missing": True})
    token = assertion(desk)
    with pytest.raises(NotAllowed) as caught:
        tokens.token(MAILBOX, assertion=token)
    assert caught.value.reason == "consent"
    desk.world.faults.clear()
    assert works(desk, tokens.token(MAILBOX, assertion=token)), "as soon as somebody agreed, with the same sign-in"


def test_interaction_hands_the_claims_on(desk: Desk, tokens: DelegatedTokens) -> None:
    desk.world.faults.set_switches({"entra.interaction_required": True})
    with pytest.raises(NotSignedIn) as caught:
        tokens.token(MAILBOX, assertion=assertion(desk))
    assert caught.value.reason == "interaction"
    assert caught.value.claims is not None
    assert caught.value.claims.startswith("{"), "the JSON that the person's client signs in with"


def test_an_expired_assertion_asks_for_a_new_sign_in(desk: Desk, tokens: DelegatedTokens) -> None:
    old = entra(desk).issue(ORGANISER.upn, lifetime_s=-600)
    with pytest.raises(NotSignedIn) as caught:
        tokens.token(MAILBOX, assertion=old)
    assert caught.value.reason == "sign-in-again"


def test_revoked_sessions_end_the_background_until_the_person_is_back(desk: Desk, tokens: DelegatedTokens) -> None:
    tokens.token(MAILBOX, assertion=assertion(desk))
    entra(desk).grants.revoke(ORGANISER)
    with pytest.raises(NotSignedIn):
        tokens.token(MAILBOX, renew=True)
    assert works(desk, tokens.token(MAILBOX, assertion=assertion(desk), renew=True))


def test_a_wrong_secret_is_the_administrators_matter(desk: Desk, make_tokens: Callable[..., DelegatedTokens]) -> None:
    with pytest.raises(NotAllowed) as caught:
        make_tokens(secret="wrong").token(MAILBOX, assertion=assertion(desk))
    assert caught.value.reason == "registration"


def test_a_tenant_that_does_not_exist(make_tokens: Callable[..., DelegatedTokens], desk: Desk) -> None:
    stranger = Mailbox("00000000-1111-4222-8333-444444444444", ORGANISER.id)
    with pytest.raises(NotAllowed) as caught:
        make_tokens().token(stranger, assertion=assertion(desk))
    assert caught.value.reason == "tenant"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("entra", "POST", TOKEN_PATH, status=503, headers={"Retry-After": "3"}), Unavailable),
        (Fault("entra", "POST", TOKEN_PATH, status=429, headers={"Retry-After": "3"}), Throttled),
        (Fault("entra", "POST", TOKEN_PATH, status=200, body="<html>proxy</html>"), Unavailable),
        (Fault("entra", "POST", TOKEN_PATH, cut=True), Unavailable),
        (Fault("entra", "GET", "openid-configuration", status=500), Unavailable),
    ],
    ids=["503", "429", "html", "cut", "metadata"],
)
def test_an_outage_is_over_when_it_is_over(
    desk: Desk, tokens: DelegatedTokens, fault: Fault, kind: type[AddinError]
) -> None:
    token = assertion(desk)
    desk.world.faults.add(fault)
    with pytest.raises(kind) as caught:
        tokens.token(MAILBOX, assertion=token)
    if fault.headers:
        assert caught.value.after == 3  # type: ignore[attr-defined]
    assert works(desk, tokens.token(MAILBOX, assertion=token)), "no failure is remembered after its cause is gone"


def test_many_at_once_ask_entra_once(desk: Desk, tokens: DelegatedTokens) -> None:
    token = assertion(desk)
    found: list[str] = []
    tokens.token(MAILBOX, assertion=token)
    tokens.forget(MAILBOX)
    before = asked(desk)
    threads = [threading.Thread(target=lambda: found.append(tokens.token(MAILBOX, assertion=token))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 8
    assert len(set(found)) == 1
    assert asked(desk) - before == 1, "the others wait for the first one's answer"


def test_secrets_do_not_show_themselves(desk: Desk, tokens: DelegatedTokens) -> None:
    settings = SignInSettings(client_id=ADDIN.id, secret="s3cret", certificate_pem=("private-pem", "certificate"))
    assert "s3cret" not in repr(settings)
    assert "private-pem" not in repr(settings)
    assert settings.credential == {"private_key": "private-pem", "public_certificate": "certificate"}
    token = assertion(desk)
    assert token not in repr(tokens.source(MAILBOX, token))


def test_without_secret_or_certificate_nothing_starts(caches: Caches, sealed: Sealed) -> None:
    with pytest.raises(ValueError, match="certificate"):
        DelegatedTokens(SignInSettings(client_id=ADDIN.id), caches, sealed)


def test_a_token_that_ran_out_is_replaced_although_nobody_is_there(desk: Desk, tokens: DelegatedTokens) -> None:
    source = tokens.source(MAILBOX, assertion(desk))
    first = source()
    desk.world.clock.advance(29 * 3600)  # tokens live up to 28 hours where claims challenges are understood (7.3)
    assert not works(desk, first)
    assert works(desk, source(renew=True))
