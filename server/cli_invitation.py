"""The commands `invitation body` and `invitation preview`; it decides nothing about bodies or wording itself."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from addin.errors import AddinError, InvalidInput
from addin.invitation import body as bodies
from addin.invitation import catalogue, render
from addin.invitation.content import Access, DialIn, Invitation, former_from_json
from addin.model import AccessType, Kind


@click.group()
def invitation() -> None:
    """Work on the invitation block of an appointment's body."""


@invitation.command("body")
def body_command() -> None:
    """Read JSON lines from stdin; put, remove or find the block; answer one JSON line for each."""
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(answer(line)) + "\n")
        sys.stdout.flush()


def answer(line: bytes) -> dict[str, Any]:
    """The answer to one body line: `{"body"}`, `{"count"}` or `{"error"}`; never raises on what was sent."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": "This line is not JSON: send one object per line."}
    try:
        return _answer(request)
    except AddinError as error:
        return {"error": str(error)}


def _answer(request: object) -> dict[str, Any]:
    if not isinstance(request, dict):
        raise InvalidInput("A line must be a JSON object.")
    operation, content_type, body = request.get("op"), request.get("content_type"), request.get("body")
    if operation not in ("put", "remove", "find"):
        raise InvalidInput("`op` must be put, remove or find.", field="op")
    if content_type not in ("html", "text"):
        raise InvalidInput("`content_type` must be html or text.", field="content_type")
    if not isinstance(body, str):
        raise InvalidInput("`body` must be a text.", field="body")
    wanted = Invitation.from_json(request.get("invitation"))
    former = former_from_json(request.get("invitation"))
    if operation == "find":
        return {"count": bodies.find(body, content_type=content_type, join_url=wanted.join_url, former=former)}
    if operation == "remove":
        return {"body": bodies.remove(body, content_type=content_type, join_url=wanted.join_url, former=former)}
    block = render.block_html(wanted) if content_type == "html" else render.block_text(wanted)
    return {"body": bodies.put(body, block, content_type=content_type, join_url=wanted.join_url, former=former)}


@invitation.command("preview")
@click.option("--language", default="en", show_default=True, help="Language of the block, such as fr.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="HTML file to write.")
def preview_command(language: str, out: Path) -> None:
    """Write a sample invitation in one language as an HTML file."""
    if catalogue.known(language) is None:
        raise click.UsageError(f"No invitation in {language!r}: choose one of {', '.join(catalogue.LANGUAGES)}.")
    try:
        out.write_text(preview(language), encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"Cannot write {out}: {error.strerror}. Choose another --out.") from None


def preview(language: str) -> str:
    """A page that shows the shared block of an invented meeting."""
    code = render.language_of(language)
    block = render.block_html(
        Invitation(
            kind=Kind.MEETING,
            title="Preview",
            join_url="https://acme.clickmeeting.example/preview",
            room_id=518204773,
            access=Access(AccessType.PASSWORD, password="Example123"),  # noqa: S106 - shown on a preview page
            dial_in=DialIn(enabled=True, pin=275118640),
            language=language,
        )
    )
    direction = "rtl" if catalogue.right_to_left(code) else "ltr"
    return (
        f'<!DOCTYPE html><html lang="{code}" dir="{direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><title>ClickMeeting</title></head>'
        f"<body>{block}</body></html>\n"
    )
