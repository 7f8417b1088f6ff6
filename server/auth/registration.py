"""Our app registration at Microsoft Entra and how msal is used with it; it must not know people or mailboxes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msal

from addin.errors import AddinError, NotAllowed, NotSignedIn, Unavailable
from server.auth.transport import MsalTransport

_CONSENT = ("consent_required", "AADSTS65001", "AADSTS65004", "AADSTS90094")
_OUR_OWN_FAULT = ("invalid_client", "unauthorized_client", "invalid_resource", "invalid_scope")


@dataclass(frozen=True)
class SignInSettings:
    """Our app registration and where it lives. `certificate_pem` (key and certificate) is used before `secret`.

    `scope_prefix` stands before each of `scopes` (`https://graph.microsoft.com/`), `login_url` has no tenant.
    `shared_scopes` are asked for only when somebody works in another's calendar.
    """

    client_id: str
    secret: str | None = field(default=None, repr=False)
    certificate_pem: tuple[str, str] | None = field(default=None, repr=False)
    login_url: str = "https://login.microsoftonline.com"
    scope_prefix: str = "https://graph.microsoft.com/"
    scopes: tuple[str, ...] = ("Calendars.ReadWrite", "Mail.Send", "MailboxSettings.Read", "User.Read")
    shared_scopes: tuple[str, ...] = ("Calendars.ReadWrite.Shared", "User.ReadBasic.All", "Mail.Send")
    ca_file: str | None = None
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 15.0

    def transport(self) -> MsalTransport:
        """The HTTP client that msal gets; one for the process."""
        return MsalTransport(
            ca_file=self.ca_file, connect_timeout_s=self.connect_timeout_s, read_timeout_s=self.read_timeout_s
        )

    @property
    def credential(self) -> str | dict[str, str]:
        """As msal takes it: with a whole certificate it signs PS256 with `x5t#S256`."""
        if self.certificate_pem is not None:
            private_key, certificate = self.certificate_pem
            return {"private_key": private_key, "public_certificate": certificate}
        if not self.secret:
            raise ValueError("give the app registration's secret or certificate")
        return self.secret


def msal_application(settings: SignInSettings, transport: MsalTransport, tenant_id: str, cache: msal.TokenCache) -> Any:
    """A fresh one each time: its memory of failed answers would outlive their cause (Graph facts 7.2).

    NotAllowed where the sign-in service does not know the tenant; Unavailable, Throttled for outages.
    """
    try:
        return msal.ConfidentialClientApplication(
            settings.client_id,
            client_credential=settings.credential,
            # The person's own tenant; msal checks hosts against a list of Microsoft's, ours is a setting.
            authority=f"{settings.login_url.rstrip('/')}/{tenant_id}",
            instance_discovery=False,
            token_cache=cache,
            http_client=transport,
            client_capabilities=["CP1"],
        )
    except ValueError as error:
        raise NotAllowed("The Microsoft sign-in service does not know this tenant.", reason="tenant") from error


def refusal_of(answer: Mapping[str, Any]) -> AddinError:
    """The product's error for an error answer of the token endpoint. Descriptions stay out: they name people."""
    error, suberror = str(answer.get("error") or ""), str(answer.get("suberror") or "")
    description = str(answer.get("error_description") or "")
    if suberror == "consent_required" or any(mark in description or mark == error for mark in _CONSENT):
        return NotAllowed(
            "The add-in may not use your calendar yet; an administrator has to agree to it.", reason="consent"
        )
    if answer.get("claims") or error == "interaction_required":
        claims = answer.get("claims")
        return NotSignedIn(
            "Microsoft wants you to sign in once more.",
            reason="interaction",
            claims=str(claims) if claims else None,
        )
    if error in _OUR_OWN_FAULT:
        return NotAllowed(
            "The add-in's registration with Microsoft is not in order; check its secret and permissions.",
            reason="registration",
        )
    if error == "temporarily_unavailable":
        return Unavailable("The Microsoft sign-in service is not available just now.")
    return NotSignedIn("The sign-in is not good any more; sign in again.", reason="sign-in-again")
