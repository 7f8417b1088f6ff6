"""The app registration as request bodies for Microsoft Graph; it sends nothing.

Two requests, since the application id URI holds a client id that Entra gives in answer to the first.
"""

import uuid
from typing import Any

from manifest import source
from server.admin.pages import RETURN_PATH as CONSOLE_RETURN
from server.auth import consent
from server.dialog.pages import RETURN_PATH as DIALOG_RETURN
from server.settings import Settings

NAME = "ClickMeeting for Outlook"
# all of Microsoft's Office clients together, which ask for our token where nested sign-in is missing (facts 5.2)
OFFICE_CLIENTS = "ea5a67f6-b6f3-4338-b240-c655ddc3cc8e"
# the same one by one, as their tokens name them: `azp` is never the id of the group
OFFICE_SIGN_INS = (
    OFFICE_CLIENTS,
    "d3590ed6-52b3-4102-aeff-aad2292ab01c",
    "93d53678-613d-4013-afc1-62e9e444a0a5",
    "57fb890c-0dab-4253-a5e0-7188c88b2bb4",
    "08e18876-6177-487e-b8b5-cf950c1e598c",
    "bc59ab01-8403-45c6-8796-ac3ef710b3e3",
)
_GRAPH = "00000003-0000-0000-c000-000000000000"
# Graph's delegated permissions by name; their ids are the same in every tenant
_PERMISSIONS = {
    "Calendars.ReadWrite": "1ec239c2-d7c9-4623-a91a-a9775856bb36",
    "Calendars.ReadWrite.Shared": "12466101-c9b8-439a-8589-dd09ee67e8e9",
    "Mail.Send": "e383f46e-2787-4529-855e-0e479a3ffac0",
    "MailboxSettings.Read": "87f447af-9fa4-4c32-9dfa-4a57a73d18ce",
    "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
    "User.Read.All": "a154be20-db9c-4678-8ab7-66f6cc099a59",
    "User.ReadBasic.All": "b340eb25-3456-403f-be2f-af7a0d370277",
}


def creation(settings: Settings) -> dict[str, Any]:
    """Body of `POST /applications`."""
    return {
        "displayName": NAME,
        "signInAudience": "AzureADMyOrg" if len(settings.tenants) == 1 else "AzureADMultipleOrgs",
        "api": {"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": [_scope(settings)]},
        "spa": {"redirectUris": redirects(settings)["spa"]},
        "web": {
            "redirectUris": redirects(settings)["web"],
            "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        },
        "appRoles": [
            {
                "id": _stable(settings, settings.admin_role),
                "allowedMemberTypes": ["User"],
                "displayName": "ClickMeeting administrator",
                "description": "May use the console of ClickMeeting for Outlook.",
                "value": settings.admin_role,
                "isEnabled": True,
            }
        ],
        "groupMembershipClaims": "SecurityGroup",  # policies may go by groups
        "requiredResourceAccess": [
            {
                "resourceAppId": _GRAPH,
                "resourceAccess": [
                    {"id": _PERMISSIONS[name], "type": "Scope"} for name in consent.permissions(settings)
                ],
            }
        ],
        "info": {"supportUrl": settings.public_url + source.ABOUT_PAGE},
    }


def completion(settings: Settings) -> dict[str, Any]:
    """Body of `PATCH /applications(appId='...')`, once the client id is known."""
    return {
        "identifierUris": [settings.application_uri],
        "api": {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [_scope(settings)],
            "preAuthorizedApplications": [
                {"appId": OFFICE_CLIENTS, "delegatedPermissionIds": [_stable(settings, settings.api_scope)]}
            ],
        },
    }


def redirects(settings: Settings) -> dict[str, list[str]]:
    """Where sign-ins may lead back to, by kind of client."""
    return {
        "spa": [
            f"brk-multihub://{settings.public_url.removeprefix('https://')}",  # nested sign-in: an origin, nothing more
            settings.public_url + source.PANE_PAGE,  # where an administrator's consent ends
        ],
        "web": [settings.public_url + DIALOG_RETURN, settings.public_url + CONSOLE_RETURN],
    }


def _scope(settings: Settings) -> dict[str, Any]:
    told = "Allows Outlook to make, change and remove ClickMeeting events"
    return {
        "id": _stable(settings, settings.api_scope),
        "value": settings.api_scope,
        "type": "User",
        "isEnabled": True,
        "adminConsentDisplayName": "Use ClickMeeting for Outlook",
        "adminConsentDescription": f"{told} on behalf of the signed-in person.",
        "userConsentDisplayName": "Use ClickMeeting for Outlook",
        "userConsentDescription": f"{told} on your behalf.",
    }


def _stable(settings: Settings, name: str) -> str:
    """The same id for the same installation, so that a repeated request changes nothing."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{settings.public_url}/{name}"))
