"""The command `clickmeeting-addin`: words to calls, errors to one line and an exit code; it does nothing itself.

Exit codes: 0 done, 1 the thing asked for is not so, 2 wrong use or settings.
"""

import errno
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

import click

from addin.errors import AddinError
from server.cli_doctor import doctor
from server.cli_init import init
from server.cli_invitation import invitation
from server.cli_manifest import manifest
from server.cli_recurrence import recurrence
from server.settings import SettingsError, load

FILE = click.Path(path_type=Path, dir_okay=False)
PORT = click.IntRange(0, 65535)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="clickmeeting-addin")
def commands() -> None:
    """ClickMeeting for Outlook: the server, its sandbox and its tools."""


commands.add_command(recurrence)
commands.add_command(init)
commands.add_command(invitation)
commands.add_command(manifest)
commands.add_command(doctor)


@commands.command()
@click.option("--once", is_flag=True, help="End after the story.")
@click.option("--port", type=PORT, default=0, show_default=True, help="Port of the sandbox; 0 is any free one.")
@click.option("--capture", type=FILE, help="Write every exchange as a JSON line, secrets blanked.")
@click.option("--ready-file", type=FILE, help="Written when all is up: every address, id and key.")
def demo(once: bool, port: int, capture: Path | None, ready_file: Path | None) -> None:
    """Do the main job against the sandbox and tell it as a story."""
    from server.demo.command import run

    sys.exit(run(once=once, port=port, capture=capture, ready_file=ready_file))


@commands.command()
@click.option("--port", type=PORT, default=8443, show_default=True, help="Port for https; 0 is any free one.")
@click.option("--http-port", type=PORT, default=0, show_default=True, help="Port for http; 0 is any free one.")
@click.option("--ca-file", type=FILE, help="Where to write the certificate authority that clients must trust.")
@click.option("--capture", type=FILE, help="Write every exchange as a JSON line, secrets blanked.")
@click.option("--ready-file", type=FILE, help="Written when all is up: every address, id and key.")
@click.option("--state", type=FILE, help="Keep what happened in this file from one start to the next.")
@click.option("--server-url", help="Forward every other path to an add-in's server there.")
def sandbox(**options: Any) -> None:
    """Serve ClickMeeting, Microsoft Graph, Entra and a small Outlook on this machine."""
    from sandbox.desk import Desk, Options

    with Desk(Options(**options)) as desk:
        addresses = f"{desk.world.base}/outlook (https), {desk.world.http_base} (http)"
        _until_stopped(f"The sandbox is up: {addresses}. Ctrl-C stops.", err=False)


@commands.command()
@click.option("--settings", "file", type=FILE, help="The settings file.")
def serve(file: Path | None) -> None:
    """Serve the add-in: pane, API, webhooks, and the embedded workers."""
    from server.hosting import hosted

    settings = load(file)
    with hosted(settings) as url:
        _until_stopped(f"Serving {settings.public_url} on {url}. Ctrl-C stops.", err=True)


@commands.command()
@click.option("--settings", "file", type=FILE, help="The settings file.")
def worker(file: Path | None) -> None:
    """Work through what is due, beside the servers (PostgreSQL only; with SQLite the server does it)."""
    from server.hosting import working

    with working(load(file)):
        _until_stopped("Working. Ctrl-C stops.", err=True)


@commands.command("rotate-keys")
@click.option("--settings", "file", type=FILE, help="The settings file.")
def rotate_keys(file: Path | None) -> None:
    """Seal everything anew with the newest key; run it after putting a new key in front of encryption_keys."""
    from server.store.resealing import reseal
    from server.store.seal import Seal

    settings = load(file)
    seal = Seal.from_setting(settings.encryption_keys.get_secret_value())
    for table, rows in reseal(settings.database_url, seal).items():
        click.echo(f"{table}: {rows}")
    click.echo(
        "Keep the old key for 24 hours more (answers to repeated requests), and as long as mailed links shall work."
    )


@commands.group()
def db() -> None:
    """Bring the database to this version, look at it, move it."""


@db.command()
@click.option("--settings", "file", type=FILE, help="The settings file.")
def upgrade(file: Path | None) -> None:
    """Bring the database to this version; safe to repeat."""
    from server.store.schema import upgrade as bring
    from server.store.seal import Seal

    settings = load(file)
    bring(settings.database_url, seal=Seal.from_setting(settings.encryption_keys.get_secret_value()))
    click.echo("The database is at this version.")


@db.command()
@click.option("--settings", "file", type=FILE, help="The settings file.")
def status(file: Path | None) -> None:
    """Say which version the database has; exit 1 when it is not this one."""
    from server.store.schema import status as look

    found = look(load(file).database_url)
    click.echo(found.sentence)
    sys.exit(0 if found.current else 1)


@db.command()
@click.argument("source")
@click.argument("target")
def copy(source: str, target: str) -> None:
    """Copy everything from one database URL to another, empty one; counts are compared."""
    from server.store.moving import copy as move

    for table, rows in move(source, target).items():
        click.echo(f"{table}: {rows}")


@db.command()
@click.argument("target", metavar="FILE", type=FILE)
@click.option("--settings", "file", type=FILE, help="The settings file.")
def backup(target: Path, file: Path | None) -> None:
    """Keep everything in a SQLite FILE while the server runs; `db copy sqlite:///FILE URL` restores it."""
    from server.store.moving import backup as keep

    for table, rows in keep(load(file).database_url, target).items():
        click.echo(f"{table}: {rows}")


def _until_stopped(sentence: str, *, err: bool) -> None:
    """Say it, then wait for Ctrl-C or a polite stop from outside; both are heard before the sentence is said."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    click.echo(sentence, err=err)
    while not stop.wait(3600):
        pass


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one command. Every error is one line on stderr that says what to do."""
    try:
        code = commands.main(arguments, prog_name="clickmeeting-addin", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "clickmeeting-addin"
        _stop(f"{error.format_message()} See `{where} --help`.")
    except click.ClickException as error:
        _stop(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (SettingsError, AddinError) as error:
        _stop(str(error))
    except OSError as error:
        _stop(_told(error))
    sys.exit(code if isinstance(code, int) else 0)


def _told(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE or "in use" in str(error).lower():
        return "The port is taken: stop what listens there, or choose another with --port (0 is any free one)."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{error.filename or 'The folder'} cannot be written: choose another place or change its rights."
    if error.errno == errno.ENOENT:
        return f"{error.filename} does not exist: make its folder first, or choose another place."
    return f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")


def _stop(sentence: str) -> NoReturn:
    click.echo(" ".join(sentence.split()), err=True)
    sys.exit(2)
