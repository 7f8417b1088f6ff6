"""All checks in the order in which one rests on another; it knows no output."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from addin.errors import AddinError
from addin.ports import Clock
from manifest import icons
from server import bootstrap
from server.auth import ApplicationTokens, DelegatedTokens
from server.doctor import local, outside, rights, services
from server.doctor.findings import Check, Finding, Outcome, failed, guarded
from server.settings import Settings, SettingsError, load
from server.store import Seal, SqlStore

_NETWORK = "Check the network, DNS and any outgoing proxy, then run doctor again."
_DATABASE = "Check database_url and that the database server runs, then run doctor again."


@dataclass(frozen=True)
class Wish:
    """What to examine: the settings file, and for app-only access a mailbox inside and one outside the scope."""

    file: Path | None = None
    pilot: str | None = None
    outside: str | None = None


def examine(wish: Wish, clock: Clock) -> Iterator[Finding]:
    """Each finding as soon as it is had. Without settings nothing else can be tried."""
    try:
        settings = load(wish.file)
        Seal.from_setting(settings.encryption_keys.get_secret_value())
    except (SettingsError, ValueError) as error:
        yield failed("settings", str(error), "Mend the settings; `clickmeeting-addin init` writes a complete file.")
        return
    yield from local.settings_file(settings, wish.file)
    yield from local.pane_files()
    yield from local.invitation_template(settings)
    stored = list(guarded("database", partial(local.database, settings), _DATABASE))
    yield from stored
    at_version = all(finding.outcome is Outcome.PASS for finding in stored)
    readable = False
    if at_version:
        opened = list(guarded("keys", partial(local.keys, settings), _DATABASE))
        yield from opened
        readable = all(finding.outcome is not Outcome.FAIL for finding in opened)
        yield from local.space(settings)
    yield from _own_address(settings, clock)
    for check, look in (
        ("sign-in", partial(services.sign_in, settings, clock)),
        ("Graph", partial(services.graph, settings)),
        ("ClickMeeting", partial(services.clickmeeting, bootstrap.clickmeeting_settings(settings), clock)),
    ):
        yield from guarded(check, look, _NETWORK)
    if readable:
        yield from guarded("account", partial(_accounts, settings, clock), _DATABASE)
    yield from _rights(settings, wish, clock, at_version=at_version)


def _accounts(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """The accounts that the console keeps, of every tenant that may sign in."""
    seal = Seal.from_setting(settings.encryption_keys.get_secret_value())
    storage = SqlStore(settings.database_url, seal, clock, connections=2)
    try:
        kept = [(tenant, one) for tenant in settings.tenants for one in storage.accounts.all(tenant)]
    finally:
        storage.close()
    door = bootstrap.clickmeeting_settings(settings)
    for tenant, account in kept:
        yield from services.account(door, account, tenant, clock)


def _own_address(settings: Settings, clock: Clock) -> Iterator[Finding]:
    trusted = list(outside.certificate(settings, clock()))
    yield from trusted
    if any(finding.outcome is Outcome.FAIL for finding in trusted):
        return  # every further check would say the same
    address = outside.Outside(settings)
    checks: tuple[tuple[str, Check], ...] = (
        ("server", partial(outside.answers, address)),
        ("pane headers", partial(outside.framing, address)),
        ("well-known file", partial(outside.well_known, address)),
        ("notifications", partial(outside.handshake, address)),
        ("icons", partial(outside.icons, address, tuple(f"/taskpane/icons/{name}" for name in icons.sizes()))),
    )
    for check, look in checks:
        yield from guarded(check, look, _NETWORK)


def _rights(settings: Settings, wish: Wish, clock: Clock, *, at_version: bool) -> Iterator[Finding]:
    try:
        sign_in = bootstrap.sign_in_settings(settings)
        own = rights.OwnName(
            ApplicationTokens(sign_in), bootstrap.graph_settings(settings), settings.tenants, wish.pilot, wish.outside
        )
    except (ValueError, AddinError) as error:
        yield failed("registration", f"No credential: {error}.", "Set client_secret or client_certificate.")
        return
    yield from guarded(
        "registration", own.secret, "Make a new secret for the app registration and put it into the settings."
    )
    if settings.graph_access == "application":
        yield from guarded("app-only access", own.reach, _NETWORK)
        return  # nobody's own consent is used
    if not at_version:
        return
    seal = Seal.from_setting(settings.encryption_keys.get_secret_value())
    storage = SqlStore(settings.database_url, seal, clock, connections=2)
    try:
        tokens = DelegatedTokens(sign_in, storage.caches, seal)
        yield from guarded("consent", partial(rights.people, settings.database_url, tokens), _NETWORK)
    finally:
        storage.close()
