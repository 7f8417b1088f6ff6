"""The command `init`: asks what was not given and writes what `server.setup` prepares; it checks no answer itself."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from server.settings import PREFIX, Settings

FILE = click.Path(path_type=Path, dir_okay=False)
_CLOUDS = ("global", "gcc-high", "dod", "china")


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder for the files.")
@click.option("--public-url", help="Where people and Microsoft will reach the server: https://addin.example.com.")
@click.option("--cloud", type=click.Choice(_CLOUDS), help="Microsoft's cloud that the organisation is in.")
@click.option("--tenant", "tenants", multiple=True, help="Tenant id; repeat it for several.")
@click.option("--client-id", help="The app registration's client id, once there is one.")
@click.option(
    "--client-secret", envvar=PREFIX + "CLIENT_SECRET", show_envvar=True, help="Its secret; safer as a variable."
)
@click.option("--client-certificate", type=FILE, help="PEM file with certificate and key, instead of a secret.")
@click.option(
    "--clickmeeting-api-key", envvar=PREFIX + "CLICKMEETING_API_KEY", show_envvar=True,
    help="ClickMeeting's API key; safer as a variable.",
)  # fmt: skip
@click.option("--database-url", help="SQLite (the default, beside the settings) or PostgreSQL.")
@click.option("--default-language", help="Language of invitations when nothing else decides.")
@click.option(
    "--graph-access", type=click.Choice(("delegated", "application")), help="Whose name calendars are followed in."
)
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any other setting; repeat it for several.")
@click.option("--sandbox", type=FILE, help="Take every address, id and key from the sandbox's ready file, for a trial.")
@click.option("--update", is_flag=True, help="Complete the settings there are; what is not given stays.")
@click.option("--force", is_flag=True, help="Begin anew; the former settings are kept as settings.toml.old.")
@click.option("--no-input", is_flag=True, help="Ask nothing.")
@click.option("--allow-localhost", is_flag=True, help="Take an address of this machine, for a trial.")
def init(
    out: Path, cloud: str | None, more: tuple[str, ...], sandbox: Path | None, update: bool, force: bool,
    no_input: bool, allow_localhost: bool, **given: Any,
) -> None:  # fmt: skip
    """Write the settings, a fresh key and the exact steps at Microsoft for a new installation."""
    from manifest.files import write_all
    from manifest.place import WrongInput
    from server.bootstrap import now
    from server.setup import preparing

    former = _former(out / preparing.SETTINGS, update=update, force=force)
    known = _from_file(former) | (_from_sandbox(sandbox) if sandbox else {}) | _given(given, more)
    if cloud:
        known |= _cloud_settings(cloud)
    if not no_input:
        known |= _asked(known, cloud, out, is_trial=sandbox is not None, complete=update)
    known.setdefault("database_url", _beside(out))
    known.setdefault("encryption_keys", preparing.first_key(now()))
    try:
        prepared = preparing.prepare(known, allow_localhost=allow_localhost or sandbox is not None)
        files = preparing.files(prepared, now(), former)
    except WrongInput as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.ClickException(f"{error}.") from error
    if force and (out / preparing.SETTINGS).exists():
        shutil.copy2(out / preparing.SETTINGS, out / f"{preparing.SETTINGS}.old")
    write_all(out, files, private=frozenset({preparing.SETTINGS}))
    _tell(out, files, prepared.missing)


def _former(file: Path, *, update: bool, force: bool) -> str | None:
    """The settings there are, for `--update`; nothing is overwritten unless it was said how."""
    if update and force:
        raise click.UsageError("Give --update or --force, not both.")
    if not file.exists():
        if update:
            raise click.ClickException(f"{file} does not exist: leave --update out to write a first one.")
        return None
    if update:
        return file.read_text("utf-8")
    if not force:
        raise click.ClickException(
            f"{file} exists already: add --update to complete it, or --force to begin anew with another key."
        )
    return None


def _from_file(former: str | None) -> dict[str, Any]:
    from server.setup.settings_file import read

    if former is None:
        return {}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in read(former, "The file").unwrap().items()
    }


def _from_sandbox(file: Path) -> dict[str, Any]:
    from server.demo.running import sandbox_values

    try:
        return sandbox_values(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise click.ClickException(
            f"{file} is no ready file of the sandbox: start it with --ready-file {file} and wait until it is up."
        ) from error


def _given(given: Mapping[str, Any], more: tuple[str, ...]) -> dict[str, Any]:
    """Options by the names of settings; `NAME=VALUE` pairs are told apart by the settings' own types later."""
    known = {name: str(value) if isinstance(value, Path) else value for name, value in given.items() if value}
    for pair in more:
        name, equals, value = pair.partition("=")
        if not equals or name not in Settings.model_fields:
            raise click.UsageError(f"--set {pair}: write NAME=VALUE with a setting of docs/settings.md.")
        known[name] = value
    return known


def _cloud_settings(name: str) -> dict[str, Any]:
    from server.setup.clouds import CLOUDS

    return dict(CLOUDS[name].settings)


def _asked(known: Mapping[str, Any], cloud: str | None, out: Path, *, is_trial: bool, complete: bool) -> dict[str, Any]:
    """The answers to what is not known. Empty ones are given later."""
    answers: dict[str, Any] = {}

    def ask(name: str, question: str, default: str = "", *, hidden: bool = False) -> str:
        if name in known:
            return ""
        told: str = _prompt(question, default=default, hide_input=hidden, show_default=bool(default))
        if told.strip():
            answers[name] = told.strip()
        return told

    ask("public_url", "Public address of this server (https://addin.example.com)")
    if cloud is None and not complete and not is_trial:
        answers |= _cloud_settings(_prompt("Microsoft's cloud", default="global", type=click.Choice(_CLOUDS)))
    if ask("tenants", "Tenant id (several: with commas)"):
        answers["tenants"] = tuple(part.strip() for part in answers["tenants"].split(",") if part.strip())
    ask("client_id", "Client id of the app registration (empty: later)")
    if "client_certificate" not in known and ("client_id" in answers or "client_id" in known):
        ask("client_secret", "Its secret (empty: later)", hidden=True)
    ask("clickmeeting_api_key", "ClickMeeting API key (empty: later)", hidden=True)
    if not complete:
        ask("database_url", "Database", _beside(out))
        ask("default_language", "Language of invitations", "en")
    return answers


def _prompt(question: str, **more: Any) -> str:
    """One answer. Where nobody is there to answer, one line says what to do instead."""
    try:
        answer: str = click.prompt(question, **more)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.UsageError("The answers ended: give the rest as options, with --no-input.") from None
    return answer


def _beside(out: Path) -> str:
    return f"sqlite:///{out.resolve() / 'clickmeeting-addin.db'}"


def _tell(out: Path, files: Mapping[str, bytes], missing: tuple[str, ...]) -> None:
    for name in files:
        click.echo(str(out / name))
    if missing:
        click.echo(f"Still to be given: {', '.join(missing)}. {out / 'steps.md'} says where they come from.")
    else:
        click.echo(f"Next: {out / 'steps.md'}.")
