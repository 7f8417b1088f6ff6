"""Who exists in the sandbox, the same on each start: two tenants, their people, the clients that may ask for tokens."""

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """A mailbox. `country` is ISO 3166, `language` BCP 47, `zone` the mailbox's Windows zone name.

    `roles` are those in the directory, `app_roles` those that the tenant gave for the add-in, `groups` object ids.
    """

    id: str
    upn: str
    name: str
    role: str
    password: str
    country: str
    language: str
    zone: str
    roles: tuple[str, ...] = ()
    app_roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    delegates: tuple[str, ...] = ()
    is_room: bool = False


@dataclass(frozen=True)
class Client:
    """An app registration: `secret` is None for the public clients (Office itself)."""

    id: str
    secret: str | None
    name: str


@dataclass(frozen=True)
class Tenant:
    """A tenant with its verified domain."""

    id: str
    domain: str
    users: tuple[User, ...]


ADDIN = Client("6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0", "sandbox-secret-of-the-addin", "ClickMeeting for Outlook")
FOREIGN = Client("b8a1c7d2-0e43-4d0c-8f6b-91d5e2a3c4f5", "sandbox-secret-of-a-foreign-client", "Foreign client")
OFFICE = Client("93d53678-613d-4013-afc1-62e9e444a0a5", None, "Office on the web")
CLIENTS = (ADDIN, FOREIGN, OFFICE)
SCOPE = "access_as_user"
# the manifest's id, by which Exchange files custom properties
ADD_IN_ID = "c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01"

COLLEAGUES = "2c3d4e5f-0001-4000-8000-000000000001"
_CET = "Central European Standard Time"
CONTOSO = Tenant(
    "7c3e1f52-1a2b-4c3d-8e4f-5a6b7c8d9e01",
    "contoso.example",
    (
        User(
            "0a1b2c3d-0001-4000-8000-000000000001", "organiser@contoso.example", "Organiser", "organiser",
            "sandbox-organiser", "PL", "en-GB", _CET, delegates=("delegate@contoso.example",),
        ),
        User(
            "0a1b2c3d-0002-4000-8000-000000000002", "delegate@contoso.example", "Delegate", "delegate",
            "sandbox-delegate", "GB", "en-GB", "GMT Standard Time",
        ),
        User(
            "0a1b2c3d-0003-4000-8000-000000000003", "paris@contoso.example", "Colleague in Paris", "participant",
            "sandbox-paris", "FR", "fr-FR", "Romance Standard Time", groups=(COLLEAGUES,),
        ),
        User(
            "0a1b2c3d-0004-4000-8000-000000000004", "toronto@contoso.example", "Colleague in Toronto", "participant",
            "sandbox-toronto", "CA", "en-CA", "Eastern Standard Time",
        ),
        User(
            "0a1b2c3d-0005-4000-8000-000000000005", "warsaw@contoso.example", "Colleague in Warsaw", "participant",
            "sandbox-warsaw", "PL", "pl-PL", _CET,
        ),
        User(
            "0a1b2c3d-0006-4000-8000-000000000006", "admin@contoso.example", "Administrator", "admin",
            "sandbox-admin", "PL", "en-GB", _CET, roles=("Admin",), app_roles=("ClickMeeting.Admin",),
        ),
        User(
            "0a1b2c3d-0007-4000-8000-000000000007", "room-aurora@contoso.example", "Room Aurora", "room",
            "sandbox-room", "PL", "en-GB", _CET, is_room=True,
        ),
    ),
)  # fmt: skip
FABRIKAM = Tenant(
    "9d4f2063-2b3c-4d5e-9f60-6b7c8d9e0f12",
    "fabrikam.example",
    (
        User(
            "1b2c3d4e-0001-4000-8000-000000000001", "organiser@fabrikam.example", "Organiser at Fabrikam", "organiser",
            "sandbox-organiser", "US", "en-US", "Pacific Standard Time",
        ),
        User(
            "1b2c3d4e-0002-4000-8000-000000000002", "guest@fabrikam.example", "Guest from Fabrikam", "participant",
            "sandbox-guest", "US", "en-US", "Pacific Standard Time",
        ),
        User(
            "1b2c3d4e-0003-4000-8000-000000000003", "admin@fabrikam.example", "Administrator at Fabrikam", "admin",
            "sandbox-admin", "US", "en-US", "Pacific Standard Time", roles=("Admin",),
            app_roles=("ClickMeeting.Admin",),
        ),
    ),
)  # fmt: skip
TENANTS = (CONTOSO, FABRIKAM)

CLICKMEETING_KEY = "eu5a3b9c0d1e2f405162738495a6b7c8d9e0f1a2b3"


def find_user(name: str) -> tuple[Tenant, User] | None:
    """The person by object id or (in any letter case) by user principal name."""
    for tenant in TENANTS:
        for user in tenant.users:
            if name == user.id or name.lower() == user.upn.lower():
                return tenant, user
    return None


def find_tenant(name: str) -> Tenant | None:
    """The tenant by id or domain."""
    return next((tenant for tenant in TENANTS if name.lower() in (tenant.id, tenant.domain)), None)
