"""Every setting with its type, default and meaning, read from environment and file; secrets never show themselves."""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "CLICKMEETING_ADDIN_"
FILE_VARIABLE = PREFIX + "FILE"

FRAME_ANCESTORS = (
    "https://outlook.office.com", "https://outlook.office365.com", "https://outlook.live.com",
    "https://outlook.cloud.microsoft", "https://*.cloud.microsoft", "https://*.office.com", "https://*.office365.com",
    "https://*.live.com", "https://*.officeapps.live.com", "https://*.sharepoint.com", "https://*.microsoft365.com",
)  # fmt: skip
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
CommaList = Annotated[tuple[str, ...], NoDecode]


class SettingsError(Exception):
    """One line that names the setting and says what to do."""


class Settings(BaseSettings):
    """Names here are the file's keys; in the environment they carry the prefix CLICKMEETING_ADDIN_ and capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    public_url: str = Field(description="Where people and Microsoft reach this server: https, host, no path.")
    host: str = Field("127.0.0.1", description="Address to listen on, behind a TLS proxy.")
    port: int = Field(8600, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    worker_port: int = Field(
        0, ge=0, le=65535, description="Port of a worker's /healthz, /readyz and /metrics; 0 is none."
    )
    threads: int = Field(16, ge=1, le=256, description="Requests answered at the same time.")
    database_url: str = Field(
        "sqlite:///clickmeeting-addin.db", repr=False, description="SQLAlchemy URL: SQLite or PostgreSQL."
    )
    encryption_keys: SecretStr = Field(
        description="Comma-separated `id:key` pairs, newest first; a key is 32 bytes as URL-safe base64. Personal "
        "links in mails are good as long as the key of their time is kept."
    )

    clickmeeting_url: str = Field("https://api.clickmeeting.com/v1", description="ClickMeeting's API.")
    clickmeeting_api_key: SecretStr = Field(description="The account's API key; it controls the whole account.")
    room_addresses: CommaList = Field(
        (".clickmeeting.com",),
        description="Where rooms lie: `.domain` (all hosts below), host, or host/path. Join opens no other links.",
    )
    clickmeeting_timeout_s: float = Field(60, gt=0, le=300, description="How long ClickMeeting may take to answer.")

    client_id: str = Field(description="The app registration's client id (GUID).")
    client_secret: SecretStr | None = Field(None, description="The app registration's secret.")
    client_certificate: Path | None = Field(
        None, description="PEM file with the registration's certificate and its private key; used before the secret."
    )
    tenants: CommaList = Field(description="Tenant ids that may sign in; with application access those it is for.")
    graph_access: str = Field(
        "delegated",
        pattern="^(delegated|application)$",
        description="In whose name calendars are followed: delegated (of each person who signed in) or application "
        "(the add-in's own, in the mailboxes that the tenant's administrator opened to it).",
    )
    allowed_clients: CommaList = Field(
        (), description="Client ids that may ask for our token besides our own (Office's, for its own sign-in)."
    )
    admin_role: str = Field("ClickMeeting.Admin", description="The app role that lets people into the console.")
    api_scope: str = Field("access_as_user", description="The scope of our API that a token must hold.")
    application_id_uri: str = Field("", description="The API's application id URI; default api://<host>/<client id>.")
    login_url: str = Field("https://login.microsoftonline.com", description="Microsoft's sign-in host.")
    graph_url: str = Field("https://graph.microsoft.com/v1.0", description="Microsoft Graph.")
    graph_scope_prefix: str = Field("https://graph.microsoft.com/", description="What stands before Graph's scopes.")
    graph_timeout_s: float = Field(30, gt=0, le=300, description="How long Microsoft Graph may take to answer.")
    read_directory: bool = Field(False, description="Read participants' country and language (needs User.Read.All).")
    ca_file: Path | None = Field(None, description="Certificate authority file for outgoing TLS, if not the system's.")

    add_in_id: str = Field(
        "c5a2a1f4-7b1c-4f39-8a55-1d4a0b6b9f01", description="The manifest's Id; names the pane's property on an item."
    )
    pane_property_id: str = Field(
        "String {{00020329-0000-0000-C000-000000000046}} Name cecp-{add_in_id}",
        description="How Graph shows what the pane wrote; {add_in_id} is filled in.",
    )
    office_js_url: str = Field(
        "https://appsforoffice.microsoft.com/lib/1/hosted/office.js", description="Office.js; China's differs."
    )
    frame_ancestors: CommaList = Field(FRAME_ANCESTORS, description="Who may frame the pane.")

    default_language: str = Field("en", description="Language of invitations when nothing else decides.")
    dial_in_default: bool = Field(False, description="Dial-in is offered switched on (R24: off).")
    add_by_default: bool = Field(
        False, description="Every new appointment gets ClickMeeting by itself, where Outlook runs event handlers."
    )
    longest_scheduled_minutes: int = Field(
        360, ge=5, description="The account's longest event; longer ones are permanent."
    )
    grace_minutes: float = Field(30, ge=0, description="How long a room outlives its deleted appointment.")
    single_token_in_body: bool = Field(True, description="A sole participant's token stands in the shared invitation.")
    retention_days: int = Field(
        365, ge=0, le=3650, description="How long meetings that are over are remembered; 0 keeps them for ever."
    )
    link_style: str = Field(
        "room",
        pattern="^(room|own)$",
        description="Which address an invitation prints: room (ClickMeeting's) or own (this server's, which leads on).",
    )
    invitation_template: Path | None = Field(
        None, description="JSON file with the organisation's header, footer, logo and support line for each language."
    )
    personal_invitations: str = Field(
        "when-personal",
        pattern="^(when-personal|always|never)$",
        description="Who gets an own invitation: when-personal (an own token is to be told), always or never.",
    )
    invitation_sender: str = Field(
        "graph",
        pattern="^(graph|clickmeeting)$",
        description="Who sends it: graph (the organiser's mailbox, needs Mail.Send) or clickmeeting (its own mail).",
    )
    tell_organiser: bool = Field(
        True, description="Mail the organiser, once for each reason, that a meeting needs a person."
    )
    subscription_minutes: int = Field(4200, ge=45, le=10080, description="Life asked for change subscriptions.")
    mailbox_sweep_minutes: float = Field(
        60, gt=0, description="Pause between two rounds over a mailbox with live meetings, whatever was notified."
    )
    shared_poll_minutes: float = Field(
        10,
        gt=0,
        description="Pause between two rounds over a calendar that Microsoft does not notify us of, such as "
        "one shared with a delegate.",
    )
    idle_sweep_minutes: float = Field(1440, gt=0, description="The same for a mailbox without live meetings.")
    check_minutes: float = Field(
        1440, gt=0, description="How often a meeting's event and room are compared, whatever was notified."
    )
    sweep_seconds: float = Field(60, gt=0, description="Pause between two looks for due work nobody was woken for.")
    workers: int = Field(4, ge=1, le=64, description="Meetings worked on at the same time.")
    api_calls_per_minute: int = Field(
        600, ge=1, description="Calls of the API that one person may make in a minute, to one web process."
    )
    page_calls_per_minute: int = Field(
        1200, ge=1, description="The same for join, sign-in and console pages and one address (perhaps a whole office)."
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("tenants", "allowed_clients", "frame_ancestors", "room_addresses", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url", "clickmeeting_url", "login_url", "graph_url")
    @classmethod
    def _https(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("must begin with https://")
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _bare_host(cls, value: str) -> str:
        if not _HOST.fullmatch(value.removeprefix("https://")):
            raise ValueError("must be a host without a path, such as https://addin.example.com")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.tenants:
            raise ValueError("tenants must name at least one tenant id")
        return self

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        return env_settings, init_settings

    @property
    def application_uri(self) -> str:
        """What the pane asks our scope of."""
        return self.application_id_uri or f"api://{self.public_url.removeprefix('https://')}/{self.client_id}"

    @property
    def pane_property(self) -> str:
        """Graph's property id for what the pane wrote."""
        return self.pane_property_id.format(add_in_id=self.add_in_id)


