"""The one place where everything is put together from the settings; it serves nothing and decides nothing."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from flask_openapi3 import OpenAPI

from addin.clickmeeting import ClickMeetingRooms, ClickMeetingSettings
from addin.errors import AddinError, InvalidInput
from addin.graph.door import GraphConnection, Place
from addin.graph.settings import GraphSettings
from addin.links import Links
from addin.model import Choices
from addin.policy import InvitationSender, LinkStyle, PersonalInvitations, Policy
from addin.ports import Clock
from addin.scheduling import Doors
from addin.tally import Source, counting
from server import template
from server.accounts import AccountDoors
from server.admin.console import Console
from server.admin.pages import RETURN_PATH as ADMIN_RETURN_PATH
from server.admin.signin import AdminSignIn
from server.api.context import Context
from server.app import create_app
from server.auth import certificate, consent
from server.auth.application import ApplicationTokens
from server.auth.bearer import BearerCheck, BearerSettings
from server.auth.delegated import DelegatedTokens, SignInSettings
from server.auth.dialog import DialogSignIn
from server.dialog.pages import RETURN_PATH
from server.looking import Looker, mark
from server.numbers import GatewayNumbers
from server.ops.figures import Figures
from server.ops.metrics import Metrics
from server.reaching import ApplicationReach, DelegatedReach, Reach
from server.settings import Settings
from server.store import Seal, SqlStore
from server.tenancy import Tenants
from server.watching import Watching
from server.work import Engine, Worker, engine_for_server, engine_for_worker
from server.work.places import Places

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Product:
    """The whole server before it listens: a WSGI application, its store and whoever works through the ledger."""

    app: OpenAPI
    storage: SqlStore
    engine: Engine
    metrics: Metrics
    figures: Figures

    def close(self) -> None:
        """Stop working, keep the last figures, then let go of the database."""
        self.engine.stop()
        self.figures.flush()
        self.storage.close()


def now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def build(settings: Settings, clock: Clock = now, *, only_work: bool = False) -> Product:
    """Everything from the settings. The database must be at this version; bad ones raise AddinError or ValueError.

    `only_work` is for a worker process of its own: it serves nothing and does what the server only hands out.
    """
    seal = Seal.from_setting(settings.encryption_keys.get_secret_value())
    storage = SqlStore(settings.database_url, seal, clock)
    figures = Figures(storage.usage, clock)
    tenancy, accounts = _tenancy(settings, storage, figures, clock)

    def before(gate: str) -> None:
        """Ahead of each call to Graph: `gate` is (tenant)/(mailbox)."""
        tenant_id, _, mailbox = gate.partition("/")
        tenancy.require_going(tenant_id)
        figures.count(tenant_id, "graph", mailbox)

    places = None if storage.database.is_sqlite else Places(storage)  # else others are at the same mailboxes
    reach = _reach(settings, storage, seal, clock, before, places.call if places else None)
    rooms = ClickMeetingRooms(clickmeeting_settings(settings), clock)
    doors = Doors(
        rooms=rooms,
        store=storage,
        clock=clock,
        office=reach.office,
        numbers=GatewayNumbers(rooms, clock),
        policy=tenancy.base,
        links=_links(settings),
        tenancy=tenancy,
    )
    metrics = Metrics()
    watching = Watching(
        settings.public_url,
        timedelta(minutes=settings.subscription_minutes),
        sweep=timedelta(minutes=settings.mailbox_sweep_minutes),
        idle_sweep=timedelta(minutes=settings.idle_sweep_minutes),
        poll=timedelta(minutes=settings.shared_poll_minutes),
    )
    looker = Looker(doors, storage, clock, watching, metrics, figures)
    worker = Worker(storage, looker.look, _attention(doors, metrics), place=places.of if places else None)
    engine_for = engine_for_worker if only_work else engine_for_server
    engine = engine_for(
        storage, worker, clock, settings.database_url, threads=settings.workers, sweep_seconds=settings.sweep_seconds
    )
    bearer = BearerCheck(bearer_settings(settings), clock)
    context = Context(
        settings=settings,
        doors=doors,
        storage=storage,
        tenancy=tenancy,
        bearer=bearer,
        dialog=_dialog(settings, storage, bearer),
        reach=reach,
        watching=watching,
        clock=clock,
    )
    console = Console(
        settings=settings,
        doors=doors,
        storage=storage,
        tenancy=tenancy,
        sign_in=_admin_sign_in(settings, storage, bearer),
        figures=figures,
        check_key=accounts.check_key,
        prove_key=accounts.prove,
        clock=clock,
    )
    app = create_app(context, console, metrics, engine.is_working, clock)
    return Product(app, storage, engine, metrics, figures)


def _tenancy(settings: Settings, storage: SqlStore, figures: Figures, clock: Clock) -> tuple[Tenants, AccountDoors]:
    """Policies and accounts; the doors of accounts ask the tenants before each call whether they stand still."""
    accounts = AccountDoors(
        clickmeeting_settings(settings), clock, figures, lambda tenant_id: tenancy.require_going(tenant_id)
    )
    tenancy = Tenants(
        _policy(settings), storage.policies, accounts.rooms, accounts.numbers,
        accounts=storage.accounts, switches=storage.switches,
    )  # fmt: skip
    return tenancy, accounts


def _admin_sign_in(settings: Settings, storage: SqlStore, bearer: BearerCheck) -> AdminSignIn:
    return AdminSignIn(
        sign_in_settings(settings),
        storage.sign_ins,
        bearer,
        scope=f"{settings.application_uri}/{settings.api_scope}",
        return_url=f"{settings.public_url}{ADMIN_RETURN_PATH}",
        role=settings.admin_role,
        tenants=frozenset(settings.tenants),
    )


def _dialog(settings: Settings, storage: SqlStore, bearer: BearerCheck) -> DialogSignIn:
    scope = f"{settings.application_uri}/{settings.api_scope}"
    return_url = f"{settings.public_url}{RETURN_PATH}"
    return DialogSignIn(sign_in_settings(settings), storage.sign_ins, bearer, scope=scope, return_url=return_url)


def _reach(
    settings: Settings,
    storage: SqlStore,
    seal: Seal,
    clock: Clock,
    before: Callable[[str], None],
    place: Place | None,
) -> Reach:
    connection = GraphConnection(graph_settings(settings), before, place)
    try:
        if settings.graph_access == "application":
            own = ApplicationTokens(sign_in_settings(settings))
            return ApplicationReach(connection, own, storage.delegates, clock, frozenset(settings.tenants))
        tokens = DelegatedTokens(sign_in_settings(settings), storage.caches, seal)
    except ValueError as error:  # no credential, or one that cannot be used
        sentence = str(error)
        raise InvalidInput(f"{sentence[:1].upper()}{sentence[1:]}.", field="client_certificate") from error
    return DelegatedReach(connection, tokens, storage.delegates, clock)


def _attention(doors: Doors, metrics: Metrics) -> Callable[[str, str, AddinError], None]:
    def attention(kind: str, subject: str, error: AddinError) -> None:
        log.warning("needs a person", kind=kind, subject=subject, reason=str(error))
        with counting(Source.CLOCK) as counted:
            mark(doors, kind, subject, error)
        metrics.add(counted)

    return attention


def _links(settings: Settings) -> Links:
    """Signed with the newest key; links in mails sent under an older one are good as long as that key is kept."""
    pairs = (pair.strip() for pair in settings.encryption_keys.get_secret_value().split(","))
    newest, *former = (hashlib.sha256(b"links:" + pair.encode()).digest() for pair in pairs if pair)
    return Links(settings.public_url, newest, tuple(former))


def _policy(settings: Settings) -> Policy:
    branding, former_lines = template.load(settings.invitation_template)
    return Policy(
        personal_invitations=PersonalInvitations(settings.personal_invitations),
        invitation_sender=InvitationSender(settings.invitation_sender),
        branding=branding,
        former_lines=former_lines,
        single_token_in_body=settings.single_token_in_body,
        add_by_default=settings.add_by_default,
        longest_scheduled=timedelta(minutes=settings.longest_scheduled_minutes),
        grace=timedelta(minutes=settings.grace_minutes),
        check=timedelta(minutes=settings.check_minutes),
        link_style=LinkStyle(settings.link_style),
        retention=timedelta(days=settings.retention_days) if settings.retention_days else None,
        defaults=Choices(dial_in=settings.dial_in_default, language=settings.default_language),
        tell_organiser=settings.tell_organiser,
    )


def clickmeeting_settings(settings: Settings) -> ClickMeetingSettings:
    """What the door to ClickMeeting is told."""
    return ClickMeetingSettings(
        url=settings.clickmeeting_url,
        api_key=settings.clickmeeting_api_key.get_secret_value(),
        ca_file=str(settings.ca_file) if settings.ca_file else None,
        timeout_s=settings.clickmeeting_timeout_s,
    )


def graph_settings(settings: Settings) -> GraphSettings:
    """What the door to Graph is told."""
    return GraphSettings(
        graph_url=settings.graph_url,
        ca_file=str(settings.ca_file) if settings.ca_file else None,
        read_timeout_s=settings.graph_timeout_s,
        pane_property=settings.pane_property,
        ask_directory=settings.read_directory,
    )


def sign_in_settings(settings: Settings) -> SignInSettings:
    """Our app registration, and the least that is asked of people."""
    return SignInSettings(
        client_id=settings.client_id,
        secret=settings.client_secret.get_secret_value() if settings.client_secret else None,
        certificate_pem=certificate.load(settings.client_certificate) if settings.client_certificate else None,
        login_url=settings.login_url,
        scope_prefix=settings.graph_scope_prefix,
        scopes=consent.scopes(settings),
        ca_file=str(settings.ca_file) if settings.ca_file else None,
    )


def bearer_settings(settings: Settings) -> BearerSettings:
    """What a token for our API must look like."""
    return BearerSettings.at(
        settings.login_url,
        client_id=settings.client_id,
        tenants=frozenset(settings.tenants),
        scope=settings.api_scope,
        clients=frozenset(settings.allowed_clients),
        ca_file=str(settings.ca_file) if settings.ca_file else None,
    )
