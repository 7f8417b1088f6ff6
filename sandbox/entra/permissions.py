"""Reads scope parameters: which resource, which permissions, in which form they were asked for."""

from dataclasses import dataclass

from sandbox.entra.errors import Refused
from sandbox.people import ADDIN, OFFICE, SCOPE

GLOBAL_GRAPH = "https://graph.microsoft.com"
OIDC = frozenset({"openid", "profile", "email", "offline_access"})
DELEGATED = (
    "Calendars.Read", "Calendars.Read.Shared", "Calendars.ReadBasic", "Calendars.ReadWrite",
    "Calendars.ReadWrite.Shared", "Contacts.Read", "Contacts.ReadWrite", "Mail.Read", "Mail.ReadBasic",
    "Mail.ReadWrite", "Mail.ReadWrite.Shared", "Mail.Send", "Mail.Send.Shared", "MailboxSettings.Read",
    "MailboxSettings.ReadWrite", "Place.Read.All", "Tasks.ReadWrite", "User.Read", "User.Read.All",
    "User.ReadBasic.All", "EWS.AccessAsUser.All",
)  # fmt: skip
APPLICATION = (
    "Calendars.Read", "Calendars.ReadBasic.All", "Calendars.ReadWrite", "Mail.ReadWrite", "Mail.Send",
    "MailboxSettings.Read", "Place.Read.All", "User.Read.All",
)  # fmt: skip
# what the add-in's registration lists; Entra's ".default" means exactly these
ADDIN_DELEGATED = (
    "Calendars.ReadWrite", "Calendars.ReadWrite.Shared", "Mail.Send", "MailboxSettings.Read", "Place.Read.All",
    "User.Read", "User.Read.All", "User.ReadBasic.All",
)  # fmt: skip
ADDIN_APPLICATION = ("Calendars.ReadWrite", "Mail.Send", "MailboxSettings.Read", "Place.Read.All", "User.Read.All")


@dataclass(frozen=True)
class Wanted:
    """A scope parameter taken apart. `resource` is the prefix as asked (None: only OpenID scopes).

    `audience` is what the token's `aud` will be, `names` the permissions without prefix, `asked` the resource scopes
    word for word, in which form the answer repeats them.
    """

    resource: str | None
    audience: str
    names: tuple[str, ...]
    asked: tuple[str, ...]
    oidc: frozenset[str]
    is_default: bool


def graph_audiences(bases: tuple[str, ...]) -> set[str]:
    """Every name by which a token may mean the Graph stand-in."""
    return {GLOBAL_GRAPH, *(f"{base}/graph" for base in bases if base)}


def read_scopes(scope: str, client_id: str, bases: tuple[str, ...]) -> Wanted:
    """Take a `scope` parameter apart; Refused where it mixes resources or names what does not exist."""
    words = tuple(dict.fromkeys(scope.split()))
    oidc = frozenset(word for word in words if word in OIDC)
    asked = tuple(word for word in words if word not in OIDC)
    parted = [_part(word) for word in asked]
    resources = {resource for resource, _ in parted}
    if len(resources) > 1:
        raise Refused(
            "invalid_request", 28000,
            f"Provided value for the input parameter scope is not valid because it contains more than one resource. "
            f"Scope {scope} is not valid.",
        )  # fmt: skip
    if not resources:
        return Wanted(None, client_id, (), (), oidc, False)
    resource = resources.pop()
    names = tuple(name for _, name in parted)
    is_default = ".default" in names
    if is_default and len(names) > 1:
        raise Refused(
            "invalid_scope", 70011,
            f"The provided value for the input parameter 'scope' is not valid. .default scope can't be combined with "
            f"resource-specific scopes. The scope {scope} is not valid.",
        )  # fmt: skip
    audience, known = _resource(resource, bases)
    for name in names:
        if name != ".default" and name not in known:
            raise Refused(
                "invalid_client", 650053,
                f"The application asked for scope '{name}' that doesn't exist on the resource '{resource}'. "
                "Contact the app vendor.",
            )  # fmt: skip
    return Wanted(resource, audience, names, asked, oidc, is_default)


def consented(client_id: str, audience: str) -> tuple[str, ...]:
    """The delegated permissions that `.default` stands for."""
    if audience == ADDIN.id:
        return (SCOPE,)
    return ADDIN_DELEGATED if client_id in (ADDIN.id, OFFICE.id) else DELEGATED


def granted(wanted: Wanted, client_id: str) -> tuple[str, ...]:
    """The names that go into `scp`; Refused (65001 by the caller) is decided elsewhere."""
    return consented(client_id, wanted.audience) if wanted.is_default else wanted.names


def unconsented(wanted: Wanted, client_id: str) -> bool:
    """Whether something is asked for that the client's registration does not list."""
    return not set(granted(wanted, client_id)) <= set(consented(client_id, wanted.audience))


def answered_scope(wanted: Wanted, names: tuple[str, ...]) -> str:
    """The `scope` of the answer: the same full form as asked, since msal compares it word by word with its cache."""
    own = wanted.asked
    if wanted.is_default and wanted.resource is not None:
        own = (*(f"{wanted.resource}/{name}" for name in names), *wanted.asked)
    shown = sorted(wanted.oidc - {"offline_access"})
    return " ".join((*own, *shown))


def _part(word: str) -> tuple[str, str]:
    prefix, slash, name = word.rpartition("/")
    return (prefix.rstrip("/"), name) if slash else (GLOBAL_GRAPH, word)


def _resource(resource: str, bases: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if resource in graph_audiences(bases):
        return resource, DELEGATED
    if resource == ADDIN.id or (resource.startswith("api://") and resource.endswith(ADDIN.id)):
        return ADDIN.id, (SCOPE,)
    raise Refused(
        "invalid_resource", 500011,
        f"The resource principal named {resource} was not found in the tenant. This can happen if the application has "
        "not been installed by the administrator of the tenant or consented to by any user in the tenant.",
    )  # fmt: skip
