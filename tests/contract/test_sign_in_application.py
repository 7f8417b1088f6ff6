"""The add-in in its own name (app-only): tokens by msal from the Entra stand-in, mailboxes by the Graph stand-in."""

from typing import Any

import pytest

from addin.errors import AddinError, NotAllowed, Unavailable
from addin.graph import GraphConnection, GraphOffice, GraphSettings
from addin.model import Mailbox
from sandbox.desk import Desk
from sandbox.faults import Fault
from sandbox.people import ADDIN, CONTOSO, FABRIKAM
from server.auth import ApplicationTokens, SignInSettings

ORGANISER, PARIS = CONTOSO.users[0], CONTOSO.users[2]


@pytest.fixture
def tokens(desk: Desk) -> ApplicationTokens:
    return ApplicationTokens(
        SignInSettings(
            client_id=ADDIN.id,
            secret=ADDIN.secret,
            login_url=f"{desk.world.base}/entra",
            ca_file=str(desk.world.ca_file),
        )
    )


@pytest.fixture
def connection(desk: Desk) -> GraphConnection:
    return GraphConnection(
        GraphSettings(graph_url=f"{desk.world.base}/graph/v1.0", ca_file=str(desk.world.ca_file), attempts=1)
    )


def office(connection: GraphConnection, tokens: ApplicationTokens, user: Any, tenant: Any = CONTOSO) -> GraphOffice:
    mailbox = Mailbox(tenant.id, user.id, user.upn)
    return GraphOffice(connection, mailbox, tokens.source(mailbox))


def asked(desk: Desk) -> int:
    return desk.world.capture.counts.get("entra", 0)


def test_one_token_opens_every_mailbox_of_the_tenant_and_is_asked_for_once(
    desk: Desk, connection: GraphConnection, tokens: ApplicationTokens
) -> None:
    assert office(connection, tokens, ORGANISER).calendar.settings().zone == "Europe/Warsaw"
    before = asked(desk)
    assert office(connection, tokens, PARIS).calendar.settings().zone == "Europe/Paris"
    assert asked(desk) == before


def test_each_tenant_has_its_own_token(desk: Desk, connection: GraphConnection, tokens: ApplicationTokens) -> None:
    office(connection, tokens, ORGANISER).calendar.settings()
    there = office(connection, tokens, FABRIKAM.users[0], FABRIKAM)
    assert there.calendar.settings().zone == "America/Los_Angeles"
    assert tokens.token(CONTOSO.id) != tokens.token(FABRIKAM.id)


def test_a_mailbox_outside_the_tenants_scope_stays_closed(
    desk: Desk, connection: GraphConnection, tokens: ApplicationTokens
) -> None:
    desk.world.faults.set_switches({"graph.app_mailboxes": [PARIS.upn]})
    office(connection, tokens, PARIS).calendar.settings()
    with pytest.raises(NotAllowed):
        office(connection, tokens, ORGANISER).calendar.settings()


def test_a_renewed_token_takes_the_place_of_the_old_one(desk: Desk, tokens: ApplicationTokens) -> None:
    old = tokens.token(CONTOSO.id)
    new = tokens.token(CONTOSO.id, renew=True)
    assert new != old
    assert tokens.token(CONTOSO.id) == new


def test_a_renewal_that_fails_leaves_the_good_token(desk: Desk, tokens: ApplicationTokens) -> None:
    old = tokens.token(CONTOSO.id)
    desk.world.faults.add(Fault("entra", "POST", "/oauth2/v2.0/token", status=503))
    with pytest.raises(Unavailable):
        tokens.token(CONTOSO.id, renew=True)
    assert tokens.token(CONTOSO.id) == old


@pytest.mark.parametrize(
    ("settings", "tenant", "reason"),
    [
        ({"secret": "wrong"}, CONTOSO.id, "registration"),
        ({"secret": ADDIN.secret}, "00000000-1111-4222-8333-444444444444", "tenant"),
    ],
)
def test_what_the_administrator_must_mend_is_named(
    desk: Desk, settings: dict[str, Any], tenant: str, reason: str
) -> None:
    wrong = SignInSettings(
        client_id=ADDIN.id, login_url=f"{desk.world.base}/entra", ca_file=str(desk.world.ca_file), **settings
    )
    with pytest.raises(AddinError) as caught:
        ApplicationTokens(wrong).token(tenant)
    assert isinstance(caught.value, NotAllowed)
    assert caught.value.reason == reason
