"""The commands `manifest build` and `manifest check`: words to calls, findings to lines; they check nothing."""

import sys
from pathlib import Path

import click

from server.settings import load

FILE = click.Path(path_type=Path, dir_okay=False)
_LOCAL = "Take an address of this machine, for a trial."


@click.group()
def manifest() -> None:
    """Build the files that an admin deploys, and check them."""


@manifest.command("build")
@click.option("--host", help="Where the server is reached: https://addin.example.com.")
@click.option("--client-id", help="The app registration's client id.")
@click.option("--add-in-id", help="The add-in's own id; leave it out unless two of them live in one tenant.")
@click.option("--settings", "file", type=FILE, help="Take host and ids from this settings file instead.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for both files.")
@click.option("--allow-localhost", is_flag=True, help=_LOCAL)
def build_command(
    host: str | None, client_id: str | None, add_in_id: str | None, file: Path | None, out: Path, allow_localhost: bool
) -> None:
    """Write the add-in-only XML manifest and the unified package; nothing where one of them is not right."""
    from manifest.build import PACKAGE_NAME, XML_NAME, NotGood, build
    from manifest.place import WrongInput, place
    from manifest.source import ADD_IN_ID
    from server.pane import PANE_FOLDER

    if file is not None:
        settings = load(file)
        host, client_id = host or settings.public_url, client_id or settings.client_id
        add_in_id = add_in_id or settings.add_in_id
    if host is None or client_id is None:
        raise click.UsageError("Give --host and --client-id, or --settings.")
    try:
        where = place(host, client_id, add_in_id or ADD_IN_ID, allow_localhost=allow_localhost)
        warnings = build(where, out, PANE_FOLDER)
    except WrongInput as error:
        raise click.ClickException(str(error)) from error
    except NotGood as error:
        for finding in error.findings:
            click.echo(str(finding), err=True)
        click.echo(str(error), err=True)
        sys.exit(1)
    for finding in warnings:
        click.echo(str(finding), err=True)
    for name in (XML_NAME, PACKAGE_NAME):
        click.echo(str(out / name))


@manifest.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--url", help="A manifest on a server, or the server's address for both of its own.")
@click.option("--ca-file", type=FILE, help="Certificate authority of that server, if not one of the system's.")
@click.option("--allow-localhost", is_flag=True, help=_LOCAL)
def check_command(files: tuple[Path, ...], url: str | None, ca_file: Path | None, allow_localhost: bool) -> None:
    """Check .xml and .zip files with no network, or what a server hands out; exit 1 where something is wrong.

    Given both files, it also checks that they say the same.
    """
    from manifest.checking import Server, ShippedFiles, check_files, check_url
    from manifest.place import WrongInput
    from server.pane import PANE_FOLDER

    if bool(files) == bool(url):
        raise click.UsageError("Name one or more manifest files, or give --url.")
    try:
        if url is not None:
            found = check_url(url, Server(ca_file), allow_localhost=allow_localhost)
        else:
            found = check_files(list(files), ShippedFiles(PANE_FOLDER), allow_localhost=allow_localhost)
    except WrongInput as error:
        raise click.ClickException(str(error)) from error
    for finding in found:
        click.echo(str(finding))
    errors = sum(not finding.is_warning for finding in found)
    told = url or ", ".join(map(str, files))
    click.echo(f"{told}: {'good' if not errors else f'{errors} error' + ('s' if errors > 1 else '')}.")
    sys.exit(1 if errors else 0)
