"""What an administrator agrees to, and where; it must not know who asked."""

from urllib.parse import urlencode

from manifest import source
from server.auth.registration import SignInSettings
from server.settings import Settings

_SCOPES = SignInSettings.scopes
_DIRECTORY_SCOPE = "User.Read.All"


def scopes(settings: Settings) -> tuple[str, ...]:
    """The least that is asked of people about their own mailbox."""
    return (*_SCOPES, _DIRECTORY_SCOPE) if settings.read_directory else _SCOPES


def permissions(settings: Settings) -> tuple[str, ...]:
    """The delegated permissions at Graph that the server asks for with these settings, and no other."""
    return tuple(dict.fromkeys((*scopes(settings), *SignInSettings.shared_scopes)))


def consent_url(settings: Settings, tenant: str) -> str:
    """Where an administrator agrees for the whole tenant, once; it is the pane's own page that is shown afterwards.

    `tenant` is an id, or `organizations` for that of whoever opens the link.
    """
    asked = [f"{settings.application_uri}/{settings.api_scope}"]
    asked += [settings.graph_scope_prefix + name for name in permissions(settings)]
    query = {
        "client_id": settings.client_id,
        "scope": " ".join(asked),
        "redirect_uri": settings.public_url + source.PANE_PAGE,
    }
    return f"{settings.login_url}/{tenant}/v2.0/adminconsent?{urlencode(query)}"