def load(file: Path | None = None) -> Settings:
    """Environment over file over defaults. SettingsError, one line, for unknown or wrong settings."""
    path = file or (Path(os.environ[FILE_VARIABLE]) if os.environ.get(FILE_VARIABLE) else None)
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"The settings file {path} cannot be read: {error}") from error
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {FILE_VARIABLE}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise SettingsError(f"Unknown setting in the environment: {', '.join(unknown)}. Remove it or mend its name.")
    return make(values)


def make(values: dict[str, Any], *, environment: bool = True) -> Settings:
    """Settings from values; SettingsError says in one line what is wrong, without showing a value.

    Without `environment` the values stand alone, whatever variables the surrounding shell carries.
    """
    try:
        return Settings(**values) if environment else Settings(_env_prefix="CLICKMEETING_ADDIN_UNUSED_", **values)  # type: ignore[call-arg]
    except ValidationError as error:
        told = []
        for problem in error.errors():
            name = ".".join(str(part) for part in problem["loc"]) or "settings"
            if problem["type"] == "missing":
                told.append(f"{name} is missing (set it in the file or as {PREFIX}{name.upper()})")
            elif problem["type"] == "extra_forbidden":
                told.append(f"{name} is not a setting")
            else:
                told.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}")
        raise SettingsError("Settings: " + "; ".join(told) + ".") from None
