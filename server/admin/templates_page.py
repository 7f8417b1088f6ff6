"""Pages of templates: what the organisation adds to an invitation, and how each kind of client shows it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from addin.composing import Composed, composed, invitation
from addin.errors import InvalidInput, Missing
from addin.invitation.branding import branding_from_json
from addin.messages import LANGUAGES, direction
from addin.model import AccessType, Choices, Mailbox, Meeting, MeetingState, Room, Strategy, Timing
from addin.policy import Policy
from server.admin.console import Console, back, page, present, say, secured
from server.store.policies import TENANT_LAYER, KeptLayer

CLIENTS = ("windows", "web", "phone", "text")
PARTS = ("header", "footer", "logo_url", "support")
_SAMPLE = 123456789
_FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)


def add_templates(pages: Blueprint, console: Console) -> None:
    """`/templates` and everything below it."""

    @pages.get("/templates")
    def templates() -> ResponseReturnValue:
        layers = [
            _tenant_layer(console),
            *(one for one in console.tenancy.layers(present().tenant_id) if one.id != TENANT_LAYER),
        ]
        return page("templates", say("templates"), layers=layers, languages=LANGUAGES)

    @pages.get("/templates/<layer_id>/<tag>")
    def template(layer_id: str, tag: str) -> ResponseReturnValue:
        layer = _layer(layer_id, console)
        return _form(layer, tag, _texts(layer, tag))

    @pages.post("/templates/<layer_id>/<tag>")
    def save_template(layer_id: str, tag: str) -> ResponseReturnValue:
        layer = _layer(layer_id, console)
        if str(layer.version) != request.form.get("version"):
            raise InvalidInput("Somebody else saved this meanwhile. Open the template again.", field="version")
        wishes = {**layer.wishes, "template": _changed(layer, tag, _sent())}
        if not wishes["template"]["languages"]:
            del wishes["template"]
        why = request.form.get("why", "").strip()[:200]
        changed = replace(layer, wishes=wishes, who=present().address, why=why)
        try:
            console.tenancy.check(present().tenant_id, changed)
        except InvalidInput as error:
            return _form(layer, tag, _sent(), problem=str(error), field=error.field)
        act = console.act("template.saved", layer.id, f"{tag}: {why}")
        console.storage.policies.save(present().tenant_id, changed, act)
        console.tenancy.forget(present().tenant_id)
        return back("template", "saved", layer_id=layer.id, tag=tag)

    @pages.route("/templates/<layer_id>/<tag>/preview", methods=["GET", "POST"])
    def preview(layer_id: str, tag: str) -> ResponseReturnValue:
        """A document of its own for the frame: no script, no form, nothing but the invitation."""
        layer = _layer(layer_id, console)
        document = _changed(layer, tag, _sent()) if request.method == "POST" else layer.wishes.get("template")
        client = request.values.get("client", "web")
        policy = console.tenancy.policy(Mailbox(present().tenant_id, ""))
        try:
            if document:
                policy = replace(policy, branding=branding_from_json(document))
            shown = sample(tag, policy, console)
            text = render_template(
                "admin/frame.html", shown=shown, client=client, language=tag, direction=direction(tag)
            )
        except InvalidInput as error:
            text = render_template("admin/frame.html", problem=str(error), client=client, language=tag, direction="ltr")
        answer = secured(Response(text, content_type="text/html; charset=utf-8"), policy=_FRAME)
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return answer


def sample(tag: str, policy: Policy, console: Console) -> Composed:
    """The invitation to a meeting that nobody holds, with everything that can stand in one."""
    start = (console.clock() + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)
    nobody = Mailbox(present().tenant_id, "", present().address, present().name)
    choices = Choices(access=AccessType.PASSWORD, password="········", dial_in=True, language=tag)  # noqa: S106
    meeting = Meeting(
        id="0" * 32, key="", owner=nobody, scheduler=nobody, title=say("sample_title"),
        timing=Timing(start, start + timedelta(hours=1), "UTC"), choices=choices, strategy=Strategy.SINGLE,
        state=MeetingState.DRAFT, created_at=console.clock(),
    )  # fmt: skip
    room = Room(
        id=0, pin=_SAMPLE, name=meeting.title, url="https://example.clickmeeting.com/your-room", kind=choices.kind,
        access=choices.access, permanent=False, active=True, listener_pin=_SAMPLE,
    )  # fmt: skip
    return composed(invitation(meeting, room, console.doors.numbers(), policy, console.doors.links), policy)


def _tenant_layer(console: Console) -> KeptLayer:
    versions = console.storage.policies.versions(present().tenant_id, TENANT_LAYER)
    return versions[0] if versions else KeptLayer(TENANT_LAYER, 0)


def _layer(layer_id: str, console: Console) -> KeptLayer:
    if layer_id == TENANT_LAYER:
        return _tenant_layer(console)
    found = next((one for one in console.tenancy.layers(present().tenant_id) if one.id == layer_id), None)
    if found is None:
        raise Missing("There is no such policy.")
    return found


def _sent() -> dict[str, str]:
    return {part: request.form.get(part, "").strip() for part in PARTS}


def _texts(layer: KeptLayer, tag: str) -> dict[str, str]:
    if tag not in LANGUAGES:
        raise Missing("There is no invitation in this language.")
    known = (layer.wishes.get("template") or {}).get("languages", {}).get(tag, {})
    return {part: known.get(part) or "" for part in PARTS}


def _changed(layer: KeptLayer, tag: str, sent: dict[str, str]) -> dict[str, Any]:
    """The layer's whole template with one language as it was sent; a language with nothing in it is left out."""
    _texts(layer, tag)
    before = layer.wishes.get("template") or {"version": 0, "languages": {}}
    given = {name: value for name, value in sent.items() if value}
    languages = {**before["languages"], tag: given}
    kept = {name: value for name, value in languages.items() if value}
    return {"version": before.get("version", 0) + 1, "languages": kept}


def _form(
    layer: KeptLayer, tag: str, texts: dict[str, str], *, problem: str | None = None, field: str | None = None
) -> Response:
    return page(
        "template", say("template_of", language=tag), status=422 if problem else 200, layer=layer, tag=tag,
        texts=texts, problem=problem, field=field, clients=CLIENTS,
    )  # fmt: skip
