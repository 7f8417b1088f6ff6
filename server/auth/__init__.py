"""Who is calling, and with what right we act for them at Microsoft; it must not know meetings or pages.

`BearerCheck` turns the Authorization header into a `Caller`. `DelegatedTokens` gives Graph tokens for a mailbox, with
the caller's token at hand or, in the background, from what an earlier sign-in left. `ApplicationTokens` gives them in
the add-in's own name, where a tenant grants that.
"""

from server.auth.application import ApplicationTokens
from server.auth.bearer import BearerCheck, BearerSettings, Caller
from server.auth.delegated import CacheStore, DelegatedTokens, Seal
from server.auth.registration import SignInSettings

__all__ = [
    "ApplicationTokens",
    "BearerCheck",
    "BearerSettings",
    "CacheStore",
    "Caller",
    "DelegatedTokens",
    "Seal",
    "SignInSettings",
]
