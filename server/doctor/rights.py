"""Checks of what Microsoft lets us do: consents of people, rights in our own name and their reach; reads only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import jwt
from sqlalchemy import select

from addin.errors import Missing, NotAllowed, NotSignedIn
from addin.graph.door import GraphConnection, GraphDoor
from addin.graph.settings import GraphSettings
from addin.model import Mailbox
from server.auth import ApplicationTokens, DelegatedTokens
from server.doctor.findings import Finding, failed, passed, warned
from server.store.database import Database
from server.store.tables import token_caches

_SAMPLE = 3
_CONSENT = "Give admin consent by the link that `clickmeeting-addin init` wrote, then run doctor again."
_SCOPE = "Limit the add-in by RBAC for Applications, and take the same permission out of Entra: grants add up."


def people(database_url: str, tokens: DelegatedTokens) -> Iterator[Finding]:
    """Whether those who signed in last can still be acted for."""
    name = "consent"
    database = Database(database_url, connections=2)
    try:
        newest = select(token_caches.c.tenant_id, token_caches.c.user_id).order_by(token_caches.c.updated_at.desc())
        with database.read() as connection:
            known = connection.execute(newest.limit(_SAMPLE)).all()
    finally:
        database.close()
    if not known:
        yield passed(name, "Nobody has signed in yet; the first press of the button asks for consent.")
        return
    refused = 0
    for tenant_id, user_id in known:
        try:
            tokens.source(Mailbox(tenant_id, user_id))()
        except NotAllowed as error:
            yield failed(name, str(error), _CONSENT)
            return
        except NotSignedIn:
            refused += 1
    if refused == len(known):
        yield warned(
            name, f"None of the last {refused} people who signed in can be acted for any more.",
            "Ask one of them to open the pane; if that does not help, see the sign-in log of Entra.",
        )  # fmt: skip
    else:
        yield passed(name, f"{len(known) - refused} of the last {len(known)} people who signed in can be acted for.")


@dataclass(frozen=True)
class OwnName:
    """Rights of the add-in in its own name. `pilot` is a mailbox it should read, `outside` one that it must not."""

    tokens: ApplicationTokens
    graph: GraphSettings
    tenants: Sequence[str]
    pilot: str | None
    outside: str | None

    def secret(self) -> Iterator[Finding]:
        """Whether our secret or certificate is taken, in each tenant."""
        for tenant in self.tenants:
            self.tokens.token(tenant)
        yield passed("registration", "The app registration's credential is taken in every tenant.")

    def reach(self) -> Iterator[Finding]:
        """How far background access goes: the pilot mailbox, and not beyond (Graph facts 7.4)."""
        name = "app-only access"
        if self.pilot is not None:
            yield self._pilot(name, self.pilot)
        if self.outside is not None:
            yield self._outside(name, self.outside)
        if self.pilot is None or self.outside is None:
            yield warned(
                name,
                "Which mailboxes the add-in reaches was not wholly tried.",
                "Run doctor with --pilot ADDRESS --outside ADDRESS.",
            )
        proved = () if self.outside is None else ("Calendars.",)  # what was refused outside is not granted for all
        if wide := [role for role in self._tenant_wide() if not role.startswith(proved)]:
            yield warned(name, f"Entra grants {', '.join(wide)} for every mailbox.", _SCOPE)

    def _pilot(self, name: str, address: str) -> Finding:
        try:
            self._read(address)
        except (NotAllowed, Missing, NotSignedIn) as error:
            return failed(
                name, f"{address} cannot be read: {error}",
                "Check the address and the management scope; a change takes up to 2 hours at Exchange.",
            )  # fmt: skip
        return passed(name, f"{address} can be read.")

    def _outside(self, name: str, address: str) -> Finding:
        try:
            self._read(address)
        except NotAllowed:
            return passed(name, f"{address} cannot be read, as it should be.")
        except (Missing, NotSignedIn) as error:
            return warned(
                name, f"Whether {address} can be read was not found out: {error}", "Name a mailbox that exists."
            )
        return failed(name, f"{address} can be read although it is outside the scope.", _SCOPE)

    def _read(self, address: str) -> None:
        """The calendar's id, which needs the right and shows nobody's appointments. Any of our tenants may have it."""
        refusal: Exception | None = None
        for tenant in self.tenants:
            door = GraphDoor(GraphConnection(self.graph), address, self._token(tenant))
            try:
                door.get(f"/users/{address}/calendar", query={"$select": "id"})
            except Missing as error:
                refusal = error
            else:
                return
        if refusal is not None:
            raise refusal

    def _token(self, tenant: str) -> Callable[..., str]:
        def token(*, claims: str | None = None, renew: bool = False) -> str:
            return self.tokens.token(tenant, claims=claims, renew=renew)

        return token

    def _tenant_wide(self) -> list[str]:
        """Calendar rights that Entra itself granted, read from the token where it can be read."""
        found: set[str] = set()
        for tenant in self.tenants:
            try:
                claims = jwt.decode(self.tokens.token(tenant), options={"verify_signature": False})
            except jwt.PyJWTError:
                continue  # Graph's tokens are for Graph; nobody promises their form
            found |= {role for role in claims.get("roles", ()) if role.startswith(("Calendars.", "Mail."))}
        return sorted(found)
